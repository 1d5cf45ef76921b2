package behaviour_test

// confirmFacts are about publisher confirms (amqp-behaviour §5.2).
var confirmFacts = []fact{
	{name: "§5.2 numbering starts at 1 with the first publish after select", run: func(c *client) {
		q := c.queue()
		c.put(q, "before")
		c.call("confirm.select")
		c.put(q, "after")
		c.expect("basic.ack", "delivery-tag", 1)
	}},
	{name: "§5.2 another select does not reset the numbering", run: func(c *client) {
		q := c.queue()
		c.call("confirm.select")
		c.put(q, "1")
		c.acked(1)
		c.call("confirm.select")
		c.put(q, "2")
		c.expect("basic.ack", "delivery-tag", 2)
	}},
	{name: "§5.2 select nowait: no reply", run: func(c *client) {
		c.send("confirm.select nowait")
		c.put(c.queue(), "1")
		c.acked(1)
	}},
	{name: "§5.2 confirm.select on a tx channel", run: func(c *client) {
		c.call("tx.select")
		c.refuse(406, "cannot switch from tx to confirm mode", "confirm.select")
	}},
	{name: "§5.2 tx.select on a confirm channel", run: func(c *client) {
		c.call("confirm.select")
		c.refuse(406, "cannot switch from confirm to tx mode", "tx.select")
	}},
	{name: "§5.2 unroutable: ack at once", run: func(c *client) {
		c.call("confirm.select")
		c.publish("", c.name(), "m")
		c.expect("basic.ack", "delivery-tag", 1)
	}},
	{name: "§5.2 mandatory and unroutable: the return comes before the ack", run: func(c *client) {
		c.call("confirm.select")
		c.send("basic.publish mandatory", "routing-key", c.name(), "body", "m")
		c.expect("basic.return", "code", 312)
		c.expect("basic.ack", "delivery-tag", 1)
	}},
	{name: "§5.2 transient message to a transient queue", run: func(c *client) {
		q := c.queue()
		c.call("confirm.select")
		c.publish("", q, "m", "delivery-mode", 1)
		c.expect("basic.ack", "delivery-tag", 1)
	}},
	{name: "§5.2 persistent message to a durable queue", run: func(c *client) {
		q := c.queue("durable")
		c.call("confirm.select")
		c.publish("", q, "m", "delivery-mode", 2)
		c.expect("basic.ack", "delivery-tag", 1)
	}},
	{name: "§5.2 persistent message to a transient queue", run: func(c *client) {
		q := c.queue()
		c.call("confirm.select")
		c.publish("", q, "m", "delivery-mode", 2)
		c.expect("basic.ack", "delivery-tag", 1)
	}},
	{name: "§5.2 persistent message to several durable queues: one ack", run: func(c *client) {
		x := c.exchange("fanout")
		for range 3 {
			q := c.queue("durable")
			c.bind(q, x, "")
		}
		c.call("confirm.select")
		c.publish(x, "", "m", "delivery-mode", 2)
		c.expect("basic.ack", "delivery-tag", 1)
		c.nothing(c.queue())
	}},
	{name: "§5.2 quorum", run: func(c *client) {
		q := c.queue("durable", quorumQueue)
		c.call("confirm.select")
		c.publish("", q, "m", "delivery-mode", 2)
		c.acked(1)
	}},
	{name: "§5.2 a message that a consumer takes without ack", run: func(c *client) {
		q := c.queue("durable")
		s := c.sibling()
		s.consume(q, "no-ack")
		c.call("confirm.select")
		c.publish("", q, "m", "delivery-mode", 2)
		s.delivers("m")
		c.acked(1)
	}},
	{name: "§5.2 TTL 0 without consumers: ack", run: func(c *client) {
		q := c.queue()
		c.call("confirm.select")
		c.publish("", q, "m", "expiration", "0")
		c.expect("basic.ack", "delivery-tag", 1)
	}},
	{name: "§5.2 every one of a thousand publishes is acked once", run: func(c *client) {
		q := c.queue("durable")
		c.call("confirm.select")
		const n = 1000
		for range n {
			c.publish("", q, "m", "delivery-mode", 2)
		}
		c.settled(n)
		c.nothing(q)
	}},
	{name: "§5.2 mixed persistent, transient and unroutable publishes are all acked", run: func(c *client) {
		q, none := c.queue("durable"), c.name()
		c.call("confirm.select")
		for i := range 300 {
			key := q
			if i%3 == 2 {
				key = none
			}
			c.publish("", key, "m", "delivery-mode", 1+i%2)
		}
		c.settled(300)
	}},
	{name: "§5.2 the queue is deleted before the confirm: ack all the same", run: func(c *client) {
		q := c.queue("durable")
		s := c.sibling()
		c.call("confirm.select")
		for range 200 {
			c.publish("", q, "m", "delivery-mode", 2)
		}
		s.call("queue.delete", "queue", q)
		c.settled(200)
	}},
	{name: "§5.2 one rejecting queue of several: nack, the others keep the message", run: func(c *client) {
		x := c.exchange("fanout")
		full := c.queue(table{"x-max-length", 0, "x-overflow", "reject-publish"})
		c.bind(full, x, "")
		q := c.bound(x, "")
		c.call("confirm.select")
		c.publish(x, "", "m")
		c.expect("basic.nack", "delivery-tag", 1)
		c.drain(q, "m")
	}},
	{name: "§5.2 the server's nack carries requeue", run: func(c *client) {
		q := c.queue(table{"x-max-length", 0, "x-overflow", "reject-publish"})
		c.call("confirm.select")
		c.put(q, "m")
		c.expect("basic.nack", "delivery-tag", 1, "requeue", true)
	}},
	{name: "§5.2 mandatory and rejected: nack without return", run: func(c *client) {
		q := c.queue(table{"x-max-length", 0, "x-overflow", "reject-publish"})
		c.call("confirm.select")
		c.send("basic.publish mandatory", "routing-key", q, "body", "m")
		c.expect("basic.nack", "delivery-tag", 1)
		c.nothing(q)
	}},
	{name: "§5.2 confirm tags are the channel's own", run: func(c *client) {
		q := c.queue()
		s := c.sibling()
		for _, ch := range []*client{c, s} {
			ch.call("confirm.select")
			ch.put(q, "m")
			ch.expect("basic.ack", "delivery-tag", 1)
		}
	}},
	{name: "§5.2 publisher tags and delivery tags are numbered apart", run: func(c *client) {
		q := c.queue()
		c.call("confirm.select")
		c.put(q, "1", "2")
		c.acked(2)
		c.get(q, "delivery-tag", 1)
		c.put(q, "3")
		c.acked(3)
	}},
	{name: "§5.2 without confirm.select there are no acks", run: func(c *client) {
		q := c.queue()
		c.put(q, "m")
		c.nothing(q)
	}},
}

// settled expects acks, single or multiple and in any order, until tags 1 to n are each acked once.
func (c *client) settled(n uint64) {
	c.t.Helper()
	open := map[uint64]bool{}
	for tag := uint64(1); tag <= n; tag++ {
		open[tag] = true
	}
	for len(open) > 0 {
		ev := c.expect("basic.ack")
		last := integer(ev.values["delivery-tag"])
		if !open[last] {
			c.fail("%d acked again", last)
		}
		delete(open, last)
		if ev.values["multiple"] == true {
			for tag := range open {
				if tag < last {
					delete(open, tag)
				}
			}
		}
	}
}
