package store

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// sectorSize is what a disk writes whole or not at all.
const sectorSize = 512

// MemoryFS is a file system in memory that can lose power: it knows what was synced and
// what was not, and Crash makes a file system of what a disk might have after it. Files
// are as large as what was written and allocated, and together no larger than Limit.
type MemoryFS struct {
	mu          sync.Mutex
	files       map[string]*memoryFile // by name, as the running system sees them
	durable     map[string]*memoryFile // by name, as of the last SyncDir
	changes     []nameChange           // of names since then, in order
	locks       map[string]string      // held locks and what their owners wrote
	definitions map[string]*memoryDefinitions
	limit       int64 // octets of all files together; 0: no limit
}

// nameChange is one change of a directory that is not durable yet.
type nameChange struct {
	dir  string
	name string      // whole path
	file *memoryFile // nil: removed
	from string      // the name that the file had, if it was renamed
}

// memoryFile is the content of a file.
type memoryFile struct {
	data     []byte        // as the running system sees it
	synced   []byte        // as of the last Sync
	unsynced []memoryWrite // since then
}

// memoryWrite is a piece of data that is not durable yet.
type memoryWrite struct {
	off  int
	data []byte
}

// NewMemoryFS returns an empty file system.
func NewMemoryFS() *MemoryFS {
	return &MemoryFS{
		files:       map[string]*memoryFile{},
		durable:     map[string]*memoryFile{},
		locks:       map[string]string{},
		definitions: map[string]*memoryDefinitions{},
	}
}

// Limit sets how many octets all files together may have; 0 is no limit. What would exceed
// it fails with ENOSPC.
func (m *MemoryFS) Limit(octets int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = octets
}

// Used returns the octets that all files have together.
func (m *MemoryFS) Used() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usedLocked()
}

func (m *MemoryFS) free(string) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.limit == 0 {
		return math.MaxInt64, nil
	}
	return uint64(max(m.limit-m.usedLocked(), 0)), nil
}

func (m *MemoryFS) usedLocked() int64 {
	used := int64(0)
	for _, f := range m.files {
		used += int64(len(f.data))
	}
	return used
}

// Crash returns a file system as the disk might have it if the power failed now. choose
// decides about everything that is not synced: given how many possibilities there are, it
// returns one of them, from 0 for the least that can be there to the number less one for
// all of it. Of the names a first part is changed, since file systems keep a journal of
// them; of the data any sectors are written. The receiver goes on as if nothing had been.
func (m *MemoryFS) Crash(choose func(n int) int) *MemoryFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := NewMemoryFS()
	copies := map[*memoryFile]*memoryFile{}
	content := func(f *memoryFile) *memoryFile {
		if copies[f] == nil {
			copies[f] = f.crash(choose)
		}
		return copies[f]
	}
	for _, name := range slices.Sorted(maps.Keys(m.durable)) {
		c.files[name] = content(m.durable[name])
	}
	for _, change := range m.changes[:choose(len(m.changes)+1)] {
		if change.from != "" {
			delete(c.files, change.from)
		}
		if change.file == nil {
			delete(c.files, change.name)
		} else {
			c.files[change.name] = content(change.file)
		}
	}
	c.durable = maps.Clone(c.files)
	for path, d := range m.definitions {
		c.definitions[path] = d.clone()
	}
	return c
}

// crash returns a file with what the disk might have of f.
func (f *memoryFile) crash(choose func(n int) int) *memoryFile {
	data := slices.Clone(f.synced)
	for _, w := range f.unsynced {
		for from := 0; from < len(w.data); {
			to := min(len(w.data), from+sectorSize-(w.off+from)%sectorSize)
			if choose(2) == 1 {
				data = writeInto(data, w.off+from, w.data[from:to])
			}
			from = to
		}
	}
	return &memoryFile{data: data, synced: slices.Clone(data)}
}

// writeInto writes p at off of data, which grows with zeros if need be.
func writeInto(data []byte, off int, p []byte) []byte {
	if n := off + len(p); n > len(data) {
		data = append(data, make([]byte, n-len(data))...)
	}
	copy(data[off:], p)
	return data
}

// MkdirAll does nothing: directories are there.
func (m *MemoryFS) MkdirAll(string) error { return nil }

// Create implements FS.
func (m *MemoryFS) Create(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := &memoryFile{}
	m.files[name] = f
	m.changes = append(m.changes, nameChange{dir: filepath.Dir(name), name: name, file: f})
	return &memoryHandle{m: m, name: name, f: f}, nil
}

// Open implements FS.
func (m *MemoryFS) Open(name string) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[name]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memoryHandle{m: m, name: name, f: f}, nil
}

// Rename implements FS.
func (m *MemoryFS) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[from]
	if f == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	delete(m.files, from)
	m.files[to] = f
	m.changes = append(m.changes, nameChange{dir: filepath.Dir(to), name: to, file: f, from: from})
	return nil
}

// Remove implements FS.
func (m *MemoryFS) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	delete(m.files, name)
	m.changes = append(m.changes, nameChange{dir: filepath.Dir(name), name: name})
	return nil
}

