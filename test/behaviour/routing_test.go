package behaviour_test

import (
	"fmt"
	"slices"
)

var routingFacts = []fact{
	{name: "§3.5 direct: the exact key", run: func(c *client) {
		x := c.exchange("direct")
		q := c.bound(x, "key")
		for _, key := range []string{"Key", "key.", "ke", ""} {
			c.publish(x, key, "no")
		}
		c.publish(x, "key", "yes")
		c.drain(q, "yes")
	}},
	{name: "§3.5 direct: wildcards mean nothing", run: func(c *client) {
		x := c.exchange("direct")
		q := c.bound(x, "#")
		c.publish(x, "a", "no")
		c.publish(x, "#", "yes")
		c.drain(q, "yes")
	}},
	{name: "§3.5 fanout: the key is ignored", run: func(c *client) {
		x := c.exchange("fanout")
		q, r := c.bound(x, "a"), c.bound(x, "b")
		c.publish(x, "c", "m")
		c.drain(q, "m")
		c.drain(r, "m")
	}},
	{name: "§3.5 several ways to a queue give one copy", run: func(c *client) {
		x, y, z := c.exchange("fanout"), c.exchange("fanout"), c.exchange("fanout")
		c.call("exchange.bind", ends(y, x, "")...)
		c.call("exchange.bind", ends(z, x, "")...)
		q := c.bound(y, "")
		c.bind(q, z, "")
		c.bind(q, x, "")
		c.publish(x, "", "m")
		c.drain(q, "m")
	}},
	{name: "§3.5 delivered exchange and key are those of the publish", run: func(c *client) {
		x, y := c.exchange("direct"), c.exchange("fanout")
		c.call("exchange.bind", ends(y, x, "k")...)
		q := c.bound(y, "other")
		c.publish(x, "k", "m")
		c.get(q, "exchange", x, "routing-key", "k")
	}},
	{name: "§3.5 publishing to an internal exchange", run: func(c *client) {
		c.refuse(403, "cannot publish to internal RES(exchange)",
			"basic.publish", "exchange", c.exchange("fanout", "internal"), "routing-key", "k")
	}},
	{name: "§3.5 the default exchange routes a key without a queue nowhere", run: func(c *client) {
		c.send("basic.publish mandatory", "routing-key", c.name())
		c.expect("basic.return", "code", 312)
	}},
}

var alternateFacts = []fact{
	{name: "§3.5 alternate-exchange takes what is not routed", run: func(c *client) {
		alt := c.exchange("fanout")
		x := c.exchange("direct", table{"alternate-exchange", alt})
		q, lost := c.bound(x, "k"), c.bound(alt, "")
		c.publish(x, "k", "routed")
		c.publish(x, "none", "unrouted")
		c.drain(q, "routed")
		c.get(lost, "body", "unrouted", "exchange", x, "routing-key", "none")
		c.empty(lost)
	}},
	{name: "§3.5 routing by the alternate counts as routed", run: func(c *client) {
		alt := c.exchange("fanout")
		c.bound(alt, "")
		x := c.exchange("direct", table{"alternate-exchange", alt})
		c.call("confirm.select")
		c.send("basic.publish mandatory", "exchange", x, "routing-key", "none")
		c.acked(1)
	}},
	{name: "§3.5 alternates are followed along the chain", run: func(c *client) {
		last := c.exchange("fanout")
		middle := c.exchange("direct", table{"alternate-exchange", last})
		x := c.exchange("direct", table{"alternate-exchange", middle})
		q := c.bound(last, "")
		c.publish(x, "none", "m")
		c.drain(q, "m")
	}},
	{name: "§3.5 a missing alternate is skipped", run: func(c *client) {
		x := c.exchange("direct", table{"alternate-exchange", c.name()})
		c.send("basic.publish mandatory", "exchange", x, "routing-key", "none", "body", "m")
		c.expect("basic.return", "code", 312, "exchange", x, "body", "m")
	}},
	{name: "§3.5 an exchange that is its own alternate drops the message", run: func(c *client) {
		x := c.name()
		c.call("exchange.declare", "exchange", x, "type", "direct", "arguments", table{"alternate-exchange", x})
		c.send("basic.publish mandatory", "exchange", x, "routing-key", "none")
		c.expect("basic.return", "code", 312)
	}},
	{name: "§3.5 the alternate belongs to the exchange that routed nothing", run: func(c *client) {
		alt := c.exchange("fanout")
		second := c.exchange("direct", table{"alternate-exchange", alt})
		first := c.exchange("fanout")
		c.call("exchange.bind", ends(second, first, "")...)
		q, lost := c.bound(first, ""), c.bound(alt, "")
		c.publish(first, "none", "m")
		c.drain(q, "m")
		c.drain(lost, "m")
	}},
}

