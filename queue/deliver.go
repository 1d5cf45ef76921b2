package queue

import "amqpd/store"

// Dispatch tries again for all consumers whose gate was closed. Wake does it
// for one of them.
func (q *Queue) Dispatch(now int64, fx *Effects) {
	for c := q.line.gated.first; c != nil; c = q.line.gated.first {
		q.line.rejoin(c)
	}
	q.dispatch(now, fx)
}

// Wake tries again for one consumer whose gate was closed and is open now.
// Without effect for other consumers.
func (q *Queue) Wake(now int64, c *Consumer, fx *Effects) {
	if c.place == gated {
		q.line.rejoin(c)
		q.dispatch(now, fx)
	}
}

// dispatch delivers until nothing is ready or nobody can take it. Every
// operation ends with it where it may have changed one or the other. It leaves the
// rest to Tick if very much has expired.
func (q *Queue) dispatch(now int64, fx *Effects) {
	left := expireAtOnce
	for q.ring.ready > 0 && q.line.front() != nil && left > 0 {
		level := q.ring.top()
		if q.deadlines {
			if n := q.expireHead(level, now, left, fx); n > 0 {
				left -= n
				q.trim()
				continue
			}
		}
		c := q.line.next()
		if c == nil {
			return
		}
		d := grow(&fx.Deliver)
		d.Consumer = c
		q.takeHead(d, level, c.NoAck, fx)
		q.delivered(c)
	}
}

// delivered notes a delivery to c, whose turn it was.
func (q *Queue) delivered(c *Consumer) {
	if c.NoAck {
		q.counts.DeliveredNoAck++
	} else {
		q.counts.Delivered++
	}
	q.line.served(c)
}

// takeHead takes the head of a level, out of the queue when nobody will
// acknowledge it, else it becomes unacknowledged, and says in d what it is.
func (q *Queue) takeHead(d *Delivery, level int, noAck bool, fx *Effects) {
	c, slot := q.ring.head(level)
	e := &c.slots[slot&slotMask]
	d.Seq, d.Pos, d.Size, d.Count = c.seq(slot), e.pos, e.size, e.deliveries
	d.Redelivered = e.flags&flagRedelivered != 0
	if d.Redelivered {
		q.counts.Redelivered++
	} else if e.logged() && d.Seq >= q.horizon && !noAck {
		q.horizon = d.Seq + 1
		fx.Delivered = q.horizon
	}
	q.ring.take(level, c, slot)
	q.readyBytes -= int64(d.Size)
	q.unackedBytes += int64(d.Size)
	if noAck {
		q.bury(c, 1<<slot, settled, fx)
		q.trim()
	}
}

// handOver delivers a message that was just published. Only a consumer that
// acknowledges makes it take a place in the queue, and then the log is told at
// once that it was delivered.
func (q *Queue) handOver(now int64, c *Consumer, m *Message, fx *Effects) {
	d := grow(&fx.Deliver)
	d.Consumer, d.Seq, d.Pos, d.Size = c, 0, m.Pos, m.Size
	d.Count, d.Redelivered = 0, m.Redelivered
	if c.NoAck {
		fx.Release = append(fx.Release, m.Pos)
	} else {
		d.Seq = q.ring.next
		e := q.place(now, m, false)
		q.unackedBytes += int64(m.Size)
		if q.durable && m.Persistent {
			q.log(e, d.Seq, store.FlagRedelivered, fx)
		}
	}
	if m.Redelivered {
		q.counts.Redelivered++
	}
	q.delivered(c)
}

// PassThrough counts a message of size octets as published to the queue and
// delivered to the consumer that it returns, who acknowledges nothing, and
// whose Gate has reserved room. The message is none of the queue's business any
// more: the broker may write its octets straight from where they were read. It
// returns nil when that cannot be; then the message goes through Publish.
func (q *Queue) PassThrough(now int64, size uint32) *Consumer {
	if q.ring.ready != 0 || q.rules.rejects && q.refuses(size) {
		return nil
	}
	for {
		c := q.line.front()
		if c == nil || !c.NoAck {
			return nil
		}
		if c.Gate == nil || c.Gate.Take() {
			q.counts.Published++
			q.counts.DeliveredNoAck++
			c.group.line.turn()
			return c
		}
		q.line.leave(c, gated)
	}
}

// Get takes one message for basic.get (amqp-behaviour §5.3); false: there is
// none. It is use of the queue, but not limited by anybody's prefetch. A
// message that nobody will acknowledge is in fx.Release, to be given back when
// the answer is written; others are settled with a nil Consumer. Ready is the
// message-count of the answer.
//
// Which queues refuse basic.get (streams, quorum with single active consumer)
// is the broker's to know.
func (q *Queue) Get(now int64, noAck bool, fx *Effects) (Delivery, bool) {
	if q.deleted {
		return Delivery{}, false
	}
	q.Touch(now)
	for q.expireHeads(now, fx) { // all of it: empty has to be true
	}
	if q.ring.ready == 0 {
		q.counts.GotNothing++
		return Delivery{}, false
	}
	if noAck {
		q.counts.GotNoAck++
	} else {
		q.counts.Got++
	}
	var d Delivery
	q.takeHead(&d, q.ring.top(), noAck, fx)
	return d, true
}
