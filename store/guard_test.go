package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// finder is a testing.TB that keeps failures instead of failing.
type finder struct {
	testing.TB

	mu    sync.Mutex
	found []string
}

func (f *finder) Error(args ...any) { f.Errorf("%s", fmt.Sprint(args...)) }

func (f *finder) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.found = append(f.found, fmt.Sprintf(format, args...))
}

func (f *finder) Fatal(args ...any) { f.TB.Fatal(args...) }

func (f *finder) Failed() bool { return f.first() != "" }

// first returns the first failure, cut short.
func (f *finder) first() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.found) == 0 {
		return ""
	}
	return f.found[0][:min(len(f.found[0]), 300)]
}

// forgetfulFS leaves out syncs.
type forgetfulFS struct {
	FS
	forgets func(Op) bool
}

func (f *forgetfulFS) Create(name string) (File, error) { return f.wrap(name, f.FS.Create) }
func (f *forgetfulFS) Open(name string) (File, error)   { return f.wrap(name, f.FS.Open) }

func (f *forgetfulFS) wrap(name string, open func(string) (File, error)) (File, error) {
	file, err := open(name)
	return &forgetfulFile{file, f, name}, err
}

func (f *forgetfulFS) SyncDir(dir string) error {
	if f.forgets(Op{Kind: OpSyncDir, Name: dir}) {
		return nil
	}
	return f.FS.SyncDir(dir)
}

func (f *forgetfulFS) openDefinitions(path string) (definitionsDB, error) {
	return f.FS.(definitionsOpener).openDefinitions(path)
}

type forgetfulFile struct {
	File
	fs   *forgetfulFS
	name string
}

func (f *forgetfulFile) Sync() error {
	if f.fs.forgets(Op{Kind: OpSync, Name: f.name}) {
		return nil
	}
	return f.File.Sync()
}

// forgetSync returns options that leave out the syncs of some files.
func forgetSync(kind OpKind, match func(base string) bool) func(*Options) {
	return func(o *Options) {
		o.FS = &forgetfulFS{FS: o.FS, forgets: func(op Op) bool {
			return op.Kind == kind && match(filepath.Base(op.Name))
		}}
	}
}

func leaveOut(g guard) func(*Options) { return func(o *Options) { o.without |= g } }

// TestEachPrecautionIsNeeded leaves out what crash safety rests on, one thing at a time: the
// enumeration of crashes must find out.
func TestEachPrecautionIsNeeded(t *testing.T) {
	for _, c := range []struct {
		name  string
		leave func(*Options) // of the store that crashes
		after bool           // it is missing in the recovery
	}{
		{name: "checksums", leave: leaveOut(guardChecksum), after: true},
		{name: "whole groups", leave: leaveOut(guardGroup), after: true},
		{name: "sync before confirm", leave: func(o *Options) { o.Sync = SyncOS }},
		{name: "sync before the next segment", leave: leaveOut(guardChain)},
		{name: "settle durable before reclaim", leave: leaveOut(guardSettled)},
		{name: "log durable before checkpoint", leave: leaveOut(guardApproved)},
		{name: "carried durable before reuse", leave: leaveOut(guardCarried)},
		{name: "sync of index runs", leave: forgetSync(OpSync, func(name string) bool { return strings.HasSuffix(name, runSuffix) })},
		{name: "sync of checkpoints", leave: forgetSync(OpSync, func(name string) bool { return strings.HasPrefix(name, checkpointNames[0]) })},
		{name: "sync of names", leave: forgetSync(OpSyncDir, func(string) bool { return true })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(10) {
				f := &finder{TB: t}
				trace := newCrashTrace(f, seed, imagesOf{each: 12, random: 6})
				trace.limit = 1
				if c.after {
					trace.leave = c.leave
				} else {
					c.leave(&trace.o)
				}
				trace.run(seed)
				if f.Failed() {
					t.Logf("seed %d, image %d: %s", seed, trace.images, f.first())
					return
				}
			}
			t.Error("nothing is worse without it")
		})
	}
}
