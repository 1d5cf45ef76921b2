package queue

import "amqpd/store"

// entry is one message of the queue: 24 octets without a pointer, so that the
// garbage collector never looks into a backlog. Whether it waits or is with a
// consumer is said by its chunk.
type entry struct {
	pos        store.Pos // where its octets are; the entry owns one reference
	expiry     int64     // deadline, unix ms; 0: none
	size       uint32    // octets of the body
	deliveries uint16    // times it came back from a consumer
	flags      entryFlags
	level      uint8 // higher ones are delivered first; 0 in a queue without levels
}

type entryFlags uint8

const (
	flagRedelivered entryFlags = 1 << iota // a consumer may have seen it
	flagLogged                             // Persist named it, so Settled must
)

// expired says that the entry may no longer be delivered (amqp-behaviour §5.7).
func (e *entry) expired(now int64) bool { return e.expiry != 0 && now >= e.expiry }

func (e *entry) logged() bool { return e.flags&flagLogged != 0 }

// comesBack notes that a consumer had the entry and did not settle it.
func (e *entry) comesBack() {
	e.flags |= flagRedelivered
	if e.deliveries != ^uint16(0) {
		e.deliveries++
	}
}

// record is the entry as the log and Peek show it.
func (e *entry) record(seq uint64) store.Entry {
	r := store.Entry{
		Seq: seq, Pos: e.pos, Expiry: e.expiry, Size: e.size,
		Deliveries: e.deliveries, Priority: e.level,
	}
	if e.flags&flagRedelivered != 0 {
		r.Flags = store.FlagRedelivered
	}
	return r
}

// restored is the entry that the log kept as r.
func restored(r *store.Entry) entry {
	e := entry{
		pos: r.Pos, expiry: r.Expiry, size: r.Size,
		deliveries: r.Deliveries, level: r.Priority, flags: flagLogged,
	}
	if r.Flags&store.FlagRedelivered != 0 {
		e.flags |= flagRedelivered
	}
	return e
}
