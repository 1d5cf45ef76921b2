package queue

// heap is a binary heap of numbers, the smallest first.
type heap []uint64

func (h *heap) push(n uint64) {
	s := append(*h, n)
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if s[up] <= s[i] {
			break
		}
		s[up], s[i] = s[i], s[up]
		i = up
	}
	*h = s
}

// pop removes the smallest number. REQUIRES: h is not empty.
func (h *heap) pop() {
	s := *h
	last := len(s) - 1
	s[0] = s[last]
	s = s[:last]
	s.sink(0)
	if last == 0 {
		s = slim(s)
	}
	*h = s
}

// sink moves the number at i down to where it belongs.
func (h heap) sink(i int) {
	for {
		down := 2*i + 1
		if down >= len(h) {
			return
		}
		if down+1 < len(h) && h[down+1] < h[down] {
			down++
		}
		if h[i] <= h[down] {
			return
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
}
