package behaviour_test

// ends are the arguments for exchange.bind and exchange.unbind.
func ends(destination, source, key string) []any {
	return []any{"destination", destination, "source", source, "routing-key", key}
}

var bindingFacts = []fact{
	{name: "§3.4 binding a queue to the default exchange", run: func(c *client) {
		c.refuse(403, noDefault, "queue.bind", "queue", c.queue(), "exchange", "", "routing-key", "k")
	}},
	{name: "§3.4 unbinding a queue from the default exchange", run: func(c *client) {
		q := c.queue()
		c.refuse(403, noDefault, "queue.unbind", "queue", q, "exchange", "", "routing-key", q)
	}},
	{name: "§3.4 binding an exchange to the default exchange", run: func(c *client) {
		c.refuse(403, noDefault, "exchange.bind", ends(c.exchange("fanout"), "", "k")...)
	}},
	{name: "§3.4 binding the default exchange to an exchange", run: func(c *client) {
		c.refuse(403, noDefault, "exchange.bind", ends("", "amq.direct", "k")...)
	}},
	{name: "§3.4 unbinding the default exchange", run: func(c *client) {
		c.refuse(403, noDefault, "exchange.unbind", ends("", "amq.direct", "k")...)
	}},
	{name: "§3.4 bind, exchange and queue missing: the exchange is named", run: func(c *client) {
		c.refuse(404, "no RES(exchange)", "queue.bind", "queue", c.name(), "exchange", c.name(), "routing-key", "k")
	}},
	{name: "§3.4 bind, exchange missing", run: func(c *client) {
		c.refuse(404, "no RES(exchange)", "queue.bind", "queue", c.queue(), "exchange", c.name(), "routing-key", "k")
	}},
	{name: "§3.4 bind, queue missing", run: func(c *client) {
		c.refuse(404, "no RES(queue)", "queue.bind", "queue", c.name(), "exchange", "amq.direct", "routing-key", "k")
	}},
	{name: "§3.4 exchange.bind, source missing", run: func(c *client) {
		c.refuse(404, "no RES(source)", "exchange.bind", ends(c.exchange("fanout"), c.name(), "k")...)
	}},
	{name: "§3.4 exchange.bind, destination missing", run: func(c *client) {
		c.refuse(404, "no RES(destination)", "exchange.bind", ends(c.name(), "amq.direct", "k")...)
	}},
	{name: "§3.4 queue.unbind of a missing binding", run: func(c *client) {
		c.call("queue.unbind", "queue", c.queue(), "exchange", "amq.direct", "routing-key", "none")
	}},
	{name: "§3.4 queue.unbind of a missing queue", run: func(c *client) {
		c.call("queue.unbind", "queue", c.name(), "exchange", "amq.direct", "routing-key", "none")
	}},
	{name: "§3.4 queue.unbind of a missing exchange", run: func(c *client) {
		c.call("queue.unbind", "queue", c.queue(), "exchange", c.name(), "routing-key", "none")
	}},
	{name: "§3.4 exchange.unbind of missing exchanges", run: func(c *client) {
		c.call("exchange.unbind", ends(c.name(), c.name(), "none")...)
	}},
	{name: "§3.4 binding twice gives one binding", run: func(c *client) {
		x := c.exchange("direct")
		q := c.bound(x, "k")
		c.bind(q, x, "k")
		c.publish(x, "k", "m")
		c.drain(q, "m")
		c.call("queue.unbind", "queue", q, "exchange", x, "routing-key", "k")
		c.publish(x, "k", "m")
		c.empty(q)
	}},
	{name: "§3.4 the same key with other arguments is another binding, one copy", run: func(c *client) {
		x := c.exchange("direct")
		q := c.bound(x, "k")
		c.bind(q, x, "k", "a", 1)
		c.publish(x, "k", "once")
		c.drain(q, "once")
		c.call("queue.unbind", "queue", q, "exchange", x, "routing-key", "k")
		c.publish(x, "k", "still bound")
		c.drain(q, "still bound")
	}},
	{name: "§3.4 unbind with an equal value of another integer type does not match", run: func(c *client) {
		x := c.exchange("direct")
		q := c.bound(x, "k", "a", int32(1))
		c.call("queue.unbind", "queue", q, "exchange", x, "routing-key", "k", "arguments", table{"a", int64(1)})
		c.publish(x, "k", "m")
		c.drain(q, "m")
	}},
	{name: "§3.4 the order of a binding's arguments does not matter", run: func(c *client) {
		x := c.exchange("direct")
		q := c.bound(x, "k", "a", 1, "b", 2)
		c.call("queue.unbind", "queue", q, "exchange", x, "routing-key", "k", "arguments", table{"b", 2, "a", 1})
		c.publish(x, "k", "m")
		c.empty(q)
	}},
	{name: "§3.4 binding another connection's exclusive queue", run: func(c *client) {
		q := c.peer().queue("exclusive")
		c.refuse(405, lockText, "queue.bind", "queue", q, "exchange", "amq.direct", "routing-key", q)
	}},
	{name: "§3.4 unbinding another connection's exclusive queue", run: func(c *client) {
		other := c.peer()
		q := other.queue("exclusive")
		other.bind(q, "amq.direct", q)
		c.refuse(405, lockText, "queue.unbind", "queue", q, "exchange", "amq.direct", "routing-key", q)
	}},
	{name: "§3.4 unbinding a missing binding of another connection's exclusive queue", run: func(c *client) {
		q := c.peer().queue("exclusive")
		c.call("queue.unbind", "queue", q, "exchange", "amq.direct", "routing-key", "none")
	}},
	{name: "§3.4 an exchange may be bound to itself", run: func(c *client) {
		x := c.exchange("fanout")
		q := c.bound(x, "")
		c.call("exchange.bind", ends(x, x, "")...)
		c.publish(x, "", "m")
		c.drain(q, "m")
	}},
	{name: "§3.4 a cycle of exchanges gives one copy a queue", run: func(c *client) {
		x, y := c.exchange("fanout"), c.exchange("fanout")
		c.call("exchange.bind", ends(x, y, "")...)
		c.call("exchange.bind", ends(y, x, "")...)
		q, r := c.bound(x, ""), c.bound(y, "")
		c.publish(x, "", "m")
		c.drain(q, "m")
		c.drain(r, "m")
	}},
	{name: "§3.4 an internal exchange may be destination and source", run: func(c *client) {
		in, x := c.exchange("fanout"), c.exchange("fanout", "internal")
		c.call("exchange.bind", ends(x, in, "")...)
		q := c.bound(x, "")
		c.publish(in, "", "m")
		c.drain(q, "m")
	}},
	{name: "§3.4 exchange.bind and unbind", run: func(c *client) {
		x, y := c.exchange("direct"), c.exchange("fanout")
		q := c.bound(y, "")
		c.call("exchange.bind", ends(y, x, "k")...)
		c.publish(x, "k", "m")
		c.drain(q, "m")
		c.call("exchange.unbind", ends(y, x, "k")...)
		c.publish(x, "k", "m")
		c.empty(q)
	}},
	{name: "§3.4 queue.bind nowait: no reply", run: func(c *client) {
		x, q := c.exchange("direct"), c.queue()
		c.send("queue.bind nowait", "queue", q, "exchange", x, "routing-key", "k")
		c.publish(x, "k", "m")
		c.drain(q, "m")
	}},
	{name: "§3.4 exchange.bind and unbind nowait: no reply", run: func(c *client) {
		x, y := c.exchange("direct"), c.exchange("fanout")
		q := c.bound(y, "")
		c.send("exchange.bind nowait", ends(y, x, "k")...)
		c.publish(x, "k", "m")
		c.drain(q, "m")
		c.send("exchange.unbind nowait", ends(y, x, "k")...)
		c.publish(x, "k", "m")
		c.empty(q)
	}},
	{name: "§3.4 empty queue and empty key both become the last declared queue", run: func(c *client) {
		x, q := c.exchange("direct"), c.queue()
		c.call("queue.bind", "exchange", x)
		c.publish(x, q, "m")
		c.drain(q, "m")
	}},
	{name: "§3.4 empty queue with a key: only the queue is the last declared", run: func(c *client) {
		x, q := c.exchange("direct"), c.queue()
		c.call("queue.bind", "exchange", x, "routing-key", "k")
		c.publish(x, q, "not this")
		c.publish(x, "k", "this")
		c.drain(q, "this")
	}},
	{name: "§3.4 a named queue with an empty key: the key stays empty", run: func(c *client) {
		x, q := c.exchange("direct"), c.queue()
		c.bind(q, x, "")
		c.publish(x, q, "not this")
		c.publish(x, "", "this")
		c.drain(q, "this")
	}},
	{name: "§3.4 a deleted and redeclared queue has no bindings", run: func(c *client) {
		x := c.exchange("fanout")
		q := c.bound(x, "")
		c.call("queue.delete", "queue", q)
		c.call("queue.declare", "queue", q)
		c.publish(x, "", "m")
		c.empty(q)
	}},
}
