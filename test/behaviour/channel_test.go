package behaviour_test

import (
	"slices"
	"strconv"
	"time"
)

var flowAndCloseFacts = []fact{
	{name: "§2 channel.flow active=true", run: func(c *client) {
		c.send("channel.flow active")
		c.expect("channel.flow-ok", "active", true)
	}},
	{name: "§2 channel.flow active=false", run: func(c *client) {
		c.refuseHard(540, "active=false", "channel.flow")
	}},
	{name: "§2 after a soft error methods are dropped until close-ok", run: func(c *client) {
		q := c.name()
		c.send("queue.purge", "queue", c.name())
		c.expect("channel.close", "code", 404)
		c.send("queue.declare", "queue", q)
		c.put(q, "m")
		c.send("channel.close-ok")
		c.call("channel.open")
		c.missing(q)
	}},
	{name: "§2 channel.open while the server's close waits for its answer", run: func(c *client) {
		c.send("queue.purge", "queue", c.name())
		c.expect("channel.close", "code", 404)
		c.refuseHard(504, "second 'channel.open' seen", "channel.open")
	}},
	{name: "§2 channel.close while the server's close is on its way is answered", run: func(c *client) {
		c.send("queue.purge", "queue", c.name())
		c.send("channel.close", "code", 200)
		c.expect("channel.close", "code", 404)
		c.expect("channel.close-ok")
		c.send("channel.close-ok")
		c.call("channel.open")
	}},
	{name: "§2 a crossing channel.close does not free the number, close-ok does", run: func(c *client) {
		c.send("queue.purge", "queue", c.name())
		c.send("channel.close", "code", 200)
		c.expect("channel.close", "code", 404)
		c.expect("channel.close-ok")
		c.refuseHard(504, "second 'channel.open' seen", "channel.open")
	}},
	{name: "§2 channel.close requeues unacknowledged messages", run: func(c *client) {
		q := c.queue()
		c.put(q, "m")
		c.take(q)
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.get(q, "body", "m", "redelivered", true)
	}},
	{name: "§2 channel.close discards an uncommitted transaction", run: func(c *client) {
		q := c.queue()
		c.call("tx.select")
		c.put(q, "m")
		c.call("channel.close", "code", 200)
		c.call("channel.open")
		c.empty(q)
	}},
	{name: "§2 channel.close then channel.open without waiting", run: func(c *client) {
		c.use()
		c.write(append(c.encode("channel.close", "code", 200), c.encode("channel.open")...))
		c.hard(504, "second 'channel.open' seen", "channel.open")
	}},
	{name: "§2 channel.close twice without waiting gives two close-ok", run: func(c *client) {
		c.use()
		c.write(append(c.encode("channel.close", "code", 200), c.encode("channel.close", "code", 200)...))
		c.expect("channel.close-ok")
		c.expect("channel.close-ok")
	}},
	{name: "§2 channel.close again after close-ok", run: func(c *client) {
		c.call("channel.close", "code", 200)
		c.silent(100 * time.Millisecond)
		c.refuseHard(504, "expected 'channel.open'", "channel.close", "code", 200)
	}},
	{name: "§2 methods behind channel.close are dropped", run: func(c *client) {
		q := c.name()
		c.use()
		c.write(append(c.encode("channel.close", "code", 200), c.encode("queue.declare", "queue", q)...))
		c.expect("channel.close-ok")
		c.silent(100 * time.Millisecond)
		c.call("channel.open")
		c.missing(q)
	}},
	{name: "§2 a number may be used again after close-ok", run: func(c *client) {
		for range 3 {
			c.call("channel.close", "code", 200)
			c.call("channel.open")
		}
	}},
	{name: "§2 channel.close with an error code from the client", run: func(c *client) {
		c.call("channel.close", "code", 406, "text", "PRECONDITION_FAILED", "class-id", 60, "method-id", 40)
	}},
	{name: "§2 channel numbers need not be sequential", run: func(c *client) {
		c.use()
		for _, n := range []uint16{500, 7, 65535} {
			c.number(n).call("channel.open")
		}
	}},
}

// window publishes n messages to a new queue and returns its name.
func (c *client) window(n int) string {
	c.t.Helper()
	q := c.queue()
	for i := range n {
		c.put(q, strconv.Itoa(i+1))
	}
	return q
}

// qos sets a prefetch count.
func (c *client) qos(spec string, count int) {
	c.t.Helper()
	c.call("basic.qos "+spec, "prefetch-count", count)
}