var senderSelectedFacts = []fact{
	{name: "§3.5 CC keys are additional routing keys and stay in the headers", run: func(c *client) {
		q, r, s := c.queue(), c.queue(), c.queue()
		c.publish("", q, "m", "headers", table{"CC", array{r, s}})
		for _, queue := range []string{q, r, s} {
			c.get(queue, "routing-key", q, "headers", table{"CC", array{r, s}})
		}
	}},
	{name: "§3.5 BCC keys route and are removed", run: func(c *client) {
		q, r := c.queue(), c.queue()
		c.publish("", q, "m", "headers", table{"BCC", array{r}, "a", 1})
		for _, queue := range []string{q, r} {
			c.get(queue, "routing-key", q, "headers", table{"a", 1})
		}
	}},
	{name: "§3.5 CC applies to direct and topic exchanges", run: func(c *client) {
		for _, kind := range []string{"direct", "topic"} {
			x := c.exchange(kind)
			q, r := c.bound(x, "a"), c.bound(x, "b")
			c.publish(x, "a", "m", "headers", table{"CC", array{"b"}})
			c.drain(q, "m")
			c.drain(r, "m")
		}
	}},
	{name: "§3.5 a CC key equal to the routing key gives one copy", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "headers", table{"CC", array{q, q}})
		c.drain(q, "m")
	}},
	{name: "§3.5 CC elements that are no strings are ignored", run: func(c *client) {
		q, r := c.queue(), c.queue()
		c.publish("", q, "m", "headers", table{"CC", array{1, r, true}})
		c.drain(q, "m")
		c.drain(r, "m")
	}},
	{name: "§3.5 CC is case-sensitive", run: func(c *client) {
		q, r := c.queue(), c.queue()
		c.publish("", q, "m", "headers", table{"cc", array{r}})
		c.drain(q, "m")
		c.empty(r)
	}},
	{name: "§3.5 CC that is no array", run: func(c *client) {
		c.refuse(406, `invalid message: {unacceptable_type_in_header,"CC",longstr}`,
			"basic.publish", "routing-key", c.queue(), "headers", table{"CC", "key"})
	}},
	{name: "§3.5 BCC that is no array", run: func(c *client) {
		c.refuse(406, `invalid message: {unacceptable_type_in_header,"BCC",signedint}`,
			"basic.publish", "routing-key", c.queue(), "headers", table{"BCC", 1})
	}},
}

// hashed publishes n messages with distinct keys and returns how many each queue got.
func (c *client) hashed(x string, n int, queues ...string) []int {
	c.t.Helper()
	for i := range n {
		c.publish(x, fmt.Sprintf("key-%d", i), "m")
	}
	counts := make([]int, len(queues))
	c.eventually(fmt.Sprint("all ", n, " messages are somewhere"), func() bool {
		sum := 0
		for i, q := range queues {
			counts[i] = c.count(q, "message-count")
			sum += counts[i]
		}
		return sum == n
	})
	return counts
}

