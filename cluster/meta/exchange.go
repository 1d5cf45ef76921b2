package meta

import (
	"strings"

	"amqpd/amqp"
)

// Exchange is an exchange as it was declared.
type Exchange struct {
	Vhost, Name, Type             string
	Durable, AutoDelete, Internal bool
	Arguments                     amqp.Table

	// ID is the number under which an exchange that keeps messages itself has
	// them in the log: never given to another exchange or queue, not even to one
	// of the same name later. The machine assigns it; 0 for all other types.
	ID uint64
}

// delayedMessage is the type of exchange that keeps messages itself.
const delayedMessage = "x-delayed-message"

func (x *Exchange) code(c *coder) {
	c.name(&x.Vhost)
	c.str(&x.Name)
	c.str(&x.Type)
	c.boolean(&x.Durable)
	c.boolean(&x.AutoDelete)
	c.boolean(&x.Internal)
	c.table(&x.Arguments)
	if x.Type == delayedMessage {
		c.uint64(&x.ID)
	}
}

// PutExchange declares an exchange. The machine assigns the ID, whatever the
// command says. ErrNotFound for the virtual host, ErrExists
// for a name that is taken. Names with the prefix "amq." are the broker's to
// refuse.
type PutExchange struct{ Exchange Exchange }

// DeleteExchange removes an exchange, the bindings from and to it, and the
// auto-delete exchanges that thereby lost their last binding, and so on
// (amqp-behaviour §3.3). ErrNotFound; ErrReserved for a predeclared one;
// ErrInUse with IfUnused, when it is the source of a binding.
type DeleteExchange struct {
	Vhost, Name string
	IfUnused    bool
}

func (c PutExchange) code(k *coder) Command { c.Exchange.code(k); return c }

func (c DeleteExchange) code(k *coder) Command {
	k.str(&c.Vhost)
	k.str(&c.Name)
	k.boolean(&c.IfUnused)
	return c
}

func (c PutExchange) apply(t *txn) error {
	x := c.Exchange
	v, ok := t.vhost(x.Vhost)
	if !ok {
		return noVhost(x.Vhost)
	}
	if _, ok := v.exchanges.get(x.Name); ok {
		return &Error{Err: ErrExists, Kind: "exchange", Vhost: x.Vhost, Name: x.Name}
	}
	x.Vhost = v.info.Name // shares the text
	x.ID = 0
	if x.Type == delayedMessage {
		x.ID = t.newID()
	}
	v.exchanges.put(t.owner, x.Name, &x)
	t.result.Created = true
	t.result.Added.Exchanges = append(t.result.Added.Exchanges, &x)
	if x.Durable {
		t.store(exchangeKey(&x), &x)
	}
	return nil
}

func (c DeleteExchange) apply(t *txn) error {
	v, ok := t.vhost(c.Vhost)
	if !ok {
		return noVhost(c.Vhost)
	}
	x, ok := v.exchanges.get(c.Name)
	switch {
	case !ok:
		return noExchange(c.Vhost, c.Name)
	case isPredeclared(c.Name):
		return &Error{Err: ErrReserved, Kind: "exchange", Vhost: c.Vhost, Name: c.Name}
	case c.IfUnused && v.isSource(c.Name):
		return &Error{Err: ErrInUse, Kind: "exchange", Vhost: c.Vhost, Name: c.Name}
	}
	t.dropExchanges(v, x)
	return nil
}

// dropExchanges removes an exchange with its bindings in both directions, then
// the auto-delete exchanges that were bound to it and to nothing else, until
// none is left.
func (t *txn) dropExchanges(v *vhostState, x *Exchange) {
	for doomed := []*Exchange{x}; len(doomed) > 0; doomed = doomed[1:] {
		x := doomed[0]
		v.exchanges.remove(t.owner, x.Name)
		t.result.Removed.Exchanges = append(t.result.Removed.Exchanges, x)
		if x.Durable {
			t.forget(exchangeKey(x))
		}
		t.dropBindings(v, collect(v.bindingsFrom(x.Name)))
		to := collect(v.bindingsTo(destinationExchange, x.Name))
		t.dropBindings(v, to)
		doomed = append(doomed, v.orphans(to)...)
	}
}

// dropOrphans removes the auto-delete exchanges among the sources of bindings
// that have just gone, when those were their last.
func (t *txn) dropOrphans(v *vhostState, gone []*Binding) {
	for _, x := range v.orphans(gone) {
		t.dropExchanges(v, x)
	}
}

// orphans are the auto-delete exchanges among the sources of bindings that have
// just gone that are the source of no other, without duplicates.
//
// Invariant: an exchange can be an orphan of two sets of bindings only if it is
// dropped in between, and then it is no longer found. So no exchange is dropped
// twice.
func (v *vhostState) orphans(gone []*Binding) []*Exchange {
	var orphans []*Exchange
	last := ""
	for _, b := range gone { // sorted by source within one destination
		if b.Source == last {
			continue
		}
		last = b.Source
		x, ok := v.exchanges.get(b.Source)
		if ok && x.AutoDelete && !v.isSource(x.Name) {
			orphans = append(orphans, x)
		}
	}
	return orphans
}

func noExchange(vhost, name string) error {
	return &Error{Err: ErrNotFound, Kind: "exchange", Vhost: vhost, Name: name}
}

// predeclared are the exchanges that every virtual host has from its making
// on, all durable (amqp-behaviour §3.1). They are never stored: the record of
// the virtual host stands for them.
var predeclared = [...]Exchange{
	{Name: "", Type: "direct"},
	{Name: "amq.direct", Type: "direct"},
	{Name: "amq.fanout", Type: "fanout"},
	{Name: "amq.headers", Type: "headers"},
	{Name: "amq.match", Type: "headers"},
	{Name: "amq.rabbitmq.trace", Type: "topic", Internal: true},
	{Name: "amq.topic", Type: "topic"},
}

func isPredeclared(exchange string) bool {
	if exchange != "" && !strings.HasPrefix(exchange, "amq.") {
		return false
	}
	for i := range predeclared {
		if predeclared[i].Name == exchange {
			return true
		}
	}
	return false
}

// predeclare gives a virtual host the exchanges that it has by itself.
func (v *vhostState) predeclare(o *owner) []*Exchange {
	made := make([]*Exchange, 0, len(predeclared))
	for _, x := range predeclared {
		x.Vhost, x.Durable = v.info.Name, true
		v.exchanges.put(o, x.Name, &x)
		made = append(made, &x)
	}
	return made
}
