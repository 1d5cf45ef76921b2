package broker

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"amqpd/amqp"
)

// A deadline may fire with nothing left to do: what was asked ran with the
// request before it. The connection goes on.
func TestInterruptWithoutRequestGoesOn(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	c := b.theOnly(t)
	for range 200 {
		ran := make(chan struct{}, 2)
		c.tell(func() { ran <- struct{}{} })
		c.tell(func() { ran <- struct{}{} })
		<-ran
		<-ran
		_ = c.nc.SetReadDeadline(time.Unix(1, 0)) // as a tell does whose request is taken already
	}
	k.channel(2)
}

func TestInterruptedBeforeAndAfterClose(t *testing.T) {
	for _, row := range []struct {
		state connState
		err   error
		on    bool
	}{
		{awaitHeader, os.ErrDeadlineExceeded, true},
		{running, os.ErrDeadlineExceeded, true},
		{running, errors.New("reset by peer"), false},
		{closing, os.ErrDeadlineExceeded, false},
		{silent, os.ErrDeadlineExceeded, false},
	} {
		t.Run(fmt.Sprint(row.state, row.err), func(t *testing.T) {
			_, theirs := tcpPair(t)
			defer theirs.Close()
			c := newConn(open(t, Options{}), theirs)
			c.state = row.state
			if on := c.interrupted(row.err); on != row.on {
				t.Errorf("goes on: %t, want %t", on, row.on)
			}
		})
	}
}

// A request to a connection that is closing does not cut its close short.
func TestTellWhileClosingKeepsTheSocketOpen(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	c := b.theOnly(t)
	c.forceClose(amqp.ConnectionForced("first"))
	if m := want[amqp.ConnectionClose](k, 0); m.ReplyCode != 320 || m.ReplyText != "CONNECTION_FORCED - first" {
		t.Fatalf("got %+v", m)
	}
	c.forceClose(amqp.ConnectionForced("second"))
	for range 3 { // still answered, and not closed a second time
		call[amqp.ConnectionCloseOk](k, 0, &amqp.ConnectionClose{ReplyCode: 200})
	}
	k.send(0, &amqp.ConnectionCloseOk{})
	if f, ok := k.frameOrEnd(); ok {
		t.Fatalf("got %+v, want the end", f)
	}
}
