package exchange

import (
	"fmt"
	"slices"
)

// Route finds the queues that a message published to exchange x gets to, and
// leaves them in res (amqp-behaviour §3.5). It follows bindings from exchange
// to exchange, each visited once; an exchange that leads nowhere passes the
// message to its alternate. No queue in res is there twice.
//
// The error is an *amqp.Error with RabbitMQ's text for basic.publish if a CC
// or BCC header is no array, or wraps [ErrNoExchange] if there is no x. Then
// res holds no route. That x may be internal is for the caller to look at.
func (r *Router) Route(x string, m *Message, res *Result) error {
	res.reset()
	cc, bcc, refused := m.senderKeys()
	if refused != nil {
		res.Cacheable = false
		return refused
	}
	res.setKeys(m, cc, bcc)
	defer res.dropKeys()
	if x == "" {
		r.routeDefault(res)
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	start := r.exchanges[x]
	if start == nil {
		res.Cacheable = false
		return fmt.Errorf("%w: %q", ErrNoExchange, x)
	}
	res.visit(start)
	for len(res.pending) > 0 {
		last := len(res.pending) - 1
		n := res.pending[last]
		res.pending[last] = nil // the exchange may go before the Result does
		res.pending = res.pending[:last]
		r.routeFrom(n, m, res)
	}
	return nil
}

// routeFrom adds to res what one exchange leads to.
func (r *Router) routeFrom(n *node, m *Message, res *Result) {
	before := res.hits
	res.Cacheable = res.Cacheable && n.cacheable
	if n.delays {
		if ms, ok := Delay(m.Headers); ok {
			// A held message is not routed, so an alternate gets it.
			res.Holds = append(res.Holds, Hold{Exchange: n.x.Name, Milliseconds: ms})
			r.routeAlternate(n, res)
			return
		}
	}
	if n.history && WantsHistory(m.Headers) {
		res.History = append(res.History, n.x.Name)
	}
	n.match.match(m, res.keys, res)
	if res.hits == before {
		r.routeAlternate(n, res)
	}
}

// routeAlternate passes the message to the alternate of n. One that does not
// exist is passed over.
func (r *Router) routeAlternate(n *node, res *Result) {
	if n.x.Alternate == "" {
		return
	}
	if alternate := r.exchanges[n.x.Alternate]; alternate != nil {
		res.visit(alternate)
	}
}

// routeDefault treats each key as the name of a queue, to which the default
// exchange has an implicit binding.
func (r *Router) routeDefault(res *Result) {
	res.Cacheable = false // it depends on which queues there are
	for _, key := range res.keys {
		if r.lookup == nil {
			res.Queues = append(res.Queues, string(key))
		} else if name, ok := r.lookup(key); ok {
			res.Queues = append(res.Queues, name)
		}
	}
	if len(res.keys) > 1 {
		slices.Sort(res.Queues)
		res.Queues = slices.Compact(res.Queues)
	}
}
