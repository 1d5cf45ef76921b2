package behaviour_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// How long a broker waits: behind a refusal before it ends the socket, and for a handshake.
const (
	silence       = 3 * time.Second
	handshakeTime = 10 * time.Second
)

// refusedHeaders are first octets that are answered with the header of the version that is spoken here.
var refusedHeaders = []struct{ what, header string }{
	{"AMQP 1.0 (id 0)", "AMQP\x00\x01\x00\x00"},
	{"AMQP 1.0 SASL", "AMQP\x03\x01\x00\x00"},
	{"AMQP 1.0 id 2", "AMQP\x02\x01\x00\x00"},
	{"version 0-9-2", "AMQP\x00\x00\x09\x02"},
	{"lower case letters", "amqp\x00\x00\x09\x01"},
	{"an HTTP request", "GET / HT"},
	{"eight zero octets", "\x00\x00\x00\x00\x00\x00\x00\x00"},
}

func headerFacts() []fact {
	facts := []fact{
		{name: "§1.1 0-9-1 is answered with connection.start 0-9", run: func(c *client) {
			s := c.socket()
			s.write([]byte(protocolHeader))
			s.expect("connection.start", "version-major", 0, "version-minor", 9)
		}},
		{name: "§1.1 1-1-0-9 is treated as 0-9-1", run: func(c *client) {
			s := c.socket()
			s.write([]byte("AMQP\x01\x01\x00\x09"))
			s.expect("connection.start", "version-major", 0, "version-minor", 9)
		}},
		{name: "§1.1 0-8 gets the header 0-9-1 and the end", differs: "amqpd does not speak 0-8, RabbitMQ still does", run: func(c *client) {
			s := c.socket()
			s.write([]byte("AMQP\x01\x01\x08\x00"))
			if got := s.octets(8); got != protocolHeader {
				s.fail("got %q", got)
			}
			s.eof(0)
		}},
		{name: "§1.1 the header may come in pieces", run: func(c *client) {
			s := c.socket()
			for _, piece := range strings.Split(protocolHeader, "") {
				s.write([]byte(piece))
			}
			s.expect("connection.start")
		}},
		{name: "§1.1 fewer than 8 octets wait for the handshake timeout", run: func(c *client) {
			s := c.socket()
			s.write([]byte("AMQP\x00\x00\x09"))
			s.eof(handshakeTime)
		}},
	}
	for _, r := range refusedHeaders {
		facts = append(facts, fact{name: "§1.1 " + r.what + " gets the header 0-9-1 and the end", run: func(c *client) {
			s := c.socket()
			s.write([]byte(r.header))
			if got := s.octets(8); got != protocolHeader {
				s.fail("got %q", got)
			}
			s.eof(0)
		}})
	}
	return facts
}

// serverCapabilities are announced in this order, all true.
var serverCapabilities = table{
	"publisher_confirms", true, "exchange_exchange_bindings", true, "basic.nack", true, "consumer_cancel_notify", true,
	"connection.blocked", true, "consumer_priorities", true, "authentication_failure_close", true,
	"per_consumer_qos", true, "direct_reply_to", true,
}

var startFacts = []fact{
	{name: "§1.2 server-properties keys come in ascending order with their types", run: func(c *client) {
		s := c.socket()
		s.write([]byte(protocolHeader))
		properties := s.expect("connection.start").values["server-properties"].(table)
		var got []string
		for i := 0; i < len(properties); i += 2 {
			got = append(got, fmt.Sprintf("%s %T", properties[i], properties[i+1]))
		}
		want := []string{"capabilities behaviour_test.table", "cluster_name string", "copyright string", "information string",
			"platform string", "product string", "version string"}
		if !slices.Equal(got, want) {
			s.fail("got %q", got)
		}
	}},
	{name: "§1.2 nine capabilities, all true, in their order", run: func(c *client) {
		s := c.socket()
		s.write([]byte(protocolHeader))
		properties := s.expect("connection.start").values["server-properties"].(table)
		if !equal(serverCapabilities, properties[1]) {
			s.fail("got %v", properties[1])
		}
	}},
	{name: "§1.2 mechanisms are PLAIN and AMQPLAIN", run: func(c *client) {
		s := c.socket()
		s.write([]byte(protocolHeader))
		s.expect("connection.start", "mechanisms", like("^(PLAIN AMQPLAIN|AMQPLAIN PLAIN)$"))
	}},
	{name: "§1.2 locales is en_US", run: func(c *client) {
		s := c.socket()
		s.write([]byte(protocolHeader))
		s.expect("connection.start", "locales", "en_US")
	}},
	{name: "§1.2 the client's locale is not checked", run: func(c *client) {
		s := c.started()
		s.send("connection.start-ok", append(login{}.startOk(), "locale", "xx_YY")...)
		s.expect("connection.tune")
	}},
	{name: "§1.2 an empty locale and empty client properties are accepted", run: func(c *client) {
		s := c.started()
		s.send("connection.start-ok", append(login{}.startOk(), "locale", "", "client-properties", table{})...)
		s.expect("connection.tune")
	}},
}

