package exchange

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"amqpd/amqp"
)

// declared returns an exchange of that row's type that Validate accepts, for
// each way in which the type routes.
func declared(t *testing.T, row Type) []Exchange {
	t.Helper()
	var variants []Exchange
	switch row.Name {
	case DelayedMessage:
		for _, inner := range types {
			if !inner.Delays {
				variants = append(variants, Exchange{Arguments: args("x-delayed-type", string(inner.Name))})
			}
		}
	case ConsistentHash:
		variants = []Exchange{{}, {Arguments: args("hash-header", "id")}, {Arguments: args("hash-property", "timestamp")}}
	default:
		variants = []Exchange{{}}
	}
	for i := range variants {
		variants[i].Name, variants[i].Type = "x", string(row.Name)
		if err := Validate(variants[i], "/"); err != nil {
			t.Fatalf("%+v: %v", variants[i], err)
		}
	}
	return variants
}

// TestConformance runs what every exchange type must do against every row of
// the table.
func TestConformance(t *testing.T) {
	for _, row := range Types() {
		for _, x := range declared(t, row) {
			name := strings.TrimSpace(fmt.Sprint(row.Name, " ", x.Arguments))
			t.Run(name, func(t *testing.T) {
				conformsEmpty(t, x)
				conformsIdentity(t, x)
				conformsSet(t, x)
				conformsExchangeBinding(t, x)
				conformsChurn(t, x)
				conformsCacheable(t, row, x)
				conformsAllocations(t, x)
			})
		}
	}
}

// anyKey is a binding key that every type accepts and every type but direct
// and topic matches with every message; those match this very key.
const anyKey = "1"

func newTestRouter(x Exchange) *Router {
	r := NewRouter()
	r.Put(x)
	r.Put(Exchange{Name: "lost", Type: Fanout})
	r.Put(Exchange{Name: "inner", Type: Fanout})
	return r
}

// An exchange without bindings passes everything to its alternate.
func conformsEmpty(t *testing.T, x Exchange) {
	x.Alternate = "lost"
	r := newTestRouter(x)
	expectQueues(t, r, "x", key(anyKey))
	mustBind(t, r, Binding{Source: "lost", Destination: "l"})
	expectQueues(t, r, "x", key(anyKey), "l")
	if r.InUse("x") || r.Spent("x") {
		t.Error("an exchange never bound is in use or spent")
	}
}

// A binding is made once, and unbinding undoes exactly that.
func conformsIdentity(t *testing.T, x Exchange) {
	r := newTestRouter(x)
	b := Binding{Source: "x", Destination: "q", Key: anyKey, Arguments: args("x-b", 1)} // no condition to headers
	if added, err := r.Bind(b); !added || err != nil {
		t.Fatalf("the first bind: %v, %v", added, err)
	}
	before := r.Generation()
	if added, err := r.Bind(b); added || err != nil || r.Generation() != before {
		t.Errorf("the second bind: %v, %v", added, err)
	}
	expectQueues(t, r, "x", key(anyKey), "q")
	wrong := b
	wrong.Arguments = args("x-b", amqp.Byte(1))
	if r.Unbind(wrong) || r.Has(wrong) || !r.Has(b) || r.Generation() != before {
		t.Error("another argument type found the binding")
	}
	if !r.Unbind(b) || r.Unbind(b) || r.Generation() == before {
		t.Error("unbinding is not once")
	}
	expectQueues(t, r, "x", key(anyKey))
	mustVerify(t, r)
}

// However often a queue is bound, it gets one copy, until its last binding
// goes.
func conformsSet(t *testing.T, x Exchange) {
	r := newTestRouter(x)
	var made []Binding
	for i := range 40 {
		made = append(made, Binding{Source: "x", Destination: "q", Key: anyKey, Arguments: args("x-n", i)})
		mustBind(t, r, made[i])
	}
	for _, b := range made {
		expectQueues(t, r, "x", key(anyKey), "q")
		r.Unbind(b)
		mustVerify(t, r)
	}
	expectQueues(t, r, "x", key(anyKey))
}

// Exchange bindings are followed, cycles and self-bindings end.
func conformsExchangeBinding(t *testing.T, x Exchange) {
	r := newTestRouter(x)
	mustBind(t, r, Binding{Source: "x", Destination: "inner", To: ToExchange, Key: anyKey})
	mustBind(t, r, Binding{Source: "inner", Destination: "q"})
	mustBind(t, r, Binding{Source: "inner", Destination: "x", To: ToExchange})
	mustBind(t, r, Binding{Source: "inner", Destination: "inner", To: ToExchange})
	expectQueues(t, r, "x", key(anyKey), "q")
	expectQueues(t, r, "inner", key(anyKey), "q")
	r.Remove("inner")
	mustVerify(t, r)
	expectQueues(t, r, "x", key(anyKey))
}

