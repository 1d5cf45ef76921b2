package store

import (
	"errors"
	"fmt"
)

// Verify checks the invariants of everything in memory, and returns what does not hold. It
// may be called any time and is meant for tests.
func (s *Store) Verify() error {
	s.keeper.mu.Lock()
	defer s.keeper.mu.Unlock()
	err := errors.Join(s.index.verify(), s.keeper.verify(), s.log.verify())
	guests := map[uint32]int{}
	s.segments.each(func(_ uint32, g *segment) bool {
		err = errors.Join(err, g.verify())
		if moved := g.moved.Load(); moved != nil {
			for _, now := range moved.now {
				guests[now.segment()]++
			}
		}
		return true
	})
	s.segments.each(func(id uint32, g *segment) bool {
		if g.guests != guests[id] {
			err = errors.Join(err, fmt.Errorf("segment %d counts %d guests and has %d", id, g.guests, guests[id]))
		}
		return true
	})
	return err
}

// verify checks that the runs ascend and do not overlap.
func (k *keeper) verify() error {
	last := uint32(0)
	for _, r := range k.runs {
		if r.first <= last || r.last < r.first || r.number >= k.nextRun || r.entries == 0 {
			return fmt.Errorf("index run %d: segments %d to %d, %d entries, behind segment %d",
				r.number, r.first, r.last, r.entries, last)
		}
		last = r.last
	}
	if k.replay <= last {
		return fmt.Errorf("runs reach segment %d, the replay starts at %d", last, k.replay)
	}
	return nil
}

// verify checks that the chunks of a segment lie one behind the other.
func (g *segment) verify() error {
	chunks := g.chunks.Load()
	if chunks == nil {
		return nil
	}
	end := (*chunks)[0].base
	for _, c := range *chunks {
		if c.base != end || c.owner != g || c.end.Load() < c.base || c.end.Load() > g.size {
			return fmt.Errorf("segment %d: chunk from %d to %d behind %d", g.id, c.base, c.end.Load(), end)
		}
		end = c.end.Load()
	}
	return nil
}

// verify checks the place where records are appended, and the accounts of what is in memory.
func (l *appendLog) verify() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	octets := 0
	for _, c := range l.resident.chunks {
		octets += len(c.mem.b)
	}
	switch {
	case octets != l.resident.octets:
		return fmt.Errorf("log: %d octets in memory, %d counted", octets, l.resident.octets)
	case l.endLocked() < l.takenEnd:
		return fmt.Errorf("log: ends at %d, taken to %d", l.endLocked(), l.takenEnd)
	case l.freeEnd > l.seg.size:
		return fmt.Errorf("log: may grow to %d in a segment of %d", l.freeEnd, l.seg.size)
	}
	return nil
}
