package store

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// spilling is a store that keeps little of the transient messages in memory.
func spilling(t testing.TB, fsys FS, dir string) *Store {
	o := testOptions(t, dir)
	o.FS, o.TransientMemory = fsys, 4*chunkSize
	return open(t, o)
}

// putTransients puts n messages as a publisher does.
func putTransients(s *Store, n, size int) (ps []Pos) {
	for i := range n {
		s.Throttle()
		ps = append(ps, s.PutTransient(body(i, size), nil, nil))
	}
	return ps
}

// checkTransients reads messages in order with one reader.
func checkTransients(t testing.TB, s *Store, ps []Pos, size int) {
	t.Helper()
	r := s.NewReader()
	defer r.Done()
	for i, p := range ps {
		b, err := r.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != string(body(i, size)) {
			t.Fatalf("message %d at %v came back as %.20q", i, p, b)
		}
	}
}

// TestTransientMessagesSpill puts far more than fits, of all sizes, and reads it back.
func TestTransientMessagesSpill(t *testing.T) {
	for _, c := range []struct{ n, size int }{{200_000, 60}, {20_000, 1000}, {300, 100_000}, {40, 700_000}, {2, 20 << 20}} {
		dir := t.TempDir()
		s := spilling(t, SystemFS{}, dir)
		ps := putTransients(s, c.n, c.size)
		s.Throttle()
		s.Throttle()
		st := s.Stats()
		if most := int64(6*chunkSize + 2*c.size); st.Memory > most+int64(s.o.TailMemory) || s.transient.resident.Load() > most {
			t.Errorf("%d octets are in memory, %d of transient messages", st.Memory, s.transient.resident.Load())
		}
		if least := int64(c.n-1)*int64(c.size) - 6*chunkSize - int64(c.size); st.Spilled < least {
			t.Errorf("%d octets are on disk, want %d", st.Spilled, least)
		}
		checkTransients(t, s, ps, c.size)
		s.ReleaseAll(ps)
		if n := s.transient.spill.slotsUsed(); n != 0 || s.Stats().Spilled != 0 {
			t.Errorf("%d slots are in use, %d octets", n, s.Stats().Spilled)
		}
		if left := s.transient.resident.Load(); left > chunkSize {
			t.Errorf("%d octets are kept in memory of nothing", left)
		}
		closeStore(t, s)
		if _, err := (SystemFS{}).Open(filepath.Join(dir, spillName)); !isMissing(err) {
			t.Errorf("the file is still there: %v", err)
		}
	}
}

func isMissing(err error) bool { return err != nil && ignoreMissing(err) == nil }

// TestSpilledNumbersAreUsedAgain frees spilled chunks and uses their numbers and slots
// again, while the old octets are still in the cache.
func TestSpilledNumbersAreUsedAgain(t *testing.T) {
	s := spilling(t, NewMemoryFS(), "/data")
	for size := range 5 {
		ps := putTransients(s, 5000, 1000+size)
		checkTransients(t, s, ps, 1000+size)
		s.ReleaseAll(ps)
	}
	if n := len(s.transient.spill.slots.used); n > 1 {
		t.Errorf("the file has %d slots", 64*n)
	}
}

// TestSpillIsRemovedAtStart starts on a directory whose process was killed.
func TestSpillIsRemovedAtStart(t *testing.T) {
	disk := NewMemoryFS()
	s := spilling(t, disk, "/data")
	putTransients(s, 5000, 1000)
	if _, err := disk.Open(filepath.Join("/data", spillName)); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	f, err := disk.Create(filepath.Join("/data", spillName))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	spilling(t, disk, "/data")
	if _, err := disk.Open(filepath.Join("/data", spillName)); !isMissing(err) {
		t.Errorf("the file is still there: %v", err)
	}
}

