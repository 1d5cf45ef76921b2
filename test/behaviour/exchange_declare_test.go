package behaviour_test

import (
	"slices"
	"strings"
)

// predeclared are the exchanges of every vhost (amqp-behaviour §3.1).
var predeclared = []struct {
	name, kind string
	internal   bool
}{
	{"amq.direct", "direct", false},
	{"amq.fanout", "fanout", false},
	{"amq.topic", "topic", false},
	{"amq.headers", "headers", false},
	{"amq.match", "headers", false},
	{"amq.rabbitmq.trace", "topic", true},
}

func predeclaredFacts() []fact {
	facts := []fact{{name: "§3.1 the default exchange routes by queue name", run: func(c *client) {
		q := c.queue()
		c.put(q, "m")
		c.get(q, "exchange", "", "routing-key", q, "body", "m")
	}}}
	for _, x := range predeclared {
		spec := "exchange.declare durable"
		if x.internal {
			spec += " internal"
		}
		facts = append(facts,
			fact{name: "§3.1 " + x.name + " is a durable " + x.kind + " exchange", run: func(c *client) {
				c.call(spec, "exchange", x.name, "type", x.kind)
			}},
			fact{name: "§3.1 " + x.name + " is not transient", run: func(c *client) {
				c.refuse(406, inequivalent("durable", "RES(exchange)", "false", "true"),
					strings.Replace(spec, " durable", "", 1), "exchange", x.name, "type", x.kind)
			}})
	}
	return facts
}

// inequivalent is the text for an attribute that differs from that of the existing object.
func inequivalent(arg, resource, received, current string) string {
	return "inequivalent arg '" + arg + "' for " + resource + ": received '" + received + "' but current is '" + current + "'"
}

// inequivalentPresence is the text for an argument that only one side has: received and current say which and what.
func inequivalentPresence(arg, resource, received, current string) string {
	return "inequivalent arg '" + arg + "' for " + resource + ": received " + received + " but current is " + current
}

const noDefault = "operation not permitted on the default exchange"

