package exchange

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"amqpd/amqp"

	"pgregory.net/rapid"
)

// model is the router written for obviousness.
type model struct {
	exchanges map[string]Exchange
	bindings  []Binding
	used      map[string]bool
}

func (m *model) index(b Binding) int {
	return slices.IndexFunc(m.bindings, func(have Binding) bool { return have.ID() == b.ID() })
}

// cut removes the bindings that match and returns the spent exchanges.
func (m *model) cut(match func(Binding) bool) (spent []string) {
	touched := map[string]bool{}
	m.bindings = slices.DeleteFunc(m.bindings, func(b Binding) bool {
		if match(b) {
			touched[b.Source] = true
			return true
		}
		return false
	})
	for name := range touched {
		if m.spent(name) {
			spent = append(spent, name)
		}
	}
	slices.Sort(spent)
	return spent
}

func (m *model) spent(name string) bool {
	x, ok := m.exchanges[name]
	return ok && x.AutoDelete && m.used[name] && !slices.ContainsFunc(m.bindings, func(b Binding) bool { return b.Source == name })
}

func (m *model) matches(b Binding, keys []string, headers amqp.Table) bool {
	switch m.exchanges[b.Source].Type {
	case Fanout, RecentHistory:
		return true
	case Headers:
		return naiveHeaders(b.Arguments, headers)
	case Direct:
		return slices.Contains(keys, b.Key)
	}
	return slices.ContainsFunc(keys, func(k string) bool { return naiveTopic(splitWords(b.Key), splitWords(k)) })
}

func (m *model) route(start string, keys []string, headers amqp.Table) []string {
	queues, visited := map[string]bool{}, map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		x, ok := m.exchanges[name]
		if !ok || visited[name] {
			return
		}
		visited[name] = true
		matched := false
		for _, b := range m.bindings {
			if b.Source != name || !m.matches(b, keys, headers) {
				continue
			}
			matched = true
			if b.To == ToQueue {
				queues[b.Destination] = true
			} else {
				visit(b.Destination)
			}
		}
		if !matched && x.Alternate != "" {
			visit(x.Alternate)
		}
	}
	visit(start)
	return slices.Sorted(maps.Keys(queues))
}

// pair is a router beside its model.
type pair struct {
	r   *Router
	m   model
	res Result
}

var (
	modelExchanges = []string{"e1", "e2", "e3", "e4"}
	modelQueues    = []string{"q1", "q2", "q3", "e1"} // a queue may be called like an exchange
	modelKeys      = []string{"", "a", "a.b", "*", "#", "a.#", "#.b", "b"}
	modelTypes     = []string{Direct, Fanout, Topic, Headers, RecentHistory}
)

func (p *pair) put(t *rapid.T) {
	x := Exchange{
		Name:       rapid.SampledFrom(modelExchanges).Draw(t, "name"),
		Type:       rapid.SampledFrom(modelTypes).Draw(t, "type"),
		AutoDelete: rapid.Bool().Draw(t, "auto-delete"),
		Alternate:  rapid.SampledFrom(append([]string{"", "gone"}, modelExchanges...)).Draw(t, "alternate"),
	}
	p.r.Put(x)
	p.m.exchanges[x.Name] = x
}

func drawBinding(t *rapid.T) Binding {
	b := Binding{
		Source: rapid.SampledFrom(modelExchanges).Draw(t, "source"),
		Key:    rapid.SampledFrom(modelKeys).Draw(t, "key"),
	}
	if rapid.Bool().Draw(t, "to exchange") {
		b.To, b.Destination = ToExchange, rapid.SampledFrom(modelExchanges).Draw(t, "destination")
	} else {
		b.Destination = rapid.SampledFrom(modelQueues).Draw(t, "queue")
	}
	if rapid.IntRange(0, 2).Draw(t, "arguments") == 0 {
		b.Arguments = drawTable(t, "arguments")
	}
	return b
}

func (p *pair) bind(t *rapid.T) {
	b := drawBinding(t)
	added, err := p.r.Bind(b)
	_, hasSource := p.m.exchanges[b.Source]
	_, hasDestination := p.m.exchanges[b.Destination]
	if possible := hasSource && (b.To == ToQueue || hasDestination); !possible {
		if !errors.Is(err, ErrNoExchange) {
			t.Fatalf("binding what does not exist: %v", err)
		}
		return
	}
	if err != nil || added != (p.m.index(b) < 0) {
		t.Fatalf("bind %+v: %v, %v", b, added, err)
	}
	if added {
		p.m.bindings = append(p.m.bindings, b)
		p.m.used[b.Source] = true
	}
}

