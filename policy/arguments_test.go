package policy

import (
	"errors"
	"testing"

	"amqpd/amqp"
)

func args(pairs ...any) amqp.Table {
	var t amqp.Table
	for i := 0; i < len(pairs); i += 2 {
		v, ok := pairs[i+1].(amqp.Value)
		if !ok {
			switch p := pairs[i+1].(type) {
			case string:
				v = amqp.LongStr(p)
			case int:
				v = amqp.Long(int64(p))
			case bool:
				v = amqp.Bool(p)
			}
		}
		t = append(t, amqp.Field{Key: pairs[i].(string), Value: v})
	}
	return t
}

// prefix makes the common form out of an argument and its tail.
func prefix(arg, tail string) string {
	return "invalid arg '" + arg + "' for " + testQueue + ": " + tail
}

const (
	dlx     = "x-dead-letter-exchange"
	dlk     = "x-dead-letter-routing-key"
	crashed = "541"
)

// TestArgumentTexts has the lines of amqp-behaviour §4.4.
func TestArgumentTexts(t *testing.T) {
	tests := []struct {
		kind Kind
		args amqp.Table
		want string // "" passes, crashed has code 541
	}{
		{Classic, args("x-expires", 1), ""},
		{Classic, args("x-expires", 0), prefix("x-expires", "{value_zero,0}")},
		{Classic, args("x-expires", -1), prefix("x-expires", "{value_negative,-1}")},
		{Classic, args("x-expires", 315360000001), prefix("x-expires", "{value_too_large,315360000001}")},
		{Classic, args("x-expires", "1"), prefix("x-expires", `"expected integer, got longstr"`)},
		{Classic, args("x-expires", amqp.Double(1)), prefix("x-expires", `"expected integer, got double"`)},
		{Classic, args("x-message-ttl", 0), ""},
		{Classic, args("x-message-ttl", amqp.Timestamp(5)), prefix("x-message-ttl", `"expected integer, got timestamp"`)},
		{Classic, args("x-message-ttl", amqp.Void()), prefix("x-message-ttl", `"expected integer, got void"`)},
		{Classic, args("x-message-ttl", 315360000001), prefix("x-message-ttl", "{value_too_large,315360000001}")},
		{Classic, args("x-message-ttl", amqp.Byte(-5)), prefix("x-message-ttl", "{value_negative,-5}")},
		{Classic, args(dlx, ""), ""},
		{Classic, args(dlx, 5), "invalid type 'long' for arg 'x-dead-letter-exchange' in " + testQueue},
		{Stream, args(dlx, true), "invalid type 'bool' for arg 'x-dead-letter-exchange' in " + testQueue},
		{Classic, args(dlk, "k"), prefix(dlk, "routing_key_but_no_dlx_defined")},
		{Classic, args(dlk, "k", dlx, ""), ""},
		{Classic, args(dlk, 5, dlx, ""), prefix(dlk, "{unacceptable_type,long}")},
		{Quorum, args("x-dead-letter-strategy", "at-least-once"), ""},
		{Quorum, args("x-dead-letter-strategy", "zzz"), prefix("x-dead-letter-strategy", "invalid_dlx_strategy")},
		{Classic, args("x-max-length", -1), prefix("x-max-length", "{value_negative,-1}")},
		{Stream, args("x-max-length-bytes", "x"), prefix("x-max-length-bytes", `"expected integer, got longstr"`)},
		{Quorum, args("x-max-in-memory-length", -1), prefix("x-max-in-memory-length", "{value_negative,-1}")},
		{Quorum, args("x-max-in-memory-bytes", -1), prefix("x-max-in-memory-bytes", "{value_negative,-1}")},
		{Classic, args("x-overflow", "zzz"), prefix("x-overflow", "invalid_overflow")},
		{Quorum, args("x-overflow", "reject-publish-dlx"), ""},
		{Classic, args("x-overflow", 5), prefix("x-overflow", "{unacceptable_type,long}")},
		{Classic, args("x-max-priority", 256), prefix("x-max-priority", "{max_value_exceeded,256}")},
		{Classic, args("x-max-priority", -1), prefix("x-max-priority", "{value_negative,-1}")},
		{Quorum, args("x-max-priority", 5), "invalid arg 'x-max-priority' for " + testQueue + " of queue type rabbit_quorum_queue"},
		{Classic, args("x-queue-mode", "zzz"), prefix("x-queue-mode", `"unsupported queue mode 'zzz'"`)},
		{Classic, args("x-queue-version", 3), prefix("x-queue-version", `"unsupported queue version '3'"`)},
		{Classic, args("x-queue-version", 0), prefix("x-queue-version", `"unsupported queue version '0'"`)},
		{Classic, args("x-queue-version", -1), prefix("x-queue-version", "{value_negative,-1}")},
		{Classic, args("x-queue-type", "zzz"), prefix("x-queue-type", `"unsupported queue type 'zzz'"`)},
		{Classic, args("x-queue-type", 1), prefix("x-queue-type", "{unacceptable_type,long}")},
		{Classic, args("x-single-active-consumer", 1), prefix("x-single-active-consumer", "{unacceptable_type,long}")},
		{Classic, args("x-queue-master-locator", "zzz"), crashed},
		{Classic, args("x-queue-master-locator", 5), crashed},
		{Classic, args("x-queue-master-locator", "min-masters"), ""},
		{Quorum, args("x-queue-leader-locator", "zzz"), prefix("x-queue-leader-locator", "invalid_queue_locator_arg")},
		{Quorum, args("x-delivery-limit", "abc"), ""},
		{Quorum, args("x-delivery-limit", -1), ""},
		{Classic, args("x-delivery-limit", 5), "invalid arg 'x-delivery-limit' for " + testQueue + " of queue type rabbit_classic_queue"},
		{Quorum, args("x-quorum-initial-group-size", 0), prefix("x-quorum-initial-group-size", "{value_zero,0}")},
		{Stream, args("x-max-age", "5x"), prefix("x-max-age", "invalid_max_age")},
		{Stream, args("x-max-age", "0s"), prefix("x-max-age", "invalid_max_age")},
		{Stream, args("x-max-age", "x"), crashed},
		{Stream, args("x-max-age", ""), crashed},
		{Stream, args("x-max-age", "7D"), ""},
		{Stream, args("x-stream-max-segment-size-bytes", 3000000001), "Exceeded max value for x-stream-max-segment-size-bytes"},
		{Stream, args("x-stream-max-segment-size-bytes", -1), prefix("x-stream-max-segment-size-bytes", "{value_negative,-1}")},
		{Stream, args("x-initial-cluster-size", 0), prefix("x-initial-cluster-size", "{value_zero,0}")},
		{Classic, args("x-ha-min-in-sync", "majority"), ""},
		{Classic, args("x-ha-min-in-sync", 0), prefix("x-ha-min-in-sync", "{value_zero,0}")},
		{Classic, args("x-anything", amqp.Void()), ""},

		// Order of the checks, §4.1.
		{Classic, args("x-expires", 0, dlx, 5), "invalid type 'long' for arg 'x-dead-letter-exchange' in " + testQueue},
		{Classic, args("x-expires", 0, "x-queue-type", "zzz"), prefix("x-queue-type", `"unsupported queue type 'zzz'"`)},
		{Classic, args("x-message-ttl", -1, "x-expires", 0), prefix("x-expires", "{value_zero,0}")},
		{Classic, args("x-max-age", "x", "x-overflow", "zzz"), prefix("x-overflow", "invalid_overflow")},
		{Classic, args("x-queue-master-locator", "zzz", "x-max-age", "x"),
			"invalid arg 'x-max-age' for " + testQueue + " of queue type rabbit_classic_queue"},
		{Stream, args("x-stream-max-segment-size-bytes", 3000000001, "x-expires", 1),
			"invalid arg 'x-expires' for " + testQueue + " of queue type rabbit_stream_queue"},
		// Of two fields with one name the first counts.
		{Classic, args("x-expires", 1, "x-expires", 0), ""},
	}
	for _, test := range tests {
		bad := CheckArguments(test.kind, test.args)
		if got := outcome(bad, testQueue); got != test.want {
			t.Errorf("%s %v:\n got %s\nwant %s", test.kind, test.args, got, test.want)
		}
	}
}

