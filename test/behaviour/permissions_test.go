package behaviour_test

import (
	"slices"
	"strings"
)

// In vhost "behaviour" the user alice may configure what has a c after the colon in its name, write what has a w and
// read what has an r. bob may configure names with "Part" in them and write ":w" and the default exchange. nobody has
// a row of empty expressions. tom and pat are ruled by topic permissions on ruled.topic.

// grant is a new name on which alice has these permissions.
func (c *client) grant(letters string) string {
	name := c.name() + ":" + letters
	litter.add(name)
	return name
}

// made declares a queue or an exchange as guest, on which alice has these permissions.
func (c *client) made(kind, letters string) string {
	c.t.Helper()
	name := c.grant(letters)
	owner := c.as("guest", "behaviour")
	if kind == "queue" {
		owner.call("queue.declare", "queue", name)
	} else {
		owner.call("exchange.declare", "exchange", name, "type", kind)
	}
	return name
}

// denied is the text for a user without permission on what a method names in arg.
func denied(arg, user string) string {
	return "access to RES(" + arg + ") refused for user '" + user + "'"
}

// alice opens a channel as alice.
func (c *client) alice() *client {
	c.t.Helper()
	return c.as("alice", "behaviour")
}

var configureFacts = []fact{
	{name: "§8 queue.declare needs configure", run: func(c *client) {
		a := c.alice()
		a.refuse(403, denied("queue", "alice"), "queue.declare", "queue", c.grant("wr"))
		a.call("queue.declare", "queue", c.grant("c"))
	}},
	{name: "§8 queue.declare of an existing queue needs configure", run: func(c *client) {
		c.alice().refuse(403, denied("queue", "alice"), "queue.declare", "queue", c.made("queue", "wr"))
	}},
	{name: "§8 queue.declare passive needs nothing", run: func(c *client) {
		c.alice().call("queue.declare passive", "queue", c.made("queue", ""))
	}},
	{name: "§8 exchange.declare passive needs nothing", run: func(c *client) {
		c.alice().call("exchange.declare passive", "exchange", c.made("direct", ""))
	}},
	{name: "§8 queue.delete needs configure, also for a missing queue", run: func(c *client) {
		a := c.alice()
		a.refuse(403, denied("queue", "alice"), "queue.delete", "queue", c.grant("wr"))
		a.call("queue.delete", "queue", c.grant("c"))
	}},
	{name: "§8 exchange.declare needs configure", run: func(c *client) {
		a := c.alice()
		a.refuse(403, denied("exchange", "alice"), "exchange.declare", "exchange", c.grant("wr"), "type", "direct")
		a.call("exchange.declare", "exchange", c.grant("c"), "type", "direct")
	}},
	{name: "§8 exchange.delete needs configure, also for a missing exchange", run: func(c *client) {
		a := c.alice()
		a.refuse(403, denied("exchange", "alice"), "exchange.delete", "exchange", c.grant("wr"))
		a.call("exchange.delete", "exchange", c.grant("c"))
	}},
	{name: "§8 the reserved prefix is checked before configure", run: func(c *client) {
		c.alice().refuse(403, "queue name 'amq.x' contains reserved prefix 'amq.*'", "queue.declare", "queue", "amq.x")
	}},
	{name: "§8 a dead-letter exchange needs read on the queue", run: func(c *client) {
		c.alice().refuse(403, denied("queue", "alice"), "queue.declare", "queue", c.grant("c"),
			"arguments", table{"x-dead-letter-exchange", c.grant("w")})
	}},
	{name: "§8 a dead-letter exchange needs write on it", run: func(c *client) {
		a, dlx := c.alice(), c.grant("cr")
		a.refuse(403, "access to "+a.res("exchange", dlx)+" refused for user 'alice'", "queue.declare", "queue", c.grant("cr"),
			"arguments", table{"x-dead-letter-exchange", dlx})
	}},
	{name: "§8 a dead-letter exchange with all permissions", run: func(c *client) {
		c.alice().call("queue.declare", "queue", c.grant("cr"), "arguments", table{"x-dead-letter-exchange", c.grant("w")})
	}},
	{name: "§8 an alternate exchange needs read on the exchange", run: func(c *client) {
		c.alice().refuse(403, denied("exchange", "alice"), "exchange.declare", "exchange", c.grant("c"), "type", "direct",
			"arguments", table{"alternate-exchange", c.grant("w")})
	}},
	{name: "§8 an alternate exchange needs write on it", run: func(c *client) {
		a, alt := c.alice(), c.grant("cr")
		a.refuse(403, "access to "+a.res("exchange", alt)+" refused for user 'alice'", "exchange.declare", "exchange", c.grant("cr"),
			"type", "direct", "arguments", table{"alternate-exchange", alt})
	}},
}

