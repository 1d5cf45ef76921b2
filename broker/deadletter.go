package broker

import (
	"log/slog"
	"slices"

	"amqpd/amqp"
	"amqpd/exchange"
	"amqpd/policy"
	"amqpd/queue"
	"amqpd/store"
)

// letterTarget is where a queue's dead letters go.
type letterTarget struct {
	on       bool
	exchange string
	key      string
	hasKey   bool
}

func newLetterTarget(s policy.Settings) letterTarget {
	return letterTarget{
		on: s.DeadLetter, exchange: s.DeadLetterExchange, key: s.DeadLetterKey, hasKey: s.HasDeadLetterKey,
	}
}

// dead is a message that left a queue for its dead-letter exchange. It owns a
// reference to its octets.
type dead struct {
	queue.Dead
	q    *localQueue
	from letterTarget
}

// burial is what a queue is told in the log once its dead letters are safe
// elsewhere: entries that are gone.
type burial struct {
	queue  uint64
	ranges []store.Range
}

// mourn takes the dead letters out of fx. What the log learns of their end, and
// of everything else that went with them, waits until they are published.
func (t *batch) mourn(q *localQueue, fx *queue.Effects) {
	for _, d := range fx.DeadLetter {
		t.dead = append(t.dead, dead{Dead: d, q: q, from: q.letters})
	}
	if len(fx.Settled) > 0 {
		t.burials = append(t.burials, burial{queue: q.id, ranges: slices.Clone(fx.Settled)})
	}
}

// bury publishes the dead letters gathered so far and those that follow from
// them. It is called without a queue's lock.
func (t *batch) bury() {
	for len(t.dead) > 0 {
		letters, burials := t.dead, t.burials
		t.dead, t.burials = nil, nil
		for i := range letters {
			t.deadLetter(&letters[i])
			if t.full() {
				t.publishGathered()
			}
		}
		t.publishGathered()
		for _, b := range burials {
			t.log.Settle(b.queue, b.ranges)
		}
		for i := range letters {
			t.released = append(t.released, letters[i].Pos)
		}
	}
}

// deadLetter gathers one dead letter for the queues that its dead-letter
// exchange leads to (amqp-behaviour §5.8).
func (t *batch) deadLetter(d *dead) {
	payload, err := t.reader.Read(d.Pos)
	if err != nil {
		d.q.unreadable(&queue.Delivery{Seq: d.Seq, Pos: d.Pos}, true, err)
		return
	}
	env, header, body := splitPayload(payload)
	name, key, err := amqp.SplitEnvelope(env)
	if err != nil {
		d.q.unreadable(&queue.Delivery{Seq: d.Seq, Pos: d.Pos}, true, err)
		return
	}
	died := death{reason: d.Reason, queue: d.q.name, exchange: string(name), key: string(key), at: t.now / 1000}
	edited, seen, err := died.record(header, d.from)
	if err != nil {
		t.b.log.Error("dead letter has unreadable properties", slog.String("queue", d.q.name), slog.Any("error", err))
		return
	}
	target := died.key
	if d.from.hasKey {
		target = d.from.key
	}
	envelope, err := amqp.AppendEnvelope(nil, d.from.exchange, target)
	if err != nil {
		return
	}
	m := message{env: envelope, header: edited, body: slices.Clone(body), ttl: -1}
	queues, err := t.routeOwn(d.q.vhost, d.from.exchange, &m)
	if err != nil {
		return // the dead-letter exchange does not exist: dropped (amqp-behaviour §5.8)
	}
	queues = slices.DeleteFunc(queues, func(q *localQueue) bool { return seen.cycle(q.name, d.Reason) })
	if len(queues) > 0 || m.holds > 0 {
		m.durable = m.persistent && anyDurable(queues)
		t.add(m, queues)
	}
}

// routeOwn routes a message of the broker's own from an exchange and reads its
// traits. The queues are good until the batch's next route.
func (t *batch) routeOwn(v *vhost, name string, m *message) ([]*localQueue, error) {
	p := m.takeTraits()
	cc, bcc, refusal := exchange.SenderKeys(p.Headers)
	if refusal != nil {
		cc, bcc = exchange.Keys{}, exchange.Keys{}
	}
	_, key, err := amqp.SplitEnvelope(m.env)
	if err != nil {
		return nil, err
	}
	t.routing = exchange.Message{
		Key: key, Headers: p.Headers, CC: cc, BCC: bcc, MessageID: p.MessageID, CorrelationID: p.CorrelationID,
		Timestamp: p.Timestamp, HasTimestamp: p.Has(amqp.FlagTimestamp),
	}
	return v.route(t, name, &t.routing, &t.routed, m)
}

// takeTraits reads persistence, priority and expiration from the properties,
// which were checked when the message was published.
func (m *message) takeTraits() amqp.Properties {
	p := m.properties()
	m.persistent, m.priority = p.DeliveryMode == 2, p.Priority
	if p.Has(amqp.FlagExpiration) {
		if ttl, why := parseExpiration(string(p.Expiration)); why == "" {
			m.ttl = ttl
		}
	}
	return p
}

// properties parses a header payload that was parsed before.
func (m *message) properties() amqp.Properties {
	h, err := amqp.ParseHeader(m.header)
	if err != nil {
		return amqp.Properties{}
	}
	p, err := amqp.ParseProperties(h.Flags, h.Props)
	if err != nil {
		return amqp.Properties{}
	}
	return p
}
