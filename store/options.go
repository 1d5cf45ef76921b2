package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
)

// SyncMode says when appended octets count as durable.
type SyncMode uint8

// The sync modes. A crash of the process alone loses nothing that was durable in any of
// them; they differ in what a crash of the system, or a power cut, can take.
const (
	// SyncAlways: durable means synced to disk. Nothing durable is lost.
	SyncAlways SyncMode = iota
	// SyncInterval: durable means given to the system, which is told to sync every 10 ms.
	// The last 10 ms can be lost.
	SyncInterval
	// SyncOS: durable means given to the system, which syncs when it likes. As much as the
	// log took in the last half minute can be lost.
	SyncOS
)

var syncModeNames = []string{"always", "interval", "os"}

func (m SyncMode) String() string {
	if int(m) >= len(syncModeNames) {
		return fmt.Sprintf("sync mode %d", uint8(m))
	}
	return syncModeNames[m]
}

// Options configure a store. The zero value of each field but Dir means its default.
type Options struct {
	Dir  string // the data directory, made if it does not exist
	Sync SyncMode

	SegmentSize int // octets of a log segment; default 64 MiB, at least 4 KiB, at most 1 GiB
	TailMemory  int // octets of the log's tail kept in memory for reading; default 64 MiB

	// TransientMemory is how many octets of transient messages stay in memory. The oldest
	// beyond that are written to a file by whoever calls Throttle; 0: all stay.
	TransientMemory int

	// DiskLeft is how many octets of the disk are not taken for that file.
	DiskLeft uint64

	Log *slog.Logger // default slog.Default()

	// Durable is called with the new durable position after each commit, by the committer:
	// until it returns nothing else is committed.
	Durable func(LSN)

	// Fatal is called once when the log cannot be written any more. The store takes nothing
	// from then on: appended octets stay in memory and Durable() stays where it is. The
	// default prints "FATAL: ..." to standard error and exits with status 1, which is what
	// a node should do: only a restart finds out what the disk has.
	Fatal func(error)

	FS FS // default SystemFS

	without guard // precautions that a test leaves out
	rebuild bool  // go on without a checkpoint, see rebuild.go
}

const (
	defaultSegmentSize = 64 << 20
	minSegmentSize     = 4 << 10
	maxSegmentSize     = 1 << 30
	defaultTailMemory  = 64 << 20
)

// withDefaults returns o with its defaults filled in, and an error in words for the user
// if it makes no sense.
func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("no data directory is given: set --data-dir")
	}
	if o.Sync > SyncOS {
		return o, fmt.Errorf("%v does not exist", o.Sync)
	}
	if o.SegmentSize == 0 {
		o.SegmentSize = defaultSegmentSize
	}
	if o.SegmentSize < minSegmentSize || o.SegmentSize > maxSegmentSize {
		return o, fmt.Errorf("segment size %d is not between %d and %d", o.SegmentSize, minSegmentSize, maxSegmentSize)
	}
	if o.TailMemory == 0 {
		o.TailMemory = defaultTailMemory
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Fatal == nil {
		o.Fatal = func(err error) {
			fmt.Fprintln(os.Stderr, "FATAL:", err)
			os.Exit(1)
		}
	}
	if o.FS == nil {
		o.FS = SystemFS{}
	}
	return o, nil
}
