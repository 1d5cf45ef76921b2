package behaviour_test

import (
	"slices"
	"time"
)

var ttlFacts = []fact{
	{name: "§5.7 x-message-ttl", run: func(c *client) {
		q := c.queue(table{"x-message-ttl", 3000})
		c.put(q, "m")
		c.ready(q, 1)
		c.ready(q, 0)
		c.empty(q)
	}},
	{name: "§5.7 expiration", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "expiration", "3000")
		c.ready(q, 1)
		c.ready(q, 0)
		c.empty(q)
	}},
	{name: "§5.7 a message is delivered before its deadline", run: func(c *client) {
		q := c.queue(table{"x-message-ttl", 30000})
		c.publish("", q, "m", "expiration", "20000")
		c.get(q, "body", "m", "expiration", "20000")
	}},
	{name: "§5.7 the smaller of queue and message counts: the message's", run: func(c *client) {
		q := c.queue(table{"x-message-ttl", 60000})
		c.publish("", q, "m", "expiration", "100")
		c.ready(q, 0)
	}},
	{name: "§5.7 the smaller of queue and message counts: the queue's", run: func(c *client) {
		q := c.queue(table{"x-message-ttl", 100})
		c.publish("", q, "m", "expiration", "60000")
		c.ready(q, 0)
	}},
	{name: "§5.7 a delivered message does not expire", run: func(c *client) {
		q := c.queue(table{"x-message-ttl", 100})
		c.consume(q)
		c.put(q, "m")
		c.delivers("m")
		c.silent(300 * time.Millisecond)
		c.send("basic.ack", "delivery-tag", 1)
		c.call("channel.flow active")
	}},
	{name: "§5.7 requeue keeps the deadline: expired on return is gone at once", run: func(c *client) {
		q := c.queue(table{"x-message-ttl", 150})
		c.consume(q)
		c.put(q, "m")
		c.delivers("m")
		c.silent(300 * time.Millisecond)
		c.send("basic.nack requeue", "delivery-tag", 1)
		c.nothing(q)
		c.ready(q, 0)
	}},
	{name: "§5.7 a short TTL behind a long one is counted until it reaches the head, then never delivered", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "long", "expiration", "60000")
		c.publish("", q, "short", "expiration", "50")
		c.ready(q, 2)
		c.silent(300 * time.Millisecond)
		c.ready(q, 2)
		c.get(q, "body", "long")
		c.empty(q)
	}},
	{name: "§5.7 without TTL behind one with: only the head goes", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "short", "expiration", "50")
		c.publish("", q, "none")
		c.ready(q, 1)
		c.drain(q, "none")
	}},
	{name: "§5.7 with x-max-priority an expired message of any level is never delivered", run: func(c *client) {
		q := c.queue(table{"x-max-priority", 2})
		c.publish("", q, "short1", "priority", 2, "expiration", "50")
		c.publish("", q, "long2", "priority", 2, "expiration", "60000")
		c.publish("", q, "short3", "priority", 1, "expiration", "50")
		c.publish("", q, "long4", "priority", 1, "expiration", "60000")
		c.silent(300 * time.Millisecond)
		c.drain(q, "long2", "long4")
	}},
	{name: "§5.7 expiration 0: dropped without a ready consumer", run: func(c *client) {
		q := c.queue()
		c.publish("", q, "m", "expiration", "0")
		c.empty(q)
	}},
	{name: "§5.7 expiration 0: delivered to a ready consumer", run: func(c *client) {
		q := c.queue()
		c.consume(q)
		c.publish("", q, "m", "expiration", "0")
		c.delivers("m")
	}},
	{name: "§5.7 x-message-ttl 0 delivers to a ready consumer only", run: func(c *client) {
		q := c.queue(table{"x-message-ttl", 0})
		c.put(q, "lost")
		c.empty(q)
		c.consume(q)
		c.put(q, "m")
		c.delivers("m")
	}},
	{name: "§5.7 quorum: x-message-ttl", run: func(c *client) {
		q := c.quorum(table{"x-message-ttl", 200}, "m")
		c.ready(q, 0)
		c.empty(q)
	}},
}

