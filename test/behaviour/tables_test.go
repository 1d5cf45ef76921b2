package behaviour_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// tableValues are header values that must come back octet for octet (amqp-behaviour §11).
var tableValues = []struct {
	what  string
	value any
}{
	{"bool true", true}, {"bool false", false},
	{"byte", int8(-5)}, {"unsigned byte", uint8(250)},
	{"short", int16(-300)}, {"unsigned short", uint16(65000)},
	{"int", int32(-70000)}, {"unsigned int", uint32(4000000000)},
	{"long", int64(math.MinInt64)}, {"long L", longL(-1)},
	{"float", float32(1.5)}, {"double", 2.25},
	{"decimal", decimal{2, 4000000000}}, {"timestamp", stamp(math.MaxUint64)},
	{"string", "text"}, {"empty string", ""}, {"string that is no UTF-8", "\xff\xfe\x00"},
	{"binary", []byte{0, 1, 255}}, {"void", nil},
	{"empty array", array{}}, {"array of mixed types", array{1, "a", true, nil, array{2.5}, table{"k", int64(1)}}},
	{"empty table", table{}}, {"nested tables", table{"a", table{"b", table{"c", array{table{}}}}}},
	{"bool octet 7", oddity{'t', "\x07"}},
	{"string of 70000 octets", strings.Repeat("v", 70000)},
}

func tableFacts() []fact {
	var facts []fact
	for _, v := range tableValues {
		facts = append(facts, fact{name: "§11 a header value round-trips: " + v.what, run: func(c *client) {
			q := c.queue()
			c.publish("", q, "m", "headers", table{"k", v.value})
			want := string(encodeHeader(1, map[string]any{"headers": table{"k", v.value}}))
			if ev := c.get(q); string(ev.header) != want {
				c.fail("got  % x\nwant % x", ev.header, want)
			}
		}})
	}
	return facts
}

// nested is a table inside a table, depth times.
func nested(depth int) table {
	t := table{}
	for range depth {
		t = table{"t", t}
	}
	return t
}

var headerTableFacts = slices.Concat(tableFacts(), []fact{
	{name: "§11 keys of 0 and of 255 octets, and duplicates, pass through in order", run: func(c *client) {
		q := c.queue()
		h := table{"", 1, strings.Repeat("k", 255), 2, "dup", 1, "dup", "again", "a", nil}
		c.publish("", q, "m", "headers", h)
		c.get(q, "headers", h)
	}},
	{name: "§11 a thousand keys pass through", run: func(c *client) {
		q := c.queue()
		var h table
		for i := range 1000 {
			h = append(h, fmt.Sprintf("key-%d", i), i)
		}
		c.publish("", q, "m", "headers", h)
		c.get(q, "headers", h)
	}},
	{name: "§11 depth has no limit: 1000 nested tables pass through", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "headers", nested(1000))
		c.get(q, "headers", nested(1000))
	}},
	{name: "§11 a header frame larger than the reader's frame_max is sent unsplit", run: func(c *client) {
		q := c.queue()
		h := table{"long", strings.Repeat("x", 20000)}
		c.publish("", q, "m", "headers", h)
		s := c.login(login{frameMax: 4096})
		s.eventually("the message is there", func() bool { return s.count(q, "message-count") == 1 })
		s.get(q, "headers", h)
	}},
	{name: "§11 edited headers are re-encoded: L becomes l, a bool 0 or 1", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "headers", table{"BCC", array{}, "b", oddity{'t', "\x07"}, "l", longL(5)})
		want := string(encodeHeader(1, map[string]any{"headers": table{"b", true, "l", int64(5)}}))
		if ev := c.get(q); string(ev.header) != want {
			c.fail("got  % x\nwant % x", ev.header, want)
		}
	}},
	{name: "§11 dead-lettering re-encodes every type to an equal value", run: func(c *client) {
		q, d := c.lettered()
		var h table
		for i, v := range tableValues {
			if _, odd := v.value.(oddity); !odd && v.value != any(longL(-1)) {
				h = append(h, fmt.Sprintf("a%02d", i), v.value)
			}
		}
		c.publish("", q, "m", "headers", h)
		c.reject(q)
		c.ready(d, 1)
		ev := c.get(d)
		for i := 0; i < len(h); i += 2 {
			c.header(ev, h[i].(string), h[i+1])
		}
	}},
	{name: "§11 method tables take every type", run: func(c *client) {
		var args table
		for i, v := range tableValues[:len(tableValues)-1] {
			args = append(args, fmt.Sprintf("x-v%d", i), v.value)
		}
		c.queue(args)
		c.exchange("direct", args)
		c.bound(c.exchange("direct"), "k", args...)
	}},
	{name: "§11 the upper case I is signed", run: func(c *client) {
		c.refuse(406, invalidArg("x-max-length", minus1), "queue.declare", "queue", c.name(), "arguments", table{"x-max-length", oddity{'I', "\xff\xff\xff\xff"}})
	}},
	{name: "§11 the lower case i is unsigned", run: func(c *client) {
		c.queue(table{"x-max-length", oddity{'i', "\xff\xff\xff\xff"}})
	}},
	{name: "§11 s is a 16 bit integer", run: func(c *client) {
		c.queue(table{"x-max-length", oddity{'s', "\x00\x05"}})
	}},
	{name: "§11 L is signed", run: func(c *client) {
		c.refuse(406, invalidArg("x-max-length", minus1), "queue.declare", "queue", c.name(), "arguments", table{"x-max-length", longL(-1)})
	}},
	{name: "§11 a string argument need not be UTF-8", run: func(c *client) {
		c.queue(table{"x-note", "\xff\xfe"})
	}},
})
