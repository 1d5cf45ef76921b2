package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
)

const (
	segmentSuffix = ".log"
	runSuffix     = ".idx"
	unfinished    = ".new" // files that are being written; removed at start
	sparePrefix   = "spare-"

	sparesMax    = 3  // recycled files kept for the segments to come
	openFilesMax = 64 // segment files kept open for reading
)

func segmentName(id uint32) string { return fmt.Sprintf("%08x%s", id, segmentSuffix) }

// parseSegmentName is the inverse of segmentName.
func parseSegmentName(name string) (id uint32, ok bool) {
	if _, err := fmt.Sscanf(name, "%08x"+segmentSuffix, &id); err != nil {
		return 0, false
	}
	return id, name == segmentName(id)
}

// segmentFile is an open segment file in the cache of open files.
type segmentFile struct {
	File
	used atomic.Bool // since the cache last looked for one to close
}

// segmentFiles names, makes, recycles and opens the files of segments.
//
// A file gets the name of its segment, durably, before anything is written to it for
// that segment; what it holds until then belongs to another segment and does not check
// out under the new name.
type segmentFiles struct {
	fs  FS
	dir string

	mu       sync.Mutex
	spares   []string            // names of files to be used again, all of the usual size
	begun    uint32              // the highest segment whose file was made to be written
	prepared map[uint32]struct{} // later ones whose file has its name and size already
	open     map[uint32]*segment // those whose file field is set by openForRead
	nextName int                 // for naming spares
}

func (s *segmentFiles) path(name string) string { return filepath.Join(s.dir, name) }

// prepare makes the file of a segment to come, if it is not there. Who asks may be late: a
// segment that was begun meanwhile is left alone.
func (s *segmentFiles) prepare(id, size uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.prepared[id]; ok || id <= s.begun {
		return nil
	}
	f, err := s.makeLocked(id, size, 1)
	if err != nil {
		return err
	}
	s.prepared[id] = struct{}{}
	return f.Close()
}

// create returns the file of a new segment, prepared or made now, of the last spare if there
// is no space for another.
func (s *segmentFiles) create(id, size uint32) (File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.createLocked(id, size)
	if err == nil {
		s.begun = id
	}
	return f, err
}

// createLocked is create. REQUIRES mu.
func (s *segmentFiles) createLocked(id, size uint32) (File, error) {
	if _, ok := s.prepared[id]; !ok {
		f, err := s.makeLocked(id, size, 1)
		if noSpace(err) {
			f, err = s.makeLocked(id, size, 0)
		}
		return f, err
	}
	f, err := s.fs.Open(s.path(segmentName(id)))
	if err != nil {
		return nil, err
	}
	if err := allocate(f, size); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	delete(s.prepared, id)
	return f, nil
}

// makeLocked gives a spare, if there are more than keep, or a new file the name and size of
// a segment. REQUIRES mu.
func (s *segmentFiles) makeLocked(id, size uint32, keep int) (File, error) {
	path := s.path(segmentName(id))
	var f File
	var err error
	if n := len(s.spares); n > keep {
		if err = s.fs.Rename(s.path(s.spares[n-1]), path); err != nil {
			return nil, err
		}
		s.spares = s.spares[:n-1]
		f, err = s.fs.Open(path)
	} else {
		f, err = s.fs.Create(path)
	}
	if err != nil {
		return nil, err
	}
	if err = allocate(f, size); err == nil {
		err = s.fs.SyncDir(s.dir)
	}
	if err == nil {
		return f, nil
	}
	return nil, errors.Join(err, f.Close(), s.fs.Remove(path))
}

// allocate makes f at least size long.
func allocate(f File, size uint32) error {
	if have, err := f.Size(); err != nil || have >= int64(size) {
		return err
	}
	return f.Allocate(int64(size))
}

