package behaviour_test

import (
	"fmt"
	"slices"
)

// unknownTag expects a settling method to be refused.
func (c *client) unknownTag(tag uint64, spec string) {
	c.t.Helper()
	c.refuse(406, fmt.Sprintf("unknown delivery tag %d", tag), spec, "delivery-tag", tag)
}

// settling are the methods that name a delivery tag.
var settling = []string{"basic.ack", "basic.nack", "basic.reject"}

func unknownTagFacts() []fact {
	var facts []fact
	for _, name := range settling {
		facts = append(facts,
			fact{name: "§5.5 " + name + " of an unknown tag", run: func(c *client) { c.unknownTag(7, name) }},
			fact{name: "§5.5 " + name + " of a tag already settled", run: func(c *client) {
				tag := c.take(c.window(1))
				c.send("basic.ack", "delivery-tag", tag)
				c.unknownTag(tag, name)
			}},
			fact{name: "§5.5 " + name + " of a delivery without ack", run: func(c *client) {
				c.get(c.window(1), "delivery-tag", 1)
				c.unknownTag(1, name)
			}},
			fact{name: "§5.5 " + name + " of another channel's tag", run: func(c *client) {
				c.take(c.window(1))
				c.sibling().unknownTag(1, name)
			}},
			fact{name: "§5.5 " + name + " of tag 0", run: func(c *client) {
				c.take(c.window(1))
				c.unknownTag(0, name)
			}})
	}
	return facts
}

// taken takes n messages of a new queue, tags 1 to n.
func (c *client) taken(n int) string {
	c.t.Helper()
	q := c.window(n)
	for range n {
		c.take(q)
	}
	return q
}

var settleFacts = []fact{
	{name: "§5.5 an acked message is gone", run: func(c *client) {
		q := c.taken(1)
		c.send("basic.ack", "delivery-tag", 1)
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.empty(q)
	}},
	{name: "§5.5 ack multiple settles up to the tag", run: func(c *client) {
		q := c.taken(3)
		c.send("basic.ack multiple", "delivery-tag", 2)
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.drain(q, "3")
	}},
	{name: "§5.5 acks may come in any order", run: func(c *client) {
		q := c.taken(3)
		c.send("basic.ack", "delivery-tag", 3)
		c.send("basic.ack", "delivery-tag", 1)
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.drain(q, "2")
	}},
	{name: "§5.5 ack multiple over gaps", run: func(c *client) {
		q := c.taken(4)
		c.send("basic.ack", "delivery-tag", 2)
		c.send("basic.ack multiple", "delivery-tag", 3)
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.drain(q, "4")
	}},
	{name: "§5.5 ack multiple of a tag too high settles nothing", run: func(c *client) {
		q := c.taken(2)
		c.unknownTag(3, "basic.ack multiple")
		c.drain(q, "1", "2")
	}},
	{name: "§5.5 ack multiple of a settled tag settles nothing", run: func(c *client) {
		q := c.taken(2)
		c.send("basic.ack", "delivery-tag", 2)
		c.unknownTag(2, "basic.ack multiple")
		c.drain(q, "1")
	}},
	{name: "§5.5 tag 0 multiple settles everything", run: func(c *client) {
		q := c.taken(3)
		c.send("basic.ack multiple", "delivery-tag", 0)
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.empty(q)
	}},
	{name: "§5.5 tag 0 multiple when nothing is outstanding", run: func(c *client) {
		c.send("basic.ack multiple", "delivery-tag", 0)
		c.send("basic.nack multiple requeue", "delivery-tag", 0)
		c.call("channel.flow active")
	}},
	{name: "§5.5 reject requeue: back to its position, redelivered", run: func(c *client) {
		q := c.window(3)
		c.take(q, "redelivered", false)
		c.send("basic.reject requeue", "delivery-tag", 1)
		c.get(q, "body", "1", "redelivered", true)
		c.get(q, "body", "2", "redelivered", false)
	}},
	{name: "§5.5 nack requeue in the middle: back to its position", run: func(c *client) {
		q := c.window(4)
		for range 3 {
			c.take(q)
		}
		c.send("basic.nack requeue", "delivery-tag", 2)
		c.send("basic.nack requeue", "delivery-tag", 1)
		c.drain(q, "1", "2", "4")
	}},
	{name: "§5.5 nack multiple requeue keeps the order", run: func(c *client) {
		q := c.taken(3)
		c.send("basic.nack multiple requeue", "delivery-tag", 3)
		c.drain(q, "1", "2", "3")
	}},
	{name: "§5.5 a requeued message may go to the same consumer at once", run: func(c *client) {
		q := c.window(1)
		tag := c.consume(q)
		c.send("basic.reject requeue", "delivery-tag", c.deliver("redelivered", false))
		c.deliver("body", "1", "redelivered", true, "consumer-tag", tag, "delivery-tag", 2)
	}},
	{name: "§5.5 reject without requeue drops", run: func(c *client) {
		q := c.taken(1)
		c.send("basic.reject", "delivery-tag", 1)
		c.empty(q)
	}},
	{name: "§5.5 nack multiple without requeue drops all", run: func(c *client) {
		q := c.taken(3)
		c.send("basic.nack multiple", "delivery-tag", 3)
		c.empty(q)
	}},
	{name: "§5.5 a multiple ack spans queues", run: func(c *client) {
		q, r := c.window(1), c.window(1)
		c.take(q)
		c.take(r)
		c.send("basic.ack multiple", "delivery-tag", 2)
		c.unknownTag(1, "basic.ack")
		c.empty(q)
		c.empty(r)
	}},
	{name: "§5.5 channel loss requeues in position", run: func(c *client) {
		q := c.queue()
		s := c.sibling()
		c.put(q, "1", "2", "3")
		c.ready(q, 3)
		s.take(q, "body", "1")
		s.take(q, "body", "2")
		s.call("channel.close", "code", 200)
		c.get(q, "body", "1", "redelivered", true)
		c.get(q, "body", "2", "redelivered", true)
		c.get(q, "body", "3", "redelivered", false)
	}},
	{name: "§5.5 a message delivered to a closing channel is redelivered to another consumer", run: func(c *client) {
		q := c.window(1)
		s := c.sibling()
		s.consume(q)
		s.delivers("1")
		c.consume(q)
		s.call("channel.close", "code", 200)
		c.deliver("body", "1", "redelivered", true)
	}},
}

