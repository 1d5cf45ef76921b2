package store

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// recovered is what Open found and nobody has taken yet. The entries stay in the runs
// until they are asked for.
type recovered struct {
	mu    sync.Mutex
	known []uint64            // queues there were; set by Open
	taken map[uint64]struct{} // those that were asked for
	files map[uint32]File     // open runs, by number
}

// countRun notes where each queue's entries are in a run, and counts the references that
// the live ones hold.
func (s *Store) countRun(r *run) error {
	c := refCounter{s: s, counts: map[*segment]refCount{}, lost: map[uint32]int{}}
	var blocks []runBlock
	err := s.eachBlock(r, func(b runBlock, payload []byte) error {
		blocks = append(blocks, b)
		return s.eachLive(b, payload, c.add)
	})
	if err != nil {
		return err
	}
	r.blocks = blocks
	c.apply()
	r.weight = s.keeper.weigh(r)
	for segment, n := range c.lost {
		s.damage(Damage{File: inLog(segmentName(segment)), What: fmt.Sprintf("missing, with %d messages that queues hold", n)})
	}
	return nil
}

// messageOverhead is about what a message takes in the log besides its body.
const messageOverhead = 64

// refCounter counts references to segments.
type refCounter struct {
	s      *Store
	counts map[*segment]refCount
	lost   map[uint32]int // by segment: entries whose message is nowhere

	g     *segment // of the last entry, and its count so far
	id    uint32
	count refCount
}

// refCount is the references to a segment, and about how many octets they keep.
type refCount struct {
	n    int
	size uint64
}

func (c *refCounter) add(e *Entry) {
	if id := e.Pos.segment(); id != c.id {
		c.flush()
		c.g, c.id = c.s.segments.get(id), id
	}
	if c.g == nil || !c.g.has(e.Pos.offset()) {
		c.lost[e.Pos.segment()]++
		return
	}
	c.count.n++
	c.count.size += uint64(e.Size) + messageOverhead
}

// flush puts the count of the last segment to the others.
func (c *refCounter) flush() {
	if c.count.n > 0 {
		sum := c.counts[c.g]
		c.counts[c.g] = refCount{sum.n + c.count.n, sum.size + c.count.size}
	}
	c.count = refCount{}
}

// apply gives the segments the references that were counted.
func (c *refCounter) apply() {
	c.flush()
	for g, count := range c.counts {
		g.retain(count.n)
		g.average.Store(uint32(count.size / uint64(count.n)))
	}
}

// Unclean says that the process that used the directory before ended without Close. What
// it had appended in its last moments, marks of deliveries among it, may be missing.
func (s *Store) Unclean() bool { return s.unclean }

// Recovered hands over the live entries of a queue, in Seq order, and the lowest sequence
// number that it has not used. The references of the entries are the caller's from then
// on. It is for the time between Open and RecoveryDone, once for each queue.
func (s *Store) Recovered(queue uint64) (entries []Entry, next uint64) {
	n := 0
	for _, r := range s.keeper.startRuns() {
		for _, b := range r.find(queue) {
			n += int(b.n)
		}
	}
	if n > 0 {
		entries = make([]Entry, 0, n)
	}
	next = s.RecoveredEach(queue, func(some []Entry) { entries = append(entries, some...) })
	return entries, next
}

// RecoveredEach is Recovered for queues with more entries than should be in memory twice:
// it calls f with some thousand entries at a time. The slice is reused.
func (s *Store) RecoveredEach(queue uint64, f func([]Entry)) (next uint64) {
	s.recovered.mu.Lock()
	defer s.recovered.mu.Unlock()
	if s.recovered.taken == nil {
		s.recovered.taken = map[uint64]struct{}{}
	}
	s.recovered.taken[queue] = struct{}{}
	h := handover{s: s, queue: queue, f: f}
	for _, r := range s.keeper.startRuns() {
		for _, b := range r.find(queue) {
			if err := h.block(r, b); err != nil {
				s.damage(Damage{File: inLog(r.name()), From: b.off, To: b.off + int64(b.size),
					What: fmt.Sprintf("%d entries of queue %d: %v", b.n, queue, err), remedy: setAside})
			}
		}
	}
	if len(h.lost) > 0 {
		s.Settle(queue, h.lost)
	}
	next, _ = s.index.progress(queue)
	return next
}

