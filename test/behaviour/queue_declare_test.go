package behaviour_test

import (
	"slices"
	"strings"
)

var quorumQueue = table{"x-queue-type", "quorum"}

var queueDeclareFacts = []fact{
	{name: "§4.1 an empty name: the server makes one", run: func(c *client) {
		c.send("queue.declare exclusive")
		c.expect("queue.declare-ok", "queue", like(`^amq\.gen-[A-Za-z0-9_-]{22}$`), "message-count", 0, "consumer-count", 0)
	}},
	{name: "§4.1 a server-named queue need not be exclusive", run: func(c *client) {
		q := c.call("queue.declare").values["queue"].(string)
		s := c.peer()
		s.put(q, "m")
		s.drain(q, "m")
		c.call("queue.delete", "queue", q)
	}},
	{name: "§4.1 an empty name with quorum", run: func(c *client) {
		c.refuse(406, "Cannot declare a server-named queue for type rabbit_quorum_queue",
			"queue.declare durable", "arguments", quorumQueue)
	}},
	{name: "§4.1 a new name with the reserved prefix", run: func(c *client) {
		c.refuse(403, "queue name 'amq.mine' contains reserved prefix 'amq.*'", "queue.declare", "queue", "amq.mine")
	}},
	{name: "§4.1 redeclaring a server-named queue", run: func(c *client) {
		q := c.call("queue.declare exclusive").values["queue"].(string)
		c.refuse(403, "queue name '"+q+"' contains reserved prefix 'amq.*'", "queue.declare exclusive", "queue", q)
	}},
	{name: "§4.1 a passive declare of a server-named queue", run: func(c *client) {
		q := c.call("queue.declare exclusive").values["queue"].(string)
		c.call("queue.declare passive", "queue", q)
	}},
	{name: "§4.1 the prefix is reserved with its dot only", run: func(c *client) {
		c.call("queue.declare exclusive", "queue", "amqx"+c.name())
	}},
	{name: "§4.1 passive ignores all properties and arguments", run: func(c *client) {
		q := c.queue()
		c.send("queue.declare passive durable auto-delete exclusive", "queue", q, "arguments", table{"x-max-length", "many"})
		c.expect("queue.declare-ok", "queue", q)
	}},
	{name: "§4.1 passive, missing", run: func(c *client) { c.missing(c.name()) }},
	{name: "§4.1 passive with an empty name is not the last declared queue", run: func(c *client) {
		c.queue()
		c.refuse(404, "no queue '' in vhost '/'", "queue.declare passive")
	}},
	{name: "§4.1 passive on another connection's exclusive queue", run: func(c *client) {
		c.refuse(405, lockText, "queue.declare passive", "queue", c.peer().queue("exclusive"))
	}},
	{name: "§4.1 exclusive and durable is equal to exclusive", run: func(c *client) {
		q := c.queue("exclusive", "durable")
		c.call("queue.declare exclusive", "queue", q)
	}},
	{name: "§4.1 exclusive is equal to exclusive and durable", run: func(c *client) {
		q := c.queue("exclusive")
		c.call("queue.declare exclusive durable", "queue", q)
	}},
	{name: "§4.1 the vhost's queue limit", run: func(c *client) {
		v := c.as("guest", "fewqueues")
		q := c.name()
		v.refuse(406, "cannot declare queue '"+q+"': queue limit in vhost 'fewqueues' (0) is reached", "queue.declare", "queue", q)
	}},
	{name: "§4.1 nowait: no reply", run: func(c *client) {
		q := c.name()
		c.send("queue.declare nowait", "queue", q)
		c.put(q, "m")
		c.drain(q, "m")
	}},
	{name: "§4.1 nowait: errors close the channel", run: func(c *client) {
		c.refuse(403, "queue name 'amq.no' contains reserved prefix 'amq.*'", "queue.declare nowait", "queue", "amq.no")
	}},
	{name: "§4.1 CR and LF are stripped from names", run: func(c *client) {
		q := c.name()
		c.send("queue.declare", "queue", "\r\n"+q+"\n")
		c.expect("queue.declare-ok", "queue", q)
		c.call("queue.delete", "queue", q+"\r")
		c.missing(q)
	}},
	{name: "§4.1 a name of 255 octets", run: func(c *client) {
		q := c.name()
		q += strings.Repeat("q", 255-len(q))
		c.send("queue.declare exclusive", "queue", q)
		c.expect("queue.declare-ok", "queue", q)
	}},
	{name: "§4.1 a name of any UTF-8", run: func(c *client) {
		q := c.name() + " Schlange/列\t'\""
		c.call("queue.declare exclusive", "queue", q)
		c.put(q, "m")
		c.get(q, "routing-key", q)
	}},
	{name: "§4.1 declare-ok counts ready messages, not unacknowledged ones", run: func(c *client) {
		q := c.queue()
		c.put(q, "1", "2", "3")
		c.take(q)
		c.send("queue.declare", "queue", q)
		c.expect("queue.declare-ok", "message-count", 2, "consumer-count", 0)
	}},
	{name: "§4.1 declare-ok counts consumers", run: func(c *client) {
		q := c.queue()
		c.consume(q)
		c.sibling().consume(q)
		c.consumers(q, 2)
	}},
	{name: "§4.1 quorum: auto-delete", run: func(c *client) {
		c.refuse(406, "invalid property 'auto-delete' for RES(queue)",
			"queue.declare durable auto-delete", "queue", c.name(), "arguments", quorumQueue)
	}},
	{name: "§4.1 quorum: exclusive", run: func(c *client) {
		c.refuse(406, "invalid property 'exclusive-owner' for RES(queue)",
			"queue.declare durable exclusive", "queue", c.name(), "arguments", quorumQueue)
	}},
	{name: "§4.1 quorum: not durable", run: func(c *client) {
		c.refuse(406, "invalid property 'non-durable' for RES(queue)", "queue.declare", "queue", c.name(), "arguments", quorumQueue)
	}},
	{name: "§4.1 quorum: auto-delete is noticed before exclusive and transient", run: func(c *client) {
		c.refuse(406, "invalid property 'auto-delete' for RES(queue)",
			"queue.declare exclusive auto-delete", "queue", c.name(), "arguments", quorumQueue)
	}},
	{name: "§4.1 the reserved prefix is noticed before bad arguments", run: func(c *client) {
		c.refuse(403, "queue name 'amq.x' contains reserved prefix 'amq.*'",
			"queue.declare", "queue", "amq.x", "arguments", table{"x-max-length", "many"})
	}},
	{name: "§4.1 bad arguments are noticed before bad properties", run: func(c *client) {
		c.refuse(406, invalidArg("x-max-length", "{value_negative,-1}"), "queue.declare auto-delete", "queue", c.name(),
			"arguments", append(table{"x-max-length", -1}, quorumQueue...))
	}},
	{name: "§7 x-queue-type stream is refused", differs: "amqpd has no streams", run: func(c *client) {
		c.refuse(406, like("invalid arg 'x-queue-type' for queue .*"), "queue.declare durable", "queue", c.name(),
			"arguments", table{"x-queue-type", "stream"})
	}},
}