var recoverFacts = []fact{
	{name: "§5.5 recover requeue: everything of the channel, in order", run: func(c *client) {
		q := c.taken(3)
		c.call("basic.recover requeue")
		c.get(q, "body", "1", "redelivered", true)
		c.drain(q, "2", "3")
	}},
	{name: "§5.5 recover requeue redelivers to the consumer", run: func(c *client) {
		q := c.window(2)
		c.consume(q)
		c.delivers("1", "2")
		c.send("basic.recover requeue")
		got := map[string]int{}
		for range 3 {
			ev, err := c.next(c.ch, deadline())
			if err != nil {
				c.fail("%v", err)
			}
			got[ev.name]++
		}
		if got["basic.recover-ok"] != 1 || got["basic.deliver"] != 2 {
			c.fail("%v", got)
		}
	}},
	{name: "§5.5 recover-async requeue: no reply", run: func(c *client) {
		q := c.taken(2)
		c.send("basic.recover-async requeue")
		c.drain(q, "1", "2")
	}},
	{name: "§5.5 recover leaves no tag outstanding", run: func(c *client) {
		c.taken(1)
		c.call("basic.recover requeue")
		c.unknownTag(1, "basic.ack")
	}},
	{name: "§5.5 recover when nothing is outstanding", run: func(c *client) { c.call("basic.recover requeue") }},
	{name: "§5.5 recover without requeue", run: func(c *client) {
		c.refuseHard(540, "requeue=false", "basic.recover")
	}},
	{name: "§5.5 recover-async without requeue", run: func(c *client) {
		c.refuseHard(540, "requeue=false", "basic.recover-async")
	}},
}

