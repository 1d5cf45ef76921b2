package behaviour_test

import (
	"slices"
	"strings"
	"time"
)

var framingFacts = []fact{
	{name: "§0.1 bits are packed from the lowest", run: func(c *client) {
		q := c.name() // octet after the name: passive 1, durable 2, exclusive 4, auto-delete 8, nowait 16
		payload := "\x00\x32\x00\x0a\x00\x00" + string(appendShort(nil, q)) + "\x0c\x00\x00\x00\x00"
		c.sendFrame(frameMethod, payload)
		c.expect("queue.declare-ok", "queue", q)
		other := c.peer()
		other.refuse(405, lockText, "queue.declare passive", "queue", q)
		c.call("basic.cancel", "consumer-tag", c.consume(q))
		c.gone(q)
	}},
	{name: "§0.1 an empty body has no body frame, sent or delivered", run: func(c *client) {
		q := c.queue()
		c.put(q, "", "next")
		if ev := c.get(q, "body", ""); len(ev.body) != 0 {
			c.fail("%d body frames", len(ev.body))
		}
		c.get(q, "body", "next")
	}},
	{name: "§0.1 a body is split at frame_max less 8 octets", run: func(c *client) {
		s := c.login(login{frameMax: 4096})
		q := s.queue()
		s.put(q, strings.Repeat("x", 4088+10))
		ev := s.get(q)
		if len(ev.body) != 2 || len(ev.body[0]) != 4088 || len(ev.body[1]) != 10 {
			s.fail("%d body frames, the first of %d octets", len(ev.body), len(ev.body[0]))
		}
	}},
	{name: "§0.1 a body is split for the reader's frame_max, not the writer's", run: func(c *client) {
		q := c.queue()
		body := strings.Repeat("y", 131072-8)
		c.put(q, body)
		s := c.login(login{frameMax: 4096})
		if ev := s.get(q, "body", body); len(ev.body) != 33 {
			s.fail("%d body frames", len(ev.body))
		}
	}},
	{name: "§0.1 a body of a million octets round-trips", run: func(c *client) {
		q := c.queue()
		body := strings.Repeat("0123456789", 100_000)
		c.put(q, body)
		c.get(q, "body", body)
	}},
	{name: "§0.1 content header: class 60, weight 0, size of the body", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "four", "priority", 1)
		want := string(rawHeader(4, 1<<11, "\x01"))
		if ev := c.get(q); string(ev.header) != want {
			c.fail("header % x, want % x", ev.header, want)
		}
	}},
	{name: "§0.2 a reply-text over 255 octets is cut to 252 and three dots", run: func(c *client) {
		long := strings.Repeat("n", 250)
		c.send("queue.declare passive", "queue", long)
		c.expect("channel.close", "text", ("NOT_FOUND - no queue '" + long)[:252]+"...")
	}},
	{name: "§0.2 a soft error leaves sibling channels alone", run: func(c *client) {
		s := c.sibling()
		q := s.queue()
		s.consume(q)
		c.refuse(404, "no RES(queue)", "queue.purge", "queue", c.name())
		s.put(q, "m")
		s.delivers("m")
	}},
	{name: "§0.2 a hard error on channel N is sent on channel 0", run: func(c *client) {
		c.sibling().refuseHard(504, "second 'channel.open' seen", "channel.open")
	}},
	{name: "§0.3 access.request answers ticket 1", run: func(c *client) {
		c.send("access.request exclusive passive active write read", "realm", "/data")
		c.expect("access.request-ok", "ticket", 1)
	}},
	{name: "§0.3 the ticket is ignored", run: func(c *client) {
		q := c.name()
		c.call("queue.declare", "ticket", 999, "queue", q)
		c.call("queue.bind", "ticket", 999, "queue", q, "exchange", "amq.direct", "routing-key", q)
		c.publish("amq.direct", q, "m", "ticket", 999)
		c.get(q, "body", "m")
	}},
	{name: "§0.3 channel.open-ok carries an empty channel-id", run: func(c *client) {
		s := c.opened(login{}).number(1)
		s.send("channel.open", "out-of-band", "ignored")
		s.expect("channel.open-ok", "channel-id", "")
	}},
	{name: "§0.3 exchange.unbind-ok is 40/51", run: func(c *client) {
		c.send("exchange.unbind", "destination", "amq.fanout", "source", "amq.direct", "routing-key", c.name())
		f, err := c.frameOf(1, deadline())
		if err != nil || string(f.payload) != "\x00\x28\x00\x33" {
			c.fail("% x, %v", f.payload, err)
		}
	}},
}

// raw sends a method payload given as octets.
func (c *client) raw(payload string) { c.sendFrame(frameMethod, payload) }

// publishHead is the payload of basic.publish to a queue, its content is still to come.
func publishHead(queue string) string {
	return string(encodeMethod(lookup("basic.publish"), map[string]any{"routing-key": queue}))
}

// afterHead sends basic.publish without content and one frame, which must be answered with 505.
func (c *client) afterHead(text string, kind byte, payload string) {
	c.t.Helper()
	c.raw(publishHead("q"))
	c.sendFrame(kind, payload)
	c.hard(505, text, "basic.publish")
}

