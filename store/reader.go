package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

const (
	// A reader that goes from message to message reads ahead, twice as far each time; one
	// that jumps reads little.
	readFirst = 16 << 10
	readAhead = chunkSize
)

// Reader reads messages. It remembers where it read last, so that the next message of the
// same queue mostly costs a comparison: while it is in use it keeps either a hold on a
// chunk of memory or one buffer of what it read from a file.
//
// A Reader is not safe for concurrent use. The zero Reader is usable after Init.
type Reader struct {
	s     *Store
	c     *chunk // held; nil if nothing was read from memory last
	block block
}

// block is a piece of a segment file.
type block struct {
	segment uint32
	base    uint32 // offset in the segment of buf[0]
	buf     []byte // part of mem
	mem     *buffer
}

// NewReader returns a reader, which holds no memory until it is used.
func (s *Store) NewReader() *Reader { return &Reader{s: s} }

// Init makes a zero Reader read from s.
func (r *Reader) Init(s *Store) { r.s = s }

// Read returns the payload at p, to which the caller must hold a reference. The octets are
// the store's: they are valid until the next Read or Done, even if the reference is given
// back before, and must not be changed.
//
// The error wraps ErrCorrupt if the message is damaged on disk, ErrGone if it was lost to
// damage before.
func (r *Reader) Read(p Pos) ([]byte, error) {
	if c := r.c; c != nil && c.segment == p.segment() && c.contains(p.offset()) {
		return c.payload(p.offset()), nil
	}
	return r.readElsewhere(p)
}

// Done gives back what the reader holds. The reader can be used again.
func (r *Reader) Done() {
	r.letGo()
	if r.block.mem != nil {
		r.s.memory.put(r.block.mem)
	}
	r.block = block{}
}

// letGo gives back the hold on a chunk.
func (r *Reader) letGo() {
	if r.c == nil {
		return
	}
	if r.c.owner == nil {
		r.s.transient.drop(r.c, 1)
	} else {
		r.s.log.dropChunk(r.c)
	}
	r.c = nil
}

func (r *Reader) readElsewhere(p Pos) ([]byte, error) {
	r.letGo()
	if p.Transient() {
		c := r.s.transient.at(p.segment())
		if !c.hold() {
			panic("BUG: message in memory read after it was released")
		}
		r.c = c
		return c.payload(p.offset()), nil
	}
	g := r.s.segments.get(p.segment())
	if g == nil {
		return nil, fmt.Errorf("message %v: %w", p, ErrGone)
	}
	for {
		moved := g.moved.Load()
		payload, err := r.readFrom(g, moved, p)
		// A carried message may have been carried on, and its old place be in use for
		// something else by now.
		if err == nil || moved == g.moved.Load() && !errors.Is(err, fs.ErrClosed) {
			return payload, err
		}
	}
}

// readFrom reads the message p of segment g, of which moved was current a moment ago.
func (r *Reader) readFrom(g *segment, moved *moves, p Pos) ([]byte, error) {
	now, carried := moved.find(p.offset())
	if !carried {
		return r.readAt(g, p.offset(), kindMessage)
	}
	host := r.s.segments.get(now.segment())
	if host == nil {
		return nil, fmt.Errorf("message %v carried to %v: %w", p, now, ErrGone)
	}
	payload, err := r.readAt(host, now.offset(), kindCarried)
	if err != nil {
		return nil, err
	}
	was, payload, err := parseCarried(payload)
	if err != nil || was != p {
		return nil, fmt.Errorf("message %v carried to %v: %w", p, now, ErrCorrupt)
	}
	return payload, nil
}

// readAt returns the payload of the record at off of g, from memory if it is there.
func (r *Reader) readAt(g *segment, off uint32, k kind) ([]byte, error) {
	if c := g.chunkAt(off); c != nil {
		r.c = c
		return c.payload(off), nil
	}
	if rec, ok := r.block.record(g.id, off); ok && rec.kind == k {
		return rec.payload, nil
	}
	f, err := r.s.files.openForRead(g)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("message %v: %w", makePos(g.id, off), ErrGone)
	}
	if err != nil {
		return nil, fmt.Errorf("message %v: %w", makePos(g.id, off), err)
	}
	if err := r.fill(f, g, off); err != nil {
		return nil, fmt.Errorf("message %v: %w", makePos(g.id, off), err)
	}
	rec, ok := r.block.record(g.id, off)
	if !ok || rec.kind != k {
		return nil, fmt.Errorf("message %v: %w", makePos(g.id, off), ErrCorrupt)
	}
	return rec.payload, nil
}

// record returns the record at off if it is in the block whole.
func (b *block) record(segment, off uint32) (record, bool) {
	if b.segment != segment || off < b.base || off-b.base >= uint32(len(b.buf)) {
		return record{}, false
	}
	p := b.buf[off-b.base:]
	rec, err := parseRecord(p, segment, off, len(p))
	return rec, err == nil
}

// fill reads the record at off and what follows into the block.
func (r *Reader) fill(f File, g *segment, off uint32) error {
	b := &r.block
	want := readFirst
	if b.segment == g.id && off >= b.base && off-b.base <= uint32(2*len(b.buf)) {
		want = min(max(2*len(b.buf), readFirst), readAhead)
	}
	if b.mem == nil {
		b.mem = r.s.memory.get(chunkSize)
	}
	b.segment, b.base, b.buf = g.id, off, nil
	if err := r.fillTo(f, g, want); err != nil {
		return err
	}
	_, _, n, err := parseRecordHeader(b.buf, g.id, int(g.size-off))
	if err != nil || recordHeaderSize+n <= len(b.buf) {
		return nil // record tells whether it is one
	}
	return r.fillTo(f, g, recordHeaderSize+n)
}

// fillTo makes the block hold n octets of the file if there are so many.
func (r *Reader) fillTo(f File, g *segment, n int) error {
	b := &r.block
	n = min(n, int(g.size-b.base))
	if n > len(b.mem.b) {
		larger := r.s.memory.get(n)
		copy(larger.b, b.buf)
		r.s.memory.put(b.mem)
		b.mem = larger
	}
	got, err := f.ReadAt(b.mem.b[len(b.buf):n], int64(b.base)+int64(len(b.buf)))
	b.buf = b.mem.b[:len(b.buf)+got]
	r.s.stats.diskReads.Add(1)
	r.s.stats.diskRead.Add(uint64(got))
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
