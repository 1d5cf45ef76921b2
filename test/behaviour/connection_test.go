package behaviour_test

import (
	"slices"
	"time"
)

// midHandshake sends a method where another is due and expects 3 s of silence and the end.
func (c *client) midHandshake(s *client, channel uint16, spec string, kv ...any) {
	c.t.Helper()
	s.number(channel).send(spec, kv...)
	s.eof(silence)
}

const wrongInOpening = "unexpected method in connection state opening"
const wrongInRunning = "unexpected method in connection state running"

var stateFacts = []fact{
	{name: "§1.6 connection.open where start-ok is due: silence, then the end", run: func(c *client) {
		c.midHandshake(c.started(), 0, "connection.open", "virtual-host", "/")
	}},
	{name: "§1.6 tune-ok where start-ok is due: silence, then the end", run: func(c *client) {
		c.midHandshake(c.started(), 0, "connection.tune-ok", "channel-max", 1, "frame-max", 4096)
	}},
	{name: "§1.6 channel.open where start-ok is due: silence, then the end", run: func(c *client) {
		c.midHandshake(c.started(), 1, "channel.open")
	}},
	{name: "§1.6 connection.open where tune-ok is due: silence, then the end", run: func(c *client) {
		c.midHandshake(c.tuning(login{}), 0, "connection.open", "virtual-host", "/")
	}},
	{name: "§1.6 a second tune-ok", run: func(c *client) {
		s := c.tuned(login{})
		s.refuseHard(504, wrongInOpening, "connection.tune-ok", "channel-max", 1, "frame-max", 4096)
	}},
	{name: "§1.6 channel.open before open-ok", run: func(c *client) {
		s := c.tuned(login{})
		s.number(1).send("channel.open")
		s.hard(505, "type 1, all octets = <<0,20,0,10,0>>", "")
	}},
	{name: "§1.6 connection.open when running", run: func(c *client) {
		c.opened(login{}).refuseHard(504, wrongInRunning, "connection.open", "virtual-host", "/")
	}},
	{name: "§1.6 start-ok when running", run: func(c *client) {
		c.opened(login{}).refuseHard(504, wrongInRunning, "connection.start-ok", login{}.startOk()...)
	}},
	{name: "§1.6 tune-ok when running", run: func(c *client) {
		c.opened(login{}).refuseHard(504, wrongInRunning, "connection.tune-ok", "channel-max", 1, "frame-max", 4096)
	}},
	{name: "§1.6 channel.open on channel 0", run: func(c *client) {
		c.opened(login{}).refuseHard(504, wrongInRunning, "channel.open")
	}},
	{name: "§1.6 queue.declare on channel 0", run: func(c *client) {
		c.opened(login{}).refuseHard(504, wrongInRunning, "queue.declare", "queue", "q")
	}},
	{name: "§1.6 connection.blocked from a client", run: func(c *client) {
		c.opened(login{}).refuseHard(504, wrongInRunning, "connection.blocked", "reason", "no")
	}},
	{name: "§1.6 connection.close on an open channel", run: func(c *client) {
		c.refuseHard(503, "unimplemented method", "connection.close", "code", 200)
	}},
	{name: "§1.6 connection.close on an unopened channel", run: func(c *client) {
		c.use()
		c.number(3).refuseHard(504, "expected 'channel.open'", "connection.close", "code", 200)
	}},
	{name: "§1.6 queue.declare on an unopened channel", run: func(c *client) {
		c.number(3).refuseHard(504, "expected 'channel.open'", "queue.declare", "queue", "q")
	}},
	{name: "§1.6 basic.publish on an unopened channel", run: func(c *client) {
		c.number(3).refuseHard(504, "expected 'channel.open'", "basic.publish", "routing-key", "q")
	}},
	{name: "§1.6 channel.close on an unopened channel", run: func(c *client) {
		c.number(3).refuseHard(504, "expected 'channel.open'", "channel.close", "code", 200)
	}},
	{name: "§1.6 channel.close-ok on an unopened channel", run: func(c *client) {
		c.number(3).refuseHard(504, "expected 'channel.open'", "channel.close-ok")
	}},
	{name: "§1.6 a second channel.open", run: func(c *client) {
		c.refuseHard(504, "second 'channel.open' seen", "channel.open")
	}},
	{name: "§1.6 basic.deliver from a client", run: func(c *client) {
		c.refuseHard(503, "unimplemented method", "basic.deliver", "consumer-tag", "t")
	}},
	{name: "§1.6 queue.declare-ok from a client", run: func(c *client) {
		c.refuseHard(503, "unimplemented method", "queue.declare-ok", "queue", "q")
	}},
	{name: "§1.6 channel.flow-ok from a client", run: func(c *client) {
		c.refuseHard(503, "unimplemented method", "channel.flow-ok active")
	}},
	{name: "§1.6 channel.close-ok on an open channel", run: func(c *client) {
		c.refuseHard(503, "unimplemented method", "channel.close-ok")
	}},
	{name: "§1.6 basic.cancel-ok to a server-sent basic.cancel", run: func(c *client) {
		q := c.queue()
		tag := c.consume(q)
		c.sibling().call("queue.delete", "queue", q)
		c.expect("basic.cancel", "consumer-tag", tag, "nowait", true)
		c.refuseHard(503, "unimplemented method", "basic.cancel-ok", "consumer-tag", tag)
	}},
	{name: "§1.6 basic.return from a client", run: func(c *client) {
		c.refuseHard(503, "unimplemented method", "basic.return", "code", 312)
	}},
}

