package broker

import (
	"amqpd/amqp"
	"amqpd/queue"
)

// performDeliveries writes the deliveries gathered so far. REQUIRES q.mu.
func (t *batch) performDeliveries(q *localQueue) {
	for i := range t.fx.Deliver {
		t.deliver(q, &t.fx.Deliver[i])
	}
	t.fx.Deliver = t.fx.Deliver[:0]
}

// catchUp chooses and writes more for the consumers that wait for what was
// chosen to be written, or that were to get what cannot be read. So the backlog of
// a queue comes into an output bit by bit, and stops where that is full. REQUIRES
// q.mu.
func (t *batch) catchUp(q *localQueue) {
	t.behind, q.behind = q.behind, t.behind[:0]
	for i, c := range t.behind {
		if c.missed > 0 {
			q.core.SetAside(t.now, &c.Consumer, c.missed, &t.fx)
			c.missed = 0
		}
		if len(c.lost) > 0 {
			q.core.Lose(t.now, &c.Consumer, c.lost, &t.fx)
			c.lost = c.lost[:0]
		}
		q.core.Wake(t.now, &c.Consumer, &t.fx)
		t.performDeliveries(q)
		t.behind[i] = nil
	}
}

// deliver writes one delivery to its consumer. REQUIRES q.mu.
func (t *batch) deliver(q *localQueue, d *queue.Delivery) {
	c := d.Consumer.Owner.(*consumer)
	c.chosen--
	payload, err := t.reader.Read(d.Pos)
	if err != nil {
		c.unserved(d.Seq, q.unreadable(d, c.NoAck, err))
		return
	}
	c.typical = max(len(payload), c.typical-c.typical/8)
	env, header, body := splitPayload(payload)
	if q.counts && d.Count > 0 {
		header = withDeliveryCount(header, d.Count)
	}
	t.write(q, c, d.Seq, d.Redelivered, env, header, body)
}

// passThrough writes a message from the read buffer to a consumer that
// acknowledges automatically, without storing it. REQUIRES q.mu.
func (t *batch) passThrough(q *localQueue, c *consumer, m *message) {
	c.chosen--
	t.write(q, c, 0, false, m.env, m.header, m.body)
}

// write appends basic.deliver and its content to the consumer's output.
func (t *batch) write(q *localQueue, c *consumer, seq uint64, redelivered bool, env, header, body []byte) {
	o := &c.ch.c.out
	t.lock(o)
	var tag uint64
	counts := &c.ch.counts
	if c.NoAck {
		tag = c.ch.unacked.tag()
		counts[DeliverNoAck]++
	} else {
		tag = c.ch.unacked.push(outstanding{src: &c.source, seq: seq})
		counts[Deliver]++
	}
	if redelivered {
		counts[Redeliver]++
	}
	if o.closed {
		return // it is outstanding: the reader gives it back when it ends
	}
	n := deliverOverhead + len(c.Tag) + len(env) + len(header) + len(body) + len(body)/4096*amqp.FrameOverhead
	b := o.tail(n)
	b = amqp.AppendDeliver(b, c.ch.id, c.Tag, tag, redelivered, env)
	b = amqp.AppendHeaderFrame(b, c.ch.id, header)
	b = amqp.AppendBodyFrames(b, c.ch.id, body, c.ch.c.frameMax)
	o.setTail(b)
}

// deliverOverhead bounds the octets of a delivery's three frames beyond the
// tag, envelope, header and body.
const deliverOverhead = 3*amqp.FrameOverhead + 4 + 1 + 8 + 1 + amqp.FrameOverhead
