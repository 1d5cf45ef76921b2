package broker

import (
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

// forgetHistory drops what a deleted exchange kept.
func (v *vhost) forgetHistory(name string) {
	v.historyMu.Lock()
	defer v.historyMu.Unlock()
	if h := v.histories[name]; h != nil {
		h.Clear()
		delete(v.histories, name)
	}
}

// replay publishes the history of an exchange to a queue that was just bound
// to it, oldest first (amqp-behaviour §3.5).
func (v *vhost) replay(t *batch, source string, q *localQueue) {
	v.historyMu.Lock()
	defer v.historyMu.Unlock()
	h := v.histories[source]
	if h == nil {
		return
	}
	for pos := range h.All() {
		payload, err := t.reader.Read(pos)
		if err != nil {
			continue
		}
		t.addCopy(payload, []*localQueue{q})
	}
}
