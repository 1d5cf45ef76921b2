package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

// checkpoint is what the root file says: from which segment the log has to be replayed,
// which runs hold the entries of the segments before, and the state of the queues, which
// is at least as new as the place where the replay starts.
type checkpoint struct {
	replay uint32            // the first segment to replay
	base   LSN               // its base, or less if it was not begun
	clean  bool              // the store was closed; nothing is missing
	serial uint64            // one more than that of the checkpoint before
	folded LSN               // definitions up to here are in their table
	ends   map[uint32]uint32 // where the segments before it end
	runs   []*run
	moved  []movedMessage
}

// movedMessage is a message that was carried to another place.
type movedMessage struct{ pos, now Pos }

// checkpointNames are the files of the checkpoint: two copies, written one after the other,
// since without it every queue would be lost.
var checkpointNames = []string{"checkpoint", "checkpoint.copy"}

const (
	// queuesAtOnce is how many queues are written under one hold of the index's lock.
	queuesAtOnce = 512
	rootVersion  = 1
)

// write replaces both copies of the checkpoint in dir. x must have seen everything before
// c.replay. The file becomes the root only after approve, which waits until all that x had
// seen is synced: a checkpoint must not know more than the log. It returns what it has written.
func (c *checkpoint) write(fsys FS, dir string, x *index, approve func() error) (octets uint64, err error) {
	for _, name := range checkpointNames {
		err := replaceFile(fsys, filepath.Join(dir, name), func(f File) error {
			w := newBlockWriter(f)
			c.writeRoot(w)
			c.writeSegments(w)
			c.writeRuns(w)
			writeQueues(w, x)
			writeDropped(w, x)
			writeMoved(w, c.moved)
			n, err := w.finish()
			octets += uint64(n)
			if err != nil {
				return err
			}
			return approve()
		})
		if err != nil {
			return octets, err
		}
	}
	return octets, fsys.SyncDir(dir)
}

func (c *checkpoint) writeRoot(w *blockWriter) {
	w.p = binary.LittleEndian.AppendUint32(w.p, rootVersion)
	w.p = binary.LittleEndian.AppendUint32(w.p, c.replay)
	w.p = binary.LittleEndian.AppendUint64(w.p, uint64(c.base))
	clean := byte(0)
	if c.clean {
		clean = 1
	}
	w.p = append(w.p, clean)
	w.p = binary.LittleEndian.AppendUint64(w.p, c.serial)
	w.p = binary.LittleEndian.AppendUint64(w.p, uint64(c.folded))
	w.flush(blockHeader{typ: blockRoot})
}

func (c *checkpoint) writeSegments(w *blockWriter) {
	for id, end := range c.ends {
		w.p = binary.AppendUvarint(w.p, uint64(id))
		w.p = binary.AppendUvarint(w.p, uint64(end))
	}
	w.flush(blockHeader{typ: blockSegments, count: uint32(len(c.ends))})
}

func (c *checkpoint) writeRuns(w *blockWriter) {
	for _, r := range c.runs {
		for _, v := range [...]uint64{uint64(r.number), uint64(r.first), uint64(r.last), uint64(r.octets), uint64(r.entries)} {
			w.p = binary.AppendUvarint(w.p, v)
		}
	}
	w.flush(blockHeader{typ: blockRuns, count: uint32(len(c.runs))})
}

// writeQueues writes the states of the queues, giving the lock back in between. A queue
// that appears meanwhile is in the part of the log that is replayed.
func writeQueues(w *blockWriter, x *index) {
	x.mu.Lock()
	ids := make([]uint64, 0, len(x.queues))
	for id := range x.queues {
		ids = append(ids, id)
	}
	x.mu.Unlock()
	slices.Sort(ids)
	for some := range slices.Chunk(ids, queuesAtOnce) {
		x.mu.Lock()
		previous, n := uint64(0), uint32(0)
		for _, id := range some {
			q := x.queues[id]
			if q == nil {
				continue
			}
			w.p = binary.AppendUvarint(w.p, id-previous)
			w.p = binary.AppendUvarint(w.p, q.next)
			w.p = binary.AppendUvarint(w.p, q.delivered)
			w.p = q.settled.append(w.p)
			previous = id
			n++
		}
		x.mu.Unlock()
		w.flush(blockHeader{typ: blockQueues, count: n})
	}
}