var exchangeDeclareFacts = []fact{
	{name: "§3.2 an unknown type", run: func(c *client) {
		c.refuseHard(503, "unknown exchange type 'x-none-such'", "exchange.declare", "exchange", c.name(), "type", "x-none-such")
	}},
	{name: "§3.2 an empty type", run: func(c *client) {
		c.refuseHard(503, like("(unknown|invalid) exchange type ''"), "exchange.declare", "exchange", c.name())
	}},
	{name: "§3.2 types are case-sensitive", run: func(c *client) {
		c.refuseHard(503, like("(unknown|invalid) exchange type 'Direct'"), "exchange.declare", "exchange", c.name(), "type", "Direct")
	}},
	{name: "§3.2 an unknown type is noticed before the default exchange", run: func(c *client) {
		c.refuseHard(503, "unknown exchange type 'x-none-such'", "exchange.declare", "type", "x-none-such")
	}},
	{name: "§3.2 passive, existing", run: func(c *client) {
		c.call("exchange.declare passive", "exchange", c.exchange("direct"))
	}},
	{name: "§3.2 passive ignores type, flags and arguments, even an unknown type", run: func(c *client) {
		c.call("exchange.declare passive durable auto-delete internal", "exchange", c.exchange("direct"),
			"type", "x-none-such", "arguments", table{"alternate-exchange", 1})
	}},
	{name: "§3.2 passive, missing", run: func(c *client) {
		c.refuse(404, "no RES(exchange)", "exchange.declare passive", "exchange", c.name(), "type", "direct")
	}},
	{name: "§3.2 the default exchange", run: func(c *client) {
		c.refuse(403, noDefault, "exchange.declare durable", "exchange", "", "type", "direct")
	}},
	{name: "§3.2 the default exchange, passive", run: func(c *client) {
		c.refuse(403, noDefault, "exchange.declare passive", "exchange", "", "type", "direct")
	}},
	{name: "§3.2 a new name with the reserved prefix", run: func(c *client) {
		c.refuse(403, "exchange name 'amq.mine' contains reserved prefix 'amq.*'",
			"exchange.declare", "exchange", "amq.mine", "type", "direct")
	}},
	{name: "§3.2 the prefix is reserved with its dot only", run: func(c *client) {
		c.call("exchange.declare auto-delete", "exchange", "amqx", "type", "direct")
		c.call("exchange.delete", "exchange", "amqx")
	}},
	{name: "§3.2 amq.direct with another type", run: func(c *client) {
		c.refuse(406, inequivalent("type", "RES(exchange)", "fanout", "direct"),
			"exchange.declare durable", "exchange", "amq.direct", "type", "fanout")
	}},
	{name: "§3.2 redeclare with equal attributes", run: func(c *client) {
		x := c.exchange("topic", "durable", "auto-delete", "internal")
		c.call("exchange.declare durable auto-delete internal", "exchange", x, "type", "topic")
	}},
	{name: "§3.2 nowait: no reply", run: func(c *client) {
		x := c.name()
		c.send("exchange.declare nowait", "exchange", x, "type", "direct")
		c.call("exchange.declare passive", "exchange", x)
	}},
	{name: "§3.2 nowait: errors close the channel", run: func(c *client) {
		c.refuse(403, "exchange name 'amq.no' contains reserved prefix 'amq.*'",
			"exchange.declare nowait", "exchange", "amq.no", "type", "direct")
	}},
	{name: "§3.2 CR and LF are stripped from names", run: func(c *client) {
		x := c.name()
		c.call("exchange.declare", "exchange", "\r"+x+"\r\n", "type", "direct")
		c.call("exchange.declare passive", "exchange", x)
		q := c.queue()
		c.bind(q, x+"\n", "k")
		c.publish(x, "k", "m")
		c.get(q, "exchange", x)
		c.call("exchange.delete", "exchange", "\n"+x)
		c.refuse(404, "no RES(exchange)", "exchange.declare passive", "exchange", x)
	}},
	{name: "§3.2 a name of 255 octets", run: func(c *client) {
		x := c.name()
		x += strings.Repeat("n", 255-len(x))
		c.call("exchange.declare auto-delete", "exchange", x, "type", "fanout")
		c.call("exchange.delete", "exchange", x)
	}},
	{name: "§3.2 a name of any UTF-8", run: func(c *client) {
		x := c.name() + " grüße/日本\t'\""
		c.call("exchange.declare", "exchange", x, "type", "fanout")
		q := c.bound(x, "")
		c.publish(x, "", "m")
		c.get(q, "exchange", x)
		c.call("exchange.delete", "exchange", x)
	}},
	{name: "§3.2 alternate-exchange that is no string", run: func(c *client) {
		c.refuse(406, "invalid type 'signedint' for arg 'alternate-exchange' in RES(exchange)",
			"exchange.declare", "exchange", c.name(), "type", "direct", "arguments", table{"alternate-exchange", 1})
	}},
	{name: "§3.2 alternate-exchange that does not exist", run: func(c *client) {
		c.exchange("direct", table{"alternate-exchange", c.name()})
	}},
	{name: "§3.2 unknown arguments are accepted", run: func(c *client) {
		c.exchange("direct", table{"x-whatever", table{"a", array{1, "b"}}})
	}},
	{name: "§3.2 the reserved prefix is noticed before a bad alternate-exchange", run: func(c *client) {
		c.refuse(403, "exchange name 'amq.x' contains reserved prefix 'amq.*'",
			"exchange.declare", "exchange", "amq.x", "type", "direct", "arguments", table{"alternate-exchange", 1})
	}},
}

const (
	isNone       = "none"
	theValueAltA = "the value 'alt-a' of type 'longstr'"
)

