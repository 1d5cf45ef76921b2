package meta

import (
	"errors"
	"fmt"
)

// The reasons for which Apply refuses a command. They come wrapped in an
// [*Error] that names the object; test for them with errors.Is.
var (
	// ErrNotFound says that the object to remove, or one that the command
	// refers to, is not there.
	ErrNotFound = errors.New("not found")

	// ErrExists says that a queue or exchange of that name is there already.
	// Whether it is equivalent to the one asked for is the caller's to judge
	// (amqp-behaviour §3.2, §4.2).
	ErrExists = errors.New("already exists")

	// ErrInUse says that an exchange to be deleted if unused is the source of
	// a binding (amqp-behaviour §3.3).
	ErrInUse = errors.New("in use")

	// ErrReserved says that the command would bind, replace or delete what
	// every virtual host has by itself: the default exchange may not be bound,
	// predeclared exchanges may not be deleted.
	ErrReserved = errors.New("reserved")

	// ErrLimit says that a limit of the virtual host is reached, at present
	// max-queues (amqp-behaviour §4.1).
	ErrLimit = errors.New("limit reached")

	// ErrInvalid says that the command makes no sense in any state: an unknown
	// destination type, a batch inside a batch.
	ErrInvalid = errors.New("invalid command")

	// ErrDecode says that bytes are no command or record of a known version.
	// A record that comes from a store with a checksum and gives this error
	// was written by a later version.
	ErrDecode = errors.New("cannot decode")
)

// Error is a refusal together with the object that it is about.
type Error struct {
	Err   error  // one of the sentinels of this package
	Kind  string // "vhost", "user", "permission", "topic permission", "exchange", "queue", "binding", "policy", "operator policy", "parameter", "global parameter", "limit"
	Vhost string // "" for what lives in no virtual host
	Name  string
}

// Error reads like "queue 'q1' in vhost '/': not found".
func (e *Error) Error() string {
	if e.Vhost == "" {
		return fmt.Sprintf("%s '%s': %v", e.Kind, e.Name, e.Err)
	}
	return fmt.Sprintf("%s '%s' in vhost '%s': %v", e.Kind, e.Name, e.Vhost, e.Err)
}

// Unwrap gives the sentinel.
func (e *Error) Unwrap() error { return e.Err }