// lettered declares a queue that dead-letters to another queue d, and d.
func (c *client) lettered(args ...any) (q, d string) {
	c.t.Helper()
	d = c.queue()
	return c.queue(append(table{"x-dead-letter-exchange", "", "x-dead-letter-routing-key", d}, args...)), d
}

// reject takes the next message of a queue and rejects it.
func (c *client) reject(queue string) {
	c.t.Helper()
	c.send("basic.reject", "delivery-tag", c.take(queue))
}

// anyTime stands for the time of an x-death entry, once it has been found plausible.
const anyTime = stamp(0)

// death returns the entries of x-death with anyTime for their time.
func (c *client) death(ev event) array {
	c.t.Helper()
	headers, _ := ev.values["headers"].(table)
	var deaths array
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "x-death" {
			deaths, _ = headers[i+1].(array)
		}
	}
	for _, d := range deaths {
		entry := d.(table)
		at := slices.Index(entry, any("time"))
		if at < 0 {
			c.fail("x-death entry without time: %v", entry)
		}
		seconds, ok := entry[at+1].(stamp)
		if age := time.Since(time.Unix(int64(seconds), 0)); !ok || age < -5*time.Second || age > time.Minute {
			c.fail("x-death time is %v", entry[at+1])
		}
		entry[at+1] = anyTime
	}
	return deaths
}

// deaths checks x-death.
func (c *client) deaths(ev event, want ...any) {
	c.t.Helper()
	if got := c.death(ev); !equal(array(want), got) {
		c.fail("x-death:\n  got  %v\n  want %v", got, want)
	}
}

// first is an x-death entry as made by the first death; again has the order of an entry that was touched later.
func first(count int64, reason, queue, exchange string, keys ...any) table {
	return table{"count", count, "reason", reason, "queue", queue, "time", anyTime, "exchange", exchange,
		"routing-keys", array(keys)}
}

func again(count int64, reason, queue, exchange string, keys ...any) table {
	return table{"count", count, "exchange", exchange, "queue", queue, "reason", reason, "routing-keys", array(keys),
		"time", anyTime}
}