// openForRead returns the file of g, opening it if need be. It may be closed any time,
// which readers take as a reason to ask again. fs.ErrNotExist: the segment has no file.
func (s *segmentFiles) openForRead(g *segment) (*segmentFile, error) {
	if f := g.file.Load(); f != nil {
		if !f.used.Load() {
			f.used.Store(true)
		}
		return f, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := g.file.Load(); f != nil {
		return f, nil
	}
	if len(s.open) >= openFilesMax {
		s.closeOneLocked()
	}
	f, err := s.fs.Open(s.path(segmentName(g.id)))
	if err != nil && passes(err) && len(s.open) > 0 { // no more descriptors: use another's
		s.closeOneLocked()
		f, err = s.fs.Open(s.path(segmentName(g.id)))
	}
	if err != nil {
		return nil, err
	}
	file := &segmentFile{File: f}
	g.file.Store(file)
	s.open[g.id] = g
	return file, nil
}

// closeOneLocked closes a file that was not used of late. REQUIRES mu.
func (s *segmentFiles) closeOneLocked() {
	for range 2 {
		for id, g := range s.open {
			f := g.file.Load()
			if f != nil && f.used.Swap(false) {
				continue
			}
			s.closeLocked(id, g)
			return
		}
	}
}

// closeLocked closes the file of g. REQUIRES mu. What was written is synced already or
// belongs to nobody, so an error of closing says nothing.
func (s *segmentFiles) closeLocked(id uint32, g *segment) {
	if f := g.file.Swap(nil); f != nil {
		_ = f.Close()
	}
	delete(s.open, id)
}

// written hands over the file that the committer is done with.
func (s *segmentFiles) written(g *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[g.id] = g
	if len(s.open) > openFilesMax {
		s.closeOneLocked()
	}
}

// recycle takes the file of a segment that nobody needs any more: it becomes a spare if it
// has the usual size and there are not enough of them, and is removed otherwise.
func (s *segmentFiles) recycle(g *segment, usual uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeLocked(g.id, g)
	path := s.path(segmentName(g.id))
	if g.size != usual || len(s.spares) >= sparesMax {
		return ignoreMissing(s.fs.Remove(path))
	}
	return s.toSpareLocked(segmentName(g.id))
}

// cut gives back the disk space behind the end of a segment that is not full.
func (s *segmentFiles) cut(g *segment) error {
	f, err := s.fs.Open(s.path(segmentName(g.id)))
	if err != nil {
		return ignoreMissing(err)
	}
	return errors.Join(f.Truncate(int64(g.end.Load())), f.Close())
}

// replaceFile makes a file anew, whole or not at all. write fills and syncs it. That it has its
// name is durable after SyncDir.
func replaceFile(fsys FS, path string, write func(File) error) error {
	f, err := fsys.Create(path + unfinished)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return fsys.Rename(path+unfinished, path)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// adoptUnused makes a spare of a file that has the name of a segment and holds none.
func (s *segmentFiles) adoptUnused(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spares) >= sparesMax {
		return s.fs.Remove(s.path(name))
	}
	return s.toSpareLocked(name)
}

// toSpareLocked gives a file the name of a spare. REQUIRES mu.
func (s *segmentFiles) toSpareLocked(name string) error {
	spare := s.spareName()
	if err := s.fs.Rename(s.path(name), s.path(spare)); err != nil {
		return ignoreMissing(err)
	}
	s.spares = append(s.spares, spare)
	return nil
}

// spareName returns a new name. REQUIRES mu.
func (s *segmentFiles) spareName() string {
	s.nextName++
	return fmt.Sprintf("%s%d", sparePrefix, s.nextName)
}

// adopt takes over the spares that a former run left behind.
func (s *segmentFiles) adopt(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.spares = append(s.spares, name)
		var n int
		if _, err := fmt.Sscanf(name[len(sparePrefix):], "%d", &n); err == nil {
			s.nextName = max(s.nextName, n)
		}
	}
}

func (s *segmentFiles) spareCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.spares)
}

// closeAll closes every file.
func (s *segmentFiles) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, g := range s.open {
		s.closeLocked(id, g)
	}
}
