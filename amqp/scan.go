package amqp

import "encoding/binary"

// level is a table or array that a scan is inside of. It ends at end.
type level struct {
	end   int
	array bool
}

// scanner walks the inside of a table or array, however deep, without recursion
// and without building anything. RabbitMQ knows no limit of depth
// (amqp-behaviour §11), so neither does this: 15,000 nested tables are a valid
// header.
//
// Invariant: pos <= top.end <= the end of every outer level <= len(raw).
type scanner struct {
	raw []byte
	pos int
	top level
	// The levels around top, innermost last: depth of them in near, then far.
	// Together they make a stack that needs no memory for sane tables.
	near  [8]level
	depth int
	far   []level
	// rewrite makes the scan write what RabbitMQ writes when it encodes a
	// value again: L as l, any true as 1. Neither changes a length.
	rewrite bool
	// aliases is set when rewrite would have changed something.
	aliases bool
}

// checkTable returns nil when raw is the inside of a table, else ErrTable or
// ErrFieldType. aliases says whether normalize would change it.
func checkTable(raw []byte) (aliases bool, err error) {
	s := scanner{raw: raw, top: level{end: len(raw)}}
	err = s.run()
	return s.aliases, err
}

// normalize rewrites a valid table in place as RabbitMQ would encode it.
func normalize(raw []byte) {
	s := scanner{raw: raw, top: level{end: len(raw)}, rewrite: true}
	if s.run() != nil {
		panic("BUG: normalize of an unchecked table")
	}
}

func (s *scanner) run() error {
	for {
		for s.pos == s.top.end {
			if !s.leave() {
				return nil
			}
		}
		if !s.top.array && !s.skipKey() {
			return ErrTable
		}
		if err := s.value(); err != nil {
			return err
		}
	}
}

// skipKey passes the key and makes sure that a type octet follows.
func (s *scanner) skipKey() bool {
	s.pos += 1 + int(s.raw[s.pos])
	return s.pos < s.top.end
}

// value passes one value with its type octet, or enters it.
func (s *scanner) value() error {
	kind := s.raw[s.pos]
	t := &fieldTypes[kind]
	if t.name == "" {
		return ErrFieldType
	}
	s.pos++
	if t.width == sized {
		return s.sizedValue(kind)
	}
	at := s.pos
	s.pos += int(t.width)
	if s.pos > s.top.end {
		return ErrTable
	}
	if t.number == floating && !finite(kind, s.raw[at:]) {
		return ErrTable
	}
	if kind == KindLongAlias || kind == KindBool && s.raw[at] > 1 {
		s.alias(kind, at)
	}
	return nil
}

// alias notes or rewrites the value whose octets begin at at.
func (s *scanner) alias(kind byte, at int) {
	s.aliases = true
	if !s.rewrite {
		return
	}
	if kind == KindLongAlias {
		s.raw[at-1] = KindLong
	} else {
		s.raw[at] = 1
	}
}

func (s *scanner) sizedValue(kind byte) error {
	if s.top.end-s.pos < 4 {
		return ErrTable
	}
	size := binary.BigEndian.Uint32(s.raw[s.pos:])
	s.pos += 4
	if uint64(size) > uint64(s.top.end-s.pos) {
		return ErrTable
	}
	end := s.pos + int(size)
	if kind != KindTable && kind != KindArray {
		s.pos = end
		return nil
	}
	// A level whose last value this is has nothing left to do, and need not be
	// remembered: nesting alone takes no memory.
	if end != s.top.end {
		s.enter()
	}
	s.top = level{end: end, array: kind == KindArray}
	return nil
}

// enter remembers top as a level that goes on after the next one.
func (s *scanner) enter() {
	if s.depth < len(s.near) {
		s.near[s.depth] = s.top
		s.depth++
		return
	}
	s.far = append(s.far, s.top)
}

// leave goes back to the level around top; false when there is none.
func (s *scanner) leave() bool {
	if n := len(s.far); n > 0 {
		s.top, s.far = s.far[n-1], s.far[:n-1]
		return true
	}
	if s.depth == 0 {
		return false
	}
	s.depth--
	s.top = s.near[s.depth]
	return true
}
