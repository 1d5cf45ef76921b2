// Package store keeps the node's durable octets: the payloads of messages, which queue
// holds which of them, and the definitions. It knows no AMQP.
//
// # Words
//
//   - The log is everything that was ever appended, one octet behind the other; an LSN is a
//     place in it. A record is what one append adds: a message, entries of a queue, ranges of
//     entries that are gone, and so on (format.go draws them all).
//   - A segment is a stretch of the log, a file of 64 MiB. Files are made ahead and used
//     again under another name.
//   - A chunk is a piece of memory with whole messages in it. The log's tail lies in chunks,
//     which are what the committer writes; transient messages lie in chunks of their own.
//     When these are too many the oldest go to a file, where they keep their position.
//   - A position (Pos) says where a message lies. References to it are counted by segment:
//     whoever keeps a position has one.
//   - An entry is a message's place in a queue: sequence number, position, and what a queue
//     must know without reading the message. Entries are settled when they are gone.
//   - The index knows what is settled. A run is a file with the live entries that some
//     segments enqueued; the checkpoint is the root that names the runs.
//
// # Picture
//
//	PutDurable, Enqueue, Settle, ...                      PutTransient
//	      |  copied once, under the log's lock                  |  no lock
//	      v                                                     v
//	+------------- chunks of the tail -------------+    +-- chunks --+
//	| ... | ... | ... | ... | ... | ... | ... | .. |    | ... | ...  |
//	+----------------------------------------------+    +------------+
//	   |  committer: checksums, write, sync, tell  ^           ^
//	   |         \                                  \          |
//	   v          v                                  \---------+----- Reader
//	segments    index: what is settled                        /
//	   |          |                                          /
//	   |          |           +--> cache of what was read --+
//	   +----------+-----------+
//	   |  keeper: runs, checkpoint, files to come, segments given back
//	   v
//	DIR/FORMAT                the version of all this (version.go)
//	DIR/LOCK                  held by the running node
//	DIR/definitions.db        the definitions, bbolt
//	DIR/spill                 transient messages that do not fit into memory (spill.go)
//	DIR/log/0000002a.log      a segment, by number in hexadecimal
//	DIR/log/00000007.idx      a run
//	DIR/log/checkpoint        the root, and checkpoint.copy
//	DIR/log/spare-3           a segment's file to be used again
//
// # What is durable when
//
// Appending makes nothing durable. The committer takes what has gathered while its last
// sync ran, writes it and syncs once (group commit that clocks itself); then Durable says
// so and Options.Durable is called. What is durable is there after a crash of the process,
// and in SyncAlways mode after a power cut. After any crash, in any mode, the store is as
// it was after some first part of the appends: a message is never there without what was
// appended before it, groups are whole or not there, and only the end can be missing.
//
// # Why not an index in memory
//
// Ten million waiting messages are ten million entries, and their owner has them in memory
// already. So the store keeps none: the entries are in the log until their segment is
// sealed, then in a run, three octets each. In memory are the sequence numbers that are
// settled, which for a queue that is consumed in order is one number. What this costs is
// that liveness is known by segment and, by reading runs, by message only when it is
// wanted: to give back segments that are almost empty (carry.go).
//
// # What is assumed of disks
//
// A sector of 512 octets is written whole or not; everything else that was not synced may be
// there in any part and order after a power cut, but changes of names in the order they
// were made. A sync that returned means what it says. A sync or write that failed means
// that nothing is known, so it ends the process and is never tried again; want of space is
// the exception (space.go). Disks also lie: every record, block and header has a checksum,
// what does not check out is damage and told (damage.go), and one that stands where the
// last write was torn is told apart from it by marks that say how far was synced before.
// Not seen is damage to the very last write before a crash, and the loss of the whole last
// file: both look like a write that never was.
//
// # What it does not do
//
// It does not order, route, expire or limit: queues do. It does not know which references
// should be given back: who forgets to keeps the message until the next start. It never
// blocks an append; who appends a lot asks Throttle first.
package store
