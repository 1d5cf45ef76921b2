package store

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// The keeper's checkpoints: when one is due, and what goes into it.

// sealed returns the segments that can be indexed: sealed, synced, not indexed yet. The
// records of synced octets have been shown to the index. REQUIRES mu.
func (k *keeper) sealed() []*segment {
	var gs []*segment
	synced := k.synced()
	k.s.segments.each(func(_ uint32, g *segment) bool {
		if g.sealed.Load() && !g.indexed && g.base+LSN(g.end.Load()) <= synced {
			gs = append(gs, g)
		}
		return true
	})
	return gs
}

// checkpointDue reports whether enough has gathered, or space is wanted. REQUIRES mu.
func (k *keeper) checkpointDue() bool {
	if n := len(k.sealed()); n == 0 || n < indexAfter && !k.low.Load() && !k.quiet {
		return false
	}
	if wait := k.pause - time.Since(k.last); wait > 0 {
		k.again(wait)
		return false
	}
	return true
}

// checkpoint indexes the sealed segments and writes a new root, also where a run cannot be
// read to be merged: that must not keep every segment from now on. REQUIRES mu.
func (k *keeper) checkpoint(clean bool) error {
	for some := range slices.Chunk(k.sealed(), indexAtOnce) {
		if err := k.indexSegments(some); err != nil {
			return err
		}
		k.replay = some[len(some)-1].id + 1
	}
	unread := k.compact()
	if unread != nil && !ofReading(unread) {
		return unread
	}
	if err := k.writeRoot(&checkpoint{replay: k.replay, base: k.baseOf(k.replay), clean: clean}); err != nil {
		return err
	}
	k.last = time.Now()
	return errors.Join(unread, k.removeRuns())
}

// baseOf returns the base of a segment that was begun.
func (k *keeper) baseOf(id uint32) LSN {
	if g := k.s.segments.get(id); g != nil {
		return g.base
	}
	return k.s.log.end()
}

// writeRoot writes c as the new root, with the runs and everything else there is.
func (k *keeper) writeRoot(c *checkpoint) error {
	err := k.s.definitions.fold(k.synced())
	if err != nil {
		return err
	}
	if c.folded, err = k.s.definitions.db.position(); err != nil {
		return err
	}
	if c.folded != k.copied {
		if err := writeDefinitionsCopy(k.s.o.FS, k.s.o.Dir, k.s.definitions.db, c.folded); err != nil {
			return err
		}
		k.copied = c.folded
	}
	k.serial++
	c.serial = k.serial
	c.runs = k.runs
	c.ends = map[uint32]uint32{}
	k.s.segments.each(func(id uint32, g *segment) bool {
		if id < c.replay && !g.gone.Load() {
			c.ends[id] = g.end.Load()
		}
		return true
	})
	c.moved = k.s.movedMessages()
	octets, err := c.write(k.s.o.FS, k.s.files.dir, k.s.index, k.settle)
	k.s.stats.indexed.Add(octets)
	if err != nil {
		return fmt.Errorf("writing checkpoint: %w", err)
	}
	k.rooted = c.replay
	k.s.index.pruneDropped(k.runs, k.replay)
	k.publish()
	k.s.stats.checkpoints.Add(1)
	return nil
}

// settle is catchUp before a checkpoint becomes the root, see guardApproved.
func (k *keeper) settle() error {
	if k.s.o.off(guardApproved) {
		return nil
	}
	return k.catchUp()
}

// finish is the clean end: it indexes all there is, so that nothing is left to replay, and
// marks the root as clean. The committer has ended, so nothing changes any more.
func (k *keeper) finish() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	last := k.s.log.finish()
	if err := k.withSpace(func() error { return k.checkpoint(true) }); err != nil {
		return err
	}
	if err := k.reclaim(); err != nil {
		return err
	}
	return k.s.files.cut(last)
}
