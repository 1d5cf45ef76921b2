package meta

import (
	"iter"
	"slices"

	"amqpd/amqp"
)

// What a binding may lead to.
const (
	destinationQueue    = "queue"
	destinationExchange = "exchange"
)

// Binding leads from an exchange to a queue or another exchange. Two bindings
// are the same when source, destination, key and arguments are; the arguments'
// order does not count, their types do (amqp-behaviour §3.4). The implicit
// bindings of the default exchange are no objects of the state.
type Binding struct {
	Vhost, Source, Destination string
	DestinationType            string // "queue" or "exchange"
	Key                        string
	Arguments                  amqp.Table

	arguments string // Arguments.Canonical(), part of the identity
	durable   bool   // both ends are
}

// Durable says whether the binding survives a restart: both its ends do. It is
// known for bindings that came out of a State only.
func (b *Binding) Durable() bool { return b.durable }

func (b *Binding) code(c *coder) {
	c.name(&b.Vhost)
	c.name(&b.Source)
	c.name(&b.DestinationType)
	c.name(&b.Destination)
	c.str(&b.Key)
	c.table(&b.Arguments)
}

// lessBySource sorts the bindings of one virtual host so that those from one
// exchange stand together.
func lessBySource(a, b *Binding) bool {
	if a.Source != b.Source {
		return a.Source < b.Source
	}
	if a.DestinationType != b.DestinationType {
		return a.DestinationType < b.DestinationType
	}
	if a.Destination != b.Destination {
		return a.Destination < b.Destination
	}
	return lessByKey(a, b)
}

// lessByDestination sorts the bindings of one virtual host so that those to one
// queue or exchange stand together.
func lessByDestination(a, b *Binding) bool {
	if a.Destination != b.Destination {
		return a.Destination < b.Destination
	}
	if a.DestinationType != b.DestinationType {
		return a.DestinationType < b.DestinationType
	}
	if a.Source != b.Source {
		return a.Source < b.Source
	}
	return lessByKey(a, b)
}

func lessByKey(a, b *Binding) bool {
	if a.Key != b.Key {
		return a.Key < b.Key
	}
	return a.arguments < b.arguments
}

// Bind adds a binding; one that exists is left alone and is no error.
// ErrNotFound for the virtual host, the source, the destination, in this order;
// ErrReserved when an end is the default exchange; ErrInvalid for another
// destination type.
type Bind struct{ Binding Binding }

// Unbind removes a binding, and the auto-delete exchanges that thereby lost
// their last, and so on. ErrNotFound for the virtual host, the ends, the
// binding; ErrReserved when an end is the default exchange.
type Unbind struct{ Binding Binding }

func (c Bind) code(k *coder) Command   { c.Binding.code(k); return c }
func (c Unbind) code(k *coder) Command { c.Binding.code(k); return c }

func (c Bind) apply(t *txn) error {
	b := c.Binding
	v, err := t.resolve(&b)
	if err != nil {
		return err
	}
	if _, ok := v.bySource.items.Get(&b); ok {
		return nil
	}
	v.bySource.put(t.owner, &b)
	v.byDestination.put(t.owner, &b)
	t.result.Created = true
	t.result.Added.Bindings = append(t.result.Added.Bindings, &b)
	if b.durable {
		t.store(bindingKey(&b), &b)
	}
	return nil
}

func (c Unbind) apply(t *txn) error {
	wanted := c.Binding
	v, err := t.resolve(&wanted)
	if err != nil {
		return err
	}
	b, ok := v.bySource.items.Get(&wanted)
	if !ok {
		return &Error{Err: ErrNotFound, Kind: "binding", Vhost: wanted.Vhost, Name: wanted.Key}
	}
	gone := []*Binding{b}
	t.dropBindings(v, gone)
	t.dropOrphans(v, gone)
	return nil
}

func (t *txn) resolve(b *Binding) (*vhostState, error) {
	v, ok := t.vhost(b.Vhost)
	if !ok {
		return nil, noVhost(b.Vhost)
	}
	return v, v.resolve(b)
}

// resolve fills in what follows from the two ends of a binding, and checks that
// they exist. Names come to share the text of the ends, which a million
// bindings are glad of.
func (v *vhostState) resolve(b *Binding) error {
	toExchange := b.DestinationType == destinationExchange
	switch {
	case !toExchange && b.DestinationType != destinationQueue:
		return &Error{Err: ErrInvalid, Kind: "binding", Vhost: b.Vhost, Name: b.Key}
	case b.Source == "" || toExchange && b.Destination == "":
		return &Error{Err: ErrReserved, Kind: "exchange", Vhost: b.Vhost, Name: ""}
	}
	source, ok := v.exchanges.get(b.Source)
	if !ok {
		return noExchange(b.Vhost, b.Source)
	}
	if toExchange {
		x, ok := v.exchanges.get(b.Destination)
		if !ok {
			return noExchange(b.Vhost, b.Destination)
		}
		b.DestinationType, b.Destination = destinationExchange, x.Name
		b.durable = source.Durable && x.Durable
	} else {
		q, ok := v.queues.get(b.Destination)
		if !ok {
			return noQueue(b.Vhost, b.Destination)
		}
		b.DestinationType, b.Destination = destinationQueue, q.Name
		b.durable = source.Durable && q.Durable
	}
	b.Vhost, b.Source = v.info.Name, source.Name
	b.arguments = b.Arguments.Canonical()
	return nil
}

func (t *txn) dropBindings(v *vhostState, gone []*Binding) {
	for _, b := range gone {
		v.bySource.remove(t.owner, b)
		v.byDestination.remove(t.owner, b)
		if b.durable {
			t.forget(bindingKey(b))
		}
	}
	t.result.Removed.Bindings = append(t.result.Removed.Bindings, gone...)
}

// bindingsFrom walks the bindings from an exchange by destination type,
// destination, key.
func (v *vhostState) bindingsFrom(source string) iter.Seq[*Binding] {
	return func(yield func(*Binding) bool) {
		for b := range v.bySource.from(&Binding{Source: source}) {
			if b.Source != source || !yield(b) {
				return
			}
		}
	}
}

// bindingsTo walks the bindings to a queue or exchange by source, key.
func (v *vhostState) bindingsTo(kind, destination string) iter.Seq[*Binding] {
	return func(yield func(*Binding) bool) {
		for b := range v.byDestination.from(&Binding{DestinationType: kind, Destination: destination}) {
			if b.Destination != destination || b.DestinationType != kind || !yield(b) {
				return
			}
		}
	}
}

// isSource says whether an exchange is the source of a binding.
func (v *vhostState) isSource(exchange string) bool {
	for range v.bindingsFrom(exchange) {
		return true
	}
	return false
}

// collect gathers bindings before the tree that they come from is changed.
func collect(bindings iter.Seq[*Binding]) []*Binding { return slices.Collect(bindings) }
