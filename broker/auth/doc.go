// Package auth decides who a client is and what it may do. It knows no
// connections: a response, an address and a name go in, a user or a refusal
// comes out.
//
//	start-ok response ──► mechanism ──► Credentials ──► Login ──► User
//	                      (sasl.go)                      │
//	                                    verified logins, throttle, loopback
//
//	operation ──► Cache of the channel ──► Authorize ──► Permission's regex
//
// Words. An algorithm is a way to keep passwords; RabbitMQ's are here under
// their own names, so that users move over with their passwords. A mechanism
// is a way to send them (SASL). A permission holds three regular expressions
// for one user and virtual host; a topic permission narrows it on routing
// keys. A refusal is a lack of permission with RabbitMQ's text.
//
// Three tables: [Algorithms], [Mechanisms] and the tags in tags.go. What each
// AMQP method needs is the business of those who handle it
// (amqp-behaviour §8); all of them ask [Authorizer.Authorize] through the
// channel's [Cache].
//
// Users and permissions come from a [Directory], the cluster's metadata. The
// package stores nothing, speaks to no other service, and closes nothing.
package auth
