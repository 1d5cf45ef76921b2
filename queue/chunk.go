package queue

import (
	"math/bits"
	"sync"
)

const (
	slotBits      = 6
	slotsPerChunk = 1 << slotBits // as many as a bitmap of one word can describe
	slotMask      = slotsPerChunk - 1
)

type slots [slotsPerChunk]entry

// slotPool holds the slots that no queue needs at the moment. Chunks wander
// between all queues of the process, so that a queue which empties after every
// message costs no allocation and an idle one holds nothing. Contents of slots
// taken from it are garbage. The pool has no influence on what a queue does.
var slotPool = sync.Pool{New: func() any { return new(slots) }}

// chunk describes 64 consecutive sequence numbers of a ring.
//
// A place is free (neither bit), ready (both bits) or unacknowledged (live
// only). Invariants: ready is a subset of live; of slots and packed one is set,
// neither in a hole, which has nothing live. The chunk being filled is not packed.
type chunk struct {
	num    uint64 // its first sequence number >> slotBits
	ready  uint64 // waits for a consumer
	live   uint64 // belongs to the queue
	slots  *slots
	packed packed // the same in little room, see cold.go
}

// hole says that there is nothing in c.
func (c *chunk) hole() bool { return c.slots == nil && c.packed == nil }

// seq is the sequence number of a place.
func (c *chunk) seq(slot uint64) uint64 { return c.num<<slotBits | slot }

// unacked is the set of places whose messages are with a consumer.
func (c *chunk) unacked() uint64 { return c.live &^ c.ready }

// free gives the slots back and makes c a hole. REQUIRES: live is 0.
func (c *chunk) free() {
	if c.live != 0 {
		panic("BUG: queue: a chunk with live entries is freed")
	}
	switch {
	case c.slots != nil:
		slotPool.Put(c.slots)
		c.slots = nil
	case c.packed != nil:
		c.packed = nil
	}
}

// within is the set of places of chunk num whose sequence numbers lie in from..to.
func within(num, from, to uint64) uint64 {
	set := ^uint64(0)
	if from>>slotBits >= num {
		set <<= from & slotMask
	}
	if to>>slotBits <= num {
		set &= ^uint64(0) >> (slotMask - to&slotMask)
	}
	return set
}

// lowest is the number of the lowest place in a set that is not empty.
func lowest(set uint64) uint64 { return uint64(bits.TrailingZeros64(set)) }

// highest is the number of the highest place in a set that is not empty.
func highest(set uint64) uint64 { return uint64(63 - bits.LeadingZeros64(set)) }
