package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// flushDelay is how long appended octets wait for somebody to need them on disk.
	flushDelay = 10 * time.Millisecond
	// syncInterval is the time between two syncs in SyncInterval mode.
	syncInterval = 10 * time.Millisecond
	// fullRetry is how often a write is tried again while the disk is full.
	fullRetry = 250 * time.Millisecond
)

// errStopped: the committer was told to stop while it waited for space.
var errStopped = errors.New("stopped while the disk was full")

// committer is the one goroutine that writes the log. It takes what was appended while
// the last sync ran, adds the checksums, shows the records to the index, writes the
// memory they lie in, syncs, and says how far the log is durable. The more is going on,
// the more each sync carries; one lone message waits for one sync.
//
// Order that recovery relies on: a segment is synced whole before the header of the next
// one is written.
type committer struct {
	log       *appendLog
	index     *index
	files     *segmentFiles
	mode      SyncMode
	unchained bool         // guardChain is left out
	budget    atomic.Int64 // octets of the tail kept in memory; set by the keeper
	logger    *slog.Logger

	durableFunc func(LSN) // Options.Durable
	fatal       func(error)
	nudge       func() // makes the keeper look; must not block

	kicks chan struct{} // a token: somebody waits
	syncs chan struct{} // a token: the keeper wants a sync, whatever the mode
	space chan struct{} // a token: the keeper freed disk space
	stop  chan struct{} // closed: flush and end
	ended chan struct{} // closed when run returned

	written  atomic.Uint64 // LSN up to which the system has everything
	synced   atomic.Uint64 // LSN up to which the disk has everything
	durable  atomic.Uint64 // written or synced, as the mode says
	diskFull atomic.Bool
	failing  atomic.Bool // fail was called
	failed   atomic.Pointer[error]
	over     atomic.Bool // run has returned

	waiters struct {
		sync.Mutex
		cond *sync.Cond
		n    atomic.Int32
	}

	// What follows belongs to the goroutine.
	spans       []span
	unsynced    []span // written since the last sync of cur
	copies      *copies
	unsyncedEnd LSN // behind what was written

	cur       *segment    // the segment being written
	file      File        // its file
	preparing uint32      // the segment for whose successor the keeper was asked
	flush     *time.Timer // flushDelay after the first append that nobody waits for
	syncTick  *time.Timer // the next sync in SyncInterval mode
	lastSync  time.Time
	stats     *commitStats
}

// kick makes the committer look. It never blocks.
func (c *committer) kick() {
	select {
	case c.kicks <- struct{}{}:
	default:
	}
}

// wantSync makes the committer sync. It never blocks.
func (c *committer) wantSync() {
	select {
	case c.syncs <- struct{}{}:
	default:
	}
}

// run commits until stop is closed, then once more.
func (c *committer) run() {
	defer c.end()
	for {
		select {
		case <-c.kicks:
			c.step(false)
		case <-c.flush.C:
			c.step(false)
		case <-c.syncTick.C:
			c.step(true)
		case <-c.syncs:
			c.step(true)
		case <-c.stop:
			c.step(true)
			return
		}
	}
}

func (c *committer) end() {
	c.over.Store(true)
	c.wakeWaiters()
	c.flush.Stop()
	c.syncTick.Stop()
	close(c.ended)
}