// redeclared makes a queue with one argument table and declares it again with another.
func redeclared(old, again table, text string) func(*client) {
	return func(c *client) {
		q := c.queue(old)
		if text == "" {
			c.call("queue.declare", "queue", q, "arguments", again)
			return
		}
		c.refuse(406, text, "queue.declare", "queue", q, "arguments", again)
	}
}

// added, leftOut and changed are the texts for an argument that only the new, only the old, or both declares have.
func added(arg, value, kind string) string {
	return inequivalentPresence(arg, "RES(queue)", "the value '"+value+"' of type '"+kind+"'", isNone)
}

func leftOut(arg, value, kind string) string {
	return inequivalentPresence(arg, "RES(queue)", isNone, "the value '"+value+"' of type '"+kind+"'")
}

func changed(arg, received, current string) string {
	return inequivalent(arg, "RES(queue)", received, current)
}

var queueEquivalenceFacts = []fact{
	{name: "§4.2 equal declare", run: func(c *client) {
		q := c.queue("durable", "auto-delete", table{"x-max-length", 3})
		c.call("queue.declare durable auto-delete", "queue", q, "arguments", table{"x-max-length", 3})
	}},
	{name: "§4.2 durable differs", run: func(c *client) {
		c.refuse(406, changed("durable", "false", "true"), "queue.declare", "queue", c.queue("durable"))
	}},
	{name: "§4.2 transient differs", run: func(c *client) {
		c.refuse(406, changed("durable", "true", "false"), "queue.declare durable", "queue", c.queue())
	}},
	{name: "§4.2 auto_delete differs", run: func(c *client) {
		c.refuse(406, changed("auto_delete", "true", "false"), "queue.declare auto-delete", "queue", c.queue())
	}},
	{name: "§4.2 durable is compared before auto_delete and arguments", run: func(c *client) {
		c.refuse(406, changed("durable", "true", "false"), "queue.declare durable auto-delete", "queue", c.queue(),
			"arguments", table{"x-max-length", 1})
	}},
	{name: "§4.2 exclusive declared again without, by its owner", run: func(c *client) {
		c.refuse(405, lockText, "queue.declare", "queue", c.queue("exclusive"))
	}},
	{name: "§4.2 not exclusive declared again with", run: func(c *client) {
		c.refuse(405, lockText, "queue.declare exclusive", "queue", c.queue())
	}},
	{name: "§4.2 exclusive is compared before durable", run: func(c *client) {
		c.refuse(405, lockText, "queue.declare exclusive durable", "queue", c.queue())
	}},
	{name: "§4.2 an argument added", run: redeclared(nil, table{"x-max-length", 5}, added("x-max-length", "5", "signedint"))},
	{name: "§4.2 a long argument added", run: redeclared(nil, table{"x-message-ttl", int64(60000)}, added("x-message-ttl", "60000", "long"))},
	{name: "§4.2 a short argument added", run: redeclared(nil, table{"x-expires", int16(60)}, added("x-expires", "60", "short"))},
	{name: "§4.2 a byte argument added", run: redeclared(nil, table{"x-max-priority", int8(6)}, added("x-max-priority", "6", "byte"))},
	{name: "§4.2 an unsigned byte argument added", run: redeclared(nil, table{"x-max-priority", uint8(6)}, added("x-max-priority", "6", "unsignedbyte"))},
	{name: "§4.2 an unsigned short argument added", run: redeclared(nil, table{"x-max-length", uint16(7)}, added("x-max-length", "7", "unsignedshort"))},
	{name: "§4.2 an unsigned int argument added", run: redeclared(nil, table{"x-max-length", uint32(8)}, added("x-max-length", "8", "unsignedint"))},
	{name: "§4.2 a bool argument added", run: redeclared(nil, table{"x-single-active-consumer", true}, added("x-single-active-consumer", "true", "bool"))},
	{name: "§4.2 a string argument added", run: redeclared(nil, table{"x-dead-letter-exchange", "dlx"}, added("x-dead-letter-exchange", "dlx", "longstr"))},
	{name: "§4.2 an argument left out", run: redeclared(table{"x-max-length", 5}, nil, leftOut("x-max-length", "5", "signedint"))},
	{name: "§4.2 a string argument left out", run: redeclared(table{"x-overflow", "drop-head"}, nil, leftOut("x-overflow", "drop-head", "longstr"))},
	{name: "§4.2 an argument changed", run: redeclared(table{"x-max-length", 5}, table{"x-max-length", 6}, changed("x-max-length", "6", "5"))},
	{name: "§4.2 a string argument changed", run: redeclared(table{"x-queue-mode", "lazy"}, table{"x-queue-mode", "default"}, changed("x-queue-mode", "default", "lazy"))},
	{name: "§4.2 the same number in another width is equal", run: redeclared(table{"x-max-length", 5}, table{"x-max-length", int64(5)}, "")},
	{name: "§4.2 x-queue-type classic equals none", run: redeclared(nil, table{"x-queue-type", "classic"}, "")},
	{name: "§4.2 none equals x-queue-type classic", run: redeclared(table{"x-queue-type", "classic"}, nil, "")},
	{name: "§4.2 an unknown argument is not compared", run: redeclared(table{"x-mine", 1}, table{"x-mine", 2, "x-other", 3}, "")},
	{name: "§4.2 an argument of another queue type is not compared", run: redeclared(nil, table{"x-delivery-limit", 3}, "")},
	{name: "§4.2 an invalid value is reported as inequivalent", run: redeclared(table{"x-max-length", 5}, table{"x-max-length", "many"}, changed("x-max-length", "many", "5"))},
	{name: "§4.2 an invalid value where there was none is reported as inequivalent", run: redeclared(nil, table{"x-max-length", "many"}, added("x-max-length", "many", "longstr"))},
	{name: "§4.2 arguments are compared in their order: x-expires before x-max-length",
		run: redeclared(nil, table{"x-max-length", 1, "x-expires", 60000}, added("x-expires", "60000", "signedint"))},
	{name: "§4.2 arguments are compared in their order: x-max-length before x-overflow",
		run: redeclared(table{"x-overflow", "drop-head"}, table{"x-max-length", 1}, added("x-max-length", "1", "signedint"))},
	{name: "§4.2 classic declared again as quorum", run: func(c *client) {
		c.refuse(406, changed("x-queue-type", "quorum", "classic"), "queue.declare durable", "queue", c.queue("durable", table{"x-queue-type", "classic"}),
			"arguments", quorumQueue)
	}},
	{name: "§4.2 no type declared again as quorum", run: func(c *client) {
		c.refuse(406, like("inequivalent arg 'x-queue-type' for queue .*: received .*quorum.* but current is .*"),
			"queue.declare durable", "queue", c.queue("durable"), "arguments", quorumQueue)
	}},
}

