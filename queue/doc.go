// Package queue is the order and the limits of one queue, as a state machine:
// operations and the time go in, Effects come out. There is no I/O, no clock,
// no goroutine and no lock in it, and the same operations give the same
// effects, which is what the golden scripts, the random model and the mirrors
// rest on.
//
// # Words
//
// An entry is a message in a queue: 24 octets that say where the message lies,
// in the middle of a backlog packed to a few.
// It is ready while it waits, unacknowledged while a consumer has it. The head
// is the ready entry to be delivered next. A sequence number (Seq) is the place
// of an entry: unique in the queue for ever, growing in order of arrival. A
// level is a priority; with levels, each has its own head, and the highest head
// is the queue's. A deadline is when an entry expires. A logged entry is one
// that Effects.Persist named and Effects.Settled did not yet.
//
// # Life of a message
//
//	        Publish ---------------------------> refused (reject-publish)
//	           |
//	nobody is ready | somebody is
//	   +------------+-------------+
//	   v        Dispatch, Get     v        Ack
//	 ready ----------------> unacknowledged ------------> released
//	 |  ^                     |   |    no acknowledgement
//	 |  |  Requeue, Return    |   |      wanted: at once
//	 |  +---------------------+   | Discard: rejected
//	 |     quorum: counted,       | delivery limit
//	 |     and at another place   v
//	 +----------------------> dead-lettered, or released without an exchange
//	 |    expired, maxlen
//	 +----------------------> released
//	      Purge
//
// PassThrough is the short way for a queue with nothing ready and a consumer
// that acknowledges nothing: the message never becomes an entry.
//
// # References
//
// A position in the store is counted by reference, and each entry owns one. It
// comes with Publish and Restore and leaves through Effects.Release or inside
// an element of Effects.DeadLetter; each is given back exactly once.
//
// # Cost
//
// Publishing, delivering and settling take constant time and allocate nothing
// per message, apart from the lists of Effects, which are used again. Entries
// lie in chunks of 64 (ring.go), packed where nobody will look for a while
// (cold.go, pack.go); consumers that can take nothing are in no list
// that is walked (rotation.go). An empty queue holds no chunk.
//
// # What it does not do
//
// It knows no exchange, no channel and no connection: dead letters leave as an
// effect, channel-wide limits come in as a Gate. It does not decide about
// auto-delete, permissions and which methods a kind of queue refuses. It does
// not keep streams.
package queue
