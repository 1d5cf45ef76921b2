package queue

import "amqpd/store"

// What quorum queues do differently with a message that comes back
// (amqp-behaviour §5.5): it counts how often, and may die of it; and it does
// not return to its old place. It goes to the tail, or, with a delivery limit
// and when its consumer was lost, in front of everything, behind what came back
// earlier. For the latter the queue has a second level. Either way it gets a
// new sequence number, so the log, which keeps numbers in order, has the new
// place and the new count.

// returnedLevel is the level of what goes in front.
const returnedLevel = 1

// requeueMoved takes outstanding entries out of their places and puts them to
// the front or the tail. It returns how many there were, the dead included.
func (q *Queue) requeueMoved(rs []store.Range, front bool, fx *Effects) int {
	n := q.ring.eachUnacked(rs, func(c *chunk, set uint64) { q.lift(c, set, fx) })
	level := uint8(0)
	if front {
		level = returnedLevel
	}
	for i := range fx.moving {
		q.replace(&fx.moving[i], level, fx)
	}
	fx.moving = emptied(fx.moving)
	return n
}

// lift takes entries out of their places, into fx.moving or, beyond the delivery
// limit, to their end.
func (q *Queue) lift(c *chunk, set uint64, fx *Effects) {
	dead := uint64(0)
	q.ring.touch(c)
	for left := set; left != 0; left &= left - 1 {
		slot := lowest(left)
		e := &c.slots[slot&slotMask]
		e.comesBack()
		if limit := q.rules.deliveryLimit; limit >= 0 && int64(e.deliveries) > limit {
			dead |= 1 << slot
			continue
		}
		fx.moving = append(fx.moving, *e)
		q.unackedBytes -= int64(e.size)
		if e.logged() {
			q.forget(e, c.seq(slot), fx)
		}
	}
	if dead != 0 {
		q.bury(c, dead, DeliveryLimit, fx)
	}
	q.ring.remove(c, set&^dead)
}

// replace gives a lifted entry its new place.
func (q *Queue) replace(e *entry, level uint8, fx *Effects) {
	seq := q.ring.next
	at := q.ring.push(level, true)
	*at = *e
	at.level = level
	q.readyBytes += int64(e.size)
	if e.logged() {
		q.log(at, seq, 0, fx)
	}
}
