package main

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// How often the gauges are read at least and at most, and how far a reading must
// come back past the limit before its alarm goes off: a node at the limit would
// otherwise block and unblock its publishers all the time.
const (
	watchInterval   = time.Second
	watchShortest   = 10 * time.Millisecond
	diskRate        = 1 << 30 // octets a second: no disk is filled faster
	memoryClearedAt = 0.95    // of the limit: off at or below
	diskClearedAt   = 1.05    // of the limit: off at or above
	releaseInterval = 10 * time.Second
)

// gauge is one reading with its limit and the alarm that follows from it.
// Only the watcher's goroutine touches it.
type gauge struct {
	name  string // as the log names the alarm
	limit uint64 // bytes; 0: never an alarm
	// short tells whether value is beyond the limit, cleared whether it is far
	// enough back. Between the two the alarm stays as it is.
	short, cleared func(value, limit uint64) bool
	// lasts is how long after a value within the limit another can be beyond it at
	// the earliest; nil: watchInterval.
	lasts      func(value, limit uint64) time.Duration
	read       func() (uint64, error)
	raise      func(on bool)
	on         bool
	unreadable bool // the last reading failed, and that was logged
}

// memoryGauge raises when the process uses more than limit.
func memoryGauge(limit uint64, read func() (uint64, error), raise func(bool)) *gauge {
	return &gauge{
		name: "memory", limit: limit, read: read, raise: raise,
		short:   func(used, limit uint64) bool { return used > limit },
		cleared: func(used, limit uint64) bool { return float64(used) <= memoryClearedAt*float64(limit) },
	}
}

// diskGauge raises when less than limit is free.
func diskGauge(limit uint64, read func() (uint64, error), raise func(bool)) *gauge {
	return &gauge{
		name: "disk", limit: limit, read: read, raise: raise,
		short:   func(free, limit uint64) bool { return free < limit },
		cleared: func(free, limit uint64) bool { return float64(free) >= diskClearedAt*float64(limit) },
		lasts: func(free, limit uint64) time.Duration {
			return time.Duration(float64(free-limit) / diskRate * float64(time.Second))
		},
	}
}

// check takes one reading and raises or clears the alarm where it changed, and
// returns when to look again. A reading that fails changes nothing.
func (g *gauge) check(log *slog.Logger) (again time.Duration) {
	if g.limit == 0 {
		return watchInterval
	}
	value, err := g.read()
	if err != nil {
		if !g.unreadable {
			log.Error("cannot tell whether an alarm is due", "alarm", g.name, "error", err)
		}
		g.unreadable = true
		return watchInterval
	}
	g.unreadable = false
	switch {
	case !g.on && g.short(value, g.limit):
		g.on = true
		log.Warn("alarm on: publishers are blocked", "alarm", g.name, "bytes", value, "limit", g.limit)
		g.raise(true)
	case g.on && g.cleared(value, g.limit):
		g.on = false
		log.Info("alarm off", "alarm", g.name, "bytes", value, "limit", g.limit)
		g.raise(false)
	}
	if g.on || g.lasts == nil {
		return watchInterval
	}
	return min(max(g.lasts(value, g.limit), watchShortest), watchInterval)
}

// watcher reads the gauges every second, and more often while the disk may be
// full before that, in a goroutine of its own.
type watcher struct {
	gauges []*gauge
	log    *slog.Logger
	end    context.CancelFunc
	done   sync.WaitGroup
}

// startWatcher takes the first readings before it returns, so that a node that
// starts short of memory or disk blocks its first publisher already.
func startWatcher(log *slog.Logger, gauges ...*gauge) *watcher {
	ctx, end := context.WithCancel(context.Background())
	w := &watcher{gauges: gauges, log: log, end: end}
	again := w.check()
	w.done.Go(func() { w.run(ctx, again) })
	return w
}

// run checks until ctx is done, for the first time after again.
func (w *watcher) run(ctx context.Context, again time.Duration) {
	due := time.NewTimer(again)
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-due.C:
			due.Reset(w.check())
		}
	}
}

// check takes one reading of each gauge, and returns when to look again.
func (w *watcher) check() (again time.Duration) {
	again = watchInterval
	for _, g := range w.gauges {
		again = min(again, g.check(w.log))
	}
	return again
}

// stop ends the goroutine and waits for it. The alarms stay as they are.
func (w *watcher) stop() {
	w.end()
	w.done.Wait()
}

// releasing wraps a reading of resident memory: above limit it first has the
// runtime hand idle pages back to the system, at most once in releaseInterval,
// and reads again. Without it memory that Go keeps for reuse would hold the
// alarm on while nothing is queued.
func releasing(limit uint64, read func() (uint64, error), release func()) func() (uint64, error) {
	var last time.Time
	return func() (uint64, error) {
		used, err := read()
		if err != nil || used <= limit || time.Since(last) < releaseInterval {
			return used, err
		}
		last = time.Now()
		release()
		return read()
	}
}

// boundHeap tells the garbage collector to work harder from 90 % of limit on,
// so that garbage alone does not raise the alarm. GOGC keeps Go's default of
// 100: the path of a message allocates nothing, so that rarer collections would
// win little and cost up to twice the memory. GOMEMLIMIT in the environment
// wins.
func boundHeap(limit uint64, environment string) {
	if environment == "" && limit > 0 {
		debug.SetMemoryLimit(int64(limit / 10 * 9))
	}
}
