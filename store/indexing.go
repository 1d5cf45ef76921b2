package store

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// runsOfALevel is how many runs of about the same size there may be before they are merged.
// Levels are powers of four, so an entry that stays is written again once for each time
// the backlog has grown fourfold since.
const runsOfALevel = 4

// indexSegments writes the live entries that gs enqueued into a new run, if there are any.
// Damage that it meets is told and skipped. REQUIRES mu.
func (k *keeper) indexSegments(gs []*segment) error {
	if len(gs) == 0 {
		return nil
	}
	g := gatherer{index: k.s.index, queues: map[uint64]*gathered{}}
	for _, seg := range gs {
		if err := k.gather(&g, seg); err != nil {
			return err
		}
	}
	if g.n > 0 {
		r := &run{number: k.nextRun, first: gs[0].id, last: gs[len(gs)-1].id}
		if err := k.writeRun(r, func(f File) error { return g.write(f, r) }); err != nil {
			return err
		}
		k.runs = append(k.runs, r)
	}
	for _, seg := range gs {
		seg.indexed = true
	}
	return nil
}

// gather adds the live entries that seg enqueued.
func (k *keeper) gather(g *gatherer, seg *segment) error {
	f, err := k.s.o.FS.Open(k.s.files.path(segmentName(seg.id)))
	if err != nil {
		return fmt.Errorf("%w: %w", errReading, err)
	}
	defer f.Close()
	sc := k.s.scan(f, seg.id, seg.end.Load())
	sc.skipMessages = true
	for {
		r, err := sc.next()
		if err == nil && r.kind == kindEnqueue {
			err = g.enqueue(r.payload)
		}
		switch {
		case err == nil:
		case errors.Is(err, errEnd) && sc.off == sc.end:
			return nil
		case errors.Is(err, errReading):
			return err
		default:
			if err := k.s.skipDamage(sc); err != nil {
				return err
			}
		}
	}
}

// writeRun makes the file of r, which has the next number, durable with what write puts
// into it.
func (k *keeper) writeRun(r *run, write func(File) error) error {
	k.nextRun++
	path := k.s.files.path(r.name())
	f, err := k.s.o.FS.Create(path)
	if err != nil {
		return fmt.Errorf("making index run: %w", err)
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		err = k.s.o.FS.SyncDir(k.s.files.dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing index run %d: %w", r.number, err), k.s.o.FS.Remove(path))
	}
	k.s.stats.indexed.Add(uint64(r.octets))
	r.weight = k.weigh(r)
	return nil
}

// weigh counts the references to messages in the segments of a run.
func (k *keeper) weigh(r *run) int {
	n := 0
	k.s.segments.each(func(id uint32, g *segment) bool {
		if id >= r.first && id <= r.last {
			n += references(g.refs.Load())
		}
		return id <= r.last
	})
	return n
}

// compact merges runs of like size and writes those anew of whose entries few are left.
// REQUIRES mu.
func (k *keeper) compact() error {
	for !k.pinned {
		from, to := k.chooseRuns()
		if from == to {
			break
		}
		merged, err := k.mergeRuns(k.runs[from:to])
		if err != nil {
			return err
		}
		k.garbage = append(k.garbage, k.runs[from:to]...)
		if merged.entries == 0 {
			k.garbage = append(k.garbage, merged)
			k.runs = slices.Delete(k.runs, from, to)
			continue
		}
		k.runs = slices.Replace(k.runs, from, to, merged)
	}
	return nil
}

// chooseRuns returns the range of runs to merge, which may be one to write anew; from == to:
// none.
func (k *keeper) chooseRuns() (from, to int) {
	for i, r := range k.runs {
		if k.weigh(r) < r.weight/2 || r.weight == 1 && k.weigh(r) == 0 {
			return i, i + 1
		}
	}
	for i := range k.runs {
		highest, n := 0, 0
		for _, r := range k.runs[i:] {
			switch level := bits.Len(uint(r.entries)) / 2; {
			case level > highest:
				highest, n = level, 1
			case level == highest:
				n++
			}
		}
		if n >= runsOfALevel {
			return i, len(k.runs)
		}
	}
	return 0, 0
}

// mergeRuns writes the live entries of neighbouring runs into a new one.
func (k *keeper) mergeRuns(runs []*run) (*run, error) {
	sources := make([]*blockReader, 0, len(runs))
	for _, r := range runs {
		f, err := k.s.o.FS.Open(k.s.files.path(r.name()))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errReading, err)
		}
		defer f.Close()
		b, err := openRun(f, r)
		if err != nil {
			return nil, err
		}
		sources = append(sources, b)
	}
	into := &run{number: k.nextRun, first: runs[0].first, last: runs[len(runs)-1].last}
	err := k.writeRun(into, func(f File) error { return mergeRuns(k.s.index, sources, f, into) })
	return into, err
}

// removeRuns removes the runs that the root does not name any more. REQUIRES mu.
func (k *keeper) removeRuns() error {
	for len(k.garbage) > 0 {
		err := k.s.o.FS.Remove(k.s.files.path(k.garbage[0].name()))
		if ignoreMissing(err) != nil {
			return fmt.Errorf("removing index run: %w", err)
		}
		k.garbage = k.garbage[1:]
	}
	return nil
}

// pruneDropped forgets deleted queues that nothing can bring back: no run has entries of
// the segments up to the record that dropped them, and they are not replayed.
func (x *index) pruneDropped(runs []*run, replay uint32) {
	oldest := replay
	for _, r := range runs {
		oldest = min(oldest, r.first)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, segment := range x.dropped {
		if segment < oldest {
			delete(x.dropped, id)
		}
	}
}
