// Package mgmt is the HTTP side of a node: RabbitMQ's management API, and the
// console beside it.
//
// Words:
//
//	route    one method of one path: who may call it, its handler, one line for
//	         people. All of them stand in routes.go.
//	call     one request on its way: who asks, the variables of the path, the
//	         query, the body, the definitions as they were when it came.
//	value    one JSON value of an answer, typed, mostly without an allocation.
//	shape    the keys of a resource and how each is computed. One table serves
//	         the whole answer, columns=, sort= and name=.
//	stream   one client of GET /api/events, which follows topics.
//	topic    the answer to one GET of one user, kept to tell streams what changed.
//	beat     a moment when streams look for changes: after a sample, or after
//	         objects came or went.
//	input    a parameter of a query or a member of a body, as the OpenAPI document
//	         describes it.
//	refusal  an answer that is no success: status, error, reason.
//
// The picture:
//
//	socket ─► Server.ServeHTTP ─► tree.find ─► method, OPTIONS, HEAD     dispatch.go
//	                                │
//	                              login, tags, virtual host              login.go
//	                                │
//	                              Accept, Content-Type                   negotiate.go
//	                                │
//	                              handler(call)                          one file a noun
//	                                ├─ body, query                       body.go, call.go
//	                                ├─ Broker.Apply(command)             definitions
//	                                ├─ answer: item, page, noContent     reply.go, list.go
//	                                └─ error ─► Server.refuse            refusal.go
//
// Streams:
//
//	sampler, Broker.Watch ─► hub: the next beat             hub.go
//	                           │ wakes
//	                         stream.run, the goroutine of its request     stream.go
//	                           ├─ topic.refresh: by the first one that looks; the
//	                           │    route's handler, then a patch          topic.go, patch.go
//	                           └─ what leads from the client's version to the answer
//
// # How to add a resource
//
// A file named after it with its shape and handlers, and rows in routes.go. A
// handler is a func(*call) error. It answers with one of call's methods (item,
// created, noContent), with list or page, or returns an error: a *refusal, or an
// error of package amqp, meta or policy, which refusal.go turns into RabbitMQ's
// status and text.
//
// # Rules
//
// The path is matched as it was sent, and each segment is decoded once, so "%2F"
// is a name and never a separator. Tags are checked in one place, from the row.
// Answers are streamed through one buffer; a list is never held as text.
// Answers follow management-api, the description of RabbitMQ 3.10.8's; cited by
// section. Where RabbitMQ answers 500 to bad input this package answers 400.
//
// What it does not do: it holds no queue's lock, keeps no messages, and knows
// nothing of the store; it sees what package broker hands out.
package mgmt