var hashFacts = []fact{
	{name: "§3.5 consistent hash: shares follow the weights, one copy a message", run: func(c *client) {
		x := c.exchange("x-consistent-hash")
		counts := c.hashed(x, 1200, c.bound(x, "1"), c.bound(x, "2"), c.bound(x, "3"))
		for i, want := range []int{200, 400, 600} {
			if counts[i] < want*6/10 || counts[i] > want*14/10 {
				c.fail("%v, wanted about 200, 400, 600", counts)
			}
		}
	}},
	{name: "§3.5 consistent hash: the same key goes to the same queue", run: func(c *client) {
		x := c.exchange("x-consistent-hash")
		q, r := c.bound(x, "10"), c.bound(x, "10")
		for range 20 {
			c.publish(x, "the same", "m")
		}
		if a, b := len(c.all(q)), len(c.all(r)); a*b != 0 || a+b != 20 {
			c.fail("%d and %d", a, b)
		}
	}},
	{name: "§3.5 consistent hash: a key that is no integer", run: func(c *client) {
		c.refusedWeight("abc", `The binding key must be an integer: <<"abc">>`)
	}},
	{name: "§3.5 consistent hash: an empty key", run: func(c *client) {
		c.refusedWeight("", "The binding key must be an integer: <<>>")
	}},
	{name: "§3.5 consistent hash: a fraction", run: func(c *client) {
		c.refusedWeight("1.5", `The binding key must be an integer: <<"1.5">>`)
	}},
	{name: "§3.5 consistent hash: weight 0", run: func(c *client) {
		c.refusedWeight("0", "The binding key must be greater than 0")
	}},
	{name: "§3.5 consistent hash: a second binding of a queue keeps the first weight", run: func(c *client) {
		x := c.exchange("x-consistent-hash")
		q, r := c.bound(x, "1"), c.bound(x, "1")
		c.bind(q, x, "1000")
		if counts := c.hashed(x, 400, q, r); counts[1] < 100 {
			c.fail("%v", counts)
		}
	}},
	{name: "§3.5 consistent hash: hash-header", run: func(c *client) {
		x := c.exchange("x-consistent-hash", table{"hash-header", "h"})
		q, r := c.bound(x, "10"), c.bound(x, "10")
		for i := range 20 {
			c.publish(x, fmt.Sprint(i), "m", "headers", table{"h", "the same"})
		}
		if a, b := len(c.all(q)), len(c.all(r)); a*b != 0 || a+b != 20 {
			c.fail("%d and %d", a, b)
		}
	}},
	{name: "§3.5 consistent hash: hash-property message_id", run: func(c *client) {
		x := c.exchange("x-consistent-hash", table{"hash-property", "message_id"})
		q, r := c.bound(x, "10"), c.bound(x, "10")
		for i := range 100 {
			c.publish(x, "the same", "m", "message-id", fmt.Sprint(i))
		}
		if a, b := len(c.all(q)), len(c.all(r)); a < 20 || b < 20 {
			c.fail("%d and %d", a, b)
		}
	}},
	{name: "§3.5 consistent hash: an unknown hash-property", run: func(c *client) {
		c.refuse(406, "Unsupported property: app_id", "exchange.declare", "exchange", c.name(), "type", "x-consistent-hash",
			"arguments", table{"hash-property", "app_id"})
	}},
	{name: "§3.5 consistent hash: both arguments", run: func(c *client) {
		c.refuse(406, "hash-header and hash-property are mutually exclusive", "exchange.declare", "exchange", c.name(),
			"type", "x-consistent-hash", "arguments", table{"hash-header", "h", "hash-property", "message_id"})
	}},
	{name: "§3.5 consistent hash: hash-header that is no string", run: func(c *client) {
		c.send("exchange.declare", "exchange", c.name(), "type", "x-consistent-hash", "arguments", table{"hash-header", 1})
		c.hard(541, "", "")
	}},
	{name: "§3.5 random: every message goes to one queue, each queue gets some", run: func(c *client) {
		x := c.exchange("x-random")
		if counts := c.hashed(x, 200, c.bound(x, "a"), c.bound(x, "b")); counts[0] < 40 || counts[1] < 40 {
			c.fail("%v", counts)
		}
	}},
}

// refusedWeight binds a queue to a consistent hash exchange with a bad key.
func (c *client) refusedWeight(key, text string) {
	c.t.Helper()
	c.refuse(406, text, "queue.bind", "queue", c.queue(), "exchange", c.exchange("x-consistent-hash"), "routing-key", key)
}

// all takes every ready message of a queue and returns the bodies.
func (c *client) all(queue string) []string {
	c.t.Helper()
	var bodies []string
	for {
		c.send("basic.get no-ack", "queue", queue)
		ev, err := c.next(c.ch, deadline())
		if err != nil {
			c.fail("get: %v", err)
		}
		if ev.name == "basic.get-empty" {
			return bodies
		}
		c.check(ev, "basic.get-ok")
		bodies = append(bodies, ev.values["body"].(string))
	}
}

