package store

import (
	"errors"
	"syscall"
)

// When the disk is full
//
// What frees space is acknowledging messages, and that needs space: for the records that
// settle entries, and for the checkpoint that lets segments go. So room is kept for them.
//
//   - The file of the next segment is made when the current one is half full, and one more,
//     the reserve, is kept among the spares.
//   - If either cannot be made the store is low on space: Throttle holds publishers back,
//     and what is left of the current segment and the next are for the rest.
//   - A start that finds no space for a segment makes do with half of the reserve.
//   - If a checkpoint finds no space the reserve is given up for it. The segments that the
//     checkpoint lets go are the next reserve.
//
// A write that finds no space all the same is tried again until there is some, see
// committer.healing.

// noSpace reports whether an error is want of disk space, which passes when some is freed.
func noSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// passes reports whether an error says nothing about the disk and may be gone the next time:
// want of space, or of file descriptors, of which connections can take all there are.
func passes(err error) bool {
	return noSpace(err) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// shortOf names what an error that passes is want of, for the log.
func shortOf(err error) string {
	if noSpace(err) {
		return "disk full"
	}
	return "no file descriptors left"
}

// makeRoom makes the files of segments to come, and notes whether there was space for them.
func (k *keeper) makeRoom() error {
	l := &k.s.log
	l.mu.Lock()
	id, due := l.seg.id+1, l.offset() > l.seg.size/2
	l.mu.Unlock()
	if k.quiet {
		if err := k.s.files.trimSpares(); err != nil {
			return err
		}
	}
	if !due && !k.low.Load() {
		return nil
	}
	err := k.s.files.prepare(id, uint32(l.segmentSize))
	if err == nil {
		err = k.s.files.keepReserve(uint32(l.segmentSize))
	}
	if noSpace(err) {
		k.holdBack(err)
		return nil
	}
	if err == nil && k.low.CompareAndSwap(true, false) {
		k.s.logger.Info("disk has space again: publishers go on")
		k.s.committer.wakeWaiters()
	}
	return err
}

// holdBack notes that the store is low on space, and has the keeper look again.
func (k *keeper) holdBack(err error) {
	if k.low.CompareAndSwap(false, true) {
		k.s.logger.Error("disk almost full: publishers are held back until there is space", "err", err)
	}
	k.again(retryPause)
}

// withSpace calls f, giving up reserves as long as it finds no space.
func (k *keeper) withSpace(f func() error) error {
	err := f()
	for noSpace(err) && k.s.files.dropReserve() {
		k.holdBack(err)
		err = f()
	}
	return err
}

// keepReserve makes a spare if there is none.
func (s *segmentFiles) keepReserve(size uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spares) > 0 {
		return nil
	}
	name := s.spareName()
	f, err := s.fs.Create(s.path(name))
	if err != nil {
		return err
	}
	if err = errors.Join(f.Allocate(int64(size)), f.Close()); err != nil {
		return errors.Join(err, s.fs.Remove(s.path(name)))
	}
	s.spares = append(s.spares, name)
	return nil
}

// trimSpares removes all spares but the reserve.
func (s *segmentFiles) trimSpares() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.spares) > 1 {
		n := len(s.spares) - 1
		if err := s.fs.Remove(s.path(s.spares[n])); ignoreMissing(err) != nil {
			return err
		}
		s.spares = s.spares[:n]
	}
	return nil
}

// claim makes the file of the segment that a start goes on in, and returns how large it is.
// Without space for another file it is half of the last spare: the rest is for the checkpoint
// of the start, and what is acknowledged from then on makes room again. Without a spare the
// committer waits for space.
func (s *segmentFiles) claim(id, size uint32) (uint32, error) {
	err := s.prepare(id, size)
	if !noSpace(err) {
		return size, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.spares) - 1
	if n < 0 {
		return size, nil
	}
	f, err := s.fs.Open(s.path(s.spares[n]))
	if err != nil {
		return 0, err
	}
	half := size / 2
	if have, err1 := f.Size(); err1 != nil || have < int64(half) {
		return size, errors.Join(err1, f.Close())
	}
	if err := errors.Join(f.Truncate(int64(half)), f.Close()); err != nil {
		return 0, err
	}
	if err := s.fs.Rename(s.path(s.spares[n]), s.path(segmentName(id))); err != nil {
		return 0, err
	}
	s.spares = s.spares[:n]
	if err := s.fs.SyncDir(s.dir); err != nil {
		return 0, err
	}
	s.prepared[id] = struct{}{}
	return half, nil
}

// dropReserve removes a spare and reports whether there was one.
func (s *segmentFiles) dropReserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.spares)
	if n == 0 {
		return false
	}
	name := s.spares[n-1]
	s.spares = s.spares[:n-1]
	return s.fs.Remove(s.path(name)) == nil
}
