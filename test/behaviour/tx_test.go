package behaviour_test

// txFacts are about transactions (amqp-behaviour §6).
var txFacts = []fact{
	{name: "§6 tx.select is repeatable", run: func(c *client) {
		c.call("tx.select")
		c.call("tx.select")
	}},
	{name: "§6 commit without select", run: func(c *client) { c.refuse(406, "channel is not transactional", "tx.commit") }},
	{name: "§6 rollback without select", run: func(c *client) { c.refuse(406, "channel is not transactional", "tx.rollback") }},
	{name: "§6 commit and rollback of nothing", run: func(c *client) {
		c.call("tx.select")
		c.call("tx.commit")
		c.call("tx.rollback")
	}},
	{name: "§6 a publish is delivered at commit", run: func(c *client) {
		q := c.queue()
		c.call("tx.select")
		c.put(q, "1", "2")
		c.empty(q)
		c.call("tx.commit")
		c.drain(q, "1", "2")
	}},
	{name: "§6 rollback drops publishes", run: func(c *client) {
		q := c.queue()
		c.call("tx.select")
		c.put(q, "dropped")
		c.call("tx.rollback")
		c.put(q, "kept")
		c.call("tx.commit")
		c.drain(q, "kept")
	}},
	{name: "§6 routing happens at publish", run: func(c *client) {
		x := c.exchange("fanout")
		q := c.bound(x, "")
		c.call("tx.select")
		c.publish(x, "", "m")
		c.call("queue.unbind", "queue", q, "exchange", x)
		c.call("tx.commit")
		c.drain(q, "m")
	}},
	{name: "§6 a missing exchange closes the channel at the publish", run: func(c *client) {
		c.call("tx.select")
		c.refuse(404, "no RES(exchange)", "basic.publish", "exchange", c.name())
	}},
	{name: "§6 returns come during commit, before commit-ok", run: func(c *client) {
		q := c.queue()
		c.call("tx.select")
		c.send("basic.publish mandatory", "routing-key", c.name(), "body", "m")
		c.nothing(q)
		c.send("tx.commit")
		c.expect("basic.return", "code", 312, "body", "m")
		c.expect("tx.commit-ok")
	}},
	{name: "§6 an ack takes effect at commit", run: func(c *client) {
		q := c.taken(1)
		c.call("tx.select")
		c.send("basic.ack", "delivery-tag", 1)
		c.call("tx.commit")
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.empty(q)
	}},
	{name: "§6 without commit an ack is undone by the channel's end", run: func(c *client) {
		q := c.taken(1)
		c.call("tx.select")
		c.send("basic.ack", "delivery-tag", 1)
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.get(q, "body", "1", "redelivered", true)
	}},
	{name: "§6 an acked tag leaves the outstanding set at once", run: func(c *client) {
		c.taken(1)
		c.call("tx.select")
		c.send("basic.ack", "delivery-tag", 1)
		c.unknownTag(1, "basic.ack")
	}},
	{name: "§6 rollback restores acked tags and redelivers nothing", run: func(c *client) {
		q := c.taken(2)
		c.call("tx.select")
		c.send("basic.ack", "delivery-tag", 1)
		c.call("tx.rollback")
		c.nothing(q)
		c.empty(q)
		c.send("basic.ack multiple", "delivery-tag", 2)
		c.call("tx.commit")
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.empty(q)
	}},
	{name: "§6 nack requeue takes effect at commit", run: func(c *client) {
		q := c.taken(1)
		c.call("tx.select")
		c.send("basic.nack requeue", "delivery-tag", 1)
		c.empty(q)
		c.call("tx.commit")
		c.ready(q, 1)
		c.get(q, "body", "1", "redelivered", true)
	}},
	{name: "§6 reject dead-letters at commit", run: func(c *client) {
		q, d := c.lettered()
		c.put(q, "m")
		c.call("tx.select")
		c.call("tx.commit")
		c.reject(q)
		c.empty(d)
		c.call("tx.commit")
		c.ready(d, 1)
	}},
	{name: "§6 what is sent behind tx.commit waits for it", differs: "RabbitMQ closes the connection, amqpd answers in order", run: func(c *client) {
		q := c.queue("durable")
		c.call("tx.select")
		c.publish("", q, "m", "delivery-mode", 2)
		c.write(append(c.encode("tx.commit"), c.encode("queue.declare passive", "queue", q)...))
		c.expect("tx.commit-ok")
		c.expect("queue.declare-ok", "message-count", 1)
	}},
	{name: "§6 a queue refuses a message: partial tx completion, the rest is applied", run: func(c *client) {
		q := c.queue()
		full := c.queue(table{"x-max-length", 0, "x-overflow", "reject-publish"})
		c.call("tx.select")
		c.put(q, "m")
		c.put(full, "m")
		c.refuse(406, "partial tx completion", "tx.commit")
		c.drain(q, "m")
	}},
	{name: "§6 the channel's end rolls back", run: func(c *client) {
		q := c.queue()
		s := c.sibling()
		s.call("tx.select")
		s.put(q, "m")
		s.call("channel.close", "code", 200)
		c.empty(q)
	}},
	{name: "§6 declare, bind, purge and delete are not transactional", run: func(c *client) {
		c.call("tx.select")
		x := c.exchange("fanout")
		q := c.bound(x, "")
		c.call("tx.rollback")
		c.publish(x, "", "m")
		c.call("tx.commit")
		c.ready(q, 1)
		c.call("queue.purge", "queue", q)
		c.call("tx.rollback")
		c.empty(q)
	}},
	{name: "§6 a get without ack is not transactional", run: func(c *client) {
		q := c.window(1)
		c.call("tx.select")
		c.get(q, "body", "1")
		c.call("tx.rollback")
		c.empty(q)
	}},
	{name: "§6 consumers deliver inside a transaction", run: func(c *client) {
		q := c.window(1)
		c.call("tx.select")
		c.consume(q)
		c.delivers("1")
	}},
	{name: "§6 commit-ok comes after persistent messages are stored", run: func(c *client) {
		q, r := c.queue("durable"), c.queue("durable")
		c.call("tx.select")
		for range 20 {
			c.publish("", q, "m", "delivery-mode", 2)
			c.publish("", r, "m", "delivery-mode", 2)
		}
		c.call("tx.commit")
		c.ready(q, 20)
		c.ready(r, 20)
	}},
	{name: "§6 a second transaction begins after commit", run: func(c *client) {
		q := c.queue()
		c.call("tx.select")
		c.put(q, "1")
		c.call("tx.commit")
		c.put(q, "2")
		c.drain(q, "1")
		c.call("tx.commit")
		c.drain(q, "2")
	}},
	{name: "§6 quorum: a publish is delivered at commit", run: func(c *client) {
		q := c.queue("durable", quorumQueue)
		c.call("tx.select")
		c.put(q, "m")
		c.call("tx.commit")
		c.get(q, "body", "m")
	}},
}