var exchangeEquivalenceFacts = []fact{
	{name: "§3.2 redeclare with another type", run: func(c *client) {
		c.refuse(406, inequivalent("type", "RES(exchange)", "topic", "direct"),
			"exchange.declare", "exchange", c.exchange("direct"), "type", "topic")
	}},
	{name: "§3.2 redeclare with durable", run: func(c *client) {
		c.refuse(406, inequivalent("durable", "RES(exchange)", "true", "false"),
			"exchange.declare durable", "exchange", c.exchange("direct"), "type", "direct")
	}},
	{name: "§3.2 redeclare with auto-delete", run: func(c *client) {
		c.refuse(406, inequivalent("auto_delete", "RES(exchange)", "true", "false"),
			"exchange.declare auto-delete", "exchange", c.exchange("direct"), "type", "direct")
	}},
	{name: "§3.2 redeclare without internal", run: func(c *client) {
		c.refuse(406, inequivalent("internal", "RES(exchange)", "false", "true"),
			"exchange.declare", "exchange", c.exchange("direct", "internal"), "type", "direct")
	}},
	{name: "§3.2 the first difference wins: type before durable", run: func(c *client) {
		c.refuse(406, inequivalent("type", "RES(exchange)", "topic", "direct"),
			"exchange.declare durable internal", "exchange", c.exchange("direct"), "type", "topic")
	}},
	{name: "§3.2 the first difference wins: durable before auto_delete", run: func(c *client) {
		c.refuse(406, inequivalent("durable", "RES(exchange)", "true", "false"),
			"exchange.declare durable auto-delete internal", "exchange", c.exchange("direct"), "type", "direct")
	}},
	{name: "§3.2 alternate-exchange added", run: func(c *client) {
		c.refuse(406, inequivalentPresence("alternate-exchange", "RES(exchange)", theValueAltA, isNone),
			"exchange.declare", "exchange", c.exchange("direct"), "type", "direct", "arguments", table{"alternate-exchange", "alt-a"})
	}},
	{name: "§3.2 alternate-exchange left out", run: func(c *client) {
		c.refuse(406, inequivalentPresence("alternate-exchange", "RES(exchange)", isNone, theValueAltA),
			"exchange.declare", "exchange", c.exchange("direct", table{"alternate-exchange", "alt-a"}), "type", "direct")
	}},
	{name: "§3.2 alternate-exchange changed", run: func(c *client) {
		c.refuse(406, inequivalent("alternate-exchange", "RES(exchange)", "alt-b", "alt-a"),
			"exchange.declare", "exchange", c.exchange("direct", table{"alternate-exchange", "alt-a"}), "type", "direct",
			"arguments", table{"alternate-exchange", "alt-b"})
	}},
	{name: "§3.2 other arguments are not compared", run: func(c *client) {
		c.call("exchange.declare", "exchange", c.exchange("direct", table{"x-mine", 1}), "type", "direct",
			"arguments", table{"x-mine", 2, "x-other", true})
	}},
}

