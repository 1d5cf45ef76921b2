package exchange

import (
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
)

// Router holds the exchanges and bindings of one virtual host. Any number of
// goroutines may route and look things up while one changes it.
//
// Invariants, which Verify checks: every binding is in the identity table and
// the chain of its source, in the chain of its destination, and in its
// source's matcher; every destination exchange exists; a queue is known
// exactly while a binding leads to it.
type Router struct {
	generation atomic.Uint64
	env        env
	lookup     func(key []byte) (string, bool) // of queues; nil: see UseQueues

	mu        sync.RWMutex
	exchanges map[string]*node
	places    destinations
}

// node is an exchange with its bindings.
type node struct {
	x        Exchange
	match    matcher
	self     *destination // the exchange as a place that messages go to
	from     chain        // bindings from here, in order of creation
	bindings map[identity]*bound
	used     bool // a binding has been made from here, now or earlier

	cacheable, history, delays bool // of the type, see Type
}

// identity tells the bindings of one source apart.
type identity struct {
	dest      *destination
	key, args string
}

// NewRouter returns a router without exchanges; a vhost begins with those of
// [Predeclared]. The default exchange routes whether or not it has been Put.
func NewRouter() *Router {
	return &Router{
		env:       env{pick: rand.Uint64N},
		exchanges: map[string]*node{},
		places:    newDestinations(),
	}
}

// UseRandom replaces the source of random numbers of x-random exchanges.
// pick returns an even number below n, which is at least 1, and is called by
// many goroutines. Call UseRandom before the first Put.
func (r *Router) UseRandom(pick func(n uint64) uint64) { r.env.pick = pick }

// UseQueues tells the default exchange which queues there are: lookup returns
// the queue's own name for a routing key, so that routing need not allocate
// one. It is called by many goroutines. Without it every key counts as a
// queue's name. Call UseQueues before the first Route.
func (r *Router) UseQueues(lookup func(key []byte) (name string, ok bool)) { r.lookup = lookup }

// Generation is a number that changes whenever a route may have changed. To
// cache results, read it before Route and keep it with the result, which
// holds as long as Generation still returns it.
func (r *Router) Generation() uint64 { return r.generation.Load() }

// Put makes an exchange, or gives an existing one new attributes, for
// instance another Alternate; bindings stay. x should have passed [Validate].
func (r *Router) Put(x Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.generation.Add(1)
	n := r.exchanges[x.Name]
	if n == nil {
		n = &node{self: r.places.create(ToExchange, x.Name), bindings: map[identity]*bound{}}
		n.self.node = n
		r.exchanges[x.Name] = n
	}
	if n.match != nil && n.x.Type == x.Type && n.x.Arguments.Equal(x.Arguments) {
		n.x = x
		return
	}
	n.arrange(x, r.env)
}

// arrange makes n be x and its matcher anew.
func (n *node) arrange(x Exchange, env env) {
	n.x = x
	n.match = nothing{}
	own, known := TypeNamed(x.Type)
	if known {
		n.match = own.build(x, env)
	}
	inner, _ := x.RoutesAs()
	n.cacheable, n.delays, n.history = own.Cacheable, own.Delays, inner.ReplaysHistory
	for _, b := range n.from.list() {
		n.match.add(b)
	}
}

// Exchange returns the exchange of that name and whether there is one.
func (r *Router) Exchange(name string) (Exchange, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if n := r.exchanges[name]; n != nil {
		return n.x, true
	}
	return Exchange{}, false
}

// Exchanges yields all exchanges as they are when the loop begins, in no
// order. The router may change meanwhile.
func (r *Router) Exchanges() iter.Seq[Exchange] {
	return func(yield func(Exchange) bool) {
		r.mu.RLock()
		nodes := slices.Collect(maps.Values(r.exchanges))
		list := make([]Exchange, len(nodes))
		for i, n := range nodes {
			list[i] = n.x
		}
		r.mu.RUnlock()
		for _, x := range list {
			if !yield(x) {
				return
			}
		}
	}
}
