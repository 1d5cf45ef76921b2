package queue

// A backlog is cold between its ends: nobody looks at an entry from the time
// when it is some thousand behind the tail until it is about to be delivered.
// Those chunks are packed (pack.go), to an octet or two for each entry.
//
//	head                                                      tail
//	[chunk][chunk][packed][packed][packed] ... [packed][chunk][chunk]
//	|-- near.head -----|                              |-- near.tail -|
//
// A chunk is packed when the tail has moved on, with what is unacknowledged in
// it, and unpacked by touch when one of its entries is needed: because the head
// is there, or its consumer settles it. The chunks that were unpacked last are
// remembered; what is left of the one before those is packed again. A priority
// queue needs that, since each level comes by for its part of a chunk, and a
// queue whose consumers keep very many messages.
//
// A queue that is shorter than both ends never packs anything.

// near is how many chunks at each end of a ring are not packed, and how many
// that were unpacked stay so. Tests make it small.
var near = struct{ tail, head, warm int }{tail: 32, head: 32, warm: 64}

// warmChunks are the numbers of the chunks that were unpacked last, in a circle.
type warmChunks struct {
	nums []uint64
	at   int // the oldest, when the circle is full
}

// note adds the number of a chunk and returns the one that it replaces.
func (w *warmChunks) note(num uint64) (old uint64, full bool) {
	if len(w.nums) < near.warm {
		w.nums = append(w.nums, num)
		return 0, false
	}
	old = w.nums[w.at]
	w.nums[w.at] = num
	w.at = (w.at + 1) % len(w.nums)
	return old, true
}

// cool packs the chunk that the tail has just left behind far enough, unless the
// head is near it.
func (r *ring) cool() {
	i := len(r.dir) - 1 - near.tail
	if i < r.first {
		return
	}
	if c := &r.dir[i]; r.levels != nil || c.num > r.read+uint64(near.head) {
		c.cool()
	}
}

// touch makes c, which is not a hole, usable. It may pack another chunk, so no
// entry of one may be held over it, but those of the chunk being filled.
func (r *ring) touch(c *chunk) {
	if c.slots == nil {
		r.warmUp(c)
	}
}

func (r *ring) warmUp(c *chunk) {
	c.slots = slotPool.Get().(*slots)
	c.packed.unpack(c.slots, c.live)
	c.packed = nil
	if r.warm == nil {
		r.warm = new(warmChunks)
	}
	if old, full := r.warm.note(c.num); full && old != c.num {
		if i := r.seek(old); i < len(r.dir) && r.dir[i].num == old {
			r.dir[i].cool()
		}
	}
}

// cool packs the chunk, if it has entries and that is worth it.
func (c *chunk) cool() {
	if c.slots == nil || c.live == 0 {
		return
	}
	if p := pack(c.slots, c.live); p != nil {
		slotPool.Put(c.slots)
		c.slots, c.packed = nil, p
	}
}

// view returns the entries of c, which is not a hole, to be looked at: in spare
// if c is packed.
func (c *chunk) view(spare *slots) *slots {
	if c.slots != nil {
		return c.slots
	}
	c.packed.unpack(spare, c.live)
	return spare
}