var exchangeDeleteFacts = []fact{
	{name: "§3.3 deleting a missing exchange succeeds", run: func(c *client) {
		c.call("exchange.delete", "exchange", c.name())
	}},
	{name: "§3.3 a deleted exchange is gone", run: func(c *client) {
		x := c.exchange("direct")
		c.call("exchange.delete", "exchange", x)
		c.refuse(404, "no RES(exchange)", "exchange.declare passive", "exchange", x)
	}},
	{name: "§3.3 the default exchange", run: func(c *client) {
		c.refuse(403, noDefault, "exchange.delete", "exchange", "")
	}},
	{name: "§3.3 a predeclared exchange", run: func(c *client) {
		c.refuse(403, "deletion of system RES(exchange) not allowed", "exchange.delete", "exchange", "amq.topic")
	}},
	{name: "§3.3 a missing exchange with the reserved prefix", run: func(c *client) {
		c.refuse(403, "deletion of system RES(exchange) not allowed", "exchange.delete", "exchange", "amq.nope")
	}},
	{name: "§3.3 if-unused and bound", run: func(c *client) {
		x := c.exchange("direct")
		c.bound(x, "k")
		c.refuse(406, "RES(exchange) in use", "exchange.delete if-unused", "exchange", x)
	}},
	{name: "§3.3 if-unused and source of another exchange", run: func(c *client) {
		x := c.exchange("direct")
		c.call("exchange.bind", "destination", c.exchange("fanout"), "source", x)
		c.refuse(406, "RES(exchange) in use", "exchange.delete if-unused", "exchange", x)
	}},
	{name: "§3.3 if-unused and only a destination", run: func(c *client) {
		x := c.exchange("direct")
		c.call("exchange.bind", "destination", x, "source", c.exchange("fanout"))
		c.call("exchange.delete if-unused", "exchange", x)
	}},
	{name: "§3.3 if-unused and unused", run: func(c *client) {
		c.call("exchange.delete if-unused", "exchange", c.exchange("direct"))
	}},
	{name: "§3.3 nowait: no reply", run: func(c *client) {
		x := c.exchange("direct")
		c.send("exchange.delete nowait", "exchange", x)
		c.refuse(404, "no RES(exchange)", "exchange.declare passive", "exchange", x)
	}},
	{name: "§3.3 deleting removes bindings to and from", run: func(c *client) {
		x, to, from := c.exchange("direct"), c.exchange("fanout"), c.exchange("fanout")
		c.call("exchange.bind", "destination", to, "source", x, "routing-key", "k")
		c.call("exchange.bind", "destination", x, "source", from)
		c.call("exchange.delete", "exchange", x)
		c.call("exchange.delete if-unused", "exchange", from)
		c.call("exchange.declare", "exchange", x, "type", "direct")
		c.call("exchange.delete if-unused", "exchange", x)
	}},
	{name: "§3.3 auto-delete: gone with its last binding", run: func(c *client) {
		x := c.exchange("direct", "auto-delete")
		q := c.bound(x, "a")
		c.bind(q, x, "b")
		c.call("queue.unbind", "queue", q, "exchange", x, "routing-key", "a")
		c.call("exchange.declare passive", "exchange", x)
		c.call("queue.unbind", "queue", q, "exchange", x, "routing-key", "b")
		c.refuse(404, "no RES(exchange)", "exchange.declare passive", "exchange", x)
	}},
	{name: "§3.3 auto-delete: gone with its last queue", run: func(c *client) {
		x := c.exchange("direct", "auto-delete")
		c.call("queue.delete", "queue", c.bound(x, "a"))
		c.refuse(404, "no RES(exchange)", "exchange.declare passive", "exchange", x)
	}},
	{name: "§3.3 auto-delete: gone with its last destination exchange", run: func(c *client) {
		x, to := c.exchange("direct", "auto-delete"), c.exchange("fanout")
		c.call("exchange.bind", "destination", to, "source", x)
		c.call("exchange.delete", "exchange", to)
		c.refuse(404, "no RES(exchange)", "exchange.declare passive", "exchange", x)
	}},
	{name: "§3.3 auto-delete: stays when a binding to it goes", run: func(c *client) {
		x, from := c.exchange("direct", "auto-delete"), c.exchange("fanout")
		c.call("exchange.bind", "destination", x, "source", from)
		c.call("exchange.unbind", "destination", x, "source", from)
		c.call("exchange.declare passive", "exchange", x)
	}},
	{name: "§3.3 auto-delete: one never bound stays", run: func(c *client) {
		x := c.exchange("direct", "auto-delete")
		c.publish(x, "k", "m")
		c.call("exchange.declare passive", "exchange", x)
	}},
}

var exchangeFacts = slices.Concat(predeclaredFacts(), exchangeDeclareFacts, exchangeEquivalenceFacts, exchangeDeleteFacts)
