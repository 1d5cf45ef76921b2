package queue

import (
	"fmt"
	"math/bits"
	"slices"
)

// Verify checks every invariant of the queue from the ground up and says which
// one is broken. It takes time in proportion to what the queue holds.
func (q *Queue) Verify() error {
	for _, check := range []func() error{
		q.ring.verifyDirectory, q.verifyOrder, q.verifyAccounts, q.verifyConsumers, q.line.verify, q.verifyRest,
	} {
		if err := check(); err != nil {
			return fmt.Errorf("queue %d: %w", q.id, err)
		}
	}
	return nil
}

// verifyDirectory checks chunks, holes and counts.
func (r *ring) verifyDirectory() error {
	ready, live, holes := 0, 0, 0
	for i := range r.dir {
		c := &r.dir[i]
		switch {
		case i < r.first && !c.hole():
			return fmt.Errorf("chunk %d holds something before the front", c.num)
		case i < r.first:
			continue
		case i > r.first && c.num <= r.dir[i-1].num:
			return fmt.Errorf("chunk %d follows chunk %d", c.num, r.dir[i-1].num)
		case c.ready&^c.live != 0:
			return fmt.Errorf("chunk %d: ready %x is not in live %x", c.num, c.ready, c.live)
		case c.slots != nil && c.packed != nil:
			return fmt.Errorf("chunk %d is packed and is not", c.num)
		case c.packed != nil && c.num == r.next>>slotBits:
			return fmt.Errorf("chunk %d is being filled and packed", c.num)
		case c.hole() && c.live != 0:
			return fmt.Errorf("chunk %d is a hole with live entries", c.num)
		case !c.hole() && c.live == 0 && i != len(r.dir)-1:
			return fmt.Errorf("chunk %d has room and no live entry", c.num)
		case c.live != 0 && c.seq(uint64(63-bits.LeadingZeros64(c.live))) >= r.next:
			return fmt.Errorf("chunk %d has entries at or after next %d", c.num, r.next)
		}
		ready += bits.OnesCount64(c.ready)
		live += bits.OnesCount64(c.live)
		if c.hole() {
			holes++
		}
	}
	switch {
	case ready != r.ready || live != r.live || holes != r.holes:
		return fmt.Errorf("counted ready %d live %d holes %d, kept %d %d %d",
			ready, live, holes, r.ready, r.live, r.holes)
	case live == 0 && (len(r.dir) > 0 || cap(r.dir) > smallDir):
		return fmt.Errorf("an empty queue holds %d chunks, room for %d", len(r.dir), cap(r.dir))
	case live > 0 && r.dir[r.first].hole():
		return fmt.Errorf("the directory starts with a hole")
	}
	return nil
}

// verifyOrder checks that the order names exactly what is ready.
func (q *Queue) verifyOrder() error {
	if q.ring.levels != nil {
		return q.verifyLevels()
	}
	r := &q.ring
	want, first := []uint64{}, r.read
	for i := len(r.dir) - 1; i >= r.first; i-- {
		switch c := &r.dir[i]; {
		case c.ready == 0:
		case c.num < r.read:
			want = append(want, c.num)
		default:
			first = c.num
		}
	}
	slices.Reverse(want)
	if got := sorted(r.behind); !slices.Equal(got, want) {
		return fmt.Errorf("behind is %v, want %v", got, want)
	}
	if r.ready > 0 && first != r.read {
		return fmt.Errorf("read is %d, and the first that is ready is %d", r.read, first)
	}
	return r.behind.verify()
}

func (q *Queue) verifyLevels() error {
	want := make([][]uint64, len(q.ring.levels.at))
	var spare slots
	for i := q.ring.first; i < len(q.ring.dir); i++ {
		c := &q.ring.dir[i]
		if c.hole() {
			continue
		}
		entries := c.view(&spare)
		for left := c.ready; left != 0; left &= left - 1 {
			l := entries[lowest(left)].level
			want[l] = append(want[l], c.seq(lowest(left)))
		}
	}
	for l, at := range q.ring.levels.at {
		if busy := len(want[l]) > 0; busy != q.ring.levels.has(l) {
			return fmt.Errorf("level %d: busy is %t", l, !busy)
		}
		if at == nil {
			continue
		}
		if got := append(sorted(at.behind), at.waiting.all()...); !slices.Equal(got, want[l]) {
			return fmt.Errorf("level %d: order has %v, ready are %v", l, got, want[l])
		}
		if err := at.behind.verify(); err != nil {
			return err
		}
	}
	return nil
}