// step commits what is new, and syncs what is written if that is wanted. After a failure
// it does nothing: what the disk has is unknown then, and trying again would hide it.
func (c *committer) step(sync bool) {
	if c.failed.Load() != nil {
		return
	}
	err := c.commit()
	if err == nil && sync {
		err = c.syncCurrent()
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.announce()
	limit := c.synced.Load()
	if c.mode == SyncOS {
		limit = c.written.Load()
	}
	c.log.evict(int(c.budget.Load()), LSN(limit))
	if c.cur != nil && c.cur.id != c.preparing && c.log.halfFull(c.cur) {
		c.preparing = c.cur.id
		c.nudge()
	}
}

// commit writes one batch.
func (c *committer) commit() error {
	spans, end, running := c.log.take(c.spans, LSN(c.synced.Load()), c.copies)
	c.spans = spans
	if len(spans) == 0 {
		return nil
	}
	running.wait()
	c.copies = running
	c.index.seal(spans)
	if err := c.write(spans); err != nil {
		return err
	}
	c.written.Store(uint64(end))
	clear(c.spans)
	switch {
	case c.mode == SyncAlways:
		return c.syncCurrent()
	case c.mode == SyncInterval && time.Since(c.lastSync) >= syncInterval:
		return c.syncCurrent()
	case c.mode == SyncInterval:
		c.syncTick.Reset(syncInterval)
	}
	return nil
}

// write writes the spans in order, going over to the next segment where they do.
func (c *committer) write(spans []span) error {
	octets := 0
	for _, p := range spans {
		if p.c.owner != c.cur {
			if err := c.enter(p.c.owner); err != nil {
				return err
			}
		}
		if err := c.healing(func() error { return writeSpan(c.file, p) }); err != nil {
			return fmt.Errorf("writing log segment %d: %w", c.cur.id, err)
		}
		c.unsyncedEnd = p.c.owner.base + LSN(p.to)
		if c.mode != SyncOS {
			c.unsynced = append(c.unsynced, p)
		}
		octets += int(p.to - p.from)
	}
	c.stats.wrote(octets)
	return nil
}

func writeSpan(f File, p span) error {
	_, err := f.WriteAt(p.octets(), int64(p.from))
	return err
}

// enter finishes the segment being written and goes over to g. It syncs in every mode:
// recovery takes the header of g as the word that all before it is on disk.
func (c *committer) enter(g *segment) error {
	if c.cur != nil {
		if err := c.syncBefore(); err != nil {
			return err
		}
		c.files.written(c.cur)
	}
	c.nudge()
	return c.healing(func() error {
		f, err := c.files.create(g.id, g.size)
		if err != nil {
			return fmt.Errorf("making log segment %d: %w", g.id, err)
		}
		c.cur, c.file = g, f
		g.file.Store(&segmentFile{File: f})
		return nil
	})
}

// syncBefore is syncCurrent before the next segment, see guardChain.
func (c *committer) syncBefore() error {
	if c.unchained {
		return nil
	}
	return c.syncCurrent()
}

// syncCurrent makes all that was written durable. If the disk turns out to be full only
// now, what was written is written again before the next sync: the failed one may have
// thrown it away. In SyncOS mode it may be out of memory already; nobody was promised it.
func (c *committer) syncCurrent() error {
	if uint64(c.unsyncedEnd) <= c.synced.Load() {
		return nil
	}
	again := false
	start := time.Now()
	err := c.healing(func() error {
		if again {
			for _, p := range c.unsynced {
				if err := writeSpan(c.file, p); err != nil {
					return err
				}
			}
		}
		again = true
		return c.file.Sync()
	})
	if err != nil {
		return fmt.Errorf("syncing log segment %d: %w", c.cur.id, err)
	}
	c.lastSync = time.Now()
	c.stats.synced(c.lastSync.Sub(start))
	c.synced.Store(uint64(c.unsyncedEnd))
	clear(c.unsynced)
	c.unsynced = c.unsynced[:0]
	return nil
}

// healing calls f until it does not fail for want of space or file descriptors.
func (c *committer) healing(f func() error) error {
	for {
		err := f()
		if !passes(err) {
			if c.diskFull.CompareAndSwap(true, false) {
				c.logger.Info("the log goes on")
			}
			return err
		}
		if c.diskFull.CompareAndSwap(false, true) {
			c.logger.Error(shortOf(err)+": nothing is confirmed until that has passed", "err", err)
			c.wakeWaiters()
		}
		c.nudge()
		select {
		case <-c.space:
		case <-time.After(fullRetry):
		case <-c.stop:
			return errors.Join(errStopped, err)
		}
	}
}

// announce tells everybody who waits how far the log is durable now.
func (c *committer) announce() {
	durable := c.written.Load()
	if c.mode == SyncAlways {
		durable = c.synced.Load()
	}
	if durable != c.durable.Load() {
		c.durable.Store(durable)
		if c.durableFunc != nil {
			c.durableFunc(LSN(durable))
		}
	}
	c.wakeWaiters()
}

func (c *committer) wakeWaiters() {
	if c.waiters.n.Load() == 0 {
		return
	}
	c.waiters.Lock()
	c.waiters.cond.Broadcast()
	c.waiters.Unlock()
}

// waitUntil blocks until done reports true or the committer has failed or ended. done is
// asked after each commit.
func (c *committer) waitUntil(done func() bool) {
	c.waiters.n.Add(1)
	defer c.waiters.n.Add(-1)
	c.waiters.Lock()
	defer c.waiters.Unlock()
	for !done() && c.failed.Load() == nil && !c.over.Load() {
		c.waiters.cond.Wait()
	}
}

// fail ends the log. A disk that failed once is not trusted again. Who waits learns of it only
// after fatal: where that ends the process nobody goes on as if what they wait for were
// durable.
func (c *committer) fail(err error) {
	if !c.failing.CompareAndSwap(false, true) {
		return
	}
	if !errors.Is(err, errStopped) { // that one Close reports
		c.logger.Error("FATAL: the log cannot be written", "err", err)
		c.fatal(err)
	}
	c.failed.Store(&err)
	c.wakeWaiters()
}
