package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Allocate uses fallocate, so that later writes change no metadata and cannot run out of
// space; where the file system has none, the file only gets its length.
func (f systemFile) Allocate(size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return f.Truncate(size)
		default:
			return &os.PathError{Op: "fallocate", Path: f.Name(), Err: err}
		}
	}
}

// readAhead has the system read octets that are going to be read soon. It is advice, so
// what comes of it does not matter.
func (f systemFile) readAhead(off, n int64) {
	_ = unix.Fadvise(int(f.Fd()), off, n, unix.FADV_WILLNEED)
}

// readOnce tells the system that nobody comes back for what is read of f: a long backlog
// that goes through its cache does not push out what others have there. Before Linux 6.3
// it does nothing.
func readOnce(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_NOREUSE) }

// free returns how many octets of dir's disk we may still take.
func (SystemFS) free(dir string) (uint64, error) {
	var s unix.Statfs_t
	err := unix.Statfs(dir, &s)
	return s.Bavail * uint64(s.Bsize), err
}

// punch gives the disk space of octets back; they read as zeros then.
func (f systemFile) punch(off, n int64) error {
	return unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, n)
}

// Sync is fdatasync: the times of a log file are nobody's business.
func (f systemFile) Sync() error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
		}
	}
}