// quorum declares a quorum queue, with further arguments, and publishes to it with confirms.
func (c *client) quorum(args table, bodies ...string) string {
	c.t.Helper()
	q := c.queue("durable", append(args, quorumQueue...))
	c.call("confirm.select")
	c.put(q, bodies...)
	if len(bodies) > 0 {
		c.settled(uint64(len(bodies)))
	}
	return q
}

var quorumSettleFacts = []fact{
	{name: "§5.5 quorum: without a delivery limit a requeued message goes to the tail", run: func(c *client) {
		q := c.quorum(nil, "1", "2")
		c.send("basic.nack requeue", "delivery-tag", c.take(q, "body", "1"))
		c.ready(q, 2)
		c.drain(q, "2", "1")
	}},
	{name: "§5.5 quorum: with a delivery limit it comes back first", run: func(c *client) {
		q := c.quorum(table{"x-delivery-limit", 5}, "1", "2")
		c.send("basic.nack requeue", "delivery-tag", c.take(q, "body", "1"))
		c.ready(q, 2)
		c.drain(q, "1", "2")
	}},
	{name: "§5.5 quorum: x-delivery-count counts requeues", run: func(c *client) {
		q := c.quorum(nil, "m")
		for n := range 3 {
			tag := c.take(q, "redelivered", n > 0, "headers", table{"x-delivery-count", int64(n)})
			c.send("basic.nack requeue", "delivery-tag", tag)
			c.ready(q, 1)
		}
	}},
	{name: "§5.5 quorum: a delivery has x-delivery-count from the second time on", run: func(c *client) {
		q := c.quorum(nil, "m")
		c.consume(q)
		c.send("basic.nack requeue", "delivery-tag", c.deliver("headers", absent{}, "redelivered", false))
		c.deliver("headers", table{"x-delivery-count", int64(1)}, "redelivered", true)
	}},
	{name: "§5.5 quorum: on consumer loss messages come back first and in order", run: func(c *client) {
		q := c.quorum(nil, "1", "2", "3", "4")
		s := c.peer()
		s.qos("", 2)
		s.consume(q)
		s.delivers("1", "2")
		s.nc.Close()
		c.ready(q, 4)
		c.get(q, "body", "1", "redelivered", true)
		c.drain(q, "2", "3", "4")
	}},
	{name: "§5.5 quorum: x-delivery-count counts the loss of a consumer", run: func(c *client) {
		q := c.quorum(nil, "m")
		s := c.peer()
		s.consume(q)
		s.delivers("m")
		s.zero().call("connection.close", "code", 200)
		c.ready(q, 1)
		c.get(q, "headers", table{"x-delivery-count", int64(1)}, "redelivered", true)
	}},
	{name: "§5.5 quorum: multiple acks", run: func(c *client) {
		q := c.quorum(nil, "1", "2", "3")
		s := c.peer()
		for range 3 {
			s.take(q)
		}
		s.send("basic.ack multiple", "delivery-tag", 2)
		s.call("channel.close", "code", 200)
		c.ready(q, 1)
		c.drain(q, "3")
	}},
	{name: "§5.5 quorum: over the delivery limit a message is dropped", run: func(c *client) {
		q := c.quorum(table{"x-delivery-limit", 2}, "m")
		for range 3 {
			c.send("basic.nack requeue", "delivery-tag", c.take(q))
			c.call("channel.flow active")
		}
		c.eventually("the message is gone", func() bool { return len(c.all(q)) == 0 })
	}},
	{name: "§5.5 quorum: over the delivery limit a message is dead-lettered with reason delivery_limit", run: func(c *client) {
		d := c.queue()
		q := c.quorum(table{"x-delivery-limit", 1, "x-dead-letter-exchange", "", "x-dead-letter-routing-key", d}, "m")
		c.consume(q)
		for range 2 {
			c.send("basic.nack requeue", "delivery-tag", c.deliver())
		}
		c.ready(d, 1)
		c.header(c.get(d, "body", "m"), "x-first-death-reason", "delivery_limit")
	}},
}

var ackFacts = slices.Concat(unknownTagFacts(), settleFacts, recoverFacts, quorumSettleFacts)