// List implements FS.
func (m *MemoryFS) List(dir string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.files {
		if filepath.Dir(name) == filepath.Clean(dir) {
			names = append(names, filepath.Base(name))
		}
	}
	return names, nil
}

// SyncDir implements FS. The changes of other directories before those of dir become
// durable too, as in a journal.
func (m *MemoryFS) SyncDir(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := 0
	for i, c := range m.changes {
		if c.dir == filepath.Clean(dir) {
			last = i + 1
		}
	}
	for _, c := range m.changes[:last] {
		if c.from != "" {
			delete(m.durable, c.from)
		}
		if c.file == nil {
			delete(m.durable, c.name)
		} else {
			m.durable[c.name] = c.file
		}
	}
	m.changes = slices.Delete(m.changes, 0, last)
	return nil
}

// Lock implements FS. A crash gives all locks back.
func (m *MemoryFS) Lock(name, content string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if owner, locked := m.locks[name]; locked {
		return nil, &LockedError{Content: owner}
	}
	m.locks[name] = content
	return closerFunc(func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.locks, name)
		return nil
	}), nil
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }

// openDefinitions implements definitionsOpener.
func (m *MemoryFS) openDefinitions(path string) (definitionsDB, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.definitions[path]
	if d == nil {
		d = &memoryDefinitions{pairs: map[string][]byte{}}
		m.definitions[path] = d
	}
	return d, nil
}

// memoryHandle is an open file. It stays usable when the file is renamed or removed.
type memoryHandle struct {
	m      *MemoryFS
	name   string // that it was opened under
	f      *memoryFile
	closed bool // guarded by m.mu
}

// lock takes the file system's lock and reports whether the file is open.
func (h *memoryHandle) lock(op string) error {
	h.m.mu.Lock()
	if h.closed {
		return &fs.PathError{Op: op, Path: h.name, Err: fs.ErrClosed}
	}
	return nil
}

func (h *memoryHandle) unlock() { h.m.mu.Unlock() }

func (h *memoryHandle) ReadAt(p []byte, off int64) (int, error) {
	defer h.unlock()
	if err := h.lock("read"); err != nil {
		return 0, err
	}
	if off >= int64(len(h.f.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (h *memoryHandle) WriteAt(p []byte, off int64) (int, error) {
	defer h.unlock()
	if err := h.lock("write"); err != nil {
		return 0, err
	}
	if err := h.m.roomLocked("write", h.name, int(off)+len(p)-len(h.f.data)); err != nil {
		return 0, err
	}
	h.f.data = writeInto(h.f.data, int(off), p)
	h.f.unsynced = append(h.f.unsynced, memoryWrite{int(off), slices.Clone(p)})
	return len(p), nil
}

// roomLocked reports whether the files may grow by n octets. REQUIRES mu.
func (m *MemoryFS) roomLocked(op, name string, n int) error {
	if n > 0 && m.limit > 0 && m.usedLocked()+int64(n) > m.limit {
		return &fs.PathError{Op: op, Path: name, Err: syscall.ENOSPC}
	}
	return nil
}

func (h *memoryHandle) Size() (int64, error) {
	defer h.unlock()
	if err := h.lock("stat"); err != nil {
		return 0, err
	}
	return int64(len(h.f.data)), nil
}

func (h *memoryHandle) Allocate(size int64) error {
	defer h.unlock()
	if err := h.lock("fallocate"); err != nil {
		return err
	}
	n := int(size) - len(h.f.data)
	if n <= 0 {
		return nil
	}
	if err := h.m.roomLocked("fallocate", h.name, n); err != nil {
		return err
	}
	h.f.data = append(h.f.data, make([]byte, n)...)
	return nil
}

// Truncate takes effect on the disk at once, which is the worst that can happen: data may
// be gone before what made it dispensable is durable.
func (h *memoryHandle) Truncate(size int64) error {
	defer h.unlock()
	if err := h.lock("truncate"); err != nil {
		return err
	}
	if size > int64(len(h.f.data)) {
		return fmt.Errorf("truncate %s: makes it longer", h.name)
	}
	h.f.data = h.f.data[:size:size]
	h.f.synced = h.f.synced[:min(int(size), len(h.f.synced))]
	h.f.unsynced = slices.DeleteFunc(h.f.unsynced, func(w memoryWrite) bool { return w.off+len(w.data) > int(size) })
	return nil
}

func (h *memoryHandle) Sync() error {
	defer h.unlock()
	if err := h.lock("fdatasync"); err != nil {
		return err
	}
	for _, w := range h.f.unsynced {
		h.f.synced = writeInto(h.f.synced, w.off, w.data)
	}
	h.f.unsynced = nil
	h.f.synced = writeInto(h.f.synced, len(h.f.data), nil)
	return nil
}

func (h *memoryHandle) Close() error {
	defer h.unlock()
	if err := h.lock("close"); err != nil {
		return err
	}
	h.closed = true
	return nil
}
