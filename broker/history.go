package broker

import (
	"log/slog"
	"slices"

	"amqpd/cluster/meta"
	"amqpd/exchange"
	"amqpd/store"
)

// history is what an x-recent-history exchange keeps for queues that bind
// later. The messages are held in memory, one reference each.
type history = exchange.History[store.Pos]

// remember adds a message to the histories of the named exchanges.
func (v *vhost) remember(names []string, m *message) {
	v.historyMu.Lock()
	defer v.historyMu.Unlock()
	for _, name := range names {
		h := v.histories[name]
		if h == nil {
			x, ok := v.router.Exchange(name)
			if !ok {
				continue
			}
			if v.histories == nil {
				v.histories = make(map[string]*history)
			}
			h = exchange.NewHistory(exchange.HistoryLength(x.Arguments), v.b.store.Release)
			v.histories[name] = h
		}
		h.Add(v.b.store.PutTransient(m.env, m.header, m.body))
	}
}

// boundTo finds the queues behind one binding, for a message of the broker's own.
func (v *vhost) boundTo(t *batch, d *meta.Binding, m *message) []*localQueue {
	if d.DestinationType == "exchange" {
		queues, err := t.routeOwn(v, d.Destination, m)
		if err != nil {
			return nil
		}
		return queues
	}
	m.takeTraits()
	return v.named(nil, []string{d.Destination})
}

// forgetHistory drops what a deleted exchange kept.
func (v *vhost) forgetHistory(name string) {
	v.historyMu.Lock()
	defer v.historyMu.Unlock()
	if h := v.histories[name]; h != nil {
		h.Clear()
		delete(v.histories, name)
	}
}

// replay publishes the history of an exchange to what was just bound to it, a
// queue or an exchange, oldest first (amqp-behaviour §3.5).
func (v *vhost) replay(t *batch, d *meta.Binding) {
	for _, pos := range v.kept(d.Source) {
		t.released = append(t.released, pos)
		payload, err := t.reader.Read(pos)
		if err != nil {
			v.b.unreadable(err, slog.String("vhost", v.name), slog.String("history", d.Source), slog.Any("position", pos))
			continue
		}
		env, header, body := splitPayload(slices.Clone(payload))
		m := message{env: env, header: header, body: body, ttl: -1}
		queues := v.boundTo(t, d, &m)
		m.durable = m.persistent && anyDurable(queues)
		t.add(m, queues)
	}
}

// kept lists the history of an exchange, oldest first; a reference to each
// message is the caller's.
func (v *vhost) kept(source string) (all []store.Pos) {
	v.historyMu.Lock()
	defer v.historyMu.Unlock()
	if h := v.histories[source]; h != nil {
		for pos := range h.All() {
			v.b.store.Retain(pos, 1)
			all = append(all, pos)
		}
	}
	return all
}
