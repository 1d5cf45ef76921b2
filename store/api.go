package store

import (
	"io"
	"log/slog"
)

// Pos says where a message lies: segment<<32 | offset. Zero is no message.
type Pos uint64

// LSN says how far the log reaches, in octets ever appended. What was appended before
// End() returned l is durable once Durable() >= l.
type LSN uint64

// SyncMode says when appended bytes count as durable.
type SyncMode uint8

// The sync modes.
const (
	SyncAlways   SyncMode = iota // after fdatasync
	SyncInterval                 // once the system has them; fdatasync every 10 ms
	SyncOS                       // once the system has them
)

// ParseSyncMode reads always, interval or os.
func ParseSyncMode(s string) (SyncMode, error) { return SyncAlways, nil }

// FS is the file system the store works on.
type FS interface{}

// Options configure a store.
type Options struct {
	Dir         string
	Sync        SyncMode
	SegmentSize int // octets of a log segment, default 64 MiB
	TailMemory  int // octets of the log's durable tail kept in memory, default 64 MiB
	Log         *slog.Logger
	// Durable is called by the committer after each commit with the new durable position. It must be quick.
	Durable func(LSN)
	Fatal   func(error)
	FS      FS
}

// Entry is one durable message in a queue.
type Entry struct {
	Seq        uint64
	Pos        Pos
	Expiry     int64  // unix ms, 0: none
	Size       uint32 // body octets
	Deliveries uint16
	Priority   uint8
	Flags      uint8
}

// FlagRedelivered in Entry.Flags: the entry may have been delivered before.
const FlagRedelivered = 1

// Range is a range of sequence numbers, both ends included.
type Range struct{ From, To uint64 }

// Change is one change of the definitions. A nil Value deletes the key.
type Change struct {
	Key   string
	Value []byte
}

// Store is an open data directory.
type Store struct{}

// Open opens the data directory and replays its log.
func Open(o Options) (*Store, error) { return &Store{}, nil }

// Close stops cleanly: all is synced and the index written, so the next start is quick.
func (s *Store) Close() error { return nil }

// PutTransient keeps a payload (a, b and c one after the other) in memory only. One reference is the caller's.
func (s *Store) PutTransient(a, b, c []byte) Pos { return 0 }

// PutDurable appends a payload to the log. One reference is the caller's.
func (s *Store) PutDurable(a, b, c []byte) Pos { return 0 }

// Retain adds n references to p, of which the caller holds one.
func (s *Store) Retain(p Pos, n int) {}

// Release gives back one reference to p.
func (s *Store) Release(p Pos) {}

// ReleaseAll gives back one reference to each of ps.
func (s *Store) ReleaseAll(ps []Pos) {}

// Reader reads messages. Not safe for concurrent use.
type Reader struct{}

// NewReader returns a reader, which holds no memory until used.
func (s *Store) NewReader() *Reader { return &Reader{} }

// Init makes a zero Reader usable.
func (r *Reader) Init(s *Store) {}

// Read returns the payload at p, valid until the next Read or Done. The caller holds a reference to p.
func (r *Reader) Read(p Pos) ([]byte, error) { return nil, nil }

// Done gives back what the reader holds.
func (r *Reader) Done() {}

// Enqueue logs that a queue holds entries. Seq must be larger than any the queue logged before.
func (s *Store) Enqueue(queue uint64, entries []Entry) {}

// Settle logs that entries are gone, without a sync of its own.
func (s *Store) Settle(queue uint64, ranges []Range) {}

// Delivered logs that entries with Seq < upTo may have been delivered.
func (s *Store) Delivered(queue uint64, upTo uint64) {}

// DropQueue logs that the queue is deleted with all its entries.
func (s *Store) DropQueue(queue uint64) {}

// Group is a transaction: all of it is recovered or none. It holds the log's lock until End.
type Group struct{}

// Begin starts a group.
func (s *Store) Begin() *Group { return &Group{} }

// PutDurable is Store.PutDurable within the group.
func (g *Group) PutDurable(a, b, c []byte) Pos { return 0 }

// Enqueue is Store.Enqueue within the group.
func (g *Group) Enqueue(queue uint64, entries []Entry) {}

// Settle is Store.Settle within the group.
func (g *Group) Settle(queue uint64, ranges []Range) {}

// End ends the group and returns the position behind it.
func (g *Group) End() LSN { return 0 }

// End returns the position behind everything appended so far.
func (s *Store) End() LSN { return 0 }

// Durable returns how far the log is durable.
func (s *Store) Durable() LSN { return 0 }

// Kick tells the committer that somebody waits; call it once per batch.
func (s *Store) Kick() {}

// Wait blocks until l is durable.
func (s *Store) Wait(l LSN) {}

// WriteDefinitions appends changes, atomic as a group.
func (s *Store) WriteDefinitions(cs []Change) LSN { return 0 }

// Definitions calls f with all pairs in key order.
func (s *Store) Definitions(f func(key string, value []byte) error) error { return nil }

// Recovered hands over the live entries of a queue in Seq order and its next free Seq.
func (s *Store) Recovered(queue uint64) (entries []Entry, next uint64) { return nil, 0 }

// RecoveryDone forgets what nobody took and frees it.
func (s *Store) RecoveryDone() {}

// Stats are the store's counters.
type Stats struct{}

// Stats returns the counters now.
func (s *Store) Stats() Stats { return Stats{} }

// Verify checks the invariants of what is in memory.
func (s *Store) Verify() error { return nil }

// Check verifies a stopped node's directory and prints what is wrong.
func Check(dir string, w io.Writer) error { return nil }
