package store

// Group is a transaction: after a crash all of what was appended through it is there, or
// nothing. It holds the log's lock until End, so whoever appends meanwhile waits: take all
// other locks before Begin, have everything ready, and use no other method of the store
// in between. A Group must not be used after End.
type Group struct{ s *Store }

// Begin starts a group.
func (s *Store) Begin() *Group {
	s.log.mu.Lock()
	s.log.group = groupBit
	s.log.last = nil
	s.group.s = s
	return &s.group
}

// PutDurable is Store.PutDurable as part of the group.
func (g *Group) PutDurable(a, b, c []byte) Pos {
	n := len(a) + len(b) + len(c)
	if n > messageMax {
		panic("BUG: message longer than the log can hold")
	}
	return g.s.log.putLocked(a, b, c, n)
}

// Enqueue is Store.Enqueue as part of the group.
func (g *Group) Enqueue(queue uint64, entries []Entry) {
	var scratch [scratchSize]byte
	g.s.log.appendLocked(kindEnqueue, appendEnqueue(scratch[:0], queue, entries))
}

// Settle is Store.Settle as part of the group.
func (g *Group) Settle(queue uint64, ranges []Range) {
	var scratch [scratchSize]byte
	g.s.log.appendLocked(kindSettle, appendSettle(scratch[:0], queue, ranges))
}

// End ends the group and returns the position behind it.
func (g *Group) End() LSN {
	l := &g.s.log
	if l.last != nil {
		l.last[8] &^= groupBit // the last record is the one that no other follows
	}
	l.group, l.last = 0, nil
	end := l.endLocked()
	l.mu.Unlock()
	return end
}
