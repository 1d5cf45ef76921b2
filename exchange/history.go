package exchange

import "iter"

// History keeps the last items that passed an x-recent-history exchange, so
// that they can be replayed to a queue that binds later (amqp-behaviour §3.5).
// What an item is, is the caller's business; the caller also decides which
// messages enter (see [WantsHistory]).
//
// A History is not safe for concurrent use. Its memory grows with what it
// holds, not with its limit, because the limit comes from a client.
type History[T any] struct {
	limit int
	ring  []T // full: head is the oldest; growing: head is 0
	head  int
	evict func(T)
}

// NewHistory returns an empty history of at most limit items (at least 1).
// evict, which may be nil, is called with every item that leaves, whether
// pushed out by a newer one or by Clear.
func NewHistory[T any](limit int, evict func(T)) *History[T] {
	if evict == nil {
		evict = func(T) {}
	}
	return &History[T]{limit: max(1, limit), evict: evict}
}

// Add puts item in as the newest and lets the oldest go if there is no room.
func (h *History[T]) Add(item T) {
	if len(h.ring) < h.limit {
		h.ring = append(h.ring, item)
		return
	}
	oldest := h.ring[h.head]
	h.ring[h.head] = item
	h.head = (h.head + 1) % h.limit
	h.evict(oldest)
}

// Len is the number of items held.
func (h *History[T]) Len() int { return len(h.ring) }

// All yields the items, oldest first. The history must not change meanwhile.
func (h *History[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range h.ring {
			if !yield(h.ring[(h.head+i)%len(h.ring)]) {
				return
			}
		}
	}
}

// Clear lets every item go, oldest first.
func (h *History[T]) Clear() {
	for item := range h.All() {
		h.evict(item)
	}
	h.ring, h.head = nil, 0
}
