package broker

import (
	"slices"

	"amqpd/amqp"
	"amqpd/queue"
	"amqpd/store"
)

// Message is a message with octets of its own.
type Message struct {
	Exchange    string // as it was published
	RoutingKey  string
	Properties  amqp.PropertyList
	Body        []byte
	Size        int // octets of the whole body, of which Body may be the beginning
	Redelivered bool
	Left        int // messages that were ready behind it, "message_count"
}

// Publishing is what became of a message that an agent published.
type Publishing struct {
	Routed  bool // a queue got it
	Refused bool // a full queue turned it away: basic.nack
}

// Publish publishes a message to an exchange, mandatory and confirmed: when it
// returns, every queue has the message as safely as it keeps it. Size, Redelivered
// and Left do not count. Errors beyond those of As: 404 no exchange, 403 no
// permission or internal, 406 properties, and amqp.ErrLongString.
func (a *Agent) Publish(m Message) (p Publishing, err error) {
	envelope, err := amqp.AppendEnvelope(nil, m.Exchange, m.RoutingKey)
	if err != nil {
		return p, err
	}
	if err := m.Properties.Check(); err != nil {
		return p, err
	}
	if limit := int(a.b.o.MaxMessageSize); len(m.Body) > limit {
		return p, amqp.PreconditionFailed(amqp.MethodBasicPublish,
			"message size %d is larger than configured max size %d", len(m.Body), limit)
	}
	header := amqp.AppendHeaderPayload(nil, uint64(len(m.Body)), &m.Properties)
	err = a.on(func(ch *channel) error {
		ch.confirms.selected = true
		publish := amqp.Publish{
			Exchange: []byte(m.Exchange), RoutingKey: []byte(m.RoutingKey), Envelope: envelope, Mandatory: true,
		}
		if err := ch.publish(&publish, header, m.Body); err != nil {
			return err
		}
		ch.c.batch.flush()
		a.b.awaitDurable(a.b.store.End())
		p = ch.onlyPublish()
		return nil
	})
	return p, err
}

// onlyPublish tells what became of the channel's only publish, which is durable.
func (ch *channel) onlyPublish() Publishing {
	o := &ch.c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	ch.confirms.emit(nil, ch.id, ch.c.b.store.Durable())
	return Publishing{Routed: ch.published.returned.Load() == 0, Refused: ch.confirms.refused > 0}
}

// Settlement is what is done with messages that were got.
type Settlement uint8

// The settlements: the end of a message, back where it was, or rejected, which
// dead-letters it where the queue says so.
const (
	SettleAck Settlement = iota
	SettleRequeue
	SettleDiscard
)

// settlements are package queue's.
var settlements = [...]queue.Settlement{SettleAck: queue.Ack, SettleRequeue: queue.Requeue, SettleDiscard: queue.Discard}

// gotOctets is about how many octets of messages GetMessages returns at most.
const gotOctets = 64 << 20

// GetMessages takes up to count messages from a queue as basic.get does, all of
// them first, then settles them. A crash in between gives them back. Of each body
// maxBody octets are returned, all below 0. It takes fewer messages where their
// bodies are more than should be held at a time, but one at least.
func (a *Agent) GetMessages(name string, count, maxBody int, how Settlement) (list []Message, err error) {
	err = a.on(func(ch *channel) error {
		q, err := ch.gettable(name)
		if err != nil {
			return err
		}
		t := ch.c.batch
		var taken []store.Range
		octets := 0
		for more := true; more && len(list) < count && octets < gotOctets; {
			more = q.get(t, false, func(d queue.Delivery, left int) bool {
				payload, err := t.reader.Read(d.Pos)
				if err != nil {
					q.unserved(t, &d, false, err)
					return false
				}
				taken = append(taken, store.Range{From: d.Seq, To: d.Seq})
				m := ownMessage(payload, maxBody)
				octets += len(payload) - m.Size + len(m.Body)
				m.Redelivered, m.Left = d.Redelivered, left
				if q.counts {
					m.Properties.Headers = m.Properties.Headers.With("x-delivery-count", amqp.Long(int64(d.Count)))
				}
				list = append(list, m)
				return true
			})
		}
		q.settle(t, nil, taken, settlements[how])
		t.bury()
		return nil
	})
	return list, err
}

// ownMessage copies a stored message, of its body maxBody octets if that is not
// below 0.
func ownMessage(payload []byte, maxBody int) Message {
	env, header, body := splitPayload(payload)
	size := len(body)
	if maxBody >= 0 {
		body = body[:min(len(body), maxBody)]
	}
	body = slices.Clone(body)
	name, key, _ := amqp.SplitEnvelope(env)
	m := message{header: header}
	p := m.properties()
	list, _ := p.List()
	return Message{Exchange: string(name), RoutingKey: string(key), Properties: list, Body: body, Size: size}
}
