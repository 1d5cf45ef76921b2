package queue

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"amqpd/store"
)

func TestEntryIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(entry{}); n != 24 {
		t.Errorf("an entry takes %d octets, want 24", n)
	}
	// 50,000 idle queues: what New allocates is this and nothing more.
	if n := unsafe.Sizeof(Queue{}); n > 640 {
		t.Errorf("a queue takes %d octets, want at most 640", n)
	}
}

// TestRing does random operations on a ring that is some thousand entries long,
// so that chunks die in the middle, and compares it with a sorted slice.
func TestRing(t *testing.T) {
	for _, levels := range []int{1, 3} {
		for seed := range uint64(4) {
			rt := &ringTest{t: t, rand: rand.New(rand.NewPCG(seed, 1)), r: &ring{next: 1}, levels: map[uint64]uint8{}}
			if levels > 1 {
				rt.r.levels = newLevels(levels)
			}
			for range 250 {
				rt.step(levels)
			}
			rt.drain()
		}
	}
}

type ringTest struct {
	t       *testing.T
	rand    *rand.Rand
	r       *ring
	ready   []uint64 // in delivery order: level descending, then Seq
	unacked []uint64 // ascending
	levels  map[uint64]uint8
}

func (rt *ringTest) level(seq uint64) int { return int(rt.levels[seq]) }

func (rt *ringTest) step(levels int) {
	n := rt.rand.IntN(300)
	switch rt.rand.IntN(6) {
	case 0, 1:
		for range n {
			rt.push(uint8(rt.rand.IntN(levels)))
		}
	case 2:
		rt.take(n)
	case 3:
		rt.remove(n)
	case 4:
		rt.back(n / 10)
	case 5:
		rt.withhold(n)
	}
	rt.verify()
}

func (rt *ringTest) push(level uint8) {
	seq, ready := rt.r.next, len(rt.ready) > 0 || rt.rand.IntN(2) == 0
	*rt.r.push(level, ready) = entry{pos: store.Pos(seq), level: level}
	rt.levels[seq] = level
	if !ready {
		rt.unacked = append(rt.unacked, seq)
		return
	}
	i, _ := slices.BinarySearchFunc(rt.ready, int(level), func(s uint64, l int) int {
		if rt.level(s) >= l {
			return -1
		}
		return 1
	})
	rt.ready = slices.Insert(rt.ready, i, seq)
}

func (rt *ringTest) take(n int) {
	for range min(n, len(rt.ready)) {
		level := rt.r.top()
		c, slot := rt.r.head(level)
		if seq := c.seq(slot); seq != rt.ready[0] || c.slots[slot].pos != store.Pos(seq) {
			rt.t.Fatalf("head is %d, want %d", seq, rt.ready[0])
		}
		rt.r.take(level, c, slot)
		i, _ := slices.BinarySearch(rt.unacked, rt.ready[0])
		rt.unacked = slices.Insert(rt.unacked, i, rt.ready[0])
		rt.ready = rt.ready[1:]
	}
}

// withhold takes some of what is ready, from anywhere.
func (rt *ringTest) withhold(n int) {
	emptied, share := 0, 1+rt.rand.IntN(3)
	rt.ready = slices.DeleteFunc(rt.ready, func(seq uint64) bool {
		if n == 0 || rt.rand.IntN(share) > 0 {
			return false
		}
		n--
		if rt.r.withhold(rt.chunk(seq), 1<<(seq&slotMask)) {
			emptied++
		}
		i, _ := slices.BinarySearch(rt.unacked, seq)
		rt.unacked = slices.Insert(rt.unacked, i, seq)
		return true
	})
	rt.r.mend(emptied)
}

// pick takes a run of what is unacknowledged, seldom from the very front, so
// that old entries stay.
func (rt *ringTest) pick(n int) []uint64 {
	if len(rt.unacked) == 0 {
		return nil
	}
	from := rt.rand.IntN(len(rt.unacked))
	to := min(from+n, len(rt.unacked))
	run := slices.Clone(rt.unacked[from:to])
	rt.unacked = slices.Delete(rt.unacked, from, to)
	return run
}

func (rt *ringTest) chunk(seq uint64) *chunk {
	c := &rt.r.dir[rt.r.find(seq>>slotBits)]
	rt.r.touch(c)
	return c
}

func (rt *ringTest) remove(n int) {
	for _, seq := range rt.pick(n) {
		rt.r.remove(rt.chunk(seq), 1<<(seq&slotMask))
		rt.r.trim()
		if rt.r.at(seq) != nil {
			rt.t.Fatalf("seq %d is still there", seq)
		}
	}
}

func (rt *ringTest) back(n int) {
	for _, seq := range rt.pick(n) {
		rt.r.back(rt.chunk(seq), 1<<(seq&slotMask))
		rt.ready = append(rt.ready, seq)
	}
	slices.SortFunc(rt.ready, func(a, b uint64) int {
		if d := rt.level(b) - rt.level(a); d != 0 {
			return d
		}
		return int(int64(a - b))
	})
}

func (rt *ringTest) verify() {
	q := Queue{ring: *rt.r}
	if err := rt.r.verifyDirectory(); err != nil {
		rt.t.Fatal(err)
	}
	if err := q.verifyOrder(); err != nil {
		rt.t.Fatal(err)
	}
	if rt.r.ready != len(rt.ready) || rt.r.live != len(rt.ready)+len(rt.unacked) {
		rt.t.Fatalf("%d of %d are ready, want %d of %d",
			rt.r.ready, rt.r.live, len(rt.ready), len(rt.ready)+len(rt.unacked))
	}
}

func (rt *ringTest) drain() {
	rt.take(len(rt.ready))
	for len(rt.unacked) > 0 {
		rt.remove(len(rt.unacked))
		rt.verify()
	}
	if len(rt.r.dir) != 0 {
		rt.t.Fatalf("an empty ring holds %d chunks", len(rt.r.dir))
	}
}

// TestOldMessageHoldsOneChunk lets a million messages pass one that nobody
// acknowledges.
func TestOldMessageHoldsOneChunk(t *testing.T) {
	r := &ring{next: 1}
	r.push(0, false)
	for range 1_000_000 {
		r.push(0, true)
		c, slot := r.head(r.top())
		r.take(0, c, slot)
		r.remove(c, 1<<slot)
		r.trim()
	}
	held := 0
	for _, c := range r.dir[r.first:] {
		if c.slots != nil {
			held++
		}
	}
	if held > 2 || cap(r.dir) > 128 {
		t.Errorf("one old message holds %d chunks and a directory of %d", held, cap(r.dir))
	}
}

// TestHeadIsFoundWithoutWalking gives the oldest of many unacknowledged
// messages back again and again, with something new behind it. If the head
// moved over the others each time this would take minutes.
func TestHeadIsFoundWithoutWalking(t *testing.T) {
	q, fx := New(1, false, classic()), &Effects{}
	for range 500_000 {
		q.Publish(1, Message{TTL: -1}, fx)
		q.Get(1, false, fx)
		fx.Reset()
	}
	for range 100_000 {
		q.Settle(1, nil, []store.Range{{From: 1, To: 1}}, Requeue, fx)
		q.Publish(1, Message{TTL: -1}, fx)
		if d, _ := q.Get(1, false, fx); d.Seq != 1 {
			t.Fatalf("got %d, want the oldest", d.Seq)
		}
		q.Get(1, false, fx)
		fx.Reset()
	}
	if err := q.Verify(); err != nil {
		t.Fatal(err)
	}
}
