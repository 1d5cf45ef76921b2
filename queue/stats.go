package queue

import "unsafe"

// Counts is what happened to a queue since New. They only grow.
type Counts struct {
	Published      uint64 // taken; what was refused is not among them
	Refused        uint64 // by reject-publish and reject-publish-dlx
	Delivered      uint64 // to consumers that acknowledge
	DeliveredNoAck uint64 // to consumers that do not
	Got            uint64 // by basic.get, to be acknowledged
	GotNoAck       uint64 // by basic.get, not to be acknowledged
	GotNothing     uint64 // basic.get on an empty queue
	Redelivered    uint64 // of the deliveries and gets, those marked so
	Acked          uint64
	Requeued       uint64 // came back from consumers, however
	Purged         uint64
	Lost           uint64 // dropped because their octets are damaged
	Logged         uint64 // given to the log, again when one that came back moved
	// Dead counts by Reason what died, dead-lettered or not. What left in the
	// ordinary way is under 0.
	Dead [len(reasons)]uint64
}

// Stats is a queue at one moment.
type Stats struct {
	Counts
	Ready           int   // messages that wait
	Unacked         int   // messages with consumers
	ReadyBytes      int64 // octets of bodies that wait
	UnackedBytes    int64 // octets of bodies with consumers
	Persistent      int   // messages, ready or not, that are logged
	PersistentBytes int64 // octets of their bodies
	Consumers       int
}

// Stats returns the counters and gauges as they are now.
func (q *Queue) Stats() Stats {
	return Stats{
		Counts:     q.counts,
		Ready:      q.Ready(),
		Unacked:    q.Unacked(),
		ReadyBytes: q.readyBytes, UnackedBytes: q.unackedBytes,
		Persistent: q.loggedCount, PersistentBytes: q.loggedBytes,
		Consumers: q.Consumers(),
	}
}

// Footprint is about how many octets of memory the index of the messages takes,
// the messages themselves not included.
func (q *Queue) Footprint() int {
	const chunkSize, slotsSize = int(unsafe.Sizeof(chunk{})), int(unsafe.Sizeof(slots{}))
	n := cap(q.ring.dir) * chunkSize
	for i := q.ring.first; i < len(q.ring.dir); i++ {
		c := &q.ring.dir[i]
		if c.slots != nil {
			n += slotsSize
		}
		n += cap(c.packed)
	}
	return n
}

// ID is the number under which the store knows the queue.
func (q *Queue) ID() uint64 { return q.id }

// NextSeq is the sequence number of the next entry: those that are there have
// smaller ones.
func (q *Queue) NextSeq() uint64 { return q.ring.next }

// Durable says whether the queue logs persistent messages.
func (q *Queue) Durable() bool { return q.durable }

// Ready is the number of messages that wait: what declare-ok, get-ok and
// delete-ok tell the client.
func (q *Queue) Ready() int { return q.ring.ready }

// Unacked is the number of messages with consumers.
func (q *Queue) Unacked() int { return q.ring.live - q.ring.ready }

// ReadyBytes is the number of octets of the bodies that wait.
func (q *Queue) ReadyBytes() int64 { return q.readyBytes }
