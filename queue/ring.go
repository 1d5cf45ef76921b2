package queue

import (
	"math/bits"
	"sort"

	"amqpd/store"
)

// ring keeps the entries of a queue by their sequence numbers. An entry stays
// at its number until it is gone, so giving it back restores its place.
//
//	seq        64        128       192       256       320
//	dir    [ chunk 1 ][ hole    ][ chunk 3 ][ chunk 4 ][ chunk 5 ...   next
//	          ..u..r..             uuuuuuuu   uuuurrrr   rrrr
//	              |                               |
//	              behind: {1}                     read = 4
//
// Consumers are served from the front. Everything ready lies in chunk read or
// after it, except what came back to a chunk before it; those chunks are in
// the heap behind. So the head is found without walking over entries that are
// with consumers, however many there are. Entries behind the head may have been
// withheld (withhold.go). Invariant: read only grows, and when something is
// ready in chunk read or after it, chunk read has a ready entry. A queue with
// priorities keeps the order of each level in levels instead.
//
// Chunks without a live entry are given back at once, also in the middle: one
// old unacknowledged message holds one chunk. The directory closes its holes
// when they are the majority. Chunks far from both ends are packed (cold.go).
type ring struct {
	dir    []chunk // ascending num from dir[first] on; before it nothing
	first  int
	holes  int    // chunks with nothing in them in dir[first:]
	next   uint64 // sequence number of the next entry; never used before, starts at 1
	ready  int    // entries that wait
	live   int    // entries that wait or are unacknowledged
	read   uint64 // with ready > 0 and no levels: see above
	behind heap
	levels *levels     // nil: one level, ordered by sequence number
	warm   *warmChunks // nil: none was unpacked
}

// push adds a place at the end, for the caller to fill in, whose level is known
// here because it decides about the order. The place is valid until the ring
// changes again.
func (r *ring) push(level uint8, ready bool) *entry {
	num, slot := r.next>>slotBits, r.next&slotMask
	n := len(r.dir)
	if n == r.first || r.dir[n-1].num != num {
		r.open(num)
		n = len(r.dir)
	}
	c := &r.dir[n-1]
	if r.ready == 0 {
		r.read = num
	}
	c.live |= 1 << slot
	r.live++
	if ready {
		c.ready |= 1 << slot
		r.ready++
		if r.levels != nil {
			r.levels.put(level, r.next)
		}
	}
	r.next++
	e := &c.slots[slot]
	e.level = level
	return e
}

// open appends an empty chunk.
func (r *ring) open(num uint64) {
	if len(r.dir) == cap(r.dir) && r.first > len(r.dir)/4 {
		r.shift()
	}
	c := grow(&r.dir) // a hole: behind the end of dir there is nothing else
	c.num, c.slots = num, slotPool.Get().(*slots)
	if r.ready >= (near.tail+near.head)<<slotBits {
		r.cool()
	}
}

// take makes the head of a level, at slot of c, unacknowledged.
func (r *ring) take(level int, c *chunk, slot uint64) {
	c.ready &^= 1 << slot
	r.ready--
	if r.levels != nil {
		r.levels.pop(level)
	} else if c.ready == 0 {
		r.pass()
	}
}

// pass moves the head on from a chunk that has no ready entry any more.
func (r *ring) pass() {
	if len(r.behind) > 0 {
		r.behind.pop()
		return
	}
	if r.ready == 0 {
		return
	}
	i := r.find(r.read) + 1
	for r.dir[i].ready == 0 {
		i++
	}
	r.read = r.dir[i].num
}

// back makes the unacknowledged places of set, which is not empty, ready again.
// REQUIRES: c was touched.
func (r *ring) back(c *chunk, set uint64) {
	if r.ready == 0 {
		r.read = r.next >> slotBits
	}
	switch {
	case r.levels != nil:
		for left := set; left != 0; left &= left - 1 {
			slot := lowest(left)
			r.levels.back(c.slots[slot].level, c.seq(slot))
		}
	case c.num < r.read && c.ready == 0:
		r.behind.push(c.num)
	}
	c.ready |= set
	r.ready += bits.OnesCount64(set)
}

