package store

import (
	"testing"
	"time"
)

// TestStatsAddUp checks the counters against each other after some work and a crash.
func TestStatsAddUp(t *testing.T) {
	disk := NewMemoryFS()
	o := crashOptions(t, disk, SyncAlways)
	o.TailMemory = 1
	s, kept := sparseStore(t, o, 30)
	look(s, 10)
	r := s.NewReader()
	for range 2 {
		for _, e := range kept {
			if _, err := r.Read(e.Pos); err != nil {
				t.Fatal(err)
			}
		}
		r.Done()
	}
	st := s.Stats()
	sum := func(buckets []uint64) (n uint64) {
		for _, b := range buckets {
			n += b
		}
		return n
	}
	shares := 0
	for _, n := range st.LiveShares {
		shares += n
	}
	switch {
	case sum(st.SyncHistogram[:]) != st.Syncs || st.Syncs == 0:
		t.Errorf("%d syncs, %v by time", st.Syncs, st.SyncHistogram)
	case sum(st.BatchHistogram[:]) != st.Batches || st.Batches == 0:
		t.Errorf("%d batches, %v by size", st.Batches, st.BatchHistogram)
	case shares == 0 || shares > st.Segments:
		t.Errorf("%d segments, %v by what lives", st.Segments, st.LiveShares)
	case st.CacheHits == 0 || st.CacheMisses == 0 || st.CacheMisses > st.DiskReads:
		t.Errorf("%d hits and %d misses, %d reads", st.CacheHits, st.CacheMisses, st.DiskReads)
	case st.Indexed == 0 || st.Amplification() <= 1 || st.Amplification() > 3:
		t.Errorf("%.2f octets written for one, %d to the index", st.Amplification(), st.Indexed)
	case st.ReplayedSegments != 0 || st.Throttled != 0:
		t.Errorf("%d segments replayed, %v throttled", st.ReplayedSegments, st.Throttled)
	}
	crashed := open(t, crashOptions(t, disk.Crash(chooser(0, nil)), SyncAlways))
	if st := crashed.Stats(); st.ReplayedSegments == 0 || st.ReplayedRecords < st.ReplayedSegments || st.Recovery == 0 {
		t.Errorf("after a crash: %d segments with %d records replayed in %v", st.ReplayedSegments, st.ReplayedRecords, st.Recovery)
	}
}

// TestThrottledTimeIsCounted holds a publisher on a full disk.
func TestThrottledTimeIsCounted(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	disk.Limit(4 * testSegmentSize)
	fillUp(s, 1)
	done := make(chan struct{})
	go func() {
		s.Throttle()
		close(done)
	}()
	for end := time.Now().Add(10 * time.Second); s.Stats().Throttling == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if s.Stats().Throttling != 1 {
		t.Fatal("nobody is held")
	}
	s.Unthrottle()
	<-done
	if st := s.Stats(); st.Throttling != 0 || st.Throttled == 0 {
		t.Errorf("%d are held, for %v", st.Throttling, st.Throttled)
	}
	disk.Limit(0)
}

// TestInterruptLetsGo: who waits for a log that does not go on can be let go.
func TestInterruptLetsGo(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	s.Wait(s.End())
	disk.Limit(disk.Used())
	for range 40 {
		s.PutDurable(body(1, testSegmentSize/4), nil, nil)
	}
	end := s.End()
	done := make(chan struct{})
	go func() {
		s.Wait(end)
		close(done)
	}()
	for s.committer.waiters.n.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Interrupt()
	<-done
	if s.Durable() >= end {
		t.Error("there was space")
	}
	for disk.Limit(0); s.Durable() < end; {
		time.Sleep(time.Millisecond)
	}
}
