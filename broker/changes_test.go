package broker

import (
	"sync"
	"testing"
)

// names lists what a visit saw.
func names(list []*localQueue) (s string) {
	for _, q := range list {
		s += q.name
	}
	return s
}

func TestChanges_EachVisitorSeesWhatChangedSinceItsOwn(t *testing.T) {
	var l changes
	l.epoch.Store(1)
	a, b, c := &localQueue{name: "a"}, &localQueue{name: "b"}, &localQueue{name: "c"}
	var one, two uint64
	visit := func(cursor *uint64, want string) {
		t.Helper()
		list, next := l.since(*cursor, nil)
		if got := names(list); got != want {
			t.Errorf("visited %q, want %q", got, want)
		}
		*cursor = next
	}
	visit(&one, "")
	l.touch(a)
	l.touch(b)
	l.touch(a)
	visit(&one, "ba")
	visit(&one, "")
	l.touch(c)
	visit(&two, "cba")
	l.touch(a)
	visit(&one, "ac")
	visit(&two, "a")
	l.touch(b)
	l.forget(a)
	l.forget(b)
	l.forget(b)
	visit(&one, "")
	l.touch(c)
	if l.first != c || l.last != c || c.change.prev != nil || c.change.next != nil {
		t.Error("the list is not just c")
	}
	visit(&two, "c")
}

// A change is never missed: a visitor that comes after it, or that it waits for,
// has it, and the figure it reads is not older than the visit.
func TestChanges_NothingIsMissed(t *testing.T) {
	var l changes
	l.epoch.Store(1)
	const queues, rounds = 4, 3000
	type counted struct {
		localQueue
		n int
	}
	all := make([]*counted, queues)
	byQueue := map[*localQueue]*counted{}
	for i := range all {
		all[i] = &counted{}
		byQueue[&all[i].localQueue] = all[i]
	}
	var writers, visitors sync.WaitGroup
	done := make(chan struct{})
	for i := range all {
		writers.Go(func() {
			q := all[i]
			for range rounds {
				q.mu.Lock()
				q.n++
				l.touch(&q.localQueue)
				q.mu.Unlock()
			}
		})
	}
	for range 2 {
		visitors.Go(func() {
			var cursor uint64
			seen := map[*counted]int{}
			visit := func() {
				var list []*localQueue
				list, cursor = l.since(cursor, nil)
				for _, q := range list {
					q.mu.Lock()
					seen[byQueue[q]] = byQueue[q].n
					q.mu.Unlock()
				}
			}
			for open := true; open; {
				select {
				case <-done:
					open = false
				default:
				}
				visit()
			}
			for _, q := range all {
				if seen[q] != rounds {
					t.Errorf("saw %d changes of a queue, want %d", seen[q], rounds)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	visitors.Wait()
}