// TestFullDiskKeepsTransientMessages has no space for them.
func TestFullDiskKeepsTransientMessages(t *testing.T) {
	disk := NewMemoryFS()
	s := spilling(t, disk, "/data")
	s.Wait(s.End()) // the log has its file
	disk.Limit(disk.Used() + 3*chunkSize)
	ps := putTransients(s, 5000, 1000)
	if s.transient.resident.Load() < 8*chunkSize {
		t.Errorf("%d octets are in memory, and there is no other place", s.transient.resident.Load())
	}
	checkTransients(t, s, ps, 1000)
	disk.Limit(1 << 40)
	s.transient.spill.mu.Lock()
	s.transient.spill.failed = time.Time{}
	s.transient.spill.mu.Unlock()
	s.Throttle()
	if left := s.transient.resident.Load(); left > 5*chunkSize {
		t.Errorf("%d octets are still in memory", left)
	}
	checkTransients(t, s, ps, 1000)
	s.ReleaseAll(ps)
}

// TestClosedSpillIsAnError reads and releases when the file is gone.
func TestClosedSpillIsAnError(t *testing.T) {
	s := spilling(t, NewMemoryFS(), "/data")
	ps := putTransients(s, 3000, 1000)
	closeStore(t, s)
	r := s.NewReader()
	defer r.Done()
	if _, err := r.Read(ps[0]); !errors.Is(err, ErrClosed) {
		t.Errorf("reading gives %v", err)
	}
	s.ReleaseAll(ps)
}

// TestSpillLeavesSpace has a disk that is not for transient messages alone.
func TestSpillLeavesSpace(t *testing.T) {
	const left, space = 3 << 20, 12 << 20
	disk := NewMemoryFS()
	o := testOptions(t, "/data")
	o.FS, o.TransientMemory, o.DiskLeft = disk, 4*chunkSize, left
	s := open(t, o)
	s.Wait(s.End())
	disk.Limit(disk.Used() + space)
	ps := putTransients(s, 16_000, 1000)
	if free, _ := disk.free("/data"); free < left {
		t.Errorf("%d octets are free, %d are not to be taken", free, left)
	}
	if st := s.Stats(); st.Spilled < space-left-2*chunkSize {
		t.Errorf("%d octets are on disk, and there is space for %d", st.Spilled, space-left)
	}
	checkTransients(t, s, ps, 1000)
	s.ReleaseAll(ps)
}

// TestDiskErrorsKeepTransientMessages has the file fail in each way, then work again.
func TestDiskErrorsKeepTransientMessages(t *testing.T) {
	for _, kind := range []OpKind{OpCreate, OpWrite} {
		var broken atomic.Bool
		disk := &FaultyFS{FS: NewMemoryFS(), Before: func(op Op) error {
			if broken.Load() && op.Kind == kind && filepath.Base(op.Name) == spillName {
				return syscall.EIO
			}
			return nil
		}}
		var said lines
		o := testOptions(t, "/data")
		o.FS, o.TransientMemory, o.Log = disk, 4*chunkSize, slog.New(slog.NewTextHandler(&said, nil))
		s := open(t, o)
		broken.Store(true)
		ps := putTransients(s, 3000, 1000)
		if st := s.Stats(); st.Spilled != 0 {
			t.Errorf("%v: %d octets are said to be on disk", kind, st.Spilled)
		}
		checkTransients(t, s, ps, 1000)
		broken.Store(false)
		s.transient.spill.mu.Lock()
		s.transient.spill.failed = time.Time{}
		s.transient.spill.mu.Unlock()
		s.Throttle()
		if left := s.transient.resident.Load(); left > 5*chunkSize {
			t.Errorf("%v: %d octets are still in memory", kind, left)
		}
		checkTransients(t, s, ps, 1000)
		s.ReleaseAll(ps)
		for _, want := range []string{"transient messages stay in memory", "transient messages are written to disk again"} {
			if n := said.count(want); n != 1 {
				t.Errorf("%v: the log says %d times that %s", kind, n, want)
			}
		}
	}
}

