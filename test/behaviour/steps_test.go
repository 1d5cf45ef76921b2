package behaviour_test

import (
	"fmt"
	"strings"
)

// codeNames are the names that error texts begin with (amqp-behaviour §0.2).
var codeNames = map[int]string{
	320: "CONNECTION_FORCED", 403: "ACCESS_REFUSED", 404: "NOT_FOUND", 405: "RESOURCE_LOCKED", 406: "PRECONDITION_FAILED",
	501: "FRAME_ERROR", 502: "SYNTAX_ERROR", 503: "COMMAND_INVALID", 504: "CHANNEL_ERROR", 505: "UNEXPECTED_FRAME",
	506: "RESOURCE_ERROR", 530: "NOT_ALLOWED", 540: "NOT_IMPLEMENTED", 541: "INTERNAL_ERROR",
}

// res names a resource the way error texts do.
func (c *client) res(kind, name string) string {
	return fmt.Sprintf("%s '%s' in vhost '%s'", kind, name, c.use().vhost)
}

// replyText is the whole reply-text for an error: its name, a dash and the text, cut to 255 octets. A text of type
// like stays a pattern, and an empty one is the bare name of a crash.
func replyText(code int, text any) any {
	name := codeNames[code]
	switch text := text.(type) {
	case like:
		return like("^" + name + " - " + string(text))
	case string:
		full := name + " - " + text
		if text == "" {
			full = name
		}
		if len(full) > 255 {
			full = full[:252] + "..."
		}
		return full
	}
	return text
}

// closing checks a close method: code, text and the ids of the method it names ("" for 0/0).
func (c *client) closing(name string, code int, text any, culprit string) {
	c.t.Helper()
	var m method
	if culprit != "" {
		m = *lookup(culprit)
	}
	c.expect(name, "code", code, "text", replyText(code, text), "class-id", m.class, "method-id", m.id)
}

// soft waits for channel.close, answers it and opens the channel again.
func (c *client) soft(code int, text any, culprit string) {
	c.t.Helper()
	c.closing("channel.close", code, text, culprit)
	c.send("channel.close-ok")
	c.call("channel.open")
}

// hard waits for connection.close and answers it.
func (c *client) hard(code int, text any, culprit string) {
	c.t.Helper()
	z := c.zero()
	z.closing("connection.close", code, text, culprit)
	z.send("connection.close-ok")
}

// refuse sends a method that must be answered by closing the channel. In text, RES(arg) stands for the resource that
// the method names in that argument.
func (c *client) refuse(code int, text any, spec string, kv ...any) {
	c.t.Helper()
	c.send(spec, kv...)
	c.soft(code, c.expand(text, spec, kv), strings.Fields(spec)[0])
}

// refuseHard is refuse for a method that must be answered by closing the connection.
func (c *client) refuseHard(code int, text any, spec string, kv ...any) {
	c.t.Helper()
	c.send(spec, kv...)
	c.hard(code, c.expand(text, spec, kv), strings.Fields(spec)[0])
}

func (c *client) expand(text any, spec string, kv []any) any {
	plain, ok := text.(string)
	if !ok {
		return text
	}
	_, values := arguments(spec, kv)
	for arg, kind := range map[string]string{"queue": "queue", "exchange": "exchange", "source": "exchange", "destination": "exchange"} {
		name, _ := values[arg].(string)
		plain = strings.ReplaceAll(plain, "RES("+arg+")", c.res(kind, name))
	}
	return plain
}

// zero is the connection's channel 0.
func (c *client) zero() *client { return c.number(0) }

// number is a channel of the same connection that has not been opened.
func (c *client) number(ch uint16) *client {
	return &client{conn: c.use(), t: c.t, in: c.in, ch: ch}
}

// sibling is another open channel of the same connection.
func (c *client) sibling() *client {
	c.t.Helper()
	c.in.channels = max(c.in.channels, 1) + 1
	s := c.number(c.in.channels)
	s.call("channel.open")
	return s
}

// peer is a channel of another connection of guest.
func (c *client) peer() *client {
	c.t.Helper()
	return c.login(login{})
}

// as is a channel of another connection, of that user (password equal to the name) in that vhost.
func (c *client) as(user, vhost string) *client {
	c.t.Helper()
	return c.login(login{user: user, vhost: vhost})
}

// split divides options of queue and exchange into bits for the spec and the argument table.
func split(spec string, opts []any) (string, table) {
	var args table
	for _, o := range opts {
		switch o := o.(type) {
		case string:
			spec += " " + o
		case table:
			args = o
		}
	}
	return spec, args
}

// queue declares a queue of a new name. Options are bits ("durable") and a table of arguments.
func (c *client) queue(opts ...any) string {
	c.t.Helper()
	spec, args := split("queue.declare", opts)
	name := c.name()
	c.send(spec, "queue", name, "arguments", args)
	c.expect("queue.declare-ok", "queue", name, "message-count", 0, "consumer-count", 0)
	return name
}

