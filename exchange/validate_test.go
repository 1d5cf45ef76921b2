package exchange

import (
	"testing"

	"amqpd/amqp"
)

func TestValidate(t *testing.T) {
	const declare = amqp.MethodExchangeDeclare
	for _, row := range []struct {
		kind string
		args amqp.Table
		code uint16 // 0: accepted
		text string
	}{
		{"direct", nil, 0, ""},
		{"topic", args("anything", 1, "x-recent-history-length", -1, "hash-header", 1), 0, ""},
		{"direct", args("alternate-exchange", "not there"), 0, ""},
		{"", nil, 503, "unknown exchange type ''"},
		{"Direct", nil, 503, "unknown exchange type 'Direct'"},
		{"foo", args("alternate-exchange", 1), 503, "unknown exchange type 'foo'"},
		{"direct", args("alternate-exchange", 1), 406, "invalid type 'long' for arg 'alternate-exchange' in exchange 'x' in vhost 'v'"},
		{"direct", args("alternate-exchange", amqp.Binary(nil)), 406, "invalid type 'binary' for arg 'alternate-exchange' in exchange 'x' in vhost 'v'"},
		{"direct", args("alternate-exchange", nil), 406, "invalid type 'void' for arg 'alternate-exchange' in exchange 'x' in vhost 'v'"},

		{ConsistentHash, args("hash-header", "h"), 0, ""},
		{ConsistentHash, args("hash-property", "message_id"), 0, ""},
		{ConsistentHash, args("hash-property", "timestamp"), 0, ""},
		{ConsistentHash, args("hash-property", "app_id"), 406, "Unsupported property: app_id"},
		{ConsistentHash, args("hash-property", ""), 406, "Unsupported property: "},
		{ConsistentHash, args("hash-property", "app_id", "hash-header", "h"), 406, "hash-header and hash-property are mutually exclusive"},
		{ConsistentHash, args("alternate-exchange", true, "hash-property", "no"), 406, "invalid type 'bool' for arg 'alternate-exchange' in exchange 'x' in vhost 'v'"},

		{RecentHistory, args("x-recent-history-length", 1), 0, ""},
		{RecentHistory, args("x-recent-history-length", amqp.UnsignedByte(9)), 0, ""},
		{RecentHistory, args("x-recent-history-length", 0), 406, "Invalid argument 0, 'x-recent-history-length' must be a positive integer"},
		{RecentHistory, args("x-recent-history-length", -5), 406, "Invalid argument -5, 'x-recent-history-length' must be a positive integer"},
		{RecentHistory, args("x-recent-history-length", "5"), 406, `Invalid argument <<"5">>, 'x-recent-history-length' must be a positive integer`},
		{RecentHistory, args("x-recent-history-length", true), 406, "Invalid argument true, 'x-recent-history-length' must be a positive integer"},
		{RecentHistory, args("x-recent-history-length", amqp.Double(2)), 406, "Invalid argument 2.0, 'x-recent-history-length' must be a positive integer"},

		{DelayedMessage, nil, 406, "Invalid argument, 'x-delayed-type' must be an existing exchange type"},
		{DelayedMessage, args("x-delayed-type", 1), 406, "Invalid argument, 'x-delayed-type' must be an existing exchange type"},
		{DelayedMessage, args("x-delayed-type", DelayedMessage), 406, "Invalid argument, 'x-delayed-message' can't be used for 'x-delayed-type'"},
		{DelayedMessage, args("x-delayed-type", "foo"), 503, "unknown exchange type 'foo'"},
		{DelayedMessage, args("x-delayed-type", ""), 503, "unknown exchange type ''"},
		{DelayedMessage, args("x-delayed-type", "direct"), 0, ""},
		{DelayedMessage, args("x-delayed-type", RecentHistory, "x-recent-history-length", 0), 406, "Invalid argument 0, 'x-recent-history-length' must be a positive integer"},
	} {
		err := Validate(Exchange{Name: "x", Type: row.kind, Arguments: row.args}, "v")
		if row.code == 0 {
			if err != nil {
				t.Errorf("%s %v: %v", row.kind, row.args, err)
			}
			continue
		}
		expectError(t, err, row.code, declare, row.text)
	}
}

func TestHashArgumentOfWrongTypeIsInternal(t *testing.T) {
	for _, arguments := range []amqp.Table{
		args("hash-header", 1), args("hash-property", true), args("hash-header", "h", "hash-property", 1),
	} {
		err := Validate(Exchange{Name: "x", Type: ConsistentHash, Arguments: arguments}, "/")
		expectError(t, err, 541, 0, "")
		if !err.(*amqp.Error).Hard {
			t.Errorf("%v: the error is soft", arguments)
		}
	}
}

