package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// replaySegment shows the records of one segment to the index and finds its end.
func (r *recovery) replaySegment(f *logFile, last bool) error {
	r.s.stats.segments++
	file, err := r.s.o.FS.Open(r.s.files.path(segmentName(f.segment)))
	if err != nil {
		return err
	}
	defer file.Close()
	end, known := r.knownEnd(f)
	sc := r.s.scan(file, f.segment, end)
	for {
		rec, err := sc.next()
		switch {
		case err == nil:
			r.take(f, rec)
			continue
		case errors.Is(err, errReading):
			return err
		case sc.off == sc.end:
			f.end = sc.off
			if !known {
				r.checkLength(f)
			}
			return nil
		}
		if !last && !known {
			if over, err := r.restHoldsNothing(sc); err != nil || over {
				f.end = sc.off
				return err
			}
		}
		if last && !known {
			torn, err := r.torn(file, f, sc.off)
			if err != nil {
				return err
			}
			if torn {
				f.end = sc.off
				r.checkLength(f)
				return nil
			}
		}
		r.giveUpGroup()
		if err := r.s.skipDamage(sc); err != nil {
			return err
		}
	}
}

// checkLength tells if the last segment's file is shorter than it was made: its length is
// synced with the first records.
func (r *recovery) checkLength(f *logFile) {
	if f.length < int64(f.size) && r.synced > f.base {
		r.s.damage(Damage{File: inLog(segmentName(f.segment)), From: f.length, To: int64(f.size),
			What: "the end of the file is missing"})
	}
}

// checkIndexed tells if the file of a segment that is not replayed ends before its records do.
func (r *recovery) checkIndexed(f *logFile) {
	if _, known := r.knownEnd(f); known && f.length < int64(f.end) {
		r.s.damage(Damage{File: inLog(segmentName(f.segment)), From: f.length, To: int64(f.end),
			What: "the end of the file is missing, with the messages there", remedy: blankOut})
	}
}

// knownEnd returns where the records of f end, if the next segment or the root says so, and
// the end of the file otherwise.
func (r *recovery) knownEnd(f *logFile) (end uint32, known bool) {
	for _, next := range r.logs {
		if next.previous == f.segment && !next.bad {
			return next.prevEnd, true
		}
	}
	if end, known := r.root.ends[f.segment]; known {
		return end, true
	}
	return uint32(min(f.length, int64(f.size))), false
}

// torn reports whether the log simply ends at off of its last segment: what is there was
// being written when the process or the system stopped, and was never synced. If anything
// written later says that it was, it is damage.
func (r *recovery) torn(file File, f *logFile, off uint32) (bool, error) {
	sc := r.s.scan(file, f.segment, uint32(min(f.length, int64(f.size))))
	sc.off = off
	_, synced, err := sc.marksLater()
	return f.base+LSN(off) >= synced || r.s.o.off(guardMark), err
}

// take shows a record to the index, or keeps it until the end of its group has been seen.
func (r *recovery) take(f *logFile, rec record) {
	r.s.stats.records++
	if rec.more && r.group == (groupStart{}) && !r.s.o.off(guardGroup) {
		r.group = groupStart{f.segment, rec.off}
	}
	if r.group == (groupStart{}) {
		r.apply(pendingRecord{rec, f.segment, f.base})
		return
	}
	if rec.kind != kindMessage {
		rec.payload = slices.Clone(rec.payload)
	} else {
		rec.payload = nil
	}
	r.pending = append(r.pending, pendingRecord{rec, f.segment, f.base})
	if !rec.more {
		r.giveUpGroup()
	}
}

// pendingRecord is a record and where it is from.
type pendingRecord struct {
	record
	segment uint32
	base    LSN
}

// giveUpGroup applies the records of a group: all of them are there, or there is damage and
// to keep as much as possible is better than to keep groups whole.
func (r *recovery) giveUpGroup() {
	for _, p := range r.pending {
		r.apply(p)
	}
	r.pending, r.group = nil, groupStart{}
}

func (r *recovery) apply(p pendingRecord) {
	if p.kind == kindMark {
		if lsn, err := parseMark(p.payload); err == nil {
			r.synced = max(r.synced, lsn)
		}
	}
	lsn := p.base + LSN(p.off) + LSN(p.size())
	if err := r.s.index.apply(p.record, p.segment, lsn); err != nil {
		from := int64(p.off)
		r.s.damage(Damage{File: inLog(segmentName(p.segment)), From: from, To: from + int64(p.size()),
			What: fmt.Sprintf("%v: %v", p.kind, err), remedy: blankOut})
	}
}

