package queue

import (
	"encoding/binary"
	"math/bits"

	"amqpd/store"
)

// A packed chunk says of each live entry how it differs from what the entry
// before lets expect. In a queue that fills steadily that is mostly nothing: the
// next message lies right behind the last one and is of the same kind.
//
//	+------------+----------------+----------------+-----+
//	| 4 masks    | entry 0        | entry 1        | ... |   varints
//	+------------+----------------+----------------+-----+
//	  one for each column: bit n is set when live entry n has a difference
//	  there; an entry is its differences, zigzag
//
//	column    is expected to be
//	position  behind the body of the entry before, with the same gap as there
//	size      that of the entry before
//	expiry    that of the entry before
//	rest      that of the entry before: deliveries<<16 | flags<<8 | level
//
// Which places are live and ready is not in it; that stays with the chunk.
type packed []byte

const (
	columns = 4
	// packedMax: a chunk that does not come out at half of what its slots take is left as
	// it is.
	packedMax = slotsPerChunk * 12
)

// outlook is what is expected of the next entry.
type outlook struct {
	n    int // entries so far
	pos  uint64
	gap  uint64 // from the end of a body to the next message; it may be below 0 and wraps
	rest [columns - 1]int64
}

// position is where the next message should be.
func (o *outlook) position() uint64 { return o.pos + uint64(o.rest[0]) + o.gap }

// saw learns from an entry. rest is its size, its expiry and the rest.
func (o *outlook) saw(pos uint64, rest [columns - 1]int64) {
	if o.n > 0 { // else there is no entry before
		o.gap = pos - o.pos - uint64(o.rest[0])
	}
	o.n++
	o.pos, o.rest = pos, rest
}

// columnsOf are the columns of an entry but the position.
func (e *entry) columnsOf() [columns - 1]int64 {
	return [...]int64{int64(e.size), e.expiry, int64(e.deliveries)<<16 | int64(e.flags)<<8 | int64(e.level)}
}

// pack returns the entries of the places in live, or nil if that would save too
// little.
func pack(s *slots, live uint64) packed {
	var buffer [columns*binary.MaxVarintLen64 + 2*packedMax]byte
	var masks [columns]uint64
	var o outlook
	const head = columns * binary.MaxVarintLen64
	p := buffer[head:head]
	for left := live; left != 0; left &= left - 1 {
		if len(p) > packedMax {
			return nil
		}
		e := &s[lowest(left)&slotMask]
		bit := uint64(1) << o.n
		if d := int64(uint64(e.pos) - o.position()); d != 0 {
			masks[0] |= bit
			p = binary.AppendVarint(p, d)
		}
		rest := e.columnsOf()
		for i := range rest {
			if d := rest[i] - o.rest[i]; d != 0 {
				masks[i+1] |= bit
				p = binary.AppendVarint(p, d)
			}
		}
		o.saw(uint64(e.pos), rest)
	}
	h := buffer[:0]
	for _, m := range masks {
		h = binary.AppendUvarint(h, m)
	}
	if len(h)+len(p) > packedMax {
		return nil
	}
	all := make(packed, len(h)+len(p))
	copy(all[copy(all, h):], p)
	return all
}

// unpack writes the entries of the places in live, which are those that pack was
// given, to s.
func (p packed) unpack(s *slots, live uint64) {
	var masks [columns]uint64
	for i := range masks {
		v, n := binary.Uvarint(p)
		masks[i], p = v, p[n:]
	}
	var o outlook
	for left := live; left != 0; left &= left - 1 {
		pos, rest := o.position(), o.rest
		if masks[0]>>o.n&1 != 0 {
			d, n := binary.Varint(p)
			pos, p = pos+uint64(d), p[n:]
		}
		for i := range rest {
			if masks[i+1]>>o.n&1 != 0 {
				d, n := binary.Varint(p)
				rest[i], p = rest[i]+d, p[n:]
			}
		}
		o.saw(pos, rest)
		s[lowest(left)&slotMask] = entry{
			pos: store.Pos(pos), size: uint32(rest[0]), expiry: rest[1],
			deliveries: uint16(rest[2] >> 16), flags: entryFlags(rest[2] >> 8), level: uint8(rest[2]),
		}
	}
	if len(p) != 0 || o.n != bits.OnesCount64(live) {
		panic("BUG: queue: a packed chunk is not what was packed")
	}
}