func sorted(s []uint64) []uint64 {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

func (h heap) verify() error {
	for i := 1; i < len(h); i++ {
		if h[i] <= h[(i-1)/2] {
			return fmt.Errorf("heap: %d at %d under %d", h[i], i, h[(i-1)/2])
		}
	}
	return nil
}

// verifyAccounts adds up what the queue keeps sums of.
func (q *Queue) verifyAccounts() error {
	var ready, unacked, loggedBytes int64
	logged, deadlines := 0, false
	var spare slots
	for i := q.ring.first; i < len(q.ring.dir); i++ {
		c := &q.ring.dir[i]
		if c.hole() {
			continue
		}
		entries := c.view(&spare)
		for left := c.live; left != 0; left &= left - 1 {
			slot := lowest(left)
			e := &entries[slot]
			if c.ready>>slot&1 != 0 {
				ready += int64(e.size)
			} else {
				unacked += int64(e.size)
			}
			if e.logged() {
				logged++
				loggedBytes += int64(e.size)
			}
			if e.level > q.topLevel() {
				return fmt.Errorf("seq %d has level %d of %d", c.seq(slot), e.level, q.topLevel())
			}
			deadlines = deadlines || e.expiry != 0
		}
	}
	switch {
	case ready != q.readyBytes || unacked != q.unackedBytes:
		return fmt.Errorf("octets: counted %d ready %d unacked, kept %d %d",
			ready, unacked, q.readyBytes, q.unackedBytes)
	case logged != q.loggedCount || loggedBytes != q.loggedBytes:
		return fmt.Errorf("logged: counted %d entries of %d octets, kept %d %d",
			logged, loggedBytes, q.loggedCount, q.loggedBytes)
	case deadlines && !q.deadlines:
		return fmt.Errorf("an entry has a deadline and nobody watches")
	case q.ring.live == 0 && q.deadlines:
		return fmt.Errorf("an empty queue watches for deadlines")
	}
	return nil
}

// verifyConsumers checks each consumer against its place.
func (q *Queue) verifyConsumers() error {
	unacked, places := 0, [standby + 1]int{}
	for _, c := range q.consumers {
		unacked += c.unacked
		places[c.place]++
		switch {
		case c.place == away:
			return fmt.Errorf("consumer %q is listed but away", c.Tag)
		case (c.place == standby) != (q.sac && c != q.active):
			return fmt.Errorf("consumer %q: standby is %t", c.Tag, c.place == standby)
		case (c.place == standby) != (c.group == nil):
			return fmt.Errorf("consumer %q: group is %v", c.Tag, c.group)
		case (c.place == full) != (c.limit > 0 && c.unacked >= c.limit) && c.place != standby:
			return fmt.Errorf("consumer %q has %d of %d and full is %t", c.Tag, c.unacked, c.limit, c.place == full)
		case c.NoAck && c.unacked != 0:
			return fmt.Errorf("consumer %q acknowledges nothing and has %d", c.Tag, c.unacked)
		}
	}
	switch {
	case unacked > q.Unacked():
		return fmt.Errorf("consumers have %d of %d unacknowledged", unacked, q.Unacked())
	case q.line.count(waiting) != places[waiting] || q.line.count(gated) != places[gated]:
		return fmt.Errorf("lines hold %d and %d consumers, want %d waiting and %d gated",
			q.line.count(waiting), q.line.count(gated), places[waiting], places[gated])
	case q.exclusive != nil && len(q.consumers) != 1:
		return fmt.Errorf("%d consumers beside an exclusive one", len(q.consumers)-1)
	case (q.active != nil) != (q.sac && len(q.consumers) > 0):
		return fmt.Errorf("active consumer of %d is %v", len(q.consumers), q.active)
	}
	return nil
}

// verify checks the groups.
func (r *rotation) verify() error {
	for i, g := range r.groups {
		switch {
		case i > 0 && g.priority >= r.groups[i-1].priority:
			return fmt.Errorf("group of priority %d follows %d", g.priority, r.groups[i-1].priority)
		case g.members <= 0 || g.line.count(nil) > g.members:
			return fmt.Errorf("group of priority %d has %d members, %d wait", g.priority, g.members, g.line.count(nil))
		case i < r.top && g.line.first != nil:
			return fmt.Errorf("somebody of priority %d waits before the top", g.priority)
		}
	}
	return nil
}

// count is the number of consumers that wait, or that are gated.
func (r *rotation) count(p place) int {
	if p == gated {
		return r.gated.count(func(c *Consumer) bool { return c.place == gated })
	}
	n := 0
	for _, g := range r.groups {
		n += g.line.count(func(c *Consumer) bool { return c.place == waiting && c.group == g })
	}
	return n
}

// count is how many of the list satisfy ok; nil: all.
func (l *circle) count(ok func(*Consumer) bool) int {
	n := 0
	for c := l.first; c != nil; {
		if ok == nil || ok(c) {
			n++
		}
		if c = c.next; c == l.first {
			break
		}
	}
	return n
}

// verifyRest checks what every operation leaves behind.
func (q *Queue) verifyRest() error {
	switch {
	case q.ring.ready > 0 && q.line.front() != nil:
		return fmt.Errorf("%d are ready and consumer %q waits", q.ring.ready, q.line.front().Tag)
	case q.deleted && (q.ring.live != 0 || len(q.consumers) != 0):
		return fmt.Errorf("deleted with %d messages and %d consumers", q.ring.live, len(q.consumers))
	}
	return nil
}