var deadLetterFacts = []fact{
	{name: "§5.8 reason rejected, by reject and by nack", run: func(c *client) {
		q, d := c.lettered()
		c.put(q, "1", "2")
		c.reject(q)
		c.send("basic.nack", "delivery-tag", c.take(q))
		c.ready(d, 2)
		c.deaths(c.get(d, "body", "1"), first(1, "rejected", q, "", q))
		c.header(c.get(d, "body", "2"), "x-first-death-reason", "rejected")
	}},
	{name: "§5.8 reason expired", run: func(c *client) {
		q, d := c.lettered("x-message-ttl", 50)
		c.put(q, "m")
		c.ready(d, 1)
		c.deaths(c.get(d), first(1, "expired", q, "", q))
	}},
	{name: "§5.8 reason maxlen", run: func(c *client) {
		q, d := c.lettered("x-max-length", 1)
		c.put(q, "1", "2")
		c.ready(d, 1)
		c.deaths(c.get(d, "body", "1"), first(1, "maxlen", q, "", q))
	}},
	{name: "§5.8 requeue does not dead-letter", run: func(c *client) {
		q, d := c.lettered()
		c.put(q, "m")
		c.send("basic.reject requeue", "delivery-tag", c.take(q))
		c.ready(q, 1)
		c.empty(d)
	}},
	{name: "§5.8 published with the dead-letter routing key", run: func(c *client) {
		x := c.exchange("direct")
		d := c.bound(x, "dead")
		q := c.queue(table{"x-dead-letter-exchange", x, "x-dead-letter-routing-key", "dead"})
		c.put(q, "m")
		c.reject(q)
		c.ready(d, 1)
		c.get(d, "exchange", x, "routing-key", "dead", "redelivered", false)
	}},
	{name: "§5.8 published with the original routing key", run: func(c *client) {
		x := c.exchange("fanout")
		d := c.bound(x, "")
		q := c.queue(table{"x-dead-letter-exchange", x})
		c.put(q, "m")
		c.reject(q)
		c.ready(d, 1)
		c.get(d, "exchange", x, "routing-key", q)
	}},
	{name: "§5.8 an empty dead-letter routing key is a key", run: func(c *client) {
		x := c.exchange("direct")
		d := c.bound(x, "")
		q := c.queue(table{"x-dead-letter-exchange", x, "x-dead-letter-routing-key", ""})
		c.put(q, "m")
		c.reject(q)
		c.ready(d, 1)
		c.get(d, "routing-key", "")
	}},
	{name: "§5.8 without a dead-letter routing key CC is honoured again and kept", run: func(c *client) {
		x := c.exchange("direct")
		d, e := c.bound(x, "key"), c.bound(x, "cc")
		q := c.queue(table{"x-dead-letter-exchange", x})
		c.bind(q, "amq.direct", q)
		c.publish("amq.direct", "key", "m", "headers", table{"CC", array{q, "cc"}})
		c.reject(q)
		for _, queue := range []string{d, e} {
			c.ready(queue, 1)
			ev := c.get(queue, "routing-key", "key")
			c.header(ev, "CC", array{q, "cc"})
			c.deaths(ev, first(1, "rejected", q, "amq.direct", "key", q, "cc"))
		}
	}},
	{name: "§5.8 with a dead-letter routing key CC is removed", run: func(c *client) {
		q, d := c.lettered()
		c.publish("", q, "m", "headers", table{"CC", array{"cc"}, "a", 1})
		c.reject(q)
		c.ready(d, 1)
		ev := c.get(d)
		c.deaths(ev, first(1, "rejected", q, "", q, "cc"))
		c.noHeader(ev, "CC")
		c.header(ev, "a", 1)
	}},
	{name: "§5.8 BCC keys are not in routing-keys", run: func(c *client) {
		q, d := c.lettered()
		c.publish("", q, "m", "headers", table{"BCC", array{"bcc"}})
		c.reject(q)
		c.ready(d, 1)
		c.deaths(c.get(d), first(1, "rejected", q, "", q))
	}},
	{name: "§5.8 expiration is removed and kept as original-expiration", run: func(c *client) {
		q, d := c.lettered()
		c.publish("", q, "m", "expiration", "60000")
		c.reject(q)
		c.ready(d, 1)
		c.deaths(c.get(d, "expiration", absent{}), append(first(1, "rejected", q, "", q), "original-expiration", "60000"))
	}},
	{name: "§5.8 an expired message does not expire again where it is dead-lettered", run: func(c *client) {
		q, d := c.lettered()
		c.publish("", q, "m", "expiration", "30")
		c.ready(d, 1)
		c.silent(200 * time.Millisecond)
		c.get(d, "expiration", absent{})
	}},
	{name: "§5.8 first death headers", run: func(c *client) {
		q, d := c.lettered()
		c.put(q, "m")
		c.reject(q)
		c.ready(d, 1)
		ev := c.get(d)
		c.header(ev, "x-first-death-exchange", "")
		c.header(ev, "x-first-death-queue", q)
		c.header(ev, "x-first-death-reason", "rejected")
	}},
	{name: "§5.8 the whole header table is sorted by key", run: func(c *client) {
		q, d := c.lettered()
		c.publish("", q, "m", "headers", table{"z", 1, "b", 2, "B", 3, "y", "v", "a", true})
		c.reject(q)
		c.ready(d, 1)
		keys := c.keys(c.get(d))
		if !slices.IsSorted(keys) || len(keys) != 9 {
			c.fail("%v", keys)
		}
	}},
	{name: "§5.8 other properties are kept", run: func(c *client) {
		q, d := c.lettered()
		c.publish("", q, "m", "content-type", "t", "delivery-mode", 2, "priority", 4, "correlation-id", "c", "reply-to", "r",
			"message-id", "i", "timestamp", 7, "type", "y", "user-id", "guest", "app-id", "a")
		c.reject(q)
		c.ready(d, 1)
		c.get(d, "content-type", "t", "delivery-mode", 2, "priority", 4, "correlation-id", "c", "reply-to", "r",
			"message-id", "i", "timestamp", 7, "type", "y", "user-id", "guest", "app-id", "a", "body", "m")
	}},
	{name: "§5.8 a missing dead-letter exchange drops silently", run: func(c *client) {
		q := c.queue(table{"x-dead-letter-exchange", c.name()})
		c.put(q, "m")
		c.reject(q)
		c.empty(q)
	}},
	{name: "§5.8 a dead-letter exchange made later is used", run: func(c *client) {
		x := c.name()
		q := c.queue(table{"x-dead-letter-exchange", x})
		c.call("exchange.declare", "exchange", x, "type", "fanout")
		d := c.bound(x, "")
		c.put(q, "m")
		c.reject(q)
		c.ready(d, 1)
	}},
	{name: "§5.8 without a dead-letter exchange messages are dropped", run: func(c *client) {
		q := c.queue()
		c.put(q, "m")
		c.reject(q)
		c.empty(q)
	}},
}

