// Package crash kills amqpd under load, again and again on the same data, and
// holds what comes back against a ledger of what the clients were promised.
//
//	workers ──load──> amqpd <── SIGKILL at a random moment (or SIGTERM)
//	   │                │ restart on the same data
//	   v                v
//	ledger <──compare── audit: every queue is read to its end
//
// The promises, of persistent messages in durable queues:
//
//	confirmed            there, until it is acknowledged
//	not acknowledged     a crash keeps a publisher's order, on each priority, and leaves no
//	                     holes in it
//	delivered before     comes back marked redelivered
//	acknowledged         may come back after a crash, not after a clean stop,
//	                     and not once it has been missing
//	committed            wholly there; in doubt: wholly or not at all; never
//	                     committed: not at all. An acknowledgement and a publish
//	                     in one transaction move a message, which is in one place
//	declared, deleted    survives, stays away; nothing of a deleted queue is in
//	                     the next one of its name
//	expired, delayed     in the queue or in the one that it goes to, over as many as there
//	                     are; in both after a crash in between, never in neither
//
// Each life of the node has another sync mode: a crash of the process loses nothing in any.
//
// Nothing else may be there, and every body is what was sent.
//
// A run prints its seed; CRASH_SEED repeats its decisions, though not the
// timing of the processes. CRASH_ROUNDS sets the number of crashes.
package crash