// outcome is the text of a fault, "" for none, crashed for 541.
func outcome(bad *ArgumentError, resource string) string {
	switch {
	case bad == nil:
		return ""
	case bad.Code == amqp.CodeInternalError && bad.Text(resource) == "":
		return crashed
	default:
		return bad.Text(resource)
	}
}

// TestConsumerArgumentTexts has the lines of amqp-behaviour §5.4 and §7.
func TestConsumerArgumentTexts(t *testing.T) {
	tests := []struct {
		kind Kind
		args amqp.Table
		want string
	}{
		{Classic, args("x-priority", -5), ""},
		{Quorum, args("x-priority", amqp.UnsignedByte(5)), ""},
		{Classic, args("x-priority", "5"), prefix("x-priority", `"expected integer, got longstr"`)},
		{Stream, args("x-priority", 5), "invalid arg 'x-priority' for " + testQueue + " of queue type rabbit_stream_queue"},
		{Classic, args("x-cancel-on-ha-failover", true), ""},
		{Classic, args("x-cancel-on-ha-failover", 1), prefix("x-cancel-on-ha-failover", "{unacceptable_type,long}")},
		{Quorum, args("x-cancel-on-ha-failover", true),
			"invalid arg 'x-cancel-on-ha-failover' for " + testQueue + " of queue type rabbit_quorum_queue"},
		{Stream, args("x-stream-offset", "first"), ""},
		{Stream, args("x-stream-offset", 7), ""},
		{Stream, args("x-stream-offset", amqp.Timestamp(1)), ""},
		{Stream, args("x-stream-offset", "5m"), ""},
		{Stream, args("x-stream-offset", "1x"), prefix("x-stream-offset", `{invalid_stream_offset_arg,{longstr,<<"1x">>}}`)},
		{Stream, args("x-stream-offset", "soon"), crashed},
		{Stream, args("x-stream-offset", ""), crashed},
		{Stream, args("x-stream-offset", true), crashed},
		{Stream, args("x-stream-offset", amqp.Double(1)), crashed},
		{Classic, args("x-stream-offset", 7), "invalid arg 'x-stream-offset' for " + testQueue + " of queue type rabbit_classic_queue"},
		{Classic, args("x-credit", amqp.TableOf(nil), "zzz", 1), ""},
		// A queue argument is nothing to a consumer.
		{Classic, args("x-expires", 0), ""},
	}
	for _, test := range tests {
		if got := outcome(CheckConsumerArguments(test.kind, test.args), testQueue); got != test.want {
			t.Errorf("%s %v:\n got %s\nwant %s", test.kind, test.args, got, test.want)
		}
	}
}

