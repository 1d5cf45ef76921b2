package store

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// Check verifies the data directory of a stopped node and prints to w what is wrong, a
// line each, and a summary. It reads every octet and changes none. The error wraps
// ErrCorrupt if there is damage.
func Check(dir string, w io.Writer) error { return checkDir(Options{Dir: dir}, w) }

func checkDir(o Options, w io.Writer) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	if _, err := readFormat(o.FS, o.Dir); err != nil {
		return fmt.Errorf("%s is not a data directory of amqpd: %w", o.Dir, err)
	}
	lock, err := prepareDir(o.FS, o.Dir)
	if err != nil {
		return err
	}
	c := newChecker(o, w)
	return errors.Join(c.check(), lock.Close())
}

// checker holds what Check has found out.
type checker struct {
	w   io.Writer
	s   *Store // not running
	bad int

	places   map[uint32]*places // by segment
	messages int
	octets   uint64
	entries  int
	lost     map[lostPlace]*lostMessages
}

// places are the whole messages of a segment, where queues look for them.
type places struct {
	messages []uint32 // offsets, ascending
	carried  []uint32
}

// lostMessages are those of one queue that are not in a segment where they should be.
type lostMessages struct {
	n           int
	first, last uint64 // sequence numbers
}

type lostPlace struct {
	segment uint32
	queue   uint64
}

// newChecker returns a checker of a directory whose lock is held.
func newChecker(o Options, w io.Writer) *checker {
	o.Log = slog.New(slog.DiscardHandler)
	c := &checker{w: w, places: map[uint32]*places{}, lost: map[lostPlace]*lostMessages{}, s: newParts(o)}
	c.s.damages.tell = func(d Damage) {
		c.bad++
		fmt.Fprintln(w, d)
	}
	return c
}

// check goes through definitions, checkpoint, log and runs. The error wraps ErrCorrupt if
// anything is wrong.
func (c *checker) check() error {
	r := &recovery{s: c.s, folded: c.definitions()}
	if err := c.root(r); err != nil {
		return err
	}
	if err := r.findFiles(); err != nil {
		return err
	}
	if r.fresh && (len(r.logs) > 0 || len(r.root.runs) > 0) {
		c.s.damage(Damage{File: inLog(checkpointNames[0]), What: "missing"})
	}
	if err := r.replay(); err != nil {
		return err
	}
	for _, f := range r.logs {
		if err := c.segment(f); err != nil {
			return err
		}
	}
	c.s.restoreMoves(r.moved)
	if err := c.indexed(r); err != nil {
		return err
	}
	c.tellLost()
	fmt.Fprintf(c.w, "%d segments, %d messages of %d octets, %d queues, %d entries: ",
		len(r.logs), c.messages, c.octets, len(c.s.index.queues), c.entries)
	if c.bad == 0 {
		fmt.Fprintln(c.w, "no damage")
		return nil
	}
	fmt.Fprintf(c.w, "%d places are damaged\n", c.bad)
	return fmt.Errorf("%d places in %s are damaged: %w", c.bad, c.s.o.Dir, ErrCorrupt)
}

// root reads the checkpoint. Without one that is whole, everything else is looked at as
// Repair would.
func (c *checker) root(r *recovery) error {
	err := r.readRoot()
	if r.fresh || errors.Is(err, ErrCorrupt) {
		c.s.o.rebuild = true
		err = r.readRoot()
	}
	if err == nil && r.folded < r.root.folded {
		c.s.damage(Damage{File: definitionsName, What: "missing or older than the log; its copy has it all", remedy: newDefinitions})
	}
	return err
}

// definitions checks the table of definitions and returns up to where it reaches.
func (c *checker) definitions() LSN {
	path := filepath.Join(c.s.o.Dir, definitionsName)
	lsn, err := checkDefinitions(c.s.o.FS, path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.s.damage(Damage{File: definitionsName, What: err.Error(), remedy: newDefinitions})
		return math.MaxInt64 // told once
	}
	return lsn
}