func (p *pair) unbind(t *rapid.T) {
	b := drawBinding(t)
	if len(p.m.bindings) > 0 && rapid.Bool().Draw(t, "existing") {
		b = rapid.SampledFrom(p.m.bindings).Draw(t, "binding")
	}
	want := p.m.index(b) >= 0
	if p.r.Has(b) != want || p.r.Unbind(b) != want {
		t.Fatalf("unbind %+v, want %v", b, want)
	}
	p.m.cut(func(have Binding) bool { return have.ID() == b.ID() })
}

func (p *pair) remove(t *rapid.T) {
	name := rapid.SampledFrom(modelExchanges).Draw(t, "name")
	before := len(p.m.bindings)
	got := p.r.Remove(name)
	delete(p.m.exchanges, name)
	delete(p.m.used, name)
	spent := p.m.cut(func(b Binding) bool { return b.Source == name || b.To == ToExchange && b.Destination == name })
	p.compareRemoval(t, got, spent, before-len(p.m.bindings))
}

func (p *pair) removeQueue(t *rapid.T) {
	name := rapid.SampledFrom(modelQueues).Draw(t, "name")
	before := len(p.m.bindings)
	got := p.r.RemoveQueue(name)
	spent := p.m.cut(func(b Binding) bool { return b.To == ToQueue && b.Destination == name })
	p.compareRemoval(t, got, spent, before-len(p.m.bindings))
}

func (p *pair) compareRemoval(t *rapid.T, got Removal, spent []string, bindings int) {
	if slices.Sort(got.Spent); !slices.Equal(got.Spent, spent) || len(got.Bindings) != bindings {
		t.Fatalf("removal %+v, want %d bindings and %q spent", got, bindings, spent)
	}
}

func (p *pair) check(t *rapid.T) {
	if err := p.r.Verify(); err != nil {
		t.Fatal(err)
	}
	for _, name := range modelExchanges {
		if p.r.Spent(name) != p.m.spent(name) {
			t.Fatalf("%q spent: %v", name, p.r.Spent(name))
		}
		p.compareList(t, p.r.BindingsFrom(name), func(b Binding) bool { return b.Source == name })
		p.compareList(t, p.r.BindingsTo(ToExchange, name), func(b Binding) bool { return b.To == ToExchange && b.Destination == name })
		p.compareList(t, p.r.BindingsTo(ToQueue, name), func(b Binding) bool { return b.To == ToQueue && b.Destination == name })
	}
	if got := slices.Collect(p.r.Exchanges()); len(got) != len(p.m.exchanges) {
		t.Fatalf("%d exchanges, want %d", len(got), len(p.m.exchanges))
	}
}

// compareList also holds the order: that in which bindings were made.
func (p *pair) compareList(t *rapid.T, got func(func(Binding) bool), match func(Binding) bool) {
	at := 0
	for b := range got {
		for at < len(p.m.bindings) && !match(p.m.bindings[at]) {
			at++
		}
		if at == len(p.m.bindings) || p.m.bindings[at].ID() != b.ID() {
			t.Fatalf("%+v is listed out of turn", b)
		}
		at++
	}
	if slices.ContainsFunc(p.m.bindings[at:], match) {
		t.Fatal("a binding is not listed")
	}
}

func (p *pair) route(t *rapid.T) {
	start := rapid.SampledFrom(modelExchanges).Draw(t, "start")
	keys := rapid.SliceOfN(rapid.SampledFrom(modelKeys), 1, 3).Draw(t, "keys")
	headers := drawTable(t, "headers")
	var cc []amqp.Value
	for _, k := range keys[1:] {
		cc = append(cc, amqp.LongStr(k))
	}
	if len(cc) > 0 {
		headers = append(headers, amqp.Field{Key: "CC", Value: amqp.ArrayOf(cc...)})
	}
	err := p.r.Route(start, &Message{Key: []byte(keys[0]), Headers: raw(headers)}, &p.res)
	if _, ok := p.m.exchanges[start]; !ok {
		if !errors.Is(err, ErrNoExchange) {
			t.Fatalf("routing from nowhere: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(slices.Values(p.res.Queues))
	if want := p.m.route(start, keys, headers); !slices.Equal(got, want) {
		t.Fatalf("%q with %q %v reaches %q, want %q", start, keys, headers, got, want)
	}
}

// TestRouterAgainstModel is a random life of a router.
func TestRouterAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pair{r: NewRouter(), m: model{exchanges: map[string]Exchange{}, used: map[string]bool{}}}
		for range 3 {
			p.put(t)
		}
		t.Repeat(map[string]func(*rapid.T){
			"":             p.check,
			"put":          p.put,
			"bind":         p.bind,
			"bind more":    p.bind,
			"unbind":       p.unbind,
			"remove":       p.remove,
			"remove queue": p.removeQueue,
			"route":        p.route,
			"route more":   p.route,
		})
	})
}

