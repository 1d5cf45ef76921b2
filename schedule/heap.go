package schedule

// item is what a binary heap consists of; none is before the first.
type item[T any] interface{ before(T) bool }

// up moves item i of a heap to its place.
func up[T item[T]](h []T, i int) {
	e := h[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = e
}

// down moves the first item of a heap to its place.
func down[T item[T]](h []T) {
	if len(h) == 0 {
		return
	}
	e, i := h[0], 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(e) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = e
}
