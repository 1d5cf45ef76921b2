package queue

import "slices"

// rotation decides who is served next: of the consumers that can take a
// message those with the highest priority, in turn (amqp-behaviour §5.4).
//
//	groups   [ priority 10 ]  [ priority 0 ]  [ priority -5 ]
//	          line: -           line: c3 c1 c2  line: c9
//	                            ^ top           gated: c4 c7   (full: c5 c6, in no list)
//
// Consumers that cannot take a message are in no line, so they cost nothing
// however many there are. Who comes back joins at the end.
type rotation struct {
	groups []*group // by priority, the highest first; each has members
	top    int      // groups before it have nobody waiting
	gated  circle   // consumers whose gate was closed, by when it was
}

// group is the consumers of one priority.
type group struct {
	priority int64
	members  int    // consumers that are waiting, full or gated
	line     circle // those that wait, the next one first
}

// front is the consumer whose turn it is, nil when nobody waits.
func (r *rotation) front() *Consumer {
	for ; r.top < len(r.groups); r.top++ {
		if c := r.groups[r.top].line.first; c != nil {
			return c
		}
	}
	return nil
}

// next is the consumer that gets a message now: its gate has reserved room.
// Those with closed gates before it are taken out of their lines.
func (r *rotation) next() *Consumer {
	for {
		c := r.front()
		if c == nil || c.Gate == nil || c.Gate.Take() {
			return c
		}
		r.leave(c, gated)
	}
}

// served moves on after c, who was next, got a message.
func (r *rotation) served(c *Consumer) {
	if !c.NoAck {
		c.unacked++
		if c.unacked == c.limit {
			r.leave(c, full)
			return
		}
	}
	c.group.line.turn()
}

// join makes c, who is not in the rotation, a member of its group, waiting.
func (r *rotation) join(c *Consumer) {
	i, found := r.search(c.Priority)
	if !found {
		r.groups = slices.Insert(r.groups, i, &group{priority: c.Priority})
	}
	c.group = r.groups[i]
	c.group.members++
	r.top = min(r.top, i)
	c.group.line.push(c)
	c.place = waiting
}

// rejoin puts c, who is full or gated, at the end of its line.
func (r *rotation) rejoin(c *Consumer) {
	if c.place == gated {
		r.gated.remove(c)
	}
	if r.top == len(r.groups) || c.group.priority > r.groups[r.top].priority {
		r.top, _ = r.search(c.group.priority)
	}
	c.group.line.push(c)
	c.place = waiting
}

// leave takes c, who waits, out of its line, to be full or gated.
func (r *rotation) leave(c *Consumer, to place) {
	c.group.line.remove(c)
	if to == gated {
		r.gated.push(c)
	}
	c.place = to
}

// quit takes c out of the rotation altogether.
func (r *rotation) quit(c *Consumer) {
	switch c.place {
	case waiting:
		c.group.line.remove(c)
	case gated:
		r.gated.remove(c)
	}
	if c.group.members--; c.group.members == 0 {
		i, _ := r.search(c.Priority)
		r.groups = slices.Delete(r.groups, i, i+1)
		r.top = min(r.top, i)
	}
	c.group = nil
}

// search finds the group of a priority, or where it belongs.
func (r *rotation) search(priority int64) (int, bool) {
	return slices.BinarySearchFunc(r.groups, priority, func(g *group, p int64) int {
		switch {
		case g.priority > p:
			return -1
		case g.priority < p:
			return 1
		}
		return 0
	})
}

// circle is a list of consumers, linked by their prev and next, whose last is
// followed by its first.
type circle struct{ first *Consumer }

// push adds c at the end.
func (l *circle) push(c *Consumer) {
	if l.first == nil {
		l.first, c.prev, c.next = c, c, c
		return
	}
	last := l.first.prev
	last.next, c.prev = c, last
	c.next, l.first.prev = l.first, c
}

// remove takes c out.
func (l *circle) remove(c *Consumer) {
	if c.next == c {
		l.first = nil
	} else {
		c.prev.next, c.next.prev = c.next, c.prev
		if l.first == c {
			l.first = c.next
		}
	}
	c.prev, c.next = nil, nil
}

// turn makes the first the last.
func (l *circle) turn() { l.first = l.first.next }
