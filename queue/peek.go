package queue

import (
	"iter"
	"math/bits"

	"amqpd/store"
)

// Peek yields the ready entries in the order in which they would be delivered,
// without taking them. Priority is the level of the entry; entries that are not
// logged are yielded too. The queue must not change meanwhile.
func (q *Queue) Peek() iter.Seq[store.Entry] {
	return func(yield func(store.Entry) bool) {
		if q.ring.ready == 0 {
			return
		}
		for level := q.ring.top(); level >= 0; level = q.ring.under(level) {
			if !q.ring.each(func(c *chunk) uint64 { return c.ready }, level, yield) {
				return
			}
		}
	}
}

// Entries yields everything the queue holds, ready and unacknowledged, in the
// order of Seq. The queue must not change meanwhile.
func (q *Queue) Entries() iter.Seq[store.Entry] {
	return func(yield func(store.Entry) bool) {
		q.ring.each(func(c *chunk) uint64 { return c.live }, anyLevel, yield)
	}
}

const anyLevel = -1

// each yields the entries of a level that are in the set of their chunk, in the
// order of Seq, until yield returns false; then it does too.
func (r *ring) each(set func(*chunk) uint64, level int, yield func(store.Entry) bool) bool {
	var spare slots
	for i := r.first; i < len(r.dir); i++ {
		c := &r.dir[i]
		left := set(c)
		if left == 0 {
			continue
		}
		entries := c.view(&spare)
		for ; left != 0; left &= left - 1 {
			slot := lowest(left)
			e := &entries[slot&slotMask]
			if level != anyLevel && int(e.level) != level {
				continue
			}
			var r store.Entry
			e.record(&r, c.seq(slot))
			if !yield(r) {
				return false
			}
		}
	}
	return true
}

// Browse yields what the queue holds from sequence number from on, in the order
// of Seq, and whether it is ready or with a consumer. It skips the first skip of
// them, which costs a step for 64. The queue must not change meanwhile.
func (q *Queue) Browse(from uint64, skip int) iter.Seq2[store.Entry, bool] {
	return func(yield func(store.Entry, bool) bool) {
		r := &q.ring
		var spare slots
		for i := r.seek(from >> slotBits); i < len(r.dir); i++ {
			c := &r.dir[i]
			left := c.live & within(c.num, from, ^uint64(0))
			if n := bits.OnesCount64(left); n <= skip {
				skip -= n
				continue
			}
			entries := c.view(&spare)
			for ; left != 0; left &= left - 1 {
				if skip > 0 {
					skip--
					continue
				}
				slot := lowest(left)
				var e store.Entry
				entries[slot&slotMask].record(&e, c.seq(slot))
				if !yield(e, c.ready>>slot&1 == 1) {
					return
				}
			}
		}
	}
}