var closingFacts = []fact{
	{name: "§1.8 connection.close is answered with close-ok", run: func(c *client) {
		c.use()
		c.zero().call("connection.close", "code", 200, "text", "bye")
	}},
	{name: "§1.8 exclusive queues are gone before connection.close-ok is sent", run: func(c *client) {
		other := c.peer()
		q := c.queue("exclusive")
		c.zero().call("connection.close", "code", 200)
		other.missing(q)
	}},
	{name: "§1.8 unacknowledged messages are ready again before connection.close-ok is sent", run: func(c *client) {
		other := c.peer()
		q := c.queue()
		c.put(q, "m")
		c.take(q)
		c.zero().call("connection.close", "code", 200)
		other.get(q, "body", "m", "redelivered", true)
	}},
	{name: "§1.8 after close-ok the socket waits for the client: the heartbeat's seconds", run: func(c *client) {
		s := c.opened(login{heartbeat: 4})
		s.call("connection.close", "code", 200)
		s.eof(4 * time.Second)
	}},
	{name: "§1.8 without a heartbeat the socket waits 30 s after close-ok", run: func(c *client) {
		s := c.opened(login{})
		s.call("connection.close", "code", 200)
		s.eof(30 * time.Second)
	}},
	{name: "§1.8 a server's close that stays unanswered ends the socket after the heartbeat's seconds", run: func(c *client) {
		s := c.opened(login{heartbeat: 4})
		s.send("channel.open")
		s.expect("connection.close")
		s.eof(4 * time.Second)
	}},
	{name: "§1.8 heartbeats flow while a server's close waits for its answer", run: func(c *client) {
		s := c.opened(login{heartbeat: 4})
		s.send("channel.open")
		s.expect("connection.close")
		before := s.heartbeats
		s.eof(4 * time.Second)
		if s.heartbeats == before {
			s.fail("no heartbeat")
		}
	}},
	{name: "§1.8 close-ok from the client ends the socket at once", run: func(c *client) {
		s := c.opened(login{})
		s.refuseHard(504, wrongInRunning, "channel.open")
		s.eof(0)
	}},
	{name: "§1.8 every further connection.close is answered", run: func(c *client) {
		s := c.opened(login{})
		for range 3 {
			s.call("connection.close", "code", 200)
		}
	}},
	{name: "§1.8 connection.close after the server's close is answered", run: func(c *client) {
		s := c.opened(login{})
		s.send("channel.open")
		s.expect("connection.close")
		s.call("connection.close", "code", 200)
	}},
	{name: "§1.8 other methods after close are ignored", run: func(c *client) {
		c.use()
		z := c.zero()
		z.send("connection.close", "code", 200)
		c.send("queue.declare", "queue", c.name())
		z.expect("connection.close-ok")
		c.silent(300 * time.Millisecond)
	}},
	{name: "§1.8 a lost socket frees exclusive queues", run: func(c *client) {
		other := c.peer()
		q := c.queue("exclusive")
		c.nc.Close()
		other.eventually("the queue is gone", func() bool {
			other.send("queue.declare passive", "queue", q)
			code := integer(other.expect("channel.close").values["code"]) // 405 as long as it is locked
			other.send("channel.close-ok")
			other.call("channel.open")
			return code == 404
		})
	}},
	{name: "§1.8 a lost socket requeues unacknowledged messages", run: func(c *client) {
		other := c.peer()
		q := other.queue()
		c.put(q, "m")
		c.take(q, "redelivered", false)
		tag := other.consume(q)
		c.nc.Close()
		other.deliver("body", "m", "redelivered", true, "consumer-tag", tag)
	}},
	{name: "§1.8 close codes of the client do not matter", run: func(c *client) {
		c.opened(login{}).call("connection.close", "code", 541, "text", "INTERNAL_ERROR", "class-id", 60, "method-id", 40)
	}},
}

