package store

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSettledSetIsASet holds a settledSet against a map, and its form on disk against itself.
func TestSettledSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s settledSet
		const size = 6 * blockBits
		model := [size]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "ranges") {
			from := rapid.IntRange(0, size-1).Draw(t, "from")
			longest := rapid.SampledFrom([]int{1, 3, 100, 3 * blockBits}).Draw(t, "longest")
			to := min(size-1, from+rapid.IntRange(0, longest).Draw(t, "more"))
			s.add(uint64(from), uint64(to))
			for i := from; i <= to; i++ {
				model[i] = true
			}
			if !s.verify() {
				t.Fatalf("after %d to %d: %+v", from, to, s)
			}
		}
		d := decoder{p: s.append(nil)}
		back := d.settled()
		if err := d.done(); err != nil {
			t.Fatal(err)
		}
		for i := range uint64(size) {
			if s.has(i) != model[i] || back.has(i) != model[i] {
				t.Fatalf("%d: is %v, from disk %v, should be %v", i, s.has(i), back.has(i), model[i])
			}
		}
		if s.floor < size && s.has(s.floor) {
			t.Fatalf("floor %d is in the set", s.floor)
		}
	})
}

// TestSettledSetIsSmall checks what the memory of queues rests upon.
func TestSettledSetIsSmall(t *testing.T) {
	var s settledSet
	for i := range uint64(1 << 20) {
		s.add(i, i)
	}
	if s.blocks != nil || s.floor != 1<<20 {
		t.Errorf("consumed in order: floor %d, %d blocks", s.floor, len(s.blocks))
	}
	s.add(1<<20+1, 1<<40) // one entry stays, and then everything is purged
	if len(s.blocks) > 3 {
		t.Errorf("a purge takes %d blocks", len(s.blocks))
	}
	s.add(1<<20, 1<<20)
	if s.blocks != nil || s.floor != 1<<40+1 {
		t.Errorf("after the last one: floor %d, %d blocks", s.floor, len(s.blocks))
	}
}

func FuzzSettledSet(f *testing.F) {
	var s settledSet
	s.add(0, 3)
	s.add(7, 9)
	s.add(5000, 9000)
	f.Add(s.append(nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		d := decoder{p: p}
		s := d.settled()
		if d.done() != nil || s.floor >= seqMax {
			return
		}
		s.add(s.floor, s.floor+10)
		s.add(s.floor+2000, s.floor+5000)
		if !s.has(s.floor+3000) || s.has(s.floor) {
			t.Errorf("%+v", s)
		}
	})
}
