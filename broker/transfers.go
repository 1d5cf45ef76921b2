package broker

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"sync"
)

// transfers are those of a node, in memory: a restart forgets them, and no
// message depends on them.
type transfers struct {
	mu      sync.Mutex
	list    []*transfer    // guarded by mu; oldest first
	going   int            // guarded by mu: goroutines
	closed  bool           // guarded by mu: no more begin
	totals  TransferTotals // guarded by mu
	running sync.WaitGroup
}

// TransferTotals is what the transfers of a node have done since it started.
type TransferTotals struct {
	Ended map[TransferState]uint64  // transfers that are over, by how they ended
	Moved map[TransferAction]uint64 // messages that arrived
	// Failed are messages that could not be moved and stayed.
	Failed uint64
}

// TransferTotals returns the totals; they are the caller's.
func (b *Broker) TransferTotals() TransferTotals {
	s := &b.transfers
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.totals
	t.Ended, t.Moved = maps.Clone(t.Ended), maps.Clone(t.Moved)
	return t
}

// count adds what a step did to the totals.
func (s *transfers) count(action TransferAction, moved, failed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.totals.Moved == nil {
		s.totals.Moved = map[TransferAction]uint64{}
	}
	s.totals.Moved[action] += uint64(moved)
	s.totals.Failed += uint64(failed)
}

// begin lists x under a new name and starts it, unless there are too many.
func (s *transfers) begin(x *transfer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.going >= maxTransfers {
		return false
	}
	s.going++
	x.view.ID = strings.ToLower(rand.Text()[:10])
	s.list = append(s.list, x)
	s.running.Go(x.run)
	return true
}

// ended counts the end of x and of its goroutine, and forgets what ended long
// ago.
func (s *transfers) ended(x *transfer) {
	state := x.shown().State
	s.mu.Lock()
	defer s.mu.Unlock()
	s.going--
	if s.totals.Ended == nil {
		s.totals.Ended = map[TransferState]uint64{}
	}
	s.totals.Ended[state]++
	for over := len(s.list) - s.going - keptTransfers; over > 0; over-- {
		i := slices.IndexFunc(s.list, func(x *transfer) bool { return !x.shown().Ended.IsZero() })
		if i < 0 {
			return
		}
		s.list = slices.Delete(s.list, i, i+1)
	}
}

// find returns the transfer of that name, nil if there is none.
func (s *transfers) find(id string) *transfer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.list {
		if x.view.ID == id { // never changes once it is listed
			return x
		}
	}
	return nil
}

// forget takes x off the list.
func (s *transfers) forget(x *transfer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(o *transfer) bool { return o == x })
}

// stop stops all and waits for them: what is on its way gets there or back.
func (s *transfers) stop() {
	s.mu.Lock()
	s.closed = true
	for _, x := range s.list {
		x.turn(TransferStopped, TransferRunning, TransferPaused)
	}
	s.mu.Unlock()
	s.running.Wait()
}
