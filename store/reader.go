package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Reader reads messages. While it is in use it has a hold on the piece of memory that it
// read from last, be it of the log's tail, of transient messages or of what was read from
// a file, so that the next message of the same queue mostly costs a comparison.
//
// A Reader is not safe for concurrent use. The zero Reader is usable after Init.
type Reader struct {
	s *Store
	c *chunk // held; nil if there is none
	k *chunk // the transient chunk that c was read back of, held; else nil
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
// damage before; Lost tells both from an error of the disk.
func (r *Reader) Read(p Pos) ([]byte, error) {
	if c := r.c; c != nil && c.disk == nil && c.segment == p.segment() && c.contains(p.offset()) {
		return c.payload(p.offset()), nil
	}
	return r.readElsewhere(p)
}

// Done gives back what the reader holds. The reader can be used again.
func (r *Reader) Done() { r.letGo() }

// letGo gives back the hold on a chunk.
func (r *Reader) letGo() {
	if c := r.c; c != nil {
		if c.segment&transientSegment != 0 && c.disk == nil {
			r.s.transient.unpin(c)
		} else if c.drop(1) {
			r.s.memory.put(c.mem)
		}
		r.c = nil
	}
	if r.k != nil {
		r.s.transient.drop(r.k, 1)
		r.k = nil
	}
}

// readTransient reads a message that is not in the chunk read from last, unless that was
// read back.
func (r *Reader) readTransient(p Pos) ([]byte, error) {
	off := p.offset()
	if c := r.c; c != nil && c.segment == p.segment() && c.contains(off) { // r.k keeps it that segment
		if payload, _ := c.whole(off); payload != nil {
			return payload, nil
		}
	}
	r.letGo()
	k := r.s.transient.at(p.segment())
	if r.s.transient.pin(k) {
		r.c = k
		return k.payload(off), nil
	}
	k.hold() // which cannot fail: the caller has a reference
	r.k = k
	c, want := r.s.cache.get(k.segment, off)
	if c != nil {
		r.c = c
		if payload, _ := c.whole(off); payload != nil {
			return payload, nil
		}
		if c.drop(1) {
			r.s.memory.put(c.mem)
		}
		r.c, want = nil, readMost
	}
	c, err := r.s.readSpilled(k, off, want)
	if err != nil {
		r.letGo()
		return nil, err
	}
	r.c = c
	return c.payload(off), nil
}

func (r *Reader) readElsewhere(p Pos) ([]byte, error) {
	if p.Transient() {
		return r.readTransient(p)
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

// readAt returns the payload of the record at off of g: from what is held, from the tail in
// memory, from what somebody has read before, or from the file.
func (r *Reader) readAt(g *segment, off uint32, k kind) ([]byte, error) {
	if c := r.c; c != nil && c.segment == g.id && c.contains(off) {
		if payload, ok := c.checked(off, k); ok {
			return payload, nil
		}
	}
	r.letGo()
	if c := g.chunkAt(off); c != nil {
		r.c = c
		return c.payload(off), nil
	}
	c, want := r.s.cache.get(g.id, off)
	if c != nil {
		r.c = c
		if payload, ok := c.checked(off, k); ok {
			return payload, nil
		}
		r.letGo() // cut off, or from a time before the record was written
		want = readMost
	}
	c, err := r.s.readChunk(g, off, want)
	if err != nil {
		return nil, fmt.Errorf("message %v: %w", makePos(g.id, off), err)
	}
	r.c = c
	if payload, ok := c.checked(off, k); ok {
		return payload, nil
	}
	r.s.damage(Damage{File: inLog(segmentName(g.id)), From: int64(off), To: int64(off + recordHeaderSize),
		What: "a message that is wanted is not what was written"})
	return nil, fmt.Errorf("message %v: %w", makePos(g.id, off), ErrCorrupt)
}

// checked returns the payload of the record at off if that is whole and of kind k. The
// caller holds the chunk, which contains off.
func (c *chunk) checked(off uint32, k kind) ([]byte, bool) {
	if c.disk == nil {
		return c.payload(off), true
	}
	p := c.mem.b[off-c.base : c.end.Load()-c.base]
	rec, err := parseRecord(p, c.segment, off, len(p))
	if err != nil || rec.kind != k {
		return nil, false
	}
	c.disk.used.Add(uint32(rec.size()))
	if !c.disk.recent.Load() {
		c.disk.recent.Store(true)
	}
	return rec.payload, true
}

// aheadReader is a file that can be read ahead of who reads it.
type aheadReader interface{ readAhead(off, n int64) }

// aheadOf is how much of a file that is read from one end to the other the system reads
// ahead: what is delivered while the disk reads. By itself it reads half of what we do.
const aheadOf = 1 << 20

// readChunk reads want octets from off of the file of g, and more if the record there is
// longer. What it returns is held for the caller, and by the cache if it is of usual size.
func (s *Store) readChunk(g *segment, off uint32, want int) (*chunk, error) {
	f, err := s.files.openForRead(g)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, err
	}
	c := &chunk{segment: g.id, base: off, lengths: 4, head: recordHeaderSize, mem: s.memory.get(want), disk: &diskRead{}}
	c.word.Store(oneHold)
	n, err := s.readInto(c.mem.b, f, off, min(want, int(g.size-off)))
	if ahead, ok := f.File.(aheadReader); ok && want == readMost {
		ahead.readAhead(int64(off)+int64(n), aheadOf)
	}
	if err == nil {
		_, _, length, bad := parseRecordHeader(c.mem.b[:n], g.id, int(g.size-off))
		if whole := recordHeaderSize + length; bad == nil && whole > n {
			s.memory.put(c.mem)
			c.mem = s.memory.get(whole)
			n, err = s.readInto(c.mem.b, f, off, min(whole, int(g.size-off)))
		}
	}
	if err != nil {
		s.memory.put(c.mem)
		return nil, err
	}
	c.end.Store(off + uint32(n))
	if len(c.mem.b) <= readMost {
		s.cache.put(c)
	}
	return c, nil
}

// readInto reads n octets, or as many as there are, from off of f.
func (s *Store) readInto(p []byte, f File, off uint32, n int) (int, error) {
	got, err := f.ReadAt(p[:n], int64(off))
	s.stats.diskReads.Add(1)
	s.stats.diskRead.Add(uint64(got))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return got, err
}
