package queue

import (
	"iter"

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
// of Seq, and whether it is ready or with a consumer. The queue must not change
// meanwhile.
func (q *Queue) Browse(from uint64) iter.Seq2[store.Entry, bool] {
	return func(yield func(store.Entry, bool) bool) {
		r := &q.ring
		var spare slots
		for i := r.seek(from >> slotBits); i < len(r.dir); i++ {
			c := &r.dir[i]
			left := c.live & within(c.num, from, ^uint64(0))
			if left == 0 {
				continue
			}
			entries := c.view(&spare)
			for ; left != 0; left &= left - 1 {
				if !c.yield(entries, lowest(left), yield) {
					return
				}
			}
		}
	}
}

// BrowseBack is Browse downwards: from sequence number from, or the newest
// entry if from is 0, to the oldest.
func (q *Queue) BrowseBack(from uint64) iter.Seq2[store.Entry, bool] {
	return func(yield func(store.Entry, bool) bool) {
		r := &q.ring
		if from == 0 {
			from = r.next
		}
		var spare slots
		for i := min(r.seek(from>>slotBits), len(r.dir)-1); i >= r.first; i-- {
			c := &r.dir[i]
			if c.num > from>>slotBits {
				continue
			}
			left := c.live & within(c.num, 0, from)
			if left == 0 {
				continue
			}
			for entries := c.view(&spare); left != 0; {
				slot := highest(left)
				if !c.yield(entries, slot, yield) {
					return
				}
				left &^= 1 << slot
			}
		}
	}
}

// yield yields one entry of c, and whether it is ready.
func (c *chunk) yield(entries *slots, slot uint64, yield func(store.Entry, bool) bool) bool {
	var e store.Entry
	entries[slot&slotMask].record(&e, c.seq(slot))
	return yield(e, c.ready>>slot&1 == 1)
}
