package meta

import (
	"fmt"
	"strconv"
	"testing"
)

// crowd makes a state of n durable queues, each bound to one of 100 exchanges.
func crowd(b *testing.B, n int) *State {
	b.Helper()
	s := New()
	apply(b, s, PutVhost{Vhost{Name: "/"}})
	for i := range 100 {
		apply(b, s, PutExchange{Exchange{Vhost: "/", Name: "x" + strconv.Itoa(i), Type: "topic", Durable: true}})
	}
	for i := range n {
		apply(b, s, PutQueue{Queue{Vhost: "/", Name: fmt.Sprintf("queue-%d", i), Durable: true, Kind: "classic"}})
		apply(b, s, Bind{arrow("x"+strconv.Itoa(i%100), fmt.Sprintf("queue-%d", i))})
	}
	return s
}

const many = 50_000

func BenchmarkDeclare(b *testing.B) {
	s := crowd(b, many)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		apply(b, s, PutQueue{Queue{Vhost: "/", Name: "more-" + strconv.Itoa(i), Durable: true, Kind: "classic"}})
		i++
	}
}

func BenchmarkDeclareAndDelete(b *testing.B) {
	s := crowd(b, many)
	b.ReportAllocs()
	for b.Loop() {
		apply(b, s, PutQueue{Queue{Vhost: "/", Name: "one", Kind: "classic"}})
		apply(b, s, DeleteQueue{Vhost: "/", Name: "one"})
	}
}

func BenchmarkBind(b *testing.B) {
	s := crowd(b, many)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		bind := arrow("x1", "queue-"+strconv.Itoa(i%many))
		bind.Key = strconv.Itoa(i)
		apply(b, s, Bind{bind})
		i++
	}
}

func BenchmarkLookup(b *testing.B) {
	s := crowd(b, many)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := s.Queue("/", "queue-31415"); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	var pairs []Change
	crowd(b, many).Dump(func(c Change) error { pairs = append(pairs, c); return nil })
	b.ReportAllocs()
	for b.Loop() {
		s := New()
		for _, c := range pairs {
			if err := s.Load(c.Key, c.Value); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Loaded(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(pairs)), "records")
}

func BenchmarkEncodeDecode(b *testing.B) {
	c := PutQueue{Queue{Vhost: "/", Name: "queue-31415", Durable: true, Kind: "classic", Home: "amqpd@host"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(Encode(c)); err != nil {
			b.Fatal(err)
		}
	}
}
