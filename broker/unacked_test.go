package broker

import (
	"math/rand/v2"
	"testing"
)

// ringModel is what unacked must be like.
type ringModel struct {
	next uint64
	tags map[uint64]outstanding
}

// verify checks the ring's invariants and that it holds what m does.
func (m *ringModel) verify(t *testing.T, u *unacked) {
	t.Helper()
	if u.next != m.next || u.live != len(m.tags) {
		t.Fatalf("next %d, live %d; want %d, %d", u.next, u.live, m.next, len(m.tags))
	}
	if u.base > u.next || u.live > 0 && u.next-u.base > uint64(len(u.slots)) || len(u.slots)&(len(u.slots)-1) != 0 {
		t.Fatalf("base %d, next %d, %d slots", u.base, u.next, len(u.slots))
	}
	if u.live == 0 && u.base != u.next {
		t.Fatalf("empty, and base %d is not next %d", u.base, u.next)
	}
	if u.live > 0 && u.at(u.base).src == nil {
		t.Fatalf("slot of base %d is empty", u.base)
	}
	for tag := max(u.base, 3) - 3; tag < u.next+3; tag++ {
		o, there := m.tags[tag]
		if u.has(tag) != (there && !o.held) {
			t.Fatalf("has(%d) = %t", tag, u.has(tag))
		}
		if there && *u.at(tag) != o {
			t.Fatalf("tag %d: %+v, want %+v", tag, *u.at(tag), o)
		}
	}
}

// any picks a tag that is outstanding and not held, 0 if there is none.
func (m *ringModel) any() uint64 {
	for tag, o := range m.tags {
		if !o.held {
			return tag
		}
	}
	return 0
}

func TestUnackedAgainstAMap(t *testing.T) {
	src := &source{}
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		u, m := newUnacked(), &ringModel{next: 1, tags: map[uint64]outstanding{}}
		grow := 1 + rnd.IntN(9) // of 10: how likely it grows
		for step := range 1500 {
			if step%300 == 0 {
				grow = 1 + rnd.IntN(9)
			}
			switch tag := m.any(); {
			case rnd.IntN(10) < grow:
				o := outstanding{src: src, seq: rnd.Uint64()}
				m.tags[u.push(o)] = o
				m.next++
			case rnd.IntN(4) == 0:
				if got := u.tag(); got != m.next {
					t.Fatalf("tag %d, want %d", got, m.next)
				}
				m.next++
			case tag == 0:
			case rnd.IntN(4) == 0:
				u.at(tag).held = true
				o := m.tags[tag]
				o.held = true
				m.tags[tag] = o
			default:
				if got := u.remove(tag); got != m.tags[tag] {
					t.Fatalf("removed %+v, want %+v", got, m.tags[tag])
				}
				delete(m.tags, tag)
			}
			if step%16 == 0 {
				m.verify(t, &u)
			}
		}
		for tag := range m.tags {
			u.remove(tag)
			delete(m.tags, tag)
			m.verify(t, &u)
		}
	}
}

// A ring that was large and is empty gives its memory back.
func TestUnackedShrinks(t *testing.T) {
	u := newUnacked()
	for range 5000 {
		u.push(outstanding{src: &source{}})
	}
	for tag := uint64(1); tag <= 5000; tag++ {
		u.remove(tag)
	}
	if u.slots != nil {
		t.Errorf("%d slots of an empty ring", len(u.slots))
	}
	if u.has(0) || u.has(5000) || u.has(5001) {
		t.Error("an empty ring has tags")
	}
}

// Tags of automatic acknowledgements behind one that waits are holes.
func TestUnackedHoles(t *testing.T) {
	u := newUnacked()
	first := u.push(outstanding{src: &source{}})
	for range 100 {
		u.tag()
	}
	last := u.push(outstanding{src: &source{}})
	if first != 1 || last != 102 || u.has(50) || !u.has(last) {
		t.Fatalf("first %d, last %d, has hole %t", first, last, u.has(50))
	}
	u.remove(first)
	if u.base != last {
		t.Errorf("base %d, want %d", u.base, last)
	}
}

func BenchmarkUnacked(b *testing.B) {
	u, src := newUnacked(), &source{}
	b.ReportAllocs()
	for b.Loop() {
		u.remove(u.push(outstanding{src: src}))
	}
}
