// Package behaviour holds a table of facts about what an AMQP 0-9-1 client sees
// on its socket, each asserted against a running broker.
//
// A fact is a name and a few steps:
//
//	{name: "§4.2 durable differs", run: func(c *client) {
//		q := c.queue("durable")
//		c.refuse(406, "inequivalent arg 'durable' for RES(queue): received 'false' but current is 'true'",
//			"queue.declare", "queue", q)
//	}},
//
// The name begins with the section of the written reference (amqp-behaviour)
// that states the fact. The table was validated against RabbitMQ 3.10.8; a fact
// that is meant to differ from it says why in its differs field and is skipped
// there.
//
//	fact ──steps──> client (one channel) ──> conn (socket, frames) ──> broker
//	                   │                        │
//	                   └ methods, contents      └ own encoder and decoder
//
// The client shares no code with the broker, so a wrong codec cannot agree with
// itself. By default the broker is amqpd, built and started by the tests; with
// AMQP_ADDR=host:port the same facts run against any broker that has loaded
// testdata/definitions.json.
//
// The package does not test several nodes, mirrored queues, the HTTP API, TLS
// or performance.
package behaviour
