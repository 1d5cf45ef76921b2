package store

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
)

// long tells whether to look at everything (make enumerate) or at some of it.
func long() bool { return os.Getenv("AMQPD_LONG") != "" }

// failures are the ways in which operations on the file system fail, one or some in a row.
var failures = []struct {
	err  error
	row  int64
	kind func(OpKind) bool // nil: any
}{
	{syscall.EIO, 1, nil},
	{syscall.ENOSPC, 1, nil},
	{syscall.ENOSPC, 5, nil},
	{syscall.EDQUOT, 3, nil},
	{syscall.EMFILE, 4, func(k OpKind) bool { return k == OpOpen || k == OpCreate }},
}

// eachFailure calls f with each way to fail, from operation n on, until there is no such
// operation; in a short run with some of the operations.
func eachFailure(t *testing.T, f func(t *testing.T, failing *failing) (reached bool)) {
	for i, way := range failures {
		t.Run(fmt.Sprintf("%v %d", way.err, way.row), func(t *testing.T) {
			t.Parallel()
			step := int64(1)
			if !long() {
				step = 9
			}
			n := int64(i)
			for !t.Failed() && f(t, &failing{err: way.err, from: n, to: n + way.row, kind: way.kind}) {
				n += step
			}
			t.Logf("%d operations", n)
		})
	}
}

// failing makes operations from one number to before another fail.
type failing struct {
	err      error
	from, to int64
	kind     func(OpKind) bool
	ops      atomic.Int64
	failed   atomic.Pointer[Op] // the last
}

func (f *failing) before(op Op) error {
	if f.kind != nil && !f.kind(op.Kind) {
		return nil
	}
	if n := f.ops.Add(1) - 1; n < f.from || n >= f.to {
		return nil
	}
	f.failed.Store(&op)
	return fmt.Errorf("%d of %s: %w", op.Kind, op.Name, f.err)
}

// TestEveryOperationFails lets each operation on the file system fail in turn, for good or
// for want of something. The store stops or goes on, whichever it is: what was durable is
// there afterwards, and nothing that was not done.
func TestEveryOperationFails(t *testing.T) { eachFailure(t, failAt) }

// TestEveryOperationOfAStartFails does the same with what a start does after a crash.
func TestEveryOperationOfAStartFails(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	hurry(s)
	l := newLedger(t, s, 17)
	for i := range 300 {
		l.step()
		if i%25 == 24 {
			look(s, 1)
		}
	}
	s.Wait(s.End())
	image, durable := disk.afterKill(), s.Durable()
	eachFailure(t, func(t *testing.T, f *failing) bool {
		disk := image.afterKill()
		o := crashOptions(t, &FaultyFS{FS: disk, Before: f.before}, SyncAlways)
		o.Fatal = func(error) {}
		s, err := Open(o)
		if err == nil {
			_ = s.Close() // what it says depends on what failed
		} else if !errors.Is(err, f.err) {
			t.Errorf("open: %v", err)
		}
		checkImage(t, l, disk.afterKill(), durable)
		checkImage(t, l, disk.Crash(chooser(0, nil)), durable)
		if t.Failed() {
			t.Errorf("failed operation %d: %+v", f.from, f.failed.Load())
		}
		return f.failed.Load() != nil
	})
}

// failAt fails operations of a store's life, and reports whether there were any.
func failAt(t *testing.T, f *failing) (reached bool) {
	disk := NewMemoryFS()
	fsys := &FaultyFS{FS: disk, Before: f.before}
	o := crashOptions(t, fsys, SyncAlways)
	fatal := make(chan error, 1)
	o.Fatal = func(err error) { fatal <- err }
	s, err := Open(o)
	if err != nil {
		if f.failed.Load() == nil || !errors.Is(err, f.err) {
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
	} else if f.failed.Load() == nil || !errors.Is(err, f.err) {
		t.Errorf("close: %v", err)
	}
	select {
	case err := <-fatal:
		if !errors.Is(err, f.err) || passes(err) {
			t.Errorf("fatal: %v", err)
		}
	default:
	}
	for kind := range 2 {
		checkImage(t, l, disk.Crash(chooser(kind, nil)), durable)
	}
	if t.Failed() {
		t.Errorf("failed operation %d: %+v with %v", f.from, f.failed.Load(), f.err)
	}
	return f.failed.Load() != nil
}

// TestCloseLeavesNothingOpen counts the files of the process.
func TestCloseLeavesNothingOpen(t *testing.T) {
	count := func() int {
		names, err := os.ReadDir("/dev/fd")
		if err != nil {
			t.Fatal(err)
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
