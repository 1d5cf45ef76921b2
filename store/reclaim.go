package store

import "fmt"

// When may a sealed segment go? Its messages have no references, or were carried; it has
// no guests; its live entries are in a run; and whatever settled the last of its messages
// is durable, or a crash would bring back entries whose messages are gone.

// reclaim gives back the segments that nobody needs. REQUIRES mu.
//
// A reference is given back after the record that settled its entry was appended, so what
// was found idle may go when everything appended until after that is synced.
func (k *keeper) reclaim() error {
	var idle []*segment
	k.s.segments.each(func(id uint32, g *segment) bool {
		if id < k.rooted && g.guests == 0 && g.idle() {
			idle = append(idle, g)
		}
		return true
	})
	end, synced, left := k.s.log.end(), k.synced(), 0
	for _, g := range idle {
		if g.idleAt == 0 {
			g.idleAt = end
		}
		if g.idleAt > synced && !k.s.o.off(guardSettled) {
			left++
			continue
		}
		if err := k.giveBack(g); err != nil {
			return fmt.Errorf("reusing log segment %d: %w", g.id, err)
		}
	}
	if left > 0 {
		k.s.committer.wantSync()
		k.again(flushDelay)
	}
	if left < len(idle) {
		if k.low.Load() {
			k.nudge() // there may be room now
		}
		select {
		case k.s.committer.space <- struct{}{}:
		default:
		}
	}
	return nil
}

// giveBack forgets a segment and recycles its file.
func (k *keeper) giveBack(g *segment) error {
	k.s.segments.set(g.id, nil)
	if k.forgetMoves(g) {
		k.nudge() // others may have lost their last guest
	}
	if g.gone.Load() {
		return nil
	}
	k.s.stats.reclaimed.Add(uint64(g.size))
	return k.s.files.recycle(g, uint32(k.s.o.SegmentSize))
}
