package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestDurableMeansSynced holds the durable position against what a disk without anything
// unsynced has, in the callback, where confirms leave.
func TestDurableMeansSynced(t *testing.T) {
	disk := NewMemoryFS()
	o := crashOptions(t, disk, SyncAlways)
	var s *Store
	var mu sync.Mutex
	ends := []LSN{} // of enqueues, each of one entry
	last := LSN(0)
	o.Durable = func(l LSN) {
		if l <= last {
			t.Errorf("durable position %d after %d", l, last)
		}
		last = l
		mu.Lock()
		defer mu.Unlock()
		n := 0
		for _, end := range ends {
			if end <= l {
				n++
			}
		}
		image, err := Open(crashOptions(t, disk.Crash(chooser(0, nil)), SyncAlways))
		if err != nil {
			t.Error(err)
			return
		}
		defer closeStore(t, image)
		if es, _ := image.Recovered(1); len(es) < n {
			t.Errorf("%d of %d durable entries are there", len(es), n)
		}
	}
	s = open(t, o)
	s.RecoveryDone()
	for i := range 60 {
		mu.Lock()
		p := s.PutDurable(body(i, 3000), nil, nil)
		s.Enqueue(1, []Entry{{Seq: uint64(i), Pos: p}})
		ends = append(ends, s.End())
		mu.Unlock()
		if i%7 == 0 {
			s.Kick()
		}
		if i%20 == 19 {
			s.Wait(s.End())
		}
	}
	closeStore(t, s)
}

// TestUnaskedCommit: without anybody waiting, octets reach the disk all the same.
func TestUnaskedCommit(t *testing.T) {
	for mode := SyncAlways; mode <= SyncOS; mode++ {
		t.Run(mode.String(), func(t *testing.T) {
			durable := make(chan LSN, 100)
			o := crashOptions(t, NewMemoryFS(), mode)
			o.Durable = func(l LSN) { durable <- l }
			s := open(t, o)
			s.Wait(s.End())
			s.PutDurable([]byte("x"), nil, nil)
			for end := s.End(); <-durable < end; {
			}
		})
	}
}

// TestFailedSyncIsFatal: the log stops for good, is not retried, and says so once, before
// anybody goes on who waits for it.
func TestFailedSyncIsFatal(t *testing.T) {
	for _, kind := range []OpKind{OpSync, OpWrite, OpCreate} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			var broken atomic.Bool
			var calls atomic.Int32
			fsys := &FaultyFS{FS: NewMemoryFS(), Before: func(op Op) error {
				if op.Kind == kind && broken.Load() && filepath.Ext(op.Name) == segmentSuffix {
					calls.Add(1)
					return syscall.EIO
				}
				return nil
			}}
			fatal := make(chan error, 10)
			o := crashOptions(t, fsys, SyncAlways)
			var s *Store
			var err error
			o.Fatal = func(err error) {
				if s.committer.failed.Load() != nil {
					t.Error("who waits goes on before the process has ended")
				}
				fatal <- err
			}
			if s, err = Open(o); err != nil {
				t.Fatal(err)
			}
			s.RecoveryDone()
			s.Wait(s.End())
			before := s.Durable()
			broken.Store(true)
			for range 40 {
				s.PutDurable(make([]byte, 9000), nil, nil)
				s.Kick()
			}
			s.Wait(s.End())
			if err := <-fatal; !errors.Is(err, syscall.EIO) {
				t.Errorf("fatal: %v", err)
			}
			if kind == OpSync && s.Durable() != before {
				t.Error("durable without a sync")
			}
			s.Kick()
			s.PutDurable(nil, nil, nil)
			if err := s.Close(); !errors.Is(err, syscall.EIO) {
				t.Errorf("close: %v", err)
			}
			if kind != OpCreate && calls.Load() != 1 || len(fatal) != 0 {
				t.Errorf("failed %d times, told %d times more", calls.Load(), len(fatal))
			}
		})
	}
}

// TestFullDiskHeals: with the disk full nothing becomes durable; with space again
// everything does, and nothing is lost.
func TestFullDiskHeals(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	s.Wait(s.End())
	disk.Limit(disk.Used() + testSegmentSize/2)
	for i := range 40 {
		s.Enqueue(1, []Entry{{Seq: uint64(i), Pos: s.PutDurable(body(i, 9000), nil, nil)}})
	}
	s.Kick()
	for !s.Stats().DiskFull {
		time.Sleep(time.Millisecond)
	}
	if s.Durable() >= s.End() {
		t.Error("durable on a full disk")
	}
	disk.Limit(0)
	s.Wait(s.End())
	s.keeper.nudge()
	s.Throttle()
	if s.Stats().DiskFull {
		t.Error("still full")
	}
	image := disk.Crash(chooser(0, nil))
	back := open(t, crashOptions(t, image, SyncAlways))
	if es, _ := back.Recovered(1); len(es) != 40 {
		t.Errorf("%d entries", len(es))
	}
}

