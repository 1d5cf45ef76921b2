package behaviour_test

import (
	"slices"
	"strings"
	"time"
)

// contentWith publishes to a queue with a header payload made of flags and octets as given.
func (c *client) contentWith(queue string, flags uint16, props string) {
	c.raw(publishHead(queue))
	c.sendFrame(frameHeader, string(rawHeader(1, flags, props)))
	c.sendFrame(frameBody, "m")
}

// badContent publishes properties that cannot be decoded and expects the channel's crash.
func (c *client) badContent(flags uint16, props string) {
	c.t.Helper()
	c.contentWith(c.queue(), flags, props)
	c.hard(541, "", "")
}

// headerOctets is a headers property with one entry "k" of the given typed value octets.
func headerOctets(value string) string {
	return string(appendLong(nil, string(appendShort(nil, "k"))+value))
}

const flagHeaders = 1 << 13

// refusedExpiration publishes with an expiration and expects 406.
func (c *client) refusedExpiration(value, reason string) {
	c.t.Helper()
	c.refuse(406, "invalid expiration '"+value+"': "+reason, "basic.publish", "routing-key", c.queue(), "expiration", value)
}

// expirations are refused values with their reasons.
var expirations = []struct{ value, reason string }{
	{"", "no_integer"}, {"abc", "no_integer"}, {" 10", "no_integer"}, {"10.5", `{leftover_string,".5"}`},
	{"10abc", `{leftover_string,"abc"}`}, {"1e3", `{leftover_string,"e3"}`}, {"-1", minus1}, {"315360000001", tooBig},
}

func expirationFacts() []fact {
	var facts []fact
	for _, e := range expirations {
		facts = append(facts, fact{name: "§5.1 expiration '" + e.value + "'", run: func(c *client) {
			c.refusedExpiration(e.value, e.reason)
		}})
	}
	return append(facts, fact{name: "§5.1 expirations +5000, 00010000 and the greatest are valid", run: func(c *client) {
		q := c.queue()
		for _, e := range []string{"+5000", "00010000", "315360000000"} {
			c.publish("", q, "m", "expiration", e)
			c.get(q, "expiration", e)
		}
	}})
}

// everyProperty is a message with all properties set.
var everyProperty = []any{
	"content-type", "text/plain", "content-encoding", "utf-8", "headers", table{"h", "v"}, "delivery-mode", 2, "priority", 9,
	"correlation-id", "corr", "reply-to", "reply", "expiration", "60000", "message-id", "id", "timestamp", uint64(1700000000),
	"type", "kind", "user-id", "guest", "app-id", "app", "cluster-id", "cluster",
}

