package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
)

// TestReadsWhileAppendingAndEvicting lets publishers and readers go at the same messages
// from memory and from disk, with memory that was given back overwritten.
func TestReadsWhileAppendingAndEvicting(t *testing.T) {
	o := testOptions(t, t.TempDir())
	o.TailMemory = 2 * chunkSize
	s := open(t, o)
	s.RecoveryDone()
	const publishers, messages = 3, 1500
	var wg sync.WaitGroup
	for n := range publishers {
		work := make(chan Pos, 300)
		size := func(i int) int { return (i*7919 + n) % 3000 }
		wg.Go(func() {
			defer close(work)
			for i := range messages {
				b := body(i, size(i))
				if i%3 == 0 {
					work <- s.PutTransient(b, nil, nil)
					continue
				}
				p := s.PutDurable(b[:len(b)/2], b[len(b)/2:], nil)
				s.Enqueue(uint64(n), []Entry{{Seq: uint64(i), Pos: p}})
				work <- p
				if i%10 == 0 {
					s.Kick()
				}
			}
		})
		wg.Go(func() {
			r, again := s.NewReader(), s.NewReader()
			defer r.Done()
			i := 0
			for p := range work {
				s.Retain(p, 2)
				want := body(i, size(i))
				got, err := r.Read(p)
				s.ReleaseAll([]Pos{p, p, p}) // the view stays
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("publisher %d message %d at %v: %v, %d of %d octets", n, i, p, err, len(got), len(want))
				}
				s.Settle(uint64(n), []Range{{uint64(i), uint64(i)}})
				if i++; i%100 == 0 {
					again.Done()
				}
			}
		})
	}
	wg.Wait()
	s.Wait(s.End())
	verify(t, s)
	if n := s.Stats().References; n != 0 {
		t.Errorf("%d references are left", n)
	}
}

// TestReadersShareNothing reads the same messages from disk in different orders.
func TestReadersShareNothing(t *testing.T) {
	o := testOptions(t, t.TempDir())
	o.TailMemory, o.SegmentSize = 1, 1<<20
	s := open(t, o)
	s.RecoveryDone()
	ps := make([]Pos, 3000)
	for i := range ps {
		ps[i] = s.PutDurable(body(i, 700+i%13), nil, nil)
	}
	ps = append(ps, s.PutDurable(body(3000, 2*chunkSize), nil, nil)) // does not fit into a block
	evicted(s)
	r := s.NewReader()
	for _, p := range ps {
		if _, err := r.Read(p); err != nil {
			t.Fatal(err)
		}
	}
	r.Done()
	if n := s.Stats().DiskReads; n == 0 || n > 30 {
		t.Errorf("%d reads of the disk for 3,000 messages in order", n)
	}
	var wg sync.WaitGroup
	for n := range 3 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(n), 0))
			r := s.NewReader()
			defer r.Done()
			for k := range 2 * len(ps) {
				i := k % len(ps)
				if n == 1 {
					i = rnd.IntN(len(ps))
				} else if n == 2 {
					i = len(ps) - 1 - i
				}
				got, err := r.Read(ps[i])
				want := 700 + i%13
				if i == 3000 {
					want = 2 * chunkSize
				}
				if err != nil || !bytes.Equal(got, body(i, want)) {
					t.Errorf("reader %d message %d: %v", n, i, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// evicted waits until the messages put so far are gone from a memory that holds none.
func evicted(s *Store) {
	s.Wait(s.End())
	s.PutDurable(nil, nil, nil) // the next commit comes after the eviction of the last
	s.Wait(s.End())
}

// TestDamagedMessageIsNotDelivered flips a bit of a message on disk.
func TestDamagedMessageIsNotDelivered(t *testing.T) {
	o := testOptions(t, t.TempDir())
	o.TailMemory = 1
	s := open(t, o)
	var ps []Pos
	for i := range 700 {
		ps = append(ps, s.PutDurable(body(i, 1000), nil, nil))
	}
	evicted(s)
	p := ps[10]
	f, err := SystemFS{}.Open(filepath.Join(logDir(o.Dir), segmentName(p.segment())))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{'#'}, int64(p.offset())+500); err != nil {
		t.Fatal(err)
	}
	f.Close()
	r := s.NewReader()
	defer r.Done()
	for i, p := range ps[:20] {
		b, err := r.Read(p)
		switch {
		case i == 10 && !errors.Is(err, ErrCorrupt):
			t.Errorf("damaged message: %v", err)
		case i != 10 && (err != nil || !bytes.Equal(b, body(i, 1000))):
			t.Errorf("message %d: %v", i, err)
		}
	}
}

// TestZeroReader is usable after Init, and again after Done.
func TestZeroReader(t *testing.T) {
	s := open(t, testOptions(t, t.TempDir()))
	var r Reader
	r.Init(s)
	for i := range 3 {
		p := s.PutTransient(body(i, 50), nil, nil)
		if b, err := r.Read(p); err != nil || !bytes.Equal(b, body(i, 50)) {
			t.Errorf("%d: %v", i, err)
		}
		s.Release(p)
		r.Done()
	}
	r.Done()
}

// TestTransientMemoryComesBack counts what is in memory while messages come and go.
func TestTransientMemoryComesBack(t *testing.T) {
	s := open(t, testOptions(t, t.TempDir()))
	before := s.Stats().Memory
	var ps []Pos
	for i := range 5000 {
		ps = append(ps, s.PutTransient(body(i, i%2000), nil, nil))
	}
	large := s.PutTransient(make([]byte, 5<<20), nil, nil)
	if in := s.Stats().Memory - before; in < 5<<20+5000*1000 {
		t.Errorf("%d octets hold 10 MB", in)
	}
	for i, p := range ps {
		if got := read(t, s, p); got != string(body(i, i%2000)) {
			t.Fatalf("message %d is %q", i, got)
		}
	}
	s.ReleaseAll(ps)
	s.Release(large)
	if left := s.Stats().Memory - before; left > chunkSize {
		t.Errorf("%d octets are left", left)
	}
}

// TestTransientReserveRaces hammers the place where chunks are replaced.
func TestTransientReserveRaces(t *testing.T) {
	s := open(t, testOptions(t, t.TempDir()))
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			r := s.NewReader()
			defer r.Done()
			held := make([]Pos, 0, 8)
			for i := range 4000 {
				b := body(i, (i*n*31)%20000)
				p := s.PutTransient(b, nil, nil)
				held = append(held, p)
				if got, err := r.Read(p); err != nil || !bytes.Equal(got, b) {
					t.Errorf("message %d: %v", i, err)
				}
				if len(held) == cap(held) {
					s.ReleaseAll(held)
					held = held[:0]
				}
			}
			s.ReleaseAll(held)
		})
	}
	wg.Wait()
}

func TestReleasingTooOftenIsABug(t *testing.T) {
	s := open(t, testOptions(t, t.TempDir()))
	for _, p := range []Pos{s.PutDurable([]byte("x"), nil, nil), s.PutTransient([]byte("x"), nil, nil)} {
		func() {
			defer func() {
				if r := recover(); r == nil || fmt.Sprint(r)[:4] != "BUG:" {
					t.Errorf("%v: %v", p, r)
				}
			}()
			for range 4 {
				s.Release(p)
			}
		}()
		if !p.Transient() {
			s.Retain(p, 1<<20) // so that closing does not find it below zero
		}
	}
}