var qosFacts = []fact{
	{name: "§2.1 without qos everything is delivered", run: func(c *client) {
		q := c.window(4)
		c.consume(q)
		c.delivers("1", "2", "3", "4")
	}},
	{name: "§2.1 the count limits each later consumer", run: func(c *client) {
		q, r := c.window(4), c.window(4)
		c.qos("", 2)
		c.consume(q)
		c.delivers("1", "2")
		c.nothing(q)
		c.consume(r)
		c.delivers("1", "2")
		c.nothing(r)
	}},
	{name: "§2.1 an ack makes room for one more", run: func(c *client) {
		q := c.window(4)
		c.qos("", 1)
		c.consume(q)
		tag := c.deliver("body", "1")
		c.nothing(q)
		c.send("basic.ack", "delivery-tag", tag)
		c.deliver("body", "2")
		c.nothing(q)
	}},
	{name: "§2.1 a later per-consumer count leaves existing consumers alone", run: func(c *client) {
		q := c.window(4)
		c.qos("", 1)
		c.consume(q)
		c.delivers("1")
		c.qos("", 3)
		c.nothing(q)
		c.consume(q)
		c.delivers("2", "3", "4")
	}},
	{name: "§2.1 global: one limit for all consumers of the channel", run: func(c *client) {
		q, r := c.window(2), c.window(2)
		c.qos("global", 3)
		c.consume(q)
		c.delivers("1", "2")
		c.consume(r)
		c.delivers("1")
		c.nothing(r)
	}},
	{name: "§2.1 raising the global limit releases messages at once", run: func(c *client) {
		q := c.window(4)
		c.qos("global", 1)
		c.consume(q)
		c.delivers("1")
		c.nothing(q)
		c.qos("global", 3)
		c.delivers("2", "3")
		c.nothing(q)
	}},
	{name: "§2.1 a global limit counts what is already unacknowledged", run: func(c *client) {
		q := c.window(2)
		c.consume(q)
		c.delivers("1", "2")
		c.qos("global", 2)
		c.put(q, "3")
		c.nothing(q)
		c.send("basic.ack", "delivery-tag", 1)
		c.delivers("3")
	}},
	{name: "§2.1 global with count 0 removes the channel's limit", run: func(c *client) {
		q := c.window(3)
		c.qos("global", 1)
		c.consume(q)
		c.delivers("1")
		c.nothing(q)
		c.qos("global", 0)
		c.delivers("2", "3")
	}},
	{name: "§2.1 global with count 0 keeps the per-consumer limit", run: func(c *client) {
		q := c.window(4)
		c.qos("", 2)
		c.qos("global", 1)
		c.consume(q)
		c.delivers("1")
		c.nothing(q)
		c.qos("global", 0)
		c.delivers("2")
		c.nothing(q)
	}},
	{name: "§2.1 global=false removes a global limit", run: func(c *client) {
		q := c.window(3)
		c.qos("global", 1)
		c.consume(q)
		c.delivers("1")
		c.nothing(q)
		c.qos("", 1)
		c.delivers("2", "3")
	}},
	{name: "§2.1 a per-consumer and a global limit both apply", run: func(c *client) {
		q, r, s := c.window(3), c.window(3), c.window(3)
		c.qos("", 1)
		c.qos("global", 2)
		c.consume(q)
		c.delivers("1")
		c.nothing(q)
		c.consume(r)
		c.delivers("1")
		c.nothing(r)
		c.consume(s)
		c.nothing(s)
	}},
	{name: "§2.1 a prefetch-size", run: func(c *client) {
		c.refuseHard(540, "prefetch_size!=0 (1024)", "basic.qos", "prefetch-size", 1024)
	}},
	{name: "§2.1 a nack and a requeue make room", run: func(c *client) {
		q := c.window(2)
		c.qos("", 1)
		c.consume(q)
		c.send("basic.nack", "delivery-tag", c.deliver("body", "1"))
		c.send("basic.nack requeue", "delivery-tag", c.deliver("body", "2"))
		c.deliver("body", "2", "redelivered", true)
	}},
	{name: "§2.1 a multiple ack makes room for as many", run: func(c *client) {
		q := c.window(6)
		c.qos("", 3)
		c.consume(q)
		c.delivers("1", "2", "3")
		c.send("basic.ack multiple", "delivery-tag", 2)
		c.delivers("4", "5")
		c.nothing(q)
	}},
	{name: "§2.1 cancel gives the room of a global limit back only on ack", run: func(c *client) {
		q, r := c.window(2), c.window(2)
		c.qos("global", 1)
		tag := c.consume(q)
		c.delivers("1")
		c.call("basic.cancel", "consumer-tag", tag)
		c.consume(r)
		c.nothing(r)
		c.send("basic.ack", "delivery-tag", 1)
		c.delivers("1")
	}},
	{name: "§2.1 no_ack consumers are not limited", run: func(c *client) {
		q := c.window(4)
		c.qos("", 1)
		c.qos("global", 1)
		c.consume(q, "no-ack")
		c.delivers("1", "2", "3", "4")
	}},
	{name: "§2.1 no_ack consumers wait while the global limit is reached", run: func(c *client) {
		q, r := c.window(1), c.window(1)
		c.qos("global", 1)
		c.consume(q)
		c.delivers("1")
		c.consume(r, "no-ack")
		c.nothing(r)
		c.send("basic.ack", "delivery-tag", 1)
		c.delivers("1")
	}},
	{name: "§2.1 basic.get is not limited by a per-consumer limit", run: func(c *client) {
		q := c.window(3)
		c.qos("", 1)
		for _, body := range []string{"1", "2", "3"} {
			c.take(q, "body", body)
		}
	}},
	{name: "§2.1 basic.get is not limited by a global limit", run: func(c *client) {
		q := c.window(3)
		c.qos("global", 1)
		for _, body := range []string{"1", "2", "3"} {
			c.take(q, "body", body)
		}
	}},
	{name: "§2.1 what basic.get took under a global limit does not count against it", run: func(c *client) {
		q := c.window(4)
		c.qos("global", 1)
		c.consume(q)
		c.delivers("1")
		c.take(q, "body", "2")
		c.send("basic.ack", "delivery-tag", 1)
		c.delivers("3")
	}},
	{name: "§2.1 a commit gives the room of a global limit back", run: func(c *client) {
		q := c.window(2)
		c.qos("global", 1)
		c.consume(q)
		c.delivers("1")
		c.call("tx.select")
		c.send("basic.ack", "delivery-tag", 1)
		c.nothing(q)
		c.send("tx.commit")
		var came []string
		for range 2 {
			ev, err := c.use().next(c.ch, deadline())
			if err != nil {
				c.fail("after the commit came only %q: %v", came, err)
			}
			came = append(came, ev.name)
		}
		slices.Sort(came)
		if !slices.Equal(came, []string{"basic.deliver", "tx.commit-ok"}) {
			c.fail("after the commit came %q", came)
		}
	}},
	{name: "§2.1 consumers share the room of a global limit", run: func(c *client) {
		q := c.queue()
		c.qos("global", 1)
		a, b := c.consume(q), c.consume(q)
		for i := range 40 {
			c.put(q, strconv.Itoa(i))
		}
		got := map[string]int{}
		for range 40 {
			ev := c.expect("basic.deliver")
			got[ev.values["consumer-tag"].(string)]++
			c.send("basic.ack", "delivery-tag", ev.values["delivery-tag"])
		}
		if got[a] < 10 || got[b] < 10 {
			c.fail("%v", got)
		}
	}},
	{name: "§2.1 outstanding gets count for a global limit set afterwards", run: func(c *client) {
		q := c.window(3)
		c.take(q, "body", "1")
		c.qos("global", 1)
		c.consume(q)
		c.nothing(q)
	}},
	{name: "§2.1 outstanding gets do not count for a per-consumer limit", run: func(c *client) {
		q := c.window(3)
		c.take(q, "body", "1")
		c.qos("", 1)
		c.consume(q)
		c.delivers("2")
		c.nothing(q)
	}},
	{name: "§2.1 the limit is the channel's, not the connection's", run: func(c *client) {
		q := c.window(3)
		c.qos("global", 1)
		c.consume(q)
		c.delivers("1")
		s := c.sibling()
		s.consume(q)
		s.delivers("2", "3")
	}},
	{name: "§2.1 quorum: consume under a global limit", run: func(c *client) {
		q := c.queue("durable", table{"x-queue-type", "quorum"})
		c.qos("global", 5)
		c.refuseHard(540, "RES(queue) does not support global qos", "basic.consume", "queue", q)
	}},
	{name: "§2.1 quorum: a global limit set after consume is accepted", run: func(c *client) {
		q := c.queue("durable", table{"x-queue-type", "quorum"})
		c.consume(q)
		c.qos("global", 5)
	}},
}

var channelFacts = slices.Concat(flowAndCloseFacts, qosFacts)
