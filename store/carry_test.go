package store

import (
	"bytes"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// look makes the keeper work now, n times.
func look(s *Store, n int) {
	s.Wait(s.End())
	for range n {
		s.keeper.work()
		s.Wait(s.End())
	}
}

// sparseStore fills segments and settles all but each nth message.
func sparseStore(t *testing.T, o Options, n int) (*Store, []Entry) {
	s := open(t, o)
	s.RecoveryDone()
	hurry(s)
	var kept []Entry
	for i := range 2000 {
		e := Entry{Seq: uint64(i), Pos: s.PutDurable(body(i, 1000), nil, nil), Size: 1000}
		s.Enqueue(1, []Entry{e})
		if i%n == 0 {
			kept = append(kept, e)
			continue
		}
		s.Settle(1, []Range{{e.Seq, e.Seq}})
		s.Release(e.Pos)
		if i%100 == 0 {
			s.Wait(s.End())
		}
	}
	return s, kept
}

func TestSparseSegmentsAreLetGo(t *testing.T) {
	disk := NewMemoryFS()
	o := crashOptions(t, disk, SyncAlways)
	s, kept := sparseStore(t, o, 30)
	look(s, 10)
	verify(t, s)
	st := s.Stats()
	if st.Segments > 6 || st.Carried == 0 || st.Carried > 10*uint64(len(kept))*1000 {
		t.Errorf("%d messages take %d segments, %d octets were carried", len(kept), st.Segments, st.Carried)
	}
	checkKept := func(s *Store) {
		t.Helper()
		r := s.NewReader()
		defer r.Done()
		for _, e := range kept {
			if b, err := r.Read(e.Pos); err != nil || !bytes.Equal(b, body(int(e.Seq), 1000)) {
				t.Fatalf("message %d at %v: %v", e.Seq, e.Pos, err)
			}
		}
	}
	checkKept(s)
	image := disk.Crash(chooser(0, nil))
	closeStore(t, s)
	for _, disk := range []*MemoryFS{image, disk} {
		s := open(t, crashOptions(t, disk, SyncAlways))
		got, _ := s.Recovered(1)
		if len(got) != len(kept) {
			t.Fatalf("%d of %d entries", len(got), len(kept))
		}
		checkKept(s)
		s.RecoveryDone()
		verify(t, s)
		for _, e := range got {
			s.Settle(1, []Range{{e.Seq, e.Seq}})
			s.Release(e.Pos)
		}
		look(s, 5)
		verify(t, s)
		closeStore(t, s)
		if used := disk.Used(); used > 6*testSegmentSize {
			t.Errorf("an empty store takes %d octets", used)
		}
	}
}

// TestCarriedAgain keeps a few messages while the segments that they were carried to get
// sparse in turn.
func TestCarriedAgain(t *testing.T) {
	s, kept := sparseStore(t, crashOptions(t, NewMemoryFS(), SyncAlways), 200)
	seq := uint64(2000)
	for range 20 {
		look(s, 3)
		for range 200 {
			p := s.PutDurable(make([]byte, 1000), nil, nil)
			s.Enqueue(1, []Entry{{Seq: seq, Pos: p}})
			s.Settle(1, []Range{{seq, seq}})
			s.Release(p)
			seq++
		}
		verify(t, s)
		for _, e := range kept {
			if read(t, s, e.Pos) != string(body(int(e.Seq), 1000)) {
				t.Fatalf("message %d is another", e.Seq)
			}
		}
	}
	look(s, 5)
	if st := s.Stats(); st.Segments > 8 {
		t.Errorf("%d messages take %d segments", len(kept), st.Segments)
	}
}

// TestUnknownHoldersStopCarrying: a reference that no entry stands for keeps its message
// where it is.
func TestUnknownHoldersStopCarrying(t *testing.T) {
	s := open(t, crashOptions(t, NewMemoryFS(), SyncAlways))
	s.RecoveryDone()
	hurry(s)
	var held []Pos
	for i := range 1000 {
		p := s.PutDurable(body(i, 1000), nil, nil)
		if i%60 == 0 { // as if a queue that is not durable held it
			held = append(held, p)
			continue
		}
		s.Release(p)
	}
	look(s, 10)
	if st := s.Stats(); st.Carried > 0 || st.Segments < 8 {
		t.Errorf("%d octets carried, %d segments", st.Carried, st.Segments)
	}
	for i, p := range held {
		if read(t, s, p) != string(body(60*i, 1000)) {
			t.Errorf("message %d is another", 60*i)
		}
	}
	verify(t, s)
}

// TestReadsWhileCarrying reads messages that move under the readers.
func TestReadsWhileCarrying(t *testing.T) {
	o := crashOptions(t, NewMemoryFS(), SyncAlways)
	o.TailMemory = 1
	s, kept := sparseStore(t, o, 30)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			r := s.NewReader()
			defer r.Done()
			for {
				for _, e := range kept {
					if b, err := r.Read(e.Pos); err != nil || !bytes.Equal(b, body(int(e.Seq), 1000)) {
						t.Errorf("message %d: %v", e.Seq, err)
						return
					}
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	seq := uint64(2000)
	for range 50 {
		for range 100 {
			p := s.PutDurable(make([]byte, 1000), nil, nil)
			s.Enqueue(1, []Entry{{Seq: seq, Pos: p}})
			s.Settle(1, []Range{{seq, seq}})
			s.Release(p)
			seq++
		}
		look(s, 1)
	}
	close(stop)
	wg.Wait()
	if s.Stats().Carried == 0 {
		t.Error("nothing was carried")
	}
}

// TestCarryingSeesWhatWasSettled holds the committer while a message is settled and given
// back, so that the index does not know it yet, and another of the same segment has no entry
// in a run yet: as many entries as references, and not for the same messages.
func TestCarryingSeesWhatWasSettled(t *testing.T) {
	var gate sync.RWMutex
	fsys := &FaultyFS{FS: NewMemoryFS(), Before: func(op Op) error {
		if op.Kind == OpWrite && filepath.Ext(op.Name) == segmentSuffix {
			gate.RLock()
			defer gate.RUnlock()
		}
		return nil
	}}
	o := crashOptions(t, fsys, SyncAlways)
	o.TailMemory = 1
	s := open(t, o)
	s.RecoveryDone()
	hurry(s)
	late := s.PutDurable(body(1, 100), nil, nil)
	var kept []Pos
	for seq := uint64(0); s.segments.get(late.segment()+indexAfter) == nil; seq++ {
		p := s.PutDurable(body(2, 500), nil, nil)
		s.Enqueue(1, []Entry{{Seq: seq, Pos: p}})
		if seq < 3 {
			kept = append(kept, p)
			continue
		}
		s.Settle(1, []Range{{seq, seq}})
		s.Release(p)
	}
	look(s, 1)
	s.keeper.mu.Lock()
	if _, ok := s.keeper.seen[late.segment()]; !ok {
		t.Fatal("the segment is not sparse")
	}
	s.keeper.mu.Unlock()
	s.Enqueue(2, []Entry{{Pos: late}}) // in a segment that is not indexed
	s.Wait(s.End())

	gate.Lock()
	s.Settle(1, []Range{{0, 0}})
	s.Release(kept[0])
	done := make(chan struct{})
	go func() {
		s.keeper.work()
		close(done)
	}()
	for s.committer.waiters.n.Load() == 0 {
		select {
		case <-done:
			gate.Unlock()
			t.Fatal("nothing was waited for")
		case <-time.After(time.Millisecond):
		}
	}
	gate.Unlock()
	<-done
	if read(t, s, late) != string(body(1, 100)) {
		t.Error("another message")
	}
	verify(t, s)
}
