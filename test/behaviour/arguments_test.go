package behaviour_test

import (
	"fmt"
	"slices"
)

// invalidArg is the text for a value that an argument does not take.
func invalidArg(arg, tail string) string {
	return "invalid arg '" + arg + "' for RES(queue): " + tail
}

// Texts that say what is wrong with a value.
func notInteger(kind string) string { return `"expected integer, got ` + kind + `"` }
func badType(kind string) string    { return "{unacceptable_type," + kind + "}" }

const (
	zero   = "{value_zero,0}"
	minus1 = "{value_negative,-1}"
	tooBig = "{value_too_large,315360000001}"
)

// argumentRows are queue arguments with values that are accepted and values that are refused with their texts.
var argumentRows = []struct {
	arg     string
	with    table // further arguments of the declare
	good    []any
	refused []any // alternating value and text after the prefix
}{
	{"x-expires", nil, []any{60000, int64(315360000000)}, []any{0, zero, -1, minus1, int64(315360000001), tooBig, "1", notInteger("longstr")}},
	{"x-message-ttl", nil, []any{0, 1, int64(315360000000)}, []any{-1, minus1, int64(315360000001), tooBig, "1", notInteger("longstr")}},
	{"x-max-length", nil, []any{0, 1, int64(1) << 62}, []any{-1, minus1, "1", notInteger("longstr")}},
	{"x-max-length-bytes", nil, []any{0, 1, int64(1) << 62}, []any{-1, minus1, true, notInteger("bool")}},
	{"x-max-priority", nil, []any{0, 1, 255}, []any{-1, minus1, 256, "{max_value_exceeded,256}", "1", notInteger("longstr")}},
	{"x-overflow", nil, []any{"drop-head", "reject-publish", "reject-publish-dlx"}, []any{"drop-tail", "invalid_overflow", 1, badType("signedint")}},
	{"x-queue-mode", nil, []any{"default", "lazy"}, []any{"eager", `"unsupported queue mode 'eager'"`, true, badType("bool")}},
	{"x-queue-version", nil, []any{1, 2}, []any{3, `"unsupported queue version '3'"`, "2", notInteger("longstr")}},
	{"x-queue-type", nil, []any{"classic"}, []any{"modern", `"unsupported queue type 'modern'"`, 1, badType("signedint")}},
	{"x-single-active-consumer", nil, []any{true, false}, []any{"true", badType("longstr"), 1, badType("signedint")}},
	{"x-dead-letter-exchange", nil, []any{"", "no-such-exchange"}, nil},
	{"x-dead-letter-routing-key", table{"x-dead-letter-exchange", "x"}, []any{"", "key"}, []any{1, badType("signedint")}},
	{"x-queue-master-locator", nil, []any{"min-masters", "client-local", "random"}, nil},
	{"x-whatever", nil, []any{"text", 1, nil, array{1, "a"}, table{"k", 1.5}}, nil},
}

// quorumRows are the same for quorum queues.
var quorumRows = []struct {
	arg     string
	with    table
	good    []any
	refused []any
}{
	{"x-dead-letter-strategy", table{"x-dead-letter-exchange", "x"}, []any{"at-most-once", "at-least-once"}, []any{"always", "invalid_dlx_strategy"}},
	{"x-max-in-memory-length", nil, []any{0, 10}, []any{-1, minus1}},
	{"x-max-in-memory-bytes", nil, []any{0, 10}, []any{-1, minus1}},
	{"x-overflow", nil, []any{"drop-head", "reject-publish", "reject-publish-dlx"}, []any{"x", "invalid_overflow"}},
	{"x-single-active-consumer", nil, []any{true, false}, []any{"true", badType("longstr")}},
	{"x-queue-leader-locator", nil, []any{"client-local", "balanced", "random", "least-leaders"}, []any{"here", "invalid_queue_locator_arg"}},
	{"x-delivery-limit", nil, []any{1, 0}, nil},
	{"x-quorum-initial-group-size", nil, []any{1, 3}, []any{0, zero, "1", notInteger("longstr")}},
	{"x-message-ttl", nil, []any{0, 60000}, []any{-1, minus1}},
	{"x-expires", nil, []any{60000}, []any{0, zero}},
}

// foreign are arguments that a queue type does not take, with a value that another type takes.
var foreign = []struct {
	kind, arg string
	value     any
}{
	{"classic", "x-dead-letter-strategy", "at-most-once"},
	{"classic", "x-max-in-memory-length", 1},
	{"classic", "x-max-in-memory-bytes", 1},
	{"classic", "x-queue-leader-locator", "balanced"},
	{"classic", "x-delivery-limit", 3},
	{"classic", "x-quorum-initial-group-size", 3},
	{"classic", "x-max-age", "1h"},
	{"classic", "x-stream-max-segment-size-bytes", 1000},
	{"classic", "x-initial-cluster-size", 1},
	{"quorum", "x-max-priority", 5},
	{"quorum", "x-queue-mode", "lazy"},
	{"quorum", "x-queue-version", 2},
	{"quorum", "x-queue-master-locator", "random"},
	{"quorum", "x-max-age", "1h"},
	{"quorum", "x-stream-max-segment-size-bytes", 1000},
	{"quorum", "x-initial-cluster-size", 1},
}

