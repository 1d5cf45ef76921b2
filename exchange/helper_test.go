package exchange

import (
	"slices"
	"testing"

	"amqpd/amqp"
)

// routed is Route as tests like it: sorted queues, failures fatal.
func routed(t testing.TB, r *Router, x string, m *Message) []string {
	t.Helper()
	var res Result
	if err := r.Route(x, m, &res); err != nil {
		t.Fatalf("Route(%q): %v", x, err)
	}
	return slices.Sorted(slices.Values(res.Queues))
}

func expectQueues(t testing.TB, r *Router, x string, m *Message, want ...string) {
	t.Helper()
	if got := routed(t, r, x, m); !slices.Equal(got, want) {
		t.Errorf("%q with key %q reaches %q, want %q", x, m.Key, got, want)
	}
}

func mustBind(t testing.TB, r *Router, b Binding) {
	t.Helper()
	if _, err := r.Bind(b); err != nil {
		t.Fatalf("Bind(%+v): %v", b, err)
	}
}

func mustVerify(t testing.TB, r *Router) {
	t.Helper()
	if err := r.Verify(); err != nil {
		t.Fatal(err)
	}
}

// args makes a table of alternating keys and values.
func args(pairs ...any) amqp.Table {
	var table amqp.Table
	for i := 0; i < len(pairs); i += 2 {
		table = append(table, amqp.Field{Key: pairs[i].(string), Value: value(pairs[i+1])})
	}
	return table
}

func value(v any) amqp.Value {
	switch v := v.(type) {
	case amqp.Value:
		return v
	case string:
		return amqp.LongStr(v)
	case bool:
		return amqp.Bool(v)
	case int:
		return amqp.Long(int64(v))
	case nil:
		return amqp.Void()
	}
	panic("BUG: no amqp value for this")
}

// raw is the inside of a table as it stands in a message's properties.
func raw(table amqp.Table) []byte { return table.Append(nil)[4:] }

func key(k string) *Message { return &Message{Key: []byte(k)} }

// expectError compares an error with code, class, method and text.
func expectError(t testing.TB, err error, code uint16, id amqp.MethodID, text string) {
	t.Helper()
	e, ok := err.(*amqp.Error)
	if !ok || e == nil {
		t.Fatalf("got %v, want an *amqp.Error %q", err, text)
	}
	if e.Code != code || e.ID() != id || e.Text != text {
		t.Errorf("got  %d %d/%d %q\nwant %d %d/%d %q",
			e.Code, e.Class, e.Method, e.Text, code, id.Class(), id.Method(), text)
	}
}
