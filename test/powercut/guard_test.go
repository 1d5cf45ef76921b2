package powercut

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"amqpd/store"
)

// finder is a testing.TB that keeps failures instead of failing.
type finder struct {
	testing.TB

	mu    sync.Mutex
	found []string
}

func (f *finder) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.found = append(f.found, fmt.Sprintf(format, args...))
}

func (f *finder) Failed() bool { return f.first() != "" }

func (f *finder) first() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.found) == 0 {
		return ""
	}
	return f.found[0]
}

// TestPowerCut_Notices leaves out what answers rest on: it must be found.
func TestPowerCut_Notices(t *testing.T) {
	for _, c := range []struct {
		name  string
		leave func(*world)
	}{
		{"answers wait for no sync", func(w *world) { w.sync = store.SyncOS }},
		{"the log is not synced", func(w *world) { w.forgets = func(name string) bool { return strings.HasSuffix(name, ".log") } }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				f := &finder{TB: t}
				w := newWorld(f, seed)
				w.wait, w.images = time.Second, 4
				c.leave(w)
				w.live(1)
				if f.Failed() {
					t.Logf("seed %d: %s", seed, f.first())
					return
				}
			}
			t.Error("nothing is worse without it")
		})
	}
}

// forgetfulFS leaves out the syncs of some files.
type forgetfulFS struct {
	*store.MemoryFS
	forgets func(base string) bool
}

func (f *forgetfulFS) Create(name string) (store.File, error) { return f.wrap(name, f.MemoryFS.Create) }
func (f *forgetfulFS) Open(name string) (store.File, error)   { return f.wrap(name, f.MemoryFS.Open) }

func (f *forgetfulFS) wrap(name string, open func(string) (store.File, error)) (store.File, error) {
	file, err := open(name)
	if err != nil || !f.forgets(filepath.Base(name)) {
		return file, err
	}
	return forgetfulFile{file}, nil
}

type forgetfulFile struct{ store.File }

func (forgetfulFile) Sync() error { return nil }
