package exchange

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"amqpd/amqp"

	"pgregory.net/rapid"
)

func TestHeadersTable(t *testing.T) {
	nested := amqp.TableOf(args("k", amqp.Long(1), "l", "x"))
	for _, row := range []struct {
		name    string
		binding amqp.Table
		yes, no []amqp.Table
	}{
		{"no arguments", nil,
			[]amqp.Table{nil, args("a", 1)}, nil},
		{"absent x-match is all", args("a", 1, "b", 2),
			[]amqp.Table{args("a", 1, "b", 2), args("b", 2, "c", 3, "a", 1)},
			[]amqp.Table{nil, args("a", 1), args("a", 1, "b", 3)}},
		{"all", args("x-match", "all", "a", "v"),
			[]amqp.Table{args("a", "v")}, []amqp.Table{args("a", "V"), args("A", "v"), args("b", "v")}},
		{"all without conditions", args("x-match", "all"),
			[]amqp.Table{nil, args("a", 1)}, nil},
		{"any", args("x-match", "any", "a", 1, "b", 2),
			[]amqp.Table{args("a", 1), args("b", 2), args("a", 5, "b", 2)},
			[]amqp.Table{nil, args("a", 2, "b", 1), args("c", 1)}},
		{"any without conditions", args("x-match", "any"),
			nil, []amqp.Table{nil, args("a", 1)}},
		{"all leaves x- out", args("x-match", "all", "x-a", 1),
			[]amqp.Table{nil, args("x-a", 2)}, nil},
		{"any leaves x- out", args("x-match", "any", "x-a", 1),
			nil, []amqp.Table{args("x-a", 1)}},
		{"X- is not x-", args("X-a", 1),
			[]amqp.Table{args("X-a", 1)}, []amqp.Table{nil}},
		{"all-with-x", args("x-match", "all-with-x", "x-a", 1, "b", 2),
			[]amqp.Table{args("x-a", 1, "b", 2)}, []amqp.Table{args("b", 2), args("x-a", 1), args("x-match", "all-with-x", "b", 2)}},
		{"any-with-x", args("x-match", "any-with-x", "x-a", 1, "b", 2),
			[]amqp.Table{args("x-a", 1), args("b", 2)}, []amqp.Table{nil, args("x-a", 2)}},
		{"void is presence", args("a", nil),
			[]amqp.Table{args("a", 1), args("a", nil), args("a", nested)}, []amqp.Table{nil, args("b", 1)}},
		{"any with void", args("x-match", "any", "a", nil, "b", 2),
			[]amqp.Table{args("a", "z"), args("b", 2)}, []amqp.Table{args("b", 3)}},
		{"the first of equal headers counts", args("a", 1),
			[]amqp.Table{args("a", 1, "a", 2)}, []amqp.Table{args("a", 2, "a", 1)}},
		{"one header under two conditions", args("x-match", "any", "a", 1, "a", 2),
			[]amqp.Table{args("a", 1), args("a", 2)}, []amqp.Table{args("a", 3)}},
		{"nested", args("a", nested, "b", 1),
			[]amqp.Table{args("a", amqp.TableOf(args("k", amqp.Long(1), "l", "x")), "b", 1)},
			[]amqp.Table{args("a", amqp.TableOf(args("k", amqp.Byte(1), "l", "x")), "b", 1), args("a", 1, "b", 1)}},
	} {
		r := NewRouter()
		r.Put(Exchange{Name: "h", Type: Headers})
		b := Binding{Source: "h", Destination: "q", Arguments: row.binding}
		mustBind(t, r, b)
		mustVerify(t, r)
		for _, table := range row.yes {
			if got := routed(t, r, "h", &Message{Headers: raw(table)}); len(got) != 1 {
				t.Errorf("%s: %v is not matched", row.name, table)
			}
		}
		for _, table := range row.no {
			if got := routed(t, r, "h", &Message{Headers: raw(table)}); len(got) != 0 {
				t.Errorf("%s: %v is matched", row.name, table)
			}
		}
		if !r.Unbind(b) {
			t.Errorf("%s: unbind found nothing", row.name)
		}
		mustVerify(t, r)
		if h := r.exchanges["h"].match.(*headers); len(h.names)+len(h.always)+len(h.specs) != 0 {
			t.Errorf("%s: something stays behind after unbind", row.name)
		}
	}
}

