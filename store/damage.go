package store

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// Damage is a place on disk that is not what was written there.
type Damage struct {
	File     string // path below the data directory
	From, To int64  // octets of the file; both 0 if the whole file is meant
	What     string // what was found, and what is lost by it

	remedy remedy
}

func (d Damage) String() string {
	if d.To == 0 {
		return fmt.Sprintf("%s: %s", d.File, d.What)
	}
	return fmt.Sprintf("%s, octets %d to %d: %s", d.File, d.From, d.To, d.What)
}

// remedy is what Repair does about a Damage.
type remedy uint8

const (
	noRemedy       remedy = iota
	blankOut              // the octets are copied aside and become one record that says nothing
	newHeader             // the same, and the header of the segment is made anew
	setAside              // the file is moved aside
	newDefinitions        // the table of definitions is moved aside and made of its copy
)

// inLog is the path of a file of the log below the data directory.
func inLog(name string) string { return logDirName + "/" + name }

// damageMax is how many places are remembered; all are logged.
const damageMax = 1000

// damages are the places that were found damaged.
type damages struct {
	mu    sync.Mutex
	count int
	list  []Damage
	tell  func(Damage) // instead of the log, if not nil; set before use
}

// Damage returns the damaged places found since Open began, at most a thousand. A node that
// finds any has lost something that it had promised to keep.
func (s *Store) Damage() []Damage {
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	return slices.Clone(s.damages.list)
}

// damage tells of a damaged place, once. The store goes on with the rest.
func (s *Store) damage(d Damage) {
	s.damages.mu.Lock()
	defer s.damages.mu.Unlock()
	known := func(k Damage) bool { return k.File == d.File && k.From == d.From && k.To == d.To && k.What == d.What }
	if slices.ContainsFunc(s.damages.list, known) {
		return
	}
	s.damages.count++
	if len(s.damages.list) < damageMax {
		s.damages.list = append(s.damages.list, d)
	}
	if s.damages.tell != nil {
		s.damages.tell(d)
		return
	}
	s.logger.Error("damage", "file", d.File, "from", d.From, "to", d.To, "what", d.What)
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
	s.damage(Damage{
		File: inLog(segmentName(sc.segment)), From: int64(from), To: int64(sc.off),
		What: heldThere(sc.f, sc.segment, from, sc.off), remedy: blankOut,
	})
	return nil
}

// kindLosses says what is lost with a record of each kind, if it has not been indexed.
var kindLosses = [kindCount]string{
	kindMessage:     "a message",
	kindEnqueue:     "entries of a queue",
	kindSettle:      "word that messages are settled, which may be back",
	kindDelivered:   "word that messages were delivered",
	kindDrop:        "word that a queue is deleted",
	kindDefinitions: "changes of definitions",
	kindMark:        "nothing",
	kindCarried:     "a message",
	kindBlank:       "nothing",
}

// heldThere says what the octets from to to of a segment held before they were damaged, if
// enough is left of the headers of the records.
func heldThere(f io.ReaderAt, segment, from, to uint32) string {
	var counts [kindCount]int
	n := 0
	p := make([]byte, recordHeaderSize)
	for off := from; off < to; n++ {
		if _, err := f.ReadAt(p, int64(off)); err != nil && !errors.Is(err, io.EOF) {
			return "cannot be read"
		}
		k, _, size, err := parseRecordHeader(p, segment, int(to-off)-recordHeaderSize)
		if err != nil {
			return "not what was written; what was there is lost"
		}
		counts[k]++
		off += recordHeaderSize + uint32(size)
	}
	var parts []string
	for k, count := range counts {
		switch {
		case count == 1:
			parts = append(parts, kindLosses[k])
		case count > 1:
			parts = append(parts, fmt.Sprintf("%d × %s", count, kindLosses[k]))
		}
	}
	return "not what was written; lost: " + strings.Join(parts, ", ")
}
