package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Without a checkpoint
//
// The checkpoint is the root of everything, so a start without it is refused. Repair may go
// on without: Options.rebuild makes recovery replay every segment there is, and take what
// index runs there are as they are. What is not known then is which entries were settled by
// records in segments that have been given back: such messages may come back. None is lost.

// readRoot reads the checkpoint, or makes one of what there is if that is allowed.
func (r *recovery) readRoot() (err error) {
	s := r.s
	r.root, err = s.readCheckpoint()
	if err == nil && r.root != nil {
		err = r.mustBeNewest()
	}
	if s.o.rebuild && (errors.Is(err, ErrCorrupt) || err == nil && r.root == nil) {
		r.scanned = true
		r.root, err = r.rootFromRuns()
	}
	if err != nil {
		return err
	}
	if r.root == nil {
		r.fresh = true
		r.root = &checkpoint{}
	}
	r.from = r.root.replay
	if s.o.rebuild {
		r.from = 0
	}
	s.unclean = !r.root.clean
	r.moved = r.root.moved
	k := s.keeper
	k.runs, k.replay, k.serial = r.root.runs, r.root.replay, r.root.serial
	for _, run := range k.runs {
		k.nextRun = max(k.nextRun, run.number+1)
	}
	return nil
}

// mustBeNewest refuses a checkpoint from before the one that was written last. A run that it
// names is removed only after the next checkpoint, which names those that took its place.
func (r *recovery) mustBeNewest() error {
	files := r.s.files
	names, err := files.fs.List(files.dir)
	if err != nil {
		return err
	}
	others := slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(name, runSuffix) && !r.named(name) })
	missing := slices.ContainsFunc(r.root.runs, func(o *run) bool { return !slices.Contains(names, o.name()) })
	if !others || !missing {
		return nil
	}
	r.s.damage(Damage{File: inLog(checkpointNames[0]), What: "older than the rest of the log"})
	r.s.index.queues, r.s.index.dropped = newIndex().queues, newIndex().dropped
	return fmt.Errorf("%w: log/%s is older than the rest of the log: restore the directory from a backup, "+
		"or run amqpd check --repair", ErrCorrupt, checkpointNames[0])
}

// mustHaveDefinitions refuses a table of definitions from before the checkpoint: without those
// that are missing the queues of the log have no names.
func (r *recovery) mustHaveDefinitions() error {
	if r.folded < r.root.folded {
		return fmt.Errorf("%w: %s is missing or older than the log: take it from the backup that the rest is from, "+
			"or run amqpd check --repair", ErrCorrupt, definitionsName)
	}
	return nil
}

// mustBeFresh refuses a log without a checkpoint: before the first one is written nothing is.
func (r *recovery) mustBeFresh(runs int) error {
	if r.fresh && !r.s.o.rebuild && (len(r.logs) > 0 || runs > 0) {
		return fmt.Errorf("%w: log/%s is missing: restore the directory from a backup, "+
			"or run amqpd check --repair", ErrCorrupt, checkpointNames[0])
	}
	return nil
}

// rootFromRuns makes a checkpoint of the index runs that are whole. Where two are about the
// same segments the newer one counts, of which the older one was a source. Others are put
// aside with what is damaged.
func (r *recovery) rootFromRuns() (*checkpoint, error) {
	files := r.s.files
	names, err := files.fs.List(files.dir)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	slices.Reverse(names)
	root := &checkpoint{ends: map[uint32]uint32{}, replay: 1}
	for _, name := range names {
		if !strings.HasSuffix(name, runSuffix) {
			continue
		}
		found, err := r.wholeRun(name)
		if errors.Is(err, errReading) {
			return nil, err
		}
		if err == nil && slices.ContainsFunc(root.runs, func(o *run) bool { return o.first <= found.last && found.first <= o.last }) {
			err = errors.New("a newer one has the same segments")
		}
		if err != nil {
			r.s.damage(Damage{File: inLog(name), What: err.Error(), remedy: setAside})
			continue
		}
		root.runs = append(root.runs, found)
		root.replay = max(root.replay, found.last+1)
	}
	sortRuns(root.runs)
	return root, nil
}

func sortRuns(runs []*run) {
	slices.SortFunc(runs, func(a, b *run) int { return cmp.Compare(a.first, b.first) })
}

// wholeRun reads a run that no checkpoint names, and notes the queues in it: every number up
// to that of its last entry is used up.
func (r *recovery) wholeRun(name string) (*run, error) {
	found := &run{}
	if _, err := fmt.Sscanf(name, "%08x"+runSuffix, &found.number); err != nil || name != found.name() {
		return nil, errors.New("not the name of an index run")
	}
	b, f, err := openBlocks(r.s.o.FS, r.s.files.path(name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errReading, err)
	}
	defer f.Close()
	found.octets = b.size
	if ok, err := b.next(); err != nil || !ok || b.typ != blockRun {
		return nil, orCorrupt(err)
	}
	d := decoder{p: b.payload}
	if found.first, found.last = d.uint32(), d.uint32(); d.done() != nil || found.last < found.first {
		return nil, ErrCorrupt
	}
	next := map[uint64]uint64{}
	err = b.each(func(int64) error {
		found.entries += int(b.count)
		return readEntries(decoder{p: b.payload}, int(b.count), func(e *Entry) { next[b.queue] = e.Seq + 1 })
	})
	if err != nil {
		return nil, err
	}
	x := r.s.index
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, seq := range next {
		q := x.queue(id)
		q.next = max(q.next, seq)
	}
	return found, nil
}

// indexed reports whether the entries that a segment enqueued are in a run or settled.
func (r *recovery) indexed(segment uint32) bool {
	if !r.scanned {
		return segment < r.root.replay
	}
	return slices.ContainsFunc(r.root.runs, func(o *run) bool { return o.first <= segment && segment <= o.last })
}

// indexGaps makes runs of the segments between those that have some.
func (r *recovery) indexGaps() error {
	k := r.s.keeper
	known := slices.Clone(k.runs)
	next := func(id uint32) int { // the known run behind a segment
		return slices.IndexFunc(known, func(o *run) bool { return o.first > id })
	}
	gs := k.sealed()
	for len(gs) > 0 {
		n := 1
		for n < min(len(gs), indexAtOnce) && next(gs[n].id) == next(gs[0].id) {
			n++
		}
		if err := k.withSpace(func() error { return k.indexSegments(gs[:n]) }); err != nil {
			return err
		}
		gs = gs[n:]
	}
	sortRuns(k.runs)
	return nil
}

// restHoldsNothing reports whether nothing of its own follows in a segment whose successor is
// not there any more to say where it ended. It leaves sc where it was.
func (r *recovery) restHoldsNothing(sc *scanner) (bool, error) {
	at := sc.off
	err := sc.resync()
	nothing := sc.off >= sc.end
	sc.off = at
	return nothing, err
}