// TestHeaderEquality groups values that a headers exchange takes for equal;
// across groups nothing is.
func TestHeaderEquality(t *testing.T) {
	groups := [][]amqp.Value{
		{amqp.Byte(1), amqp.UnsignedByte(1), amqp.Short(1), amqp.UnsignedShort(1), amqp.Int32(1),
			amqp.Uint32(1), amqp.Long(1), amqp.Float(1), amqp.Double(1), amqp.Timestamp(1)},
		{amqp.Byte(0), amqp.Double(0), amqp.Double(1 / negativeInfinity), amqp.Timestamp(0)},
		{amqp.Byte(-1), amqp.Long(-1), amqp.Double(-1)},
		{amqp.Timestamp(1<<64 - 1)},
		{amqp.Double(1 << 63), amqp.Timestamp(1 << 63)},
		{amqp.Long(-1 << 63), amqp.Double(-1 << 63)},
		{amqp.Double(1 << 64)},
		{amqp.Long(1<<53 + 1)},
		{amqp.Long(1 << 53), amqp.Double(1 << 53)},
		{amqp.Double(0.5), amqp.Float(0.5)},
		{amqp.Double(0.1)},
		{amqp.Float(0.1)},
		{amqp.LongStr("1"), amqp.Binary([]byte("1"))},
		{amqp.LongStr(""), amqp.Binary(nil)},
		{amqp.Bool(true)},
		{amqp.Bool(false)},
		{amqp.Decimal(0, 1)},
		{amqp.Decimal(1, 10)},
		{amqp.TableOf(nil), amqp.ArrayOf()},
		{amqp.TableOf(args("a", amqp.Long(1)))},
		{amqp.TableOf(args("a", amqp.Int32(1)))},
		{amqp.ArrayOf(amqp.Long(1))},
		{amqp.ArrayOf(amqp.Long(1), amqp.Long(1))},
		{amqp.ArrayOf(amqp.Timestamp(1))},
	}
	r := NewRouter()
	r.Put(Exchange{Name: "h", Type: Headers})
	for i, group := range groups {
		for _, v := range group {
			mustBind(t, r, Binding{Source: "h", Destination: fmt.Sprint(i), Arguments: args("k", v)})
		}
	}
	mustBind(t, r, Binding{Source: "h", Destination: "void", Arguments: args("k", nil)})
	for i, group := range groups {
		for _, v := range group {
			m := &Message{Headers: raw(args("other", 1, "k", v))}
			expectQueues(t, r, "h", m, fmt.Sprint(i), "void")
		}
	}
	expectQueues(t, r, "h", &Message{Headers: raw(args("k", nil))}, "void")
}

var negativeInfinity = func() float64 { zero := 0.0; return -1 / zero }()

// TestHeaderAliases has values arrive in encodings that Value never writes.
func TestHeaderAliases(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "h", Type: Headers})
	mustBind(t, r, Binding{Source: "h", Destination: "long", Arguments: args("k", amqp.Long(7))})
	mustBind(t, r, Binding{Source: "h", Destination: "true", Arguments: args("k", true)})
	mustBind(t, r, Binding{Source: "h", Destination: "array", Arguments: args("k", amqp.ArrayOf(amqp.Long(7), amqp.Bool(true)))})
	expectQueues(t, r, "h", &Message{Headers: []byte("\x01kL\x00\x00\x00\x00\x00\x00\x00\x07")}, "long")
	expectQueues(t, r, "h", &Message{Headers: []byte("\x01kt\x09")}, "true")
	expectQueues(t, r, "h", &Message{Headers: []byte("\x01kA\x00\x00\x00\x0bL\x00\x00\x00\x00\x00\x00\x00\x07t\x09")}, "array")
}

// TestDeepHeader nests as deep as one frame allows.
func TestDeepHeader(t *testing.T) {
	deep := amqp.Void()
	for range 100 {
		deep = amqp.ArrayOf(deep)
	}
	r := NewRouter()
	r.Put(Exchange{Name: "h", Type: Headers})
	mustBind(t, r, Binding{Source: "h", Destination: "q", Arguments: args("k", deep)})
	expectQueues(t, r, "h", &Message{Headers: raw(args("k", deep))}, "q")
	expectQueues(t, r, "h", &Message{Headers: raw(args("k", amqp.ArrayOf(deep)))})
}

