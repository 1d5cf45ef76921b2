package queue

// Purge removes what is ready and returns how many that was. What consumers
// have stays theirs, and nothing is dead-lettered (amqp-behaviour §4.7).
func (q *Queue) Purge(now int64, fx *Effects) int {
	n := q.ring.ready
	if n == 0 {
		return 0
	}
	q.counts.Purged += uint64(n)
	q.unackedBytes += q.readyBytes
	q.readyBytes = 0
	q.ring.disorder()
	for i := q.ring.first; i < len(q.ring.dir); i++ {
		c := &q.ring.dir[i]
		if set := c.ready; set != 0 {
			c.ready = 0
			q.bury(c, set, settled, fx)
		}
	}
	q.trim()
	return n
}

// Delete ends the queue: everything it holds is released, its consumers are in
// fx.Cancelled. It returns how many messages were ready, and dead-letters none
// (amqp-behaviour §4.7). Settled is not filled in: the log is told that the
// queue is gone. Later operations find a deleted queue and do nothing.
func (q *Queue) Delete(now int64, fx *Effects) int {
	if q.deleted {
		return 0
	}
	n := q.ring.ready
	var spare slots
	for i := q.ring.first; i < len(q.ring.dir); i++ {
		c := &q.ring.dir[i]
		if c.live == 0 {
			c.free()
			continue
		}
		entries := c.view(&spare)
		for left := c.live; left != 0; left &= left - 1 {
			fx.Release = append(fx.Release, entries[lowest(left)&slotMask].pos)
		}
		c.live, c.ready = 0, 0
		c.free()
	}
	for _, c := range q.consumers {
		q.unsubscribe(c)
		c.unacked = 0
	}
	fx.Cancelled = append(fx.Cancelled, q.consumers...)
	*q = Queue{
		id: q.id, durable: q.durable, deleted: true, kind: q.kind, sac: q.sac, rules: q.rules,
		ring: ring{next: q.ring.next}, counts: q.counts,
	}
	return n
}

// Deleted says that Delete was called.
func (q *Queue) Deleted() bool { return q.deleted }
