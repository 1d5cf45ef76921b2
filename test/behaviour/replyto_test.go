package behaviour_test

import (
	"slices"
	"strings"
	"time"
)

// replyQueue is the pseudo queue of direct reply-to (amqp-behaviour §12).
const replyQueue = "amq.rabbitmq.reply-to"

// requester consumes replies and returns the name that a message published by it carries.
func (c *client) requester() string {
	c.t.Helper()
	c.call("basic.consume no-ack", "queue", replyQueue, "consumer-tag", "replies")
	q := c.queue()
	c.publish("", q, "request", "reply-to", replyQueue)
	ev := c.get(q, "reply-to", like(`^amq\.rabbitmq\.reply-to\..+\..+$`))
	return ev.values["reply-to"].(string)
}

var replyFacts = []fact{
	{name: "§12 a request's reply_to is rewritten and the reply arrives", run: func(c *client) {
		name := c.requester()
		other := c.peer()
		other.publish("", name, "reply", "correlation-id", "7")
		c.deliver("body", "reply", "consumer-tag", "replies", "exchange", "", "routing-key", name, "correlation-id", "7", "redelivered", false)
	}},
	{name: "§12 a reply may come over the same channel", run: func(c *client) {
		name := c.requester()
		c.publish("", name, "reply")
		c.delivers("reply")
	}},
	{name: "§12 a reply consumer must not acknowledge", run: func(c *client) {
		c.refuse(406, "reply consumer cannot acknowledge", "basic.consume", "queue", replyQueue)
	}},
	{name: "§12 a second reply consumer on the channel", run: func(c *client) {
		c.call("basic.consume no-ack", "queue", replyQueue)
		c.refuse(406, "reply consumer already set", "basic.consume no-ack", "queue", replyQueue)
	}},
	{name: "§12 after cancel a reply consumer may be set again", run: func(c *client) {
		for range 2 {
			c.call("basic.consume no-ack", "queue", replyQueue, "consumer-tag", "t")
			c.call("basic.cancel", "consumer-tag", "t")
		}
	}},
	{name: "§12 a request without a reply consumer", run: func(c *client) {
		c.refuse(406, "fast reply consumer does not exist", "basic.publish", "routing-key", c.queue(), "reply-to", replyQueue)
	}},
	{name: "§12 an empty consumer tag is made by the server", run: func(c *client) {
		c.send("basic.consume no-ack", "queue", replyQueue)
		c.expect("basic.consume-ok", "consumer-tag", like(`^amq\.ctag-`))
	}},
	{name: "§12 declare of the bare name answers 0 messages, 1 consumer", run: func(c *client) {
		c.send("queue.declare", "queue", replyQueue)
		c.expect("queue.declare-ok", "queue", replyQueue, "message-count", 0, "consumer-count", 1)
	}},
	{name: "§12 declare of the full name while the requester lives", run: func(c *client) {
		name := c.requester()
		for _, spec := range []string{"queue.declare", "queue.declare passive"} {
			other := c.peer()
			other.send(spec, "queue", name)
			other.expect("queue.declare-ok", "queue", name, "message-count", 0, "consumer-count", 1)
		}
	}},
	{name: "§12 declare of the full name after the requester has gone", run: func(c *client) {
		other := c.peer()
		name := other.requester()
		other.zero().call("connection.close", "code", 200)
		other.nc.Close()
		c.gone(name)
	}},
	{name: "§12 a reply to a requester that has gone is dropped", run: func(c *client) {
		s := c.sibling()
		name := s.requester()
		s.call("channel.close", "code", 200)
		c.put(name, "reply")
		c.call("channel.flow active")
	}},
	{name: "§12 a mandatory reply is delivered and returned", run: func(c *client) {
		s := c.sibling()
		name := s.requester()
		c.send("basic.publish mandatory", "routing-key", name, "body", "reply")
		c.expect("basic.return", "code", 312, "text", "NO_ROUTE")
		s.delivers("reply")
	}},
	{name: "§12 a reply's delivery tag is the next one and is not used up", run: func(c *client) {
		name := c.requester() // its get was delivery tag 1
		c.put(name, "reply1", "reply2")
		c.deliver("body", "reply1", "delivery-tag", 2)
		c.deliver("body", "reply2", "delivery-tag", 2)
		q := c.queue()
		c.put(q, "m")
		c.get(q, "delivery-tag", 2)
	}},
	{name: "§12 basic.get on the pseudo queue", run: func(c *client) {
		c.refuse(404, "no RES(queue)", "basic.get", "queue", replyQueue)
	}},
	{name: "§12 a reply on a confirm channel is acked", run: func(c *client) {
		s := c.sibling()
		name := s.requester()
		c.call("confirm.select")
		c.put(name, "reply")
		c.acked(1)
	}},
	{name: "§12 an ordinary reply_to is left alone", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "reply-to", "my-queue")
		c.get(q, "reply-to", "my-queue")
	}},
	{name: "§12 a made-up reply name is unroutable", differs: "RabbitMQ's channel crashes on a name that it cannot decode", run: func(c *client) {
		c.send("basic.publish mandatory", "routing-key", replyQueue+".made.up")
		c.expect("basic.return", "code", 312)
	}},
	{name: "§12 each requester has its own name", run: func(c *client) {
		a, b := c.sibling(), c.sibling()
		if x, y := a.requester(), b.requester(); x == y || !strings.HasPrefix(x, replyQueue+".") {
			c.fail("%s and %s", x, y)
		}
	}},
	{name: "§12 replies of two requesters do not mix", run: func(c *client) {
		a, b := c.sibling(), c.sibling()
		x, y := a.requester(), b.requester()
		c.put(x, "for a")
		c.put(y, "for b")
		a.delivers("for a")
		b.delivers("for b")
	}},
}

// credited consumes with an initial credit.
func (c *client) credited(queue string, credit int, drain bool) string {
	c.t.Helper()
	return c.consume(queue, table{"x-credit", table{"credit", int64(credit), "drain", drain}})
}

var creditFacts = []fact{
	{name: "§12 x-credit: deliveries stop at the credit", run: func(c *client) {
		q := c.window(3)
		c.credited(q, 2, false)
		c.delivers("1", "2")
		c.nothing(q)
	}},
	{name: "§12 basic.credit adds and is answered with the ready count", run: func(c *client) {
		q := c.window(3)
		tag := c.credited(q, 1, false)
		c.delivers("1")
		c.send("basic.credit", "consumer-tag", tag, "credit", 1)
		got := map[string]any{}
		for range 2 {
			ev, err := c.next(c.ch, deadline())
			if err != nil {
				c.fail("%v", err)
			}
			got[ev.name] = ev.values["body"]
		}
		if _, ok := got["basic.credit-ok"]; !ok || got["basic.deliver"] != "2" {
			c.fail("%v", got)
		}
		c.silent(100 * time.Millisecond)
	}},
	{name: "§12 basic.credit of an unknown tag", run: func(c *client) {
		c.refuse(406, "unknown consumer tag 'never'", "basic.credit", "consumer-tag", "never", "credit", 1)
	}},
}

var extensionFacts = slices.Concat(replyFacts, creditFacts)
