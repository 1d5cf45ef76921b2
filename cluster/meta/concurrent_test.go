package meta

import (
	"fmt"
	"strings"
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

// Definitions are tried on copies of views, by several at a time and beside the
// one who changes the state.
func TestImportersBesideAWriter(t *testing.T) {
	s := New()
	apply(t, s, PutVhost{Vhost{Name: "/"}})
	file := `{"users":[{"name":"u","password_hash":"","tags":""}],"queues":[{"name":"tried","vhost":"/","durable":true,"auto_delete":false,"arguments":{}}]}`
	var importers sync.WaitGroup
	for range 3 {
		importers.Go(func() {
			for range 50 {
				if commands, err := Import(strings.NewReader(file), s); err != nil || len(commands) != 2 {
					t.Errorf("%d commands, %v", len(commands), err)
					return
				}
			}
		})
	}
	for i := range 200 {
		apply(t, s, PutUser{User: User{Name: fmt.Sprintf("u%d", i)}})
		apply(t, s, PutQueue{Queue: Queue{Vhost: "/", Name: fmt.Sprintf("q%d", i), Kind: "classic", Durable: true}})
	}
	importers.Wait()
	v := s.View()
	if err := v.verify(); err != nil || v.QueueCount("/") != 200 || count(v.Users()) != 200 {
		t.Errorf("%d queues, %d users, %v", v.QueueCount("/"), count(v.Users()), err)
	}
}
