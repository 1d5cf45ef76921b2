// Package scale measures what a node's management costs where there is much to
// manage: lists of ten thousand queues, twenty thousand with two thousand
// connections under load, the sampler with fifty thousand.
//
//	definitions ──import──> amqpd <──publish, consume── connections
//	                          │
//	    lists, overview, metrics: time and processor time of each
//	    rate of messages with and without somebody who polls
//	    the sampler's share of a core, memory for each queue
//
// It prints a table, which docs/operations.md has. The tests are short ones of
// 2,000 queues unless SCALE_QUEUES says how many; `make scale` runs them with
// 50,000. Only the long form holds bounds in time: the short one shows that
// what is measured is there.
package scale
