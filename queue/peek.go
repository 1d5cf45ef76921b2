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