// amqplain is an AMQPLAIN response: a table's entries without the length in front.
func amqplain(user, password string) string {
	return string(appendTable(nil, table{"LOGIN", user, "PASSWORD", password})[4:])
}

const loginRefused = "ACCESS_REFUSED - Login was refused using authentication mechanism %s. " +
	"For details see the broker logfile."

var authFacts = []fact{
	{name: "§1.3 PLAIN", run: func(c *client) { c.login(login{mechanism: "PLAIN"}) }},
	{name: "§1.3 AMQPLAIN", run: func(c *client) {
		c.login(login{mechanism: "AMQPLAIN", response: amqplain("guest", "guest")})
	}},
	{name: "§1.3 AMQPLAIN keys may come in any order", run: func(c *client) {
		response := string(appendTable(nil, table{"PASSWORD", "guest", "LOGIN", "guest"})[4:])
		c.login(login{mechanism: "AMQPLAIN", response: response})
	}},
	{name: "§1.3 AMQPLAIN with a length prefix fails", run: func(c *client) {
		c.mute(login{mechanism: "AMQPLAIN", response: string(appendTable(nil, table{"LOGIN", "guest", "PASSWORD", "guest"}))})
	}},
	{name: "§1.3 AMQPLAIN without PASSWORD: silence, then the end", run: func(c *client) {
		c.mute(login{mechanism: "AMQPLAIN", response: string(appendTable(nil, table{"LOGIN", "guest"})[4:])})
	}},
	{name: "§1.3 wrong password with authentication_failure_close: 403", run: func(c *client) {
		c.refusedLogin(login{password: "wrong"}, "PLAIN")
	}},
	{name: "§1.3 unknown user with authentication_failure_close: 403", run: func(c *client) {
		c.refusedLogin(login{user: "no-such-user"}, "PLAIN")
	}},
	{name: "§1.3 wrong AMQPLAIN password names AMQPLAIN", run: func(c *client) {
		c.refusedLogin(login{mechanism: "AMQPLAIN", response: amqplain("guest", "wrong")}, "AMQPLAIN")
	}},
	{name: "§1.3 an empty password is refused", run: func(c *client) {
		c.refusedLogin(login{response: "\x00guest\x00"}, "PLAIN")
	}},
	{name: "§1.3 the 403 close unanswered: the end after 3 s", run: func(c *client) {
		s := c.started()
		s.send("connection.start-ok", login{password: "wrong"}.startOk()...)
		s.expect("connection.close")
		s.eof(silence)
	}},
	{name: "§1.3 wrong password without the capability: 3 s of silence, then the end", run: func(c *client) {
		c.mute(login{password: "wrong", caps: table{}})
	}},
	{name: "§1.3 unknown user without the capability: 3 s of silence, then the end", run: func(c *client) {
		c.mute(login{user: "no-such-user", caps: table{}})
	}},
	{name: "§1.3 an unknown mechanism: 3 s of silence, then the end", run: func(c *client) {
		c.mute(login{mechanism: "SCRAM-SHA-256"})
	}},
	{name: "§1.3 EXTERNAL is not offered: 3 s of silence, then the end", run: func(c *client) {
		c.mute(login{mechanism: "EXTERNAL"})
	}},
	{name: "§1.3 mechanism names are case-sensitive", run: func(c *client) { c.mute(login{mechanism: "plain"}) }},
	{name: "§1.3 PLAIN without NUL: 3 s of silence, then the end", run: func(c *client) {
		c.mute(login{response: "guest guest"})
	}},
	{name: "§1.3 PLAIN with an authorization id is malformed", run: func(c *client) {
		c.mute(login{response: "guest\x00guest\x00guest"})
	}},
	{name: "§1.3 PLAIN with one NUL is malformed", run: func(c *client) { c.mute(login{response: "\x00guest"}) }},
}

// mute logs in and expects 3 s of silence and the end of the socket.
func (c *client) mute(l login) {
	c.t.Helper()
	s := c.started()
	s.send("connection.start-ok", l.startOk()...)
	s.eof(silence)
}

// refusedLogin logs in and expects the 403 close with ids 0/0.
func (c *client) refusedLogin(l login, mechanism string) {
	c.t.Helper()
	s := c.started()
	s.send("connection.start-ok", l.startOk()...)
	s.expect("connection.close", "code", 403, "text", fmt.Sprintf(loginRefused, mechanism), "class-id", 0, "method-id", 0)
	s.send("connection.close-ok")
	s.eof(0)
}

