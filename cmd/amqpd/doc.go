// Command amqpd is the broker: it reads the settings, opens the node and serves
// AMQP clients until it is told to stop.
//
// Words:
//
//	setting   one row of the table in settings.go: a key with its flag, its
//	          environment variable, its default and its check
//	source    where a value came from: flag, then environment, then file, then
//	          the default; the first that has one wins
//	refusal   an error that ends the start: one sentence that says what to
//	          change, exit code 2
//	alarm     memory or disk is short, so the broker stops reading publishers
//
// The order of a start, and in reverse of a stop:
//
//	settings -> logs -> certificates -> memory limit -> data directory
//	         -> alarms -> listeners -> "amqpd ready" on standard output
//
// Signals: SIGTERM and SIGINT stop cleanly, a second one at once; SIGHUP opens
// the log file again and reads the certificates again.
//
// This package has no rule of the protocol and no byte of the store in it: it
// only builds the floors below and hands them their options.
package main
