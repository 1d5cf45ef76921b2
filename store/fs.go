package store

import "io"

// FS is everything the store asks of a file system. Names are paths as the operating
// system writes them. Errors wrap those of package io/fs and syscall, so that
// errors.Is(err, syscall.ENOSPC) and fs.ErrNotExist work.
//
// Three implementations: SystemFS for the operating system, MemoryFS that keeps everything
// in memory and can lose power, FaultyFS that wraps another and fails on request.
type FS interface {
	// MkdirAll makes dir and its parents.
	MkdirAll(dir string) error

	// Create makes an empty file, or empties the one there is.
	Create(name string) (File, error)

	// Open opens an existing file for reading and writing.
	Open(name string) (File, error)

	// Rename gives a file another name, replacing what had it. It is durable after
	// SyncDir, and either done or not done after a crash before that.
	Rename(from, to string) error

	// Remove removes a file. Durable as Rename is.
	Remove(name string) error

	// List returns the names of the files in dir, without the directory, in any order.
	List(dir string) ([]string, error)

	// SyncDir makes the creation, renaming and removal of files in dir durable.
	SyncDir(dir string) error

	// Lock takes the exclusive lock that the file name stands for, writes content to it and
	// keeps the lock until the returned closer is closed or the process ends. If somebody
	// else has it, the error is a *LockedError with the content that they wrote.
	Lock(name, content string) (io.Closer, error)
}

// File is an open file. ReadAt and WriteAt may run concurrently on different ranges.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer

	// Size returns the length of the file.
	Size() (int64, error)

	// Allocate makes the file size octets long, with disk space behind each of them.
	Allocate(size int64) error

	// Truncate cuts the file to size octets.
	Truncate(size int64) error

	// Sync returns when everything that WriteAt wrote, and the length, is durable. After
	// an error nobody knows what is durable.
	Sync() error
}

// LockedError says that another process has the lock.
type LockedError struct {
	Content string // what the owner wrote
}

func (e *LockedError) Error() string { return "locked by " + e.Content }
