package exchange

// chain is a doubly linked list of bindings, in order of creation. A binding is in
// two: that of its source and that of its destination.
type chain struct {
	side        side
	first, last *bound
	count       int
}

// side says whose bindings a chain has.
type side uint8

const (
	ofSource side = iota
	ofDestination
)

// neighbours are the bindings before and behind one in a chain.
type neighbours struct{ prev, next *bound }

func (c *chain) push(b *bound) {
	b.beside[c.side].prev = c.last
	if c.last == nil {
		c.first = b
	} else {
		c.last.beside[c.side].next = b
	}
	c.last = b
	c.count++
}

func (c *chain) remove(b *bound) {
	at := &b.beside[c.side]
	if at.prev == nil {
		c.first = at.next
	} else {
		at.prev.beside[c.side].next = at.next
	}
	if at.next == nil {
		c.last = at.prev
	} else {
		at.next.beside[c.side].prev = at.prev
	}
	*at = neighbours{}
	c.count--
}

// list copies a chain, so that the copy can be walked without the lock.
func (c *chain) list() []*bound {
	list := make([]*bound, 0, c.count)
	for b := c.first; b != nil; b = b.beside[c.side].next {
		list = append(list, b)
	}
	return list
}

// verify reports whether links, ends and count fit.
func (c *chain) verify() bool {
	var last *bound
	count := 0
	for b := c.first; b != nil; b = b.beside[c.side].next {
		if b.beside[c.side].prev != last {
			return false
		}
		last = b
		count++
	}
	return last == c.last && count == c.count
}