// lastDeclared are the methods for which an empty queue name means the last declared queue.
var lastDeclared = []string{"basic.get", "basic.consume", "queue.bind", "queue.unbind", "queue.purge", "queue.delete"}

func lastDeclaredFacts() []fact {
	var facts []fact
	for _, name := range lastDeclared {
		var kv []any
		if strings.HasSuffix(name, "bind") {
			kv = []any{"exchange", "amq.direct", "routing-key", "k"}
		}
		facts = append(facts,
			fact{name: "§4.3 " + name + " with an empty name and no queue declared", run: func(c *client) {
				c.refuse(404, "no previously declared queue", name, kv...)
			}},
			fact{name: "§4.3 " + name + " with an empty name takes the channel's last declared queue", run: func(c *client) {
				c.queue()
				c.send(name, append(kv, "queue", c.queue())...)
				explicit, err := c.next(c.ch, deadline())
				c.queue()
				c.send(name, kv...)
				if implicit, err2 := c.next(c.ch, deadline()); err != nil || err2 != nil || implicit.name != explicit.name {
					c.fail("%s: %v, %v, %v, %v", name, explicit, err, implicit, err2)
				}
			}})
	}
	return append(facts, []fact{
		{name: "§4.3 the last declared queue is the one meant", run: func(c *client) {
			first, last := c.queue(), c.queue()
			c.put(first, "first")
			c.put(last, "last")
			c.get("", "body", "last")
		}},
		{name: "§4.3 a passive declare counts as the last", run: func(c *client) {
			first, last := c.queue(), c.queue()
			c.put(first, "first")
			c.put(last, "last")
			c.call("queue.declare passive", "queue", first)
			c.get("", "body", "first")
		}},
		{name: "§4.3 a server-named queue counts as the last", run: func(c *client) {
			q := c.call("queue.declare exclusive").values["queue"].(string)
			c.put(q, "m")
			c.get("", "body", "m")
		}},
		{name: "§4.3 another channel's declare does not count", run: func(c *client) {
			c.queue()
			c.sibling().refuse(404, "no previously declared queue", "basic.get")
		}},
		{name: "§4.3 a failed declare does not count", run: func(c *client) {
			c.refuse(403, "queue name 'amq.no' contains reserved prefix 'amq.*'", "queue.declare", "queue", "amq.no")
			c.refuse(404, "no previously declared queue", "basic.get")
		}},
	}...)
}

