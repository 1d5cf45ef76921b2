package store

import (
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// fillUp publishes like an owner who asks before each message, until it is held back.
func fillUp(s *Store, queue uint64) []Entry {
	var es []Entry
	for !s.keeper.low.Load() {
		e := Entry{Seq: uint64(len(es)), Pos: s.PutDurable(body(len(es), 2000), nil, nil), Size: 2000}
		s.Enqueue(queue, []Entry{e})
		es = append(es, e)
		if len(es)%8 == 0 {
			s.Wait(s.End())
			s.keeper.work()
		}
	}
	s.Wait(s.End())
	return es
}

// TestFullDiskIsEmptied fills a disk, also over a stop or a crash, and empties it again by
// nothing but acknowledging.
func TestFullDiskIsEmptied(t *testing.T) {
	for _, end := range []string{"", "stop", "crash"} {
		disk := NewMemoryFS()
		o := crashOptions(t, disk, SyncAlways)
		s := open(t, o)
		s.RecoveryDone()
		hurry(s)
		disk.Limit(12 * testSegmentSize)
		es := fillUp(s, 1)
		if len(es) < 5*testSegmentSize/2000 || !s.Stats().DiskFull {
			t.Errorf("held back after %d messages", len(es))
		}
		disk.Limit(disk.Used()) // not even a checkpoint fits
		if end == "crash" {
			o.FS = disk.afterKill()
			o.FS.(*MemoryFS).Limit(disk.Used())
			disk.Limit(0)
		}
		if end != "" {
			closeStore(t, s)
			s = open(t, o)
			got, _ := s.Recovered(1)
			if len(got) != len(es) {
				t.Fatalf("%d of %d entries", len(got), len(es))
			}
			s.RecoveryDone()
			hurry(s)
		}
		for _, e := range es {
			s.Settle(1, []Range{{e.Seq, e.Seq}})
			s.Release(e.Pos)
			if e.Seq%8 == 0 {
				s.Wait(s.End())
			}
		}
		s.keeper.nudge()
		s.Throttle()
		look(s, 3)
		if s.Stats().DiskFull {
			t.Error("full though it is empty")
		}
		verify(t, s)
		closeStore(t, s)
	}
}

// TestFailedCheckpointFreesNothing: what only a checkpoint that was not written knows of
// must stay, or a crash would miss it.
func TestFailedCheckpointFreesNothing(t *testing.T) {
	disk := NewMemoryFS()
	fail := false // guarded by keeper.mu: checkpoints are the keeper's
	fsys := &FaultyFS{FS: disk, Before: func(op Op) error {
		if op.Kind == OpRename && filepath.Base(op.Name) == checkpointNames[0] && fail {
			return syscall.ENOSPC
		}
		return nil
	}}
	s := open(t, crashOptions(t, fsys, SyncAlways))
	s.RecoveryDone()
	hurry(s)
	s.keeper.mu.Lock()
	fail = true
	s.keeper.mu.Unlock()
	l := newLedger(t, s, 1)
	for i := range 300 {
		l.step()
		if i%20 == 0 {
			look(s, 1)
		}
	}
	look(s, 3)
	durable := s.Durable()
	checkImage(t, l, disk.Crash(chooser(2, rand.New(rand.NewPCG(1, 1)))), durable)
	s.keeper.mu.Lock()
	fail = false
	s.keeper.mu.Unlock()
	look(s, 3)
	checkImage(t, l, disk.Crash(chooser(0, nil)), durable)
}

// TestThrottleOnAFullDisk lets go when there is space, and when the store is closed.
func TestThrottleOnAFullDisk(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	disk.Limit(4 * testSegmentSize)
	fillUp(s, 1)
	done := make(chan struct{})
	throttle := func() {
		s.Throttle()
		done <- struct{}{}
	}
	go throttle()
	select {
	case <-done:
		t.Error("not throttled")
	case <-time.After(10 * time.Millisecond):
	}
	disk.Limit(0)
	s.keeper.nudge()
	<-done
	disk.Limit(disk.Used())
	fillUp(s, 2)
	go throttle()
	disk.Limit(0)
	closeStore(t, s)
	<-done
}