var readWriteFacts = []fact{
	{name: "§8 queue.purge needs read", run: func(c *client) {
		a := c.alice()
		a.refuse(403, denied("queue", "alice"), "queue.purge", "queue", c.made("queue", "cw"))
		a.call("queue.purge", "queue", c.made("queue", "r"))
	}},
	{name: "§8 basic.get needs read", run: func(c *client) {
		a := c.alice()
		a.refuse(403, denied("queue", "alice"), "basic.get", "queue", c.made("queue", "cw"))
		a.empty(c.made("queue", "r"))
	}},
	{name: "§8 basic.consume needs read", run: func(c *client) {
		a := c.alice()
		a.refuse(403, denied("queue", "alice"), "basic.consume", "queue", c.made("queue", "cw"))
		a.consume(c.made("queue", "r"))
	}},
	{name: "§8 read is checked before existence", run: func(c *client) {
		a := c.alice()
		for _, name := range []string{"queue.purge", "basic.get", "basic.consume"} {
			a.refuse(403, denied("queue", "alice"), name, "queue", c.grant("cw"))
		}
	}},
	{name: "§8 basic.publish needs write", run: func(c *client) {
		a := c.alice()
		a.refuse(403, denied("exchange", "alice"), "basic.publish", "exchange", c.made("direct", "cr"))
		a.publish(c.made("direct", "w"), "k", "m")
		a.call("channel.flow active")
	}},
	{name: "§8 write is checked before existence", run: func(c *client) {
		c.alice().refuse(403, denied("exchange", "alice"), "basic.publish", "exchange", c.grant("cr"))
	}},
	{name: "§8 the default exchange is checked as amq.default", run: func(c *client) {
		a, q := c.alice(), c.made("queue", "crw")
		a.refuse(403, "access to exchange 'amq.default' in vhost 'behaviour' refused for user 'alice'", "basic.publish", "routing-key", q)
		b := c.as("bob", "behaviour")
		b.publish("", q, "m")
		b.get(q, "body", "m")
	}},
	{name: "§8 queue.bind needs write on the queue", run: func(c *client) {
		c.alice().refuse(403, denied("queue", "alice"), "queue.bind", "queue", c.made("queue", "cr"), "exchange", c.made("direct", "cwr"))
	}},
	{name: "§8 queue.bind needs read on the exchange", run: func(c *client) {
		c.alice().refuse(403, denied("exchange", "alice"), "queue.bind", "queue", c.made("queue", "cwr"), "exchange", c.made("direct", "cw"))
	}},
	{name: "§8 queue.bind with both", run: func(c *client) {
		c.alice().call("queue.bind", "queue", c.made("queue", "w"), "exchange", c.made("direct", "r"))
	}},
	{name: "§8 queue.unbind needs write on the queue", run: func(c *client) {
		c.alice().refuse(403, denied("queue", "alice"), "queue.unbind", "queue", c.made("queue", "cr"), "exchange", c.made("direct", "cwr"))
	}},
	{name: "§8 queue.unbind needs read on the exchange", run: func(c *client) {
		c.alice().refuse(403, denied("exchange", "alice"), "queue.unbind", "queue", c.made("queue", "cwr"), "exchange", c.made("direct", "cw"))
	}},
	{name: "§8 exchange.bind needs write on the destination", run: func(c *client) {
		c.alice().refuse(403, denied("destination", "alice"), "exchange.bind", ends(c.made("fanout", "cr"), c.made("fanout", "cwr"), "")...)
	}},
	{name: "§8 exchange.bind needs read on the source", run: func(c *client) {
		c.alice().refuse(403, denied("source", "alice"), "exchange.bind", ends(c.made("fanout", "cwr"), c.made("fanout", "cw"), "")...)
	}},
	{name: "§8 exchange.unbind needs read on the source", run: func(c *client) {
		c.alice().refuse(403, denied("source", "alice"), "exchange.unbind", ends(c.made("fanout", "cwr"), c.made("fanout", "cw"), "")...)
	}},
	{name: "§8 the destination is checked before the source", run: func(c *client) {
		c.alice().refuse(403, denied("destination", "alice"), "exchange.bind", ends(c.grant(""), c.grant(""), "")...)
	}},
	{name: "§8 qos, cancel, confirm, tx and flow need nothing", run: func(c *client) {
		n := c.as("nobody", "behaviour")
		n.qos("", 1)
		n.call("basic.cancel", "consumer-tag", "t")
		n.call("confirm.select")
		n.call("channel.flow active")
		n.sibling().call("tx.select")
	}},
	{name: "§8 direct reply-to needs nothing", run: func(c *client) {
		n := c.as("nobody", "behaviour")
		n.call("queue.declare passive", "queue", replyQueue)
		n.call("basic.consume no-ack", "queue", replyQueue)
	}},
	{name: "§8 an empty expression matches nothing", run: func(c *client) {
		n := c.as("nobody", "behaviour")
		n.refuse(403, denied("queue", "nobody"), "queue.declare", "queue", c.grant("cwr"))
		n.refuse(403, denied("queue", "nobody"), "basic.get", "queue", c.grant("cwr"))
		n.refuse(403, denied("exchange", "nobody"), "basic.publish", "exchange", c.grant("cwr"))
	}},
	{name: "§8 expressions are not anchored", run: func(c *client) {
		c.as("bob", "behaviour").call("queue.declare", "queue", c.grant("xxPartxx"))
	}},
	{name: "§8 expressions are case-sensitive", run: func(c *client) {
		c.as("bob", "behaviour").refuse(403, denied("queue", "bob"), "queue.declare", "queue", c.grant("xxpartxx"))
	}},
	{name: "§8 server-named queues need configure on their name", run: func(c *client) {
		c.as("bob", "behaviour").refuse(403, like(`access to queue 'amq\.gen-[A-Za-z0-9_-]{22}' in vhost 'behaviour' refused for user 'bob'`),
			"queue.declare exclusive")
	}},
}

