// Package broker serves AMQP 0-9-1: it owns listeners, connections, channels
// and virtual hosts, and it is the only place that turns an error into a close.
//
// # Words
//
// A batch is what one socket read brought: the connection's reader parses it
// in place, groups its publishes by target queue, and at its end flushes each
// connection that it delivered to once. A settlement is an acknowledgement,
// rejection or requeue. A waiter is a connection that has promised to confirm
// when the log is durable up to a position.
//
// # Picture
//
//	socket ─ reader ─ channel ─ batch ──────── router ─ queue (mutex, state machine)
//	                                                     │ effects
//	socket ─ output ◄── deliver ◄────────────────────────┤
//	         output ◄── confirms ◄── log durable ◄───────┘ persist
//
// Everything on that path runs in the goroutine of the connection that
// published, acknowledged or asked. A queue has no goroutine; an idle
// connection has one, its reader.
//
// # Lock order
//
//	Broker.definitions  →  queue.mu (several: by ascending id)  →  the log's own lock  →  output.mu
//
// A committing transaction holds the log's lock while it delivers, so the log
// is never asked for anything with an output locked. No lock of these is held
// while a socket is written or the disk is waited for.
//
// # What it does not do
//
// It holds no rule of ordering (queue), of routing (exchange), of what an
// argument means (policy) or of durability (store).
package broker
