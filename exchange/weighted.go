package exchange

import "math/bits"

// weighted is a line of slots in the order they were made, each holding a
// number of buckets, from which the slot that owns bucket n is found in
// O(log slots). It is a Fenwick tree over the slots' weights:
//
//	slot     1   2   3   4   5
//	weight   2   1   0   3   1        slot 3 was removed
//	buckets  0-1 2   -   3-5 6        find(4) = slot 4
//
// The layout is a function of the living slots in their order of creation,
// never of what was there in between, so two nodes that hold the same
// bindings in the same order route alike.
//
// Slots are numbered from 1; removed slots weigh nothing and are squeezed out
// once they are the majority, which keeps every change at O(log slots).
type weighted struct {
	slots []*bound // slots[i-1] is slot i; nil once removed
	tree  []uint64 // tree[i] sums the weights of slots (i - lowbit(i), i]; tree[0] is unused
	total uint64
	alive int
}

// push makes a slot for b at the end of the line.
func (w *weighted) push(b *bound, weight uint64) {
	if len(w.tree) == 0 {
		w.tree = append(w.tree, 0)
	}
	w.slots = append(w.slots, b)
	slot := len(w.slots)
	b.slot = uint32(slot)
	sum := weight
	for low := 1; low < slot&-slot; low <<= 1 {
		sum += w.tree[slot-low]
	}
	w.tree = append(w.tree, sum)
	w.total += weight
	w.alive++
}

// reweigh changes the weight of b's slot.
func (w *weighted) reweigh(b *bound, old, new uint64) {
	w.total += new - old
	for i := int(b.slot); i < len(w.tree); i += i & -i {
		w.tree[i] += new - old
	}
}

// remove takes b's slot, which weighs weight, out of the line.
func (w *weighted) remove(b *bound, weight uint64) {
	w.reweigh(b, weight, 0)
	w.slots[b.slot-1] = nil
	b.slot = 0
	w.alive--
	if w.alive*2 < len(w.slots) {
		w.squeeze()
	}
}

// weightOf reads the weight of b's slot back.
func (w *weighted) weightOf(b *bound) uint64 {
	i := int(b.slot)
	weight := w.tree[i]
	for low := 1; low < i&-i; low <<= 1 {
		weight -= w.tree[i-low]
	}
	return weight
}

// squeeze renumbers the living slots without gaps.
func (w *weighted) squeeze() {
	old := *w
	*w = weighted{slots: make([]*bound, 0, old.alive), tree: make([]uint64, 0, old.alive+1)}
	for _, b := range old.slots {
		if b != nil {
			w.push(b, old.weightOf(b))
		}
	}
}

// find returns the owner of bucket, which must be below total.
func (w *weighted) find(bucket uint64) *bound {
	slot := 0
	for step := 1 << (bits.Len(uint(len(w.slots))) - 1); step > 0; step >>= 1 {
		if next := slot + step; next < len(w.tree) && w.tree[next] <= bucket {
			slot = next
			bucket -= w.tree[next]
		}
	}
	return w.slots[slot]
}
