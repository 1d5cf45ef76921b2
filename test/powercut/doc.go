// Package powercut cuts the power of a whole broker, again and again, and holds what is left against
// what clients were told before. The broker runs inside the test on a disk in memory, which knows
// what was synced: unlike after a kill (package crash), everything else may be gone, or be there in
// parts.
//
//	workers ──AMQP──> broker ──> store ──> point before each change of the disk ──> disk
//	   │                                     │ at many of them
//	   v                                     v
//	ledger, with the time of each fact     images: nothing, all, any sectors of what is not synced
//	   │                                     │ a broker opens each
//	   └──────────────── compare ────────────┘ and every queue is read to its end
//
// One of the images becomes the disk of the next life, whose recovery has points too.
//
// What was told before an image was taken holds in it; what was not asked for until it was
// complete has not happened in it:
//
//	confirmed               there, in its queue or where it dies to, until a client asks to let go of it
//	acknowledged            may come back; not once something asked for later on that channel is confirmed
//	not let go of           no holes: a publisher's message is there if one behind it is, in the same queue
//	in order                of a publisher, on each priority
//	delivered               comes back marked redelivered
//	committed               wholly there; in doubt: wholly or not at all; not asked for: not at all
//	dead letters            in the queue where they died or, of those that it leads to, in all
//	declared, bound, set    stands, and so does deleted, unbound, purged; in doubt: either
//	                        (whoever answers, also to who found it done by somebody else)
//	conditional deletes     take no confirmed message along
//
// POWERCUT_SEED repeats the decisions of a run, though not the timing of its goroutines;
// POWERCUT_ROUNDS sets how many disks are tried.
package powercut
