package powercut

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"amqpd/store"
)

// world is a disk, what clients know of it, and how it is tried.
type world struct {
	t       testing.TB
	random  *rand.Rand
	ledger  *ledger
	sync    store.SyncMode
	wait    time.Duration          // for what is missing
	images  int                    // of each life
	forgets func(base string) bool // files that are not synced; nil: none

	checks  sync.WaitGroup
	looking chan struct{}
	looked  atomic.Int64
}

func newWorld(t testing.TB, seed uint64) *world {
	return &world{
		t: t, random: rand.New(rand.NewPCG(seed, 0)), ledger: newLedger(), wait: patience, images: 6,
		looking: make(chan struct{}, 2),
	}
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// lives is how often each disk is gone on with.
const lives = 2

// TestPowerCut: see the package's comment.
func TestPowerCut(t *testing.T) {
	first := setting(t, "POWERCUT_SEED", uint64(time.Now().UnixNano()))
	rounds := setting(t, "POWERCUT_ROUNDS", 1)
	for seed := first; seed < first+rounds; seed++ {
		t.Run(fmt.Sprint("POWERCUT_SEED=", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			w.live(lives)
			t.Logf("%d images looked at, %d messages published", w.looked.Load(), len(w.ledger.byID))
		})
	}
}

// live goes through lives, each on what is left of the one before.
func (w *world) live(lives int) {
	disk := store.NewMemoryFS()
	n := w.start(disk)
	if err := n.declare(); err != nil {
		w.t.Fatal(err)
	}
	n.stop()
	now := w.ledger.now()
	next := &image{disk: disk, at: span{now, now}, how: "at first"}
	for life := 1; life <= lives && !w.t.Failed(); life++ {
		next = w.life(life, next)
		w.checks.Wait()
	}
	w.check(next)
}

func (w *world) start(disk store.FS) *node {
	n, err := start(w.t, disk, w.sync)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// life goes on from an image under load, and returns the image that it ends with.
func (w *world) life(number int, from *image) *image {
	c := &cutter{
		ledger: w.ledger, disk: from.disk, random: rand.New(rand.NewPCG(w.random.Uint64(), 1)),
		look: w.look, every: 8, left: w.images / 4, frozen: &from.at,
	}
	var disk store.FS = from.disk
	if w.forgets != nil {
		disk = &forgetfulFS{from.disk, w.forgets}
	}
	n := w.start(&store.FaultyFS{FS: disk, Before: c.before})
	c.aim(0)
	w.checks.Wait()
	a := w.audit(n, from)
	a.take = w.random.IntN(2) == 0
	a.run()
	a.carryOver()
	l := &load{node: n, ledger: w.ledger, life: number, spent: make(chan struct{}), stopped: make(chan struct{})}
	l.budget.Store(200 + w.random.Int64N(600))
	enough := c.aim(w.images)
	l.begin(w.random.Uint64())
	select {
	case <-enough:
	case <-l.spent:
	}
	last := c.last(w.random.IntN(len(choices)))
	l.end()
	if err := n.Verify(); err != nil {
		w.t.Errorf("after the load: %v", err)
	}
	n.stop()
	return last
}

func (w *world) audit(n *node, i *image) *audit {
	w.looked.Add(1)
	return &audit{t: w.t, node: n, ledger: w.ledger, at: i.at, how: i.how, wait: w.wait}
}

// look has an image checked, now or when others are done.
func (w *world) look(i *image) {
	if w.t.Failed() {
		return
	}
	w.looking <- struct{}{}
	w.checks.Go(func() {
		defer func() { <-w.looking }()
		w.check(i)
	})
}

// check opens an image and audits it.
func (w *world) check(i *image) {
	n, err := start(w.t, i.disk, store.SyncAlways)
	if err != nil {
		w.t.Errorf("%s: %v", i.how, err)
		return
	}
	w.audit(n, i).run()
	n.stop()
}
