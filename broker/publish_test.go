package broker

import (
	"bytes"
	"strings"
	"testing"

	"amqpd/amqp"
)

func TestParseExpiration(t *testing.T) {
	for _, row := range []struct {
		in  string
		ms  int64
		why string
	}{
		{"", 0, "no_integer"},
		{"abc", 0, "no_integer"},
		{" 10", 0, "no_integer"},
		{"+", 0, "no_integer"},
		{"-", 0, "no_integer"},
		{"+-5", 0, "no_integer"},
		{"--5", 0, "no_integer"},
		{"10.5", 0, `{leftover_string,".5"}`},
		{"10abc", 0, `{leftover_string,"abc"}`},
		{"1e3", 0, `{leftover_string,"e3"}`},
		{"-1", 0, "{value_negative,-1}"},
		{"-0010", 0, "{value_negative,-10}"},
		{"-0", 0, ""},
		{"+5", 5, ""},
		{"00010", 10, ""},
		{"0", 0, ""},
		{"315360000000", 315360000000, ""},
		{"315360000001", 0, "{value_too_large,315360000001}"},
		{strings.Repeat("9", 100), 0, "{value_too_large," + strings.Repeat("9", 100) + "}"},
	} {
		ms, why := parseExpiration(row.in)
		if ms != row.ms || why != row.why {
			t.Errorf("%q: %d, %q; want %d, %q", row.in, ms, why, row.ms, row.why)
		}
	}
}

func FuzzParseExpiration(f *testing.F) {
	for _, s := range []string{"", "10", "-1", "+007", "1e3", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ms, why := parseExpiration(s)
		if ms < 0 || ms > maxTTL || why != "" && ms != 0 {
			t.Fatalf("%q: %d, %q", s, ms, why)
		}
	})
}

func TestSplitPayload(t *testing.T) {
	for _, row := range []struct{ exchange, key, body string }{
		{"", "", ""},
		{"", "q", "b"},
		{"x", "", strings.Repeat("b", 70000)},
		{strings.Repeat("x", 255), strings.Repeat("k", 255), "body"},
	} {
		env, err := amqp.AppendEnvelope(nil, row.exchange, row.key)
		if err != nil {
			t.Fatal(err)
		}
		header := amqp.AppendHeaderPayload(nil, uint64(len(row.body)), &amqp.PropertyList{ContentType: "text/plain", Priority: 3})
		e, h, b := splitPayload(bytes.Join([][]byte{env, header, []byte(row.body)}, nil))
		if !bytes.Equal(e, env) || !bytes.Equal(h, header) || string(b) != row.body {
			t.Errorf("%.20q %.20q: %d, %d and %d octets", row.exchange, row.key, len(e), len(h), len(b))
		}
	}
}

// edited is what a header edit makes of a property list.
func edited(t *testing.T, p amqp.PropertyList, f func([]byte) []byte) amqp.PropertyList {
	t.Helper()
	header := amqp.AppendHeaderPayload(nil, 77, &p)
	was := bytes.Clone(header)
	out := f(header)
	if !bytes.Equal(header, was) {
		t.Error("the header that was edited changed in place")
	}
	if bodySize(out) != 77 {
		t.Errorf("body size %d, want 77", bodySize(out))
	}
	return delivery{header: out}.properties(t)
}

