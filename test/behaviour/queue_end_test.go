package behaviour_test

import "time"

// queueEndFacts are about everything that ends queues or empties them.
var queueEndFacts = []fact{
	{name: "§4.7 deleting a missing queue", run: func(c *client) {
		c.send("queue.delete", "queue", c.name())
		c.expect("queue.delete-ok", "message-count", 0)
	}},
	{name: "§4.7 deleting a missing queue with both flags", run: func(c *client) {
		c.send("queue.delete if-unused if-empty", "queue", c.name())
		c.expect("queue.delete-ok", "message-count", 0)
	}},
	{name: "§4.7 delete-ok counts ready messages", run: func(c *client) {
		q := c.window(3)
		c.take(q)
		c.send("queue.delete", "queue", q)
		c.expect("queue.delete-ok", "message-count", 2)
		c.missing(q)
	}},
	{name: "§4.7 delete nowait: no reply", run: func(c *client) {
		q := c.queue()
		c.send("queue.delete nowait", "queue", q)
		c.missing(q)
	}},
	{name: "§4.7 if-empty and not empty", run: func(c *client) {
		c.refuse(406, "RES(queue) not empty", "queue.delete if-empty", "queue", c.window(1))
	}},
	{name: "§4.7 if-empty and empty", run: func(c *client) { c.call("queue.delete if-empty", "queue", c.queue()) }},
	{name: "§4.7 if-unused with a consumer", run: func(c *client) {
		q := c.queue()
		c.consume(q)
		c.refuse(406, "RES(queue) in use", "queue.delete if-unused", "queue", q)
	}},
	{name: "§4.7 if-unused without consumers", run: func(c *client) { c.call("queue.delete if-unused", "queue", c.window(1)) }},
	{name: "§4.7 if-empty is checked before if-unused", run: func(c *client) {
		q := c.window(2)
		c.qos("", 1)
		c.consume(q)
		c.delivers("1")
		c.refuse(406, "RES(queue) not empty", "queue.delete if-unused if-empty", "queue", q)
	}},
	{name: "§4.7 quorum: if-unused", run: func(c *client) {
		c.refuseHard(540, "cannot delete RES(queue). queue.delete operations with if-unused flag set are not supported by quorum queues",
			"queue.delete if-unused", "queue", c.queue("durable", quorumQueue))
	}},
	{name: "§4.7 quorum: if-empty", run: func(c *client) {
		c.refuseHard(540, "cannot delete RES(queue). queue.delete operations with if-empty flag set are not supported by quorum queues",
			"queue.delete if-empty", "queue", c.queue("durable", quorumQueue))
	}},
	{name: "§4.7 quorum: delete", run: func(c *client) {
		q := c.queue("durable", quorumQueue)
		c.call("queue.delete", "queue", q)
		c.missing(q)
	}},
	{name: "§4.7 purging a missing queue", run: func(c *client) {
		c.refuse(404, "no RES(queue)", "queue.purge", "queue", c.name())
	}},
	{name: "§4.7 purge removes ready messages and counts them", run: func(c *client) {
		q := c.window(3)
		tag := c.take(q)
		c.send("queue.purge", "queue", q)
		c.expect("queue.purge-ok", "message-count", 2)
		c.empty(q)
		c.send("basic.nack requeue", "delivery-tag", tag)
		c.drain(q, "1")
	}},
	{name: "§4.7 purge nowait: no reply", run: func(c *client) {
		q := c.window(3)
		c.send("queue.purge nowait", "queue", q)
		c.empty(q)
	}},
	{name: "§4.7 delete: delete-ok to the caller, basic.cancel to the consumers", run: func(c *client) {
		q := c.queue()
		s := c.sibling()
		tag, tag2 := s.consume(q), s.consume(q)
		c.call("queue.delete", "queue", q)
		got := map[any]bool{}
		for range 2 {
			got[s.expect("basic.cancel", "nowait", true).values["consumer-tag"]] = true
		}
		if !got[tag] || !got[tag2] {
			s.fail("%v", got)
		}
	}},
	{name: "§4.7 delete by the consumer's own channel: delete-ok first", run: func(c *client) {
		q := c.queue()
		tag := c.consume(q)
		c.call("queue.delete", "queue", q)
		c.expect("basic.cancel", "consumer-tag", tag, "nowait", true)
	}},
	{name: "§4.7 after delete unacknowledged deliveries may still be acked", run: func(c *client) {
		q := c.window(1)
		tag := c.take(q)
		c.call("queue.delete", "queue", q)
		c.send("basic.ack", "delivery-tag", tag)
		c.call("channel.flow active")
	}},
	{name: "§4.7 deletion and purge do not dead-letter", run: func(c *client) {
		d := c.queue()
		args := table{"x-dead-letter-exchange", "", "x-dead-letter-routing-key", d}
		q, r := c.queue(args), c.queue(args)
		c.put(q, "m")
		c.put(r, "m")
		c.ready(q, 1)
		c.ready(r, 1)
		c.call("queue.delete", "queue", q)
		c.call("queue.purge", "queue", r)
		c.empty(d)
	}},
	{name: "§4.7 auto-delete: gone with the last consumer's cancel", run: func(c *client) {
		q := c.queue("auto-delete")
		tag, tag2 := c.consume(q), c.consume(q)
		c.call("basic.cancel", "consumer-tag", tag)
		c.consumers(q, 1)
		c.call("basic.cancel", "consumer-tag", tag2)
		c.gone(q)
	}},
	{name: "§4.7 auto-delete: gone with the consumer's channel", run: func(c *client) {
		q := c.queue("auto-delete")
		s := c.sibling()
		s.consume(q)
		s.call("channel.close", "code", 200)
		c.gone(q)
	}},
	{name: "§4.7 auto-delete: gone with the consumer's connection", run: func(c *client) {
		q := c.queue("auto-delete")
		s := c.peer()
		s.consume(q)
		s.nc.Close()
		c.gone(q)
	}},
	{name: "§4.7 auto-delete: messages do not keep it", run: func(c *client) {
		q := c.queue("auto-delete")
		c.put(q, "m", "n")
		c.call("basic.cancel", "consumer-tag", c.consumeLimited(q))
		c.gone(q)
	}},
	{name: "§4.7 auto-delete: never consumed stays, basic.get does not count", run: func(c *client) {
		q := c.queue("auto-delete")
		c.put(q, "m")
		c.drain(q, "m")
		c.silent(100 * time.Millisecond)
		c.ready(q, 0)
	}},
	{name: "§4.7 x-expires: gone after the interval", run: func(c *client) {
		c.expires(c.queue(table{"x-expires", 400}), 400*time.Millisecond)
	}},
	{name: "§4.7 x-expires: get and declare start the interval again", run: func(c *client) {
		q := c.queue(table{"x-expires", 12000})
		c.silent(8 * time.Second)
		c.empty(q)
		c.silent(8 * time.Second)
		c.call("queue.declare", "queue", q, "arguments", table{"x-expires", 12000})
		c.silent(8 * time.Second)
		c.ready(q, 0)
	}},
	{name: "§4.7 x-expires: publish does not start the interval again", run: func(c *client) {
		q := c.queue(table{"x-expires", 800})
		c.eventually("queue "+q+" gone", func() bool {
			c.send("basic.publish mandatory", "routing-key", q, "body", "m")
			ev, err := c.next(c.ch, time.Now().Add(200*time.Millisecond))
			return err == nil && ev.name == "basic.return"
		})
	}},
	{name: "§4.7 x-expires: a consumer suspends it, its end starts it", run: func(c *client) {
		q := c.queue(table{"x-expires", 3000})
		tag := c.consume(q)
		c.silent(4500 * time.Millisecond)
		c.consumers(q, 1)
		c.call("basic.cancel", "consumer-tag", tag)
		c.expires(q, 3*time.Second)
	}},
	{name: "§4.7 x-expires does not dead-letter", run: func(c *client) {
		d := c.queue()
		q := c.queue(table{"x-expires", 200, "x-dead-letter-exchange", "", "x-dead-letter-routing-key", d})
		c.put(q, "m")
		c.expires(q, 200*time.Millisecond)
		c.empty(d)
	}},
}

// expires waits until a queue with x-expires is gone. A passive declare starts the interval again, so it asks after
// twice the interval.
func (c *client) expires(queue string, interval time.Duration) {
	c.t.Helper()
	c.eventually("queue "+queue+" gone", func() bool {
		c.silent(2 * interval)
		return !c.exists(queue)
	})
}

// consumeLimited starts a consumer that takes one message and returns its tag.
func (c *client) consumeLimited(queue string) string {
	c.t.Helper()
	c.qos("", 1)
	tag := c.consume(queue)
	c.deliver()
	return tag
}
