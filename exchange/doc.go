// Package exchange decides which queues get a message: given the exchanges and
// bindings of one virtual host, the message's routing key and its headers.
//
// # Words
//
//   - binding: a rule that leads from an exchange (its source) to a queue or
//     another exchange (its destination). Its identity is source, destination,
//     key and arguments, the arguments' types included.
//   - type: how an exchange reads its bindings. Every type is a row of the
//     table in types.go.
//   - matcher: the bindings of one exchange, arranged for its type.
//   - alternate: the exchange that gets what another one could not place.
//   - sender-selected keys: the CC and BCC headers, further routing keys that
//     the publisher chose.
//   - hold: a message that an x-delayed-message exchange keeps for a while
//     instead of routing it.
//
// # Picture
//
//	Route("orders", message)
//	   │
//	   ▼      matcher                     queues, each once
//	 orders ──────────► queue a ────────► Result.Queues
//	   │  └───────────► queue b ────────►
//	   │ exchange binding
//	   ▼
//	 audit (nothing matches) ─ alternate ─► lost ──► queue c
//
// Routing starts at one exchange and follows bindings to others, each visited
// once, so cycles end. An exchange whose own bindings match nothing passes the
// message to its alternate.
//
// # Concurrency and caching
//
// A [Router] is read by many goroutines and changed by one at a time. Route
// allocates nothing once its [Result] has been used a few times. A result
// marked Cacheable follows from the exchange's name and the key alone for as
// long as [Router.Generation] stays the same.
//
// # What it does not do
//
// It holds no queues, stores nothing, checks no permissions, knows no
// policies and starts no timers. It never deletes an exchange by itself: it
// reports which auto-delete exchanges have lost their last binding. Section
// signs (§) in comments are those of amqp-behaviour, the description of
// RabbitMQ 3.10 that this package follows.
package exchange
