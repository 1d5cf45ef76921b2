package store

import "testing"

// benchStore is a store on a disk in memory: what is measured is the program.
func benchStore(b *testing.B) *Store {
	o := testOptions(b, "data")
	o.FS, o.SegmentSize, o.TailMemory = discardFS{NewMemoryFS()}, defaultSegmentSize, 0
	s, err := Open(o)
	if err != nil {
		b.Fatal(err)
	}
	s.RecoveryDone()
	b.Cleanup(func() { closeStore(b, s) })
	return s
}

// discardFS forgets what was synced before, so that a long run needs no memory.
type discardFS struct{ *MemoryFS }

func (d discardFS) Create(name string) (File, error) { return d.wrap(d.MemoryFS.Create(name)) }
func (d discardFS) Open(name string) (File, error)   { return d.wrap(d.MemoryFS.Open(name)) }

func (d discardFS) wrap(f File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return discardFile{f.(*memoryHandle)}, nil
}

type discardFile struct{ *memoryHandle }

// WriteAt writes without a copy for crashes.
func (f discardFile) WriteAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.f.data = writeInto(f.f.data, int(off), p)
	return len(p), nil
}

// throttle does now and then what a publisher does before each batch.
func throttle(s *Store, n *int) {
	if *n++; *n%64 == 0 {
		s.Throttle()
	}
}

func BenchmarkPutTransient16(b *testing.B) {
	s := benchStore(b)
	payload := make([]byte, 16)
	b.ReportAllocs()
	for b.Loop() {
		s.Release(s.PutTransient(payload, nil, nil))
	}
}

func BenchmarkPutDurable16(b *testing.B) {
	s := benchStore(b)
	payload, n := make([]byte, 16), 0
	b.ReportAllocs()
	for b.Loop() {
		s.Release(s.PutDurable(payload, nil, nil))
		throttle(s, &n)
	}
}

func BenchmarkPutDurable1K(b *testing.B) {
	s := benchStore(b)
	payload, n := make([]byte, 1024), 0
	b.ReportAllocs()
	b.SetBytes(1024)
	for b.Loop() {
		s.Release(s.PutDurable(payload, nil, nil))
		throttle(s, &n)
	}
}

// BenchmarkPutEnqueueSettle is a persistent message's whole life, alone.
func BenchmarkPutEnqueueSettle(b *testing.B) {
	s := benchStore(b)
	payload, n := make([]byte, 16), 0
	seq := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		p := s.PutDurable(payload, nil, nil)
		s.Enqueue(1, []Entry{{Seq: seq, Pos: p, Size: 16}})
		s.Settle(1, []Range{{seq, seq}})
		s.Release(p)
		seq++
		throttle(s, &n)
	}
}

// BenchmarkPutEnqueueSettle64 is the same in batches of 64, told per message.
func BenchmarkPutEnqueueSettle64(b *testing.B) {
	s := benchStore(b)
	payload := make([]byte, 16)
	entries, ps := make([]Entry, 64), make([]Pos, 64)
	seq := uint64(0)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n++; n%64 != 0 {
			continue
		}
		for i := range entries {
			ps[i] = s.PutDurable(payload, nil, nil)
			entries[i] = Entry{Seq: seq, Pos: ps[i], Size: 16}
			seq++
		}
		s.Enqueue(1, entries)
		s.Settle(1, []Range{{entries[0].Seq, seq - 1}})
		s.ReleaseAll(ps)
		s.Throttle()
	}
}

func benchmarkRead(b *testing.B, tail int) {
	o := testOptions(b, b.TempDir())
	o.SegmentSize, o.TailMemory = defaultSegmentSize, tail
	s, err := Open(o)
	if err != nil {
		b.Fatal(err)
	}
	defer closeStore(b, s)
	payload := make([]byte, 1024)
	ps := make([]Pos, 40000)
	for i := range ps {
		ps[i] = s.PutDurable(payload, nil, nil)
	}
	s.Wait(s.End())
	r := s.NewReader()
	defer r.Done()
	b.ReportAllocs()
	b.SetBytes(1024)
	i := 0
	for b.Loop() {
		if _, err := r.Read(ps[i]); err != nil {
			b.Fatal(err)
		}
		if i++; i == len(ps) {
			i = 0
		}
	}
}

func BenchmarkReadTail(b *testing.B) { benchmarkRead(b, 128<<20) }
func BenchmarkReadDisk(b *testing.B) { benchmarkRead(b, 1<<20) }

func BenchmarkPutTransientParallel(b *testing.B) {
	s := benchStore(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		payload := make([]byte, 16)
		for pb.Next() {
			s.Release(s.PutTransient(payload, nil, nil))
		}
	})
}

func BenchmarkPutDurableParallel(b *testing.B) {
	s := benchStore(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		payload, n := make([]byte, 16), 0
		for pb.Next() {
			s.Release(s.PutDurable(payload, nil, nil))
			throttle(s, &n)
		}
	})
}

// BenchmarkCommit is the time until one message that nobody shares a sync with is durable.
func BenchmarkCommit(b *testing.B) {
	s, err := Open(testOptions(b, b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	s.RecoveryDone()
	defer closeStore(b, s)
	payload := make([]byte, 16)
	b.ReportAllocs()
	for b.Loop() {
		p := s.PutDurable(payload, nil, nil)
		s.Wait(s.End())
		s.Release(p)
	}
}
