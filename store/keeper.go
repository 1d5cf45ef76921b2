package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// indexAfter is how many sealed segments may wait to be indexed. It bounds how much of
	// the log the next start replays.
	indexAfter = 2
	// indexAtOnce is how many segments go into one run at most; it bounds memory.
	indexAtOnce = 8
	// checkpointPause is the least time between two checkpoints.
	checkpointPause = 250 * time.Millisecond
	// foldPause is how long definitions wait to be folded together.
	foldPause = 200 * time.Millisecond
	// retryPause is how long the keeper waits after it failed for want of space.
	retryPause = time.Second
	// quietPause: a log that nothing was appended to for so long is quiet. Then every sealed
	// segment is indexed, so that it can go, and of the spares only the reserve is kept.
	quietPause = 2 * time.Second
)

// keeper is the goroutine that keeps house behind the log: it prepares the files of coming
// segments, turns sealed segments into index runs, writes checkpoints, folds definitions,
// and gives back segments that nobody needs. Everything it does can be late, or not done
// at all before a crash, without anything being lost.
type keeper struct {
	s     *Store
	wakes chan struct{} // a token: look
	stop  chan struct{}
	ended chan struct{}
	later *time.Timer // wakes the keeper for what is not due yet

	wait time.Duration // the shortest that again was called with in this round, 0: none; guarded by mu

	mu      sync.Mutex
	started bool
	runs    []*run // ascending by segments
	nextRun uint32 // number of the next run
	replay  uint32 // the first segment that is not indexed
	rooted  uint32 // the same as of the last checkpoint written: those before may go
	garbage []*run // not needed once the next root is written
	pinned  bool   // until RecoveryDone: the runs of the start stay
	serial  uint64 // of the last checkpoint
	copied  LSN    // up to where the copy of the definitions reaches, 0: unknown
	last    time.Time
	pause   time.Duration // checkpointPause, or what a test wants

	seenEnd    LSN           // the end of the log as of the last look
	movedAt    time.Time     // when it was found to have moved
	quiet      bool          // it has not moved for quietAfter
	quietAfter time.Duration // quietPause, or what a test wants

	lastCarry  time.Time
	carryWait  time.Duration  // how long until the next look for sparse segments
	carryEvery time.Duration  // carryPause, or what a test wants
	seen       map[uint32]int // the sparse segments of the last look, and what lived in them

	low  atomic.Bool // there is no space for the files of segments to come
	view atomic.Pointer[keeperView]
}

func newKeeper(s *Store) *keeper {
	k := &keeper{
		s:       s,
		wakes:   make(chan struct{}, 1),
		stop:    make(chan struct{}),
		ended:   make(chan struct{}),
		later:   time.NewTimer(time.Hour),
		nextRun: 1,
		pinned:  true,
		pause:   checkpointPause,

		carryEvery: carryPause,
		carryWait:  carryPause,
		quietAfter: quietPause,
	}
	k.later.Stop()
	k.publish()
	return k
}

// nudge makes the keeper look. It never blocks.
func (k *keeper) nudge() {
	select {
	case k.wakes <- struct{}{}:
	default:
	}
}

func (k *keeper) run() {
	defer close(k.ended)
	defer k.later.Stop()
	for {
		select {
		case <-k.wakes:
		case <-k.later.C:
		case <-k.stop:
			return
		}
		k.work()
	}
}

// again has the keeper look again after d at the latest. REQUIRES mu.
func (k *keeper) again(d time.Duration) {
	if d = max(d, time.Millisecond); k.wait == 0 || d < k.wait {
		k.wait = d
		k.later.Reset(d)
	}
}

// halt ends the goroutine, waiting for what it is doing.
func (k *keeper) halt() {
	close(k.stop)
	k.s.committer.wakeWaiters()
	<-k.ended
}

