package store

import (
	"fmt"
	"slices"
	"sync"
)

// Damage is a place on disk that is not what was written there.
type Damage struct {
	File     string // in the log directory
	From, To int64  // octets of the file; both 0 if the whole file is meant
	What     string // what was found, and what is lost by it
}

func (d Damage) String() string {
	if d.To == 0 {
		return fmt.Sprintf("%s: %s", d.File, d.What)
	}
	return fmt.Sprintf("%s, octets %d to %d: %s", d.File, d.From, d.To, d.What)
}

// damageMax is how many places are remembered; all are logged.
const damageMax = 1000

// damages are the places that were found damaged.
type damages struct {
	mu    sync.Mutex
	count int
	list  []Damage
}

// Damage returns the damaged places found since Open began, at most a thousand. A node that
// finds any has lost something that it had promised to keep.
func (s *Store) Damage() []Damage {
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	return slices.Clone(s.damages.list)
}

// damage tells of a damaged place. The store goes on with the rest.
func (s *Store) damage(d Damage) {
	s.logger.Error("damage", "file", d.File, "from", d.From, "to", d.To, "what", d.What)
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	s.damages.count++
	if len(s.damages.list) < damageMax {
		s.damages.list = append(s.damages.list, d)
	}
}

func (s *Store) damageCount() int {
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	return s.damages.count
}

// skipDamage tells that sc met something that does not check out, and moves it to the
// next whole record.
func (s *Store) skipDamage(sc *scanner) error {
	from := sc.off
	if err := sc.resync(); err != nil {
		return err
	}
	s.damage(Damage{segmentName(sc.segment), int64(from), int64(sc.off), "records are lost"})
	return nil
}
