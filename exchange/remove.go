package exchange

// Removal is what went along with an exchange or a queue.
type Removal struct {
	// Bindings are the bindings that led there and, of an exchange, those that
	// led from there.
	Bindings []Binding
	// Spent are the auto-delete exchanges that lost their last binding by it.
	// The caller is to remove them, which may make others spent.
	Spent []string
}

// Remove deletes an exchange with its bindings in both directions. Removing
// one that does not exist does nothing.
func (r *Router) Remove(name string) Removal {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.exchanges[name]
	if n == nil {
		return Removal{}
	}
	gone := r.cutAll(n.from.list(), n)
	inward := r.cutAll(n.self.to.list(), n)
	gone.Bindings = append(gone.Bindings, inward.Bindings...)
	gone.Spent = inward.Spent
	delete(r.exchanges, name)
	r.places.drop(n.self)
	r.generation.Add(1)
	return gone
}

// RemoveQueue deletes the bindings that lead to a queue, because the queue
// goes.
func (r *Router) RemoveQueue(name string) Removal {
	r.mu.Lock()
	defer r.mu.Unlock()
	dest := r.places.queues[name]
	if dest == nil {
		return Removal{}
	}
	r.generation.Add(1)
	return r.cutAll(dest.to.list(), nil)
}

// cutAll removes bindings. An exchange that is itself being removed is not
// reported as spent.
func (r *Router) cutAll(list []*bound, except *node) Removal {
	gone := Removal{Bindings: make([]Binding, 0, len(list))}
	for _, b := range list {
		gone.Bindings = append(gone.Bindings, b.binding())
		r.cut(b)
		if b.source != except && b.source.spent() {
			gone.Spent = append(gone.Spent, b.source.self.name)
		}
	}
	return gone
}

// InUse reports whether the exchange is the source of a binding, which keeps
// exchange.delete with if-unused from deleting it (amqp-behaviour §3.3).
func (r *Router) InUse(name string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n := r.exchanges[name]
	return n != nil && n.from.count > 0
}

// Spent reports whether the exchange is to be deleted because it is
// auto-delete and has lost its last binding. One that was never bound is not
// spent. Ask after Unbind; the removals report it themselves.
func (r *Router) Spent(name string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n := r.exchanges[name]
	return n != nil && n.spent()
}

func (n *node) spent() bool { return n.x.AutoDelete && n.used && n.from.count == 0 }
