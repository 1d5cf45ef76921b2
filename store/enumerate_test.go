package store

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// Crashes, enumerated
//
// A trace of operations runs over a disk in memory. Before each operation on the disk that
// changes anything (so between any two writes, and before and after each sync) the power is
// cut, in every way that images lists, and what is left is opened and held against the
// ledger: what was durable is there, nothing else than what was done is, groups are whole.

// traceSteps is the number of operations of a trace.
const traceSteps = 200

// imagesOf are the ways in which one point of a trace is looked at.
type imagesOf struct {
	each   int // prefixes, losses and survivals of single sectors looked at, at most
	random int // random subsets of sectors
	again  int // of every so many images the recovery is cut short as well
}

// crashTrace is a run of a trace and what was found.
type crashTrace struct {
	t     testing.TB // gets the failures
	o     Options
	ways  imagesOf
	limit int            // failures after which nothing more is looked at
	leave func(*Options) // what the recoveries go without, nil: nothing

	mu     sync.Mutex // held at each point of the trace
	disk   *MemoryFS
	l      *ledger
	points int
	images int
	rnd    *rand.Rand
	seed   maphash.Seed

	checks  sync.WaitGroup // images that are being looked at, while the trace goes on
	looking chan struct{}  // a token each, so that there are not too many

	seen struct {
		sync.Mutex
		keys  map[imageKey]struct{}
		again int // images of recoveries
	}
}

// lookAtOnce is how many images are looked at at the same time.
const lookAtOnce = 8

// imageKey tells whether an image was looked at before, with as much to be found.
type imageKey struct {
	content uint64
	durable LSN
}

func newCrashTrace(t testing.TB, seed uint64, ways imagesOf) *crashTrace {
	c := &crashTrace{
		t: t, ways: ways, disk: NewMemoryFS(), rnd: rand.New(rand.NewPCG(seed, 5)),
		seed: maphash.MakeSeed(), looking: make(chan struct{}, lookAtOnce),
	}
	c.seen.keys = map[imageKey]struct{}{}
	c.o = c.options(&FaultyFS{FS: c.disk, Before: c.before})
	return c
}

// options are those of the trace: small segments, so that they are rolled, indexed, carried
// and given back all the time.
func (c *crashTrace) options(fsys FS) Options {
	o := crashOptions(c.t, fsys, SyncAlways)
	o.SegmentSize = minSegmentSize
	if c.leave != nil {
		c.leave(&o)
	}
	return o
}

// run does the trace and returns the store's statistics at its end.
func (c *crashTrace) run(seed uint64) Stats {
	s := open(c.t, c.o)
	hurry(s)
	recoveredState(c.t, s, 0, nil)
	l := newLedger(c.t, s, seed)
	l.large = minSegmentSize
	c.mu.Lock()
	c.l = l
	c.mu.Unlock()
	for i := range traceSteps {
		l.step()
		switch {
		case i%20 == 19:
			look(s, 2)
		case i%20 == 13:
			s.keeper.work() // in the middle of everything
		case i%10 == 9:
			s.Wait(s.End())
		case i%3 == 2:
			s.Kick()
		}
	}
	look(s, 2)
	verify(c.t, s)
	c.mu.Lock()
	c.l = nil
	c.mu.Unlock()
	c.checks.Wait()
	return s.Stats()
}

// before is called before each operation on the disk.
func (c *crashTrace) before(op Op) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.l == nil || !op.Kind.Changes() || c.limit > 0 && c.t.Failed() {
		return nil
	}
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	c.points++
	durable := c.l.s.Durable()
	done := c.l.done()
	c.each(c.disk, c.ways, c.rnd, durable, func(image *MemoryFS, way string) {
		c.images++
		p := crashPoint{crashTrace: c, done: done, durable: durable, number: c.images}
		c.looking <- struct{}{}
		c.checks.Go(func() {
			p.check(image, fmt.Sprintf("%s, before %+v", way, op))
			<-c.looking
		})
	})
	return nil
}

// crashPoint is an image and what has to be in it.
type crashPoint struct {
	*crashTrace
	done    history
	durable LSN
	number  int // of the image
}

// check opens an image and looks at what is in it. Of some the recovery is cut short too.
func (c *crashPoint) check(image *MemoryFS, how string) {
	var fsys FS = image
	if c.ways.again > 0 && c.number%c.ways.again == 0 {
		rnd := rand.New(rand.NewPCG(uint64(c.number), 6))
		fsys = &FaultyFS{FS: image, Before: func(op Op) error {
			if op.Kind.Changes() {
				few := imagesOf{random: 1}
				c.each(image, few, rnd, c.durable, func(second *MemoryFS, way string) {
					c.seen.Lock()
					c.seen.again++
					c.seen.Unlock()
					c.open(second, second, fmt.Sprintf("%s; again with %s, before %+v", how, way, op))
				})
			}
			return nil
		}}
	}
	c.open(fsys, image, how)
}

