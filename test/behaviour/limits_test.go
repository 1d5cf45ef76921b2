package behaviour_test

// putConfirmed publishes to a queue on a confirm channel and expects a verdict a letter: a ack, n nack.
func (c *client) putConfirmed(queue, verdicts string) {
	c.t.Helper()
	for i, v := range verdicts {
		c.publish("", queue, string(rune('1'+i)))
		if v == 'n' {
			c.expect("basic.nack", "delivery-tag", i+1)
		} else {
			c.expect("basic.ack", "delivery-tag", i+1)
		}
	}
}

// lengthFacts are about x-max-length, x-max-length-bytes and x-overflow (amqp-behaviour §4.5).
var lengthFacts = []fact{
	{name: "§4.5 drop-head keeps the newest", run: func(c *client) {
		q := c.queue(table{"x-max-length", 2})
		c.put(q, "1", "2", "3", "4")
		c.drain(q, "3", "4")
	}},
	{name: "§4.5 drop-head acks every publish", run: func(c *client) {
		q := c.queue(table{"x-max-length", 1, "x-overflow", "drop-head"})
		c.call("confirm.select")
		c.putConfirmed(q, "aaa")
		c.drain(q, "3")
	}},
	{name: "§4.5 unacknowledged messages do not count", run: func(c *client) {
		q := c.queue(table{"x-max-length", 1})
		c.put(q, "1")
		c.take(q, "body", "1")
		c.put(q, "2")
		c.take(q, "body", "2")
		c.put(q, "3", "4")
		c.drain(q, "4")
	}},
	{name: "§4.5 bytes: body octets count", run: func(c *client) {
		q := c.queue(table{"x-max-length-bytes", 10})
		c.put(q, "12345", "67890")
		c.ready(q, 2)
		c.put(q, "x")
		c.drain(q, "67890", "x")
	}},
	{name: "§4.5 bytes: headers and keys do not count", run: func(c *client) {
		q := c.queue(table{"x-max-length-bytes", 2})
		c.publish("", q, "12", "headers", table{"long", "a long header value"}, "message-id", "id")
		c.drain(q, "12")
	}},
	{name: "§4.5 bytes: a message over the limit empties the queue and goes itself", run: func(c *client) {
		q := c.queue(table{"x-max-length-bytes", 5})
		c.put(q, "1", "2", "123456")
		c.drain(q)
	}},
	{name: "§4.5 length and bytes both hold", run: func(c *client) {
		q := c.queue(table{"x-max-length", 3, "x-max-length-bytes", 4})
		c.put(q, "1", "2", "3", "4")
		c.ready(q, 3)
		c.put(q, "55")
		c.drain(q, "3", "4", "55")
		c.put(q, "123", "45")
		c.drain(q, "45")
	}},
	{name: "§4.5 dropped messages are dead-lettered with reason maxlen, in order", run: func(c *client) {
		d := c.queue()
		q := c.queue(table{"x-max-length", 1, "x-dead-letter-exchange", "", "x-dead-letter-routing-key", d})
		c.put(q, "1", "2", "3")
		c.drain(q, "3")
		c.ready(d, 2)
		c.get(d, "body", "1")
		ev := c.get(d, "body", "2")
		c.header(ev, "x-first-death-reason", "maxlen")
	}},
	{name: "§4.5 drop-head holds on requeue too: the head goes", run: func(c *client) {
		q := c.queue(table{"x-max-length", 2})
		c.put(q, "1", "2")
		tag := c.take(q, "body", "1")
		c.put(q, "3")
		c.ready(q, 2)
		c.send("basic.nack requeue", "delivery-tag", tag)
		c.drain(q, "2", "3")
	}},
	{name: "§4.5 reject-publish nacks what would exceed the limit", run: func(c *client) {
		q := c.queue(table{"x-max-length", 2, "x-overflow", "reject-publish"})
		c.call("confirm.select")
		c.putConfirmed(q, "aann")
		c.drain(q, "1", "2")
	}},
	{name: "§4.5 reject-publish without confirms drops silently", run: func(c *client) {
		q := c.queue(table{"x-max-length", 1, "x-overflow", "reject-publish"})
		c.put(q, "1", "2")
		c.drain(q, "1")
	}},
	{name: "§4.5 reject-publish takes again after a get", run: func(c *client) {
		q := c.queue(table{"x-max-length", 1, "x-overflow", "reject-publish"})
		c.call("confirm.select")
		c.putConfirmed(q, "an")
		c.drain(q, "1")
		c.put(q, "3")
		c.expect("basic.ack", "delivery-tag", 3)
		c.drain(q, "3")
	}},
	{name: "§4.5 reject-publish: requeue may exceed the limit", run: func(c *client) {
		q := c.queue(table{"x-max-length", 1, "x-overflow", "reject-publish"})
		c.put(q, "1")
		tag := c.take(q)
		c.put(q, "2")
		c.ready(q, 1)
		c.send("basic.nack requeue", "delivery-tag", tag)
		c.drain(q, "1", "2")
	}},
	{name: "§4.5 reject-publish by bytes", run: func(c *client) {
		q := c.queue(table{"x-max-length-bytes", 2, "x-overflow", "reject-publish"})
		c.call("confirm.select")
		c.putConfirmed(q, "aan")
		c.drain(q, "1", "2")
	}},
	{name: "§4.5 reject-publish does not dead-letter", run: func(c *client) {
		d := c.queue()
		q := c.queue(table{"x-max-length", 1, "x-overflow", "reject-publish", "x-dead-letter-exchange", "", "x-dead-letter-routing-key", d})
		c.call("confirm.select")
		c.putConfirmed(q, "an")
		c.nothing(d)
		c.empty(d)
	}},
	{name: "§4.5 reject-publish-dlx nacks and dead-letters the refused message", run: func(c *client) {
		d := c.queue()
		q := c.queue(table{"x-max-length", 1, "x-overflow", "reject-publish-dlx", "x-dead-letter-exchange", "", "x-dead-letter-routing-key", d})
		c.call("confirm.select")
		c.putConfirmed(q, "an")
		c.ready(d, 1)
		c.header(c.get(d, "body", "2"), "x-first-death-reason", "maxlen")
		c.drain(q, "1")
	}},
	{name: "§4.5 max-length 0 still delivers to a waiting consumer", run: func(c *client) {
		q := c.queue(table{"x-max-length", 0})
		c.put(q, "lost")
		c.empty(q)
		c.consume(q)
		c.put(q, "m")
		c.delivers("m")
	}},
	{name: "§4.5 max-length 0 with reject-publish always nacks, consumer or not", run: func(c *client) {
		q := c.queue(table{"x-max-length", 0, "x-overflow", "reject-publish"})
		c.consume(q)
		c.call("confirm.select")
		c.putConfirmed(q, "nn")
	}},
	{name: "§4.5 with x-max-priority the highest priority is dropped first", run: func(c *client) {
		q := c.queue(table{"x-max-length", 2, "x-max-priority", 5})
		c.publish("", q, "low", "priority", 1)
		c.publish("", q, "high", "priority", 5)
		c.publish("", q, "middle", "priority", 3)
		c.drain(q, "middle", "low")
	}},
	{name: "§4.5 quorum: drop-head is exact", run: func(c *client) {
		q := c.queue("durable", table{"x-queue-type", "quorum", "x-max-length", 2})
		c.call("confirm.select")
		c.putConfirmed(q, "aaa")
		c.ready(q, 2)
		c.get(q, "body", "2")
	}},
}

// header checks one header of a message.
func (c *client) header(ev event, key string, want any) {
	c.t.Helper()
	headers, _ := ev.values["headers"].(table)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == key {
			if !equal(want, headers[i+1]) {
				c.fail("header %s:\n  got  %v\n  want %v", key, headers[i+1], want)
			}
			return
		}
	}
	c.fail("no header %s in %v", key, headers)
}
