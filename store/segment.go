package store

import (
	"slices"
	"sort"
	"sync/atomic"
)

// segment is one stretch of the log, and what its file is known to hold. Positions name
// segments by number, so a segment stays in the table as long as anybody refers to one of
// its messages, even when its live messages have been carried to other segments and its
// file was reused.
type segment struct {
	id   uint32
	size uint32 // what the file is made for; nothing is written behind it
	base LSN    // LSN of offset 0

	// refs is changes<<32 | references to messages of this segment. Every change of the
	// references counts as a change, so two equal readings mean that nothing moved.
	refs atomic.Uint64

	// messages counts those that were put, guarded by the log's lock; average is about what
	// one of them takes in the file, set when the segment is sealed or recovered.
	messages int
	average  atomic.Uint32

	// sealed is set when nothing is appended any more; end is final then.
	sealed atomic.Bool
	end    atomic.Uint32

	// chunks are the pieces of the segment in memory, by base. The slice is replaced under
	// the log's lock and never changed within its length; chunks at the front go first.
	chunks atomic.Pointer[[]*chunk]

	// moved tells where the messages are that were carried to other segments; nil: none were.
	moved atomic.Pointer[moves]

	// file is the open file, nil while it is not open. gone: the file was reused, only the
	// messages in moved are left.
	file atomic.Pointer[segmentFile]
	gone atomic.Bool

	// guests counts the messages of other segments that were carried into this one and are
	// still wanted here. Guarded by keeper.mu.
	guests int

	// stuck: its messages cannot be carried, one of them is damaged. Guarded by keeper.mu.
	stuck bool

	// idleAt is the end of the log after the keeper found the segment idle, 0 if it did not.
	// Guarded by keeper.mu.
	idleAt LSN

	// indexed: the index runs hold this segment's live entries. Guarded by keeper.mu.
	indexed bool
}

// change is what refs moves by when n references come or, with n < 0, go.
func refsDelta(n int) uint64 { return 1<<32 + uint64(int64(n)) }

// references is the number of references in a reading of refs.
func references(refs uint64) int { return int(uint32(refs)) }

// retain adds n references.
func (g *segment) retain(n int) { g.refs.Add(refsDelta(n)) }

// release gives back n references and reports whether none are left.
func (g *segment) release(n int) bool {
	left := int32(uint32(g.refs.Add(refsDelta(-n))))
	if left < 0 {
		panic("BUG: a durable message was released more often than retained")
	}
	return left == 0
}

// idle reports whether nobody refers to a message of the segment.
func (g *segment) idle() bool { return references(g.refs.Load()) == 0 }

// seal marks the segment as finished at end. REQUIRES the log's lock.
func (g *segment) seal(end uint32) {
	g.average.Store(end / uint32(max(g.messages, 1)))
	g.end.Store(end)
	g.sealed.Store(true)
}

// live estimates how many octets of the sealed segment are messages that somebody refers
// to, its own and those carried into it. REQUIRES keeper.mu.
func (g *segment) live() int {
	n := g.guests
	if !g.gone.Load() {
		n += references(g.refs.Load())
	}
	return min(n*int(g.average.Load()), int(g.end.Load()))
}

// has reports whether the message at off can be read from somewhere.
func (g *segment) has(off uint32) bool {
	if !g.gone.Load() {
		return true
	}
	_, carried := g.moved.Load().find(off)
	return carried
}

// chunkAt returns the chunk that holds the message at off with a hold on it, nil if that
// is not in memory.
func (g *segment) chunkAt(off uint32) *chunk {
	list := g.chunks.Load()
	if list == nil {
		return nil
	}
	cs := *list
	i := sort.Search(len(cs), func(i int) bool { return cs[i].base > off }) - 1
	if i < 0 || off >= cs[i].end.Load() || !cs[i].hold() {
		return nil
	}
	return cs[i]
}

// addChunk publishes the next chunk. REQUIRES the log's lock.
func (g *segment) addChunk(c *chunk) {
	var cs []*chunk
	if old := g.chunks.Load(); old != nil {
		cs = *old
	}
	cs = append(cs, c)
	g.chunks.Store(&cs)
}

// removeFirstChunk unpublishes the oldest chunk; holds on it stay. REQUIRES the log's lock.
func (g *segment) removeFirstChunk() {
	cs := slices.Clone((*g.chunks.Load())[1:]) // the old array would keep the chunk's memory
	if len(cs) == 0 {
		g.chunks.Store(nil)
		return
	}
	g.chunks.Store(&cs)
}