// work does what is due.
func (k *keeper) work() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wait = 0
	k.listen()
	err := k.makeRoom()
	if err == nil {
		err = k.withSpace(k.foldDefinitions)
	}
	if err == nil && k.checkpointDue() {
		err = k.withSpace(func() error { return k.checkpoint(false) })
	}
	if err == nil && !k.pinned && !k.low.Load() {
		err = k.carrySparse()
	}
	if err := errors.Join(err, k.reclaim()); err != nil {
		k.failed(err)
	}
	k.setBudget()
}

// listen finds out whether the log is quiet, and looks again while it is not. REQUIRES mu.
func (k *keeper) listen() {
	end := k.s.log.end()
	if end != k.seenEnd {
		k.seenEnd, k.movedAt = end, time.Now()
	}
	wait := k.quietAfter - time.Since(k.movedAt)
	if k.quiet = wait <= 0; !k.quiet {
		k.again(wait)
	}
}

// failed decides what an error means. Want of space passes; a file that cannot be read is
// told and tried again; a disk that does not take what is written is not to be trusted.
func (k *keeper) failed(err error) {
	switch {
	case passes(err):
		k.s.logger.Warn(shortOf(err)+": the log cannot be cleaned up", "err", err)
		k.again(retryPause)
	case ofReading(err):
		k.s.logger.Error("the log cannot be cleaned up", "err", err)
		k.again(retryPause)
	case errors.Is(err, ErrClosed):
	default:
		k.s.committer.fail(err)
	}
}

// setBudget tells the committer how much of the log's tail to keep in memory. With more
// waiting than fits, the tail is not what is read next, and a small one will do. It notes what
// is live for Stats.
func (k *keeper) setBudget() {
	live, shares := 0, [LiveShares]int64{}
	k.s.segments.each(func(_ uint32, g *segment) bool {
		n := g.live()
		live += n
		if end := int(g.end.Load()); end > 0 && g.sealed.Load() && !g.gone.Load() {
			shares[min(LiveShares*n/end, LiveShares-1)]++
		}
		return true
	})
	for i, n := range shares {
		k.s.stats.live[i].Store(n)
	}
	budget := k.s.o.TailMemory
	if live > budget {
		budget /= 8
	}
	k.s.committer.budget.Store(int64(budget))
}

// foldDefinitions folds what is durable, or comes back when more may have gathered.
func (k *keeper) foldDefinitions() error {
	d := &k.s.definitions
	if d.waiting() == 0 {
		return nil
	}
	if wait := foldPause - time.Since(d.lastFold); wait > 0 {
		k.again(wait)
		return nil
	}
	if err := d.fold(k.synced()); err != nil {
		return err
	}
	if d.lastFold = time.Now(); d.waiting() > 0 {
		k.s.committer.wantSync()
		k.again(foldPause)
	}
	return nil
}

// synced is up to where the log survives anything. Nothing that the keeper writes or
// throws away rests upon more, in any sync mode: a crash takes the end of the log and
// leaves everything else consistent.
func (k *keeper) synced() LSN { return LSN(k.s.committer.synced.Load()) }

// catchUp waits until everything appended so far is synced, and so was shown to the index.
func (k *keeper) catchUp() error {
	c := k.s.committer
	end := k.s.log.end()
	if !k.started || c.over.Load() {
		return nil // Open and Close have nothing in flight
	}
	c.wantSync()
	c.waitUntil(func() bool { return k.synced() >= end || k.stopped() || c.diskFull.Load() })
	switch {
	case k.synced() >= end:
		return nil
	case c.diskFull.Load():
		return fmt.Errorf("waiting for the log: %w", syscall.ENOSPC)
	}
	return ErrClosed
}

func (k *keeper) stopped() bool {
	select {
	case <-k.stop:
		return true
	default:
		return false
	}
}

// keeperView is what others may know of the keeper without waiting for it.
type keeperView struct {
	runs   int
	octets uint64
}

// publish makes the view current. REQUIRES mu.
func (k *keeper) publish() {
	v := &keeperView{runs: len(k.runs)}
	for _, r := range k.runs {
		v.octets += uint64(r.octets)
	}
	k.view.Store(v)
}
