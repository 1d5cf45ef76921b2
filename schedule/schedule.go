package schedule

import (
	"cmp"
	"iter"
	"slices"
)

const (
	// heapMax is how many entries lie unpacked at most; 24 octets each.
	heapMax = 16 << 10
	// heapKeep is how many of them stay, the soonest, when the others are packed.
	heapKeep = heapMax / 4
	// shortRun is how many entries of a run are too few to keep it for.
	shortRun = (heapMax - heapKeep) / 16
)

// Entry is one thing that is due at some time.
type Entry struct {
	Due int64  // when: any unit that the caller likes, not negative
	Seq uint64 // its number: of two that are due at once, the lower one comes first
	Pos uint64 // where it lies; any value
}

func (e Entry) before(f Entry) bool { return e.Due < f.Due || e.Due == f.Due && e.Seq < f.Seq }

func compare(a, b Entry) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Seq, b.Seq)) }

// Schedule is a set of entries, handed out soonest first. The zero value is
// empty and ready. It is not safe for concurrent use.
type Schedule struct {
	heap []Entry // the soonest is the first
	runs []*run  // the one with the soonest entry is the first
	n    int
}

// Len is the number of entries.
func (s *Schedule) Len() int { return s.n }

// Octets is about how much memory the entries take.
func (s *Schedule) Octets() int {
	n := cap(s.heap) * entrySize
	for _, r := range s.runs {
		n += r.octets()
	}
	return n
}

// Add takes in an entry.
func (s *Schedule) Add(e Entry) {
	if len(s.heap) == heapMax {
		s.pack()
	}
	s.heap = append(s.heap, e)
	up(s.heap, len(s.heap)-1)
	s.n++
}

// pack makes a run of all but the soonest of the heap.
func (s *Schedule) pack() {
	slices.SortFunc(s.heap, compare) // which is a heap, too
	s.runs = append(s.runs, newRun(s.heap[heapKeep:]))
	up(s.runs, len(s.runs)-1)
	s.heap = s.heap[:heapKeep]
}

// Next is when the soonest entry is due; ok is false when there is none.
func (s *Schedule) Next() (due int64, ok bool) {
	switch {
	case s.n == 0:
		return 0, false
	case s.runFirst():
		return s.runs[0].next.Due, true
	}
	return s.heap[0].Due, true
}

// runFirst tells whether the soonest entry is in a run. REQUIRES: there is one.
func (s *Schedule) runFirst() bool {
	return len(s.heap) == 0 || len(s.runs) > 0 && s.runs[0].next.before(s.heap[0])
}

// Due takes out up to limit entries that are due at now, soonest first, and
// appends them to to.
func (s *Schedule) Due(to []Entry, now int64, limit int) []Entry {
	for range limit {
		if due, ok := s.Next(); !ok || due > now {
			break
		}
		to = append(to, s.take())
	}
	return to
}

// take takes out the soonest entry. REQUIRES: there is one.
func (s *Schedule) take() Entry {
	s.n--
	if s.runFirst() {
		return s.takeFromRun()
	}
	e := s.heap[0]
	last := len(s.heap) - 1
	s.heap[0] = s.heap[last]
	s.heap = s.heap[:last]
	down(s.heap)
	if s.n == 0 {
		s.heap = nil
	}
	return e
}

// takeFromRun takes out the next entry of the first run.
func (s *Schedule) takeFromRun() Entry {
	r := s.runs[0]
	e := r.next
	if r.left > shortRun {
		r.advance()
		down(s.runs)
		return e
	}
	last := len(s.runs) - 1
	s.runs[0] = s.runs[last]
	s.runs[last] = nil
	s.runs = s.runs[:last]
	down(s.runs)
	for r.advance() {
		s.n--
		s.Add(r.next)
	}
	return e
}

// Clear takes out everything, in no order. A loop that ends early leaves out
// the rest, but takes it out as well.
func (s *Schedule) Clear() iter.Seq[Entry] {
	all := *s
	*s = Schedule{}
	return func(yield func(Entry) bool) {
		for _, e := range all.heap {
			if !yield(e) {
				return
			}
		}
		for i, r := range all.runs {
			all.runs[i] = nil
			for more := true; more; more = r.advance() {
				if !yield(r.next) {
					return
				}
			}
		}
	}
}
