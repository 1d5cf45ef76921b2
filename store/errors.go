package store

import "errors"

// Lost reports whether an error of Reader.Read means that the message is gone for good: its
// octets are damaged, or were lost to damage before. The store has told of it. Whoever has the
// entry should settle it and give back its reference, as if it had expired. Any other error is
// the disk's, and the message may be readable later.
func Lost(err error) bool { return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrGone) }

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

// ofReading reports whether an error is one of what was read, or of reading it.
func ofReading(err error) bool { return errors.Is(err, errReading) || errors.Is(err, ErrCorrupt) }
