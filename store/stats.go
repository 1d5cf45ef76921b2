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

// BatchBounds are the upper bounds of the buckets of Stats.BatchHistogram, in octets; the last
// bucket has none.
var BatchBounds = [...]uint64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20}

// LiveShares is how many classes of segments Stats.LiveShares has, by how much of them somebody
// refers to: up to a quarter, a half, three quarters, all.
const LiveShares = 4

// Stats are the store's counters since Open, and its sizes now.
type Stats struct {
	// Committing.
	Syncs          uint64        // syncs of the log
	SyncTime       time.Duration // time spent in them
	LastSync       time.Duration // time the last one took
	SyncHistogram  [len(SyncBounds) + 1]uint64
	Batches        uint64 // writes of what had gathered; Written / Batches is the mean batch
	LargestBatch   uint64 // octets
	BatchHistogram [len(BatchBounds) + 1]uint64
	Throttling     int           // publishers that Throttle holds now
	Throttled      time.Duration // that it held publishers, all together
	DiskFull       bool          // the log waits for disk space, or for file descriptors

	// Octets.
	Appended    uint64 // LSN: appended to the log ever, and how much of it is durable
	Durable     uint64
	Written     uint64 // to the log, since Open
	DiskRead    uint64 // read back for messages, since Open
	DiskReads   uint64 // reads that took
	Reclaimed   uint64 // of the log given back, since Open
	Carried     uint64 // copied to let go of a sparse segment, since Open
	Indexed     uint64 // written to index runs and checkpoints, since Open
	CacheHits   uint64 // messages not in the tail that somebody else's reading had brought to memory
	CacheMisses uint64 // those that had to be read

	// Sizes.
	Segments    int             // log segments with a file
	Spares      int             // files waiting to be used again
	LogOctets   uint64          // size of the segments
	LiveShares  [LiveShares]int // sealed segments by the share of them that is live, as the keeper last saw them
	References  int             // to durable messages
	Memory      int64           // octets of chunks and read buffers in memory
	Spilled     int64           // octets of transient messages that are on disk for want of memory
	SpillOctets uint64          // octets that were put there since Open
	IndexRuns   int
	IndexOctets uint64 // size of the runs
	Checkpoints uint64 // written since Open
	Queues      int    // queues that the index knows

	Recovery         time.Duration // how long Open took
	ReplayedSegments int           // segments of the log that it replayed
	ReplayedRecords  int           // and the records in them
	Damaged          int           // places found damaged since Open began
}

// counters are the Stats that are counted as things happen.
type counters struct {
	commit            commitStats
	diskReads         atomic.Uint64
	diskRead          atomic.Uint64
	reclaimed         atomic.Uint64
	carried           atomic.Uint64
	checkpoints       atomic.Uint64
	indexed           atomic.Uint64
	live              [LiveShares]atomic.Int64 // by the keeper
	recovery          time.Duration            // set before Open returns, as the next two
	segments, records int                      // replayed
	throttled         atomic.Uint64            // nanoseconds
	throttling        atomic.Int64             // who is in Throttle now
}

// commitStats are written by the committer alone.
type commitStats struct {
	syncs, syncTime, lastSync atomic.Uint64
	histogram                 [len(SyncBounds) + 1]atomic.Uint64
	batches, octets, largest  atomic.Uint64
	sizes                     [len(BatchBounds) + 1]atomic.Uint64
}

func (c *commitStats) wrote(octets int) {
	c.batches.Add(1)
	c.octets.Add(uint64(octets))
	if uint64(octets) > c.largest.Load() {
		c.largest.Store(uint64(octets))
	}
	i := 0
	for i < len(BatchBounds) && uint64(octets) > BatchBounds[i] {
		i++
	}
	c.sizes[i].Add(1)
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
		Syncs:            c.syncs.Load(),
		SyncTime:         time.Duration(c.syncTime.Load()),
		LastSync:         time.Duration(c.lastSync.Load()),
		Batches:          c.batches.Load(),
		LargestBatch:     c.largest.Load(),
		DiskFull:         s.committer.diskFull.Load() || s.keeper.low.Load(),
		Appended:         uint64(s.log.end()),
		Durable:          s.committer.durable.Load(),
		Written:          c.octets.Load(),
		DiskRead:         s.stats.diskRead.Load(),
		DiskReads:        s.stats.diskReads.Load(),
		Reclaimed:        s.stats.reclaimed.Load(),
		Carried:          s.stats.carried.Load(),
		Indexed:          s.stats.indexed.Load(),
		CacheHits:        s.cache.hits.Load(),
		CacheMisses:      s.cache.misses.Load(),
		Throttling:       int(s.stats.throttling.Load()),
		Throttled:        time.Duration(s.stats.throttled.Load()),
		ReplayedSegments: s.stats.segments,
		ReplayedRecords:  s.stats.records,
		Memory:           s.memory.inUse.Load(),
		Spilled:          s.transient.spill.octets.Load(),
		SpillOctets:      s.transient.spill.written.Load(),
		Checkpoints:      s.stats.checkpoints.Load(),
		Recovery:         s.stats.recovery,
		Damaged:          s.damageCount(),
	}
	for i := range st.SyncHistogram {
		st.SyncHistogram[i] = c.histogram[i].Load()
	}
	for i := range st.BatchHistogram {
		st.BatchHistogram[i] = c.sizes[i].Load()
	}
	for i := range st.LiveShares {
		st.LiveShares[i] = int(s.stats.live[i].Load())
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

// Amplification is how many octets were written for each octet that came in, since Open: what
// was carried, index runs and checkpoints come on top of the log. 0: nothing came in.
func (st Stats) Amplification() float64 {
	if st.Written <= st.Carried {
		return 0
	}
	return float64(st.Written+st.Indexed) / float64(st.Written-st.Carried)
}
