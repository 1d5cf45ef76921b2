package broker

import (
	"amqpd/amqp"
	"amqpd/store"
)

// message is one publish on its way to the queues. The octets are borrowed
// from the read buffer (or owned by a transaction or a dead letter) and are
// valid until the batch is flushed.
type message struct {
	ch         *channel // the publisher; nil for a message of the broker's own
	tag        uint64   // publisher's confirm tag; 0: none
	env        []byte   // exchange and routing key, two short strings as on the wire
	header     []byte   // content header payload
	body       []byte
	ttl        int64 // per-message expiration, ms; -1 none
	pos        store.Pos
	priority   uint8
	mandatory  bool
	persistent bool  // delivery mode 2
	durable    bool  // goes to the log: persistent, and a durable queue takes it
	logged     bool  // a durable queue entry was logged: the confirm waits
	spare      bool  // the batch still owns the reference that storing gave it
	shared     bool  // it has several queues: the batch keeps that reference until all have theirs
	routed     bool  // some queue was there for it
	refused    bool  // some queue refused it (reject-publish)
	elsewhere  bool  // another queue keeps it if it is refused: a transfer's
	letter     *dead // the dead letter that it is, nil otherwise
	holds      int32 // elements of batch.held that are the message's: the last ones, until it is added
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

// splitPayload takes a stored message apart: envelope, content header, body.
// The envelope's short strings and the header's body size say where.
func splitPayload(p []byte) (env, header, body []byte) {
	x := 1 + int(p[0])
	n := x + 1 + int(p[x])
	rest := p[n:]
	size := bodySize(rest)
	return p[:n], rest[:len(rest)-size], rest[len(rest)-size:]
}

// bodySize reads the body size of a content header payload.
func bodySize(header []byte) int {
	b := header[4:12]
	return int(uint64(b[7]) | uint64(b[6])<<8 | uint64(b[5])<<16 | uint64(b[4])<<24 | uint64(b[3])<<32)
}
