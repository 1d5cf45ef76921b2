package schedule

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// model is the same set as a sorted list.
type model []Entry

func (m *model) due(now int64, limit int) []Entry {
	n := 0
	for n < len(*m) && n < limit && (*m)[n].Due <= now {
		n++
	}
	out := slices.Clone((*m)[:n])
	*m = (*m)[n:]
	return out
}

// The schedule hands out what a sorted list does, over bursts large enough to
// be packed and unpacked several times.
func TestAgainstASortedList(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 0))
		var s Schedule
		var m model
		seq, now := uint64(0), int64(1_700_000_000_000)
		for range 5 {
			spread := []int64{1, 50, 5_000, 1 << 40}[r.IntN(4)]
			for range []int{1, 100, heapMax, 3 * heapMax}[r.IntN(4)] {
				seq += 1 + r.Uint64N(3)
				e := Entry{Due: now + r.Int64N(spread), Seq: seq, Pos: r.Uint64()}
				s.Add(e)
				m = append(m, e)
			}
			slices.SortFunc(m, compare)
			now += r.Int64N(spread + 1)
			limit := []int{1, 1000, 1 << 30}[r.IntN(3)]
			if got, want := s.Due(nil, now, limit), m.due(now, limit); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %d entries are due, want %d", seed, len(got), len(want))
			}
			if s.Len() != len(m) {
				t.Fatalf("seed %d: %d entries left, want %d", seed, s.Len(), len(m))
			}
			if due, ok := s.Next(); ok != (len(m) > 0) || ok && due != m[0].Due {
				t.Fatalf("seed %d: next %d, %v", seed, due, ok)
			}
		}
		rest := slices.Collect(s.Clear())
		slices.SortFunc(rest, compare)
		if !slices.Equal(rest, m) || s.Len() != 0 {
			t.Fatalf("seed %d: cleared %d entries, want %d", seed, len(rest), len(m))
		}
	}
}

func TestEmpty(t *testing.T) {
	var s Schedule
	if _, ok := s.Next(); ok || s.Len() != 0 || s.Octets() != 0 || len(s.Due(nil, 1<<60, 10)) != 0 {
		t.Error("an empty schedule has something")
	}
	for range s.Clear() {
		t.Error("an empty schedule has something to clear")
	}
}

// Of entries that are due at once the first to come is the first to go, also
// when some of them were packed and others not.
func TestEqualsKeepTheirOrder(t *testing.T) {
	var s Schedule
	for i := range uint64(2*heapMax + 5) {
		s.Add(Entry{Due: 7, Seq: i})
	}
	for i, e := range s.Due(nil, 7, 1<<30) {
		if e.Seq != uint64(i) {
			t.Fatalf("entry %d comes as number %d", e.Seq, i)
		}
	}
}

// Entries far off among many near ones do not keep what the near ones took.
func TestFarEntriesKeepLittle(t *testing.T) {
	var s Schedule
	now, seq, far := int64(0), uint64(0), 0
	for range 100 {
		for range heapMax / 2 {
			seq++
			e := Entry{Due: now + 10_000 + int64(seq%1000), Seq: seq, Pos: seq * 200}
			if seq%1000 == 0 {
				e.Due += 1 << 40
				far++
			}
			s.Add(e)
		}
		now += 1_000
		s.Due(nil, now, 1<<30)
	}
	s.Due(nil, now+1<<30, 1<<30)
	if s.Len() != far {
		t.Fatalf("%d entries left, want %d", s.Len(), far)
	}
	if n := s.Octets(); n > heapMax*entrySize*2+far*64 {
		t.Errorf("%d entries take %d octets in %d runs", far, n, len(s.runs))
	}
}

// So 5 million entries, over a year or within a minute, take under 100 MB.
func TestMemoryOfMillions(t *testing.T) {
	n := 500_000
	for name, spread := range map[string]int64{"a minute": 60_000, "a year": 365 * 24 * 3600 * 1000} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r := rand.New(rand.NewPCG(1, 2))
		var s Schedule
		for i := range n {
			s.Add(Entry{Due: 1_700_000_000_000 + r.Int64N(spread), Seq: uint64(i), Pos: 1<<32 + uint64(i)*300})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
		t.Logf("over %s: %.1f octets each, by its own account %.1f", name, each, float64(s.Octets())/float64(n))
		if each > 20 || float64(s.Octets()) < 0.8*each*float64(n) {
			t.Errorf("over %s: %.1f octets each, by its own account %.1f", name, each, float64(s.Octets())/float64(n))
		}
		runtime.KeepAlive(&s)
	}
}

func BenchmarkAddAndTake(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var s Schedule
	for i := range b.N {
		s.Add(Entry{Due: r.Int64N(1 << 40), Seq: uint64(i), Pos: uint64(i) * 300})
	}
	out := make([]Entry, 0, 512)
	for s.Len() > 0 {
		out = s.Due(out[:0], 1<<40, 512)
	}
}
