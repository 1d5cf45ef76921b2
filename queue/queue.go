package queue

import (
	"errors"

	"amqpd/policy"
	"amqpd/store"
)

// The errors of Subscribe.
var (
	// ErrExclusive: 403, RES(queue) in exclusive use (amqp-behaviour §5.4).
	ErrExclusive = errors.New("queue in exclusive use")
	// ErrDeleted: the queue was deleted between finding and locking it.
	ErrDeleted = errors.New("queue is deleted")
)

// Queue is one queue. It is not safe for concurrent use: the broker calls it
// under the mutex that it keeps beside the queue, performs the Effects, and
// never calls it from a Gate.
//
// Wherever a method takes the time, it is unix milliseconds, and it must not
// run backwards by more than the error that one accepts in deadlines.
type Queue struct {
	id      uint64
	durable bool
	deleted bool
	sac     bool  // single active consumer
	kind    *kind // row of the table

	rules rules
	ring  ring

	readyBytes   int64 // octets of bodies that wait
	unackedBytes int64 // octets of bodies with consumers
	parked       int   // see Park
	parkedBytes  int64
	loggedCount  int // entries that Persist named and Settled did not yet
	loggedBytes  int64
	deadlines    bool   // since the ring was last empty an entry had a deadline
	horizon      uint64 // what Effects.Delivered said last

	line      rotation    // who is served, in which order
	consumers []*Consumer // all of them, by age
	exclusive *Consumer   // keeps all others out
	active    *Consumer   // of single active consumer
	idleSince int64       // when the queue was last used, for x-expires; 0: not known

	counts Counts
}

// rules is what Configure may change.
type rules struct {
	ttl           int64 // ms, -1: none
	expires       int64 // ms, -1: none
	maxLength     int64 // -1: none
	maxBytes      int64 // -1: none
	deliveryLimit int64 // -1: none
	limited       bool  // maxLength or maxBytes is set
	rejects       bool  // a publish to a full queue is refused, else the head is dropped
	rejectsToDLX  bool  // and dead-lettered when refused
	deadLetter    bool  // there is a dead-letter exchange
}

func (k *kind) rules(s *policy.Settings) rules {
	r := rules{
		ttl: s.MessageTTL, expires: s.Expires, maxLength: s.MaxLength, maxBytes: s.MaxBytes,
		deliveryLimit: -1, deadLetter: s.DeadLetter,
	}
	if k.moves {
		r.deliveryLimit = min(s.DeliveryLimit, 1<<16-2) // entries count no further
	}
	r.limited = r.maxLength >= 0 || r.maxBytes >= 0
	switch s.Overflow {
	case policy.RejectPublish:
		r.rejects = r.limited
	case policy.RejectPublishDLX:
		r.rejects = r.limited && k.refusesToDLX
		r.rejectsToDLX = r.rejects && r.deadLetter
	}
	return r
}

// New returns an empty queue. The id is the one under which the store knows it;
// durable says whether persistent messages are to be logged. Kind, MaxPriority
// and SingleActiveConsumer are fixed here, Configure can change the rest. The
// caller follows up with Restore, if there is something, and with Touch, which
// starts the clock of x-expires.
//
// It panics for a kind that it does not keep, see Keeps.
func New(id uint64, durable bool, s policy.Settings) *Queue {
	if !Keeps(s.Kind) {
		panic("BUG: queue: a " + s.Kind.String() + " queue is not kept by this package")
	}
	q := &Queue{id: id, durable: durable, kind: &kinds[s.Kind], sac: s.SingleActiveConsumer}
	q.rules = q.kind.rules(&s)
	q.ring.next = 1
	n := q.kind.levels
	if q.kind.priorities {
		n = int(s.MaxPriority) + 1
	}
	if n > 1 {
		q.ring.levels = newLevels(n)
	}
	return q
}

// Restore puts back what the log knows after a start: entries in the order of
// their Seq, and the next Seq to use. Each entry owns one reference to its Pos.
// It is called before anything else, for a long queue several times, with some
// of the entries each, which are not kept; limits apply from the next operation
// on, Configure makes them apply at once.
func (q *Queue) Restore(entries []store.Entry, next uint64) {
	for i := range entries {
		r := &entries[i]
		if r.Seq < q.ring.next {
			panic("BUG: queue: recovered entries are not in order")
		}
		q.ring.next = r.Seq
		e := q.ring.push(min(r.Priority, q.topLevel()), true)
		e.restore(r)
		q.readyBytes += int64(e.size)
		q.loggedCount++
		q.loggedBytes += int64(e.size)
		q.deadlines = q.deadlines || e.expiry != 0
	}
	q.ring.next = max(q.ring.next, next)
}

