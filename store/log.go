package store

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// copyOutside: longer messages are copied without the lock, which only reserves their place.
	copyOutside = 4 << 10
	// messageMax is the longest payload of a record. It keeps a segment's size in 32 bits.
	messageMax = 1<<31 - 1
	// kickSize: so many octets are worth a commit even if nobody waits for them.
	kickSize = 1 << 20
)

// appendLog is the end of the log where records are appended.
//
// Its lock is a leaf: callers hold the locks of queues. Under it a record's place is
// reserved and small payloads are copied; checksums, writing and syncing are the
// committer's. The memory that a record is copied into is what the committer writes to
// the file and what readers look at.
//
//	       taken by the committer                 taken at the next commit
//	|------------------------------------|------------------------------------|.......|
//	chunk           chunk           chunk           chunk           chunk       free
type appendLog struct {
	memory      *memory
	segments    *table[segment]
	segmentSize int
	wake        func() // makes the committer look; called with mu held, so it must not block
	arm         func() // has wake called in a while; the same

	mu       sync.Mutex
	seg      *segment // where appends go
	chunk    *chunk   // the last chunk of seg
	free     []byte   // what is left of chunk and of seg
	freeEnd  uint32   // the offset in seg behind free
	group    uint32   // groupBit while a group is open
	last     []byte   // header of the last record of the open group
	takenEnd LSN      // the committer has all before this
	kicked   LSN      // wake was called for all before this
	armed    bool     // arm was called since the committer last took something
	waiting  []*chunk // chunks with octets that the committer has not taken; chunk is the last
	copies   *copies  // the copies running outside the lock since the last take

	resident struct { // chunks of the log in memory, oldest first
		chunks []*chunk
		octets int
	}
}

// copies counts the payloads that are being copied outside the log's lock. One is counted
// for the committer, who waits until it is the last.
type copies struct {
	running atomic.Int64
	idle    chan struct{} // gets a token when running falls to zero
}

func newCopies() *copies {
	c := &copies{idle: make(chan struct{}, 1)}
	c.running.Store(1)
	return c
}

func (c *copies) done() {
	if c.running.Add(-1) == 0 {
		c.idle <- struct{}{}
	}
}

// wait blocks until every copy is done and makes c new. Nobody may begin a copy with c.
func (c *copies) wait() {
	c.done()
	<-c.idle
	c.running.Store(1)
}

// offset is where the next record goes. REQUIRES mu.
func (l *appendLog) offset() uint32 { return l.freeEnd - uint32(len(l.free)) }

// endLocked is the LSN behind the last record. REQUIRES mu.
func (l *appendLog) endLocked() LSN { return l.seg.base + LSN(l.offset()) }

func (l *appendLog) end() LSN {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.endLocked()
}

// record reserves a record and writes its header. It returns the record's offset in seg
// and the n octets of its payload, which the caller fills. REQUIRES mu.
func (l *appendLog) record(k kind, n int) (off uint32, payload []byte) {
	size := recordHeaderSize + n
	if size > len(l.free) {
		l.extend(size)
	}
	off = l.offset()
	p := l.free[:size:size]
	l.free = l.free[size:]
	putRecordHeader(p, k|kind(l.group), l.seg.id, n)
	if l.group != 0 {
		l.last = p[:recordHeaderSize]
	}
	if !l.armed {
		l.armed = true
		l.arm()
	}
	return off, p[recordHeaderSize:]
}

// append appends a record other than a message and returns the position behind it. p is
// copied.
func (l *appendLog) append(k kind, p []byte) LSN {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.appendLocked(k, p)
}

// appendLocked is append. REQUIRES mu.
func (l *appendLog) appendLocked(k kind, p []byte) LSN {
	_, payload := l.record(k, len(p))
	copy(payload, p)
	return l.endLocked()
}

// put appends a message and returns its position with one reference.
func (l *appendLog) put(a, b, c []byte) Pos {
	n := len(a) + len(b) + len(c)
	if n > copyOutside {
		return l.putLarge(a, b, c, n)
	}
	l.mu.Lock()
	pos := l.putLocked(a, b, c, n)
	l.mu.Unlock()
	return pos
}

// putLocked appends a message and copies it. REQUIRES mu.
func (l *appendLog) putLocked(a, b, c []byte, n int) Pos {
	off, p := l.record(kindMessage, n)
	p = p[copy(p, a):]
	p = p[copy(p, b):]
	copy(p, c)
	l.seg.retain(1)
	l.seg.messages++
	return makePos(l.seg.id, off)
}

// putLarge appends a message and copies it after the lock is given back. The committer
// waits for the copy before it reads the record; nobody else knows the position yet.
func (l *appendLog) putLarge(a, b, c []byte, n int) Pos {
	if n > messageMax {
		panic("BUG: message longer than the log can hold")
	}
	l.mu.Lock()
	off, p := l.record(kindMessage, n)
	l.seg.retain(1)
	l.seg.messages++
	pos := makePos(l.seg.id, off)
	running := l.copies
	running.running.Add(1)
	l.mu.Unlock()
	p = p[copy(p, a):]
	p = p[copy(p, b):]
	copy(p, c)
	running.done()
	return pos
}