var heartbeatFacts = []fact{
	{name: "§1.9 the first heartbeat arrives after half an interval", run: func(c *client) {
		s := c.opened(login{heartbeat: 8})
		f, err := s.read(time.Now().Add(8 * time.Second))
		if age := time.Since(s.born); err != nil || f.kind != frameHeartbeat || age < 4*time.Second {
			s.fail("frame %v, %v at the age of %v", f, err, age)
		}
	}},
	{name: "§1.9 a heartbeat frame is type 8 on channel 0 without payload", run: func(c *client) {
		s := c.opened(login{heartbeat: 1})
		f, err := s.read(deadline())
		if err != nil || f.kind != frameHeartbeat || f.channel != 0 || len(f.payload) != 0 {
			s.fail("frame %v, %v", f, err)
		}
	}},
	{name: "§1.9 a silent client is dropped after 2 to 3 intervals without a close", run: func(c *client) {
		c.opened(login{heartbeat: 2}).eof(3500 * time.Millisecond)
	}},
	{name: "§1.9 a silent client with interval 1 is dropped", run: func(c *client) {
		c.opened(login{heartbeat: 1}).eof(1500 * time.Millisecond)
	}},
	{name: "§1.9 heartbeats from the client keep the connection", run: func(c *client) {
		s := c.opened(login{heartbeat: 4})
		for range 9 {
			s.sendFrame(frameHeartbeat, "")
			s.silent(2 * time.Second)
		}
		s.call("connection.close", "code", 200)
	}},
	{name: "§1.9 any octets keep the connection", run: func(c *client) {
		s := c.login(login{heartbeat: 4})
		for range 9 {
			s.call("channel.flow active")
			s.silent(2 * time.Second)
		}
	}},
	{name: "§1.9 heartbeat 0 disables both directions", run: func(c *client) {
		s := c.opened(login{heartbeat: 0})
		s.silent(5 * time.Second)
		if s.heartbeats > 0 {
			s.fail("%d heartbeats", s.heartbeats)
		}
	}},
	{name: "§1.9 the server sends heartbeats only when it is idle", run: func(c *client) {
		s := c.login(login{heartbeat: 8})
		for range 16 {
			s.call("channel.flow active")
			s.silent(time.Second)
		}
		if s.heartbeats > 1 {
			s.fail("%d heartbeats", s.heartbeats)
		}
	}},
}

