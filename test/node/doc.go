// Package node runs amqpd as the process that it is in production, for tests
// that kill it, starve it or look at its memory.
//
//	Build ──> Binary ──Start──> Node ──Kill, Stop──> (gone) ──Restart──> Node, same data
//	                             │
//	                             ├ Addr, HTTP  where it takes AMQP, and requests
//	                             ├ RSS, Peak, CPU, from /proc
//	                             ├ DiskUsage   of its data
//	                             └ Goroutines  from its pprof listener
//
// A node's log is printed when its test fails. No node outlives its test, nor
// the process of the test. The package needs Linux. It does not speak AMQP but
// for Dial, a shorthand for RabbitMQ's own Go client.
package node
