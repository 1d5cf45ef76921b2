package store

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	// sparse: a segment of which at most this part is live has its messages carried to the
	// end of the log. Each octet of it given back costs at most a third of an octet written.
	sparse = 0.25
	// carryAtOnce is how many segments are let go together; it bounds memory.
	carryAtOnce = 8
	// carryPause is the time between two looks for sparse segments. A segment that loses
	// messages that fast by itself is left alone.
	carryPause    = time.Second
	carryMaxPause = 5 * time.Minute
)

// Carrying
//
// One message that stays must not keep a segment of 64 MiB on disk. So the live messages
// of a sparse segment are appended to the log again, each under the position that it has:
// the queues that hold the position need not know. From then on the segment consists of a
// small table of where its messages are, and its file is used for something else.
//
// Which messages are live? The references are counted by segment, not by message. The
// entries, though, are in the index runs. Every live entry has a reference of its own, so
// for each message there are at least as many references as entries. If a segment has
// exactly as many references as there are entries for its messages, then that is so for
// each message, and a message without an entry has no reference: it is dead. References
// that no entry stands for (a message on its way, or one that a queue holds which is not
// durable) make the numbers differ, and then nothing is known and nothing is done. The
// count is taken while the entries are read; that the word which counts both references
// and their changes is the same before and after shows that nothing moved meanwhile. What
// was settled just before is waited for: an entry that is settled in the log and not yet in
// the index has given its reference back, and would stand for that of another message.

// survivors is what is found out about the messages of a segment.
type survivors struct {
	g       *segment
	word    uint64   // g.refs before the entries were read
	offsets []uint32 // of the messages that entries name, as often as they do
}

// exact reports whether offsets name all live messages of the segment.
func (v *survivors) exact() bool {
	return v.g.refs.Load() == v.word && references(v.word) == len(v.offsets)
}

// carried is one message that is being carried.
type carried struct {
	pos      Pos // that it keeps
	from, to Pos // where its record was and is
}

// carrySparse lets go of sparse segments. If that does not work it looks less and less
// often, since a look reads a good part of the index. REQUIRES mu.
func (k *keeper) carrySparse() error {
	if time.Since(k.lastCarry) < k.carryWait || k.s.committer.diskFull.Load() {
		return nil
	}
	k.lastCarry = time.Now()
	chosen := k.sparseSegments()
	if len(chosen) == 0 {
		k.carryWait = k.carryEvery
		return nil
	}
	k.carryWait = min(2*k.carryWait, carryMaxPause)
	k.again(k.carryWait)
	found, err := k.survivors(chosen)
	if err != nil {
		return err
	}
	for _, g := range chosen {
		if !found[g.id].exact() {
			continue
		}
		if err := k.carry(g, found); err != nil {
			return fmt.Errorf("carrying the messages of log segment %d: %w", g.id, err)
		}
		k.carryWait = k.carryEvery
	}
	return nil
}

// sparseSegments returns some segments that are sparse and have been so since the last look.
func (k *keeper) sparseSegments() []*segment {
	var gs []*segment
	before := k.seen
	k.seen = map[uint32]int{}
	k.s.segments.each(func(id uint32, g *segment) bool {
		live := g.live()
		if id >= k.rooted || g.stuck || g.gone.Load() || live == 0 || float64(live) > sparse*float64(g.end.Load()) {
			return true
		}
		k.seen[id] = live
		if was, ok := before[id]; ok && live > was/2 && len(gs) < carryAtOnce {
			gs = append(gs, g)
		}
		return true
	})
	if len(k.seen) > 0 {
		k.again(k.carryWait)
	}
	return gs
}

