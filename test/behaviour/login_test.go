package behaviour_test

// protocolHeader opens an AMQP 0-9-1 conversation.
const protocolHeader = "AMQP\x00\x00\x09\x01"

// capabilities are those that a usual client announces.
var capabilities = table{
	"publisher_confirms", true, "exchange_exchange_bindings", true, "basic.nack", true, "consumer_cancel_notify", true,
	"connection.blocked", true, "authentication_failure_close", true,
}

// login says how to connect; the zero value is guest in vhost "/", frames of 131072 octets and no heartbeat.
type login struct {
	user, password, vhost string
	mechanism, response   string
	caps                  table // nil: capabilities; empty: none
	properties            table // further client properties
	channelMax            uint16
	frameMax              uint32
	heartbeat             uint16
}

// or returns v, or other if v is zero.
func or[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// startOk are the arguments of connection.start-ok for a login.
func (l login) startOk() []any {
	user := or(l.user, "guest")
	caps := l.caps
	if caps == nil {
		caps = capabilities
	}
	return []any{
		"client-properties", append(table{"product", "behaviour", "capabilities", caps}, l.properties...),
		"mechanism", or(l.mechanism, "PLAIN"),
		"response", or(l.response, "\x00"+user+"\x00"+or(l.password, user)),
		"locale", "en_US",
	}
}

// socket opens a connection on which nothing has been sent, seen from channel 0.
func (c *client) socket() *client {
	c.t.Helper()
	return &client{conn: dial(c.t, addr), t: c.t, in: c.in}
}

// started is a connection that has received connection.start.
func (c *client) started() *client {
	c.t.Helper()
	s := c.socket()
	s.write([]byte(protocolHeader))
	s.expect("connection.start")
	return s
}

// tuning is a connection that has logged in and received connection.tune.
func (c *client) tuning(l login) *client {
	c.t.Helper()
	s := c.started()
	s.send("connection.start-ok", l.startOk()...)
	s.expect("connection.tune")
	return s
}

// tuned is a connection that has answered connection.tune and must now open a vhost.
func (c *client) tuned(l login) *client {
	c.t.Helper()
	s := c.tuning(l)
	s.frameMax = int(or(l.frameMax, 131072))
	s.send("connection.tune-ok", "channel-max", or(l.channelMax, 2047), "frame-max", s.frameMax, "heartbeat", l.heartbeat)
	return s
}

// opened is a connection ready for use, seen from channel 0.
func (c *client) opened(l login) *client {
	c.t.Helper()
	s := c.tuned(l)
	s.vhost = or(l.vhost, "/")
	s.send("connection.open", "virtual-host", s.vhost)
	s.expect("connection.open-ok", "known-hosts", "")
	return s
}

// login is channel 1 of a new connection.
func (c *client) login(l login) *client {
	c.t.Helper()
	s := c.opened(l).number(1)
	s.call("channel.open")
	return s
}

// octets reads exactly n octets.
func (k *conn) octets(n int) string {
	k.t.Helper()
	k.nc.SetReadDeadline(deadline())
	b := make([]byte, n)
	for got := 0; got < n; {
		m, err := k.br.Read(b[got:])
		if got += m; err != nil {
			k.fail("read %d octets of %d: %v", got, n, err)
		}
	}
	return string(b)
}