var limitFacts = []fact{
	{name: "§1.10 handshake timeout before the protocol header", run: func(c *client) { c.socket().eof(handshakeTime) }},
	{name: "§1.10 handshake timeout after connection.start", run: func(c *client) { c.started().eof(handshakeTime) }},
	{name: "§1.10 handshake timeout after connection.tune", run: func(c *client) { c.tuning(login{}).eof(handshakeTime) }},
	{name: "§1.10 handshake timeout after tune-ok", run: func(c *client) { c.tuned(login{}).eof(handshakeTime) }},
	{name: "§1.10 channel_max counts channels, their numbers are free", run: func(c *client) {
		s := c.login(login{channelMax: 5})
		s.number(9).call("channel.open")
		s.number(65535).call("channel.open")
	}},
	{name: "§1.10 one channel more than channel_max", run: func(c *client) {
		s := c.login(login{channelMax: 2})
		s.number(2).call("channel.open")
		s.number(3).send("channel.open")
		s.hard(530, "number of channels opened (2) has reached the negotiated channel_max (2)", "")
	}},
	{name: "§1.10 a closed channel makes room under channel_max", run: func(c *client) {
		s := c.login(login{channelMax: 1})
		s.call("channel.close", "code", 200)
		s.number(7).call("channel.open")
	}},
	{name: "§1.10 the user's channel limit", run: func(c *client) {
		s := c.as("narrow", "/")
		s.number(2).call("channel.open")
		s.number(3).send("channel.open")
		s.hard(530, "number of channels opened for user 'narrow' has reached the maximum allowed user limit of (2)", "")
	}},
}

var clientPropertyFacts = []fact{
	{name: "§1.11 consumer_cancel_notify: basic.cancel when the queue is deleted", run: func(c *client) {
		q := c.queue()
		tag := c.consume(q)
		c.peer().call("queue.delete", "queue", q)
		c.expect("basic.cancel", "consumer-tag", tag, "nowait", true)
	}},
	{name: "§1.11 without consumer_cancel_notify there is no basic.cancel", run: func(c *client) {
		s := c.login(login{caps: table{}})
		q := s.queue()
		s.consume(q)
		c.call("queue.delete", "queue", q)
		s.silent(300 * time.Millisecond)
	}},
	{name: "§1.11 a capability must be a bool: the string true counts as absent", run: func(c *client) {
		s := c.login(login{caps: table{"consumer_cancel_notify", "true"}})
		q := s.queue()
		s.consume(q)
		c.call("queue.delete", "queue", q)
		s.silent(300 * time.Millisecond)
	}},
	{name: "§1.11 a false capability counts as absent", run: func(c *client) {
		s := c.login(login{caps: table{"consumer_cancel_notify", false}})
		q := s.queue()
		s.consume(q)
		c.call("queue.delete", "queue", q)
		s.silent(300 * time.Millisecond)
	}},
	{name: "§1.11 confirms, nack and exchange.bind work without their capabilities", run: func(c *client) {
		s := c.login(login{caps: table{}})
		s.call("confirm.select")
		s.call("exchange.bind", "destination", s.exchange("fanout"), "source", "amq.direct", "routing-key", "k")
		q := s.queue()
		s.put(q, "m")
		s.acked(1)
		s.send("basic.nack", "delivery-tag", s.take(q))
		s.ready(q, 0)
	}},
	{name: "§1.11 connection_name is accepted", run: func(c *client) {
		c.login(login{properties: table{"connection_name", "a name of my own"}})
	}},
	{name: "§1.12 update-secret is answered", run: func(c *client) {
		c.opened(login{}).call("connection.update-secret", "new-secret", "secret", "reason", "expired")
	}},
	{name: "§1.12 an empty secret is accepted", run: func(c *client) {
		c.opened(login{}).call("connection.update-secret")
	}},
	{name: "§1.12 update-secret before the connection runs", run: func(c *client) {
		c.tuned(login{}).refuseHard(504, wrongInOpening, "connection.update-secret", "new-secret", "s")
	}},
	{name: "§1.12 channels go on after update-secret", run: func(c *client) {
		q := c.queue()
		c.zero().call("connection.update-secret", "new-secret", "secret")
		c.ready(q, 0)
	}},
}

var connectionFacts = slices.Concat(stateFacts, closingFacts, heartbeatFacts, limitFacts, clientPropertyFacts)