func TestMatchArgument(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "h", Type: Headers})
	r.Put(Exchange{Name: "to", Type: Fanout})
	for _, row := range []struct {
		value amqp.Value
		text  string
	}{
		{amqp.LongStr("some"), `Invalid x-match field value <<"some">>; expected all, any, all-with-x, or any-with-x`},
		{amqp.LongStr(""), `Invalid x-match field value <<>>; expected all, any, all-with-x, or any-with-x`},
		{amqp.LongStr("\x00\xff"), `Invalid x-match field value <<0,255>>; expected all, any, all-with-x, or any-with-x`},
		{amqp.LongStr("a\"b\n"), `Invalid x-match field value <<"a\"b\n">>; expected all, any, all-with-x, or any-with-x`},
		{amqp.Long(1), `Invalid x-match field type long (value 1); expected longstr`},
		{amqp.Bool(true), `Invalid x-match field type bool (value true); expected longstr`},
		{amqp.Binary([]byte("all")), `Invalid x-match field type binary (value <<"all">>); expected longstr`},
		{amqp.TableOf(args("a", "b")), `Invalid x-match field type table (value [{<<"a">>,longstr,<<"b">>}]); expected longstr`},
	} {
		b := Binding{Source: "h", Destination: "q", Arguments: args("x-match", row.value)}
		_, err := r.Bind(b)
		expectError(t, err, 406, amqp.MethodQueueBind, row.text)
		expectError(t, ValidateBinding(Exchange{Type: Headers}, b, amqp.MethodQueueBind), 406, amqp.MethodQueueBind, row.text)
		b.To, b.Destination = ToExchange, "to"
		_, err = r.Bind(b)
		expectError(t, err, 406, amqp.MethodExchangeBind, row.text)
	}
	mustVerify(t, r)
	if r.InUse("h") {
		t.Error("a refused binding was made")
	}
}

// naiveHeaders follows the rules word by word.
func naiveHeaders(binding, message amqp.Table) bool {
	match, _ := binding.Get("x-match")
	mode, _ := match.Str()
	one, withX := strings.HasPrefix(mode, "any"), strings.HasSuffix(mode, "-with-x")
	for _, f := range binding {
		if f.Key == "x-match" || !withX && strings.HasPrefix(f.Key, "x-") {
			continue
		}
		v, present := message.Get(f.Key)
		holds := present && (f.Value.Kind() == amqp.KindVoid || f.Value.Same(v))
		if one && holds {
			return true
		}
		if !one && !holds {
			return false
		}
	}
	return !one
}

var (
	headerNames  = []string{"a", "b", "c", "x-a", "x-b"}
	headerValues = []amqp.Value{
		amqp.Long(1), amqp.Byte(1), amqp.Double(1.5), amqp.Float(1.5), amqp.LongStr("1"), amqp.Binary([]byte("1")),
		amqp.Bool(true), amqp.Void(), amqp.ArrayOf(amqp.Long(1)), amqp.Decimal(1, 1),
	}
)

func drawTable(t *rapid.T, label string) amqp.Table {
	var table amqp.Table
	for range rapid.IntRange(0, 4).Draw(t, label) {
		table = append(table, amqp.Field{
			Key:   rapid.SampledFrom(headerNames).Draw(t, label+" name"),
			Value: rapid.SampledFrom(headerValues).Draw(t, label+" value"),
		})
	}
	return table
}

func TestHeadersAgainstNaive(t *testing.T) {
	modes := []string{"", "all", "any", "all-with-x", "any-with-x"}
	rapid.Check(t, func(t *rapid.T) {
		r := NewRouter()
		r.Put(Exchange{Name: "h", Type: Headers})
		var all []Binding
		for i := range rapid.IntRange(0, 20).Draw(t, "bindings") {
			b := Binding{Source: "h", Destination: fmt.Sprint(i), Arguments: drawTable(t, "binding")}
			if mode := rapid.SampledFrom(modes).Draw(t, "mode"); mode != "" {
				b.Arguments = append(b.Arguments, amqp.Field{Key: "x-match", Value: amqp.LongStr(mode)})
			}
			if _, err := r.Bind(b); err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
		for range rapid.IntRange(0, len(all)).Draw(t, "removed") {
			at := rapid.IntRange(0, len(all)-1).Draw(t, "at")
			if !r.Unbind(all[at]) {
				t.Fatalf("%+v is not there", all[at])
			}
			all = slices.Delete(all, at, at+1)
		}
		if err := r.Verify(); err != nil {
			t.Fatal(err)
		}
		var res Result
		for range 5 {
			headers := drawTable(t, "message")
			if err := r.Route("h", &Message{Headers: raw(headers)}, &res); err != nil {
				t.Fatal(err)
			}
			for _, b := range all {
				if got, want := slices.Contains(res.Queues, b.Destination), naiveHeaders(b.Arguments, headers); got != want {
					t.Fatalf("binding %v, headers %v: %v, want %v", b.Arguments, headers, got, want)
				}
			}
		}
	})
}
