package store

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// transient keeps messages that need not survive: chunks in memory, each a segment of its
// own. A chunk goes back to the pool when its last message is released, or when it is
// spilled (spill.go).
//
// Putting a message takes no lock. One change of the current chunk's word both reserves
// the octets and takes the hold; the octets are then copied while others reserve
// behind them. Whoever finds the chunk full replaces it under mu.
type transient struct {
	memory *memory
	chunks table[chunk]          // by segment number without transientSegment
	cur    atomic.Pointer[chunk] // where messages go; holds one hold on it
	spill  spill
	cache  *diskCache

	resident atomic.Int64 // octets of the chunks in memory

	mu struct {
		sync.Mutex
		slots    uint32       // numbers ever used
		free     []uint32     // those of them that are free again
		resident residentEnds // the chunks in memory, the oldest first
	}
}

// residentEnds is the ends of the list of chunks in memory.
type residentEnds struct{ first, last *chunk }

const (
	transientHead = 4              // a message's length stands before it
	transientMax  = chunkSize >> 2 // larger messages get a chunk of their own
)

func (t *transient) put(a, b, c []byte) Pos {
	n := transientHead + len(a) + len(b) + len(c)
	if n > transientMax {
		k := t.open(n)
		fillTransient(k.mem.b, a, b, c)
		k.used.Store(uint32(n))
		k.filled.Store(uint32(n))
		return makePos(k.segment, 0)
	}
	for {
		k := t.cur.Load()
		if k != nil {
			if off, ok := t.reserve(k, n); ok {
				fillTransient(k.mem.b[off:], a, b, c)
				k.filled.Add(uint32(n))
				return makePos(k.segment, off)
			}
		}
		t.replace(k)
	}
}

// fillTransient writes a message to p.
func fillTransient(p, a, b, c []byte) {
	binary.LittleEndian.PutUint32(p, uint32(len(a)+len(b)+len(c)))
	p = p[transientHead:]
	p = p[copy(p, a):]
	p = p[copy(p, b):]
	copy(p, c)
}

// reserve takes n octets of k and a hold on it, if there are so many.
//
// k may have been replaced, emptied and given back since the caller loaded it. Then it is
// full and stays so: no hold is ever taken on it again.
func (t *transient) reserve(k *chunk, n int) (off uint32, ok bool) {
	for {
		w := k.word.Load()
		end := uint32(w) + uint32(n)
		if end > chunkSize {
			return 0, false
		}
		if k.word.CompareAndSwap(w, w+oneHold+uint64(n)) {
			return end - uint32(n), true
		}
	}
}

// replace makes a new current chunk unless somebody has replaced k already.
func (t *transient) replace(k *chunk) {
	next := t.open(chunkSize)
	if !t.cur.CompareAndSwap(k, next) {
		t.drop(next, 1)
		return
	}
	if k != nil {
		k.used.Store(uint32(k.word.Add(chunkSize)) - chunkSize) // full, whatever was left
		t.drop(k, 1)
	}
}

// open makes a chunk for n octets with one hold.
func (t *transient) open(n int) *chunk {
	k := &chunk{lengths: 0, head: transientHead, mem: t.memory.get(n)}
	k.end.Store(uint32(len(k.mem.b)))
	k.word.Store(oneHold)
	t.resident.Add(int64(len(k.mem.b)))
	t.mu.Lock()
	if last := len(t.mu.free) - 1; last >= 0 {
		k.segment = t.mu.free[last] | transientSegment
		t.mu.free = t.mu.free[:last]
	} else {
		k.segment = t.mu.slots | transientSegment
		t.mu.slots++
	}
	t.list(k)
	t.mu.Unlock()
	t.chunks.set(k.segment&^transientSegment, k)
	return k
}

// list puts k behind the chunks in memory. REQUIRES mu.
func (t *transient) list(k *chunk) {
	k.listed = true
	if k.before = t.mu.resident.last; k.before == nil {
		t.mu.resident.first = k
	} else {
		k.before.next = k
	}
	t.mu.resident.last = k
}

// unlist takes k out of the chunks in memory, if it is one of them.
func (t *transient) unlist(k *chunk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !k.listed {
		return
	}
	if k.before == nil {
		t.mu.resident.first = k.next
	} else {
		k.before.next = k.next
	}
	if k.next == nil {
		t.mu.resident.last = k.before
	} else {
		k.next.before = k.before
	}
	k.before, k.next, k.listed = nil, nil, false
}

// at returns the chunk of a position that the caller holds a reference to.
func (t *transient) at(segment uint32) *chunk {
	k := t.chunks.get(segment &^ transientSegment)
	if k == nil {
		panic("BUG: message in memory used after it was released")
	}
	return k
}

// retain adds n references; the caller holds one.
func (t *transient) retain(segment uint32, n int) { t.at(segment).word.Add(uint64(n) * oneHold) }

// release gives back n references to messages of one segment.
func (t *transient) release(segment uint32, n int) { t.drop(t.at(segment), n) }

// pin takes a hold on k for a reader and reports true, or reports false if its memory is
// gone or going: then it was spilled. The caller has a reference.
func (t *transient) pin(k *chunk) bool {
	if !k.hold() {
		panic("BUG: message in memory read after it was released")
	}
	k.pins.Add(1)
	if k.out.Load() == nil {
		return true
	}
	t.unpin(k)
	return false
}

// unpin gives back what pin took.
func (t *transient) unpin(k *chunk) {
	if k.pins.Add(-1) == 0 && k.out.Load() != nil {
		t.empty(k)
	}
	t.drop(k, 1)
}

// empty gives the memory of k back, once. Nobody reads it any more.
func (t *transient) empty(k *chunk) {
	if !k.emptied.CompareAndSwap(false, true) {
		return
	}
	m := k.mem
	k.mem = nil
	t.resident.Add(-int64(len(m.b)))
	t.memory.put(m)
}

// drop gives back n holds, and the memory, or what was spilled, with the last.
func (t *transient) drop(k *chunk, n int) {
	if !k.drop(n) {
		return
	}
	slot := k.segment &^ transientSegment
	t.chunks.set(slot, nil)
	t.unlist(k)
	t.empty(k)
	if out := k.out.Load(); out != nil {
		t.cache.forgetSegment(k.segment)
		t.spill.octets.Add(-int64(out.octets))
		t.spill.give(out.slot, out.n)
	}
	t.mu.Lock()
	t.mu.free = append(t.mu.free, slot)
	t.mu.Unlock()
}
