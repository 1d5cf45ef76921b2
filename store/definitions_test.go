package store

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// TestDefinitionsArePendingUpToTheirRecord: the position under which changes wait to be folded
// is the very end of their record, whatever others append at the time. If it were beyond, a
// segment that ends with the record could leave the replay before the changes are folded.
func TestDefinitionsArePendingUpToTheirRecord(t *testing.T) {
	s := open(t, testOptions(t, t.TempDir()))
	s.RecoveryDone()
	var ends []LSN // of the records, as the committer sees them
	s.index.mu.Lock()
	s.index.definitions = func(lsn LSN, _ []Change) { ends = append(ends, lsn) }
	s.index.mu.Unlock()
	var done atomic.Bool
	var begun, others sync.WaitGroup
	for queue := range uint64(2) {
		begun.Add(1)
		others.Go(func() {
			begun.Done()
			for upTo := uint64(0); upTo < 500_000 && !done.Load(); upTo++ {
				s.Delivered(queue+1, upTo)
			}
		})
	}
	begun.Wait()
	var told []LSN
	for range 5000 {
		told = append(told, s.WriteDefinitions([]Change{{Key: "k", Value: []byte("v")}}))
	}
	done.Store(true)
	others.Wait()
	s.Wait(s.End())
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	if !slices.Equal(told, ends) {
		i := 0
		for told[i] == ends[i] {
			i++
		}
		t.Errorf("change %d is pending up to %d, its record ends at %d", i, told[i], ends[i])
	}
}
