package store

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func logDir(dir string) string { return filepath.Join(dir, logDirName) }

// Open opens the data directory, making it if need be, and recovers what it holds. The
// caller then takes what it knows of with Definitions and Recovered, and calls
// RecoveryDone.
//
// Recovery, in order:
//
//  1. The directory is locked, its format checked.
//  2. The checkpoint gives the states of the queues and the index runs.
//  3. The log behind the checkpoint is replayed: whole records, whole groups. Where the
//     last segment ends in a torn write the log ends; anything else that does not check out
//     is damage, which is told and skipped.
//  4. What was replayed is synced, since from now on others build on it.
//  5. The log goes on in a new segment, whose header will say where the one before ends.
//     Nothing is ever written behind a torn write.
//  6. The entries of the replayed segments go into a run, the references to messages are
//     counted, and a new checkpoint is written.
//
// Errors are whole sentences where the user can do something about them.
func Open(o Options) (*Store, error) {
	start := time.Now()
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	lock, err := prepareDir(o.FS, o.Dir)
	if err != nil {
		return nil, err
	}
	s := newParts(o)
	s.lock = lock
	if err := errors.Join(removeSpill(o.FS, o.Dir), s.recover()); err != nil {
		if noSpace(err) {
			err = fmt.Errorf("%w: free some space there and start again", err)
		}
		s.files.closeAll()
		if s.definitions.db != nil {
			err = errors.Join(err, s.definitions.db.close())
		}
		return nil, fmt.Errorf("opening data directory %s: %w", o.Dir, errors.Join(err, lock.Close()))
	}
	s.stats.recovery = time.Since(start)
	go s.committer.run()
	go s.keeper.run()
	s.committer.kick() // the header of the new segment
	return s, nil
}

// recovery is what Open knows while it works.
type recovery struct {
	s    *Store
	root *checkpoint
	logs []*logFile // ascending

	folded  LSN             // definitions up to here are in the table
	moved   []movedMessage  // messages that were carried, in the order they were
	group   groupStart      // the group whose end was not seen yet
	pending []pendingRecord // its records
	highest uint32          // the highest segment number seen
	synced  LSN             // up to where marks say that the log was synced

	from    uint32 // the first segment that is replayed
	fresh   bool   // there is no checkpoint
	scanned bool   // the checkpoint was made of the runs that are there, see rebuild.go

	unused []string // files with the name of a segment that they do not hold
	cutOff []string // files of segments behind the end of the log, with records of theirs
	spares []string // files to be used again
	litter []string // files that a crash left behind
}

// logFile is a segment file that recovery found.
type logFile struct {
	segmentHeader
	length int64 // of the file
	end    uint32
	bad    bool // the header is damaged; only segment is known
}

// groupStart is where a group starts; zero: there is none.
type groupStart struct{ segment, off uint32 }