// remove takes unacknowledged places out of the ring. The caller calls trim when
// it has removed all that it wants; until then c stays where it is. A chunk that
// is not full yet is kept. REQUIRES: c was touched.
func (r *ring) remove(c *chunk, set uint64) {
	c.live &^= set
	r.live -= bits.OnesCount64(set)
	if c.live == 0 && c.num != r.next>>slotBits && !c.hole() {
		c.free()
		r.holes++
	}
}

// trim forgets holes: all at the front, and those in the middle when they are
// the majority. An empty ring holds no chunk.
func (r *ring) trim() {
	if r.live == 0 {
		r.reset()
		return
	}
	for r.dir[r.first].hole() {
		r.first++
		r.holes--
	}
	if r.holes > 16 && r.holes > (len(r.dir)-r.first)/2 {
		r.compact()
	}
}

// smallDir is how many chunks an empty ring still has room to describe.
const smallDir = 4

func (r *ring) reset() {
	for i := r.first; i < len(r.dir); i++ {
		r.dir[i].free()
	}
	if cap(r.dir) > smallDir {
		r.dir = nil
	}
	r.dir, r.first, r.holes, r.warm = r.dir[:0], 0, 0, nil
}

// shift moves the directory to the start of its memory, a smaller one when
// most of it is unused.
func (r *ring) shift() {
	used := r.dir[r.first:]
	if cap(r.dir) > 64 && len(used) < cap(r.dir)/8 {
		r.dir = append(make([]chunk, 0, 2*len(used)), used...)
	} else {
		n := copy(r.dir, used)
		clear(r.dir[n:])
		r.dir = r.dir[:n]
	}
	r.first = 0
}

// compact closes the holes.
func (r *ring) compact() {
	n := r.first
	for _, c := range r.dir[r.first:] {
		if !c.hole() {
			r.dir[n] = c
			n++
		}
	}
	clear(r.dir[n:])
	r.dir, r.holes = r.dir[:n], 0
	r.shift()
}

// find returns where chunk num, which has a live entry, is described.
func (r *ring) find(num uint64) int {
	if i := r.seek(num); i < len(r.dir) && r.dir[i].num == num {
		return i
	}
	panic("BUG: queue: a chunk with live entries is missing")
}

// seek returns where chunk num is described or, when it is gone, the first one
// after it. Without gaps the place follows from the number, counted from the
// front or, when an old message keeps a lone chunk there, from the back.
func (r *ring) seek(num uint64) int {
	if r.first == len(r.dir) || num <= r.dir[r.first].num {
		return r.first
	}
	n := uint64(len(r.dir))
	if i := num - r.dir[r.first].num + uint64(r.first); i < n && r.dir[i].num == num {
		return int(i)
	}
	behindLast := r.dir[n-1].num - num // wraps, and is huge, when num is after the last
	if i := n - 1 - behindLast; behindLast < n && r.dir[i].num == num {
		return int(i)
	}
	return r.first + sort.Search(len(r.dir)-r.first, func(i int) bool {
		return r.dir[r.first+i].num >= num
	})
}

// eachUnacked calls f with every chunk that has unacknowledged entries in the ranges,
// and the set of these, and returns how many there are. f may make them ready or
// remove them.
func (r *ring) eachUnacked(rs []store.Range, f func(c *chunk, set uint64)) (n int) {
	for _, s := range rs {
		for i := r.seek(s.From >> slotBits); i < len(r.dir); i++ {
			c := &r.dir[i]
			if c.num > s.To>>slotBits {
				break
			}
			if set := c.unacked() & within(c.num, s.From, s.To); set != 0 {
				n += bits.OnesCount64(set)
				f(c, set)
			}
		}
	}
	return n
}

// at returns the entry with a sequence number, nil when it is gone. It is valid
// until the ring changes, or another chunk is touched.
func (r *ring) at(seq uint64) *entry {
	i := r.seek(seq >> slotBits)
	if i == len(r.dir) || r.dir[i].num != seq>>slotBits || r.dir[i].live>>(seq&slotMask)&1 == 0 {
		return nil
	}
	r.touch(&r.dir[i])
	return &r.dir[i].slots[seq&slotMask]
}
