package exchange

import (
	"strings"

	"amqpd/amqp"
)

// Kind names an exchange type as it goes over the wire.
type Kind string

// The exchange types. The table in types.go says what each does.
const (
	Direct         = "direct"
	Fanout         = "fanout"
	Topic          = "topic"
	Headers        = "headers"
	ConsistentHash = "x-consistent-hash"
	Random         = "x-random"
	ModulusHash    = "x-modulus-hash"
	RecentHistory  = "x-recent-history"
	DelayedMessage = "x-delayed-message"
)

// Exchange is an exchange as it was declared.
type Exchange struct {
	// Name is at most 255 octets; "" is the default exchange.
	Name string
	// Type is the name of a row of types.go. An exchange of an unknown type
	// can be kept but routes nothing.
	Type string
	// Durable exchanges outlive a restart of the broker.
	Durable bool
	// AutoDelete exchanges go when the last binding from them goes.
	AutoDelete bool
	// Internal exchanges are reached through bindings only, not by publishing.
	Internal bool
	// Arguments are those of the declaration. The router keeps and hands out
	// the table without copying it, so nobody may change it.
	Arguments amqp.Table
	// Alternate is the exchange that gets what this one cannot place, from the
	// argument alternate-exchange or a policy, whichever the caller finds in
	// force; "" for none. It need not exist.
	Alternate string
}

// predeclared lists the exchanges that every vhost has from its start
// (amqp-behaviour §3.1). All are durable.
var predeclared = []Exchange{
	{Name: "", Type: Direct, Durable: true},
	{Name: "amq.direct", Type: Direct, Durable: true},
	{Name: "amq.fanout", Type: Fanout, Durable: true},
	{Name: "amq.topic", Type: Topic, Durable: true},
	{Name: "amq.headers", Type: Headers, Durable: true},
	{Name: "amq.match", Type: Headers, Durable: true},
	{Name: "amq.rabbitmq.trace", Type: Topic, Durable: true, Internal: true},
}

// Predeclared returns the exchanges that every vhost has from its start, all
// durable, the default exchange first (amqp-behaviour §3.1). The slice is the
// caller's.
func Predeclared() []Exchange { return append([]Exchange(nil), predeclared...) }

// reservedPrefix starts the names that only the broker may give.
const reservedPrefix = "amq."

// Reserved reports whether name is kept for the broker's own exchanges: a
// client may neither create nor delete it (amqp-behaviour §3.2, §3.3).
func Reserved(name string) bool { return strings.HasPrefix(name, reservedPrefix) }
