package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/bits"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
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

const (
	spillName = "spill"
	// spillBlock is what has a checksum of its own, and so the least that is read.
	spillBlock = readFirst
	// spillPause is how long nothing is spilled after that failed.
	spillPause = time.Second
)

// spill is the file and what of it is in use.
type spill struct {
	fs   FS
	path string
	log  *slog.Logger

	budget  int64         // octets of memory; 0: nothing is spilled
	written atomic.Uint64 // octets ever
	octets  atomic.Int64  // in the file now

	mu      sync.Mutex // held while chunks are spilled
	failed  time.Time  // when that last did not work
	failing bool       // it did not work the last time

	slots struct {
		sync.Mutex
		file File     // nil: there is none yet
		used []uint64 // a bit for each slot
		from int      // words of used before this one are full
	}
}

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

// puncher is a file of which a part can be given back to the system.
type puncher interface{ punch(off, n int64) error }

// take finds n free slots, one behind the other, and opens the file if need be.
func (sp *spill) take(n int) (slot int, f File, err error) {
	s := &sp.slots
	s.Lock()
	defer s.Unlock()
	if s.file == nil {
		if s.file, err = sp.fs.Create(sp.path); err != nil {
			return 0, nil, err
		}
	}
	slot = sp.find(n)
	for slot+n > 64*len(s.used) {
		s.used = append(s.used, 0)
	}
	sp.mark(slot, n, true)
	for s.from < len(s.used) && s.used[s.from] == ^uint64(0) {
		s.from++
	}
	return slot, s.file, nil
}

// find returns the first of n free slots. REQUIRES slots.
func (sp *spill) find(n int) int {
	used := sp.slots.used
	slot, free := 64*sp.slots.from, 0
	for ; slot < 64*len(used) && free < n; slot++ {
		switch {
		case slot%64 == 0 && used[slot/64] == ^uint64(0):
			free, slot = 0, slot+63
		case used[slot/64]>>(slot%64)&1 != 0:
			free = 0
		default:
			free++
		}
	}
	return slot - free
}

// mark sets or clears n slots. REQUIRES slots.
func (sp *spill) mark(slot, n int, used bool) {
	for i := slot; i < slot+n; i++ {
		if used {
			sp.slots.used[i/64] |= 1 << (i % 64)
		} else {
			sp.slots.used[i/64] &^= 1 << (i % 64)
		}
	}
}

// give takes slots back, and gives their disk space to the system. An error of that says
// only that the file stays larger than it need be.
func (sp *spill) give(slot, n int) {
	s := &sp.slots
	s.Lock()
	defer s.Unlock()
	if s.file == nil { // closed
		return
	}
	sp.mark(slot, n, false)
	s.from = min(s.from, slot/64)
	end := len(s.used)
	for end > 0 && s.used[end-1] == 0 {
		end--
	}
	if end < len(s.used) {
		s.used = s.used[:end]
		_ = s.file.Truncate(int64(end) * 64 * chunkSize)
	}
	if p, ok := s.file.(puncher); ok && slot < 64*end {
		_ = p.punch(int64(slot)*chunkSize, int64(n)*chunkSize)
	}
}

// file is the open file.
func (sp *spill) file() File {
	sp.slots.Lock()
	defer sp.slots.Unlock()
	return sp.slots.file
}

// slotsUsed counts the slots in use.
func (sp *spill) slotsUsed() int {
	sp.slots.Lock()
	defer sp.slots.Unlock()
	n := 0
	for _, w := range sp.slots.used {
		n += bits.OnesCount64(w)
	}
	return n
}

// close closes and removes the file.
func (sp *spill) close() error {
	sp.slots.Lock()
	defer sp.slots.Unlock()
	if sp.slots.file == nil {
		return nil
	}
	err := errors.Join(sp.slots.file.Close(), sp.fs.Remove(sp.path))
	sp.slots.file = nil
	return err
}

// removeSpill removes what the process before has left of its transient messages.
func removeSpill(fsys FS, dir string) error {
	return ignoreMissing(fsys.Remove(filepath.Join(dir, spillName)))
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

// outcome notes whether spilling works, and tells when that changes. REQUIRES mu.
func (sp *spill) outcome(err error) {
	switch {
	case err != nil && !sp.failing:
		sp.log.Error("transient messages stay in memory", "err", fmt.Errorf("writing them to %s: %w", sp.path, err))
	case err == nil && sp.failing:
		sp.log.Info("transient messages are written to disk again")
	}
	sp.failing = err != nil
	if sp.failing {
		sp.failed = time.Now()
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
