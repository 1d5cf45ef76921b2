package broker

import "sync/atomic"

// LoginCounts is how often somebody tried to log in by a protocol.
type LoginCounts struct {
	Protocol          string // "amqp091", "http"
	Succeeded, Failed uint64
}

// logins counts for LoginCounts.
type logins struct{ amqp, http loginCounter }

type loginCounter struct{ succeeded, failed atomic.Uint64 }

// note counts a login that ended with err.
func (c *loginCounter) note(err error) {
	if err != nil {
		c.failed.Add(1)
		return
	}
	c.succeeded.Add(1)
}

// Logins are the counts of each protocol since the start.
func (b *Broker) Logins() []LoginCounts {
	l := &b.logins
	return []LoginCounts{
		{"amqp091", l.amqp.succeeded.Load(), l.amqp.failed.Load()},
		{"http", l.http.succeeded.Load(), l.http.failed.Load()},
	}
}
