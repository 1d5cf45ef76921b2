package queue

import "amqpd/store"

// Reason says why a message died (amqp-behaviour §5.8).
type Reason uint8

// The reasons for which a message is dead-lettered. The zero value, settled,
// stands for an entry that simply leaves: acknowledged, purged or delivered to
// a consumer that does not acknowledge.
const (
	settled       Reason = iota
	Rejected             // basic.reject or basic.nack without requeue
	Expired              // its time to live was over
	MaxLen               // the queue was full
	DeliveryLimit        // returned too often (quorum queues)
)

var reasons = [...]string{
	settled:       "settled",
	Rejected:      "rejected",
	Expired:       "expired",
	MaxLen:        "maxlen",
	DeliveryLimit: "delivery_limit",
}

// String is the value of the reason field of an x-death entry.
func (r Reason) String() string { return reasons[r] }

// Delivery hands one message to one consumer, or to the caller of Get.
type Delivery struct {
	Consumer    *Consumer // nil: a basic.get
	Seq         uint64    // to settle it with; 0 when nothing is to be settled and it was never stored
	Pos         store.Pos // where its octets are
	Size        uint32    // octets of the body
	Count       uint16    // earlier deliveries, what x-delivery-count says (amqp-behaviour §5.5)
	Redelivered bool
}

// Dead is a message to be republished to the dead-letter exchange. It owns one
// reference to Pos, which the broker gives back when it has republished.
type Dead struct {
	Pos        store.Pos
	Seq        uint64 // 0: it never got a place in the queue
	Expiry     int64  // deadline that it had, unix ms; 0: none
	Size       uint32 // octets of the body
	Count      uint16 // earlier deliveries
	Reason     Reason
	Persistent bool // it was logged for this queue: its Seq is in Settled of the same Effects
}

// Effects is what operations on a queue ask the broker to do. Operations
// append to it; the broker performs it and calls Reset to use it again. Several
// operations on one queue may share one Effects before it is performed.
//
// They are to be performed in the order of the fields: Persist before Settled,
// so that a requeued message which moves is at no time in neither; DeadLetter
// before Settled, so that a crash between them repeats a message and does not
// lose it; Deliver before Release, because a message delivered to a consumer
// that does not acknowledge has left the queue already and its octets are only
// held until they are written.
type Effects struct {
	// Persist lists entries to log: they belong to persistent messages in a
	// durable queue. An entry may be in Settled of the same Effects too, when it
	// came and went between two performances.
	Persist []store.Entry
	// DeadLetter lists messages for the dead-letter exchange, in dying order.
	DeadLetter []Dead
	// Settled lists the sequence numbers of logged entries that are gone,
	// neighbours joined.
	Settled []store.Range
	// Delivered, when not 0, says that entries with a smaller Seq may have been
	// delivered; it is to be logged so that they are marked when they come back
	// after a crash. Only logged entries raise it.
	Delivered uint64
	// Deliver lists deliveries in the order in which they were decided. For one
	// consumer that is the order of its delivery tags.
	Deliver []Delivery
	// Release lists positions to which the queue gives up one reference each.
	Release []store.Pos
	// Cancelled lists the consumers that lost their queue (Delete). They are no
	// longer subscribed; the broker tells those that can be told.
	Cancelled []*Consumer
	// Delete says that the queue was unused for longer than x-expires allows
	// and wants to be deleted. The broker calls Queue.Delete; nothing of the
	// queue has been given up yet.
	Delete bool

	moving []entry // scratch of Queue.requeueMoved, empty between operations
}

// keepMax bounds what Reset keeps for the next use (elements of each list), so
// that one purge of a long queue does not hold its memory for ever.
const keepMax = 1 << 14

// Reset empties f and keeps its memory, unless there is unusually much.
// REQUIRES: nobody keeps one of the lists.
func (f *Effects) Reset() {
	f.Persist = emptied(f.Persist)
	f.DeadLetter = emptied(f.DeadLetter)
	f.Settled = emptied(f.Settled)
	f.Release = emptied(f.Release)
	clear(f.Deliver) // it holds pointers to consumers
	f.Deliver = emptied(f.Deliver)
	clear(f.Cancelled)
	f.Cancelled = emptied(f.Cancelled)
	f.Delivered, f.Delete = 0, false
}

func emptied[T any](s []T) []T {
	if cap(s) > keepMax {
		return nil
	}
	return s[:0]
}

// grow adds an element to a list and returns it to be filled in, all of it: it
// holds what was there before. Large elements are cheaper to write in place than
// to copy.
func grow[T any](list *[]T) *T {
	n := len(*list)
	if n < cap(*list) {
		*list = (*list)[:n+1]
	} else {
		var none T
		*list = append(*list, none)
	}
	return &(*list)[n]
}

// Empty says that there is nothing to perform.
func (f *Effects) Empty() bool {
	return len(f.Deliver)|len(f.Release)|len(f.Persist)|len(f.Settled)|
		len(f.DeadLetter)|len(f.Cancelled) == 0 &&
		f.Delivered == 0 && !f.Delete
}

// settle notes that the logged entry seq is gone, and joins it to the range
// before where they touch.
func (f *Effects) settle(seq uint64) {
	if n := len(f.Settled); n > 0 && f.Settled[n-1].To+1 == seq {
		f.Settled[n-1].To = seq
		return
	}
	f.Settled = append(f.Settled, store.Range{From: seq, To: seq})
}
