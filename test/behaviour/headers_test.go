package behaviour_test

// headerMatches are binding arguments of a headers exchange with headers that match them and headers that do not.
var headerMatches = []struct {
	what            string
	binding         table
	matches, misses []table
}{
	{"without x-match all keys must be equal", table{"a", 1, "b", "x"},
		[]table{{"a", 1, "b", "x"}, {"b", "x", "c", 3, "a", 1}}, []table{{"a", 1}, {"a", 1, "b", "y"}, {}}},
	{"all: every key must be equal", table{"x-match", "all", "a", 1, "b", "x"},
		[]table{{"a", 1, "b", "x"}}, []table{{"a", 1}, {"b", "x"}, {"a", 2, "b", "x"}}},
	{"all without keys matches everything", table{"x-match", "all"}, []table{{}, {"a", 1}}, nil},
	{"no arguments at all match everything", table{}, []table{{}, {"a", 1}}, nil},
	{"all does not look at x- keys", table{"x-match", "all", "a", 1, "x-b", 2},
		[]table{{"a", 1}, {"a", 1, "x-b", 3}}, []table{{"x-b", 2}}},
	{"any: one equal key is enough", table{"x-match", "any", "a", 1, "b", "x"},
		[]table{{"a", 1}, {"b", "x"}, {"a", 2, "b", "x"}}, []table{{"a", 2}, {}, {"b", 1}}},
	{"any without keys matches nothing", table{"x-match", "any"}, nil, []table{{}, {"a", 1}}},
	{"any does not look at x- keys", table{"x-match", "any", "a", 1, "x-b", 2},
		[]table{{"a", 1}}, []table{{"x-b", 2}}},
	{"all-with-x looks at x- keys", table{"x-match", "all-with-x", "a", 1, "x-b", 2},
		[]table{{"a", 1, "x-b", 2}}, []table{{"a", 1}, {"x-b", 2}, {"a", 1, "x-b", 3}}},
	{"any-with-x looks at x- keys", table{"x-match", "any-with-x", "a", 1, "x-b", 2},
		[]table{{"a", 1}, {"x-b", 2}}, []table{{"a", 2, "x-b", 3}}},
	{"a void value matches presence", table{"a", nil}, []table{{"a", 1}, {"a", "x"}, {"a", nil}}, []table{{"b", 1}}},
	{"the numeric type does not matter", table{"a", 1},
		[]table{{"a", int8(1)}, {"a", int64(1)}, {"a", uint16(1)}, {"a", 1.0}, {"a", stamp(1)}}, []table{{"a", 2}, {"a", 1.5}}},
	{"a bool is no number", table{"a", true}, []table{{"a", true}}, []table{{"a", 1}, {"a", false}, {"a", "true"}}},
	{"a string is no number", table{"a", "1"}, []table{{"a", "1"}}, []table{{"a", 1}}},
	{"strings and binaries compare equal", table{"a", "x"}, []table{{"a", []byte("x")}, {"a", "x"}}, []table{{"a", []byte("y")}}},
	{"strings are case-sensitive", table{"a", "x"}, []table{{"a", "x"}}, []table{{"a", "X"}}},
	{"nested tables compare with inner types", table{"a", table{"k", 1}},
		[]table{{"a", table{"k", 1}}}, []table{{"a", table{"k", int64(1)}}, {"a", table{"k", 2}}, {"a", table{}}}},
}

func headerMatchFacts() []fact {
	var facts []fact
	for _, m := range headerMatches {
		facts = append(facts, fact{name: "§3.5 headers: " + m.what, run: func(c *client) {
			x := c.exchange("headers")
			q := c.bound(x, "", m.binding...)
			for _, h := range m.misses {
				c.publish(x, "", "must not match", "headers", h)
			}
			for _, h := range m.matches {
				c.publish(x, "", "match", "headers", h)
			}
			for _, h := range m.matches {
				c.get(q, "body", "match", "headers", h)
			}
			c.empty(q)
		}})
	}
	return facts
}

// refusedMatch binds a queue to a headers exchange with a bad x-match.
func (c *client) refusedMatch(value any, text string) {
	c.t.Helper()
	c.refuse(406, text, "queue.bind", "queue", c.queue(), "exchange", c.exchange("headers"), "arguments", table{"x-match", value})
}

var headersFacts = append(headerMatchFacts(), []fact{
	{name: "§3.5 headers: a message without any headers", run: func(c *client) {
		x := c.exchange("headers")
		q, r := c.bound(x, ""), c.bound(x, "", "a", 1)
		c.publish(x, "", "bare")
		c.drain(q, "bare")
		c.drain(r)
	}},
	{name: "§3.5 headers: the routing key is ignored", run: func(c *client) {
		x := c.exchange("headers")
		q := c.bound(x, "one", "a", 1)
		c.publish(x, "another", "m", "headers", table{"a", 1})
		c.drain(q, "m")
	}},
	{name: "§3.5 headers: an unknown x-match", run: func(c *client) {
		c.refusedMatch("some", `Invalid x-match field value <<"some">>; expected all, any, all-with-x, or any-with-x`)
	}},
	{name: "§3.5 headers: x-match that is no string", run: func(c *client) {
		c.refusedMatch(1, "Invalid x-match field type signedint (value 1); expected longstr")
	}},
	{name: "§3.5 headers: x-match that is a bool", run: func(c *client) {
		c.refusedMatch(true, "Invalid x-match field type bool (value true); expected longstr")
	}},
	{name: "§3.5 headers: amq.match and amq.headers route by headers", run: func(c *client) {
		mark := c.name()
		q := c.bound("amq.match", "", "mark", mark)
		c.bind(q, "amq.headers", "", "mark", mark)
		c.publish("amq.match", "", "first", "headers", table{"mark", mark})
		c.publish("amq.headers", "", "second", "headers", table{"mark", mark})
		c.drain(q, "first", "second")
	}},
}...)
