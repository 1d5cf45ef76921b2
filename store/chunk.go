package store

import (
	"encoding/binary"
	"sync/atomic"
)

// chunk is a piece of memory that holds messages, one behind the other: a piece of the
// log's tail, one transient segment, or what was read from a segment's file.
//
// Life: a chunk is made with one hold, that of the segment, the transient allocator or the
// cache. Readers take holds while they look at it, and every reference to a message in a
// transient chunk is one too. Without holds its memory goes back to the pool; the chunk
// itself is never reused, so a stale pointer to one finds no holds and nothing else.
type chunk struct {
	segment uint32
	base    uint32 // offset in the segment of the first octet of mem
	lengths uint8  // how far behind a message's offset its length stands
	head    uint8  // how far behind a message's offset its payload starts

	// end is the offset behind the last message that can ever be in here: until the chunk
	// is closed that is all of mem, and then what was used. Messages from there on are in
	// other chunks.
	end atomic.Uint32

	// word is holds<<32 | reserved. reserved is used by transient chunks only: the octets
	// given to messages, or more than there are when the chunk is full.
	word atomic.Uint64

	mem *buffer

	// disk is nil unless the chunk was read from a file; then its records may be cut off or
	// damaged and are checked each time.
	disk *diskRead

	// For transient messages. used is how many octets were given to messages, 0 until that is
	// known; filled how many of them are there. A chunk that is spilled has out; its mem goes,
	// once, when pins is 0: the readers that look at it, each of which has a hold too.
	used, filled atomic.Uint32
	pins         atomic.Int32
	out          atomic.Pointer[spilled]
	emptied      atomic.Bool
	before, next *chunk // in the list of those in memory; guarded by transient.mu
	listed       bool

	// For the log, guarded by its lock: how much of the chunk the committer has taken.
	owner *segment
	taken uint32
}

const oneHold = 1 << 32

// hold takes a hold on a chunk found without one; false: it is gone.
func (c *chunk) hold() bool {
	for {
		w := c.word.Load()
		if w < oneHold {
			return false
		}
		if c.word.CompareAndSwap(w, w+oneHold) {
			return true
		}
	}
}

// drop gives back n holds and reports whether they were the last.
func (c *chunk) drop(n int) bool {
	holds := c.word.Add(-uint64(n)*oneHold) >> 32
	if int32(holds) < 0 {
		panic("BUG: a message in memory was released more often than retained")
	}
	return holds == 0
}

// contains reports whether a message at off lies in here. The caller holds the chunk.
func (c *chunk) contains(off uint32) bool { return off >= c.base && off < c.end.Load() }

// payload returns the message at off as a view. The caller holds the chunk.
func (c *chunk) payload(off uint32) []byte {
	p := c.mem.b[off-c.base:]
	n := int(binary.LittleEndian.Uint32(p[c.lengths:]))
	at := int(c.head)
	return p[at : at+n : at+n]
}
