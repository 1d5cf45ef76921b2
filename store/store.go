package store

import (
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Store is an open data directory. All methods are safe for concurrent use.
type Store struct {
	o      Options
	logger *slog.Logger

	memory      memory
	transient   transient
	segments    table[segment]
	log         appendLog
	index       *index
	files       *segmentFiles
	cache       diskCache
	committer   *committer
	keeper      *keeper
	definitions definitions
	group       Group // the one that Begin hands out; used by who holds the log's lock
	stats       counters
	recovered   recovered
	damages     damages

	unclean   bool // set by recovery: the last stop was not Close
	lock      io.Closer
	closeOnce sync.Once
	closeErr  error
	closed    atomic.Bool

	unthrottled atomic.Bool
	interrupted atomic.Bool
}

// PutTransient keeps a payload, a, b and c one after the other, in memory only. The octets
// are copied before it returns. One reference belongs to the caller.
func (s *Store) PutTransient(a, b, c []byte) Pos { return s.transient.put(a, b, c) }

// PutDurable appends a payload, a, b and c one after the other, to the log. The octets are
// copied before it returns; they are durable once Durable() >= End(). One reference
// belongs to the caller. A message that no queue has an entry of does not survive a restart.
func (s *Store) PutDurable(a, b, c []byte) Pos { return s.log.put(a, b, c) }

// Retain adds n references to p, to which the caller holds one already.
func (s *Store) Retain(p Pos, n int) {
	if p.Transient() {
		s.transient.retain(p.segment(), n)
		return
	}
	s.segmentOf(p).retain(n)
}

// Release gives back one reference to p. The entry that it was for, if any, must have been
// settled before: while an entry is live it has a reference of its own.
func (s *Store) Release(p Pos) { s.releaseRun(p.segment(), 1) }

// ReleaseAll gives back one reference to each of ps. Neighbours in one segment cost one
// operation together, so ps are best in the order they were put.
func (s *Store) ReleaseAll(ps []Pos) {
	for i := 0; i < len(ps); {
		segment, n := ps[i].segment(), 1
		for i+n < len(ps) && ps[i+n].segment() == segment {
			n++
		}
		s.releaseRun(segment, n)
		i += n
	}
}

// releaseRun gives back n references to messages of one segment.
func (s *Store) releaseRun(segment uint32, n int) {
	if segment&transientSegment != 0 {
		s.transient.release(segment, n)
		return
	}
	g := s.segmentOf(makePos(segment, 0))
	if g.release(n) && g.sealed.Load() {
		s.keeper.nudge()
	}
}

// segmentOf returns the segment of a durable message that the caller holds a reference to.
func (s *Store) segmentOf(p Pos) *segment {
	g := s.segments.get(p.segment())
	if g == nil {
		panic("BUG: durable message used after it was released")
	}
	return g
}

// scratchSize is enough for the records of small batches, which are put together on the
// stack.
const scratchSize = 512

// Enqueue logs that a queue holds entries, in one record. Sequence numbers ascend within a
// queue over its whole life, and are below 1<<62; numbers may be left out. Each entry must
// have a reference to its message of its own, which stays when the entry is logged.
func (s *Store) Enqueue(queue uint64, entries []Entry) {
	var scratch [scratchSize]byte
	s.log.append(kindEnqueue, appendEnqueue(scratch[:0], queue, entries))
}

// Settle logs that the entries in ranges are gone: acknowledged, dropped, expired, purged
// or moved. It asks for no sync: after a crash the last ones may be back, then they are
// told as redelivered if Delivered said so. Numbers without an entry may be in a range.
func (s *Store) Settle(queue uint64, ranges []Range) {
	var scratch [scratchSize]byte
	s.log.append(kindSettle, appendSettle(scratch[:0], queue, ranges))
}

// Delivered logs that entries with Seq < upTo may have been delivered: after a crash they
// come with FlagRedelivered. It is cheap; call it when a consumer attaches and then in
// steps ahead of the deliveries.
func (s *Store) Delivered(queue uint64, upTo uint64) {
	var scratch [32]byte
	s.log.append(kindDelivered, appendDelivered(scratch[:0], queue, upTo))
}

// DropQueue logs that a queue is deleted and all its entries are gone. The caller releases
// the references of the entries after it. The queue's number is never used again.
func (s *Store) DropQueue(queue uint64) {
	var scratch [16]byte
	s.log.append(kindDrop, appendDrop(scratch[:0], queue))
}

// End returns the position behind everything appended so far.
func (s *Store) End() LSN { return s.log.end() }

// Durable returns up to where the log is durable, in the sense of Options.Sync.
func (s *Store) Durable() LSN { return LSN(s.committer.durable.Load()) }

// Kick tells the committer that somebody waits for what was appended. Call it once per
// batch. Without it octets reach the disk some 10 ms later.
func (s *Store) Kick() { s.committer.kick() }

// Wait blocks until l is durable. It returns early only if the log has failed, the store was
// closed or Interrupt called; Durable tells.
func (s *Store) Wait(l LSN) {
	if s.Durable() >= l {
		return
	}
	s.Kick()
	s.committer.waitUntil(func() bool { return s.Durable() >= l || s.interrupted.Load() })
}

// throttleSize is how many octets may wait to be written before Throttle blocks.
const throttleSize = 32 << 20

// Throttle writes transient messages to disk while there are more of them in memory than
// Options.TransientMemory. Then it blocks while more has been appended than the disk can
// take for a while, or the disk is almost full. Call it before a batch of publishes, holding
// no locks: the append calls never block, so that acknowledgements, which free space, always
// go through.
func (s *Store) Throttle() {
	if !s.keeper.low.Load() { // what space is left is for the log
		s.transient.relieve()
	}
	room := func() bool {
		return !s.keeper.low.Load() && uint64(s.log.end())-s.committer.written.Load() < throttleSize || s.unthrottled.Load()
	}
	if room() {
		return
	}
	start := time.Now()
	s.stats.throttling.Add(1)
	s.Kick()
	s.committer.waitUntil(room)
	s.stats.throttling.Add(-1)
	s.stats.throttled.Add(uint64(time.Since(start)))
}

// Unthrottle makes Throttle return at once from now on, for a node that stops: who is to
// end must not wait for a disk to have space.
func (s *Store) Unthrottle() {
	s.unthrottled.Store(true)
	s.committer.wakeWaiters()
}

// Interrupt makes Wait return at once from now on, though nothing may be durable: whoever
// calls it makes sure first that nobody is told that it was.
func (s *Store) Interrupt() {
	s.interrupted.Store(true)
	s.committer.wakeWaiters()
}

// WriteDefinitions appends changes of the definitions, all of which are recovered or none,
// and returns the position behind them, for Wait. Keys are 1 to 32,768 octets long. The
// values are copied.
func (s *Store) WriteDefinitions(cs []Change) LSN { return s.definitions.write(&s.log, cs) }

// Definitions calls f with all pairs in key order, including those that are not durable
// yet. Values are valid during the call. An error of f ends it and is returned. It is
// meant for the start; while it runs no definitions can be folded.
func (s *Store) Definitions(f func(key string, value []byte) error) error {
	if s.definitions.waiting() > 0 {
		if err := s.keeper.catchUp(); err != nil {
			return err
		}
	}
	if err := s.definitions.fold(s.keeper.synced()); err != nil {
		return err
	}
	return s.definitions.db.each(f)
}

// Close stops cleanly: everything is synced, the index covers all of it, and the next Open
// has nothing to replay. Nobody may use the store any more.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.closed.Store(true)
		s.closeErr = s.close()
	})
	return s.closeErr
}

