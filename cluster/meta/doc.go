// Package meta is the agreed state of a node or cluster as a deterministic
// machine: virtual hosts, users, permissions, exchanges, queues, bindings,
// policies, parameters and limits.
//
// Words:
//
//	command   one wish to change something ([PutQueue], [Bind], ...). It can be
//	          encoded, so that it may travel and be logged.
//	apply     carry a command out. The outcome depends on the state and the
//	          command alone: no clock, no chance, no I/O, no iteration in an
//	          order that differs between runs. Machines that apply the same
//	          commands in the same order are equal.
//	change    one key with its new value, or with none when it goes. The
//	          changes of a command are what a durable store has to write to
//	          find the same state again.
//	record    a stored value: the encoded object behind a key.
//	view      everything at one moment, immutable.
//	durable   survives a restart: durable exchanges and queues, bindings
//	          between two durable ends, and everything that is neither a
//	          queue, an exchange nor a binding. Only durable things make
//	          changes.
//
// The picture:
//
//	command ── Encode ──▶ bytes ── (a log, other nodes) ── Decode ──▶ command
//	                                                                    │
//	                                                               State.Apply
//	                                                                    │
//	          old View ◀── readers keep it as long as they like         ├─▶ new View
//	                                                                    │
//	key/value store ◀── Result.Changes ─────────────────────────────────┤
//	brokers' queues and routers ◀── Result.Added, Result.Removed ───────┘
//
//	restart:  store ── State.Load(key, value) for each ──▶ State.Loaded
//	snapshot: View.Dump (durable only) or View.DumpAll ──▶ the same pairs
//
// A View is a handful of persistent B-trees. Applying a command copies the few
// tree nodes on the way to what it changes, O(log n), and publishes the new
// roots with one atomic store. Reading takes no lock and never waits, even
// while a million bindings are walked; what a reader holds simply stays what it
// was.
//
// [Import] and [Export] translate between the state and RabbitMQ's definitions
// JSON.
//
// What the package does not do: it keeps no messages, compiles no patterns,
// matches no policies to queues, checks no permission of the one who asks and
// no argument against its table, and knows neither disk nor network. It does
// refuse whatever would leave the state inconsistent.
package meta