func TestHeaderEdits(t *testing.T) {
	full := amqp.PropertyList{
		ContentType: "text/plain", CorrelationID: "c", AppID: "a", DeliveryMode: 2,
		Headers: amqp.Table{
			{Key: "BCC", Value: amqp.ArrayOf(amqp.LongStr("secret"))},
			{Key: "x-delay", Value: amqp.Int32(500)},
			{Key: "z", Value: amqp.Long(1)},
		},
	}
	for _, row := range []struct {
		name string
		edit func([]byte) []byte
		in   amqp.PropertyList
		want amqp.Table
	}{
		{"BCC goes", func(h []byte) []byte { return withoutHeader(h, "BCC") }, full, full.Headers[1:]},
		{"BCC is not there", func(h []byte) []byte { return withoutHeader(h, "BCC") }, amqp.PropertyList{AppID: "a"}, nil},
		{"delivery count", func(h []byte) []byte { return withDeliveryCount(h, 3) }, amqp.PropertyList{AppID: "a"},
			amqp.Table{{Key: "x-delivery-count", Value: amqp.Long(3)}}},
		{"delivery count again", func(h []byte) []byte { return withDeliveryCount(withDeliveryCount(h, 3), 4) },
			amqp.PropertyList{AppID: "a"}, amqp.Table{{Key: "x-delivery-count", Value: amqp.Long(4)}}},
		{"delay negated", negateDelay, full,
			amqp.Table{full.Headers[0], {Key: "x-delay", Value: amqp.Int32(-500)}, full.Headers[2]}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := edited(t, row.in, row.edit)
			if len(got.Headers) != len(row.want) || len(row.want) > 0 && !got.Headers.Equal(row.want) {
				t.Errorf("headers %v, want %v", got.Headers.Canonical(), row.want.Canonical())
			}
			if got.AppID != row.in.AppID || got.CorrelationID != row.in.CorrelationID || got.DeliveryMode != row.in.DeliveryMode {
				t.Errorf("other properties changed: %+v", got)
			}
		})
	}
}

func TestTuneRefusal(t *testing.T) {
	for _, row := range []struct {
		value, proposed, least uint64
		why                    string
	}{
		{131072, 131072, 4096, ""},
		{4096, 131072, 4096, ""},
		{4095, 131072, 4096, "negotiated frame_max = 4095 is lower than the minimum allowed value (4096)"},
		{131073, 131072, 4096, "negotiated frame_max = 131073 is higher than the maximum allowed value (131072)"},
		{0, 131072, 4096, "negotiated frame_max = 0 (no limit) is higher than the maximum allowed value (131072)"},
		{0, 0, 4096, ""},
		{5000, 0, 4096, ""},
		{5, 0, 4096, "negotiated frame_max = 5 is lower than the minimum allowed value (4096)"},
	} {
		if why := tuneRefusal("frame_max", row.value, row.proposed, row.least); why != row.why {
			t.Errorf("%d of %d: %q, want %q", row.value, row.proposed, why, row.why)
		}
	}
}

// A remembered route ends with whatever it rested on.
func TestRoutesAreForgotten(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	other := dial(t, b).guest()
	k.confirms(1)
	arrives := func(exchange, key string, to ...string) {
		t.Helper()
		k.publish(1, exchange, key, nil, "m")
		want[amqp.BasicAck](k, 1)
		for _, queue := range []string{"a", "b"} {
			_, ok := other.get(1, queue, true)
			if expected := strings.Contains(strings.Join(to, " "), queue); ok != expected {
				t.Fatalf("exchange %q: queue %s got it: %t, want %t", exchange, queue, ok, expected)
			}
		}
	}
	declare := func(name string) { call[amqp.QueueDeclareOk](other, 1, &amqp.QueueDeclare{Queue: name}) }
	bind := func(name string) {
		call[amqp.QueueBindOk](other, 1, &amqp.QueueBind{Queue: name, Exchange: "amq.direct", RoutingKey: "k"})
	}
	declare("a")
	declare("b")
	arrives("amq.direct", "k")
	bind("a")
	for range 3 {
		arrives("amq.direct", "k", "a")
		arrives("", "a", "a")
	}
	bind("b")
	arrives("amq.direct", "k", "a", "b")
	call[amqp.QueueUnbindOk](other, 1, &amqp.QueueUnbind{Queue: "a", Exchange: "amq.direct", RoutingKey: "k"})
	arrives("amq.direct", "k", "b")
	call[amqp.QueueDeleteOk](other, 1, &amqp.QueueDelete{Queue: "b"})
	declare("b")
	arrives("amq.direct", "k")
	arrives("", "b", "b")
	bind("b")
	arrives("amq.direct", "k", "b")
}
