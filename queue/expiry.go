package queue

// Expiry of messages and of the queue itself (amqp-behaviour §5.7, §4.7).
//
// A deadline is fixed when a message is enqueued, and survives a requeue.
// Messages expire only at the head of their level: one with a short time to
// live behind one with a long one counts until it is the head, and is never
// delivered. So the heads are all that has to be watched.

// deadline is when a message enqueued now expires, given that it or the queue
// has a time to live.
func (q *Queue) deadline(now, ttl int64) int64 {
	switch {
	case ttl < 0:
		ttl = q.rules.ttl
	case q.rules.ttl >= 0:
		ttl = min(ttl, q.rules.ttl)
	}
	return now + ttl
}

// expireAtOnce is how many messages expire together at most. A backlog of millions
// may be due in one moment, after a restart say, and dead letters take memory until
// they are published. What is left has a Deadline that is over, so Tick goes on.
const expireAtOnce = 4096

// expireHeads removes what expired at the head of each level, and reports
// whether anything did.
func (q *Queue) expireHeads(now int64, fx *Effects) bool {
	if !q.deadlines || q.ring.ready == 0 {
		return false
	}
	left := expireAtOnce
	for level := q.ring.top(); level >= 0; level = q.ring.under(level) {
		left -= q.expireHead(level, now, left, fx)
	}
	if left == expireAtOnce {
		return false
	}
	q.trim()
	return true
}

// expireHead does it for one level, which has something ready, and returns how many
// went, most at the most. The caller trims.
func (q *Queue) expireHead(level int, now int64, most int, fx *Effects) (n int) {
	for n < most && q.ring.ready > 0 && (q.ring.levels == nil || q.ring.levels.has(level)) {
		c, slot := q.ring.head(level)
		if !c.slots[slot].expired(now) {
			break
		}
		q.dropHead(level, Expired, fx)
		n++
	}
	return n
}

// Touch says that the queue is in use now: it was declared, also passively, or
// somebody got from it. It restarts the clock of x-expires.
func (q *Queue) Touch(now int64) { q.idleSince = now }

// Tick does what is due: it removes expired messages from the heads, and sets
// fx.Delete when the queue was unused for longer than x-expires. It is to be
// called at Deadline, may be called at any time, and asks again for a queue
// that was not deleted.
func (q *Queue) Tick(now int64, fx *Effects) {
	if q.deleted {
		return
	}
	q.expireHeads(now, fx)
	q.dispatch(now, fx) // it may have stopped before a message that can be delivered
	if q.mayExpire() && q.idleSince == 0 {
		q.idleSince = now
	}
	fx.Delete = fx.Delete || q.Unused(now)
}

// Unused says that the queue was unused for longer than x-expires allows. Who
// deletes it for that asks again when nobody can use it any more.
func (q *Queue) Unused(now int64) bool {
	return q.mayExpire() && q.idleSince != 0 && now >= q.idleSince+q.rules.expires
}

// mayExpire says whether the clock of x-expires runs: consumers suspend it.
func (q *Queue) mayExpire() bool { return q.rules.expires >= 0 && len(q.consumers) == 0 && !q.deleted }

// Deadline is when Tick must run next, unix ms; 0: not until something else
// happens. It changes with every operation, but costs little to ask.
func (q *Queue) Deadline() int64 {
	due := int64(0)
	if q.mayExpire() {
		due = max(q.idleSince, 1)
		if q.idleSince > 0 {
			due += q.rules.expires
		}
	}
	if !q.deadlines || q.ring.ready == 0 {
		return due
	}
	for level := q.ring.top(); level >= 0; level = q.ring.under(level) {
		c, slot := q.ring.head(level)
		if at := c.slots[slot].expiry; at != 0 && (due == 0 || at < due) {
			due = at
		}
	}
	return due
}
