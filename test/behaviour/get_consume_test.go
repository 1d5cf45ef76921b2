package behaviour_test

import (
	"fmt"
	"slices"
	"time"
)

var getFacts = []fact{
	{name: "§5.3 get-ok counts the ready messages that remain", run: func(c *client) {
		q := c.window(3)
		for i := range 3 {
			c.take(q, "body", fmt.Sprint(i+1), "message-count", 2-i, "redelivered", false, "exchange", "", "routing-key", q)
		}
	}},
	{name: "§5.3 empty", run: func(c *client) { c.empty(c.queue()) }},
	{name: "§5.3 a missing queue", run: func(c *client) {
		c.refuse(404, "no RES(queue)", "basic.get", "queue", c.name())
	}},
	{name: "§5.3 a queue with an exclusive consumer", run: func(c *client) {
		q := c.window(2)
		c.qos("", 1)
		c.consume(q, "exclusive")
		c.delivers("1")
		c.get(q, "body", "2")
	}},
	{name: "§5.3 a classic queue with a single active consumer", run: func(c *client) {
		q := c.queue(table{"x-single-active-consumer", true})
		c.qos("", 1)
		c.consume(q)
		c.put(q, "1", "2")
		c.delivers("1")
		c.get(q, "body", "2")
	}},
	{name: "§5.3 a quorum queue with a single active consumer", run: func(c *client) {
		c.refuse(405, "cannot obtain access to locked RES(queue). basic.get operations are not supported by quorum queues with single active consumer",
			"basic.get", "queue", c.queue("durable", table{"x-queue-type", "quorum", "x-single-active-consumer", true}))
	}},
	{name: "§5.3 quorum: x-delivery-count is 0 the first time", run: func(c *client) {
		q := c.queue("durable", quorumQueue)
		c.call("confirm.select")
		c.put(q, "m")
		c.acked(1)
		c.get(q, "body", "m", "redelivered", false, "headers", table{"x-delivery-count", int64(0)})
	}},
	{name: "§5.3 one sequence of delivery tags for consumers and gets, with and without ack", run: func(c *client) {
		q, r := c.queue(), c.window(3)
		c.consume(q)
		c.take(r, "delivery-tag", 1)
		c.put(q, "m")
		c.deliver("delivery-tag", 2)
		c.get(r, "delivery-tag", 3)
		c.put(q, "n")
		c.deliver("delivery-tag", 4)
		c.take(r, "delivery-tag", 5)
	}},
	{name: "§5.3 delivery tags are the channel's own", run: func(c *client) {
		q := c.window(2)
		c.take(q, "delivery-tag", 1)
		c.sibling().take(q, "delivery-tag", 1)
	}},
	{name: "§5.3 get takes messages in order", run: func(c *client) { c.drain(c.window(5), "1", "2", "3", "4", "5") }},
}

