package meta

import (
	"fmt"
	"sync"
	"testing"
)

// TestReadersBesideAWriter lets the race detector watch, and readers check that
// each view is consistent: every queue of it is bound.
func TestReadersBesideAWriter(t *testing.T) {
	s := New()
	apply(t, s, PutVhost{Vhost{Name: "/"}})
	apply(t, s, PutExchange{Exchange{Vhost: "/", Name: "x1", Durable: true}})
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				v := s.View()
				if err := v.verify(); err != nil {
					t.Error(err)
					return
				}
				if q, b := v.QueueCount("/"), count(v.Bindings("/")); q != b {
					t.Errorf("%d queues, %d bindings", q, b)
					return
				}
			}
		})
	}
	for i := range 1500 {
		name := fmt.Sprintf("q%d", i%40)
		if _, ok := s.Queue("/", name); ok {
			apply(t, s, DeleteQueue{Vhost: "/", Name: name})
			continue
		}
		apply(t, s, Batch{[]Command{PutQueue{Queue{Vhost: "/", Name: name, Durable: true}}, Bind{arrow("x1", name)}}})
	}
	close(done)
	readers.Wait()
}