// Configure applies changed settings (amqp-behaviour §9.1): limits drop at
// once, x-expires starts anew when it changed, the time to live is that of
// messages enqueued from now on.
func (q *Queue) Configure(now int64, s policy.Settings, fx *Effects) {
	if q.deleted {
		return
	}
	before := q.rules.expires
	q.rules = q.kind.rules(&s)
	if q.rules.expires != before {
		q.Touch(now)
	}
	q.expireHeads(now, fx)
	if q.dropOverflow(fx) {
		q.expireHeads(now, fx)
	}
}

// Message is a message as offered to a queue. With Publish goes one reference
// to Pos.
type Message struct {
	Pos         store.Pos // where its octets are
	TTL         int64     // its expiration property, ms; -1: none
	Size        uint32    // octets of the body
	Priority    uint8     // its priority property; absent: 0
	Persistent  bool      // delivery mode 2
	Redelivered bool      // a consumer may have seen it, though not from this queue object
	Elsewhere   bool      // it stays where it comes from if it is refused: it does not die here
}

// Outcome is what became of a published message, and of the reference that came
// with it.
type Outcome uint8

const (
	// Accepted: the queue has the message, or it is past the queue already:
	// delivered, expired, dropped, dead-lettered. It is confirmed. The reference
	// went to the queue and comes back through Effects.
	Accepted Outcome = iota
	// Refused: the queue is full and refuses (amqp-behaviour §4.5); basic.nack.
	// The reference is still the caller's.
	Refused
	// RefusedDead: as Refused, but the message goes to the dead-letter exchange:
	// the last element of Effects.DeadLetter owns the reference now.
	RefusedDead
)

// Publish puts a message into the queue, or hands it to a consumer that is
// ready. A deleted queue accepts it and gives the reference back
// (amqp-behaviour §5.2: queue deleted before confirm).
func (q *Queue) Publish(now int64, m Message, fx *Effects) Outcome {
	if q.deleted {
		fx.Release = append(fx.Release, m.Pos)
		return Accepted
	}
	if q.deadlines {
		q.expireHeads(now, fx)
	}
	if q.rules.rejects && q.refuses(m.Size) {
		return q.refuse(m, fx)
	}
	q.counts.Published++
	if q.ring.ready == 0 {
		if c := q.line.next(); c != nil {
			q.handOver(now, c, &m, fx)
			return Accepted
		}
	}
	q.enqueue(now, &m, fx)
	return Accepted
}

// enqueue stores a message for which nobody is ready. It may be dropped or
// expired before it is logged, and then it never is, unless it must be found in
// the log until it has arrived elsewhere.
func (q *Queue) enqueue(now int64, m *Message, fx *Effects) {
	seq := q.ring.next
	e := q.place(now, m, true)
	expiry := e.expiry
	q.readyBytes += int64(m.Size)
	logs := q.durable && m.Persistent
	if logs && q.rules.deadLetter {
		q.log(e, seq, 0, fx)
	}
	gone := q.dropOverflow(fx)
	if gone || expiry != 0 && expiry <= now { // a new head, or a time to live of 0
		gone = q.expireHeads(now, fx) || gone
	}
	if gone {
		e = q.ring.at(seq)
	}
	if logs && e != nil && !e.logged() {
		q.log(e, seq, 0, fx)
	}
}

// place gives a message a place at the end.
func (q *Queue) place(now int64, m *Message, ready bool) *entry {
	e := q.ring.push(q.level(m.Priority), ready)
	e.pos, e.size, e.deliveries = m.Pos, m.Size, 0
	e.expiry, e.flags = 0, 0
	if q.rules.ttl >= 0 || m.TTL >= 0 {
		e.expiry = q.deadline(now, m.TTL)
		q.deadlines = true
	}
	if m.Redelivered {
		e.flags = flagRedelivered
	}
	return e
}

// log asks for e to be logged, with flags beyond its own.
func (q *Queue) log(e *entry, seq uint64, flags uint8, fx *Effects) {
	e.flags |= flagLogged
	q.counts.Logged++
	q.loggedCount++
	q.loggedBytes += int64(e.size)
	r := grow(&fx.Persist)
	e.record(r, seq)
	r.Flags |= flags
}

// level is the level of a message with a priority (amqp-behaviour §5.9).
func (q *Queue) level(priority uint8) uint8 {
	if !q.kind.priorities || q.ring.levels == nil {
		return 0
	}
	return min(priority, q.topLevel())
}

func (q *Queue) topLevel() uint8 {
	if q.ring.levels == nil {
		return 0
	}
	return uint8(len(q.ring.levels.at) - 1)
}

// trim closes a removal of entries from the ring.
func (q *Queue) trim() {
	q.ring.trim()
	if q.ring.live == 0 {
		q.deadlines = false
	}
}