var historyFacts = []fact{
	{name: "§3.5 recent history: a fanout that replays to new bindings, oldest first", run: func(c *client) {
		x := c.exchange("x-recent-history")
		q := c.bound(x, "")
		c.publish(x, "k", "1")
		c.publish(x, "k", "2")
		c.drain(q, "1", "2")
		c.drain(c.bound(x, ""), "1", "2")
	}},
	{name: "§3.5 recent history: the last 20 by default", run: func(c *client) {
		x := c.exchange("x-recent-history")
		for i := range 25 {
			c.publish(x, "k", fmt.Sprint(i))
		}
		if got := c.all(c.bound(x, "")); len(got) != 20 || got[0] != "5" || got[19] != "24" {
			c.fail("%v", got)
		}
	}},
	{name: "§3.5 recent history: x-recent-history-length", run: func(c *client) {
		x := c.exchange("x-recent-history", table{"x-recent-history-length", 2})
		for i := range 5 {
			c.publish(x, "k", fmt.Sprint(i))
		}
		c.drain(c.bound(x, ""), "3", "4")
	}},
	{name: "§3.5 recent history: a length of 0", run: func(c *client) {
		c.refuse(406, "Invalid argument 0, 'x-recent-history-length' must be a positive integer",
			"exchange.declare", "exchange", c.name(), "type", "x-recent-history", "arguments", table{"x-recent-history-length", 0})
	}},
	{name: "§3.5 recent history: x-recent-history-no-store", run: func(c *client) {
		x := c.exchange("x-recent-history")
		c.publish(x, "k", "kept")
		c.publish(x, "k", "not kept", "headers", table{"x-recent-history-no-store", true})
		c.drain(c.bound(x, ""), "kept")
	}},
	{name: "§3.5 recent history: binding an exchange replays through it", run: func(c *client) {
		x, y := c.exchange("x-recent-history"), c.exchange("fanout")
		c.publish(x, "k", "m")
		q := c.bound(y, "")
		c.call("exchange.bind", ends(y, x, "")...)
		c.drain(q, "m")
	}},
	{name: "§3.5 recent history: binding again replays nothing, another key replays again", run: func(c *client) {
		x := c.exchange("x-recent-history")
		c.publish(x, "k", "m")
		q := c.bound(x, "a")
		c.drain(q, "m")
		c.bind(q, x, "a")
		c.empty(q)
		c.bind(q, x, "b")
		c.drain(q, "m")
	}},
}

const delayedHere = "amqpd has the delayed exchange built in, a stock RabbitMQ has no such type"

// delayed declares a delayed exchange that routes as a fanout.
func (c *client) delayed() string {
	c.t.Helper()
	return c.exchange("x-delayed-message", table{"x-delayed-type", "fanout"})
}

var delayedFacts = []fact{
	{name: "§3.5 delayed: without x-delay the message is routed at once", differs: delayedHere, run: func(c *client) {
		x := c.delayed()
		q := c.bound(x, "")
		c.publish(x, "k", "m")
		c.get(q, "body", "m")
	}},
	{name: "§3.5 delayed: x-delay holds a message back and comes negated", differs: delayedHere, run: func(c *client) {
		x := c.delayed()
		q := c.bound(x, "")
		c.consume(q)
		c.publish(x, "k", "late", "headers", table{"x-delay", 3000})
		c.publish(x, "k", "now")
		c.delivers("now")
		c.deliver("body", "late", "exchange", x, "routing-key", "k", "headers", table{"x-delay", -3000})
	}},
	{name: "§3.5 delayed: while delayed a mandatory message is returned", differs: delayedHere, run: func(c *client) {
		x := c.delayed()
		c.bound(x, "")
		c.send("basic.publish mandatory", "exchange", x, "body", "m", "headers", table{"x-delay", 5000})
		c.expect("basic.return", "code", 312, "body", "m")
	}},
	{name: "§3.5 delayed: a confirm is an immediate ack", differs: delayedHere, run: func(c *client) {
		x := c.delayed()
		c.bound(x, "")
		c.call("confirm.select")
		c.publish(x, "k", "m", "headers", table{"x-delay", 60000})
		c.acked(1)
	}},
	{name: "§3.5 delayed: x-delayed-type is required", differs: delayedHere, run: func(c *client) {
		c.refuse(406, "Invalid argument, 'x-delayed-type' must be an existing exchange type",
			"exchange.declare", "exchange", c.name(), "type", "x-delayed-message")
	}},
	{name: "§3.5 delayed: x-delayed-type may not be delayed itself", differs: delayedHere, run: func(c *client) {
		c.refuse(406, "Invalid argument, 'x-delayed-message' can't be used for 'x-delayed-type'", "exchange.declare",
			"exchange", c.name(), "type", "x-delayed-message", "arguments", table{"x-delayed-type", "x-delayed-message"})
	}},
	{name: "§3.5 delayed: an unknown x-delayed-type", differs: delayedHere, run: func(c *client) {
		c.refuseHard(503, "unknown exchange type 'x-none-such'", "exchange.declare",
			"exchange", c.name(), "type", "x-delayed-message", "arguments", table{"x-delayed-type", "x-none-such"})
	}},
}

var exchangeTypeFacts = slices.Concat(routingFacts, alternateFacts, senderSelectedFacts, hashFacts, historyFacts, delayedFacts)