func writeDropped(w *blockWriter, x *index) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, segment := range x.dropped {
		w.p = binary.AppendUvarint(w.p, id)
		w.p = binary.AppendUvarint(w.p, uint64(segment))
	}
	w.flush(blockHeader{typ: blockDropped, count: uint32(len(x.dropped))})
}

func writeMoved(w *blockWriter, moved []movedMessage) {
	for some := range slices.Chunk(moved, blockTarget/4) {
		var last movedMessage
		for _, m := range some {
			w.p = binary.AppendVarint(w.p, int64(m.pos-last.pos))
			w.p = binary.AppendVarint(w.p, int64(m.now-last.now))
			last = m
		}
		w.flush(blockHeader{typ: blockMoved, count: uint32(len(some))})
	}
}

// readCheckpoint reads the newer copy of the root of dir into the index, or if one is damaged,
// which is told, the other. Without any it returns nil.
func (s *Store) readCheckpoint() (*checkpoint, error) {
	var newest *checkpoint
	var err error
	for _, name := range checkpointNames {
		x := newIndex()
		c, failure := readCheckpointFile(s.o.FS, filepath.Join(s.files.dir, name), x)
		switch {
		case failure == nil && newest == nil:
			s.index.queues, s.index.dropped = x.queues, x.dropped
			newest = c
		case failure == nil && newest.serial < c.serial:
			s.damage(Damage{File: inLog(checkpointNames[0]), What: "older than its copy; nothing is lost by it", remedy: setAside})
			s.index.queues, s.index.dropped = x.queues, x.dropped
			newest = c
		case failure == nil:
		case errors.Is(failure, ErrCorrupt):
			s.damage(Damage{File: inLog(name), What: failure.Error(), remedy: setAside})
			err = failure
		case !errors.Is(failure, fs.ErrNotExist):
			return nil, failure
		}
	}
	if newest == nil && err != nil {
		return nil, fmt.Errorf("both copies of the checkpoint are damaged: restore the directory from a backup, "+
			"or run amqpd check --repair: %w", err)
	}
	return newest, nil
}

func readCheckpointFile(fsys FS, path string, x *index) (*checkpoint, error) {
	b, f, err := openBlocks(fsys, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &checkpoint{ends: map[uint32]uint32{}}
	err = b.each(func(int64) error {
		return c.readBlock(b.blockHeader, &decoder{p: b.payload}, x, b.blocks == 1)
	})
	if err == nil && c.replay == 0 {
		err = b.damaged(0)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// readBlock takes what one block says. The first must be the root block.
func (c *checkpoint) readBlock(h blockHeader, d *decoder, x *index, first bool) error {
	if first != (h.typ == blockRoot) {
		return errPayload
	}
	switch h.typ {
	case blockRoot:
		if d.uint32() != rootVersion {
			return errPayload
		}
		c.replay, c.base, c.clean = d.uint32(), LSN(d.uint64()), d.octet() == 1
		c.serial, c.folded = d.uint64(), LSN(d.uint64())
	case blockSegments:
		for n := h.count; n > 0 && !d.bad; n-- {
			id := uint32(d.uvarint())
			c.ends[id] = uint32(d.uvarint())
		}
	case blockRuns:
		for n := h.count; n > 0 && !d.bad; n-- {
			r := &run{number: uint32(d.uvarint()), first: uint32(d.uvarint()), last: uint32(d.uvarint())}
			r.octets, r.entries = int64(d.uvarint()), int(d.uvarint())
			c.runs = append(c.runs, r)
		}
	case blockQueues:
		id := uint64(0)
		for n := h.count; n > 0 && !d.bad; n-- {
			id += d.uvarint()
			x.queues[id] = &queueState{next: d.uvarint(), delivered: d.uvarint(), settled: d.settled()}
		}
	case blockDropped:
		for n := h.count; n > 0 && !d.bad; n-- {
			id := d.uvarint()
			x.dropped[id] = uint32(d.uvarint())
		}
	case blockMoved:
		var last movedMessage
		for n := h.count; n > 0 && !d.bad; n-- {
			last.pos += Pos(d.varint())
			last.now += Pos(d.varint())
			c.moved = append(c.moved, last)
		}
	default:
		return errPayload
	}
	return d.done()
}
