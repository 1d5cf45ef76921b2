package behaviour_test

import "time"

// governed declares a queue in vhost "behaviour" whose name ends in a suffix that a policy of testdata matches.
func (c *client) governed(suffix string, args ...any) (*client, string) {
	c.t.Helper()
	s := c.as("guest", "behaviour")
	q := c.grant(suffix)
	s.call("queue.declare", "queue", q, "arguments", table(args))
	return s, q
}

// policyFacts are about policies and arguments that say the same thing (amqp-behaviour §9.2).
var policyFacts = []fact{
	{name: "§9.2 max-length by policy", run: func(c *client) {
		s, q := c.governed("len2")
		s.put(q, "1", "2", "3")
		s.drain(q, "2", "3")
	}},
	{name: "§9.2 max-length: the smaller argument counts", run: func(c *client) {
		s, q := c.governed("len2", "x-max-length", 1)
		s.put(q, "1", "2", "3")
		s.drain(q, "3")
	}},
	{name: "§9.2 max-length: the smaller policy counts", run: func(c *client) {
		s, q := c.governed("len2", "x-max-length", 3)
		s.put(q, "1", "2", "3")
		s.drain(q, "2", "3")
	}},
	{name: "§9.2 max-length-bytes by policy", run: func(c *client) {
		s, q := c.governed("bytes4")
		s.put(q, "11", "22", "3")
		s.drain(q, "22", "3")
	}},
	{name: "§9.2 max-length-bytes: the smaller argument counts", run: func(c *client) {
		s, q := c.governed("bytes4", "x-max-length-bytes", 2)
		s.put(q, "11", "2", "3")
		s.drain(q, "2", "3")
	}},
	{name: "§9.2 message-ttl by policy", run: func(c *client) {
		s, q := c.governed("ttl")
		s.put(q, "m")
		s.ready(q, 0)
	}},
	{name: "§9.2 message-ttl: the smaller policy counts", run: func(c *client) {
		s, q := c.governed("ttl", "x-message-ttl", 60000)
		s.put(q, "m")
		s.ready(q, 0)
	}},
	{name: "§9.2 expires by policy", run: func(c *client) {
		s, q := c.governed("expires")
		s.expires(q, 300*time.Millisecond)
	}},
	{name: "§9.2 overflow by policy", run: func(c *client) {
		s, q := c.governed("overflow")
		s.call("confirm.select")
		s.putConfirmed(q, "an")
		s.drain(q, "1")
	}},
	{name: "§9.2 overflow: the argument wins on classic queues", run: func(c *client) {
		s, q := c.governed("overflow", "x-overflow", "drop-head")
		s.call("confirm.select")
		s.putConfirmed(q, "aa")
		s.drain(q, "2")
	}},
	{name: "§9.2 dead-letter exchange and key by policy", run: func(c *client) {
		s, q := c.governed("dead")
		s.put(q, "m from "+q)
		s.eventually("the message is dead-lettered", func() bool {
			for _, body := range s.all("policy-target") {
				if body == "m from "+q {
					return true
				}
			}
			return false
		})
	}},
	{name: "§9.2 dead-letter exchange and key: the arguments win", run: func(c *client) {
		d := c.grant("")
		s, q := c.governed("dead", "x-dead-letter-exchange", "", "x-dead-letter-routing-key", d)
		s.call("queue.declare", "queue", d)
		s.put(q, "m")
		s.ready(d, 1)
	}},
	{name: "§9.2 dead-letter routing key: the argument wins over the policy's", run: func(c *client) {
		d := c.grant("")
		s := c.as("guest", "behaviour")
		s.call("queue.declare", "queue", d)
		_, q := c.governed("dead", "x-dead-letter-exchange", "amq.direct", "x-dead-letter-routing-key", d)
		s.call("queue.bind", "queue", d, "exchange", "amq.direct", "routing-key", d)
		s.put(q, "m")
		s.ready(d, 1)
		s.get(d, "exchange", "amq.direct", "routing-key", d)
	}},
	{name: "§9.2 alternate-exchange by policy", run: func(c *client) {
		s, x := c.governedExchange("alternate")
		s.bind(s.queue("exclusive"), "policy.alternate", "")
		s.call("confirm.select")
		s.send("basic.publish mandatory", "exchange", x, "routing-key", "none")
		s.acked(1)
	}},
	{name: "§9.2 alternate-exchange: the argument wins", run: func(c *client) {
		g := c.as("guest", "behaviour")
		alt := g.exchange("fanout")
		s, x := c.governedExchange("alternate", "alternate-exchange", alt)
		q := s.queue("exclusive")
		s.bind(q, alt, "")
		s.publish(x, "none", "m")
		s.drain(q, "m")
	}},
	{name: "§9.2 an operator policy limits an ordinary one", run: func(c *client) {
		s, q := c.governed("op2len3")
		s.put(q, "1", "2", "3")
		s.drain(q, "2", "3")
	}},
	{name: "§9.2 a smaller ordinary policy is not raised by an operator policy", run: func(c *client) {
		s, q := c.governed("op2len1")
		s.put(q, "1", "2")
		s.drain(q, "2")
	}},
	{name: "§9.2 an operator policy limits an argument", run: func(c *client) {
		s, q := c.governed("op2", "x-max-length", 5)
		s.put(q, "1", "2", "3")
		s.drain(q, "2", "3")
	}},
	{name: "§9.2 an operator policy alone", run: func(c *client) {
		s, q := c.governed("op2")
		s.put(q, "1", "2", "3")
		s.drain(q, "2", "3")
	}},
	{name: "§9.2 a policy with a key that classic queues do not know is skipped, the next one applies", run: func(c *client) {
		s, q := c.governed("foreign")
		s.put(q, "1", "2")
		s.drain(q, "2")
	}},
	{name: "§9.2 ordinary policies are not merged: the one of highest priority applies alone", run: func(c *client) {
		s, q := c.governed("two")
		s.put(q, "1", "2", "3")
		s.drain(q, "1", "2", "3")
	}},
	{name: "§9.2 a policy does not take part in equivalence", run: func(c *client) {
		s, q := c.governed("len2")
		s.call("queue.declare", "queue", q)
		s.refuse(406, added("x-max-length", "2", "signedint"), "queue.declare", "queue", q, "arguments", table{"x-max-length", 2})
	}},
}

// governedExchange declares an exchange in vhost "behaviour" that a policy of testdata matches.
func (c *client) governedExchange(suffix string, args ...any) (*client, string) {
	c.t.Helper()
	s := c.as("guest", "behaviour")
	x := c.grant(suffix)
	s.call("exchange.declare", "exchange", x, "type", "direct", "arguments", table(args))
	return s, x
}
