package queue

// fifo holds sequence numbers in ascending order, taken from the front.
type fifo struct {
	buf  []uint64
	head int // buf[head:] is the content
}

func (f *fifo) empty() bool { return f.head == len(f.buf) }

func (f *fifo) push(seq uint64) {
	if len(f.buf) == cap(f.buf) && f.head > len(f.buf)/4 {
		n := copy(f.buf, f.buf[f.head:])
		f.buf, f.head = f.buf[:n], 0
	}
	f.buf = append(f.buf, seq)
}

// front is the first number. REQUIRES: f is not empty.
func (f *fifo) front() uint64 { return f.buf[f.head] }

// pop removes the first number. REQUIRES: f is not empty.
func (f *fifo) pop() {
	if f.head++; f.empty() {
		f.buf, f.head = slim(f.buf), 0
	}
}

// slimCap is how many numbers an empty list of them still has room for.
const slimCap = 16

// slim empties a list, and gives its memory back when that is much.
func slim(s []uint64) []uint64 {
	if cap(s) > slimCap {
		return nil
	}
	return s[:0]
}