// checkDefinitions checks every page of the table of definitions, which it does not change.
func checkDefinitions(fsys FS, path string) (lsn LSN, err error) {
	if own, ok := fsys.(definitionsOpener); ok {
		db, err := own.openDefinitions(path)
		if err != nil {
			return 0, err
		}
		return db.position()
	}
	defer recoverBolt(&err)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		var errs []error
		for err := range tx.Check() {
			errs = append(errs, err)
		}
		if tx.Bucket(boltState) == nil || tx.Bucket(boltPairs) == nil {
			errs = append(errs, errors.New("its tables are missing"))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return boltDefinitions{db}.position()
}

// segment reads all records of a segment and notes where its messages are. Damage in what
// recovery replays was told before, and is not told again.
func (c *checker) segment(f *logFile) error {
	g := &segment{id: f.segment, size: f.size, base: f.base}
	g.end.Store(f.end)
	c.s.segments.set(g.id, g)
	file, err := c.s.o.FS.Open(c.s.files.path(segmentName(f.segment)))
	if err != nil {
		return err
	}
	defer file.Close()
	p := &places{}
	c.places[f.segment] = p
	sc := c.s.scan(file, f.segment, f.end)
	for {
		rec, err := sc.next()
		switch {
		case err == nil:
			c.note(p, rec)
		case errors.Is(err, errReading):
			return err
		case sc.off == sc.end:
			return nil
		default:
			if err := c.s.skipDamage(sc); err != nil {
				return err
			}
		}
	}
}

func (c *checker) note(p *places, rec record) {
	switch rec.kind {
	case kindMessage:
		p.messages = append(p.messages, rec.off)
		c.messages++
		c.octets += uint64(len(rec.payload))
	case kindCarried:
		p.carried = append(p.carried, rec.off)
	}
}

// indexed checks that the message of every live entry is there: of those in the runs, and
// of those that the replayed segments enqueued.
func (c *checker) indexed(r *recovery) error {
	for _, run := range r.root.runs {
		err := c.s.eachBlock(run, func(b runBlock, payload []byte) error {
			return c.s.eachLive(b, payload, func(e *Entry) { c.entry(b.queue, e) })
		})
		switch {
		case errors.Is(err, ErrCorrupt), errors.Is(err, fs.ErrNotExist):
			c.s.damage(Damage{File: inLog(run.name()), What: err.Error(), remedy: setAside})
		case err != nil:
			return err
		}
	}
	g := gatherer{index: c.s.index, queues: map[uint64]*gathered{}}
	for _, f := range r.logs {
		if r.indexed(f.segment) {
			continue
		}
		if err := c.s.keeper.gather(&g, c.s.segments.get(f.segment)); err != nil {
			return err
		}
	}
	for queue, some := range g.queues {
		if err := some.each(func(e *Entry) { c.entry(queue, e) }); err != nil {
			return fmt.Errorf("queue %d: %w", queue, err) // gathered a moment ago
		}
	}
	return nil
}

// entry checks that the message of an entry is whole.
func (c *checker) entry(queue uint64, e *Entry) {
	c.entries++
	if g := c.s.segments.get(e.Pos.segment()); g != nil {
		if now, carried := g.moved.Load().find(e.Pos.offset()); carried {
			if p := c.places[now.segment()]; p != nil {
				if _, ok := slices.BinarySearch(p.carried, now.offset()); ok {
					return
				}
			}
		}
	}
	if p := c.places[e.Pos.segment()]; p != nil {
		if _, ok := slices.BinarySearch(p.messages, e.Pos.offset()); ok {
			return
		}
	}
	at := lostPlace{e.Pos.segment(), queue}
	some := c.lost[at]
	if some == nil {
		some = &lostMessages{first: e.Seq}
		c.lost[at] = some
	}
	some.n++
	some.last = e.Seq
}

// tellLost tells which messages of queues are nowhere, by segment.
func (c *checker) tellLost() {
	places := slices.SortedFunc(maps.Keys(c.lost), func(a, b lostPlace) int {
		return cmp.Or(cmp.Compare(a.segment, b.segment), cmp.Compare(a.queue, b.queue))
	})
	for _, at := range places {
		some, missing := c.lost[at], ""
		if c.s.segments.get(at.segment) == nil {
			missing = "missing; "
		}
		c.s.damage(Damage{File: inLog(segmentName(at.segment)), What: fmt.Sprintf(
			"%squeue number %d has lost %d messages, of those from %d to %d", missing, at.queue, some.n, some.first, some.last)})
	}
}