var consumeFacts = []fact{
	{name: "§5.4 an empty tag: the server makes one", run: func(c *client) {
		c.send("basic.consume", "queue", c.queue())
		c.expect("basic.consume-ok", "consumer-tag", like(`^amq\.ctag-[A-Za-z0-9_-]{22}$`))
	}},
	{name: "§5.4 a tag in use on the channel", run: func(c *client) {
		q := c.queue()
		tag := c.consume(q)
		c.refuseHard(530, "attempt to reuse consumer tag '"+tag+"'", "basic.consume", "queue", q, "consumer-tag", tag)
	}},
	{name: "§5.4 the same tag on another channel", run: func(c *client) {
		q := c.queue()
		s := c.sibling()
		for _, ch := range []*client{c, s} {
			ch.call("basic.consume", "queue", q, "consumer-tag", "t")
		}
	}},
	{name: "§5.4 a tag may be used again after cancel", run: func(c *client) {
		q := c.queue()
		for range 2 {
			c.call("basic.consume", "queue", q, "consumer-tag", "t")
			c.call("basic.cancel", "consumer-tag", "t")
		}
	}},
	{name: "§5.4 a missing queue", run: func(c *client) {
		c.refuse(404, "no RES(queue)", "basic.consume", "queue", c.name())
	}},
	{name: "§5.4 exclusive while another consumes", run: func(c *client) {
		q := c.queue()
		c.consume(q)
		c.sibling().refuse(403, "RES(queue) in exclusive use", "basic.consume exclusive", "queue", q)
	}},
	{name: "§5.4 consume while another consumes exclusively", run: func(c *client) {
		q := c.queue()
		c.consume(q, "exclusive")
		c.sibling().refuse(403, "RES(queue) in exclusive use", "basic.consume", "queue", q)
	}},
	{name: "§5.4 the end of the exclusive consumer frees the queue", run: func(c *client) {
		q := c.queue()
		s := c.sibling()
		c.call("basic.cancel", "consumer-tag", c.consume(q, "exclusive"))
		s.consume(q, "exclusive")
	}},
	{name: "§5.4 exclusive on a single active consumer queue", run: func(c *client) {
		c.refuse(403, "RES(queue) in exclusive use", "basic.consume exclusive", "queue", c.queue(table{"x-single-active-consumer", true}))
	}},
	{name: "§5.4 quorum: exclusive is not enforced", run: func(c *client) {
		q := c.queue("durable", quorumQueue)
		c.consume(q, "exclusive")
		c.sibling().consume(q, "exclusive")
	}},
	{name: "§5.4 no_local is ignored", run: func(c *client) {
		q := c.queue()
		c.consume(q, "no-local")
		c.put(q, "mine")
		c.delivers("mine")
	}},
	{name: "§5.4 nowait: no consume-ok, deliveries start", run: func(c *client) {
		q := c.window(1)
		c.send("basic.consume nowait", "queue", q, "consumer-tag", "t")
		c.deliver("body", "1", "consumer-tag", "t")
	}},
	{name: "§5.4 unknown arguments are ignored", run: func(c *client) {
		c.consume(c.queue(), table{"x-whatever", array{1, "a"}})
	}},
	{name: "§5.4 x-priority may be of any sign and width", run: func(c *client) {
		q := c.queue()
		for _, p := range []any{-5, 0, int64(1) << 40, int8(3)} {
			c.consume(q, table{"x-priority", p})
		}
	}},
	{name: "§5.4 x-priority that is a string", run: func(c *client) {
		c.refuse(406, invalidArg("x-priority", notInteger("longstr")), "basic.consume", "queue", c.queue(), "arguments", table{"x-priority", "1"})
	}},
	{name: "§5.4 x-priority that is a bool", run: func(c *client) {
		c.refuse(406, invalidArg("x-priority", notInteger("bool")), "basic.consume", "queue", c.queue(), "arguments", table{"x-priority", true})
	}},
	{name: "§5.4 x-cancel-on-ha-failover", run: func(c *client) {
		c.consume(c.queue(), table{"x-cancel-on-ha-failover", true})
	}},
	{name: "§5.4 x-cancel-on-ha-failover that is no bool", run: func(c *client) {
		c.refuse(406, invalidArg("x-cancel-on-ha-failover", badType("longstr")), "basic.consume", "queue", c.queue(),
			"arguments", table{"x-cancel-on-ha-failover", "yes"})
	}},
	{name: "§5.4 classic does not take x-stream-offset", run: func(c *client) {
		c.refuse(406, "invalid arg 'x-stream-offset' for RES(queue) of queue type rabbit_classic_queue", "basic.consume", "queue", c.queue(),
			"arguments", table{"x-stream-offset", "first"})
	}},
	{name: "§5.4 quorum does not take x-cancel-on-ha-failover", run: func(c *client) {
		c.refuse(406, "invalid arg 'x-cancel-on-ha-failover' for RES(queue) of queue type rabbit_quorum_queue", "basic.consume",
			"queue", c.queue("durable", quorumQueue), "arguments", table{"x-cancel-on-ha-failover", true})
	}},
	{name: "§5.4 a refused consume leaves no consumer", run: func(c *client) {
		q := c.queue()
		c.refuse(406, invalidArg("x-priority", notInteger("longstr")), "basic.consume", "queue", q, "arguments", table{"x-priority", "1"})
		c.consumers(q, 0)
	}},
	{name: "§5.4 consume-ok comes before the first delivery", run: func(c *client) {
		q := c.window(100)
		c.consume(q)
		c.deliver("body", "1", "delivery-tag", 1, "redelivered", false, "routing-key", q)
	}},
	{name: "§5.4 cancel-ok names the tag, nothing is delivered after it", run: func(c *client) {
		q := c.queue()
		tag := c.consume(q)
		c.send("basic.cancel", "consumer-tag", tag)
		c.expect("basic.cancel-ok", "consumer-tag", tag)
		c.put(q, "m")
		c.nothing(q)
		c.drain(q, "m")
	}},
	{name: "§5.4 cancel of an unknown tag", run: func(c *client) {
		c.send("basic.cancel", "consumer-tag", "never")
		c.expect("basic.cancel-ok", "consumer-tag", "never")
	}},
	{name: "§5.4 cancel nowait: no reply", run: func(c *client) {
		q := c.queue()
		tag := c.consume(q)
		c.send("basic.cancel nowait", "consumer-tag", tag)
		c.consumers(q, 0)
	}},
	{name: "§5.4 after cancel unacknowledged messages may be acked", run: func(c *client) {
		q := c.window(2)
		tag := c.consume(q)
		c.delivers("1", "2")
		c.call("basic.cancel", "consumer-tag", tag)
		c.send("basic.ack", "delivery-tag", 1)
		c.send("basic.nack requeue", "delivery-tag", 2)
		c.drain(q, "2")
	}},
	{name: "§5.4 no ack: messages are gone when delivered", run: func(c *client) {
		q := c.window(2)
		s := c.sibling()
		s.consume(q, "no-ack")
		s.delivers("1", "2")
		s.call("channel.close", "code", 200)
		c.empty(q)
	}},
	{name: "§5.4 no ack takes a long backlog", run: func(c *client) {
		q := c.window(500)
		c.consume(q, "no-ack")
		for i := range 500 {
			c.deliver("body", fmt.Sprint(i+1), "delivery-tag", i+1)
		}
	}},
}

