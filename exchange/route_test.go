package exchange

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"amqpd/amqp"
)

func TestRouteMissingExchange(t *testing.T) {
	r := NewRouter()
	res := Result{Queues: []string{"stale"}}
	if err := r.Route("nope", key("k"), &res); !errors.Is(err, ErrNoExchange) {
		t.Errorf("got %v", err)
	}
	if len(res.Queues) != 0 || res.Cacheable {
		t.Errorf("a failed route leaves %+v", res)
	}
}

func TestDefaultExchange(t *testing.T) {
	r := NewRouter()
	expectQueues(t, r, "", key("q"), "q")
	cc := args("CC", amqp.ArrayOf(amqp.LongStr("b"), amqp.LongStr("q"), amqp.LongStr("a")))
	expectQueues(t, r, "", &Message{Key: []byte("q"), Headers: raw(cc)}, "a", "b", "q")

	names := map[string]string{"q": "q", "a": "a"}
	r.UseQueues(func(key []byte) (string, bool) {
		name, ok := names[string(key)]
		return name, ok
	})
	expectQueues(t, r, "", key("missing"))
	expectQueues(t, r, "", &Message{Key: []byte("q"), Headers: raw(cc)}, "a", "q")
	var res Result
	m := key("q")
	if allocs := testing.AllocsPerRun(100, func() { _ = r.Route("", m, &res) }); allocs != 0 || res.Cacheable {
		t.Errorf("%v allocations, cacheable %v", allocs, res.Cacheable)
	}
}

func TestAlternates(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "a", Type: Direct, Alternate: "b"})
	r.Put(Exchange{Name: "b", Type: Topic, Alternate: "c"})
	r.Put(Exchange{Name: "c", Type: Fanout, Alternate: "a"}) // a cycle
	expectQueues(t, r, "a", key("k"))
	mustBind(t, r, Binding{Source: "c", Destination: "last"})
	expectQueues(t, r, "a", key("k"), "last")
	mustBind(t, r, Binding{Source: "b", Destination: "middle", Key: "*"})
	expectQueues(t, r, "a", key("k"), "middle")
	expectQueues(t, r, "a", key("k.k"), "last")
	mustBind(t, r, Binding{Source: "a", Destination: "own", Key: "k"})
	expectQueues(t, r, "a", key("k"), "own")

	r.Put(Exchange{Name: "a", Type: Direct, Alternate: "missing"})
	expectQueues(t, r, "a", key("k.k"))
	r.Put(Exchange{Name: "a", Type: Direct, Alternate: "c"})
	expectQueues(t, r, "a", key("k.k"), "last")
	mustVerify(t, r)
}

// TestAlternateIsPerExchange: what counts is whether the exchange's own
// bindings led anywhere, not whether a queue was reached in the end.
func TestAlternateIsPerExchange(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "a", Type: Fanout, Alternate: "lost"})
	r.Put(Exchange{Name: "dead end", Type: Fanout})
	r.Put(Exchange{Name: "b", Type: Direct, Alternate: "lost"})
	r.Put(Exchange{Name: "lost", Type: Fanout})
	mustBind(t, r, Binding{Source: "lost", Destination: "l"})
	mustBind(t, r, Binding{Source: "a", Destination: "dead end", To: ToExchange})
	expectQueues(t, r, "a", key("k"))
	mustBind(t, r, Binding{Source: "a", Destination: "b", To: ToExchange})
	mustBind(t, r, Binding{Source: "a", Destination: "q"})
	expectQueues(t, r, "a", key("k"), "l", "q") // b found nothing and used its alternate
	// An exchange that leads only to what was reached before has routed.
	mustBind(t, r, Binding{Source: "b", Destination: "q", Key: "k"})
	expectQueues(t, r, "a", key("k"), "q")
}

func TestSenderSelected(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "d", Type: Direct, Alternate: "lost"})
	r.Put(Exchange{Name: "lost", Type: Fanout})
	mustBind(t, r, Binding{Source: "lost", Destination: "l"})
	for _, q := range []string{"a", "b", "c"} {
		mustBind(t, r, Binding{Source: "d", Destination: q, Key: q})
	}
	headers := raw(args(
		"CC", amqp.ArrayOf(amqp.LongStr("b"), amqp.Long(7), amqp.Binary([]byte("c")), amqp.LongStr("nowhere")),
		"BCC", amqp.ArrayOf(amqp.LongStr("c"), amqp.LongStr("b")),
		"cc", amqp.ArrayOf(amqp.LongStr("a")),
	))
	var res Result
	if err := r.Route("d", &Message{Key: []byte("x"), Headers: headers}, &res); err != nil {
		t.Fatal(err)
	}
	slices.Sort(res.Queues)
	if !slices.Equal(res.Queues, []string{"b", "c"}) || res.Cacheable {
		t.Errorf("%+v", res)
	}
	cc, bcc, err := SenderKeys(headers)
	if err != nil || cc.Empty() || bcc.Empty() || !cc.Present() || !bcc.Present() {
		t.Fatalf("%v %v %v", cc, bcc, err)
	}
	var keys []string
	for k := range cc.All() {
		keys = append(keys, string(k))
	}
	if !slices.Equal(keys, []string{"b", "nowhere"}) {
		t.Errorf("CC holds %q", keys)
	}
	// Keys that the caller has read replace what the headers say.
	_, none, _ := SenderKeys(nil)
	expectQueues(t, r, "d", &Message{Key: []byte("a"), Headers: headers, CC: none, BCC: bcc}, "a", "b", "c")
	expectQueues(t, r, "d", &Message{Key: []byte("a"), Headers: headers, CC: none, BCC: none}, "a")
	expectQueues(t, r, "d", &Message{Key: []byte("x"), Headers: raw(args("CC", amqp.ArrayOf()))}, "l")
}

