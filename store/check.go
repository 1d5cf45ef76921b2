package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
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
	dir := o.Dir
	c := &checker{w: w, places: map[uint32]*places{}}
	o.Log = slog.New(c)
	if _, err := readFormat(o.FS, dir); err != nil {
		return fmt.Errorf("%s is not a data directory of amqpd: %w", dir, err)
	}
	lock, err := prepareDir(o.FS, dir)
	if err != nil {
		return err
	}
	c.s = newParts(o)
	err = c.check()
	if err == nil && c.bad > 0 {
		err = fmt.Errorf("%d places in %s are damaged: %w", c.bad, dir, ErrCorrupt)
	}
	return errors.Join(err, lock.Close())
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
}

// places are the whole messages of a segment, where queues look for them.
type places struct {
	messages []uint32 // offsets, ascending
	carried  []uint32
}

// report prints one thing that is wrong.
func (c *checker) report(format string, args ...any) {
	c.bad++
	fmt.Fprintf(c.w, format+"\n", args...)
}

// check goes through definitions, checkpoint, log and runs.
func (c *checker) check() error {
	c.definitions()
	r := &recovery{s: c.s}
	if err := r.readRoot(); err != nil {
		if !errors.Is(err, ErrCorrupt) {
			return err
		}
		c.report("%v", err)
		r.root = &checkpoint{}
	}
	if err := r.findFiles(); err != nil {
		return err
	}
	if err := r.replay(); err != nil {
		return err
	}
	for _, f := range r.logs {
		if err := c.segment(f, f.segment < r.root.replay); err != nil {
			return err
		}
	}
	c.s.restoreMoves(r.moved)
	if err := c.indexed(r); err != nil {
		return err
	}
	fmt.Fprintf(c.w, "%d segments, %d messages of %d octets, %d queues, %d entries: ",
		len(r.logs), c.messages, c.octets, len(c.s.index.queues), c.entries)
	if c.bad == 0 {
		fmt.Fprintln(c.w, "no damage")
	} else {
		fmt.Fprintf(c.w, "%d places are damaged\n", c.bad)
	}
	return nil
}

// definitions checks the table of definitions.
func (c *checker) definitions() {
	path := filepath.Join(c.s.o.Dir, definitionsName)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		c.report("%s: %v", path, err)
		return
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			c.report("%s: %v", path, err)
		}
		return nil
	})
	if err != nil {
		c.report("%s: %v", path, err)
	}
}

// segment reads all records of a segment and notes where its messages are. Damage in what
// recovery replays was told before.
func (c *checker) segment(f *logFile, tell bool) error {
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
			from := sc.off
			if err := sc.resync(); err != nil {
				return err
			}
			if tell {
				c.report("log segment %d: %d octets from %d on are damaged", f.segment, sc.off-from, from)
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
		if err := c.run(run); err != nil {
			if errors.Is(err, errReading) {
				return err
			}
			c.report("%v", err)
		}
	}
	g := gatherer{index: c.s.index, queues: map[uint64]*gathered{}}
	for _, f := range r.logs {
		if f.segment < r.root.replay {
			continue
		}
		if err := c.s.keeper.gather(&g, c.s.segments.get(f.segment)); err != nil {
			return err
		}
	}
	for queue, some := range g.queues {
		if err := some.each(func(e *Entry) { c.entry(queue, e) }); err != nil {
			c.report("queue %d: %v", queue, err)
		}
	}
	return nil
}

// run checks one run and the messages of its entries.
func (c *checker) run(r *run) error {
	f, err := c.s.o.FS.Open(c.s.files.path(r.name()))
	if err != nil {
		return fmt.Errorf("index run %s: %w", r.name(), err)
	}
	defer f.Close()
	b, err := openRun(f, r)
	if err != nil {
		return err
	}
	for {
		if ok, err := b.next(); err != nil || !ok {
			return err
		}
		if err := c.s.eachLive(b.blockHeader, b.payload, func(e *Entry) { c.entry(b.queue, e) }); err != nil {
			return fmt.Errorf("%s at %d: %w", r.name(), b.off, err)
		}
	}
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
	c.report("queue %d: message %d at %v is lost", queue, e.Seq, e.Pos)
}

// The checker is also the handler of the log records of the recovery code that it uses:
// warnings and errors there are damage.

func (c *checker) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (c *checker) WithAttrs([]slog.Attr) slog.Handler           { return c }
func (c *checker) WithGroup(string) slog.Handler                { return c }

func (c *checker) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	c.report("%s", text)
	return nil
}
