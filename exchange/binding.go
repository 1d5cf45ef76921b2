package exchange

import (
	"encoding/binary"

	"amqpd/amqp"
)

// DestinationKind says whether a binding leads to a queue or an exchange.
type DestinationKind uint8

const (
	ToQueue    DestinationKind = iota // the destination is a queue
	ToExchange                        // the destination is an exchange
)

// String returns the word that error texts and the management API use.
func (k DestinationKind) String() string {
	if k == ToExchange {
		return "exchange"
	}
	return "queue"
}

// Binding is a rule that leads from an exchange to a queue or an exchange.
type Binding struct {
	Source      string
	Destination string
	To          DestinationKind
	Key         string
	// Arguments are those of the bind. The router keeps and hands out the
	// table without copying it, so nobody may change it.
	Arguments amqp.Table
}

// ID returns the binding's identity: two bindings are the same exactly when
// their ids are (amqp-behaviour §3.4). Argument types count (a byte 1 is not a
// long 1), argument order does not. The id is not meant to be read.
func (b Binding) ID() string {
	id := make([]byte, 0, 64)
	id = append(id, byte(b.To))
	for _, part := range [...]string{b.Source, b.Destination, b.Key} {
		id = binary.AppendUvarint(id, uint64(len(part)))
		id = append(id, part...)
	}
	if args := newArguments(b.Arguments); args != nil {
		id = append(id, args.canonical...)
	}
	return string(id)
}

// arguments is a binding's table with its canonical form.
type arguments struct {
	table     amqp.Table
	canonical string // equal exactly for tables that are the same binding's
}

// newArguments returns nil for an empty table, which most bindings have.
func newArguments(table amqp.Table) *arguments {
	if len(table) == 0 {
		return nil
	}
	return &arguments{table: table, canonical: table.Canonical()}
}
