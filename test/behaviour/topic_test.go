package behaviour_test

import "strings"

// topicPatterns are binding keys with the routing keys they match and do not match (amqp-behaviour §3.5).
var topicPatterns = []struct {
	pattern         string
	matches, misses []string
}{
	{"", []string{""}, []string{"a", "."}},
	{"#", []string{"", "a", "a.b", ".", "a..b", "#"}, nil},
	{"#.#", []string{"", "a", "a.b", "."}, nil},
	{"*", []string{"a", "#", "*"}, []string{"", "a.b", "."}},
	{"*.#", []string{"a", "a.b", ".", "a.b.c"}, []string{""}},
	{"#.*", []string{"a", "a.b", ".", "a.b.c"}, []string{""}},
	{"a", []string{"a"}, []string{"", "A", "a.", "b", "aa"}},
	{"a.*", []string{"a.b", "a."}, []string{"a", "a.b.c", "b.a"}},
	{"a.#", []string{"a", "a.b", "a.", "a..b", "a.b.c"}, []string{"b", "ab", ""}},
	{"#.a", []string{"a", ".a", "b.a", "b.c.a"}, []string{"a.", "a.b"}},
	{"a.*.b", []string{"a.x.b", "a..b"}, []string{"a.b", "a.x.y.b"}},
	{"a.#.b", []string{"a.b", "a..b", "a.x.y.b"}, []string{"a", "b", "a.b.c"}},
	{"#.a.#.b", []string{"a.b", "lazy.a.b", "a.x.b", "a.b.b"}, []string{"a", "b.a"}},
	{"#.a.#", []string{"a", "x.a", "a.x", "x.a.y"}, []string{"", "x", "x.y"}},
	{"*.*", []string{"a.b", ".", "a.", ".a"}, []string{"..", "a", ""}},
	{"*.b.*", []string{"x.b.y", ".b."}, []string{"a.b", "b.y", "x.c.y"}},
	{"..", []string{".."}, []string{".", "a..", ""}},
	{".", []string{"."}, []string{"", "..", "a."}},
	{"a..b", []string{"a..b"}, []string{"a.b", "a.x.b"}},
	{"a#", []string{"a#"}, []string{"a", "ab", "a.b"}},
	{"#a", []string{"#a"}, []string{"a", "b.a"}},
	{"*a", []string{"*a"}, []string{"a", "ba"}},
	{"**", []string{"**"}, []string{"a", "a.b", "*"}},
	{"##", []string{"##"}, []string{"", "a.b"}},
	{"*.*.*.*.#", []string{"a.b.c.d", "a.b.c.d.e.f"}, []string{"a.b.c", ""}},
	{"stock.*.nyse", []string{"stock.ibm.nyse"}, []string{"stock.nyse", "stock.ibm.x.nyse", "stock.ibm.NYSE"}},
	{"#.#.a.#.#", []string{"a", "x.y.a", "a.z"}, []string{"", "b"}},
}

func topicPatternFacts() []fact {
	var facts []fact
	for _, p := range topicPatterns {
		facts = append(facts, fact{name: "§3.5 topic pattern '" + p.pattern + "'", run: func(c *client) {
			x := c.exchange("topic")
			q := c.bound(x, p.pattern)
			for _, key := range p.misses {
				c.publish(x, key, "must not match "+key)
			}
			for _, key := range p.matches {
				c.publish(x, key, "match "+key)
			}
			for _, key := range p.matches {
				c.get(q, "body", "match "+key, "routing-key", key)
			}
			c.empty(q)
		}})
	}
	return facts
}

var topicFacts = append(topicPatternFacts(), []fact{
	{name: "§3.5 topic: several matching patterns give a queue one copy", run: func(c *client) {
		x := c.exchange("topic")
		q := c.bound(x, "a.#")
		c.bind(q, x, "*.b")
		c.bind(q, x, "#")
		c.publish(x, "a.b", "m")
		c.drain(q, "m")
	}},
	{name: "§3.5 topic: unbinding one pattern leaves the others", run: func(c *client) {
		x := c.exchange("topic")
		q := c.bound(x, "a.#")
		c.bind(q, x, "a.*")
		c.call("queue.unbind", "queue", q, "exchange", x, "routing-key", "a.#")
		c.publish(x, "a.b.c", "gone")
		c.publish(x, "a.b", "kept")
		c.drain(q, "kept")
	}},
	{name: "§3.5 topic: each matching queue gets a copy", run: func(c *client) {
		x := c.exchange("topic")
		q, r, s := c.bound(x, "a.*"), c.bound(x, "*.b"), c.bound(x, "b.#")
		c.publish(x, "a.b", "m")
		c.drain(q, "m")
		c.drain(r, "m")
		c.drain(s)
	}},
	{name: "§3.5 topic: a key of 255 octets and 128 words", run: func(c *client) {
		x := c.exchange("topic")
		q, r := c.bound(x, "#.w"), c.bound(x, "*.#.*")
		key := strings.Repeat("w.", 127) + "w"
		c.publish(x, key, "m")
		c.get(q, "routing-key", key)
		c.get(r, "routing-key", key)
	}},
	{name: "§3.5 topic: amq.topic routes by pattern", run: func(c *client) {
		key := c.name()
		q := c.bound("amq.topic", key+".*.#")
		c.publish("amq.topic", key+".sub", "m")
		c.drain(q, "m")
	}},
}...)