// open opens an image over fsys, and once more after a clean stop if that is what is tested.
func (c *crashPoint) open(fsys FS, image *MemoryFS, how string) {
	c.t.Helper()
	defer func() {
		if failure := recover(); failure != nil {
			c.t.Errorf("%s: panic: %v", how, failure)
		}
	}()
	s, err := Open(c.options(fsys))
	if err != nil {
		c.t.Errorf("%s: open: %v", how, err)
		return
	}
	state := recoveredState(c.t, s, c.done.last, nil)
	c.done.mustBePrefix(c.t, state, c.durable)
	if n := s.Stats().Damaged; n > 0 {
		c.t.Errorf("%s: %v", how, s.Damage())
	}
	verify(c.t, s)
	closeStore(c.t, s)
	if c.number%8 != 0 || fsys != FS(image) {
		return
	}
	s, err = Open(c.options(image))
	if err != nil {
		c.t.Errorf("%s: open again: %v", how, err)
		return
	}
	if again := recoveredState(c.t, s, c.done.last, nil); again.String() != state.String() || s.Unclean() {
		c.t.Errorf("%s: after a clean stop:\n%s\nbefore:\n%s", how, again, state)
	}
	closeStore(c.t, s)
}

// isNew notes an image and reports whether it was not looked at before.
func (c *crashTrace) isNew(image *MemoryFS, durable LSN) bool {
	key := imageKey{image.hash(c.seed), durable}
	c.seen.Lock()
	defer c.seen.Unlock()
	_, known := c.seen.keys[key]
	c.seen.keys[key] = struct{}{}
	return !known
}

// each calls f with images that a power cut may leave of m now, but not with one twice.
func (c *crashTrace) each(m *MemoryFS, ways imagesOf, rnd *rand.Rand, durable LSN, f func(image *MemoryFS, way string)) {
	var ns []int // how many possibilities each choice has
	try := func(way string, choose func(i, n int) int) {
		i := -1
		image := m.Crash(func(n int) int {
			i++
			return choose(i, n)
		})
		if c.isNew(image, durable) {
			f(image, way)
		}
	}
	try("all", func(_, n int) int { ns = append(ns, n); return n - 1 })
	try("nothing", func(int, int) int { return 0 })
	for at, n := range ns { // of the names, any first part
		for v := 1; n > 2 && v < n-1; v++ {
			try(fmt.Sprintf("%d of %d names and all data", v, n-1), func(i, n int) int {
				if i == at {
					return v
				}
				return n - 1
			})
			try(fmt.Sprintf("%d of %d names and no data", v, n-1), func(i, n int) int {
				if i == at {
					return v
				}
				return 0
			})
		}
	}
	for at := range spread(len(ns), ways.each) {
		try(fmt.Sprintf("the first %d of %d", at, len(ns)), func(i, n int) int { return when(i < at, n-1) })
		try(fmt.Sprintf("all but number %d of %d", at, len(ns)), func(i, n int) int { return when(i != at, n-1) })
		try(fmt.Sprintf("only number %d of %d", at, len(ns)), func(i, n int) int { return when(i == at, n-1) })
	}
	for range ways.random {
		try("some", func(_, n int) int { return rnd.IntN(n) })
	}
}

func when(yes bool, n int) int {
	if yes {
		return n
	}
	return 0
}

// spread yields at most most of the numbers below n, all if there are no more.
func spread(n, most int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range min(n, most) {
			if !yield(i * n / min(n, most)) {
				return
			}
		}
	}
}

// hash tells disks apart.
func (m *MemoryFS) hash(seed maphash.Seed) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	var h maphash.Hash
	h.SetSeed(seed)
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		h.WriteString(name)
		h.Write(binary.AppendUvarint(nil, uint64(len(m.files[name].data))))
		h.Write(m.files[name].data)
	}
	for _, path := range slices.Sorted(maps.Keys(m.definitions)) {
		h.Write(binary.AppendUvarint(nil, uint64(m.definitions[path].lsn)))
	}
	return h.Sum64()
}

// TestCrashesEnumerated: see the top of this file. make enumerate looks at more seeds, and at
// more images of each point.
func TestCrashesEnumerated(t *testing.T) {
	seeds, ways := uint64(4), imagesOf{each: 6, random: 3, again: 20}
	if long() {
		seeds, ways = 12, imagesOf{each: 24, random: 12, again: 5}
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := newCrashTrace(t, seed, ways)
			c.limit = 1
			st := c.run(seed)
			t.Logf("%d points, %d images, %d of recoveries; %d checkpoints, %d octets carried, %d reclaimed of %d",
				c.points, c.images, c.seen.again, st.Checkpoints, st.Carried, st.Reclaimed, st.Appended)
			if st.Checkpoints < 5 || st.Carried == 0 || st.Reclaimed < 5*minSegmentSize || c.seen.again == 0 {
				t.Errorf("the trace is too tame: %+v", st)
			}
		})
	}
}