// TestConcurrentUse has every reading method run while the router changes; the
// race detector is the judge. A queue bound all the time is always reached.
func TestConcurrentUse(t *testing.T) {
	r := NewRouter()
	for _, row := range types {
		for _, x := range declared(t, row)[:1] {
			x.Name = string(row.Name)
			r.Put(x)
			mustBind(t, r, Binding{Source: x.Name, Destination: "always", Key: "1"})
		}
	}
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			var res Result
			m := &Message{Key: []byte("1"), Headers: raw(args("a", 1))}
			for !stop.Load() {
				for _, row := range types {
					x := string(row.Name)
					if err := r.Route(x, m, &res); err != nil || len(res.Queues) == 0 {
						t.Errorf("%s: %q, %v", x, res.Queues, err)
						return
					}
					r.InUse(x)
					r.Exchange(x)
					for b := range r.BindingsFrom(x) {
						_ = b.ID()
						break
					}
				}
				for range r.BindingsTo(ToQueue, "always") {
				}
				for range r.Exchanges() {
				}
			}
		})
	}
	for round := range 30 {
		for _, row := range types {
			b := Binding{Source: string(row.Name), Destination: fmt.Sprint("q", round%3), Key: "1", Arguments: args("a", round%2)}
			mustBind(t, r, b)
			x, _ := r.Exchange(string(row.Name))
			x.Alternate = fmt.Sprint("alternate", round)
			r.Put(x)
			if round%3 > 0 {
				r.Unbind(b)
			}
		}
		r.RemoveQueue("q0")
		r.Put(Exchange{Name: "temporary", Type: Topic})
		mustBind(t, r, Binding{Source: "direct", Destination: "temporary", To: ToExchange, Key: "1"})
		r.Remove("temporary")
	}
	stop.Store(true)
	readers.Wait()
	mustVerify(t, r)
}

func TestAutoDelete(t *testing.T) {
	r := NewRouter()
	for _, name := range []string{"a", "b", "c"} {
		r.Put(Exchange{Name: name, Type: Fanout, AutoDelete: true})
	}
	toB := Binding{Source: "a", Destination: "b", To: ToExchange}
	toQ := Binding{Source: "b", Destination: "q"}
	mustBind(t, r, toB)
	mustBind(t, r, toQ)
	mustBind(t, r, Binding{Source: "b", Destination: "b", To: ToExchange})
	if r.Spent("a") || r.Spent("b") || r.Spent("c") || r.Spent("missing") {
		t.Error("spent too early")
	}
	r.Unbind(toQ)
	if r.Spent("b") {
		t.Error("b is spent while it is bound to itself")
	}
	gone := r.Remove("b")
	if !slices.Equal(gone.Spent, []string{"a"}) || len(gone.Bindings) != 2 {
		t.Errorf("removing b: %+v", gone)
	}
	if gone = r.Remove("a"); len(gone.Spent)+len(gone.Bindings) != 0 {
		t.Errorf("removing a: %+v", gone)
	}
	mustBind(t, r, Binding{Source: "c", Destination: "q"})
	mustBind(t, r, Binding{Source: "c", Destination: "q", Key: "k"})
	if gone = r.RemoveQueue("q"); !slices.Equal(gone.Spent, []string{"c"}) || len(gone.Bindings) != 2 {
		t.Errorf("removing q: %+v", gone)
	}
	mustVerify(t, r)
}

func TestDefaultExchangeCannotBeBound(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Type: Direct, Durable: true})
	r.Put(Exchange{Name: "x", Type: Direct})
	const text = "operation not permitted on the default exchange"
	_, err := r.Bind(Binding{Destination: "q", Key: "q"})
	expectError(t, err, 403, amqp.MethodQueueBind, text)
	_, err = r.Bind(Binding{Source: "x", To: ToExchange})
	expectError(t, err, 403, amqp.MethodExchangeBind, text)
}

func TestBindingID(t *testing.T) {
	base := Binding{Source: "s", Destination: "d", Key: "k", Arguments: args("a", 1, "b", "x")}
	same := base
	same.Arguments = args("b", "x", "a", 1)
	if base.ID() != same.ID() {
		t.Error("the order of arguments counts")
	}
	for name, change := range map[string]func(b *Binding){
		"source":           func(b *Binding) { b.Source = "sd" },
		"split":            func(b *Binding) { b.Source, b.Destination = "sd", "" },
		"key":              func(b *Binding) { b.Key = "" },
		"kind":             func(b *Binding) { b.To = ToExchange },
		"no arguments":     func(b *Binding) { b.Arguments = nil },
		"integer type":     func(b *Binding) { b.Arguments = args("a", amqp.Int32(1), "b", "x") },
		"string type":      func(b *Binding) { b.Arguments = args("a", 1, "b", amqp.Binary([]byte("x"))) },
		"another argument": func(b *Binding) { b.Arguments = args("a", 1, "b", "x", "c", nil) },
	} {
		other := base
		change(&other)
		if other.ID() == base.ID() {
			t.Errorf("%s does not count", name)
		}
	}
}