func TestExchangeArgumentTexts(t *testing.T) {
	const resource = "exchange 'x' in vhost '/'"
	if bad := CheckExchangeArguments(args("alternate-exchange", "", "x-expires", 0)); bad != nil {
		t.Errorf("text: %v", bad)
	}
	bad := CheckExchangeArguments(args("alternate-exchange", 5))
	want := "invalid type 'long' for arg 'alternate-exchange' in " + resource
	if got := outcome(bad, resource); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDeadLetterExchangeAlone(t *testing.T) {
	if bad := CheckDeadLetterExchange(args("x-expires", 0, dlx, "x")); bad != nil {
		t.Errorf("looked at more: %v", bad)
	}
	if CheckDeadLetterExchange(args(dlx, 5)) == nil {
		t.Error("a number passes")
	}
}

func TestKindOf(t *testing.T) {
	for _, want := range []Kind{Classic, Quorum, Stream} {
		if got, err := KindOf(args("x-queue-type", want.String())); got != want || err != nil {
			t.Errorf("%s: %s, %v", want, got, err)
		}
	}
	if got, err := KindOf(nil); got != Classic || err != nil {
		t.Errorf("absent: %s, %v", got, err)
	}
	_, err := KindOf(args("x-queue-type", "zzz"))
	var bad *ArgumentError
	if !errors.As(err, &bad) || bad.Text(testQueue) != prefix("x-queue-type", `"unsupported queue type 'zzz'"`) {
		t.Errorf("unknown: %v", err)
	}
	if err.Error() == "" {
		t.Error("nothing for the log")
	}
}

func TestKindNames(t *testing.T) {
	for _, k := range []Kind{Classic, Quorum, Stream} {
		if got, ok := ParseKind(k.String()); got != k || !ok {
			t.Errorf("%s does not come back", k)
		}
	}
	if _, ok := ParseKind("Classic"); ok {
		t.Error("case does not count")
	}
	if got := Quorum.ModuleName(); got != "rabbit_quorum_queue" {
		t.Errorf("module name %s", got)
	}
	if got := Kind(9).String() + Kind(9).ModuleName() + Overflow(9).String(); got != "Kind(9)Kind(9)unknown" {
		t.Errorf("no such kind: %s", got)
	}
}

// TestInequivalentTexts has the lines of amqp-behaviour §4.2.
func TestInequivalentTexts(t *testing.T) {
	const same = ""
	form := func(arg, tail string) string {
		return "inequivalent arg '" + arg + "' for " + testQueue + ": received " + tail
	}
	tests := []struct {
		kind       Kind
		have, want amqp.Table
		text       string
	}{
		{Classic, nil, nil, same},
		{Classic, nil, args("x-expires", 5), form("x-expires", "the value '5' of type 'long' but current is none")},
		{Classic, args("x-expires", amqp.Int32(5)), nil, form("x-expires", "none but current is the value '5' of type 'signedint'")},
		{Classic, args("x-expires", 5), args("x-expires", 6), form("x-expires", "'6' but current is '5'")},
		{Classic, args("x-expires", amqp.Byte(5)), args("x-expires", amqp.Long(5)), same},
		{Classic, args("x-expires", 5), args("x-expires", amqp.Timestamp(5)), same},
		{Classic, args("x-expires", 5), args("x-expires", amqp.Double(5)), form("x-expires", "'5.0' but current is '5'")},
		{Classic, args("x-expires", 5), args("x-expires", "5"), form("x-expires", "'5' but current is '5'")},
		{Classic, args("x-queue-type", "classic"), nil, same},
		{Classic, nil, args("x-queue-type", "classic"), same},
		{Classic, nil, args("x-queue-type", "quorum"), form("x-queue-type", "the value 'quorum' of type 'longstr' but current is none")},
		{Quorum, args("x-queue-type", "quorum"), args("x-queue-type", "classic"), form("x-queue-type", "'classic' but current is 'quorum'")},
		{Classic, nil, args("x-zzz", 5), same},
		{Classic, nil, args("x-delivery-limit", 5), same},
		{Quorum, nil, args("x-delivery-limit", 5), form("x-delivery-limit", "the value '5' of type 'long' but current is none")},
		{Classic, args("x-expires", 5), args("x-expires", -1), form("x-expires", "'-1' but current is '5'")},
		{Classic, args(dlx, "a"), args(dlx, amqp.Void()), form(dlx, "none but current is 'a'")},
		{Classic, nil, args("x-single-active-consumer", true),
			form("x-single-active-consumer", "the value 'true' of type 'bool' but current is none")},
		{Classic, nil, args("x-overflow", amqp.ArrayOf(amqp.Long(1))),
			form("x-overflow", "the value '[{long,1}]' of type 'array' but current is none")},
		// The order of the kind's list, not that of the client.
		{Classic, nil, args("x-queue-mode", "lazy", "x-expires", 5), form("x-expires", "the value '5' of type 'long' but current is none")},
		{Quorum, nil, args("x-expires", 5, dlx, "a"), form(dlx, "the value 'a' of type 'longstr' but current is none")},
	}
	for _, test := range tests {
		got := same
		if text := Inequivalent(test.kind, test.have, test.want); text != nil {
			got = text(testQueue)
		}
		if got != test.text {
			t.Errorf("%s %v, %v:\n got %s\nwant %s", test.kind, test.have, test.want, got, test.text)
		}
	}
}

func TestInequivalentExchange(t *testing.T) {
	if InequivalentExchange(args("hash-header", "a"), args("hash-header", "b")) != nil {
		t.Error("compared more than alternate-exchange")
	}
	text := InequivalentExchange(nil, args("alternate-exchange", "a"))
	want := "inequivalent arg 'alternate-exchange' for exchange 'x': received the value 'a' of type 'longstr' but current is none"
	if text == nil || text("exchange 'x'") != want {
		t.Errorf("want %s", want)
	}
}

func TestParseAge(t *testing.T) {
	tests := []struct {
		text string
		ms   int64
		ok   bool
	}{
		{"1s", 1000, true}, {"2m", 120_000, true}, {"1h", 3_600_000, true}, {"007D", 7 * 86_400_000, true},
		{"1M", 30 * 86_400_000, true}, {"1Y", 365 * 86_400_000, true},
		{"99999999999999999999Y", 1<<63 - 1, true}, {"9999999999999Y", 1<<63 - 1, true},
		{"0s", 0, false}, {"", 0, false}, {"s", 0, false}, {"1", 0, false}, {"1S", 0, false}, {"-1s", 0, false}, {"1ss", 0, false},
	}
	for _, test := range tests {
		if ms, ok := ParseAge(test.text); ms != test.ms || ok != test.ok {
			t.Errorf("%q: %d %t, want %d %t", test.text, ms, ok, test.ms, test.ok)
		}
	}
}
