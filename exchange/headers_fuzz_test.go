package exchange

import (
	"testing"

	"amqpd/amqp"
)

// FuzzHeaders takes the octets of a header table. Whatever they are, reading
// them must not crash; if they are a valid table, a binding with the same
// arguments matches it, and what is read agrees with the parsed table.
func FuzzHeaders(f *testing.F) {
	for _, table := range []amqp.Table{
		nil,
		args("a", 1, "b", "text", "c", nil, "d", true),
		args("CC", amqp.ArrayOf(amqp.LongStr("k"), amqp.Long(1)), "BCC", amqp.ArrayOf()),
		args("CC", 1, "x-delay", "17", "x-recent-history-no-store", true),
		args("x-match", "any", "t", amqp.TableOf(args("u", amqp.ArrayOf(amqp.Double(0.5)))), "e", amqp.TableOf(nil)),
		args("f", amqp.Float(1), "d", amqp.Decimal(2, 314), "T", amqp.Timestamp(1<<64-1), "x", amqp.Binary([]byte{0, 255})),
	} {
		f.Add(raw(table))
	}
	f.Add([]byte("\x01kL\x00\x00\x00\x00\x00\x00\x00\x07\x01tt\x09"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cc, bcc, err := SenderKeys(data)
		ms, delayed := Delay(data)
		if delayed != (ms > 0) || ms > maxDelay {
			t.Fatalf("delay %d, %v", ms, delayed)
		}
		table, invalid := amqp.ParseTable(data)
		if invalid != nil {
			return
		}
		compareKeys(t, table, "CC", cc, err)
		compareKeys(t, table, "BCC", bcc, err)
		store, _ := table.Get("x-recent-history-no-store")
		if no, _ := store.Bool(); WantsHistory(data) == no {
			t.Fatalf("history wanted: %v", !no)
		}
		matchItself(t, table, data)
	})
}

func compareKeys(t *testing.T, table amqp.Table, name string, keys Keys, err *amqp.Error) {
	v, present := table.Get(name)
	if err != nil {
		return
	}
	if keys.Present() != present {
		t.Fatalf("%s is present: %v", name, keys.Present())
	}
	var want []string
	array, _ := v.Array()
	for _, element := range array {
		if text, ok := element.Str(); ok {
			want = append(want, text)
		}
	}
	for k := range keys.All() {
		if len(want) == 0 || want[0] != string(k) {
			t.Fatalf("%s holds %q, want %q", name, k, want)
		}
		want = want[1:]
	}
	if len(want) != 0 {
		t.Fatalf("%s lacks %q", name, want)
	}
}

func matchItself(t *testing.T, table amqp.Table, data []byte) {
	conditions := table.Without("x-match")
	seen := map[string]bool{}
	for _, f := range conditions {
		if seen[f.Key] {
			return // the second of two conditions on one header may fail
		}
		seen[f.Key] = true
	}
	r := NewRouter()
	r.Put(Exchange{Name: "h", Type: Headers})
	for _, mode := range []string{"all", "any", "all-with-x", "any-with-x"} {
		b := Binding{Source: "h", Destination: mode, Arguments: conditions.With("x-match", amqp.LongStr(mode))}
		mustBind(t, r, b)
	}
	mustVerify(t, r)
	want := []string{"all", "all-with-x"}
	for _, f := range conditions {
		if f.Key == "" || len(f.Key) < 2 || f.Key[:2] != "x-" {
			want = []string{"all", "all-with-x", "any", "any-with-x"}
			break
		}
		want = []string{"all", "all-with-x", "any-with-x"}
	}
	m := &Message{Headers: data}
	m.CC, m.BCC, _ = SenderKeys(nil)
	expectQueues(t, r, "h", m, want...)
}