// rounds publishes n messages and counts which consumer got how many.
func (c *client) rounds(q string, n int) map[string]int {
	c.t.Helper()
	for i := range n {
		c.put(q, fmt.Sprint(i))
	}
	got := map[string]int{}
	for range n {
		got[c.expect("basic.deliver").values["consumer-tag"].(string)]++
	}
	return got
}

var sharingFacts = []fact{
	{name: "§5.4 consumers of equal priority take turns", run: func(c *client) {
		q := c.queue()
		a, b, d := c.consume(q), c.consume(q), c.consume(q)
		if got := c.rounds(q, 30); got[a] != 10 || got[b] != 10 || got[d] != 10 {
			c.fail("%v", got)
		}
	}},
	{name: "§5.4 the first to subscribe is served first", run: func(c *client) {
		q := c.queue()
		a, b := c.consume(q), c.consume(q)
		c.put(q, "1", "2", "3")
		c.deliver("body", "1", "consumer-tag", a)
		c.deliver("body", "2", "consumer-tag", b)
		c.deliver("body", "3", "consumer-tag", a)
	}},
	{name: "§5.4 the higher x-priority is served while it has credit", run: func(c *client) {
		q := c.queue()
		c.qos("", 2)
		low := c.consume(q)
		high := c.consume(q, table{"x-priority", 10})
		c.put(q, "1", "2", "3")
		c.deliver("body", "1", "consumer-tag", high)
		c.deliver("body", "2", "consumer-tag", high)
		c.deliver("body", "3", "consumer-tag", low)
	}},
	{name: "§5.4 a negative x-priority is below the default", run: func(c *client) {
		q := c.queue()
		c.consume(q, table{"x-priority", -1})
		usual := c.consume(q)
		if got := c.rounds(q, 5); got[usual] != 5 {
			c.fail("%v", got)
		}
	}},
	{name: "§5.4 a consumer without room is passed over", run: func(c *client) {
		q := c.queue()
		c.qos("", 1)
		a := c.consume(q)
		c.qos("", 0)
		b := c.consume(q)
		if got := c.rounds(q, 5); got[a] != 1 || got[b] != 4 {
			c.fail("%v", got)
		}
	}},
	{name: "§5.4 single active: only the first is served", run: func(c *client) {
		q := c.queue(table{"x-single-active-consumer", true})
		a := c.consume(q)
		c.consume(q)
		if got := c.rounds(q, 10); got[a] != 10 {
			c.fail("%v", got)
		}
	}},
	{name: "§5.4 single active: on cancel the next takes over though the first holds messages", run: func(c *client) {
		q := c.queue(table{"x-single-active-consumer", true})
		a, b := c.consume(q), c.consume(q)
		c.put(q, "1")
		c.deliver("consumer-tag", a)
		c.call("basic.cancel", "consumer-tag", a)
		c.put(q, "2")
		c.deliver("body", "2", "consumer-tag", b)
	}},
	{name: "§5.4 single active: on close the next takes over and gets what was unacknowledged", run: func(c *client) {
		q := c.queue(table{"x-single-active-consumer", true})
		s := c.sibling()
		s.consume(q)
		b := c.consume(q)
		c.put(q, "1")
		s.delivers("1")
		s.call("channel.close", "code", 200)
		c.deliver("body", "1", "consumer-tag", b, "redelivered", true)
	}},
	{name: "§5.4 single active: a newcomer of higher priority does not pre-empt", run: func(c *client) {
		q := c.queue(table{"x-single-active-consumer", true})
		a := c.consume(q)
		c.consume(q, table{"x-priority", 10})
		if got := c.rounds(q, 4); got[a] != 4 {
			c.fail("%v", got)
		}
	}},
	{name: "§5.4 a consumed queue does not expire, so no basic.cancel", run: func(c *client) {
		q := c.queue(table{"x-expires", 5000})
		c.consume(q)
		c.silent(8 * time.Second)
	}},
	{name: "§5.4 each consumer of a deleted queue gets its own basic.cancel", run: func(c *client) {
		q := c.queue()
		s := c.sibling()
		a, b := c.consume(q), s.consume(q)
		c.peer().call("queue.delete", "queue", q)
		c.expect("basic.cancel", "consumer-tag", a, "nowait", true)
		s.expect("basic.cancel", "consumer-tag", b, "nowait", true)
	}},
	{name: "§5.4 a cancelled tag is free again after the server's basic.cancel", run: func(c *client) {
		q := c.queue()
		tag := c.consume(q)
		c.peer().call("queue.delete", "queue", q)
		c.expect("basic.cancel")
		c.call("queue.declare", "queue", q)
		c.call("basic.consume", "queue", q, "consumer-tag", tag)
	}},
}

var deliveryFacts = slices.Concat(getFacts, consumeFacts, sharingFacts)
