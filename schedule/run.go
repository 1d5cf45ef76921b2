package schedule

import (
	"encoding/binary"
	"unsafe"
)

const (
	// blockSize is how many octets of a run lie together, and are given back
	// together when they were read.
	blockSize = 4096
	// packedMax bounds the octets of a packed entry: three varints.
	packedMax = 3 * binary.MaxVarintLen64

	entrySize = int(unsafe.Sizeof(Entry{}))
	runSize   = int(unsafe.Sizeof(run{}))
	sliceSize = int(unsafe.Sizeof([]byte(nil)))
)

// run is entries sorted by when they are due. Behind the next one they are
// packed, each as
//
//	uvarint  Due - Due of the one before
//	varint   Seq - Seq of the one before
//	varint   Pos - Pos of the one before
//
// in blocks, which an entry does not span.
type run struct {
	next   Entry
	left   int      // entries, with next
	blocks [][]byte // what was not read yet
}

// before says that r has what is due sooner.
func (r *run) before(o *run) bool { return r.next.before(o.next) }

// newRun packs sorted entries, of which there is at least one.
func newRun(entries []Entry) *run {
	r := &run{next: entries[0], left: len(entries)}
	var block [blockSize]byte
	b := block[:0]
	for i := 1; i < len(entries); i++ {
		if len(b)+packedMax > blockSize {
			r.blocks = append(r.blocks, append([]byte(nil), b...))
			b = b[:0]
		}
		e, last := &entries[i], &entries[i-1]
		b = binary.AppendUvarint(b, uint64(e.Due-last.Due))
		b = binary.AppendVarint(b, int64(e.Seq-last.Seq))
		b = binary.AppendVarint(b, int64(e.Pos-last.Pos))
	}
	if len(b) > 0 {
		r.blocks = append(r.blocks, append([]byte(nil), b...))
	}
	return r
}

// advance drops the next entry and unpacks the one behind it. It reports
// whether there was one.
func (r *run) advance() bool {
	r.left--
	if r.left == 0 {
		return false
	}
	b := r.blocks[0]
	due, n := binary.Uvarint(b)
	seq, m := binary.Varint(b[n:])
	pos, k := binary.Varint(b[n+m:])
	r.next.Due += int64(due)
	r.next.Seq += uint64(seq)
	r.next.Pos += uint64(pos)
	if r.blocks[0] = b[n+m+k:]; len(r.blocks[0]) == 0 {
		r.blocks[0] = nil
		r.blocks = r.blocks[1:]
	}
	return true
}

// octets is about how much memory the run takes.
func (r *run) octets() int {
	n := runSize + cap(r.blocks)*sliceSize
	for _, b := range r.blocks {
		n += cap(b)
	}
	return n
}
