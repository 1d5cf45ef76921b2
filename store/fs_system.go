package store

import (
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// SystemFS is the operating system's file system.
type SystemFS struct{}

// MkdirAll is FS.MkdirAll; the directories are closed to others.
func (SystemFS) MkdirAll(dir string) error { return os.MkdirAll(dir, 0o750) }

// Create is FS.Create.
func (SystemFS) Create(name string) (File, error) {
	return openSystem(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
}

// Open is FS.Open.
func (SystemFS) Open(name string) (File, error) { return openSystem(name, os.O_RDWR) }

func openSystem(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, 0o640)
	if err != nil {
		return nil, err
	}
	readOnce(f)
	return systemFile{f}, nil
}

// Rename is FS.Rename.
func (SystemFS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove is FS.Remove.
func (SystemFS) Remove(name string) error { return os.Remove(name) }

// List is FS.List.
func (SystemFS) List(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

// SyncDir is FS.SyncDir.
func (SystemFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Lock uses flock: the system gives the lock back however the process ends.
func (SystemFS) Lock(name, content string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		owner, _ := io.ReadAll(io.LimitReader(f, 64))
		f.Close()
		return nil, &LockedError{Content: strings.TrimSpace(string(owner))}
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(content), 0)
	}
	if err != nil && !errors.Is(err, unix.ENOSPC) { // a full disk can be locked all the same
		f.Close()
		return nil, err
	}
	return f, nil
}

// systemFile adds to os.File what differs between systems, see fs_linux.go.
type systemFile struct{ *os.File }

func (f systemFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
