package queue

import "math/bits"

// refuses says whether a queue that rejects has no room for one message more
// (amqp-behaviour §4.5). Messages with consumers do not count. A classic queue
// refuses what would exceed a limit, a quorum queue what comes after that.
// REQUIRES: rules.rejects.
func (q *Queue) refuses(size uint32) bool {
	count, bytes := int64(q.ring.ready+q.parked), q.readyBytes+q.parkedBytes
	if !q.kind.softLimit {
		count, bytes = count+1, bytes+int64(size)
	}
	return q.beyond(count, bytes)
}

// Park counts n dead letters, of octets together, against the limits of a queue
// that refuses: they are gone from it, and wait for a place elsewhere. Negative
// numbers say that they wait no more.
func (q *Queue) Park(n int, octets int64) {
	q.parked += n
	q.parkedBytes += octets
}

// beyond says whether a length and a size exceed a limit.
func (q *Queue) beyond(count, bytes int64) bool {
	return q.rules.maxLength >= 0 && count > q.rules.maxLength ||
		q.rules.maxBytes >= 0 && bytes > q.rules.maxBytes
}

// refuse turns a message away. With reject-publish-dlx it dies here, if there
// is a dead-letter exchange and it is nowhere else.
func (q *Queue) refuse(m Message, fx *Effects) Outcome {
	q.counts.Refused++
	if !q.rules.rejectsToDLX || m.Elsewhere {
		return Refused
	}
	q.counts.Dead[MaxLen]++
	fx.DeadLetter = append(fx.DeadLetter, Dead{Pos: m.Pos, Size: m.Size, Reason: MaxLen})
	return RefusedDead
}

// dropOverflow drops from the head until the queue is within its limits, unless
// it refuses instead. The head is the next message to be delivered, so of
// several levels the highest loses first. It reports whether anything went.
func (q *Queue) dropOverflow(fx *Effects) bool {
	if !q.rules.limited || q.rules.rejects || !q.beyond(int64(q.ring.ready), q.readyBytes) {
		return false
	}
	for q.ring.ready > 0 && q.beyond(int64(q.ring.ready), q.readyBytes) {
		q.dropHead(q.ring.top(), MaxLen, fx)
	}
	q.trim()
	return true
}

// dropHead removes the head of a level. The caller trims the ring when it has
// removed all that it wants.
func (q *Queue) dropHead(level int, why Reason, fx *Effects) {
	c, slot := q.ring.head(level)
	size := int64(c.slots[slot].size)
	q.ring.take(level, c, slot)
	q.readyBytes -= size
	q.unackedBytes += size
	q.bury(c, 1<<slot, why, fx)
}

// bury takes unacknowledged entries out of the queue for good: as dead letters
// when they died and there is somewhere to send them, else released. The caller
// trims the ring.
func (q *Queue) bury(c *chunk, set uint64, why Reason, fx *Effects) {
	q.counts.Dead[why] += uint64(bits.OnesCount64(set))
	dead := why != settled && q.rules.deadLetter
	q.ring.touch(c)
	for left := set; left != 0; left &= left - 1 {
		slot := lowest(left)
		e := &c.slots[slot&slotMask]
		q.unackedBytes -= int64(e.size)
		if e.logged() {
			q.forget(e, c.seq(slot), fx)
		}
		if !dead {
			fx.Release = append(fx.Release, e.pos)
			continue
		}
		fx.DeadLetter = append(fx.DeadLetter, Dead{
			Pos: e.pos, Seq: c.seq(slot), Expiry: e.expiry, Size: e.size,
			Count: e.deliveries, Reason: why, Persistent: e.logged(),
		})
	}
	q.ring.remove(c, set)
}

// forget notes that the log need not know e any more under this number.
func (q *Queue) forget(e *entry, seq uint64, fx *Effects) {
	q.loggedCount--
	q.loggedBytes -= int64(e.size)
	fx.settle(seq)
}