// integerTypes are one number in every field type, with the type's name where it is no integer.
var integerTypes = []struct {
	value any
	kind  string
}{
	{int8(5), ""}, {uint8(5), ""}, {int16(5), ""}, {uint16(5), ""}, {int32(5), ""}, {uint32(5), ""}, {int64(5), ""}, {longL(5), ""},
	{5.0, "double"}, {float32(5), "float"}, {decimal{0, 5}, "decimal"}, {stamp(5), "timestamp"}, {true, "bool"}, {"5", "longstr"},
	{nil, "void"}, {[]byte("5"), "binary"}, {table{}, "table"}, {array{5}, "array"},
}

// takes declares new queues with each good value and is refused each bad one.
func (c *client) takes(spec, arg string, with table, good, refused []any) {
	c.t.Helper()
	for _, v := range good {
		c.call(spec, "queue", c.name(), "arguments", append(table{arg, v}, with...))
	}
	for i := 0; i+1 < len(refused); i += 2 {
		c.refuse(406, invalidArg(arg, refused[i+1].(string)), spec, "queue", c.name(), "arguments", append(table{arg, refused[i]}, with...))
	}
}

func argumentRowFacts() []fact {
	var facts []fact
	for _, r := range argumentRows {
		facts = append(facts, fact{name: "§4.4 classic: values of " + r.arg, run: func(c *client) {
			c.takes("queue.declare", r.arg, r.with, r.good, r.refused)
		}})
	}
	for _, r := range quorumRows {
		facts = append(facts, fact{name: "§4.4 quorum: values of " + r.arg, run: func(c *client) {
			c.takes("queue.declare durable", r.arg, append(r.with, quorumQueue...), r.good, r.refused)
		}})
	}
	for _, f := range foreign {
		facts = append(facts, fact{name: "§4.4 " + f.kind + " does not take " + f.arg, run: func(c *client) {
			c.refuse(406, "invalid arg '"+f.arg+"' for RES(queue) of queue type rabbit_"+f.kind+"_queue", "queue.declare durable",
				"queue", c.name(), "arguments", table{"x-queue-type", f.kind, f.arg, f.value})
		}})
	}
	for _, i := range integerTypes {
		what := fmt.Sprintf("§4.4 x-max-length as %T", i.value)
		if i.kind == "" {
			facts = append(facts, fact{name: what + " is accepted", run: func(c *client) { c.queue(table{"x-max-length", i.value}) }})
			continue
		}
		facts = append(facts, fact{name: what + " is refused", run: func(c *client) {
			c.refuse(406, invalidArg("x-max-length", notInteger(i.kind)), "queue.declare", "queue", c.name(),
				"arguments", table{"x-max-length", i.value})
		}})
	}
	return facts
}

var argumentFacts = slices.Concat(argumentRowFacts(), []fact{
	{name: "§4.4 x-dead-letter-exchange that is no string", run: func(c *client) {
		c.refuse(406, "invalid type 'signedint' for arg 'x-dead-letter-exchange' in RES(queue)", "queue.declare",
			"queue", c.name(), "arguments", table{"x-dead-letter-exchange", 1})
	}},
	{name: "§4.4 an unknown x-queue-master-locator crashes the channel", run: func(c *client) {
		c.send("queue.declare", "queue", c.name(), "arguments", table{"x-queue-master-locator", "nearest"})
		c.hard(541, "", "")
	}},
	{name: "§4.4 x-queue-master-locator that is no string crashes the channel", run: func(c *client) {
		c.send("queue.declare", "queue", c.name(), "arguments", table{"x-queue-master-locator", 1})
		c.hard(541, "", "")
	}},
	{name: "§4.4 x-dead-letter-routing-key without an exchange", run: func(c *client) {
		c.refuse(406, invalidArg("x-dead-letter-routing-key", "routing_key_but_no_dlx_defined"), "queue.declare",
			"queue", c.name(), "arguments", table{"x-dead-letter-routing-key", "k"})
	}},
	{name: "§4.4 quorum: x-delivery-limit is not validated", run: func(c *client) {
		c.queue("durable", table{"x-queue-type", "quorum", "x-delivery-limit", -1})
	}},
	{name: "§4.4 a duplicate argument: the first one counts", run: func(c *client) {
		c.queue(table{"x-max-length", 1, "x-max-length", "many"})
	}},
	{name: "§4.4 the queue type is checked before other arguments", run: func(c *client) {
		c.refuse(406, invalidArg("x-queue-type", `"unsupported queue type 'modern'"`), "queue.declare",
			"queue", c.name(), "arguments", table{"x-max-length", -1, "x-queue-type", "modern"})
	}},
	{name: "§4.4 a refused declare leaves no queue", run: func(c *client) {
		q := c.name()
		c.refuse(406, invalidArg("x-max-length", minus1), "queue.declare", "queue", q, "arguments", table{"x-max-length", -1})
		c.missing(q)
	}},
})