var publishFacts = slices.Concat(expirationFacts(), []fact{
	{name: "§5.1 immediate", run: func(c *client) {
		c.refuseHard(540, "immediate=true", "basic.publish immediate", "routing-key", c.queue())
	}},
	{name: "§5.1 immediate is checked before the exchange", run: func(c *client) {
		c.refuseHard(540, "immediate=true", "basic.publish immediate", "exchange", c.name())
	}},
	{name: "§5.1 a missing exchange", run: func(c *client) {
		c.refuse(404, "no RES(exchange)", "basic.publish", "exchange", c.name(), "routing-key", "k", "body", "m")
	}},
	{name: "§5.1 a missing exchange on a confirm channel: no ack", run: func(c *client) {
		c.call("confirm.select")
		c.refuse(404, "no RES(exchange)", "basic.publish", "exchange", c.name(), "routing-key", "k", "body", "m")
	}},
	{name: "§5.1 user-id of another user", run: func(c *client) {
		c.refuse(406, "user_id property set to 'alice' but authenticated user was 'guest'",
			"basic.publish", "routing-key", c.queue(), "user-id", "alice")
	}},
	{name: "§5.1 an empty user-id counts as set", run: func(c *client) {
		c.refuse(406, "user_id property set to '' but authenticated user was 'guest'",
			"basic.publish", "routing-key", c.queue(), "user-id", "")
	}},
	{name: "§5.1 the user's own user-id", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "user-id", "guest")
		c.get(q, "user-id", "guest")
	}},
	{name: "§5.1 an impersonator may set any user-id", run: func(c *client) {
		s := c.as("faker", "/")
		q := s.queue()
		s.publish("", q, "m", "user-id", "alice")
		s.get(q, "user-id", "alice")
	}},
	{name: "§5.1 user-id is checked before expiration", run: func(c *client) {
		c.refuse(406, "user_id property set to 'x' but authenticated user was 'guest'",
			"basic.publish", "routing-key", c.queue(), "user-id", "x", "expiration", "abc")
	}},
	{name: "§5.1 the exchange is checked before user-id", run: func(c *client) {
		c.refuse(404, "no RES(exchange)", "basic.publish", "exchange", c.name(), "user-id", "x")
	}},
	{name: "§5.1 expiration is checked before delivery-mode", run: func(c *client) {
		c.refuse(406, "invalid expiration 'abc': no_integer",
			"basic.publish", "routing-key", c.queue(), "delivery-mode", 3, "expiration", "abc")
	}},
	{name: "§5.1 delivery-mode 0", run: func(c *client) {
		c.refuse(406, "invalid message: {delivery_mode_unknown,0}", "basic.publish", "routing-key", c.queue(), "delivery-mode", 0)
	}},
	{name: "§5.1 delivery-mode 3", run: func(c *client) {
		c.refuse(406, "invalid message: {delivery_mode_unknown,3}", "basic.publish", "routing-key", c.queue(), "delivery-mode", 3)
	}},
	{name: "§5.1 every priority is accepted", run: func(c *client) {
		q := c.queue()
		for _, p := range []int{0, 10, 255} {
			c.publish("", q, "m", "priority", p)
			c.get(q, "priority", p)
		}
	}},
	{name: "§5.1 an absent delivery-mode stays absent", run: func(c *client) {
		q := c.queue()
		c.put(q, "m")
		c.get(q, "delivery-mode", absent{}, "headers", absent{}, "priority", absent{})
	}},
	{name: "§5.1 all properties round-trip", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", everyProperty...)
		c.get(q, everyProperty...)
	}},
	{name: "§5.1 empty properties round-trip as present", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "content-type", "", "headers", table{}, "message-id", "")
		c.get(q, "content-type", "", "headers", table{}, "message-id", "", "type", absent{})
	}},
	{name: "§5.1 properties of 255 octets round-trip", run: func(c *client) {
		q := c.queue()
		long := strings.Repeat("p", 255)
		c.publish("", q, "m", "message-id", long, "app-id", long)
		c.get(q, "message-id", long, "app-id", long)
	}},
	{name: "§5.1 the unused flag bit 1 is ignored and echoed", run: func(c *client) {
		q := c.queue()
		c.contentWith(q, 1<<15|1<<1, "\x01t")
		c.send("basic.get no-ack", "queue", q)
		if f, err := c.frameOf(1, deadline()); err != nil || f.kind != frameMethod {
			c.fail("%v, %v", f, err)
		}
		if f, err := c.frameOf(1, deadline()); err != nil || string(f.payload) != string(rawHeader(1, 1<<15|1<<1, "\x01t")) {
			c.fail("% x, %v", f.payload, err)
		}
	}},
	{name: "§5.1 truncated properties", run: func(c *client) { c.badContent(1<<15, "\x05abc") }},
	{name: "§5.1 trailing octets after the properties", run: func(c *client) { c.badContent(1<<15, "\x01axyz") }},
	{name: "§5.1 the continuation flag", run: func(c *client) { c.badContent(1<<15|1, "\x01a\x00\x00") }},
	{name: "§5.1 an unknown field type in the headers", run: func(c *client) { c.badContent(flagHeaders, headerOctets("?x")) }},
	{name: "§5.1 a NaN in the headers", run: func(c *client) {
		c.badContent(flagHeaders, headerOctets("d\x7f\xf8\x00\x00\x00\x00\x00\x00"))
	}},
	{name: "§5.1 an infinity in the headers", run: func(c *client) {
		c.badContent(flagHeaders, headerOctets("f\x7f\x80\x00\x00"))
	}},
	{name: "§5.1 mandatory and unroutable: the message comes back", run: func(c *client) {
		key := c.name()
		c.send("basic.publish mandatory", append([]any{"exchange", "amq.direct", "routing-key", key, "body", "m"}, everyProperty...)...)
		c.expect("basic.return", append([]any{"code", 312, "text", "NO_ROUTE", "exchange", "amq.direct", "routing-key", key, "body", "m"}, everyProperty...)...)
	}},
	{name: "§5.1 mandatory and unroutable with an empty body", run: func(c *client) {
		c.send("basic.publish mandatory", "routing-key", c.name())
		c.expect("basic.return", "code", 312, "body", "")
	}},
	{name: "§5.1 mandatory and routed: nothing comes back", run: func(c *client) {
		q := c.queue()
		c.send("basic.publish mandatory", "routing-key", q, "body", "m")
		c.nothing(q)
		c.drain(q, "m")
	}},
	{name: "§5.1 unroutable and not mandatory: dropped", run: func(c *client) {
		c.publish("amq.direct", c.name(), "m")
		c.silent(100 * time.Millisecond)
		c.call("channel.flow active")
	}},
	{name: "§5.1 a body over the maximum size is refused when it is complete", run: func(c *client) {
		const limit = 134217728
		c.raw(publishHead(c.queue()))
		c.sendFrame(frameHeader, string(rawHeader(limit+1, 0, "")))
		part := appendFrame(nil, frameBody, c.ch, make([]byte, 131064))
		left := limit + 1
		for ; left > 131064; left -= 131064 {
			c.write(part)
		}
		c.write(appendFrame(nil, frameBody, c.ch, make([]byte, left)))
		c.soft(406, "message size 134217729 is larger than configured max size 134217728", "basic.publish")
	}},
	{name: "§5.1 a fanout message of many queues has the same content in each", run: func(c *client) {
		x := c.exchange("fanout")
		var queues []string
		for range 10 {
			queues = append(queues, c.bound(x, ""))
		}
		c.publish(x, "k", "body", everyProperty...)
		for _, q := range queues {
			c.get(q, append([]any{"body", "body"}, everyProperty...)...)
		}
	}},
})
