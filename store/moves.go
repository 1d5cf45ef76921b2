package store

import "slices"

// moves tells where messages of one segment are that were carried to other segments. It
// is replaced as a whole, never changed.
type moves struct {
	offsets []uint32 // ascending
	now     []Pos    // where the carried record of each is
}

// find returns where the message at off is; ok is false if it was not carried.
func (m *moves) find(off uint32) (now Pos, ok bool) {
	if m == nil {
		return 0, false
	}
	i, ok := slices.BinarySearch(m.offsets, off)
	if !ok {
		return 0, false
	}
	return m.now[i], true
}

// newMoves sorts out messages that were all carried from one segment. Where a message was
// carried more than once the last in the list counts.
func newMoves(list []movedMessage) *moves {
	slices.SortStableFunc(list, func(a, b movedMessage) int {
		return int(int64(a.pos.offset()) - int64(b.pos.offset()))
	})
	m := &moves{}
	for i, moved := range list {
		if i+1 < len(list) && list[i+1].pos == moved.pos {
			continue
		}
		m.offsets = append(m.offsets, moved.pos.offset())
		m.now = append(m.now, moved.now)
	}
	return m
}

// restoreMoves makes the messages that were carried findable, at start. Those whose new
// place is gone are left out.
func (s *Store) restoreMoves(list []movedMessage) {
	bySegment := map[uint32][]movedMessage{}
	for _, m := range list {
		if s.segments.get(m.now.segment()) != nil {
			bySegment[m.pos.segment()] = append(bySegment[m.pos.segment()], m)
		}
	}
	for id, list := range bySegment {
		g := s.segments.get(id)
		if g == nil {
			g = &segment{id: id, indexed: true}
			g.gone.Store(true)
			g.sealed.Store(true)
			s.segments.set(id, g)
		}
		g.moved.Store(newMoves(list))
	}
}

// settleMoves counts the guests of each segment, at start when the references are known.
func (s *Store) settleMoves() {
	s.segments.each(func(_ uint32, g *segment) bool {
		moved := g.moved.Load()
		switch {
		case moved == nil:
		case g.idle() && g.gone.Load():
			s.segments.set(g.id, nil)
		case g.idle():
			g.moved.Store(nil)
		default:
			s.addGuests(moved, 1)
		}
		return true
	})
}

// addGuests adds n to the guests of every segment that a message of moved is in. REQUIRES
// keeper.mu.
func (s *Store) addGuests(moved *moves, n int) {
	for _, now := range moved.now {
		if host := s.segments.get(now.segment()); host != nil {
			host.guests += n
		}
	}
}

// forgetMoves lets go of the places where messages of g were carried and reports whether
// there were any. REQUIRES mu.
func (k *keeper) forgetMoves(g *segment) bool {
	moved := g.moved.Swap(nil)
	if moved == nil {
		return false
	}
	k.s.addGuests(moved, -1)
	return true
}

// movedMessages lists all messages that were carried, ascending.
func (s *Store) movedMessages() []movedMessage {
	var list []movedMessage
	s.segments.each(func(id uint32, g *segment) bool {
		if moved := g.moved.Load(); moved != nil {
			for i, off := range moved.offsets {
				list = append(list, movedMessage{makePos(id, off), moved.now[i]})
			}
		}
		return true
	})
	return list
}