// putCarried appends a message of another segment under the position that it keeps.
func (l *appendLog) putCarried(pos Pos, message []byte) Pos {
	l.mu.Lock()
	defer l.mu.Unlock()
	off, p := l.record(kindCarried, carriedHead+len(message))
	binary.LittleEndian.PutUint64(p, uint64(pos))
	copy(p[carriedHead:], message)
	l.seg.messages++
	return makePos(l.seg.id, off)
}

// extend makes room for size octets in one piece. REQUIRES mu.
func (l *appendLog) extend(size int) {
	if int(l.offset())+size > int(l.seg.size) {
		l.roll(max(l.segmentSize, segmentHeaderSize+size))
	}
	if size > len(l.free) {
		l.newChunk(size)
	}
	if end := l.endLocked(); end-l.kicked >= kickSize {
		l.kicked = end
		l.wake()
	}
}

// roll seals the segment and starts the next one. REQUIRES mu.
func (l *appendLog) roll(size int) {
	old, end := l.seg, l.offset()
	l.startSegment(segmentHeader{
		segment:  old.id + 1,
		size:     uint32(size),
		base:     old.base + LSN(end),
		previous: old.id,
		prevEnd:  end,
	})
	old.seal(end)
}

// startSegment makes the segment that h describes the one appended to. The file comes
// when the committer gets there. REQUIRES mu.
func (l *appendLog) startSegment(h segmentHeader) {
	if h.segment >= transientSegment {
		panic("FATAL: the log has used up its segment numbers")
	}
	if l.chunk != nil {
		l.chunk.end.Store(l.offset())
		l.chunk = nil
	}
	l.seg = &segment{id: h.segment, size: h.size, base: h.base}
	l.segments.set(h.segment, l.seg)
	l.free, l.freeEnd = nil, 0
	l.newChunk(segmentHeaderSize)
	h.put(l.free)
	l.free = l.free[segmentHeaderSize:]
}

// newChunk closes the current chunk and starts the next where it ended. REQUIRES mu.
func (l *appendLog) newChunk(size int) {
	off := l.offset()
	if l.chunk != nil {
		l.chunk.end.Store(off)
	}
	c := &chunk{
		segment: l.seg.id,
		base:    off,
		lengths: 4,
		head:    recordHeaderSize,
		mem:     l.memory.get(max(size, chunkSize)),
		owner:   l.seg,
	}
	c.word.Store(oneHold)
	n := min(len(c.mem.b), int(l.seg.size-off))
	c.end.Store(off + uint32(n))
	l.chunk, l.free, l.freeEnd = c, c.mem.b[:n], off+uint32(n)
	l.waiting = append(l.waiting, c)
	l.seg.addChunk(c)
	l.resident.chunks = append(l.resident.chunks, c)
	l.resident.octets += len(c.mem.b)
}

// span is a piece of a chunk that is to be written to the chunk's segment.
type span struct {
	c        *chunk
	from, to uint32 // offsets in the segment
}

// octets returns the memory of the span.
func (p span) octets() []byte { return p.c.mem.b[p.from-p.c.base : p.to-p.c.base] }

// take appends a mark and hands the committer everything that it does not have yet, in
// order, with the position behind it. spans is reused. The committer must wait for the
// copies before it looks at the octets. Without anything new it returns no spans.
func (l *appendLog) take(spans []span, synced LSN, fresh *copies) ([]span, LSN, *copies) {
	l.mu.Lock()
	defer l.mu.Unlock()
	spans = spans[:0]
	if l.endLocked() == l.takenEnd {
		return spans, l.takenEnd, fresh
	}
	_, p := l.record(kindMark, markSize)
	binary.LittleEndian.PutUint64(p, uint64(synced))
	for _, c := range l.waiting {
		to := c.end.Load()
		if c == l.chunk {
			to = l.offset()
		}
		if from := c.base + c.taken; to > from {
			spans = append(spans, span{c, from, to})
			c.taken = to - c.base
		}
	}
	clear(l.waiting)
	l.waiting = append(l.waiting[:0], l.chunk)
	l.takenEnd = l.endLocked()
	l.kicked = l.takenEnd
	l.armed = false
	running := l.copies
	l.copies = fresh
	return spans, l.takenEnd, running
}

// halfFull reports whether g is appended to and has less room than octets.
func (l *appendLog) halfFull(g *segment) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seg == g && l.offset() > g.size/2
}

// finish seals the segment appended to where the committer has written it to, and returns
// it. The committer has ended.
func (l *appendLog) finish() *segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seg.seal(uint32(l.takenEnd - l.seg.base))
	return l.seg
}

// evict forgets the oldest chunks that are synced until those in memory fit into budget.
// Their messages are read from the file from then on.
func (l *appendLog) evict(budget int, synced LSN) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for ; n < len(l.resident.chunks) && l.resident.octets > budget; n++ {
		c := l.resident.chunks[n]
		if c == l.chunk || c.owner.base+LSN(c.end.Load()) > synced {
			break
		}
		l.resident.octets -= len(c.mem.b)
		c.owner.removeFirstChunk()
		l.dropChunk(c)
	}
	if n > 0 {
		l.resident.chunks = slices.Delete(l.resident.chunks, 0, n)
	}
}

// dropChunk gives back a hold on a chunk, and the memory with the last.
func (l *appendLog) dropChunk(c *chunk) {
	if c.drop(1) {
		l.memory.put(c.mem)
	}
}
