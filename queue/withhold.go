package queue

import (
	"math/bits"
	"slices"

	"amqpd/store"
)

// Withhold takes ready entries off the line, wherever they stand, without
// delivering them: nobody gets them and nothing is counted, until Reinstate puts
// them back or Remove ends them. So somebody can move them elsewhere. They count
// as unacknowledged, with nobody.
//
// seqs is in ascending order. Those that were taken are returned, in the memory
// of seqs; the others are not ready, or have expired and die when they are the
// head.
func (q *Queue) Withhold(now int64, seqs []uint64) (taken []uint64) {
	taken = seqs[:0]
	emptied := 0
	for len(seqs) > 0 {
		num, wanted := seqs[0]>>slotBits, uint64(0)
		for len(seqs) > 0 && seqs[0]>>slotBits == num {
			wanted |= 1 << (seqs[0] & slotMask)
			seqs = seqs[1:]
		}
		i := q.ring.seek(num)
		if i == len(q.ring.dir) || q.ring.dir[i].num != num {
			continue
		}
		c := &q.ring.dir[i]
		set := q.fresh(now, c, wanted&c.ready)
		if set == 0 {
			continue
		}
		if q.ring.withhold(c, set) {
			emptied++
		}
		for ; set != 0; set &= set - 1 {
			taken = append(taken, c.seq(lowest(set)))
		}
	}
	q.ring.mend(emptied)
	return taken
}

// fresh is the part of a set of ready places of c that has not expired. It
// counts it as unacknowledged.
func (q *Queue) fresh(now int64, c *chunk, set uint64) uint64 {
	if set == 0 {
		return 0
	}
	q.ring.touch(c)
	for left := set; left != 0; left &= left - 1 {
		slot := lowest(left)
		e := &c.slots[slot&slotMask]
		if e.expired(now) {
			set &^= 1 << slot
			continue
		}
		q.readyBytes -= int64(e.size)
		q.unackedBytes += int64(e.size)
	}
	return set
}

// Reinstate makes withheld entries ready again, at their places and as they
// were: not marked as redelivered. As after a requeue limits are enforced and
// consumers served. Ranges name withheld entries only; numbers that are gone are
// passed over.
func (q *Queue) Reinstate(now int64, rs []store.Range, fx *Effects) {
	if q.requeueInPlace(rs, false) == 0 {
		return
	}
	q.dropOverflow(fx)
	q.expireHeads(now, fx)
	q.dispatch(now, fx)
}

// Remove ends withheld entries, which are somewhere else by now. Ranges are as
// those of Reinstate.
func (q *Queue) Remove(rs []store.Range, fx *Effects) {
	q.settle(rs, settled, fx)
	q.trim()
}

// withhold makes ready places of c, which was touched, unacknowledged, wherever
// they stand in the order. The caller calls mend when it has withheld all that
// it wants, with the number of times that this returned true; until then the
// order cannot be used.
func (r *ring) withhold(c *chunk, set uint64) (emptiedBehind bool) {
	c.ready &^= set
	r.ready -= bits.OnesCount64(set)
	if r.levels == nil {
		return c.ready == 0 && c.num < r.read
	}
	for ; set != 0; set &= set - 1 {
		slot := lowest(set)
		r.levels.withhold(c.slots[slot&slotMask].level, c.seq(slot))
	}
	return false
}

// mend restores the order after entries were withheld: emptied chunks are to
// leave behind, and the head moves on.
func (r *ring) mend(emptied int) {
	if r.levels != nil {
		r.levels.mend(r.isReady)
		return
	}
	gone := func(num uint64) bool { return r.dir[r.find(num)].ready == 0 }
	r.behind.drop(emptied, gone)
	if r.ready == 0 {
		return // read begins anew with whatever is ready next
	}
	for i := r.seek(r.read); i < len(r.dir); i++ {
		if c := &r.dir[i]; c.ready != 0 {
			r.read = c.num
			return
		}
	}
	r.read = r.next >> slotBits
}

// isReady tells whether an entry waits.
func (r *ring) isReady(seq uint64) bool {
	i := r.seek(seq >> slotBits)
	return i < len(r.dir) && r.dir[i].num == seq>>slotBits && r.dir[i].ready>>(seq&slotMask)&1 != 0
}

// withhold takes a number out of the order of its level, at last with mend.
func (ls *levels) withhold(l uint8, seq uint64) {
	at := ls.at[l]
	if !at.waiting.empty() && seq >= at.waiting.front() {
		at.waiting.remove(seq)
		return
	}
	at.stale++
}

// mend takes what is no longer ready out of the heaps.
func (ls *levels) mend(isReady func(seq uint64) bool) {
	for l, at := range ls.at {
		if at == nil {
			continue
		}
		at.behind.drop(at.stale, func(seq uint64) bool { return !isReady(seq) })
		at.stale = 0
		if len(at.behind) == 0 && at.waiting.empty() {
			ls.busy[l>>6] &^= 1 << (l & 63)
		}
	}
}

// drop removes n numbers, those for which gone holds: the smallest, as long as
// they are, one by one, and others in a pass over everything.
func (h *heap) drop(n int, gone func(uint64) bool) {
	for ; n > 0 && gone((*h)[0]); n-- {
		h.pop()
	}
	if n == 0 {
		return
	}
	s := slices.DeleteFunc(*h, gone)
	for i := len(s)/2 - 1; i >= 0; i-- {
		s.sink(i)
	}
	if len(s) == 0 {
		s = slim(s)
	}
	*h = s
}

// find returns where chunk num is described in buf, or would be.
func (f *fifo) find(num uint64) (at int, found bool) {
	at, found = slices.BinarySearchFunc(f.buf[f.head:], num, func(p places, num uint64) int {
		switch {
		case p.num < num:
			return -1
		case p.num > num:
			return 1
		}
		return 0
	})
	return at + f.head, found
}

// remove takes a number out, wherever it is. REQUIRES: it is there.
func (f *fifo) remove(seq uint64) {
	i, _ := f.find(seq >> slotBits)
	p := &f.buf[i]
	if p.set &^= 1 << (seq & slotMask); p.set == 0 && i == f.head {
		f.next()
	}
}

// insert puts a number back to its place. REQUIRES: f is not empty, and its
// front is smaller.
func (f *fifo) insert(seq uint64) {
	i, found := f.find(seq >> slotBits)
	if !found {
		f.buf = slices.Insert(f.buf, i, places{num: seq >> slotBits})
	}
	f.buf[i].set |= 1 << (seq & slotMask)
}