// topicDenied is the text for a topic permission that is missing.
func topicDenied(key, exchange, user string) string {
	return "access to topic '" + key + "' in exchange '" + exchange + "' in vhost 'behaviour' refused for user '" + user + "'"
}

// ruled is a channel of a user with topic permissions and a queue of its own.
func (c *client) ruled(user string) (*client, string) {
	c.t.Helper()
	s := c.as(user, "behaviour")
	return s, s.queue("exclusive")
}

const ruledTopic = "ruled.topic"

var topicPermissionFacts = []fact{
	{name: "§8 topic: write on the publish key", run: func(c *client) {
		s, _ := c.ruled("tom")
		s.publish(ruledTopic, "w.key", "m")
		s.refuse(403, topicDenied("x.key", ruledTopic, "tom"), "basic.publish", "exchange", ruledTopic, "routing-key", "x.key")
	}},
	{name: "§8 topic: read on the binding key", run: func(c *client) {
		s, q := c.ruled("tom")
		s.bind(q, ruledTopic, "r.#")
		s.refuse(403, topicDenied("x.#", ruledTopic, "tom"), "queue.bind", "queue", q, "exchange", ruledTopic, "routing-key", "x.#")
	}},
	{name: "§8 topic: read on the key of an unbind", run: func(c *client) {
		s, q := c.ruled("tom")
		s.refuse(403, topicDenied("x.#", ruledTopic, "tom"), "queue.unbind", "queue", q, "exchange", ruledTopic, "routing-key", "x.#")
	}},
	{name: "§8 topic: read on the key of exchange.bind with that source", run: func(c *client) {
		s, _ := c.ruled("tom")
		x := s.exchange("fanout", "auto-delete")
		s.call("exchange.bind", ends(x, ruledTopic, "r.a")...)
		s.refuse(403, topicDenied("x.a", ruledTopic, "tom"), "exchange.bind", ends(x, ruledTopic, "x.a")...)
	}},
	{name: "§8 topic: the permissions of the resource come first", run: func(c *client) {
		c.as("nobody", "behaviour").refuse(403, denied("exchange", "nobody"), "basic.publish", "exchange", ruledTopic, "routing-key", "x")
	}},
	{name: "§8 topic: no row for the exchange allows everything", run: func(c *client) {
		s, q := c.ruled("tom")
		key := c.name()
		s.bind(q, "amq.topic", key)
		s.publish("amq.topic", key, "m")
		s.get(q, "body", "m")
	}},
	{name: "§8 topic: no row for the user allows everything", run: func(c *client) {
		s, q := c.ruled("guest")
		key := c.name()
		s.bind(q, ruledTopic, key)
		s.publish(ruledTopic, key, "m")
		s.get(q, "body", "m")
	}},
	{name: "§8 topic: rows apply to topic exchanges only", run: func(c *client) {
		s, q := c.ruled("tom")
		key := c.name()
		s.bind(q, "ruled.direct", key)
		s.publish("ruled.direct", key, "m")
		s.get(q, "body", "m")
	}},
	{name: "§8 topic: CC keys are not checked", run: func(c *client) {
		s, _ := c.ruled("tom")
		g, q := c.ruled("guest")
		key := "x." + strings.ReplaceAll(c.name(), ".", "-")
		g.bind(q, ruledTopic, key)
		s.publish(ruledTopic, "w.a", "m", "headers", table{"CC", array{key}})
		s.call("channel.flow active")
		g.ready(q, 1)
	}},
	{name: "§8 topic: {username} and {vhost} are expanded", run: func(c *client) {
		s, _ := c.ruled("pat")
		s.publish(ruledTopic, "pat.behaviour.a", "m")
		s.refuse(403, topicDenied("tom.behaviour.a", ruledTopic, "pat"), "basic.publish", "exchange", ruledTopic, "routing-key", "tom.behaviour.a")
	}},
}

var permissionFacts = slices.Concat(configureFacts, readWriteFacts, topicPermissionFacts)
