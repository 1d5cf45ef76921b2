package store

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// settledSet says which sequence numbers of a queue are gone: everything below floor, and
// what the blocks above it say. A queue that is consumed in order needs no blocks; one
// that is not needs at most a bit for each number between its oldest entry and the last
// one that was settled out of order.
type settledSet struct {
	floor  uint64         // the lowest number that is not in the set
	blocks []settledBlock // ascending, not overlapping, none wholly below floor
}

const (
	blockBits = 1024
	// seqMax is above every sequence number, so that arithmetic on them cannot overflow.
	seqMax = 1 << 62
)

// settledBlock is about the numbers from base*blockBits to (base+count)*blockBits - 1.
type settledBlock struct {
	base  uint64
	count uint64       // 1 if there are bits
	bits  *settledBits // which of them are in the set; nil: all
}

type settledBits [blockBits / 64]uint64

// has reports whether seq is in the set.
func (s *settledSet) has(seq uint64) bool {
	if seq < s.floor {
		return true
	}
	base := seq / blockBits
	i := s.find(base)
	if i == len(s.blocks) || s.blocks[i].base > base {
		return false
	}
	b := s.blocks[i].bits
	return b == nil || b[seq%blockBits/64]>>(seq%64)&1 != 0
}

// find returns the index of the first block that ends behind base.
func (s *settledSet) find(base uint64) int {
	lo, hi := 0, len(s.blocks)
	if hi > 0 { // mostly it is the last one
		if b := &s.blocks[hi-1]; b.base+b.count <= base {
			return hi
		} else if b.base <= base {
			return hi - 1
		}
	}
	for lo < hi {
		mid := (lo + hi) / 2
		if b := &s.blocks[mid]; b.base+b.count <= base {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// add puts the numbers from to to, which is below seqMax, into the set.
func (s *settledSet) add(from, to uint64) {
	switch {
	case to < s.floor:
	case from <= s.floor:
		s.floor = to + 1
		s.raise()
	default:
		s.mark(from, to)
	}
}

// raise moves the floor over what the blocks have right above it.
func (s *settledSet) raise() {
	n := 0
	for ; n < len(s.blocks); n++ {
		b := &s.blocks[n]
		start, end := b.base*blockBits, (b.base+b.count)*blockBits
		if end <= s.floor {
			continue
		}
		if start > s.floor {
			break
		}
		if b.bits == nil {
			s.floor = end
			continue
		}
		s.floor = start + b.bits.firstClear(s.floor-start)
		if s.floor < end && b.bits.any(s.floor-start) {
			break
		}
	}
	if n == 0 {
		return
	}
	if s.blocks = slices.Delete(s.blocks, 0, n); len(s.blocks) == 0 {
		s.blocks = nil
	}
}

// firstClear returns the first number from i on that is not set, or blockBits.
func (b *settledBits) firstClear(i uint64) uint64 {
	for i < blockBits {
		if free := ^b[i/64] >> (i % 64); free != 0 {
			return i + uint64(bits.TrailingZeros64(free))
		}
		i = i/64*64 + 64
	}
	return blockBits
}

// any reports whether a number from i on is set.
func (b *settledBits) any(i uint64) bool {
	if b[i/64]>>(i%64) != 0 {
		return true
	}
	for _, w := range b[i/64+1:] {
		if w != 0 {
			return true
		}
	}
	return false
}

// mark puts the numbers from to to, all above the floor, into the blocks.
func (s *settledSet) mark(from, to uint64) {
	first, last := from/blockBits, to/blockBits
	if first == last {
		s.markBits(first, from%blockBits, to%blockBits)
		return
	}
	if from%blockBits != 0 {
		s.markBits(first, from%blockBits, blockBits-1)
		first++
	}
	if to%blockBits != blockBits-1 {
		s.markBits(last, 0, to%blockBits)
		last--
	}
	if first <= last {
		s.markWhole(first, last-first+1)
	}
}

// markBits puts the numbers lo to hi of block base into the set.
func (s *settledSet) markBits(base, lo, hi uint64) {
	i := s.find(base)
	if i == len(s.blocks) || s.blocks[i].base > base {
		s.blocks = slices.Insert(s.blocks, i, settledBlock{base: base, count: 1, bits: new(settledBits)})
	}
	b := s.blocks[i].bits
	if b == nil {
		return
	}
	for w := lo / 64; w <= hi/64; w++ {
		mask := ^uint64(0)
		if w == lo/64 {
			mask &= ^uint64(0) << (lo % 64)
		}
		if w == hi/64 {
			mask &= ^uint64(0) >> (63 - hi%64)
		}
		b[w] |= mask
	}
	if b.firstClear(0) == blockBits {
		s.markWhole(base, 1)
	}
}

// markWhole puts count blocks from base on into the set, joined with whole neighbours.
func (s *settledSet) markWhole(base, count uint64) {
	end := base + count
	i := s.find(base)
	if i > 0 && s.blocks[i-1].bits == nil && s.blocks[i-1].base+s.blocks[i-1].count == base {
		i--
	}
	j := i
	for ; j < len(s.blocks) && s.blocks[j].base <= end; j++ {
		b := &s.blocks[j]
		if b.bits == nil {
			base = min(base, b.base)
			end = max(end, b.base+b.count)
		} else if b.base == end {
			break
		}
	}
	s.blocks = slices.Replace(s.blocks, i, j, settledBlock{base: base, count: end - base})
}

// On disk: floor varint, count varint, count × { base - end of the previous varint, count
// varint, and where the count is 0 the bits of one block as 16 words }.

func (s *settledSet) append(p []byte) []byte {
	p = binary.AppendUvarint(p, s.floor)
	p = binary.AppendUvarint(p, uint64(len(s.blocks)))
	end := uint64(0)
	for _, b := range s.blocks {
		p = binary.AppendUvarint(p, b.base-end)
		end = b.base + b.count
		if b.bits == nil {
			p = binary.AppendUvarint(p, b.count)
			continue
		}
		p = append(p, 0)
		for _, w := range b.bits {
			p = binary.LittleEndian.AppendUint64(p, w)
		}
	}
	return p
}

// settled reads what append wrote.
func (d *decoder) settled() settledSet {
	s := settledSet{floor: d.uvarint()}
	n := d.count(2)
	if n > 0 {
		s.blocks = make([]settledBlock, 0, n)
	}
	end := uint64(0)
	for ; n > 0 && !d.bad; n-- {
		b := settledBlock{base: end + d.uvarint(), count: d.uvarint()}
		if b.count == 0 {
			b.count, b.bits = 1, new(settledBits)
			for w := range b.bits {
				b.bits[w] = d.uint64()
			}
		}
		if b.base < end || b.base+b.count < b.base || b.base+b.count > seqMax/blockBits {
			d.fail()
		}
		end = b.base + b.count
		s.blocks = append(s.blocks, b)
	}
	return s
}

// verify checks what the methods rely on.
func (s *settledSet) verify() bool {
	end := s.floor / blockBits
	for _, b := range s.blocks {
		if b.base < end || b.count == 0 || b.bits != nil && b.count != 1 {
			return false
		}
		end = b.base + b.count
	}
	return true
}