// survivors reads the entries for the messages of the chosen segments, and of those that
// have guests in them.
func (k *keeper) survivors(chosen []*segment) (map[uint32]*survivors, error) {
	found := map[uint32]*survivors{}
	oldest := uint32(math.MaxUint32)
	add := func(g *segment) {
		found[g.id] = &survivors{g: g, word: g.refs.Load()}
		oldest = min(oldest, g.id)
	}
	for _, g := range chosen {
		add(g)
	}
	k.s.segments.each(func(_ uint32, g *segment) bool {
		if moved := g.moved.Load(); moved != nil && found[g.id] == nil {
			if slices.ContainsFunc(moved.now, func(now Pos) bool { return found[now.segment()] != nil }) {
				add(g)
			}
		}
		return true
	})
	if !k.s.o.off(guardCaughtUp) {
		if err := k.catchUp(); err != nil {
			return nil, err
		}
	}
	note := func(e *Entry) {
		if v := found[e.Pos.segment()]; v != nil {
			v.offsets = append(v.offsets, e.Pos.offset())
		}
	}
	for _, r := range k.runs {
		if r.last < oldest {
			continue // what a message is enqueued in is never older than the message
		}
		err := k.s.eachBlock(r, func(b runBlock, payload []byte) error { return k.s.eachLive(b, payload, note) })
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// carry appends what is live in the file of g to the log again and lets go of the file. A
// message that cannot be read keeps it.
func (k *keeper) carry(g *segment, found map[uint32]*survivors) error {
	list := k.whatLives(g, found)
	if err := k.copyCarried(g, list); err != nil {
		g.stuck = true
		return err
	}
	if !k.s.o.off(guardCarried) {
		if err := k.catchUp(); err != nil {
			return err
		}
	}
	k.publishMoves(g, list, found)
	g.gone.Store(true)
	k.s.stats.reclaimed.Add(uint64(g.size))
	return k.s.files.recycle(g, uint32(k.s.o.SegmentSize))
}

// copyCarried appends the messages in list, which lie in the file of g.
func (k *keeper) copyCarried(g *segment, list []carried) error {
	r := k.s.NewReader()
	defer r.Done()
	for i := range list {
		c := &list[i]
		message, err := r.readRecord(g, c)
		if err != nil {
			return err
		}
		c.to = k.s.log.putCarried(c.pos, message)
		k.s.stats.carried.Add(uint64(len(message)))
	}
	return nil
}

// readRecord reads a message that is to be carried from the file of g.
func (r *Reader) readRecord(g *segment, c *carried) ([]byte, error) {
	r.letGo()
	if c.pos == c.from {
		return r.readAt(g, c.from.offset(), kindMessage)
	}
	payload, err := r.readAt(g, c.from.offset(), kindCarried)
	if err != nil {
		return nil, err
	}
	was, message, err := parseCarried(payload)
	if err != nil || was != c.pos {
		return nil, fmt.Errorf("message %v carried to %v: %w", c.pos, c.from, ErrCorrupt)
	}
	return message, nil
}

// whatLives lists the messages in the file of g that have to be carried, in file order: its
// own, and its guests that are not known to be dead.
func (k *keeper) whatLives(g *segment, found map[uint32]*survivors) []carried {
	var list []carried
	for _, v := range found {
		slices.Sort(v.offsets)
		exact, live := v.exact(), slices.Compact(slices.Clone(v.offsets))
		if v.g == g {
			for _, off := range live {
				list = append(list, carried{pos: makePos(g.id, off), from: makePos(g.id, off)})
			}
		}
		moved := v.g.moved.Load()
		if moved == nil {
			continue
		}
		for i, now := range moved.now {
			if now.segment() != g.id {
				continue
			}
			if _, alive := slices.BinarySearch(live, moved.offsets[i]); alive || !exact {
				list = append(list, carried{pos: makePos(v.g.id, moved.offsets[i]), from: now})
			}
		}
	}
	slices.SortFunc(list, func(a, b carried) int { return int(int64(a.from.offset()) - int64(b.from.offset())) })
	return list
}

// publishMoves makes the new places of carried messages known. Whatever else had its place
// in the file of g was dead, and is forgotten.
func (k *keeper) publishMoves(g *segment, list []carried, found map[uint32]*survivors) {
	moved := map[uint32][]movedMessage{}
	for id, v := range found {
		old := v.g.moved.Load()
		if old == nil {
			continue
		}
		moved[id] = []movedMessage{}
		for i, now := range old.now {
			if now.segment() != g.id {
				moved[id] = append(moved[id], movedMessage{makePos(id, old.offsets[i]), now})
			}
		}
		k.s.addGuests(old, -1)
	}
	for _, c := range list {
		moved[c.pos.segment()] = append(moved[c.pos.segment()], movedMessage{c.pos, c.to})
	}
	for id, list := range moved {
		fresh := newMoves(list)
		k.s.addGuests(fresh, 1)
		found[id].g.moved.Store(fresh)
	}
}
