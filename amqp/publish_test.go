package amqp

import (
	"bytes"
	"testing"
)

func TestParsePublish(t *testing.T) {
	for _, tc := range []BasicPublish{
		{},
		{Exchange: "amq.topic", RoutingKey: "a.b", Mandatory: true},
		{Ticket: 999, RoutingKey: "q", Immediate: true},
		{Exchange: "\xff", RoutingKey: string(bytes.Repeat([]byte{'k'}, 255)), Mandatory: true, Immediate: true},
	} {
		args := argsOf(tc.copy())
		p, err := ParsePublish(args)
		if err != nil || string(p.Exchange) != tc.Exchange || string(p.RoutingKey) != tc.RoutingKey ||
			p.Mandatory != tc.Mandatory || p.Immediate != tc.Immediate {
			t.Errorf("%+v: %+v, %v", tc, p, err)
		}
		envelope, err := AppendEnvelope(nil, tc.Exchange, tc.RoutingKey)
		if err != nil || !bytes.Equal(p.Envelope, envelope) {
			t.Errorf("%+v: envelope %x, want %x", tc, p.Envelope, envelope)
		}
		exchange, key, err := SplitEnvelope(p.Envelope)
		if err != nil || string(exchange) != tc.Exchange || string(key) != tc.RoutingKey {
			t.Errorf("%+v: split to %q, %q, %v", tc, exchange, key, err)
		}
		if p.ValidUTF8() != (tc.Exchange != "\xff") {
			t.Errorf("%+v: UTF-8 %t", tc, p.ValidUTF8())
		}
		for n := range args {
			if _, err := ParsePublish(args[:n:n]); err != ErrMalformed {
				t.Errorf("%+v: %d octets: %v", tc, n, err)
			}
		}
		if _, err := ParsePublish(append(args, 0)); err != ErrMalformed {
			t.Errorf("%+v: trailing octet: %v", tc, err)
		}
		for n := range envelope {
			if _, _, err := SplitEnvelope(envelope[:n:n]); err != ErrMalformed {
				t.Errorf("%+v: envelope of %d octets: %v", tc, n, err)
			}
		}
		if _, _, err := SplitEnvelope(append(envelope, 0)); err != ErrMalformed {
			t.Errorf("%+v: envelope with a trailing octet: %v", tc, err)
		}
	}
	if _, err := AppendEnvelope(nil, string(make([]byte, 256)), ""); err != ErrLongString {
		t.Errorf("a long exchange: %v", err)
	}
}

func (m BasicPublish) copy() *BasicPublish { return &m }

// TestHotAppendsEqualTheMethods: the functions of the hot path write what the
// generated methods write.
func TestHotAppendsEqualTheMethods(t *testing.T) {
	envelope, _ := AppendEnvelope(nil, "logs", "a.b.c")
	for _, redelivered := range []bool{false, true} {
		for name, pair := range map[string][2][]byte{
			"deliver": {
				AppendDeliver([]byte("x"), 300, "ctag", 1<<40, redelivered, envelope),
				BasicDeliver{ConsumerTag: "ctag", DeliveryTag: 1 << 40, Redelivered: redelivered, Exchange: "logs", RoutingKey: "a.b.c"}.Append([]byte("x"), 300),
			},
			"get-ok": {
				AppendGetOk([]byte("x"), 300, 7, redelivered, envelope, 1<<31),
				BasicGetOk{DeliveryTag: 7, Redelivered: redelivered, Exchange: "logs", RoutingKey: "a.b.c", MessageCount: 1 << 31}.Append([]byte("x"), 300),
			},
			"return": {
				AppendReturn([]byte("x"), 300, CodeNoRoute, "NO_ROUTE", envelope),
				BasicReturn{ReplyCode: 312, ReplyText: "NO_ROUTE", Exchange: "logs", RoutingKey: "a.b.c"}.Append([]byte("x"), 300),
			},
		} {
			if !bytes.Equal(pair[0], pair[1]) {
				t.Errorf("%s: %x, want %x", name, pair[0], pair[1])
			}
		}
	}
}