// lines is a log that can be searched.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), what)
}

// TestSpilledBlocksAreRead reads what was spilled from end to end, in few large reads, and
// as queues that were filled side by side are drained one by one, without reading much of
// what the others have.
func TestSpilledBlocksAreRead(t *testing.T) {
	const queues, size = 400, 1000
	s := spilling(t, NewMemoryFS(), "/data")
	ps := putTransients(s, 40*queues, size)
	before := s.Stats()
	checkTransients(t, s, ps, size)
	st := s.Stats()
	if n, most := st.DiskReads-before.DiskReads, uint64(len(ps)*size*5/4/chunkSize); n > most {
		t.Errorf("%d reads from end to end, at most %d are expected", n, most)
	}
	r := s.NewReader()
	for i := range ps {
		at := i/40 + i%40*queues // a message of each queue in turn was published
		b, err := r.Read(ps[at])
		if err != nil || string(b) != string(body(at, size)) {
			t.Fatalf("message %d: %.20q, %v", at, b, err)
		}
		if i%40 == 39 {
			r.Done()
		}
	}
	n := float64(s.Stats().DiskRead-st.DiskRead) / float64(len(ps))
	if n > 1.5*spillBlock {
		t.Errorf("%.0f octets are read for a message", n)
	}
	s.ReleaseAll(ps)
}

// TestDamagedSpillIsTold damages what was spilled.
func TestDamagedSpillIsTold(t *testing.T) {
	s := spilling(t, NewMemoryFS(), "/data")
	ps := putTransients(s, 5000, 1000)
	if _, err := s.transient.spill.file().WriteAt([]byte{1}, 100); err != nil {
		t.Fatal(err)
	}
	r := s.NewReader()
	defer r.Done()
	if _, err := r.Read(ps[0]); err == nil {
		t.Error("a damaged message is delivered")
	}
	if b, err := r.Read(ps[400]); err != nil || string(b) != string(body(400, 1000)) {
		t.Errorf("the next chunk: %.20q, %v", b, err)
	}
	s.ReleaseAll(ps)
}

// TestSpillUnderLoad publishes, reads, shares and releases at the same time.
func TestSpillUnderLoad(t *testing.T) {
	s := spilling(t, NewMemoryFS(), "/data")
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 1))
			r := s.NewReader()
			type kept struct {
				p       Pos
				i, size int
				refs    int
			}
			var queue []kept
			for i := range 4000 {
				if i%16 == 0 {
					s.Throttle()
				}
				k := kept{i: i, size: 20 + random.IntN(3000), refs: 1 + random.IntN(2)}
				if random.IntN(100) == 0 {
					k.size = 200_000
				}
				b := body(i, k.size)
				k.p = s.PutTransient(b[:10], b[10:20], b[20:])
				if k.refs > 1 {
					s.Retain(k.p, k.refs-1)
				}
				queue = append(queue, k)
				for len(queue) > 1500 || len(queue) > 0 && random.IntN(3) == 0 {
					at := 0
					if random.IntN(4) == 0 {
						at = random.IntN(len(queue))
					}
					k := queue[at]
					queue = append(queue[:at], queue[at+1:]...)
					b, err := r.Read(k.p)
					if err != nil {
						t.Error(err)
						return
					}
					for range k.refs {
						s.Release(k.p)
					}
					if string(b) != string(body(k.i, k.size)) {
						t.Errorf("message %d came back as %.20q", k.i, b)
						return
					}
				}
				if random.IntN(50) == 0 {
					r.Done()
				}
			}
			r.Done()
			for _, k := range queue {
				for range k.refs {
					s.Release(k.p)
				}
			}
		})
	}
	all.Wait()
	if n := s.transient.spill.slotsUsed(); n != 0 {
		t.Errorf("%d slots are in use of nothing", n)
	}
	if s.Stats().SpillOctets == 0 {
		t.Error("nothing was spilled")
	}
}
