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
	made := &destination{kind: kind, name: name, to: chain{side: ofDestination}}
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

	beside [2]neighbours // in source.from and in dest.to, by side
	slot   uint32        // position in a weighted line, 0 outside one
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
