package store

import (
	"testing"
	"time"
)

// TestQuietLogGivesSpaceBack lets a log of some segments be consumed but for one message
// and go quiet: what is left is the current segment, the next one and the reserve.
func TestQuietLogGivesSpaceBack(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	hurry(s)
	s.keeper.mu.Lock()
	s.keeper.quietAfter = 0
	s.keeper.mu.Unlock()
	const n = 300
	var ps []Pos
	for i := range uint64(n) {
		p := s.PutDurable(body(int(i), 2000), nil, nil)
		s.Enqueue(1, []Entry{{Seq: i, Pos: p, Size: 2000}})
		ps = append(ps, p)
	}
	s.Wait(s.End())
	s.Settle(1, []Range{{1, n - 1}})
	s.ReleaseAll(ps[1:])
	for end := time.Now().Add(20 * time.Second); ; s.keeper.work() {
		if st := s.Stats(); st.Segments == 1 && st.Spares == 1 {
			break
		} else if time.Now().After(end) {
			t.Fatalf("%d segments and %d spares are kept", st.Segments, st.Spares)
		}
	}
	if got := read(t, s, ps[0]); got != string(body(0, 2000)) {
		t.Error("the message that stays is another one")
	}
}
