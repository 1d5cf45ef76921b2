package queue

import "math/bits"

// levels keeps the delivery order of a queue with priorities: higher levels
// first, by sequence number inside a level (amqp-behaviour §5.9). A quorum
// queue has two levels, the upper one for what came back (quorum.go).
//
// The entries themselves are in the ring, in which all levels share the
// sequence numbers.
type levels struct {
	at   []*level  // nil: the level was never used
	busy [4]uint64 // bit l: level l has a ready entry
}

// level is the order of the ready entries of one level. Invariant: all in behind
// are before all in waiting, since deliveries are made in order.
type level struct {
	waiting fifo // never delivered
	behind  heap // came back from a consumer, or were withheld until the head was past them
	stale   int  // of behind, withheld; between levels.withhold and mend
}

func newLevels(n int) *levels { return &levels{at: make([]*level, n)} }

// level is level l, about to have something ready.
func (ls *levels) level(l uint8) *level {
	if ls.at[l] == nil {
		ls.at[l] = new(level)
	}
	ls.busy[l>>6] |= 1 << (l & 63)
	return ls.at[l]
}

// put adds a number larger than any before.
func (ls *levels) put(l uint8, seq uint64) { ls.level(l).waiting.push(seq) }

// back adds the number of an entry that came back, at its old place. Only one
// that was withheld has something of waiting before it.
func (ls *levels) back(l uint8, seq uint64) {
	at := ls.level(l)
	if !at.waiting.empty() && seq > at.waiting.front() {
		at.waiting.insert(seq)
		return
	}
	at.behind.push(seq)
}

// head is the first number of a level. REQUIRES: the level is busy.
func (ls *levels) head(l int) uint64 {
	at := ls.at[l]
	if len(at.behind) > 0 {
		return at.behind[0]
	}
	return at.waiting.front()
}

// pop removes the first number of a level.
func (ls *levels) pop(l int) {
	at := ls.at[l]
	if len(at.behind) > 0 {
		at.behind.pop()
	} else {
		at.waiting.pop()
	}
	if len(at.behind) == 0 && at.waiting.empty() {
		ls.busy[l>>6] &^= 1 << (l & 63)
	}
}

// under is the highest busy level below l, -1 when there is none.
func (ls *levels) under(l int) int {
	if l <= 0 {
		return -1
	}
	word := (l - 1) >> 6
	set := ls.busy[word] & (^uint64(0) >> (63 - (l-1)&63))
	for set == 0 {
		if word--; word < 0 {
			return -1
		}
		set = ls.busy[word]
	}
	return word<<6 + 63 - bits.LeadingZeros64(set)
}

// top is the level to deliver from. REQUIRES: ready > 0.
func (r *ring) top() int {
	if r.levels == nil {
		return 0
	}
	return r.levels.under(len(r.levels.at))
}

// under is the highest level below l with a ready entry, -1 when there is none.
func (r *ring) under(l int) int {
	if r.levels == nil {
		return -1
	}
	return r.levels.under(l)
}

// head finds the first ready entry of a level that has one, and touches its chunk.
func (r *ring) head(level int) (c *chunk, slot uint64) {
	if r.levels != nil {
		seq := r.levels.head(level)
		c = &r.dir[r.find(seq>>slotBits)]
		r.touch(c)
		return c, seq & slotMask
	}
	num := r.read
	if len(r.behind) > 0 {
		num = r.behind[0]
	}
	c = &r.dir[r.find(num)]
	r.touch(c)
	return c, lowest(c.ready)
}

// has says whether level l has a ready entry.
func (ls *levels) has(l int) bool { return ls.busy[l>>6]>>(l&63)&1 != 0 }

// disorder forgets the order of what is ready: nothing is from now on. The
// caller clears the chunks.
func (r *ring) disorder() {
	r.ready = 0
	r.behind = slim(r.behind)
	if r.levels != nil {
		*r.levels = *newLevels(len(r.levels.at))
	}
}