// afterHeader sends basic.publish, a header for a body of 4 octets and one frame, which must be answered with 505.
func (c *client) afterHeader(kind byte, payload string) {
	c.t.Helper()
	c.raw(publishHead("q"))
	c.sendFrame(frameHeader, string(rawHeader(4, 0, "")))
	c.sendFrame(kind, payload)
	c.hard(505, "expected content body, got non content body frame instead", "basic.publish")
}

const (
	noMethod  = "expected method frame, got non method frame instead"
	noHeader  = "expected content header for class 60, got non content header frame instead"
	flowFrame = "\x00\x14\x00\x14\x01"
)

var contentFacts = []fact{
	{name: "§1.7 a header when no publish is pending", run: func(c *client) {
		c.sendFrame(frameHeader, string(rawHeader(0, 0, "")))
		c.hard(505, noMethod, "")
	}},
	{name: "§1.7 a body when no publish is pending", run: func(c *client) {
		c.sendFrame(frameBody, "body")
		c.hard(505, noMethod, "")
	}},
	{name: "§1.7 a method where a header is due", run: func(c *client) { c.afterHead(noHeader, frameMethod, flowFrame) }},
	{name: "§1.7 a body where a header is due", run: func(c *client) { c.afterHead(noHeader, frameBody, "body") }},
	{name: "§1.7 a header with a weight", run: func(c *client) {
		c.afterHead(noHeader, frameHeader, "\x00\x3c\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	}},
	{name: "§1.7 a header of another class", run: func(c *client) {
		c.afterHead("expected content header for class 60, got one for class 50 instead",
			frameHeader, "\x00\x32\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	}},
	{name: "§1.7 a method where a body is due", run: func(c *client) { c.afterHeader(frameMethod, flowFrame) }},
	{name: "§1.7 a header where a body is due", run: func(c *client) {
		c.afterHeader(frameHeader, string(rawHeader(0, 0, "")))
	}},
	{name: "§1.7 more body than declared is noticed at the next method", run: func(c *client) {
		c.raw(publishHead("q"))
		c.sendFrame(frameHeader, string(rawHeader(2, 0, "")))
		c.sendFrame(frameBody, "four")
		c.silent(200 * time.Millisecond)
		c.raw(flowFrame)
		c.hard(505, "expected content body, got non content body frame instead", "basic.publish")
	}},
	{name: "§1.7 empty body frames inside a body are tolerated", run: func(c *client) {
		q := c.queue()
		c.raw(publishHead(q))
		c.sendFrame(frameHeader, string(rawHeader(4, 0, "")))
		for _, part := range []string{"", "bo", "", "dy"} {
			c.sendFrame(frameBody, part)
		}
		c.get(q, "body", "body")
	}},
	{name: "§1.7 other channels and heartbeats may be between the frames of a content", run: func(c *client) {
		q := c.queue()
		s := c.sibling()
		c.raw(publishHead(q))
		s.call("channel.flow active")
		c.sendFrame(frameHeader, string(rawHeader(4, 0, "")))
		c.zero().sendFrame(frameHeartbeat, "")
		s.put(q, "first")
		c.sendFrame(frameBody, "bo")
		s.call("channel.flow active")
		c.sendFrame(frameBody, "dy")
		c.get(q, "body", "first")
		c.get(q, "body", "body")
	}},
	{name: "§1.7 a declared size of 1 TiB is accepted until octets arrive", run: func(c *client) {
		c.raw(publishHead("q"))
		c.sendFrame(frameHeader, string(rawHeader(1<<40, 0, "")))
		c.sendFrame(frameBody, "some")
		c.silent(300 * time.Millisecond)
		c.sibling()
	}},
	{name: "§1.7 UTF-8 is not enforced inside properties", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "content-type", "\xff\xfe")
		c.get(q, "content-type", "\xff\xfe")
	}},
}

var frameErrorFacts = []fact{
	{name: "§1.7 an unknown method id drops the socket", run: func(c *client) {
		c.raw("\x00\x3c\x00\xfe")
		c.drops()
	}},
	{name: "§1.7 an unknown class id drops the socket", run: func(c *client) {
		c.raw("\x00\xff\x00\x0a")
		c.drops()
	}},
	{name: "§1.7 an unknown field type in a method's table drops the socket", run: func(c *client) {
		c.send("queue.declare", "queue", c.name(), "arguments", table{"k", oddity{'?', "x"}})
		c.drops()
	}},
	{name: "§1.7 a method payload that is too short", run: func(c *client) {
		c.raw("\x00\x14\x00\x14")
		c.hard(501, "cannot decode <<>>", "channel.flow")
	}},
	{name: "§1.7 a method payload with trailing octets", run: func(c *client) {
		c.raw("\x00\x14\x00\x14\x01\x02\x03")
		c.hard(501, "cannot decode <<1,2,3>>", "channel.flow")
	}},
	{name: "§1.7 a method payload that ends inside a string", run: func(c *client) {
		c.raw("\x00\x32\x00\x1e\x00\x00\x05q")
		c.hard(501, "cannot decode <<0,0,5,113>>", "queue.purge")
	}},
	{name: "§1.7 an unknown frame type", run: func(c *client) {
		c.sendFrame(7, "")
		c.hard(501, "type 7, all octets = <<>>: unknown_frame", "")
	}},
	{name: "§1.7 frame type 0 with printable payload", run: func(c *client) {
		c.sendFrame(0, "abc")
		c.hard(501, `type 0, all octets = <<"abc">>: unknown_frame`, "")
	}},
	{name: "§1.7 an unknown frame type with a payload of other octets", run: func(c *client) {
		c.sendFrame(9, "\x01\x02\x03")
		c.hard(501, "type 9, all octets = <<1,2,3>>: unknown_frame", "")
	}},
	{name: "§1.7 a payload over 16 octets is shown by its first 16", run: func(c *client) {
		c.sendFrame(9, "0123456789abcdefXYZ")
		c.hard(501, `type 9, first 16 octets = <<"0123456789abcdef">>: unknown_frame`, "")
	}},
	{name: "§1.7 a heartbeat with payload", run: func(c *client) {
		c.use()
		c.zero().sendFrame(frameHeartbeat, "x")
		c.hard(501, `type 8, all octets = <<"x">>: unknown_frame`, "")
	}},
	{name: "§1.7 a heartbeat on a channel", run: func(c *client) {
		c.sendFrame(frameHeartbeat, "")
		c.hard(505, "type 8, all octets = <<>>", "")
	}},
	{name: "§1.7 a body on channel 0", run: func(c *client) {
		c.use()
		c.zero().sendFrame(frameBody, "body")
		c.hard(505, `type 3, all octets = <<"body">>`, "")
	}},
	{name: "§1.7 a header on channel 0", run: func(c *client) {
		c.use()
		c.zero().sendFrame(frameHeader, string(rawHeader(0, 0, "")))
		c.hard(505, "type 2, all octets = <<0,60,0,0,0,0,0,0,0,0,0,0,0,0>>", "")
	}},
	{name: "§1.7 a header frame that is too short is an unknown frame", run: func(c *client) {
		c.sendFrame(frameHeader, "head")
		c.hard(501, `type 2, all octets = <<"head">>: unknown_frame`, "")
	}},
	{name: "§1.7 a wrong end octet, then 3 s until the end", run: func(c *client) {
		c.use()
		b := appendFrame(nil, frameMethod, 1, []byte(flowFrame))
		b[len(b)-1] = 0x11
		c.write(b)
		c.hard(501, like(`type 1, all octets = <<0,20,0,20,1>>: \{invalid_frame_end_marker,(\n +)?17\}$`), "")
		c.zero().eof(silence)
	}},
	{name: "§1.7 a payload of frame_max is tolerated", run: func(c *client) {
		s := c.login(login{frameMax: 4096})
		q := s.queue()
		s.raw(publishHead(q))
		s.sendFrame(frameHeader, string(rawHeader(4096, 0, "")))
		s.sendFrame(frameBody, strings.Repeat("z", 4096))
		s.get(q, "body", strings.Repeat("z", 4096))
	}},
	{name: "§1.7 a payload over frame_max is noticed at its 7 octet head", run: func(c *client) {
		s := c.login(login{frameMax: 4096})
		s.write([]byte("\x03\x00\x01\x00\x00\x10\x01"))
		s.hard(501, "type 3, all octets = <<>>: {frame_too_large,4097,4088}", "")
	}},
	{name: "§1.7 after a too large frame the socket ends 3 s later", run: func(c *client) {
		c.use()
		c.write([]byte("\x03\x00\x01\x7f\x00\x00\x00"))
		c.hard(501, "type 3, all octets = <<>>: {frame_too_large,2130706432,131064}", "")
		c.zero().eof(silence)
	}},
	{name: "§1.7 a payload over 4096 before tune-ok: silence, then the end", run: func(c *client) {
		s := c.started()
		s.send("connection.start-ok", login{properties: table{"long", strings.Repeat("x", 4096)}}.startOk()...)
		s.eof(silence)
	}},
	{name: "§1.7 an exchange name that is not UTF-8", run: func(c *client) {
		c.send("exchange.declare", "exchange", "\xff\xfe", "type", "direct")
		c.hard(501, "Malformed UTF-8 in shortstr", "")
	}},
	{name: "§1.7 a binding key that is not UTF-8", run: func(c *client) {
		c.send("queue.bind", "queue", c.queue(), "exchange", "amq.direct", "routing-key", "k\xc3")
		c.hard(501, "Malformed UTF-8 in shortstr", "")
	}},
	{name: "§1.7 a table longer than its frame", run: func(c *client) {
		c.raw("\x00\x32\x00\x0a\x00\x00\x01q\x00\x00\x00\x01\x00")
		c.hard(501, "cannot decode <<0,0,1,113,0,0,0,1,0>>", "queue.declare")
	}},
}

var frameFacts = slices.Concat(framingFacts, contentFacts, frameErrorFacts)
