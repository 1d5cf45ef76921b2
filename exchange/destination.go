package exchange

// destination is a queue name or an exchange as a place that messages go to.
// A queue's destination lives as long as a binding leads there, an exchange's
// as long as the exchange. There is one per name, so pointers compare.
type destination struct {
	kind DestinationKind
	name string
	id   uint32 // dense within its router, reused once the destination is gone
	node *node  // the exchange itself; nil for a queue
	to   chain  // the bindings that lead here, in order of creation
}

// destinations hands out the destinations of one router.
type destinations struct {
	queues map[string]*destination
	next   uint32
	free   []uint32 // ids of destinations that are gone
}

func newDestinations() destinations {
	return destinations{queues: map[string]*destination{}}
}

// create returns a new destination with an id of its own.
func (d *destinations) create(kind DestinationKind, name string) *destination {
	made := &destination{kind: kind, name: name}
	if last := len(d.free) - 1; last >= 0 {
		made.id, d.free = d.free[last], d.free[:last]
	} else {
		made.id = d.next
		d.next++
	}
	return made
}

// drop takes back the id of a destination that nothing refers to any more.
func (d *destinations) drop(gone *destination) { d.free = append(d.free, gone.id) }

// queue returns the destination of the named queue, made if need be.
func (d *destinations) queue(name string) *destination {
	if have := d.queues[name]; have != nil {
		return have
	}
	made := d.create(ToQueue, name)
	d.queues[name] = made
	return made
}

// release forgets a queue to which no binding leads any more.
func (d *destinations) release(dst *destination) {
	if dst.kind == ToQueue && dst.to.count == 0 {
		delete(d.queues, dst.name)
		d.drop(dst)
	}
}

// bound is one binding as the router keeps it. Everything but the links and
// the slot is fixed for its life, so it may be read without the router's lock
// once it has been found under it.
type bound struct {
	source *node
	dest   *destination
	key    string
	args   *arguments // nil when there are none

	fromPrev, fromNext *bound // neighbours in source.from
	toPrev, toNext     *bound // neighbours in dest.to
	slot               uint32 // position in a weighted line, 0 outside one
}

// binding is the binding as the world sees it.
func (b *bound) binding() Binding {
	out := Binding{Source: b.source.self.name, Destination: b.dest.name, To: b.dest.kind, Key: b.key}
	if b.args != nil {
		out.Arguments = b.args.table
	}
	return out
}

// canonical is the canonical form of the binding's arguments.
func (b *bound) canonical() string {
	if b.args == nil {
		return ""
	}
	return b.args.canonical
}

// chain is the two ends and length of a doubly linked list of bindings. Which
// pair of links a chain runs over is a choice of the methods: from (all
// bindings of one source) or to (all bindings of one destination).
type chain struct {
	first, last *bound
	count       int
}

func (c *chain) pushFrom(b *bound) {
	b.fromPrev = c.last
	if c.last == nil {
		c.first = b
	} else {
		c.last.fromNext = b
	}
	c.last = b
	c.count++
}

func (c *chain) pushTo(b *bound) {
	b.toPrev = c.last
	if c.last == nil {
		c.first = b
	} else {
		c.last.toNext = b
	}
	c.last = b
	c.count++
}

func (c *chain) removeFrom(b *bound) {
	if b.fromPrev == nil {
		c.first = b.fromNext
	} else {
		b.fromPrev.fromNext = b.fromNext
	}
	if b.fromNext == nil {
		c.last = b.fromPrev
	} else {
		b.fromNext.fromPrev = b.fromPrev
	}
	b.fromPrev, b.fromNext = nil, nil
	c.count--
}

func (c *chain) removeTo(b *bound) {
	if b.toPrev == nil {
		c.first = b.toNext
	} else {
		b.toPrev.toNext = b.toNext
	}
	if b.toNext == nil {
		c.last = b.toPrev
	} else {
		b.toNext.toPrev = b.toPrev
	}
	b.toPrev, b.toNext = nil, nil
	c.count--
}

// listFrom and listTo copy a chain, so that the copy can be walked without
// the lock.
func (c *chain) listFrom() []*bound {
	list := make([]*bound, 0, c.count)
	for b := c.first; b != nil; b = b.fromNext {
		list = append(list, b)
	}
	return list
}

func (c *chain) listTo() []*bound {
	list := make([]*bound, 0, c.count)
	for b := c.first; b != nil; b = b.toNext {
		list = append(list, b)
	}
	return list
}
