// Package policy knows what every argument of a queue, exchange and consumer
// and every policy key means. It is pure: values go in, settings and texts
// come out; there is no clock, no I/O and no state.
//
//	arguments of a declaration      policies and operator policies of a vhost
//	          │                                     │
//	   CheckArguments                        ValidatePolicy
//	   Inequivalent                                 │
//	          │                          NewMatcher, Match: one of each
//	          │                                     │
//	          └───────────────► Resolve ◄───────────┘
//	                               │
//	                            Settings
//
// All of it follows from one table, [Table]: a row joins an argument with the
// policy key of the same meaning and says what values both take, which kinds
// of queue know them, how the two combine, and which setting they make. The
// rules differ by kind in ways that nobody would guess (the argument overflow
// wins over the policy on a classic queue and loses on a quorum queue), so
// they stand in the row and nowhere else.
//
// Words. An argument comes with a method and never changes. A policy is a
// pattern with a [Definition] that an administrator may change at any time. An
// operator policy is a second one that limits what the first may say. A kind
// is the type of a queue, a target is a kind or "exchange".
//
// The texts are RabbitMQ's, values in Erlang's notation included, because
// clients and tests compare them (amqp-behaviour §4.2, §4.4, §9.3).
//
// The package does not act on any setting, does not keep policies, and does
// not know names of queues beyond matching them.
package policy