// exchange declares an exchange of a new name.
func (c *client) exchange(kind string, opts ...any) string {
	c.t.Helper()
	spec, args := split("exchange.declare", opts)
	name := c.name()
	c.call(spec, "exchange", name, "type", kind, "arguments", args)
	return name
}

// bind binds a queue to an exchange.
func (c *client) bind(queue, exchange, key string, args ...any) {
	c.t.Helper()
	c.call("queue.bind", "queue", queue, "exchange", exchange, "routing-key", key, "arguments", table(args))
}

// bound declares a queue and binds it.
func (c *client) bound(exchange, key string, args ...any) string {
	c.t.Helper()
	q := c.queue()
	c.bind(q, exchange, key, args...)
	return q
}

// publish publishes a message; props are alternating names and values.
func (c *client) publish(exchange, key, body string, props ...any) {
	c.send("basic.publish", append([]any{"exchange", exchange, "routing-key", key, "body", body}, props...)...)
}

// put publishes messages to a queue through the default exchange.
func (c *client) put(queue string, bodies ...string) {
	for _, b := range bodies {
		c.publish("", queue, b)
	}
}

// get takes the next message of a queue, without acknowledgement, and checks it.
func (c *client) get(queue string, kv ...any) event {
	c.t.Helper()
	c.send("basic.get no-ack", "queue", queue)
	return c.expect("basic.get-ok", kv...)
}

// take gets the next message of a queue to be acknowledged, checks it and returns its delivery tag.
func (c *client) take(queue string, kv ...any) uint64 {
	c.t.Helper()
	c.send("basic.get", "queue", queue)
	return integer(c.expect("basic.get-ok", kv...).values["delivery-tag"])
}

// drain gets the bodies of all ready messages of a queue and checks them.
func (c *client) drain(queue string, bodies ...string) {
	c.t.Helper()
	for _, b := range bodies {
		c.get(queue, "body", b)
	}
	c.empty(queue)
}

// empty checks that a queue has no ready message.
func (c *client) empty(queue string) {
	c.t.Helper()
	c.send("basic.get no-ack", "queue", queue)
	c.expect("basic.get-empty", "cluster-id", "")
}

// count asks for a number that declare-ok reports, "message-count" (ready messages) or "consumer-count".
func (c *client) count(queue, what string) int {
	c.t.Helper()
	c.send("queue.declare passive", "queue", queue)
	return int(integer(c.expect("queue.declare-ok").values[what]))
}

// ready waits until a queue has n ready messages. RabbitMQ lets a declare overtake publishes, so one question is not
// enough.
func (c *client) ready(queue string, n int) {
	c.t.Helper()
	c.eventually(fmt.Sprint(n, " messages in ", queue), func() bool { return c.count(queue, "message-count") == n })
}

// consumers waits until a queue has n consumers.
func (c *client) consumers(queue string, n int) {
	c.t.Helper()
	c.eventually(fmt.Sprint(n, " consumers on ", queue), func() bool { return c.count(queue, "consumer-count") == n })
}

// consume starts a consumer with a new tag. Options are bits and a table of arguments.
func (c *client) consume(queue string, opts ...any) string {
	c.t.Helper()
	spec, args := split("basic.consume", opts)
	tag := c.name()
	c.send(spec, "queue", queue, "consumer-tag", tag, "arguments", args)
	c.expect("basic.consume-ok", "consumer-tag", tag)
	return tag
}

// deliver expects the next delivery and returns its tag.
func (c *client) deliver(kv ...any) uint64 {
	c.t.Helper()
	return integer(c.expect("basic.deliver", kv...).values["delivery-tag"])
}

// delivers expects deliveries with these bodies.
func (c *client) delivers(bodies ...string) {
	c.t.Helper()
	for _, b := range bodies {
		c.deliver("body", b)
	}
}

// acked expects a confirm of tags up to and including tag.
func (c *client) acked(tag uint64) {
	c.t.Helper()
	for {
		ev := c.expect("basic.ack")
		if got := integer(ev.values["delivery-tag"]); got == tag {
			return
		} else if got > tag {
			c.fail("ack of %d, wanted %d", got, tag)
		}
	}
}

// missing checks that a queue does not exist.
func (c *client) missing(queue string) {
	c.t.Helper()
	c.refuse(404, "no RES(queue)", "queue.declare passive", "queue", queue)
}

// gone waits until a queue does not exist any more.
func (c *client) gone(queue string) {
	c.t.Helper()
	c.eventually("queue "+queue+" gone", func() bool { return !c.exists(queue) })
}

// exists asks for a queue.
func (c *client) exists(queue string) bool {
	c.t.Helper()
	c.send("queue.declare passive", "queue", queue)
	ev, err := c.next(c.ch, deadline())
	if err != nil {
		c.fail("passive declare: %v", err)
	}
	if ev.name != "channel.close" {
		return true
	}
	c.send("channel.close-ok")
	c.call("channel.open")
	return false
}

// lockText refuses what another connection's exclusive queue is asked for (amqp-behaviour §4.6).
const lockText = "cannot obtain exclusive access to locked RES(queue). It could be originally declared on another " +
	"connection or the exclusive property value does not match that of the original declaration."
