package behaviour_test

// priorityFacts are about x-max-priority and about headers that the broker adds or edits (amqp-behaviour §5.9, §5.10).
var priorityFacts = []fact{
	{name: "§5.9 higher first, first in first out inside a level", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 5})
		for _, m := range []struct {
			body     string
			priority int
		}{{"low1", 1}, {"high1", 5}, {"low2", 1}, {"mid", 3}, {"high2", 5}} {
			c.publish("", q, m.body, "priority", m.priority)
		}
		c.drain(q, "high1", "high2", "mid", "low1", "low2")
	}},
	{name: "§5.9 an absent priority is 0", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 5})
		c.put(q, "none")
		c.publish("", q, "one", "priority", 1)
		c.publish("", q, "zero", "priority", 0)
		c.drain(q, "one", "none", "zero")
	}},
	{name: "§5.9 a priority above the maximum counts as the maximum and stays as it is", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 5})
		c.publish("", q, "five", "priority", 5)
		c.publish("", q, "two hundred", "priority", 200)
		c.get(q, "body", "five")
		c.get(q, "body", "two hundred", "priority", 200)
	}},
	{name: "§5.9 requeue goes back to the place in its level", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 5})
		c.publish("", q, "low", "priority", 1)
		c.publish("", q, "high1", "priority", 5)
		c.publish("", q, "high2", "priority", 5)
		c.send("basic.nack requeue", "delivery-tag", c.take(q, "body", "high1"))
		c.drain(q, "high1", "high2", "low")
	}},
	{name: "§5.9 without x-max-priority the property is inert", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "low", "priority", 1)
		c.publish("", q, "high", "priority", 9)
		c.get(q, "body", "low", "priority", 1)
		c.get(q, "body", "high", "priority", 9)
	}},
	{name: "§5.9 x-max-priority 0 is no priority queue", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 0})
		c.publish("", q, "low", "priority", 1)
		c.publish("", q, "high", "priority", 9)
		c.drain(q, "low", "high")
	}},
	{name: "§5.9 x-max-priority 255", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 255})
		for _, p := range []int{0, 254, 255, 100} {
			c.publish("", q, "m", "priority", p)
		}
		for _, p := range []int{255, 254, 100, 0} {
			c.get(q, "priority", p)
		}
	}},
	{name: "§5.9 a consumer gets the highest of what waits", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 3})
		c.publish("", q, "low", "priority", 1)
		c.publish("", q, "high", "priority", 3)
		c.ready(q, 2)
		c.consume(q)
		c.delivers("high", "low")
	}},
	{name: "§5.9 purge and delete count all levels", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 3})
		for p := range 4 {
			c.publish("", q, "m", "priority", p)
		}
		c.ready(q, 4)
		c.send("queue.purge", "queue", q)
		c.expect("queue.purge-ok", "message-count", 4)
	}},
	{name: "§5.10 a classic queue adds no headers", run: func(c *client) {
		q := c.queue()
		c.put(q, "m")
		c.send("basic.nack requeue", "delivery-tag", c.take(q, "headers", absent{}))
		c.get(q, "headers", absent{}, "redelivered", true)
	}},
	{name: "§5.10 x-delivery-count is added to the publisher's headers", run: func(c *client) {
		q := c.quorum(nil)
		c.publish("", q, "m", "headers", table{"mine", "v"})
		c.settled(1)
		ev := c.get(q)
		c.header(ev, "mine", "v")
		c.header(ev, "x-delivery-count", int64(0))
	}},
}
