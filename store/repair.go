package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"time"
)

// damagedDir is where Repair keeps what it takes away, below the data directory.
const damagedDir = "damaged"

// repairRounds: mending one thing can uncover another.
const repairRounds = 4

// Repair makes the directory of a stopped node usable again after damage. It prints what
// Check would, and what it does about it. Nothing is deleted: damaged files, and damaged
// octets of files that are otherwise whole, are first copied or moved to DIR/damaged/TIME.
//
//   - Damaged octets of the log become a blank record, so that the log around them is whole.
//   - Damaged index runs and checkpoints are made anew of the log, see rebuild.go.
//   - A damaged table of definitions is made anew of its copy and the log.
//   - Messages that cannot be read are settled, so that no queue waits for them.
//
// The error is nil if the directory is whole afterwards.
func Repair(dir string, w io.Writer) error { return repairDir(Options{Dir: dir}, w) }

func repairDir(o Options, w io.Writer) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	if _, err := readFormat(o.FS, o.Dir); err != nil {
		return fmt.Errorf("%s is not a data directory of amqpd: %w", o.Dir, err)
	}
	m := &mender{o: o, w: w, aside: filepath.Join(o.Dir, damagedDir, time.Now().UTC().Format("20060102T150405Z"))}
	damaged, err := m.mendFiles()
	if err != nil || !damaged {
		return err
	}
	if err := m.settleLost(); err != nil {
		return err
	}
	return checkDir(o, w)
}

// mender repairs one directory.
type mender struct {
	o     Options
	w     io.Writer
	aside string // where to put things
	made  bool   // it is there
}

func (m *mender) say(format string, args ...any) { fmt.Fprintf(m.w, format+"\n", args...) }

// mendFiles checks and mends until nothing is found that can be mended. It reports whether
// anything was damaged.
func (m *mender) mendFiles() (damaged bool, err error) {
	lock, err := prepareDir(m.o.FS, m.o.Dir)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	for range repairRounds {
		var found []Damage
		c := newChecker(m.o, m.w)
		tell := c.s.damages.tell
		c.s.damages.tell = func(d Damage) {
			found = append(found, d)
			tell(d)
		}
		err := c.check()
		if err == nil {
			return damaged, nil
		}
		if !errors.Is(err, ErrCorrupt) {
			return true, err
		}
		damaged = true
		mended := 0
		for _, d := range found {
			if d.remedy == noRemedy {
				continue
			}
			mended++
			if err := m.mend(d); err != nil {
				return true, fmt.Errorf("repairing %s: %w", d.File, err)
			}
		}
		if mended == 0 {
			break
		}
	}
	return damaged, nil
}

// mend does what is to be done about one damage.
func (m *mender) mend(d Damage) error {
	switch d.remedy {
	case setAside:
		return m.putAside(d.File)
	case blankOut:
		return m.blank(d)
	case newHeader:
		return m.writeHeader(d)
	case newDefinitions:
		return m.newDefinitions()
	}
	return nil
}

// path is where something goes that was named name, below the directory.
func (m *mender) path(name string) (string, error) {
	if !m.made {
		if err := m.o.FS.MkdirAll(m.aside); err != nil {
			return "", err
		}
		m.made = true
	}
	return filepath.Join(m.aside, strings.ReplaceAll(name, "/", "-")), nil
}

// putAside moves a file away.
func (m *mender) putAside(file string) error {
	to, err := m.path(file)
	if err != nil {
		return err
	}
	from := filepath.Join(m.o.Dir, filepath.FromSlash(file))
	if err := m.o.FS.Rename(from, to); err != nil {
		return ignoreMissing(err)
	}
	m.say("%s: moved to %s", file, to)
	return errors.Join(m.o.FS.SyncDir(m.aside), m.o.FS.SyncDir(filepath.Dir(from)))
}

// keep copies octets of a file away, and returns them. What is behind the file's end is zeros.
func (m *mender) keep(f File, d Damage) ([]byte, error) {
	p := make([]byte, d.To-d.From)
	n, err := f.ReadAt(p, d.From)
	if err != nil && !errors.Is(err, io.EOF) {
		n = 0 // a disk that does not read it
	}
	path, err := m.path(fmt.Sprintf("%s-%d-%d", d.File, d.From, d.To))
	if err != nil {
		return nil, err
	}
	to, err := m.o.FS.Create(path)
	if err != nil {
		return nil, err
	}
	_, err = to.WriteAt(p[:n], 0)
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return nil, err
	}
	m.say("%s: octets %d to %d are kept in %s", d.File, d.From, d.To, path)
	return p, m.o.FS.SyncDir(m.aside)
}