// keys are the header keys of a message in their order.
func (c *client) keys(ev event) []string {
	headers, _ := ev.values["headers"].(table)
	var keys []string
	for i := 0; i+1 < len(headers); i += 2 {
		keys = append(keys, headers[i].(string))
	}
	return keys
}

func (c *client) noHeader(ev event, key string) {
	c.t.Helper()
	if slices.Contains(c.keys(ev), key) {
		c.fail("there is a header %s: %v", key, ev.values["headers"])
	}
}

var repeatedDeathFacts = []fact{
	{name: "§5.8 a repeated death counts up its entry, whose fields are then sorted", run: func(c *client) {
		x := c.exchange("fanout")
		q := c.queue(table{"x-dead-letter-exchange", x})
		c.bind(q, x, "")
		c.put(q, "m")
		for range 3 {
			c.reject(q)
			c.ready(q, 1)
		}
		ev := c.get(q)
		c.deaths(ev, again(3, "rejected", q, "", q))
		c.header(ev, "x-first-death-exchange", "")
	}},
	{name: "§5.8 an entry a queue and reason, newest first", run: func(c *client) {
		last := c.queue()
		r := c.queue(table{"x-dead-letter-exchange", "", "x-dead-letter-routing-key", last})
		q := c.queue(table{"x-dead-letter-exchange", "", "x-dead-letter-routing-key", r})
		c.put(q, "m")
		c.reject(q)
		c.ready(r, 1)
		c.reject(r)
		c.ready(last, 1)
		ev := c.get(last)
		c.deaths(ev, again(1, "rejected", r, "", r), first(1, "rejected", q, "", q))
		c.header(ev, "x-first-death-queue", q)
	}},
	{name: "§5.8 an x-death of the publisher is continued and there are no first-death headers", run: func(c *client) {
		q, d := c.lettered()
		c.publish("", q, "m", "headers", table{"x-death", array{table{"count", int64(7), "queue", q, "reason", "rejected",
			"time", stamp(time.Now().Unix()), "exchange", "", "routing-keys", array{q}}}})
		c.reject(q)
		c.ready(d, 1)
		ev := c.get(d)
		c.deaths(ev, again(8, "rejected", q, "", q))
		c.noHeader(ev, "x-first-death-queue")
	}},
	{name: "§5.8 several entries of the publisher for one queue and reason become one that counts them", run: func(c *client) {
		q, d := c.lettered()
		old := table{"reason", "expired", "queue", "elsewhere", "time", stamp(time.Now().Unix()), "exchange", "", "routing-keys", array{"k"}}
		c.publish("", q, "m", "headers", table{"x-death", array{old, old}})
		c.reject(q)
		c.ready(d, 1)
		c.deaths(c.get(d), again(1, "rejected", q, "", q), first(2, "expired", "elsewhere", "", "k"))
	}},
	{name: "§5.8 the newest death comes first, however many there were", differs: "RabbitMQ turns the entries behind the first round at each death", run: func(c *client) {
		last := c.queue()
		to := last
		queues := make([]string, 4)
		for i := range queues {
			queues[i] = c.queue(table{"x-dead-letter-exchange", "", "x-dead-letter-routing-key", to})
			to = queues[i]
		}
		c.put(to, "m")
		for _, q := range slices.Backward(queues) {
			c.ready(q, 1)
			c.reject(q)
		}
		c.ready(last, 1)
		var got []string
		for _, entry := range c.death(c.get(last)) {
			got = append(got, entry.(table)[5].(string))
		}
		if !slices.Equal(got, queues) {
			c.fail("x-death tells of %q, want %q", got, queues)
		}
	}},
	{name: "§5.8 an x-death that is no array is replaced, without first-death headers", run: func(c *client) {
		q, d := c.lettered()
		c.publish("", q, "m", "headers", table{"x-death", "text"})
		c.reject(q)
		c.ready(d, 1)
		ev := c.get(d)
		if got := c.death(ev); len(got) != 1 {
			c.fail("%v", got)
		}
		c.noHeader(ev, "x-first-death-queue")
	}},
	{name: "§5.8 a loop of expiry alone drops the message", run: func(c *client) {
		q := c.name()
		c.call("queue.declare", "queue", q, "arguments",
			table{"x-message-ttl", 50, "x-dead-letter-exchange", "", "x-dead-letter-routing-key", q})
		c.put(q, "m")
		c.silent(3 * time.Second)
		c.empty(q)
		c.ready(q, 0)
	}},
	{name: "§5.8 a loop of two queues by expiry drops the message", run: func(c *client) {
		a, b := c.name(), c.name()
		c.call("queue.declare", "queue", a, "arguments",
			table{"x-message-ttl", 50, "x-dead-letter-exchange", "", "x-dead-letter-routing-key", b})
		c.call("queue.declare", "queue", b, "arguments",
			table{"x-message-ttl", 50, "x-dead-letter-exchange", "", "x-dead-letter-routing-key", a})
		c.put(a, "m")
		c.silent(3 * time.Second)
		c.empty(a)
		c.empty(b)
	}},
	{name: "§5.8 a rejection in the loop keeps the message going", run: func(c *client) {
		work, wait := c.name(), c.name()
		c.call("queue.declare", "queue", work, "arguments",
			table{"x-dead-letter-exchange", "", "x-dead-letter-routing-key", wait})
		c.call("queue.declare", "queue", wait, "arguments",
			table{"x-message-ttl", 20, "x-dead-letter-exchange", "", "x-dead-letter-routing-key", work})
		c.put(work, "m")
		for range 4 {
			c.ready(work, 1)
			c.reject(work)
		}
		c.ready(work, 1)
		ev := c.get(work)
		c.deaths(ev, again(4, "expired", wait, "", wait), again(4, "rejected", work, "", work))
	}},
	{name: "§5.8 quorum: dead-lettering looks the same", run: func(c *client) {
		d := c.queue()
		q := c.quorum(table{"x-dead-letter-exchange", "", "x-dead-letter-routing-key", d}, "m")
		c.reject(q)
		c.ready(d, 1)
		c.deaths(c.get(d, "body", "m"), first(1, "rejected", q, "", q))
	}},
	{name: "§5.8 dead letters keep their order", run: func(c *client) {
		q, d := c.lettered("x-message-ttl", 30)
		for _, b := range []string{"1", "2", "3", "4", "5"} {
			c.put(q, b)
		}
		c.ready(d, 5)
		c.drain(d, "1", "2", "3", "4", "5")
	}},
}

var deathFacts = slices.Concat(ttlFacts, deadLetterFacts, repeatedDeathFacts)
