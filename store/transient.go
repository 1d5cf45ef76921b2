package store

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// transient keeps messages that need not survive: chunks in memory, each a segment of its
// own. A chunk goes back to the pool when its last message is released.
//
// Putting a message takes no lock. One atomic addition to the current chunk's word both
// reserves the octets and takes the hold; the octets are then copied while others reserve
// behind them. Whoever finds the chunk full replaces it under mu.
type transient struct {
	memory *memory
	chunks table[chunk]          // by segment number without transientSegment
	cur    atomic.Pointer[chunk] // where messages go; holds one hold on it

	mu struct {
		sync.Mutex
		slots uint32   // numbers ever used
		free  []uint32 // those of them that are free again
	}
}

const (
	transientHead = 4              // a message's length stands before it
	transientMax  = chunkSize >> 2 // larger messages get a chunk of their own
)

func (t *transient) put(a, b, c []byte) Pos {
	n := transientHead + len(a) + len(b) + len(c)
	if n > transientMax {
		k := t.open(n)
		fillTransient(k.mem.b, a, b, c)
		return makePos(k.segment, 0)
	}
	for {
		k := t.cur.Load()
		if k != nil {
			if off, ok := t.reserve(k, n); ok {
				fillTransient(k.mem.b[off:], a, b, c)
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

// reserve takes n octets of k and a hold on it.
//
// k may have been replaced, emptied and given back since the caller loaded it. It is full
// then, so nothing is written to its memory; the hold that the failed attempt took for a
// moment may look like the last one, which is why freed is asked.
func (t *transient) reserve(k *chunk, n int) (off uint32, ok bool) {
	if uint32(k.word.Load())+uint32(n) > chunkSize {
		return 0, false
	}
	end := uint32(k.word.Add(oneHold | uint64(n)))
	if end > chunkSize {
		t.drop(k, 1)
		return 0, false
	}
	return end - uint32(n), true
}

// replace makes a new current chunk unless somebody has replaced k already.
func (t *transient) replace(k *chunk) {
	next := t.open(chunkSize)
	if !t.cur.CompareAndSwap(k, next) {
		t.drop(next, 1)
		return
	}
	if k != nil {
		k.word.Add(chunkSize) // full, whatever was left
		t.drop(k, 1)
	}
}

// open makes a chunk for n octets with one hold.
func (t *transient) open(n int) *chunk {
	k := &chunk{lengths: 0, head: transientHead, mem: t.memory.get(n)}
	k.end.Store(uint32(len(k.mem.b)))
	k.word.Store(oneHold)
	t.mu.Lock()
	if last := len(t.mu.free) - 1; last >= 0 {
		k.segment = t.mu.free[last] | transientSegment
		t.mu.free = t.mu.free[:last]
	} else {
		k.segment = t.mu.slots | transientSegment
		t.mu.slots++
	}
	t.mu.Unlock()
	t.chunks.set(k.segment&^transientSegment, k)
	return k
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

// drop gives back n holds, and the memory with the last.
func (t *transient) drop(k *chunk, n int) {
	if !k.drop(n) || !k.freed.CompareAndSwap(false, true) {
		return
	}
	slot := k.segment &^ transientSegment
	t.chunks.set(slot, nil)
	t.memory.put(k.mem)
	t.mu.Lock()
	t.mu.free = append(t.mu.free, slot)
	t.mu.Unlock()
}
