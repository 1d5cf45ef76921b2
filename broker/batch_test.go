package broker

import (
	"testing"

	"amqpd/store"
)

// What one operation on millions of messages needed does not stay with the connection.
func TestBatchKeepsLittleMemory(t *testing.T) {
	b := open(t, Options{})
	q := b.classic(t, "q", nil)
	w := newBatch(b)
	w.tick()
	const n = 3 * keptElements
	for range n { // as a transaction gathers them
		w.add(message{env: []byte{0, 1, 'q'}, header: plainHeader(0), ttl: -1}, []*localQueue{q})
	}
	w.end()
	if got := q.purge(w); got != n {
		t.Fatalf("%d messages were purged, want %d", got, n)
	}
	w.end()
	for what, have := range map[string]int{"messages": cap(w.msgs), "links": cap(w.links), "positions": cap(w.released)} {
		if have > keptElements {
			t.Errorf("an empty batch has room for %d %s", have, what)
		}
	}
	if emptied(make([]store.Range, 5)) == nil {
		t.Error("what is usual is not used again")
	}
}
