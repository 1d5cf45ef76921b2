package queue

import "amqpd/store"

// Settlement is what a client says about deliveries.
type Settlement uint8

// The settlements (amqp-behaviour §5.5).
const (
	Ack     Settlement = iota // done with it
	Requeue                   // basic.reject, nack and recover with requeue: deliver it again
	Discard                   // without requeue: dead-letter it, reason rejected, or drop it
)

// Settle settles deliveries of one consumer, nil for those of Get, gives it the
// credit back and goes on delivering. The consumer may have been cancelled.
// Ranges are settled in their order. They name deliveries of this consumer
// only; numbers that are not outstanding are passed over, so nothing happens
// to a deleted queue.
func (q *Queue) Settle(now int64, c *Consumer, rs []store.Range, how Settlement, fx *Effects) {
	switch how {
	case Requeue:
		q.giveBack(now, c, rs, !q.kind.moves || q.rules.deliveryLimit >= 0, fx)
		return
	case Discard:
		q.credit(c, q.settle(rs, Rejected, fx))
	default:
		n := q.settle(rs, settled, fx)
		q.counts.Acked += uint64(n)
		q.credit(c, n)
	}
	q.trim()
	q.dispatch(now, fx)
}

// Return gives back what a consumer had when its channel or connection ended:
// it goes to the front, marked as redelivered (amqp-behaviour §5.5). The broker
// cancels all consumers of the channel first, lest they get it again.
func (q *Queue) Return(now int64, c *Consumer, rs []store.Range, fx *Effects) {
	q.giveBack(now, c, rs, true, fx)
}

// Lose drops deliveries to c, nil for those of Get, that could not be made because
// their octets are gone for good. They count neither as acknowledged nor as dead,
// and are not dead-lettered: there is nothing to publish.
func (q *Queue) Lose(now int64, c *Consumer, rs []store.Range, fx *Effects) {
	n := q.settle(rs, settled, fx)
	q.counts.Lost += uint64(n)
	q.credit(c, n)
	q.trim()
	q.dispatch(now, fx)
}

// SetAside takes n deliveries to c, which may be nil, off its books because they
// could not be made though a later attempt may succeed. They stay unacknowledged,
// with nobody to settle them, until the queue is deleted or recovered.
func (q *Queue) SetAside(now int64, c *Consumer, n int, fx *Effects) {
	q.credit(c, n)
	q.dispatch(now, fx)
}

// settle removes outstanding entries and returns how many there were. The
// caller trims.
func (q *Queue) settle(rs []store.Range, why Reason, fx *Effects) int {
	return q.ring.eachUnacked(rs, func(c *chunk, set uint64) { q.bury(c, set, why, fx) })
}

// giveBack makes outstanding entries ready again. Then limits are enforced, the
// head being dropped even if it is what just came back (amqp-behaviour §4.5),
// then it is delivered to whoever is next. On kinds that move such entries
// front says where to.
func (q *Queue) giveBack(now int64, c *Consumer, rs []store.Range, front bool, fx *Effects) {
	n := 0
	if q.kind.moves {
		n = q.requeueMoved(rs, front, fx)
	} else {
		n = q.requeueInPlace(rs, true)
	}
	q.counts.Requeued += uint64(n)
	q.credit(c, n)
	q.trim()
	q.dropOverflow(fx)
	q.expireHeads(now, fx)
	q.dispatch(now, fx)
}

// requeueInPlace makes outstanding entries ready where they are, and notes that
// they were delivered, if they were.
func (q *Queue) requeueInPlace(rs []store.Range, delivered bool) int {
	return q.ring.eachUnacked(rs, func(c *chunk, set uint64) {
		q.ring.touch(c)
		for left := set; left != 0; left &= left - 1 {
			e := &c.slots[lowest(left)&slotMask]
			if delivered {
				e.comesBack()
			}
			q.unackedBytes -= int64(e.size)
			q.readyBytes += int64(e.size)
		}
		q.ring.back(c, set)
	})
}

// credit notes that c, which may be nil, has n deliveries less.
func (q *Queue) credit(c *Consumer, n int) {
	if c == nil {
		return
	}
	if c.unacked -= n; c.unacked < 0 {
		panic("BUG: queue: a consumer settled what it did not get")
	}
	if c.place == full && c.unacked < c.limit {
		q.line.rejoin(c)
	}
}
