package store

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// cacheMax is how many pieces of segment files are kept in memory at most.
	cacheMax = 32
	// cacheAge is how long one is kept that nobody reads.
	cacheAge = 5 * time.Second

	// What is read of a file at once: little at a place where nobody has read, twice as much
	// each time where somebody goes on and uses what is read, less where most is passed over.
	readFirst = 16 << 10
	readLeast = 4 << 10
	readMost  = chunkSize
)

// diskCache keeps what was read from segment files of late. Readers come and go with each
// batch of deliveries, and queues that were filled at the same time lie mixed in the log:
// here the next reader finds what the last one, or one of another queue, has read.
type diskCache struct {
	memory *memory

	hits, misses atomic.Uint64

	mu     sync.Mutex
	chunks []*chunk // each with a hold; the one last read from disk is the last
	aging  *time.Timer
	closed bool
}

// diskRead is what is known of a chunk that was read from a file.
type diskRead struct {
	used   atomic.Uint32 // octets of the messages that were read from it
	recent atomic.Bool   // it was read from since the cache last looked for one to forget
}

// get returns the chunk that has the octets at off of a segment, with a hold. If there is
// none it returns nil, and how much should be read from there.
func (d *diskCache) get(segment, off uint32) (*chunk, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	want := readFirst
	for i := len(d.chunks) - 1; i >= 0; i-- {
		c := d.chunks[i]
		if c.segment == segment && c.contains(off) && c.hold() {
			d.hits.Add(1)
			return c, 0
		}
		if n := int(c.end.Load() - c.base); want == readFirst && c.leadsTo(segment, off, n) {
			want = nextRead(n, int(c.disk.used.Load()))
		}
	}
	d.misses.Add(1)
	return nil, want
}

// leadsTo reports whether who has read the n octets of c may be the one who wants off of a
// segment now. Transient segments are too short to tell by the place.
func (c *chunk) leadsTo(segment, off uint32, n int) bool {
	if c.segment == segment {
		return off >= c.base && int(off-c.base) <= 2*n
	}
	return c.segment&segment&transientSegment != 0
}

// forgetSegment drops what was read back of a transient chunk, whose number is going to be
// another's.
func (d *diskCache) forgetSegment(segment uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := len(d.chunks) - 1; i >= 0; i-- {
		if d.chunks[i].segment == segment {
			d.forget(i)
		}
	}
}

// nextRead returns how much to read behind n octets of which used were used.
func nextRead(n, used int) int {
	switch {
	case used >= n/4:
		return min(max(2*n, readFirst), readMost)
	case used < n/16:
		return max(n/2, readLeast)
	}
	return n
}

// put adds a chunk that was just read, with a hold for the cache.
func (d *diskCache) put(c *chunk) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if len(d.chunks) >= cacheMax {
		d.forget(d.oldest())
	}
	c.hold()
	d.chunks = append(d.chunks, c)
	if len(d.chunks) == 1 {
		d.aging.Reset(cacheAge)
	}
}

// oldest returns the first chunk that was not read from of late, and lets the others before
// it off once. REQUIRES mu.
func (d *diskCache) oldest() int {
	for i, c := range d.chunks {
		if !c.disk.recent.Swap(false) {
			return i
		}
	}
	return 0
}

// forget drops chunk i. REQUIRES mu.
func (d *diskCache) forget(i int) {
	c := d.chunks[i]
	d.chunks = append(d.chunks[:i], d.chunks[i+1:]...)
	d.drop(c)
}

// drop gives back a hold on a chunk, and the memory with the last.
func (d *diskCache) drop(c *chunk) {
	if c.drop(1) {
		d.memory.put(c.mem)
	}
}

// age forgets what nobody has read from since the last time.
func (d *diskCache) age() {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.chunks[:0]
	for _, c := range d.chunks {
		if c.disk.recent.Swap(false) {
			kept = append(kept, c)
		} else {
			d.drop(c)
		}
	}
	clear(d.chunks[len(kept):])
	d.chunks = kept
	if len(kept) > 0 {
		d.aging.Reset(cacheAge)
	}
}

// close forgets everything and keeps nothing from then on.
func (d *diskCache) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.aging.Stop()
	for len(d.chunks) > 0 {
		d.forget(len(d.chunks) - 1)
	}
}
