package broker

import (
	"errors"
	"os"
	"time"

	"amqpd/amqp"
)

// Other goroutines have a connection's reader do something by leaving it in the
// inbox: a read deadline in the past wakes the reader.

// interrupted handles a read deadline: it is how other goroutines ask the
// reader to do something. It reports whether reading goes on. A deadline may
// come without anything to do, since what it was set for may have been done with
// what was asked before.
func (c *conn) interrupted(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	_ = c.nc.SetReadDeadline(c.until)
	c.answerAsked()
	return c.state <= running || time.Now().Before(c.until)
}

// answerAsked runs what other goroutines asked for, between two batches. A
// connection that is closing forgets it.
func (c *conn) answerAsked() {
	c.inbox.Lock()
	asked := c.asked
	c.asked = nil
	c.inbox.Unlock()
	if c.state > running {
		return
	}
	for _, f := range asked {
		f()
	}
	c.settleBatch()
}

// hold keeps the reader from reading until ready is closed, or until the
// connection is being closed because somebody asked for that. Its client counts
// as alive meanwhile. An error says that the connection is gone.
func (c *conn) hold(ready <-chan struct{}) error {
	c.blocked.Store(true)
	defer c.blocked.Store(false)
	for c.state <= running {
		select {
		case <-ready:
			return nil
		case <-c.gone:
			return errHangUp
		case <-c.asking:
			c.answerAsked()
		}
	}
	return nil
}

// readUntil ends the connection's reading after d.
func (c *conn) readUntil(d time.Duration) {
	c.until = time.Now().Add(d)
	_ = c.nc.SetReadDeadline(c.until)
}

// tell makes the reader run f between two batches, soon. Safe from any
// goroutine; a connection that is closing does not care any more.
func (c *conn) tell(f func()) {
	c.inbox.Lock()
	c.asked = append(c.asked, f)
	c.inbox.Unlock()
	select {
	case c.asking <- struct{}{}:
	default:
	}
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
}

// forceClose makes the reader close the connection with e (320).
func (c *conn) forceClose(e *amqp.Error) {
	c.tell(func() {
		if c.state <= running {
			_ = c.closeWith(e)
		}
	})
}
