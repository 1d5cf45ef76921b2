package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

// run is a file of entries: those that a range of segments enqueued and that were live
// when it was written. Runs do not change. New ones are made from sealed segments, and
// runs of like size are merged, so that there are few of them and each entry is written
// a few times, not once for every checkpoint.
type run struct {
	number      uint32
	first, last uint32 // segments
	octets      int64
	entries     int

	// weight is how many references the segments had when the run was written. When few of
	// them are left most entries are settled, and the run is written anew.
	weight int

	// blocks tells where each queue's entries are, ascending by queue, then by offset. Only
	// between Open and RecoveryDone.
	blocks []runBlock
}

// runBlock is where a block of a queue's entries is.
type runBlock struct {
	queue uint64
	off   int64
	size  uint32 // octets with the header
	n     uint32 // entries
}

func (r *run) name() string { return fmt.Sprintf("%08x%s", r.number, runSuffix) }

// gathered is the entries of one queue on their way into a run, encoded.
type gathered struct {
	p    []byte
	last Entry
	n    int
	cuts []blockCut // ends of the blocks before the last
}

// blockCut is where a block ends: n entries in end octets, both from the queue's start.
type blockCut struct{ end, n int }

// add appends an entry.
func (g *gathered) add(e *Entry) {
	start := 0
	if len(g.cuts) > 0 {
		start = g.cuts[len(g.cuts)-1].end
	}
	if len(g.p)-start >= blockTarget {
		g.cuts = append(g.cuts, blockCut{len(g.p), g.n})
		g.last = Entry{}
	}
	g.p = appendEntry(g.p, &g.last, e)
	g.last = *e
	g.n++
}

// write writes the blocks of queue.
func (g *gathered) write(w *blockWriter, queue uint64) {
	from := blockCut{}
	for _, to := range append(g.cuts, blockCut{len(g.p), g.n}) {
		w.p = append(w.p, g.p[from.end:to.end]...)
		w.flush(blockHeader{count: uint32(to.n - from.n), typ: blockEntries, queue: queue})
		from = to
	}
}

