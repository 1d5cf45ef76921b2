package exchange

// linearIDs is how many ids an idset compares one by one before it turns to
// a bitset. Most routes reach fewer destinations than this, and comparing
// that many numbers in one cache line or two beats any table.
const linearIDs = 32

// idset is a reusable set of small dense ids that remembers insertion order.
//
// Invariant: bits is all zero unless indexed is set, in which case exactly
// the bits of list are one. Emptying therefore costs what was put in, not
// what the set could hold.
type idset struct {
	list    []uint32
	bits    []uint64
	indexed bool
}

// add puts id in and reports whether it was missing.
func (s *idset) add(id uint32) bool {
	if !s.indexed {
		if len(s.list) < linearIDs {
			for _, have := range s.list {
				if have == id {
					return false
				}
			}
			s.list = append(s.list, id)
			return true
		}
		s.index()
	}
	if s.has(id) {
		return false
	}
	s.mark(id)
	s.list = append(s.list, id)
	return true
}

// push puts in an id that the caller knows to be missing.
func (s *idset) push(id uint32) {
	if s.indexed {
		s.mark(id)
	}
	s.list = append(s.list, id)
}

// index moves the set from comparing to bits.
func (s *idset) index() {
	s.indexed = true
	for _, id := range s.list {
		s.mark(id)
	}
}

func (s *idset) has(id uint32) bool {
	word := int(id / 64)
	return word < len(s.bits) && s.bits[word]&(1<<(id%64)) != 0
}

func (s *idset) mark(id uint32) {
	word := int(id / 64)
	if word >= len(s.bits) {
		grown := make([]uint64, max(word+1, 2*len(s.bits)))
		copy(grown, s.bits)
		s.bits = grown
	}
	s.bits[word] |= 1 << (id % 64)
}

// reset empties the set and keeps its memory.
func (s *idset) reset() {
	if s.indexed {
		for _, id := range s.list {
			s.bits[id/64] = 0
		}
		s.indexed = false
	}
	s.list = s.list[:0]
}
