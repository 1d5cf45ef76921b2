package queue

// fifo holds sequence numbers in ascending order, taken from the front: a bit
// for each, in one element for all that are in the same chunk.
type fifo struct {
	buf  []places
	head int // buf[head:] is the content; the first has something in its set
}

// places is a set of places of one chunk.
type places struct{ num, set uint64 }

func (f *fifo) empty() bool { return f.head == len(f.buf) }

// push adds a number larger than any before.
func (f *fifo) push(seq uint64) {
	num, bit := seq>>slotBits, uint64(1)<<(seq&slotMask)
	if n := len(f.buf); n > f.head && f.buf[n-1].num == num {
		f.buf[n-1].set |= bit
		return
	}
	if len(f.buf) == cap(f.buf) && f.head > len(f.buf)/4 {
		n := copy(f.buf, f.buf[f.head:])
		f.buf, f.head = f.buf[:n], 0
	}
	f.buf = append(f.buf, places{num, bit})
}

// front is the first number. REQUIRES: f is not empty.
func (f *fifo) front() uint64 {
	p := &f.buf[f.head]
	return p.num<<slotBits | lowest(p.set)
}

// pop removes the first number. REQUIRES: f is not empty.
func (f *fifo) pop() {
	p := &f.buf[f.head]
	if p.set &= p.set - 1; p.set == 0 {
		f.next()
	}
}

// next moves the head on from an element with nothing in its set. Removals may
// have left more of them.
func (f *fifo) next() {
	for f.head++; f.head < len(f.buf) && f.buf[f.head].set == 0; {
		f.head++
	}
	if f.empty() {
		f.buf, f.head = slim(f.buf), 0
	}
}

// all lists the numbers, for checks.
func (f *fifo) all() (seqs []uint64) {
	for _, p := range f.buf[f.head:] {
		for left := p.set; left != 0; left &= left - 1 {
			seqs = append(seqs, p.num<<slotBits|lowest(left))
		}
	}
	return seqs
}

// slimCap is how many elements an empty list of numbers still has room for.
const slimCap = 16

// slim empties a list, and gives its memory back when that is much.
func slim[S ~[]E, E any](s S) S {
	if cap(s) > slimCap {
		return nil
	}
	return s[:0]
}