func TestSenderKeysOfWrongType(t *testing.T) {
	list := amqp.ArrayOf(amqp.LongStr("a"))
	for _, row := range []struct {
		headers amqp.Table
		text    string
	}{
		{args("CC", "a"), `invalid message: {unacceptable_type_in_header,"CC",longstr}`},
		{args("CC", 1), `invalid message: {unacceptable_type_in_header,"CC",long}`},
		{args("BCC", nil), `invalid message: {unacceptable_type_in_header,"BCC",void}`},
		{args("BCC", true, "CC", amqp.TableOf(nil)), `invalid message: {unacceptable_type_in_header,"CC",table}`},
		{args("BCC", amqp.Byte(1), "CC", list), `invalid message: {unacceptable_type_in_header,"BCC",byte}`},
	} {
		_, _, err := SenderKeys(raw(row.headers))
		expectError(t, err, 406, amqp.MethodBasicPublish, row.text)
		var res Result
		refused := NewRouter().Route("", &Message{Headers: raw(row.headers)}, &res)
		expectError(t, refused, 406, amqp.MethodBasicPublish, row.text)
	}
	// The first of two headers counts.
	cc, _, err := SenderKeys(raw(args("CC", list, "CC", 1)))
	if err != nil || cc.Empty() {
		t.Errorf("%v, %v", cc, err)
	}
	cc, bcc, err := SenderKeys(raw(args("CC", amqp.ArrayOf(amqp.Long(1)), "BCC", amqp.ArrayOf())))
	if err != nil || !cc.Empty() || !cc.Present() || !bcc.Empty() || !bcc.Present() {
		t.Errorf("%v, %v, %v", cc, bcc, err)
	}
}

// TestCachedRoutes follows the protocol that Generation prescribes.
func TestCachedRoutes(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "d", Type: Direct})
	steps := []func(){
		func() { mustBind(t, r, Binding{Source: "d", Destination: "q", Key: "k"}) },
		func() { r.Put(Exchange{Name: "f", Type: Fanout}) },
		func() { r.Unbind(Binding{Source: "d", Destination: "q", Key: "k"}) },
		func() { mustBind(t, r, Binding{Source: "d", Destination: "f", To: ToExchange, Key: "k"}) },
		func() { mustBind(t, r, Binding{Source: "f", Destination: "p"}) },
		func() { r.RemoveQueue("p") },
		func() { r.Remove("f") },
	}
	for i, step := range steps {
		before := r.Generation()
		step()
		if r.Generation() == before {
			t.Errorf("step %d keeps the generation", i)
		}
	}
	before := r.Generation()
	r.Unbind(Binding{Source: "d", Destination: "q", Key: "k"})
	r.Remove("f")
	r.RemoveQueue("p")
	if _, err := r.Bind(Binding{Source: "nope", Destination: "q"}); err == nil || r.Generation() != before {
		t.Error("what changes nothing changes the generation")
	}
}

// TestLargeFanout crosses from comparing to bits, twice with the same Result.
func TestLargeFanout(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "a", Type: Fanout})
	r.Put(Exchange{Name: "b", Type: Fanout})
	mustBind(t, r, Binding{Source: "a", Destination: "b", To: ToExchange})
	mustBind(t, r, Binding{Source: "b", Destination: "a", To: ToExchange})
	for i := range 500 {
		mustBind(t, r, Binding{Source: "a", Destination: fmt.Sprint("q", i)})
		mustBind(t, r, Binding{Source: "b", Destination: fmt.Sprint("q", i+250)})
	}
	var res Result
	for range 2 {
		for _, x := range []string{"a", "b"} {
			if err := r.Route(x, key("k"), &res); err != nil {
				t.Fatal(err)
			}
			slices.Sort(res.Queues)
			if n := len(slices.Compact(res.Queues)); n != 750 || n != len(res.Queues) {
				t.Fatalf("%d queues of which %d are different, want 750", len(res.Queues), n)
			}
		}
	}
}
