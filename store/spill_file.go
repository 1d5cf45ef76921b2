package store

import (
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	spillName = "spill"
	// spillLook is how much is written between two looks at the disk's free space.
	spillLook = 4 << 20
	// spillPause is how long nothing is spilled after that failed.
	spillPause = time.Second
)

// spill is the file and what of it is in use.
type spill struct {
	fs   FS
	path string
	log  *slog.Logger

	budget  int64         // octets of memory; 0: nothing is spilled
	left    uint64        // octets of the disk that are for others
	written atomic.Uint64 // octets ever
	octets  atomic.Int64  // in the file now

	mu      sync.Mutex // held while chunks are spilled
	failed  time.Time  // when that last did not work
	failing bool       // it did not work the last time
	room    int64      // what may be written before the disk's free space is looked at again

	slots struct {
		sync.Mutex
		file File     // nil: there is none yet
		used []uint64 // a bit for each slot
		from int      // words of used before this one are full
	}
}

// freeTeller is a file system that knows how much space it has.
type freeTeller interface {
	free(dir string) (uint64, error)
}

// makeRoom returns ENOSPC if n octets more would take of the disk what is for others: the
// log needs it, and an alarm that is read once a second comes too late. REQUIRES mu.
func (sp *spill) makeRoom(n int) error {
	disk, ok := sp.fs.(freeTeller)
	if !ok || sp.room >= int64(n) {
		sp.room -= int64(n)
		return nil
	}
	free, err := disk.free(filepath.Dir(sp.path))
	if err != nil {
		return err
	}
	if free < sp.left+uint64(n) {
		return fmt.Errorf("%d octets are free, and %d have to be: %w", free, sp.left, syscall.ENOSPC)
	}
	sp.room = min(int64(free-sp.left), spillLook) - int64(n)
	return nil
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