// dropTail cuts the log where a group begins whose end was never written. The files behind
// that place hold nothing else.
func (r *recovery) dropTail() {
	for i, f := range r.logs {
		r.highest = max(r.highest, f.segment)
		if f.segment == r.group.segment {
			f.end = r.group.off
			for _, later := range r.logs[i+1:] {
				r.cutOff = append(r.cutOff, segmentName(later.segment))
				r.highest = max(r.highest, later.segment)
			}
			r.logs = r.logs[:i+1]
		}
	}
	r.pending, r.group = nil, groupStart{}
}

// startLog makes the segments known and starts a new one behind them.
func (r *recovery) startLog() error {
	s := r.s
	next := segmentHeader{segment: 1, size: uint32(s.o.SegmentSize), base: max(r.root.base, r.folded)}
	for _, f := range r.logs {
		g := &segment{id: f.segment, size: f.size, base: f.base, indexed: r.indexed(f.segment)}
		g.end.Store(f.end)
		g.sealed.Store(true)
		s.segments.set(g.id, g)
		next.previous, next.prevEnd = f.segment, f.end
		next.base = max(next.base, f.base+LSN(f.end))
	}
	if err := r.syncLast(); err != nil {
		return err
	}
	next.segment = max(next.segment, r.highest+1, r.root.replay)
	size, err := s.files.claim(next.segment, next.size)
	if err != nil {
		return fmt.Errorf("making log segment %d: %w", next.segment, err)
	}
	next.size = size
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.startSegment(next)
	s.log.takenEnd = next.base
	s.committer.written.Store(uint64(next.base))
	s.committer.synced.Store(uint64(next.base))
	s.committer.durable.Store(uint64(next.base))
	return nil
}

// syncLast makes durable what a crashed process had written and not synced. It was
// replayed, so it is going to be built upon.
func (r *recovery) syncLast() error {
	if len(r.logs) == 0 {
		return nil
	}
	last := r.logs[len(r.logs)-1]
	if last.segment < r.from {
		return nil
	}
	f, err := r.s.o.FS.Open(r.s.files.path(segmentName(last.segment)))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// indexReplayed puts the entries of the replayed segments into runs.
func (r *recovery) indexReplayed() error {
	k := r.s.keeper
	if r.scanned {
		if err := r.indexGaps(); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(k.sealed(), indexAtOnce) {
		if err := k.withSpace(func() error { return k.indexSegments(some) }); err != nil {
			return err
		}
	}
	k.replay = r.s.log.seg.id
	return nil
}

// count reads every run: it notes where each queue's entries are, and counts the references
// that they hold.
func (r *recovery) count() error {
	r.s.restoreMoves(r.moved)
	progress := NewProgress(r.s.logger, "index")
	done := 0
	for i := 0; i < len(r.s.keeper.runs); i++ {
		run := r.s.keeper.runs[i]
		progress.Tell(Count{"entries", done, r.s.keeper.entries()})
		err := r.s.countRun(run)
		if errors.Is(err, ErrCorrupt) || errors.Is(err, fs.ErrNotExist) {
			r.s.damage(Damage{File: inLog(run.name()), remedy: setAside,
				What: fmt.Sprintf("%v; what the log still has of it is read from there", err)})
			if err = r.rebuild(i); err == nil {
				i-- // count what took its place
				continue
			}
		}
		if err != nil {
			return err
		}
		done += run.entries
	}
	r.s.settleMoves()
	r.s.noteQueues()
	return nil
}

// entries is how many entries the runs have, live or not.
func (k *keeper) entries() (n int) {
	for _, r := range k.runs {
		n += r.entries
	}
	return n
}

// rebuild replaces run i, which is damaged, by one made of its segments as far as they are
// there. Those that are not had no live messages of their own.
func (r *recovery) rebuild(i int) error {
	k := r.s.keeper
	bad := k.runs[i]
	var gs []*segment
	r.s.segments.each(func(id uint32, g *segment) bool {
		if id >= bad.first && id <= bad.last && !g.gone.Load() {
			gs = append(gs, g)
		}
		return true
	})
	behind := slices.Clone(k.runs[i+1:])
	k.runs = k.runs[:i]
	if err := k.withSpace(func() error { return k.indexSegments(gs) }); err != nil {
		return err
	}
	k.runs = append(k.runs, behind...)
	k.garbage = append(k.garbage, bad)
	return nil
}

// finish writes the checkpoint that makes this start the base of the next, and gives back
// what turned out to be dead.
func (r *recovery) finish() error {
	k := r.s.keeper
	c := &checkpoint{replay: k.replay, base: r.s.log.seg.base}
	if err := k.withSpace(func() error { return k.writeRoot(c) }); err != nil {
		return err
	}
	if err := errors.Join(k.removeRuns(), k.reclaim()); err != nil {
		return err
	}
	k.started = true
	return nil
}