// locked are the methods that another connection's exclusive queue refuses.
var locked = []string{"queue.declare", "queue.declare exclusive", "queue.declare passive", "basic.consume", "basic.get",
	"queue.purge", "queue.delete"}

func exclusiveFacts() []fact {
	var facts []fact
	for _, spec := range locked {
		facts = append(facts, fact{name: "§4.6 " + spec + " of another connection's exclusive queue", run: func(c *client) {
			c.refuse(405, lockText, spec, "queue", c.peer().queue("exclusive"))
		}})
	}
	return append(facts, []fact{
		{name: "§4.6 publishing to another connection's exclusive queue is allowed", run: func(c *client) {
			other := c.peer()
			q := other.queue("exclusive")
			c.put(q, "m")
			c.call("channel.flow active")
			other.ready(q, 1)
			other.drain(q, "m")
		}},
		{name: "§4.6 other channels of the owner may use it", run: func(c *client) {
			q := c.queue("exclusive")
			s := c.sibling()
			s.put(q, "m")
			s.drain(q, "m")
			s.consume(q)
		}},
		{name: "§4.6 it outlives the channel that declared it", run: func(c *client) {
			s := c.sibling()
			q := s.queue("exclusive")
			s.call("channel.close", "code", 200)
			c.ready(q, 0)
		}},
		{name: "§4.6 the name is free after the owner has gone", run: func(c *client) {
			other := c.peer()
			q := other.queue("exclusive")
			other.zero().call("connection.close", "code", 200)
			c.call("queue.declare", "queue", q)
		}},
	}...)
}

var queueFacts = slices.Concat(queueDeclareFacts, queueEquivalenceFacts, lastDeclaredFacts(), exclusiveFacts(), queueEndFacts)
