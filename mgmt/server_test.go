package mgmt

import (
	"net"
	"sync"
	"testing"
)

// asked is a listener that tells when somebody wants to know its address.
type asked struct {
	net.Listener
	once sync.Once
	told chan struct{}
}

func (a *asked) Addr() net.Addr {
	a.once.Do(func() { close(a.told) })
	return a.Listener.Addr()
}

// A node that fails while it starts stops a server whose listeners are just coming.
func TestServer_StoppedAtOnce(t *testing.T) {
	n := newNode(t)
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		coming := &asked{Listener: l, told: make(chan struct{})}
		s := New(Options{Broker: n.broker})
		served := make(chan error, 1)
		go func() { served <- s.Serve(coming) }()
		<-coming.told
		s.Stop(t.Context())
		l.Close()
		if err := <-served; err != nil {
			t.Fatal(err)
		}
	}
}

// Serve ends without an error when its listener is closed.
func TestServer_ListenerClosed(t *testing.T) {
	n := newNode(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- n.Serve(l) }()
	l.Close()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
