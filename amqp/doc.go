// Package amqp is the wire codec of AMQP 0-9-1 as RabbitMQ speaks it: octets
// on one side, frames, methods, contents and errors on the other.
//
// # Words
//
//   - frame: type, channel, size, payload, end octet. [ParseFrame] reads one
//     in place.
//   - method: a frame of type 1, a command with arguments. One struct each, in
//     methods_gen.go, made from protocol.txt.
//   - content: what follows a basic.publish, return, deliver or get-ok: a
//     header frame and as many body frames as the body needs. [Assembler] puts
//     one together for a channel.
//   - envelope: exchange and routing key as two short strings, exactly as they
//     stand in a basic.publish. A broker keeps them encoded and copies them
//     into the deliver frame.
//   - properties: the fifteen flag bits and what they announce, kept raw until
//     somebody asks ([Properties]) or edits ([Edit]).
//   - table: named, typed values: queue arguments, message headers ([Table]).
//
// # Picture
//
//	 0      1         3             7                    7+size
//	+------+---------+-------------+--------------------+------+
//	| type | channel | size        | payload            | 0xCE |
//	+------+---------+-------------+--------------------+------+
//
//	type 1, method   | class | method | arguments                      |
//	type 2, header   | class | weight=0 | body size | flags | properties |
//	type 3, body     | octets                                          |
//	type 8, heartbeat (channel 0, empty)
//
// # Who owns the octets
//
// Parsing borrows: a [Frame]'s payload, a [Publish], a [Header], a [Properties]
// and a [RawValue] point into the buffer that was parsed and die with it.
// Method structs and [Table] own what they hold, so they may be kept. Whatever
// is called Append adds to the slice it is given and allocates nothing else.
//
// # What it does not do
//
// No goroutine, no network, no clock, no broker. It knows which methods a
// client may send and what a reply code means, but not what a queue is. Errors
// that the peer should see are [*Error] values with RabbitMQ's texts; the
// broker decides when they are sent. Comments cite amqp-behaviour, the
// description of RabbitMQ 3.10 that this package follows, by its sections.
package amqp

//go:generate go run ./gen
