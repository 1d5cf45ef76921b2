package store

import "errors"

var (
	// ErrCorrupt is wrapped by errors about octets that are not what was written.
	ErrCorrupt = errors.New("data is damaged")

	// ErrGone is wrapped by the error of reading a message that the store does not have.
	ErrGone = errors.New("message is gone")

	// ErrClosed is returned by what needs an open store.
	ErrClosed = errors.New("store is closed")

	// errReading is wrapped by errors of reading the disk. Unlike an error of writing it says
	// nothing about what else is on it.
	errReading = errors.New("reading")
)
