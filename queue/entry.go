package queue

import "amqpd/store"

// entry is one message of the queue: 24 octets without a pointer, so that the
// garbage collector never looks into a backlog. Between the ends of a long queue it
// is packed (pack.go). Whether it waits or is with a
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

// record writes the entry into r as the log and Peek show it.
func (e *entry) record(r *store.Entry, seq uint64) {
	r.Seq, r.Pos, r.Expiry, r.Size = seq, e.pos, e.expiry, e.size
	r.Deliveries, r.Priority, r.Flags = e.deliveries, e.level, 0
	if e.flags&flagRedelivered != 0 {
		r.Flags = store.FlagRedelivered
	}
}

// restore makes e what the log kept as r, except for the level.
func (e *entry) restore(r *store.Entry) {
	e.pos, e.expiry, e.size = r.Pos, r.Expiry, r.Size
	e.deliveries, e.flags = r.Deliveries, flagLogged
	if r.Flags&store.FlagRedelivered != 0 {
		e.flags |= flagRedelivered
	}
}
