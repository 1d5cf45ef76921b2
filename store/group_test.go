package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestGroupsAreWholeOrNothing cuts the log at every octet of three transactions, each of
// which moves a message and is spread over segments at some sizes.
func TestGroupsAreWholeOrNothing(t *testing.T) {
	for _, size := range []int{40, testSegmentSize / 3} {
		t.Run(fmt.Sprint(size), func(t *testing.T) { cutGroups(t, size) })
	}
}

func cutGroups(t *testing.T, size int) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	p := s.PutDurable([]byte("moved"), nil, nil)
	s.Enqueue(1, []Entry{{Seq: 0, Pos: p}})
	s.Wait(s.End())
	start := s.End()
	for i := range uint64(3) {
		s.Retain(p, 1)
		g := s.Begin()
		g.Settle(1+i, []Range{{0, 0}})
		added := g.PutDurable(body(int(i), size), nil, nil)
		g.Enqueue(2+i, []Entry{{Seq: 0, Pos: p}, {Seq: 1, Pos: added}})
		g.PutDurable([]byte("the last record of a group may be anything"), nil, nil)
		g.End()
		s.Release(p)
	}
	end := s.End()
	s.Wait(end)
	step := LSN(1)
	if size > 1000 {
		step = 97
	}
	// One image for every cut: the store goes on, and what it tidies once it is quiet refers
	// to the log as it is, not as it is cut here.
	disk = disk.Crash(chooser(0, nil))
	for cut := start; cut <= end; cut += step {
		image := disk.Crash(chooser(0, nil))
		cutLog(image, s, cut)
		checkMoved(t, image, cut)
		if t.Failed() {
			return
		}
	}
}

// cutLog overwrites what lies behind cut with what a file may have held before.
func cutLog(image *MemoryFS, s *Store, cut LSN) {
	s.segments.each(func(id uint32, g *segment) bool {
		f := image.files["data/log/"+segmentName(id)]
		if f == nil || cut >= g.base+LSN(g.size) {
			return true
		}
		from := uint32(0)
		if cut > g.base {
			from = uint32(cut - g.base)
		}
		for i := int(from); i < len(f.data); i++ {
			f.data[i] = byte(i * 7)
		}
		f.synced = append([]byte{}, f.data...)
		return true
	})
}

// checkMoved checks that the message is in exactly one queue, with all that came with it.
func checkMoved(t *testing.T, image *MemoryFS, cut LSN) {
	t.Helper()
	s, err := Open(crashOptions(t, image, SyncAlways))
	if err != nil {
		t.Errorf("cut at %d: %v", cut, err)
		return
	}
	defer closeStore(t, s)
	found := 0
	for queue := uint64(1); queue <= 4; queue++ {
		es, _ := s.Recovered(queue)
		for _, e := range es {
			if read(t, s, e.Pos) == "moved" {
				found++
			}
		}
		if queue > 1 && len(es) == 1 && es[0].Seq == 0 {
			t.Errorf("cut at %d: queue %d has half a transaction", cut, queue)
		}
	}
	if found != 1 {
		t.Errorf("cut at %d: the message is in %d queues", cut, found)
	}
	s.RecoveryDone()
	verify(t, s)
}

// TestEmptyGroup appends nothing.
func TestEmptyGroup(t *testing.T) {
	s := open(t, testOptions(t, t.TempDir()))
	s.Wait(s.End())
	before := s.End()
	if end := s.Begin().End(); end != before {
		t.Errorf("an empty group takes the log from %d to %d", before, end)
	}
}

// writesNoRoot has s write no checkpoint, so that all there is would be replayed.
func writesNoRoot(s *Store) {
	s.keeper.mu.Lock()
	defer s.keeper.mu.Unlock()
	s.keeper.pause, s.keeper.last = time.Hour, time.Now()
}

// TestCutOffRecordsDoNotComeBack ends a start between the cut of a group that was not whole
// and the checkpoint: nothing of the group may be in a file that the next start can use for a
// segment of the same number.
func TestCutOffRecordsDoNotComeBack(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	writesNoRoot(s)
	g := s.Begin()
	for range 5 {
		g.PutDurable(body(1, testSegmentSize/3), nil, nil)
	}
	end := g.End()
	s.Wait(s.End())
	image := disk.Crash(chooser(0, nil))
	cutLog(image, s, end-10)
	broken := &FaultyFS{FS: image, Before: func(op Op) error {
		if op.Kind == OpCreate && filepath.Base(op.Name) == checkpointNames[0]+unfinished {
			return syscall.EIO
		}
		return nil
	}}
	if _, err := Open(crashOptions(t, broken, SyncAlways)); !errors.Is(err, syscall.EIO) {
		t.Fatalf("open: %v", err)
	}
	s = open(t, crashOptions(t, image, SyncAlways))
	s.Wait(s.End()) // the files stay as they are, as long as the keeper does nothing
	s.keeper.mu.Lock()
	defer s.keeper.mu.Unlock()
	names, err := image.List("data/log")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := image.Open("data/log/" + name)
		if err != nil {
			t.Fatal(err)
		}
		length, _ := f.Size()
		sc := newScanner(f, s.log.seg.id, uint32(length))
		sc.off = 0
		if err := sc.resync(); err != nil || sc.off != sc.end && name != segmentName(s.log.seg.id) {
			t.Errorf("%s has a record of segment %d at %d", name, s.log.seg.id, sc.off)
		}
	}
}

// TestCutOffFilesGoFromTheEnd ends a start before each removal of a file that was cut off: the
// next one finds no damage.
func TestCutOffFilesGoFromTheEnd(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	writesNoRoot(s)
	s.Enqueue(1, []Entry{{Pos: s.PutDurable([]byte("before"), nil, nil)}})
	g := s.Begin()
	for range 10 {
		g.PutDurable(body(1, testSegmentSize/3), nil, nil)
	}
	end := g.End()
	s.Wait(s.End())
	image := disk.Crash(chooser(0, nil))
	cutLog(image, s, end-10)
	for removals := 0; ; removals++ {
		again, n := image.Crash(chooser(1, nil)), 0
		broken := &FaultyFS{FS: again, Before: func(op Op) error {
			if op.Kind == OpRemove && filepath.Ext(op.Name) == segmentSuffix {
				if n++; n > removals {
					return syscall.EIO
				}
			}
			return nil
		}}
		s, err := Open(crashOptions(t, broken, SyncAlways))
		if err == nil {
			closeStore(t, s)
			if removals < 2 {
				t.Errorf("%d files were cut off", removals)
			}
			return
		}
		s = open(t, crashOptions(t, again, SyncAlways))
		if es, _ := s.Recovered(1); len(es) != 1 || len(s.Damage()) != 0 {
			t.Errorf("with %d of them removed: %d entries, damage: %v", removals, len(es), s.Damage())
		}
		s.RecoveryDone()
	}
}
