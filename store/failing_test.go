package store

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestEveryOperationFails lets each operation on the file system fail in turn, for good or
// once for want of space. The store stops or goes on, whichever it is: what was durable is
// there afterwards, and nothing that was not done.
func TestEveryOperationFails(t *testing.T) {
	for _, failure := range []error{syscall.EIO, syscall.ENOSPC} {
		for n := int64(0); ; n++ {
			if t.Failed() || !failAt(t, failure, n*2) {
				t.Logf("%v: %d operations", failure, n*2)
				break
			}
		}
	}
}

// failAt fails operation n of a store's life, and reports whether there was one.
func failAt(t *testing.T, failure error, n int64) (reached bool) {
	disk := NewMemoryFS()
	var ops atomic.Int64
	var failed atomic.Pointer[Op]
	fsys := &FaultyFS{FS: disk, Before: func(op Op) error {
		if ops.Add(1)-1 == n {
			failed.Store(&op)
			return fmt.Errorf("%d of %s: %w", op.Kind, op.Name, failure)
		}
		return nil
	}}
	o := crashOptions(t, fsys, SyncAlways)
	fatal := make(chan error, 1)
	o.Fatal = func(err error) { fatal <- err }
	s, err := Open(o)
	if err != nil {
		if failed.Load() == nil || !errors.Is(err, failure) {
			t.Errorf("open: %v", err)
		}
		return true
	}
	s.RecoveryDone()
	hurry(s)
	l := newLedger(t, s, 9)
	for i := range 120 {
		l.step()
		if i%12 == 11 {
			look(s, 1)
		}
	}
	durable := s.Durable()
	err = s.Close()
	if err == nil {
		durable = s.End()
	} else if failed.Load() == nil || !errors.Is(err, failure) {
		t.Errorf("close: %v", err)
	}
	select {
	case err := <-fatal:
		if !errors.Is(err, failure) || errors.Is(err, syscall.ENOSPC) {
			t.Errorf("fatal: %v", err)
		}
	default:
	}
	for kind := range 2 {
		checkImage(t, l, disk.Crash(chooser(kind, nil)), durable)
	}
	if t.Failed() {
		t.Errorf("failed operation %d: %+v with %v", n, failed.Load(), failure)
	}
	return failed.Load() != nil
}

// TestCloseLeavesNothingOpen counts the files of the process.
func TestCloseLeavesNothingOpen(t *testing.T) {
	count := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc")
		}
		return len(names)
	}
	o := testOptions(t, t.TempDir())
	before := count()
	for range 3 {
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Recovered(1)
		s.RecoveryDone()
		hurry(s)
		for i := range 300 {
			p := s.PutDurable(body(i, 1000), nil, nil)
			if i%3 == 0 {
				s.Release(p)
			}
		}
		look(s, 3)
		closeStore(t, s)
	}
	if after := count(); after > before+1 { // the runtime's own poller may have come
		t.Errorf("%d files are open, %d were", after, before)
	}
}

// TestNumbersLeftOutCostNothing: a queue whose entries are not all durable.
func TestNumbersLeftOutCostNothing(t *testing.T) {
	s := open(t, testOptions(t, t.TempDir()))
	for seq := uint64(0); seq < 20000; seq += 2 {
		p := s.PutDurable(nil, nil, nil)
		s.Enqueue(1, []Entry{{Seq: seq, Pos: p}})
		s.Settle(1, []Range{{seq, seq}})
		s.Release(p)
	}
	s.Wait(s.End())
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	if q := s.index.queues[1]; len(q.settled.blocks) != 0 || q.next != 19999 {
		t.Errorf("next %d, %d blocks of settled numbers", q.next, len(q.settled.blocks))
	}
}
