package broker

import (
	"math/rand/v2"
	"testing"
)

// unackedModel is what unacked must be like.
type unackedModel struct {
	next uint64
	tags map[uint64]outstanding
}

// verify checks the invariants of u and that it holds what m does.
func (m *unackedModel) verify(t *testing.T, u *unacked) {
	t.Helper()
	if u.next != m.next || u.live != len(m.tags) {
		t.Fatalf("next %d, live %d; want %d, %d", u.next, u.live, m.next, len(m.tags))
	}
	if u.live == 0 && (len(u.list) > 0 || u.first > 0) {
		t.Fatalf("empty, with %d places from %d on", len(u.list), u.first)
	}
	if u.live > 0 && u.list[u.first].src == nil {
		t.Fatalf("the first place, of tag %d, is a gap", u.oldest())
	}
	oldest := m.next
	for tag := range m.tags {
		oldest = min(oldest, tag)
	}
	for tag := max(oldest, 3) - 3; tag < u.next+3; tag++ {
		o, there := m.tags[tag]
		if _, _, ok := u.span(tag, false); ok != (there && !o.held) {
			t.Fatalf("tag %d is outstanding: %t", tag, ok)
		}
		if i := u.find(tag); there && u.list[i] != o {
			t.Fatalf("tag %d: %+v, want %+v", tag, u.list[i], o)
		}
	}
}

// any picks a tag that is outstanding and not held, 0 if there is none.
func (m *unackedModel) any() uint64 {
	for tag, o := range m.tags {
		if !o.held {
			return tag
		}
	}
	return 0
}

func TestUnackedAgainstAMap(t *testing.T) {
	src := &source{}
	for seed := range uint64(10) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		u, m := newUnacked(), &unackedModel{next: 1, tags: map[uint64]outstanding{}}
		grow := 1 + rnd.IntN(9) // of 10: how likely it grows
		for step := range 1500 {
			if step%300 == 0 {
				grow = 1 + rnd.IntN(9)
			}
			switch tag := m.any(); {
			case rnd.IntN(10) < grow:
				o := outstanding{src: src, seq: rnd.Uint64()}
				o.tag = u.push(o)
				m.tags[o.tag] = o
				m.next++
			case rnd.IntN(4) == 0:
				if got := u.tag(); got != m.next {
					t.Fatalf("tag %d, want %d", got, m.next)
				}
				m.next++
			case tag == 0:
			case rnd.IntN(4) == 0:
				u.list[u.find(tag)].held = true
				o := m.tags[tag]
				o.held = true
				m.tags[tag] = o
			default:
				if got := u.take(u.find(tag)); got != m.tags[tag] {
					t.Fatalf("took %+v, want %+v", got, m.tags[tag])
				}
				delete(m.tags, tag)
			}
			if step%16 == 0 {
				m.verify(t, &u)
			}
		}
		for tag := range m.tags {
			u.take(u.find(tag))
			delete(m.tags, tag)
			if len(m.tags)%16 == 0 {
				m.verify(t, &u)
			}
		}
	}
}

// A list that was long and is empty gives its memory back.
func TestUnackedShrinks(t *testing.T) {
	u := newUnacked()
	for range 5000 {
		u.push(outstanding{src: &source{}})
	}
	for tag := uint64(1); tag <= 5000; tag++ {
		u.take(u.find(tag))
	}
	if u.list != nil {
		t.Errorf("an empty list has room for %d", cap(u.list))
	}
	for _, tag := range []uint64{0, 5000, 5001} {
		if _, _, ok := u.span(tag, false); ok {
			t.Errorf("an empty list has tag %d", tag)
		}
	}
}

// One old delivery does not cost memory for all that came since, whether they were
// acknowledged or never had to be.
func TestUnackedForgetsGaps(t *testing.T) {
	u, src := newUnacked(), &source{}
	first := u.push(outstanding{src: src})
	for range 100_000 {
		u.tag()
		u.take(u.find(u.push(outstanding{src: src})))
	}
	last := u.push(outstanding{src: src})
	if first != 1 || last != 200_002 || cap(u.list) > 16 {
		t.Fatalf("first %d, last %d, room for %d", first, last, cap(u.list))
	}
	if _, _, ok := u.span(50, false); ok {
		t.Error("tag 50 is outstanding")
	}
	if from, to, ok := u.span(last, true); !ok || from != u.find(first) || to != len(u.list) {
		t.Errorf("up to %d are %d..%d, %t", last, from, to, ok)
	}
	u.take(u.find(first))
	if u.oldest() != last {
		t.Errorf("the oldest is %d, want %d", u.oldest(), last)
	}
}

// A steady consumer costs one place for each delivery that it may have.
func BenchmarkUnacked(b *testing.B) {
	u, src := newUnacked(), &source{}
	for range 200 {
		u.push(outstanding{src: src})
	}
	b.ReportAllocs()
	for b.Loop() {
		u.push(outstanding{src: src})
		u.take(u.find(u.oldest()))
	}
}
