// Package backlog fills queues with far more than fits into memory, and holds
// what that takes: resident memory while they fill, rest and drain, disk space
// afterwards, time to start.
//
//	publisher ──confirms──> amqpd ──acknowledged──> consumer
//	                          │  └──one message, never──> holder
//	                          v
//	       RSS and its peak, size of the data directory, seconds to ready
//
// It speaks AMQP by itself: the clients that there are take longer for a message
// than amqpd does. The tests are short ones of 100,000 messages unless
// BACKLOG_COUNT says how many; `make backlog` runs them with ten million, which
// takes 12 GB of disk in the folder for temporary files and some minutes.
package backlog
