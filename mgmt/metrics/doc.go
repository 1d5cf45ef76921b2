// Package metrics answers Prometheus: RabbitMQ's names and labels, so that its
// dashboards and alerts work, and the node's own figures beside them.
//
// Words:
//
//	metric   one row of the table: its name, kind, unit, family, what it counts
//	         and where its samples come from. Rows stand by noun in node.go,
//	         global.go, queue.go, channel.go, object.go and own.go.
//	view     one of the three answers: aggregated (/metrics), per-object,
//	         detailed (the families that the query asks for).
//	scrape   one answer in the making, with the figures that it has asked for.
//	page     the samples of one metric on their way out.
//
// The picture:
//
//	GET /metrics… ─► Server.ServeHTTP ─► newScrape: Broker.Totals, Node, Store …
//	                                       │
//	                                     for each row of the table that is shown
//	                                       source.samples ─► page ─► text ─► gzip ─► socket
//	                                       │
//	                                     client_golang's registry: Go, process, telemetry
//
// # What it costs
//
// /metrics, which is what a Prometheus server asks for unless it is told
// otherwise, has as many samples for one queue as for 50,000, and looks at no
// queue that stood still since the last time: the sums come from totals that
// package broker keeps. The other two answers have samples by object. They are
// written metric by metric through memory that is used again, so that their size
// does not show in the node's. A few answers are made at a time; more are
// refused.
//
// # How to add a metric
//
// A row beside its like; `go test ./mgmt/metrics -run Docs -update` then writes
// docs/metrics.md anew.
//
// What it does not do: it keeps no counters but those of its own answers, and
// asks for no password, as RabbitMQ's does not: the listener belongs on an
// address that only the monitoring reaches.
package metrics
