package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// crashOptions are options for a store on fsys.
func crashOptions(t testing.TB, fsys FS, sync SyncMode) Options {
	o := testOptions(t, "data")
	o.FS, o.Sync = fsys, sync
	return o
}

// chooser decides what of the unsynced data a crash leaves: nothing, all, or any of it.
func chooser(kind int, rnd *rand.Rand) func(int) int {
	switch kind {
	case 0:
		return func(int) int { return 0 }
	case 1:
		return func(n int) int { return n - 1 }
	}
	return rnd.IntN
}

// TestCrashAnywhere cuts the power before operations on the file system, with nothing, all
// and parts of what was not synced on disk, and checks what recovery makes of it: a first
// part of what was done, with all that was durable. Then it stops and starts again.
func TestCrashAnywhere(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			crashAnywhere(t, seed)
		})
	}
}

func crashAnywhere(t *testing.T, seed uint64) {
	disk := NewMemoryFS()
	rnd := rand.New(rand.NewPCG(seed, 2))
	every := 3 + int(seed)*2
	var ledgers atomic.Pointer[ledger] // nil until there is one: the keeper works already
	ops := 0
	fsys := &FaultyFS{FS: disk, Before: func(op Op) error {
		l := ledgers.Load()
		if l == nil || !op.Kind.Changes() {
			return nil
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if ops++; ops%every != 0 || t.Failed() {
			return nil
		}
		durable := l.s.Durable()
		for kind := range 3 {
			image := disk.Crash(chooser(kind, rnd))
			checkImage(t, l, image, durable)
		}
		if t.Failed() {
			t.Errorf("crash before %+v", op)
		}
		return nil
	}}
	s := open(t, crashOptions(t, fsys, SyncAlways))
	hurry(s)
	recoveredState(t, s, 0, nil)
	l := newLedger(t, s, seed)
	ledgers.Store(l)
	for i := 0; i < 400 && !t.Failed(); i++ {
		l.step()
		switch {
		case i%50 == 49:
			s.Wait(s.End())
		case i%5 == 4:
			s.Kick()
		}
	}
	verify(t, s)
	closeStore(t, s)
	l.mu.Lock()
	defer l.mu.Unlock()
	checkImage(t, l, disk, s.End())
	t.Logf("%d operations on the file system", ops)
}

// hurry makes the keeper write a checkpoint and carry messages whenever it can.
func hurry(s *Store) {
	s.keeper.mu.Lock()
	defer s.keeper.mu.Unlock()
	s.keeper.pause, s.keeper.carryEvery, s.keeper.carryWait = 0, 0, 0
}

// TestCrashAgainAndAgain kills the process or cuts the power many times, with a store that
// goes on from what it recovered each time, in each sync mode.
func TestCrashAgainAndAgain(t *testing.T) {
	for mode := SyncAlways; mode <= SyncOS; mode++ {
		for seed := range uint64(8) {
			t.Run(fmt.Sprint(mode, seed), func(t *testing.T) {
				t.Parallel()
				crashAgain(t, mode, seed)
			})
		}
	}
}

func crashAgain(t *testing.T, mode SyncMode, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 3))
	disk := NewMemoryFS()
	l := newLedger(t, nil, seed)
	durable := LSN(0)
	for range 12 {
		// The store that was crashed before still runs, on its own disk, until the gate stops it.
		gate := &gate{}
		s, err := Open(crashOptions(t, &FaultyFS{FS: disk, Before: gate.pass}, mode))
		if err != nil {
			t.Fatal(err)
		}
		hurry(s)
		l.goOn(s, durable)
		if n := s.Stats().Damaged; n > 0 && mode == SyncAlways {
			t.Errorf("%d places damaged", n)
		}
		verify(t, s)
		for range rnd.IntN(120) {
			l.step()
			if rnd.IntN(6) == 0 {
				s.Kick()
			}
			if rnd.IntN(30) == 0 {
				s.Wait(s.End())
			}
		}
		gate.shut()
		durable = s.Durable()
		if rnd.IntN(2) == 0 {
			disk = disk.Crash(chooser(rnd.IntN(3), rnd))
			if mode != SyncAlways {
				durable = LSN(s.committer.synced.Load())
			}
		} else {
			disk = disk.afterKill()
		}
		if t.Failed() {
			return
		}
	}
}

// gate stops operations that change the disk once it is shut.
type gate struct {
	mu   sync.RWMutex
	down bool
}

func (g *gate) pass(op Op) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.down {
		select {} // the process is dead
	}
	return nil
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = true
}

// afterKill returns what the next process finds after the end of one: everything that was
// written, synced or not. The receiver stays with what is left of the old process.
func (m *MemoryFS) afterKill() *MemoryFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := NewMemoryFS()
	copies := map[*memoryFile]*memoryFile{}
	content := func(f *memoryFile) *memoryFile {
		if f != nil && copies[f] == nil {
			copies[f] = &memoryFile{slices.Clone(f.data), slices.Clone(f.synced), slices.Clone(f.unsynced)}
		}
		return copies[f]
	}
	for name, f := range m.files {
		c.files[name] = content(f)
	}
	for name, f := range m.durable {
		c.durable[name] = content(f)
	}
	for _, change := range m.changes {
		change.file = content(change.file)
		c.changes = append(c.changes, change)
	}
	for path, d := range m.definitions {
		c.definitions[path] = d.clone()
	}
	return c
}

// checkImage opens what a crash left, twice.
func checkImage(t *testing.T, l *ledger, image *MemoryFS, durable LSN) {
	t.Helper()
	var first string
	for i := range 2 {
		s, err := Open(crashOptions(t, image, SyncAlways))
		if err != nil {
			t.Errorf("open %d: %v", i, err)
			return
		}
		state := recoveredState(t, s, l.last, nil)
		if i == 0 {
			first = state.String()
			l.mustBePrefix(t, state, durable)
		} else if state.String() != first {
			t.Errorf("after a clean stop:\n%s\nbefore:\n%s", state, first)
		}
		if n := s.Stats().Damaged; n > 0 {
			t.Errorf("open %d: %d places damaged", i, n)
		}
		verify(t, s)
		closeStore(t, s)
	}
}
