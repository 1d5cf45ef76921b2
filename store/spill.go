package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
)

// Spilling
//
// Transient messages lie in memory until there are more of them than Options.TransientMemory.
// Then the oldest chunks that are full are written to a file, unsynced, and their memory
// goes. What was published last stays, so what is consumed soon is never written; a chunk
// is written once at most.
//
//	chunks by age   [ 17 ] [ 18 ] [ 19 ] [ 20 ] [ 21 ] [ 22 ]      current
//	                 in the file         |<-- in memory -->|
//	DIR/spill       | 17 | 18 |    | 19 | 19 |    slots of 256 KiB, used again
//
// Who publishes does it, in Throttle: who brings more than fits into memory waits for the
// system to take it. The chunk itself stays, with its references; its number, and so the
// positions, mean what they did. Messages come back in blocks, as many at a time as were of
// use the last time, which are kept with what was read from the log.
//
// The file is nothing that a start would look at: it is removed then, and when the store
// is closed.

// spillBlock is what has a checksum of its own, and so the least that is read.
const spillBlock = readFirst

// spilled is where a chunk is in the file.
type spilled struct {
	slot, n int      // n slots
	octets  int      // that were used of it
	sums    []uint32 // checksums of their blocks
}

// checksums returns those of the blocks of p.
func checksums(p []byte) (sums []uint32) {
	for block := range slices.Chunk(p, spillBlock) {
		sums = append(sums, crc32.Checksum(block, castagnoli))
	}
	return sums
}

// relieve spills until what is in memory fits, or nothing is left that could go. Where the
// disk does not take it, it stays in memory, and the next attempt is after a pause.
func (t *transient) relieve() {
	if t.spill.budget == 0 || t.resident.Load() <= t.spill.budget {
		return
	}
	t.spill.mu.Lock()
	defer t.spill.mu.Unlock()
	if t.spill.failing && time.Since(t.spill.failed) < spillPause {
		return
	}
	for t.resident.Load() > t.spill.budget {
		k := t.oldest()
		if k == nil {
			return
		}
		err := t.spillChunk(k)
		t.drop(k, 1)
		t.spill.outcome(err)
		if err != nil {
			return
		}
	}
}

// oldest returns the oldest chunk in memory of which all that is used is filled, with a
// hold on it; nil if there is none.
func (t *transient) oldest() *chunk {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := t.mu.resident.first; k != nil; k = k.next {
		if used := k.used.Load(); used > 0 && k.filled.Load() == used && k.hold() {
			return k
		}
	}
	return nil
}

// spillChunk writes k to the file and lets its memory go when nobody reads it any more. The
// caller has a hold on it.
func (t *transient) spillChunk(k *chunk) error {
	p := k.mem.b[:k.used.Load()]
	to := &spilled{n: (len(p) + chunkSize - 1) / chunkSize, octets: len(p), sums: checksums(p)}
	if err := t.spill.makeRoom(len(p)); err != nil {
		return err
	}
	slot, f, err := t.spill.take(to.n)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(p, int64(slot)*chunkSize); err != nil {
		t.spill.give(slot, to.n)
		return err
	}
	to.slot = slot
	t.spill.written.Add(uint64(len(p)))
	t.spill.octets.Add(int64(len(p)))
	t.unlist(k)
	k.out.Store(to)
	if k.pins.Load() == 0 {
		t.empty(k)
	}
	return nil
}

// readSpilled reads want octets of the chunk k from the block of off on, and more if the
// message there is longer. The caller has a reference to that. What it returns is held for
// the caller, and by the cache if it is of usual size.
func (s *Store) readSpilled(k *chunk, off uint32, want int) (*chunk, error) {
	to := k.out.Load()
	from := int(off) / spillBlock
	for {
		n := min((want+spillBlock-1)/spillBlock*spillBlock, to.octets-from*spillBlock)
		c := &chunk{segment: k.segment, base: uint32(from * spillBlock), head: transientHead, mem: s.memory.get(n), disk: &diskRead{}}
		c.word.Store(oneHold)
		c.end.Store(c.base + uint32(n))
		if err := s.readBlocks(c.mem.b[:n], to, from); err != nil {
			s.memory.put(c.mem)
			return nil, err
		}
		if _, want = c.whole(off); want > n {
			s.memory.put(c.mem)
			continue
		}
		if len(c.mem.b) <= readMost {
			s.cache.put(c)
		}
		return c, nil
	}
}

// readBlocks fills p with the blocks of a spilled chunk from one on.
func (s *Store) readBlocks(p []byte, to *spilled, from int) error {
	f, off := s.transient.spill.file(), int64(to.slot)*chunkSize+int64(from)*spillBlock
	if f == nil { // a consumer was at it when the store was closed
		return ErrClosed
	}
	got, err := f.ReadAt(p, off)
	s.stats.diskReads.Add(1)
	s.stats.diskRead.Add(uint64(got))
	if ahead, ok := f.(aheadReader); ok && len(p) > readMost/2 {
		ahead.readAhead(off+int64(got), aheadOf)
	}
	if got == len(p) {
		err = nil
		if sums := checksums(p); !slices.Equal(sums, to.sums[from:from+len(sums)]) {
			err = ErrCorrupt
		}
	}
	if err != nil {
		return fmt.Errorf("transient messages in %s at %d: %w", s.transient.spill.path, off, err)
	}
	return nil
}

// whole returns the message at off of what was read back, and how much has to be read from
// base on to have all of it; nil if that is more.
func (c *chunk) whole(off uint32) (payload []byte, need int) {
	at, end := int(off-c.base), int(c.end.Load()-c.base)
	if at+transientHead > end {
		return nil, at + transientHead
	}
	need = at + transientHead + int(binary.LittleEndian.Uint32(c.mem.b[at:]))
	if need > end {
		return nil, need
	}
	c.disk.used.Add(uint32(need - at))
	if !c.disk.recent.Load() {
		c.disk.recent.Store(true)
	}
	return c.payload(off), need
}