func TestEquivalent(t *testing.T) {
	base := Exchange{Name: "x", Type: Direct, Durable: true}
	with := func(change func(x *Exchange)) Exchange {
		x := base
		change(&x)
		return x
	}
	alternate := func(v any) Exchange {
		return with(func(x *Exchange) { x.Arguments = args("other", 1, "alternate-exchange", v) })
	}
	const head = "inequivalent arg '"
	const mid = "' for exchange 'x' in vhost '/': received "
	for _, row := range []struct {
		have, want Exchange
		text       string // after "inequivalent arg '"; "" for equivalent
	}{
		{base, base, ""},
		{base, with(func(x *Exchange) { x.Arguments = args("hash-header", 1); x.Alternate = "policy" }), ""},
		{base, with(func(x *Exchange) { x.Type, x.Durable = Topic, false }), "type" + mid + "'topic' but current is 'direct'"},
		{base, with(func(x *Exchange) { x.Durable, x.AutoDelete = false, true }), "durable" + mid + "'false' but current is 'true'"},
		{base, with(func(x *Exchange) { x.AutoDelete, x.Internal = true, true }), "auto_delete" + mid + "'true' but current is 'false'"},
		{base, with(func(x *Exchange) { x.Internal = true; x.Arguments = alternate("b").Arguments }), "internal" + mid + "'true' but current is 'false'"},
		{base, alternate("a"), "alternate-exchange" + mid + "the value 'a' of type 'longstr' but current is none"},
		{base, alternate(5), "alternate-exchange" + mid + "the value '5' of type 'long' but current is none"},
		{alternate("a"), base, "alternate-exchange" + mid + "none but current is the value 'a' of type 'longstr'"},
		{alternate("a"), alternate("b"), "alternate-exchange" + mid + "'b' but current is 'a'"},
		{alternate("5"), alternate(5), "alternate-exchange" + mid + "'5' but current is '5'"},
		{alternate("a"), alternate("a"), ""},
		{alternate("a"), alternate(amqp.Binary([]byte("a"))), ""},
	} {
		err := Equivalent(row.have, row.want, "/")
		if row.text == "" {
			if err != nil {
				t.Errorf("%+v and %+v: %v", row.have, row.want, err)
			}
			continue
		}
		expectError(t, err, 406, amqp.MethodExchangeDeclare, head+row.text)
	}
}

func TestTexts(t *testing.T) {
	expectError(t, NoExchange(amqp.MethodBasicPublish, "x", "v"), 404, amqp.MethodBasicPublish, "no exchange 'x' in vhost 'v'")
	expectError(t, OnDefault(amqp.MethodExchangeDelete), 403, amqp.MethodExchangeDelete, "operation not permitted on the default exchange")
	expectError(t, ReservedName("amq.x"), 403, amqp.MethodExchangeDeclare, "exchange name 'amq.x' contains reserved prefix 'amq.*'")
	expectError(t, SystemExchange("amq.x", "v"), 403, amqp.MethodExchangeDelete, "deletion of system exchange 'amq.x' in vhost 'v' not allowed")
	expectError(t, InUse("x", "v"), 406, amqp.MethodExchangeDelete, "exchange 'x' in vhost 'v' in use")
	expectError(t, PublishInternal("x", "v"), 403, amqp.MethodBasicPublish, "cannot publish to internal exchange 'x' in vhost 'v'")
	expectError(t, CheckType("foo"), 503, amqp.MethodExchangeDeclare, "unknown exchange type 'foo'")
	if err := CheckType("fanout"); err != nil {
		t.Error(err)
	}
}

func TestReserved(t *testing.T) {
	for name, want := range map[string]bool{"amq.": true, "amq.direct": true, "amq.x": true, "amq": false, "amqx": false, "": false, "AMQ.x": false} {
		if Reserved(name) != want {
			t.Errorf("Reserved(%q) is not %v", name, want)
		}
	}
}

func TestPredeclared(t *testing.T) {
	r := NewRouter()
	for _, x := range Predeclared() {
		if err := Validate(x, "/"); err != nil || !x.Durable || x.AutoDelete {
			t.Errorf("%+v: %v", x, err)
		}
		r.Put(x)
	}
	for name, kind := range map[string]string{
		"": "direct", "amq.direct": "direct", "amq.fanout": "fanout", "amq.topic": "topic",
		"amq.headers": "headers", "amq.match": "headers", "amq.rabbitmq.trace": "topic",
	} {
		x, ok := r.Exchange(name)
		if !ok || x.Type != kind || x.Internal != (name == "amq.rabbitmq.trace") {
			t.Errorf("%q is %+v", name, x)
		}
	}
	mustVerify(t, r)
}