// TestFullDiskFoundBySync: what was written before a sync that found no space is written
// again, since the system may have thrown it away.
func TestFullDiskFoundBySync(t *testing.T) {
	disk := NewMemoryFS()
	var full, writes atomic.Int32
	fsys := &FaultyFS{FS: disk, Before: func(op Op) error {
		switch {
		case filepath.Ext(op.Name) != segmentSuffix:
		case op.Kind == OpWrite:
			writes.Add(1)
		case op.Kind == OpSync && full.CompareAndSwap(1, 0):
			return syscall.ENOSPC
		}
		return nil
	}}
	s := open(t, crashOptions(t, fsys, SyncAlways))
	s.Wait(s.End())
	writes.Store(0)
	full.Store(1)
	s.PutDurable([]byte("x"), nil, nil)
	s.Wait(s.End())
	if writes.Load() != 2 {
		t.Errorf("written %d times", writes.Load())
	}
}

// TestCloseOnAFullDisk does not hang, and says why it is not a clean stop.
func TestCloseOnAFullDisk(t *testing.T) {
	disk := NewMemoryFS()
	s, err := Open(crashOptions(t, disk, SyncAlways))
	if err != nil {
		t.Fatal(err)
	}
	s.Wait(s.End())
	disk.Limit(disk.Used())
	for range 40 {
		s.PutDurable(make([]byte, 9000), nil, nil)
	}
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("close: %v", err)
	}
}

func TestSegmentsAreUsedAgain(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	seq := uint64(0)
	for range 300 {
		p := s.PutDurable(make([]byte, 9000), nil, nil)
		s.Enqueue(1, []Entry{{Seq: seq, Pos: p}})
		s.Wait(s.End())
		s.Settle(1, []Range{{seq, seq}})
		s.Release(p)
		seq++
	}
	verify(t, s)
	s.keeper.work() // its goroutine may not have had a turn
	st := s.Stats()
	if st.Reclaimed == 0 || st.Appended < 40*testSegmentSize {
		t.Errorf("%d octets reclaimed of %d", st.Reclaimed, st.Appended)
	}
	closeStore(t, s)
	if used := disk.Used(); used > 8*testSegmentSize {
		t.Errorf("an empty store takes %d octets", used)
	}
}

func TestLargeMessagesGetLargeSegments(t *testing.T) {
	disk := NewMemoryFS()
	o := crashOptions(t, disk, SyncAlways)
	s := open(t, o)
	var es []Entry
	for i, n := range []int{10, testSegmentSize, 20, 5 * testSegmentSize, testSegmentSize - 100, 30} {
		es = append(es, Entry{Seq: uint64(i), Pos: s.PutDurable(body(i, n), nil, nil), Size: uint32(n)})
	}
	s.Enqueue(1, es)
	s.Wait(s.End())
	image := disk.Crash(chooser(0, nil))
	for _, disk := range []*MemoryFS{image, image} {
		s := open(t, crashOptions(t, disk, SyncAlways))
		got, _ := s.Recovered(1)
		if len(got) != len(es) {
			t.Fatalf("%d entries", len(got))
		}
		for i, e := range got {
			if read(t, s, e.Pos) != string(body(i, int(e.Size))) {
				t.Errorf("message %d is another", i)
			}
		}
		s.RecoveryDone()
		verify(t, s)
		closeStore(t, s)
	}
}

// TestThrottle blocks when too much waits for the disk, and not otherwise.
func TestThrottle(t *testing.T) {
	disk := NewMemoryFS()
	var stuck sync.Mutex
	fsys := &FaultyFS{FS: disk, Before: func(op Op) error {
		if op.Kind == OpWrite && strings.HasSuffix(op.Name, segmentSuffix) {
			stuck.Lock()
			defer stuck.Unlock()
		}
		return nil
	}}
	o := crashOptions(t, fsys, SyncAlways)
	o.SegmentSize = 1 << 20
	s := open(t, o)
	s.Throttle()
	s.Wait(s.End())
	stuck.Lock()
	for range throttleSize>>20 + 1 {
		s.PutDurable(make([]byte, 1<<20), nil, nil)
	}
	done := make(chan struct{})
	go func() {
		s.Throttle()
		close(done)
	}()
	select {
	case <-done:
		t.Error("not throttled")
	case <-time.After(20 * time.Millisecond):
	}
	stuck.Unlock()
	<-done
}

// TestPreparingTooLate: the keeper may ask for the file of a segment that the committer has
// begun meanwhile.
func TestPreparingTooLate(t *testing.T) {
	files := &segmentFiles{fs: NewMemoryFS(), dir: "log", prepared: map[uint32]struct{}{}, open: map[uint32]*segment{}}
	f, err := files.create(5, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("kept"), 0); err != nil {
		t.Fatal(err)
	}
	for id := uint32(4); id <= 6; id++ {
		if err := files.prepare(id, 100); err != nil {
			t.Fatal(err)
		}
	}
	again, err := files.fs.Open(files.path(segmentName(5)))
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 4)
	if _, err := again.ReadAt(p, 0); err != nil || string(p) != "kept" {
		t.Errorf("%q %v", p, err)
	}
	if _, err := files.fs.Open(files.path(segmentName(4))); err == nil {
		t.Error("a file for a past segment")
	}
}