func (s *Store) close() error {
	s.keeper.halt() // first: it waits for the committer
	close(s.committer.stop)
	<-s.committer.ended
	var err error
	if failure := s.committer.failed.Load(); failure != nil {
		err = *failure
	} else {
		err = s.keeper.finish()
	}
	if s.committer.cur != nil {
		s.files.written(s.committer.cur)
	}
	s.files.closeAll()
	s.cache.close()
	return errors.Join(err, s.transient.spill.close(), s.definitions.db.close(), s.lock.Close())
}

// newParts makes what a store consists of, not running yet.
func newParts(o Options) *Store {
	s := &Store{o: o, logger: o.Log, index: newIndex()}
	s.transient.memory, s.transient.cache = &s.memory, &s.cache
	s.transient.spill = spill{fs: o.FS, path: filepath.Join(o.Dir, spillName), log: o.Log, budget: int64(o.TransientMemory), left: o.DiskLeft}
	s.cache.memory = &s.memory
	s.cache.aging = time.AfterFunc(time.Hour, s.cache.age)
	s.cache.aging.Stop()
	s.files = &segmentFiles{
		fs:       o.FS,
		dir:      logDir(o.Dir),
		prepared: map[uint32]struct{}{},
		open:     map[uint32]*segment{},
	}
	s.keeper = newKeeper(s)
	s.committer = newCommitter(s)
	s.log = appendLog{
		memory:      &s.memory,
		segments:    &s.segments,
		segmentSize: o.SegmentSize,
		wake:        s.committer.kick,
		arm:         func() { s.committer.flush.Reset(flushDelay) },
		copies:      newCopies(),
	}
	return s
}

func newCommitter(s *Store) *committer {
	c := &committer{
		log:         &s.log,
		index:       s.index,
		files:       s.files,
		mode:        s.o.Sync,
		unchained:   s.o.off(guardChain),
		logger:      s.logger,
		durableFunc: s.o.Durable,
		fatal:       s.o.Fatal,
		nudge:       s.keeper.nudge,
		kicks:       make(chan struct{}, 1),
		syncs:       make(chan struct{}, 1),
		space:       make(chan struct{}, 1),
		stop:        make(chan struct{}),
		ended:       make(chan struct{}),
		copies:      newCopies(),
		stats:       &s.stats.commit,
		flush:       time.NewTimer(time.Hour),
		syncTick:    time.NewTimer(time.Hour),
	}
	c.budget.Store(int64(s.o.TailMemory))
	c.flush.Stop()
	c.syncTick.Stop()
	c.waiters.cond = sync.NewCond(&c.waiters)
	return c
}
