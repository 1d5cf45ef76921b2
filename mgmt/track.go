package mgmt

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// point is a value at the end of a step. At numbers the steps since 1970.
type point struct{ at, value int64 }

// track is the past of one figure: which value it had at the end of which step.
// Only changes are kept, as differences to the one before, so an idle figure
// costs nothing and a busy one 2 to 4 octets a step.
//
//	first ── buf: (steps, change) (steps, change) … (to tail) ── last
//
// The two newest points lie open, because last is written to while its step
// lasts and rates are taken from both without decoding.
type track struct {
	first point // what was known before anything in buf; every step before it had its value
	tail  point // where buf ends: the point before last, or first
	last  point
	buf   []byte
}

// newTrack begins with a value that the figure has had until the end of step at.
func newTrack(at, value int64) track {
	p := point{at, value}
	return track{first: p, tail: p, last: p}
}

// put says that the figure has value in step at, which is not before that of the
// last put and behind that of newTrack.
func (t *track) put(at, value int64) {
	switch {
	case at == t.last.at:
		t.last.value = value
	case value != t.last.value:
		if t.last.at != t.tail.at {
			t.makeRoom()
			t.buf = binary.AppendUvarint(t.buf, uint64(t.last.at-t.tail.at))
			t.buf = binary.AppendVarint(t.buf, t.last.value-t.tail.value)
			t.tail = t.last
		}
		t.last = point{at, value}
	}
}

// makeRoom sees to it that buf takes one more change. It grows by little: what is
// dropped in front is only given back when buf moves.
func (t *track) makeRoom() {
	if cap(t.buf)-len(t.buf) < 2*binary.MaxVarintLen64 {
		t.buf = append(make([]byte, 0, len(t.buf)+len(t.buf)/8+2*binary.MaxVarintLen64), t.buf...)
	}
}

// octets is about what the track takes.
func (t *track) octets() int { return int(unsafe.Sizeof(*t)) + cap(t.buf) + cap(t.buf)/8 }

// pack gives back the room of what was dropped from a track that nobody writes
// to.
func (t *track) pack(dropped int) {
	if dropped > worthPacking {
		t.buf = slices.Clone(t.buf)
	}
}

// worthPacking is how many octets are dropped at once before buf moves for them.
const worthPacking = 32

// next reads the change behind p, which buf begins with.
func next(p point, buf []byte) (point, []byte) {
	steps, n := binary.Uvarint(buf)
	change, m := binary.Varint(buf[n:])
	return point{p.at + int64(steps), p.value + change}, buf[n+m:]
}

// forget drops what is not needed to know the value at step oldest and later.
func (t *track) forget(oldest int64) {
	for len(t.buf) > 0 {
		p, rest := next(t.first, t.buf)
		if p.at > oldest {
			return
		}
		t.first, t.buf = p, rest
	}
	t.buf = nil
	if t.last.at <= oldest {
		t.first, t.tail = t.last, t.last
	}
}

// flat tells whether nothing but one value is left.
func (t *track) flat() bool { return t.first.at == t.last.at }

// value returns what the figure was at the end of step at.
func (t *track) value(at int64) int64 {
	switch {
	case t.last.at <= at:
		return t.last.value
	case t.tail.at <= at:
		return t.tail.value
	}
	p := t.first
	for buf := t.buf; len(buf) > 0; {
		var q point
		if q, buf = next(p, buf); q.at > at {
			break
		}
		p = q
	}
	return p.value
}

// add adds to each element of values what the figure was at the time of that
// element: the first at unix second from, each further one by seconds later.
// Step is the length of the track's steps in seconds.
func (t *track) add(values []int64, from, by, step int64) {
	p, buf := t.first, t.buf
	q := t.last
	if len(buf) > 0 {
		q, buf = next(p, buf)
	}
	for i := range values {
		at := (from + int64(i)*by) / step
		for q.at <= at && q.at > p.at {
			p = q
			if len(buf) > 0 {
				q, buf = next(p, buf)
			} else {
				q = t.last
			}
		}
		values[i] += p.value
	}
}