// blank copies damaged octets of a segment away and makes one record of the place.
func (m *mender) blank(d Damage) error {
	id, ok := parseSegmentName(filepath.Base(d.File))
	if !ok || d.To-d.From < recordHeaderSize {
		return fmt.Errorf("%w: no room for a record", ErrCorrupt)
	}
	return m.rewrite(d, func(p []byte) {
		putRecordHeader(p, kindBlank, id, len(p)-recordHeaderSize)
		sealRecord(p, uint32(d.From))
	})
}

// rewrite keeps the octets of d, and writes what change makes of them.
func (m *mender) rewrite(d Damage, change func([]byte)) error {
	f, err := m.o.FS.Open(filepath.Join(m.o.Dir, filepath.FromSlash(d.File)))
	if err != nil {
		return err
	}
	p, err := m.keep(f, d)
	if err == nil {
		change(p)
		_, err = f.WriteAt(p, d.From)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// writeHeader makes the header of a segment anew, of what the ones beside it say.
func (m *mender) writeHeader(d Damage) error {
	id, _ := parseSegmentName(filepath.Base(d.File))
	f, err := m.o.FS.Open(filepath.Join(m.o.Dir, filepath.FromSlash(d.File)))
	if err != nil {
		return err
	}
	length, err := f.Size()
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	h := segmentHeader{segment: id, size: uint32(length)}
	before, end, err := m.segmentEnd(id - 1)
	switch {
	case err == nil:
		h.previous, h.prevEnd, h.base = before.segment, end, before.base+LSN(end)
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrCorrupt):
		return err
	}
	return m.rewrite(d, func(p []byte) { h.put(p) })
}

// segmentEnd returns the header of a segment and the end of the last whole record in it.
func (m *mender) segmentEnd(id uint32) (h segmentHeader, end uint32, err error) {
	f, err := m.o.FS.Open(filepath.Join(logDir(m.o.Dir), segmentName(id)))
	if err != nil {
		return h, 0, err
	}
	defer f.Close()
	p := make([]byte, segmentHeaderSize)
	if _, err := f.ReadAt(p, 0); err != nil {
		return h, 0, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	h, ok := parseSegmentHeader(p)
	if !ok || h.segment != id {
		return h, 0, ErrCorrupt
	}
	end = segmentHeaderSize
	for sc := newScanner(f, id, h.size); sc.off < sc.end; {
		if _, err := sc.next(); err == nil {
			end = sc.off
		} else if errors.Is(err, errReading) {
			return h, 0, err
		} else if err := sc.resync(); err != nil {
			return h, 0, err
		}
	}
	return h, end, nil
}

// newDefinitions makes the table of definitions anew of its copy. What is missing there is
// in the part of the log that the next start replays.
func (m *mender) newDefinitions() error {
	var pairs []Change
	lsn, err := readDefinitionsCopy(m.o.FS, m.o.Dir, func(some []Change) { pairs = append(pairs, some...) })
	switch {
	case errors.Is(err, ErrCorrupt):
		pairs, lsn = nil, 0
		m.say("%s: %v; only those definitions are left that the log has", definitionsName, err)
		if err := m.putAside(definitionsCopy); err != nil {
			return err
		}
	case ignoreMissing(err) != nil:
		return err
	}
	if err := m.putAside(definitionsName); err != nil {
		return err
	}
	db, err := openBolt(filepath.Join(m.o.Dir, definitionsName))
	if err != nil {
		return err
	}
	m.say("%s: made of its copy with %d definitions", definitionsName, len(pairs))
	return errors.Join(db.apply(pairs, lsn), db.close())
}

// settleLost opens the directory, going on without a checkpoint if need be, and settles the
// entries of messages that cannot be read.
func (m *mender) settleLost() error {
	o := m.o
	o.rebuild = true
	o.Log = slog.New(slog.DiscardHandler)
	o.Fatal = func(error) {} // Close returns it
	s, err := Open(o)
	if err != nil {
		return err
	}
	reader := s.NewReader()
	for _, queue := range s.recovered.known {
		n := 0
		s.RecoveredEach(queue, func(some []Entry) {
			for i := range some {
				if _, err := reader.Read(some[i].Pos); Lost(err) {
					s.Settle(queue, []Range{{some[i].Seq, some[i].Seq}})
					s.Release(some[i].Pos)
					n++
				}
			}
		})
		if n > 0 {
			m.say("queue number %d: %d messages cannot be read and are settled", queue, n)
		}
	}
	reader.Done()
	return s.Close()
}