// each calls f with every entry.
func (g *gathered) each(f func(*Entry)) error {
	from := blockCut{}
	for _, to := range append(g.cuts, blockCut{len(g.p), g.n}) {
		d := decoder{p: g.p[from.end:to.end]}
		if err := readEntries(d, to.n-from.n, f); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// gatherer collects the live entries that segments enqueued.
type gatherer struct {
	index  *index
	queues map[uint64]*gathered
	n      int

	entries entryReader // of the record at hand, here so that it is not allocated
}

// enqueue takes the live entries of an enqueue record.
func (g *gatherer) enqueue(payload []byte) error {
	d := decoder{p: payload}
	queue := d.uvarint()
	g.index.mu.Lock()
	defer g.index.mu.Unlock()
	live := g.index.filter(queue)
	if live.gone {
		return nil
	}
	var to *gathered
	r := &g.entries
	*r = entryReader{left: d.count(2)}
	for r.decoder = d; r.next(); {
		if !live.live(r.last.Seq) {
			continue
		}
		if to == nil {
			to = g.queue(queue)
		}
		to.add(&r.last)
		g.n++
	}
	return r.done()
}

// queue returns what was gathered for a queue.
func (g *gatherer) queue(id uint64) *gathered {
	to := g.queues[id]
	if to == nil {
		to = &gathered{}
		g.queues[id] = to
	}
	return to
}

// write makes a run of what was gathered.
func (g *gatherer) write(f File, r *run) error {
	w := newBlockWriter(f)
	writeRunHeader(w, r)
	ids := make([]uint64, 0, len(g.queues))
	for id := range g.queues {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		g.queues[id].write(w, id)
	}
	r.entries = g.n
	var err error
	r.octets, err = w.finish()
	return err
}

func writeRunHeader(w *blockWriter, r *run) {
	w.p = binary.LittleEndian.AppendUint32(w.p, r.first)
	w.p = binary.LittleEndian.AppendUint32(w.p, r.last)
	w.flush(blockHeader{typ: blockRun})
}

// openRun reads the first block of a run and checks that it is the one r describes.
func openRun(f File, r *run) (*blockReader, error) {
	b := newBlockReader(f, r.name(), r.octets)
	if ok, err := b.next(); err != nil || !ok {
		return nil, fmt.Errorf("%s: %w", r.name(), orCorrupt(err))
	}
	d := decoder{p: b.payload}
	if b.typ != blockRun || d.uint32() != r.first || d.uint32() != r.last || d.done() != nil {
		return nil, fmt.Errorf("%s is another run: %w", r.name(), ErrCorrupt)
	}
	return b, nil
}

// eachBlock calls f with every block of a run. The payload is valid during the call.
func (s *Store) eachBlock(r *run, f func(b runBlock, payload []byte) error) error {
	file, err := s.o.FS.Open(s.files.path(r.name()))
	if err != nil {
		return fmt.Errorf("%w index run %s: %w", errReading, r.name(), err)
	}
	defer file.Close()
	b, err := openRun(file, r)
	if err != nil {
		return err
	}
	return b.each(func(at int64) error {
		return f(runBlock{b.queue, at, uint32(b.off - at), b.count}, b.payload)
	})
}

// eachLive calls f with the live entries of a block.
func (s *Store) eachLive(b runBlock, payload []byte, f func(*Entry)) error {
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	live := s.index.filter(b.queue)
	if live.gone {
		return nil
	}
	return readEntries(decoder{p: payload}, int(b.n), func(e *Entry) {
		if live.live(e.Seq) {
			f(e)
		}
	})
}

func orCorrupt(err error) error {
	if err == nil {
		return ErrCorrupt
	}
	return err
}

// mergeRuns writes the live entries of sources, which are neighbours and ascend, into f.
func mergeRuns(x *index, sources []*blockReader, f File, into *run) error {
	w := newBlockWriter(f)
	writeRunHeader(w, into)
	m := merger{index: x, w: w}
	for i := range sources {
		if err := m.advance(sources, i); err != nil {
			return err
		}
	}
	for {
		queue, ok := lowestQueue(sources)
		if !ok {
			break
		}
		for i := range sources {
			if err := m.copyQueue(sources, i, queue); err != nil {
				return err
			}
		}
		m.endBlock(queue)
	}
	into.entries = m.n
	var err error
	into.octets, err = w.finish()
	return err
}

// merger copies live entries from runs into another.
type merger struct {
	index *index
	w     *blockWriter
	last  Entry // of the current block
	count int   // entries in the current block
	n     int   // entries in all
}

// advance goes to the next block of source i; a source at its end becomes nil.
func (m *merger) advance(sources []*blockReader, i int) error {
	ok, err := sources[i].next()
	if err == nil && ok && sources[i].typ != blockEntries {
		err = sources[i].damaged(sources[i].off)
	}
	if !ok {
		sources[i] = nil
	}
	return err
}

// lowestQueue returns the lowest queue that any source is at.
func lowestQueue(sources []*blockReader) (queue uint64, ok bool) {
	for _, s := range sources {
		if s != nil && (!ok || s.queue < queue) {
			queue, ok = s.queue, true
		}
	}
	return queue, ok
}

// copyQueue copies what source i has of queue.
func (m *merger) copyQueue(sources []*blockReader, i int, queue uint64) error {
	for sources[i] != nil && sources[i].queue == queue {
		if err := m.copyBlock(sources[i]); err != nil {
			return fmt.Errorf("%s: %w", sources[i].name, err)
		}
		if err := m.advance(sources, i); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) copyBlock(s *blockReader) error {
	m.index.mu.Lock()
	defer m.index.mu.Unlock()
	live := m.index.filter(s.queue)
	if live.gone {
		return nil
	}
	d := decoder{p: s.payload}
	return readEntries(d, int(s.count), func(e *Entry) {
		if !live.live(e.Seq) {
			return
		}
		if m.w.size() >= blockTarget {
			m.endBlock(s.queue)
		}
		m.w.p = appendEntry(m.w.p, &m.last, e)
		m.last = *e
		m.count++
		m.n++
	})
}

// endBlock ends the current block if there is anything in it.
func (m *merger) endBlock(queue uint64) {
	if m.count > 0 {
		m.w.flush(blockHeader{count: uint32(m.count), typ: blockEntries, queue: queue})
	}
	m.last, m.count = Entry{}, 0
}

// find returns the blocks of a queue.
func (r *run) find(queue uint64) []runBlock {
	lo := sort.Search(len(r.blocks), func(i int) bool { return r.blocks[i].queue >= queue })
	hi := lo
	for hi < len(r.blocks) && r.blocks[hi].queue == queue {
		hi++
	}
	return r.blocks[lo:hi]
}