// tune answers connection.tune and then opens the vhost, or expects 3 s of silence and the end.
func (c *client) tune(accepted bool, channelMax, frameMax, heartbeat int) {
	c.t.Helper()
	s := c.tuning(login{})
	s.send("connection.tune-ok", "channel-max", channelMax, "frame-max", frameMax, "heartbeat", heartbeat)
	if !accepted {
		s.eof(silence)
		return
	}
	s.send("connection.open", "virtual-host", "/")
	s.expect("connection.open-ok")
}

var tuneFacts = []fact{
	{name: "§1.4 the server proposes 2047 channels, frames of 131072 and a heartbeat of 60", run: func(c *client) {
		s := c.started()
		s.send("connection.start-ok", login{}.startOk()...)
		s.expect("connection.tune", "channel-max", 2047, "frame-max", 131072, "heartbeat", 60)
	}},
	{name: "§1.4 frame_max 131072", run: func(c *client) { c.tune(true, 2047, 131072, 60) }},
	{name: "§1.4 frame_max 4096", run: func(c *client) { c.tune(true, 2047, 4096, 60) }},
	{name: "§1.4 frame_max 4095 is refused in silence", run: func(c *client) { c.tune(false, 2047, 4095, 60) }},
	{name: "§1.4 frame_max 0 is refused in silence", run: func(c *client) { c.tune(false, 2047, 0, 60) }},
	{name: "§1.4 frame_max 131073 is refused in silence", run: func(c *client) { c.tune(false, 2047, 131073, 60) }},
	{name: "§1.4 channel_max 1", run: func(c *client) { c.tune(true, 1, 131072, 60) }},
	{name: "§1.4 channel_max 0 is refused in silence", run: func(c *client) { c.tune(false, 0, 131072, 60) }},
	{name: "§1.4 channel_max 2048 is refused in silence", run: func(c *client) { c.tune(false, 2048, 131072, 60) }},
	{name: "§1.4 heartbeat 0", run: func(c *client) { c.tune(true, 2047, 131072, 0) }},
	{name: "§1.4 heartbeat 65535", run: func(c *client) { c.tune(true, 2047, 131072, 65535) }},
	{name: "§1.4 heartbeat 600 is above the proposal and accepted", run: func(c *client) { c.tune(true, 2047, 131072, 600) }},
}

// refusedOpen opens a vhost and expects 530.
func (c *client) refusedOpen(l login, text string) {
	c.t.Helper()
	s := c.tuned(l)
	s.send("connection.open", "virtual-host", l.vhost)
	s.hard(530, text, "connection.open")
}

var openFacts = []fact{
	{name: "§1.5 a missing vhost", run: func(c *client) {
		c.refusedOpen(login{vhost: "no-such-vhost"}, "vhost no-such-vhost not found")
	}},
	{name: "§1.5 an empty vhost name", run: func(c *client) { c.refusedOpen(login{}, "vhost  not found") }},
	{name: "§1.5 the vhost's connection limit", run: func(c *client) {
		c.refusedOpen(login{vhost: "full"}, "access to vhost 'full' refused for user 'guest': connection limit (0) is reached")
	}},
	{name: "§1.5 the user's connection limit", run: func(c *client) {
		c.refusedOpen(login{user: "unconnected", vhost: "/"},
			"connection refused for user 'unconnected': user connection limit (0) is reached")
	}},
	{name: "§1.5 no permission row in the vhost", run: func(c *client) {
		c.refusedOpen(login{user: "stranger", vhost: "/"}, "access to vhost '/' refused for user 'stranger'")
	}},
	{name: "§1.5 a missing vhost is noticed before the missing permission", run: func(c *client) {
		c.refusedOpen(login{user: "stranger", vhost: "no-such-vhost"}, "vhost no-such-vhost not found")
	}},
	{name: "§1.5 refusals do not depend on capabilities", run: func(c *client) {
		c.refusedOpen(login{vhost: "no-such-vhost", caps: table{}}, "vhost no-such-vhost not found")
	}},
	{name: "§1.5 a permission row with empty expressions lets the user in", run: func(c *client) {
		c.as("nobody", "behaviour")
	}},
	{name: "§1.5 the reserved fields are ignored and known-hosts is empty", run: func(c *client) {
		s := c.tuned(login{})
		s.send("connection.open insist", "virtual-host", "/", "capabilities", "whatever")
		s.expect("connection.open-ok", "known-hosts", "")
	}},
}

var handshakeFacts = slices.Concat(headerFacts(), startFacts, authFacts, tuneFacts, openFacts)