// Bindings come and go in any order and nothing stays behind.
func conformsChurn(t *testing.T, x Exchange) {
	r := newTestRouter(x)
	random := rand.New(rand.NewPCG(1, 2))
	var made []Binding
	for i := range 300 {
		b := Binding{Source: "x", Destination: fmt.Sprint("q", i%70), Key: fmt.Sprint(i%9 + 1)}
		if i%3 == 0 {
			b.Arguments = args("h", i%5, "k", nil)
		}
		if added, err := r.Bind(b); err != nil {
			t.Fatal(err)
		} else if added {
			made = append(made, b)
		}
	}
	mustVerify(t, r)
	random.Shuffle(len(made), func(i, j int) { made[i], made[j] = made[j], made[i] })
	for i, b := range made {
		if !r.Unbind(b) {
			t.Fatalf("%+v is gone already", b)
		}
		if i%20 == 0 {
			mustVerify(t, r)
			routed(t, r, "x", key(anyKey))
		}
	}
	mustVerify(t, r)
	if len(r.places.queues) != 0 {
		t.Errorf("%d queues are still known", len(r.places.queues))
	}
	expectQueues(t, r, "x", key(anyKey))
}

// A cacheable result is the same whatever the headers and properties say.
func conformsCacheable(t *testing.T, row Type, x Exchange) {
	r := newTestRouter(x)
	for i := range 8 {
		mustBind(t, r, Binding{Source: "x", Destination: fmt.Sprint(i), Key: anyKey, Arguments: args("x-match", "any", "h", i)})
	}
	var res Result
	if err := r.Route("x", key(anyKey), &res); err != nil || res.Cacheable != row.Cacheable {
		t.Fatalf("cacheable %v, want %v (%v)", res.Cacheable, row.Cacheable, err)
	}
	if !row.Cacheable {
		return
	}
	for i := range 8 {
		m := &Message{Key: []byte(anyKey), Headers: raw(args("h", i, "x-delay", 5)), Timestamp: uint64(i), HasTimestamp: true}
		if got := routed(t, r, "x", m); !slices.Equal(got, slices.Sorted(slices.Values(res.Queues))) {
			t.Errorf("headers make a difference: %q", got)
		}
	}
}

// A route with a used Result allocates nothing.
func conformsAllocations(t *testing.T, x Exchange) {
	r := newTestRouter(x)
	for i := range 100 {
		mustBind(t, r, Binding{Source: "x", Destination: fmt.Sprint(i), Key: anyKey})
	}
	mustBind(t, r, Binding{Source: "x", Destination: "inner", To: ToExchange, Key: anyKey})
	mustBind(t, r, Binding{Source: "inner", Destination: "7"})
	var res Result
	m := &Message{
		Key:     []byte(anyKey),
		Headers: raw(args("CC", amqp.ArrayOf(amqp.LongStr(anyKey), amqp.LongStr("2")), "id", 5)),
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if err := r.Route("x", m, &res); err != nil {
			t.Fatal(err)
		}
	}); allocs != 0 {
		t.Errorf("a route allocates %v times", allocs)
	}
}

func TestTypesTable(t *testing.T) {
	seen := map[Kind]bool{}
	for _, row := range Types() {
		if row.Name == "" || row.Description == "" || row.build == nil || seen[row.Name] {
			t.Errorf("row %+v is incomplete or repeated", row)
		}
		seen[row.Name] = true
		if got, ok := TypeNamed(string(row.Name)); !ok || got.Name != row.Name {
			t.Errorf("%q is not found by its name", row.Name)
		}
		if row.Cacheable && (row.Delays || row.ReplaysHistory) {
			t.Errorf("%q: a cached route would not hold or record anything", row.Name)
		}
	}
	for _, name := range []string{"", "Direct", "direct ", "x-unknown"} {
		if _, ok := TypeNamed(name); ok {
			t.Errorf("%q is a type", name)
		}
	}
}

// TestUnknownType keeps what a newer broker has left behind.
func TestUnknownType(t *testing.T) {
	r := newTestRouter(Exchange{Name: "x", Type: "x-from-the-future", Alternate: "lost"})
	mustBind(t, r, Binding{Source: "x", Destination: "q", Key: "k"})
	mustBind(t, r, Binding{Source: "lost", Destination: "l"})
	expectQueues(t, r, "x", key("k"), "l")
	mustVerify(t, r)
	r.Put(Exchange{Name: "x", Type: Direct})
	expectQueues(t, r, "x", key("k"), "q")
}
