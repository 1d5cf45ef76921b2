package store

import (
	"sync/atomic"
	"time"
)

// SyncBounds are the upper bounds of the buckets of Stats.SyncHistogram; the last bucket
// has none.
var SyncBounds = [...]time.Duration{
	100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond, time.Second,
}

// Stats are the store's counters since Open, and its sizes now.
type Stats struct {
	// Committing.
	Syncs         uint64        // syncs of the log
	SyncTime      time.Duration // time spent in them
	LastSync      time.Duration // time the last one took
	SyncHistogram [len(SyncBounds) + 1]uint64
	Batches       uint64 // writes of what had gathered; Written / Batches is the mean batch
	LargestBatch  uint64 // octets
	DiskFull      bool   // the log waits for disk space, or for file descriptors

	// Octets.
	Appended  uint64 // LSN: appended to the log ever, and how much of it is durable
	Durable   uint64
	Written   uint64 // to the log, since Open
	DiskRead  uint64 // read back for messages, since Open
	DiskReads uint64 // reads that took
	Reclaimed uint64 // of the log given back, since Open
	Carried   uint64 // copied to let go of a sparse segment, since Open

	// Sizes.
	Segments    int    // log segments with a file
	Spares      int    // files waiting to be used again
	LogOctets   uint64 // size of the segments
	References  int    // to durable messages
	Memory      int64  // octets of chunks and read buffers in memory
	Spilled     int64  // octets of transient messages that are on disk for want of memory
	SpillOctets uint64 // octets that were put there since Open
	IndexRuns   int
	IndexOctets uint64 // size of the runs
	Checkpoints uint64 // written since Open
	Queues      int    // queues that the index knows

	Recovery time.Duration // how long Open took
	Damaged  int           // places found damaged since Open began
}

// counters are the Stats that are counted as things happen.
type counters struct {
	commit      commitStats
	diskReads   atomic.Uint64
	diskRead    atomic.Uint64
	reclaimed   atomic.Uint64
	carried     atomic.Uint64
	checkpoints atomic.Uint64
	recovery    time.Duration // set before Open returns
	throttled   atomic.Uint64 // nanoseconds
	throttling  atomic.Int64  // who is in Throttle now
}

// commitStats are written by the committer alone.
type commitStats struct {
	syncs, syncTime, lastSync atomic.Uint64
	histogram                 [len(SyncBounds) + 1]atomic.Uint64
	batches, octets, largest  atomic.Uint64
}

func (c *commitStats) wrote(octets int) {
	c.batches.Add(1)
	c.octets.Add(uint64(octets))
	if uint64(octets) > c.largest.Load() {
		c.largest.Store(uint64(octets))
	}
}

func (c *commitStats) synced(took time.Duration) {
	c.syncs.Add(1)
	c.syncTime.Add(uint64(took))
	c.lastSync.Store(uint64(took))
	i := 0
	for i < len(SyncBounds) && took > SyncBounds[i] {
		i++
	}
	c.histogram[i].Add(1)
}

// Stats returns the counters and sizes now.
func (s *Store) Stats() Stats {
	c := &s.stats.commit
	st := Stats{
		Syncs:        c.syncs.Load(),
		SyncTime:     time.Duration(c.syncTime.Load()),
		LastSync:     time.Duration(c.lastSync.Load()),
		Batches:      c.batches.Load(),
		LargestBatch: c.largest.Load(),
		DiskFull:     s.committer.diskFull.Load() || s.keeper.low.Load(),
		Appended:     uint64(s.log.end()),
		Durable:      s.committer.durable.Load(),
		Written:      c.octets.Load(),
		DiskRead:     s.stats.diskRead.Load(),
		DiskReads:    s.stats.diskReads.Load(),
		Reclaimed:    s.stats.reclaimed.Load(),
		Carried:      s.stats.carried.Load(),
		Memory:       s.memory.inUse.Load(),
		Spilled:      s.transient.spill.octets.Load(),
		SpillOctets:  s.transient.spill.written.Load(),
		Checkpoints:  s.stats.checkpoints.Load(),
		Recovery:     s.stats.recovery,
		Damaged:      s.damageCount(),
	}
	for i := range st.SyncHistogram {
		st.SyncHistogram[i] = c.histogram[i].Load()
	}
	s.segments.each(func(_ uint32, g *segment) bool {
		st.References += references(g.refs.Load())
		if !g.gone.Load() {
			st.Segments++
			st.LogOctets += uint64(g.size)
		}
		return true
	})
	st.Spares = s.files.spareCount()
	view := s.keeper.view.Load()
	st.IndexRuns, st.IndexOctets = view.runs, view.octets
	s.index.mu.Lock()
	st.Queues = len(s.index.queues)
	s.index.mu.Unlock()
	return st
}