// recover does all of Open but locking and starting the goroutines.
func (s *Store) recover() error {
	r := &recovery{s: s}
	steps := []func() error{
		r.openDefinitions, r.readRoot, r.mustHaveDefinitions, r.findFiles, r.replay, r.tidy, r.startLog,
		r.indexReplayed, r.count, r.finish,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// definitionsOpener is a file system that has no real files for bbolt.
type definitionsOpener interface {
	openDefinitions(path string) (definitionsDB, error)
}

func (r *recovery) openDefinitions() (err error) {
	path := filepath.Join(r.s.o.Dir, definitionsName)
	if own, ok := r.s.o.FS.(definitionsOpener); ok {
		r.s.definitions.db, err = own.openDefinitions(path)
	} else {
		r.s.definitions.db, err = openBolt(path)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be opened: restore the directory from a backup, or run amqpd check --repair: %w",
			definitionsName, err)
	}
	if r.folded, err = r.s.definitions.db.position(); err != nil {
		return err
	}
	if !r.s.o.rebuild {
		r.s.keeper.copied = definitionsCopied(r.s.o.FS, r.s.o.Dir)
	}
	return nil
}

// findFiles sorts out what is in the log directory: segments that hold something, files
// that were prepared and not used, spares, runs, and what a crash left unfinished.
func (r *recovery) findFiles() error {
	files := r.s.files
	names, err := files.fs.List(files.dir)
	if err != nil {
		return err
	}
	slices.Sort(names)
	runs := 0
	for _, name := range names {
		if strings.HasSuffix(name, runSuffix) {
			runs++
		}
		switch id, isLog := parseSegmentName(name); {
		case isLog:
			f, err := r.readHeader(name, id)
			if err != nil {
				return err
			}
			r.highest = max(r.highest, id) // never used again: records may be left of it
			if f == nil {
				r.unused = append(r.unused, name)
				continue
			}
			r.logs = append(r.logs, f)
		case strings.HasPrefix(name, sparePrefix):
			r.spares = append(r.spares, name)
		case strings.HasSuffix(name, unfinished), strings.HasSuffix(name, runSuffix) && !r.named(name):
			r.litter = append(r.litter, name)
		}
	}
	r.strangers()
	return errors.Join(r.mustBeFresh(runs), r.judgeHeaders())
}

// strangers tells which files do not hold the segment that they are named for although a
// later one was begun. They are left alone: only files of segments to come are ours to use.
func (r *recovery) strangers() {
	r.unused = slices.DeleteFunc(r.unused, func(name string) bool {
		id, _ := parseSegmentName(name)
		if len(r.logs) == 0 || id > r.logs[len(r.logs)-1].segment {
			return false
		}
		r.s.damage(Damage{File: inLog(name), What: "not the segment that it is named for, which is lost", remedy: setAside})
		return true
	})
}

// judgeHeaders tells which headers are damaged. That of the newest segment may not have
// been written when the power went, although some of what follows it was: then nothing in
// the segment was ever synced, and it holds nothing.
func (r *recovery) judgeHeaders() error {
	for i, f := range r.logs {
		if !f.bad {
			continue
		}
		if i == len(r.logs)-1 {
			synced, err := r.everSynced(f)
			if err != nil {
				return err
			}
			if !synced {
				r.cutOff = append(r.cutOff, segmentName(f.segment))
				r.logs = r.logs[:i]
				break
			}
		}
		r.s.damage(Damage{File: inLog(segmentName(f.segment)), To: segmentHeaderSize,
			What: "the header of the segment; nothing is lost by it", remedy: newHeader})
		if i > 0 {
			before := r.logs[i-1]
			f.base = before.base + LSN(before.size) // not less than it was, which is what counts
		}
	}
	return nil
}

// everSynced reports whether the marks in a segment without a header say that some of it
// was synced: all those that are written before the first sync say the same.
func (r *recovery) everSynced(f *logFile) (bool, error) {
	file, err := r.s.o.FS.Open(r.s.files.path(segmentName(f.segment)))
	if err != nil {
		return false, err
	}
	defer file.Close()
	sc := r.s.scan(file, f.segment, uint32(min(f.length, int64(f.size))))
	sc.off = 0
	lowest, highest, err := sc.marksLater()
	return lowest != highest, err
}

// tidy does something about the files that hold nothing. Those that were cut off are removed
// and not used again: if this start ends before its checkpoint is written, the next one may
// give their numbers to other segments, and must not take for theirs what they held. The last
// one goes first, or a start that ends in between would leave one behind a gap.
func (r *recovery) tidy() error {
	files := r.s.files
	slices.Sort(r.cutOff)
	slices.Reverse(r.cutOff)
	for _, name := range slices.Concat(r.litter, r.cutOff) {
		if err := files.fs.Remove(files.path(name)); err != nil {
			return err
		}
	}
	files.adopt(r.spares)
	for _, name := range r.unused {
		if err := files.adoptUnused(name); err != nil {
			return err
		}
	}
	return nil
}

// named reports whether the root names a run.
func (r *recovery) named(name string) bool {
	return slices.ContainsFunc(r.root.runs, func(run *run) bool { return run.name() == name })
}

// readHeader returns what a segment file says it is, nil if nothing was written to it
// since it got its name.
func (r *recovery) readHeader(name string, id uint32) (*logFile, error) {
	f, err := r.s.o.FS.Open(r.s.files.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	length, err := f.Size()
	if err != nil {
		return nil, err
	}
	p := make([]byte, segmentHeaderSize)
	if _, err := f.ReadAt(p, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w the header of log segment %d: %w", errReading, id, err)
	}
	if h, ok := parseSegmentHeader(p); ok && h.segment == id {
		return &logFile{segmentHeader: h, length: length}, nil
	}
	sc := r.s.scan(f, id, uint32(min(length, headerSearch)))
	sc.off = 0
	if err := sc.resync(); err != nil {
		return nil, err
	}
	if sc.off == sc.end && !r.s.scan(f, id, uint32(min(length, maxSegmentLength))).wholeHere() {
		return nil, nil
	}
	return &logFile{
		segmentHeader: segmentHeader{segment: id, size: uint32(max(length, int64(r.s.o.SegmentSize)))},
		length:        length,
		bad:           true,
	}, nil
}

const (
	// headerSearch is how far into a file without a header is looked for records of its
	// segment, which tell a damaged header from a file that was never written. One that is
	// longer stands right behind the header.
	headerSearch = 4 << 20
	// maxSegmentLength bounds what is looked at of a file: offsets have 32 bits.
	maxSegmentLength = 1<<32 - 1
)

// replay shows the records behind the checkpoint to the index, and makes the segments.
func (r *recovery) replay() error {
	x := r.s.index
	x.mu.Lock()
	defer x.mu.Unlock()
	x.replay = true
	x.definitions = func(lsn LSN, cs []Change) {
		if lsn > r.folded {
			r.s.definitions.recovered(lsn, cs)
		}
	}
	x.carried = func(pos, now Pos) { r.moved = append(r.moved, movedMessage{pos, now}) }
	defer func() { x.replay, x.definitions, x.carried = false, nil, nil }()
	if !r.s.o.rebuild {
		r.checkChain()
	}
	progress := NewProgress(r.s.logger, "log")
	for i, f := range r.logs {
		progress.Tell(Count{"segments", i, len(r.logs)})
		last := i == len(r.logs)-1
		if f.segment < r.from {
			f.end = r.endOfIndexed(i)
			r.checkIndexed(f)
		} else if err := r.replaySegment(f, last); err != nil {
			return err
		}
	}
	r.dropTail()
	return nil
}

// checkChain tells which segments are missing between those that have to be replayed.
func (r *recovery) checkChain() {
	previous := uint32(0)
	for _, f := range r.logs {
		if f.segment < r.root.replay {
			previous = f.segment
			continue
		}
		if f.previous >= max(r.root.replay, 1) && f.previous != previous && !f.bad {
			r.s.damage(Damage{File: inLog(segmentName(f.previous)), What: "missing, with what was enqueued and settled in it"})
		}
		previous = f.segment
	}
}

// endOfIndexed returns where segment i, which is not replayed, ends.
func (r *recovery) endOfIndexed(i int) uint32 {
	f := r.logs[i]
	if end, ok := r.root.ends[f.segment]; ok {
		return end
	}
	if i+1 < len(r.logs) && r.logs[i+1].previous == f.segment {
		return r.logs[i+1].prevEnd
	}
	return uint32(min(f.length, int64(f.size)))
}
