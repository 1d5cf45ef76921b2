// Package abuse treats amqpd as the worst clients do: it sends garbage and half
// frames, opens everything and finishes nothing, declares bodies that never
// come, nests tables, reads nothing, and hangs up where it hurts.
//
// Every test starts a node of its own, notes what the process holds, abuses it,
// and then asks three things:
//
//	what the abuser was told    the right error, or silence
//	who else noticed            nobody: a fresh client publishes and gets
//	what is left of it          nothing: memory, goroutines and files are back
//
//	abuser ──octets──> amqpd <──RabbitMQ's client── alive
//	                     └── /proc, pprof ── Returns
//
// The abuser writes octets (wire_test.go); no library would send them. What
// single malformed frames get is in test/behaviour.
package abuse
