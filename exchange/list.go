package exchange

import "iter"

// BindingsFrom yields the bindings of an exchange in the order they were
// made, as they are when the loop begins. The router may change meanwhile.
func (r *Router) BindingsFrom(source string) iter.Seq[Binding] {
	return r.list(func() []*bound {
		if n := r.exchanges[source]; n != nil {
			return n.from.list()
		}
		return nil
	})
}

// BindingsTo yields the bindings that lead to a queue or exchange in the order
// they were made, as they are when the loop begins. The router may change
// meanwhile. The implicit binding of the default exchange is not among them.
func (r *Router) BindingsTo(kind DestinationKind, name string) iter.Seq[Binding] {
	return r.list(func() []*bound {
		if dest := r.place(kind, name); dest != nil {
			return dest.to.list()
		}
		return nil
	})
}

// list yields the bindings that collect finds under the lock.
func (r *Router) list(collect func() []*bound) iter.Seq[Binding] {
	return func(yield func(Binding) bool) {
		r.mu.RLock()
		found := collect()
		r.mu.RUnlock()
		for _, b := range found {
			if !yield(b.binding()) {
				return
			}
		}
	}
}
