package exchange

import (
	"fmt"
	"runtime"
	"testing"

	"amqpd/amqp"
)

// benchRoutes routes messages of the given keys over and over.
func benchRoutes(b *testing.B, r *Router, messages ...*Message) {
	b.Helper()
	var res Result
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := r.Route("x", messages[i%len(messages)], &res); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func benchRouter(b *testing.B, kind string, arguments amqp.Table) *Router {
	b.Helper()
	r := NewRouter()
	r.Put(Exchange{Name: "x", Type: kind, Arguments: arguments})
	return r
}

func keysOf(format string, n int) []*Message {
	messages := make([]*Message, n)
	for i := range n {
		messages[i] = &Message{Key: fmt.Appendf(nil, format, i, i%17)}
	}
	return messages
}

func BenchmarkRouteDirect(b *testing.B) {
	r := benchRouter(b, Direct, nil)
	for i := range 1000 {
		mustBind(b, r, Binding{Source: "x", Destination: fmt.Sprint("q", i), Key: fmt.Sprintf("k.%d.%d", i, i%17)})
	}
	benchRoutes(b, r, keysOf("k.%d.%d", 1000)...)
}

func BenchmarkRouteFanout(b *testing.B) {
	for _, n := range []int{3, 10, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := benchRouter(b, Fanout, nil)
			for i := range n {
				mustBind(b, r, Binding{Source: "x", Destination: fmt.Sprint("q", i)})
			}
			benchRoutes(b, r, key("k"))
		})
	}
}

// BenchmarkRouteTopic has 5,000 bindings of the shapes that people use, of
// which a key meets three.
func BenchmarkRouteTopic(b *testing.B) {
	r := benchRouter(b, Topic, nil)
	for i := range 5000 {
		key := fmt.Sprintf("sensor.%d.temperature", i)
		switch i % 5 {
		case 1:
			key = fmt.Sprintf("sensor.%d.*", i)
		case 2:
			key = fmt.Sprintf("sensor.%d.#", i)
		case 3:
			key = fmt.Sprintf("*.%d.temperature", i)
		case 4:
			key = fmt.Sprintf("#.%d", i)
		}
		mustBind(b, r, Binding{Source: "x", Destination: fmt.Sprint("q", i), Key: key})
	}
	mustBind(b, r, Binding{Source: "x", Destination: "all", Key: "#"})
	mustBind(b, r, Binding{Source: "x", Destination: "temperatures", Key: "sensor.*.temperature"})
	benchRoutes(b, r, keysOf("sensor.%d.temperature", 5000)...)
}

func BenchmarkRouteHeaders(b *testing.B) {
	r := benchRouter(b, Headers, nil)
	messages := make([]*Message, 1000)
	for i := range 1000 {
		table := args("format", "pdf", "type", "report", "customer", i)
		mustBind(b, r, Binding{Source: "x", Destination: fmt.Sprint("q", i), Arguments: table})
		messages[i] = &Message{Headers: raw(table)}
	}
	benchRoutes(b, r, messages...)
}

func BenchmarkRouteConsistentHash(b *testing.B) {
	r := benchRouter(b, ConsistentHash, nil)
	for i := range 10 {
		mustBind(b, r, Binding{Source: "x", Destination: fmt.Sprint("q", i), Key: "10"})
	}
	benchRoutes(b, r, keysOf("order.%d.%d", 1000)...)
}

// BenchmarkRouteChain goes through two more exchanges.
func BenchmarkRouteChain(b *testing.B) {
	r := benchRouter(b, Direct, nil)
	r.Put(Exchange{Name: "y", Type: Topic})
	r.Put(Exchange{Name: "z", Type: Fanout})
	mustBind(b, r, Binding{Source: "x", Destination: "y", To: ToExchange, Key: "k"})
	mustBind(b, r, Binding{Source: "y", Destination: "z", To: ToExchange, Key: "#"})
	mustBind(b, r, Binding{Source: "z", Destination: "q"})
	benchRoutes(b, r, key("k"))
}

// BenchmarkBind binds to and unbinds from an exchange that holds 100,000
// bindings already, and says how much memory each of those takes.
func BenchmarkBind(b *testing.B) {
	for _, kind := range []string{Direct, Fanout, Topic, Headers, ConsistentHash} {
		b.Run(kind, func(b *testing.B) {
			const many = 100_000
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			r := benchRouter(b, kind, nil)
			bind := func(i int) Binding {
				binding := Binding{Source: "x", Destination: fmt.Sprint("queue-", i), Key: fmt.Sprintf("device.%d.state", i)}
				switch kind {
				case Headers:
					binding.Arguments = args("kind", "state", "device", i)
				case ConsistentHash:
					binding.Key = "10"
				}
				return binding
			}
			for i := range many {
				mustBind(b, r, bind(i))
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			extra := bind(many)
			b.ReportAllocs()
			for b.Loop() {
				mustBind(b, r, extra)
				if !r.Unbind(extra) {
					b.Fatal("not bound")
				}
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "B/binding")
			runtime.KeepAlive(r)
		})
	}
}
