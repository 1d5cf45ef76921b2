package mgmt

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are pipes, for the clock of synctest.
type pipes struct {
	ends chan net.Conn
	done chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.ends:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 15672} }

// dialPipe serves one client and returns its end.
func (n *fixture) dialPipe() net.Conn {
	l := &pipes{ends: make(chan net.Conn), done: make(chan struct{})}
	go n.Serve(l)
	client, server := net.Pipe()
	l.ends <- server
	n.t.Cleanup(func() { client.Close() })
	return client
}

// untilClosed reads until the server lets go of the connection.
func untilClosed(c net.Conn) (text string, took time.Duration) {
	begin := time.Now()
	b, _ := io.ReadAll(c) // however it ends
	return string(b), time.Since(begin)
}

// A client that never ends its head is let go of, and holds up nobody.
func TestHostile_SlowHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		c := n.dialPipe()
		fmt.Fprint(c, "GET /api/whoami HTTP/1.1\r\nHost: h\r\nX-Slow: ")
		if got := fmt.Sprint(n.statusesOf("GET /api/nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")); got != "[404]" {
			t.Errorf("the next client is answered %s", got)
		}
		if _, took := untilClosed(c); took > headerTimeout {
			t.Errorf("the connection ended after %v, want %v", took, headerTimeout)
		}
	})
}

// A body that never comes to its end holds a connection no longer than a minute.
func TestHostile_SlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.addUser("admin", []string{"administrator"}, "/")
		c := n.dialPipe()
		r := "PUT /api/vhosts/x HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YWRtaW46c2VjcmV0\r\nContent-Length: 100\r\n\r\n{"
		fmt.Fprint(c, r)
		text, took := untilClosed(c)
		if took < bodyTimeout || took > bodyTimeout+writeTimeout {
			t.Errorf("the connection ended after %v, want %v", took, bodyTimeout)
		}
		if !strings.HasPrefix(text, "HTTP/1.1 400 ") {
			t.Errorf("half a body was answered: %.200s", text)
		}
		if _, there := n.broker.Definitions().Vhost("x"); there {
			t.Error("half a body made a virtual host")
		}
	})
}

// A client that asks for much and reads none of it is let go of.
func TestHostile_NeverReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.addUser("admin", []string{"administrator"}, "/")
		for i := range 100 {
			n.apply(queueNamed(fmt.Sprintf("q%d", i)))
		}
		c := n.dialPipe()
		fmt.Fprint(c, "GET /api/queues HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YWRtaW46c2VjcmV0\r\n\r\n")
		time.Sleep(2*writeTimeout + bodyTimeout)
		synctest.Wait()
		if _, err := c.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err == nil {
			t.Error("the connection is still open")
		}
	})
}
