package exchange

import (
	"fmt"

	"amqpd/amqp"
)

// Bind makes a binding and reports whether it is a new one; making one that
// exists changes nothing. The error is an *amqp.Error with RabbitMQ's text
// for queue.bind or exchange.bind if the source is the default exchange or
// its type refuses the binding, and wraps [ErrNoExchange] if the source or
// the destination exchange does not exist. The destination queue is taken on
// trust.
//
// The order in which bindings were made counts for the hash exchanges, so
// whoever restores bindings must bind them in the order of
// [Router.BindingsFrom].
func (r *Router) Bind(b Binding) (added bool, err error) {
	if b.Source == "" || b.To == ToExchange && b.Destination == "" {
		return false, OnDefault(bindMethod(b))
	}
	args := newArguments(b.Arguments)
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.exchanges[b.Source]
	if n == nil {
		return false, fmt.Errorf("%w: %q", ErrNoExchange, b.Source)
	}
	if refused := ValidateBinding(n.x, b, bindMethod(b)); refused != nil {
		return false, refused
	}
	if b.To == ToExchange && r.exchanges[b.Destination] == nil {
		return false, fmt.Errorf("%w: %q", ErrNoExchange, b.Destination)
	}
	if r.find(b, args) != nil {
		return false, nil
	}
	made := &bound{source: n, key: b.Key, args: args}
	if b.To == ToExchange {
		made.dest = r.exchanges[b.Destination].self
	} else {
		made.dest = r.places.queue(b.Destination)
	}
	n.bindings[made.identity()] = made
	n.from.push(made)
	made.dest.to.push(made)
	n.match.add(made)
	n.used = true
	r.generation.Add(1)
	return true, nil
}

func (b *bound) identity() identity { return identity{b.dest, b.key, b.canonical()} }

// Has reports whether the binding exists.
func (r *Router) Has(b Binding) bool {
	args := newArguments(b.Arguments)
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.find(b, args) != nil
}

// find returns the binding with the identity of b, nil if there is none.
func (r *Router) find(b Binding, args *arguments) *bound {
	n, dest := r.exchanges[b.Source], r.place(b.To, b.Destination)
	if n == nil || dest == nil {
		return nil
	}
	id := identity{dest: dest, key: b.Key}
	if args != nil {
		id.args = args.canonical
	}
	return n.bindings[id]
}

// place returns a known destination, nil if no binding leads there.
func (r *Router) place(kind DestinationKind, name string) *destination {
	if kind == ToQueue {
		return r.places.queues[name]
	}
	if n := r.exchanges[name]; n != nil {
		return n.self
	}
	return nil
}

// Unbind removes a binding and reports whether there was one. Afterwards the
// source may be [Router.Spent].
func (r *Router) Unbind(b Binding) (removed bool) {
	args := newArguments(b.Arguments)
	r.mu.Lock()
	defer r.mu.Unlock()
	have := r.find(b, args)
	if have == nil {
		return false
	}
	r.cut(have)
	r.generation.Add(1)
	return true
}

// cut removes a binding from everything that holds it.
func (r *Router) cut(b *bound) {
	b.source.match.remove(b)
	delete(b.source.bindings, b.identity())
	b.source.from.remove(b)
	b.dest.to.remove(b)
	r.places.release(b.dest)
}

// bindMethod is the method that makes a binding of b's kind.
func bindMethod(b Binding) amqp.MethodID {
	if b.To == ToExchange {
		return amqp.MethodExchangeBind
	}
	return amqp.MethodQueueBind
}