// handover is one queue on its way to its owner.
type handover struct {
	s         *Store
	queue     uint64
	f         func([]Entry)
	delivered uint64
	some      []Entry
	lost      []Range // entries whose messages are gone
	buf       []byte
}

// block hands over the live entries of one block.
func (h *handover) block(r *run, b runBlock) error {
	file, err := h.s.recovered.open(h.s, r)
	if err != nil {
		return err
	}
	h.buf = slices.Grow(h.buf[:0], int(b.size))[:b.size]
	if _, err := file.ReadAt(h.buf, b.off); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w %s: %w", errReading, r.name(), err)
	}
	if !blockWhole(h.buf) {
		return fmt.Errorf("%s at %d: %w", r.name(), b.off, ErrCorrupt)
	}
	h.some = h.some[:0]
	_, h.delivered = h.s.index.progress(h.queue)
	err = h.s.eachLive(b, h.buf[blockHeaderSize:], h.add)
	if len(h.some) > 0 {
		h.f(h.some)
	}
	return err
}

func (h *handover) add(e *Entry) {
	if g := h.s.segments.get(e.Pos.segment()); g == nil || !g.has(e.Pos.offset()) {
		h.lost = append(h.lost, Range{e.Seq, e.Seq})
		return
	}
	h.some = append(h.some, *e)
	if e.Seq < h.delivered {
		h.some[len(h.some)-1].Flags |= FlagRedelivered
	}
}

// open returns the open file of a run. REQUIRES mu.
func (r *recovered) open(s *Store, of *run) (File, error) {
	if f := r.files[of.number]; f != nil {
		return f, nil
	}
	f, err := s.o.FS.Open(s.files.path(of.name()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errReading, err)
	}
	if r.files == nil {
		r.files = map[uint32]File{}
	}
	r.files[of.number] = f
	return f, nil
}

// startRuns returns the runs as they were at the start. They stay until RecoveryDone.
func (k *keeper) startRuns() []*run {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.runs
}

// RecoveryDone ends the recovery: queues that nobody has asked for are dropped with their
// entries, and from now on the store tidies up what the start needed.
func (s *Store) RecoveryDone() {
	for _, queue := range s.unclaimed() {
		var ps []Pos
		s.RecoveredEach(queue, func(some []Entry) {
			for i := range some {
				ps = append(ps, some[i].Pos)
			}
		})
		s.logger.Warn("dropping a queue that nothing refers to", "queue", queue, "messages", len(ps))
		s.DropQueue(queue)
		s.ReleaseAll(ps)
	}
	s.recovered.mu.Lock()
	for _, f := range s.recovered.files {
		_ = f.Close() // only read
	}
	s.recovered.files, s.recovered.taken, s.recovered.known = nil, nil, nil
	s.recovered.mu.Unlock()
	k := s.keeper
	k.mu.Lock()
	for _, r := range k.runs {
		r.blocks = nil
	}
	k.pinned = false
	k.mu.Unlock()
	k.nudge()
}

// unclaimed returns the queues of the start that were not asked for.
func (s *Store) unclaimed() []uint64 {
	s.recovered.mu.Lock()
	defer s.recovered.mu.Unlock()
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	var ids []uint64
	for _, id := range s.recovered.known {
		_, taken := s.recovered.taken[id]
		_, gone := s.index.dropped[id]
		if !taken && !gone {
			ids = append(ids, id)
		}
	}
	return ids
}

// noteQueues remembers which queues there are at the end of recovery.
func (s *Store) noteQueues() {
	known := map[uint64]struct{}{}
	for _, r := range s.keeper.runs {
		for _, b := range r.blocks {
			known[b.queue] = struct{}{}
		}
	}
	for id := range s.index.queues {
		known[id] = struct{}{}
	}
	for id := range s.index.dropped {
		delete(known, id)
	}
	s.recovered.known = slices.Sorted(maps.Keys(known))
}
