package exchange

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"amqpd/amqp"
)

// spread routes n keys and counts where they go; every key must go to exactly
// one queue.
func spread(t *testing.T, r *Router, n int) (counts map[string]int, places []string) {
	t.Helper()
	counts, places = map[string]int{}, make([]string, n)
	var res Result
	for i := range n {
		if err := r.Route("x", &Message{Key: fmt.Appendf(nil, "order.%d", i)}, &res); err != nil {
			t.Fatal(err)
		}
		if len(res.Queues) != 1 {
			t.Fatalf("key %d reaches %q", i, res.Queues)
		}
		counts[res.Queues[0]]++
		places[i] = res.Queues[0]
	}
	return counts, places
}

func hashRouter(t *testing.T, kind string, arguments amqp.Table, bindings ...string) *Router {
	t.Helper()
	r := NewRouter()
	r.Put(Exchange{Name: "x", Type: kind, Arguments: arguments})
	for _, b := range bindings {
		queue, k, _ := strings.Cut(b, "=")
		mustBind(t, r, Binding{Source: "x", Destination: queue, Key: k})
	}
	mustVerify(t, r)
	return r
}

func TestConsistentHashFollowsWeights(t *testing.T) {
	r := hashRouter(t, ConsistentHash, nil, "a=1", "b=2", "c=3")
	counts, _ := spread(t, r, 30000)
	for queue, share := range map[string]float64{"a": 1. / 6, "b": 2. / 6, "c": 3. / 6} {
		want := share * 30000
		if got := float64(counts[queue]); math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("%q got %v of 30000, want about %v", queue, got, want)
		}
	}
}

func TestConsistentHashIsConsistent(t *testing.T) {
	r := hashRouter(t, ConsistentHash, nil, "a=10", "b=10", "c=10")
	_, before := spread(t, r, 10000)
	again := hashRouter(t, ConsistentHash, nil, "a=10", "b=10", "c=10")
	if _, same := spread(t, again, 10000); strings.Join(same, "") != strings.Join(before, "") {
		t.Error("the same bindings in the same order route differently")
	}
	mustBind(t, r, Binding{Source: "x", Destination: "d", Key: "10"})
	_, after := spread(t, r, 10000)
	moved := 0
	for i := range after {
		if after[i] != before[i] {
			moved++
			if after[i] != "d" {
				t.Fatalf("key %d moved from %q to %q when d was added", i, before[i], after[i])
			}
		}
	}
	if moved < 2000 || moved > 3000 {
		t.Errorf("%d of 10000 keys moved to a fourth queue, want about 2500", moved)
	}
	// The layout follows from what is bound, not from what was there before.
	r.Unbind(Binding{Source: "x", Destination: "d", Key: "10"})
	if _, back := spread(t, r, 10000); strings.Join(back, "") != strings.Join(before, "") {
		t.Error("removing the fourth queue does not bring the keys back")
	}
}

func TestConsistentHashKeepsFirstWeight(t *testing.T) {
	r := hashRouter(t, ConsistentHash, nil, "a=1", "b=1", "a=1000", "a=3")
	counts, _ := spread(t, r, 2000)
	if counts["a"] < 850 || counts["a"] > 1150 {
		t.Errorf("a second weight counts: %v", counts)
	}
	if n := len(r.exchanges["x"].bindings); n != 4 {
		t.Errorf("%d bindings are listed, want 4", n)
	}
	r.Unbind(Binding{Source: "x", Destination: "a", Key: "1"})
	r.Unbind(Binding{Source: "x", Destination: "a", Key: "1000"})
	mustVerify(t, r)
	counts, _ = spread(t, r, 4000)
	if counts["a"] < 2800 || counts["a"] > 3200 {
		t.Errorf("the next oldest weight, 3, does not take over: %v", counts)
	}
	r.Unbind(Binding{Source: "x", Destination: "a", Key: "3"})
	if counts, _ = spread(t, r, 100); counts["b"] != 100 {
		t.Errorf("a is unbound and gets %v", counts)
	}
	r.Unbind(Binding{Source: "x", Destination: "b", Key: "1"})
	expectQueues(t, r, "x", key("k"))
}

func TestConsistentHashEnormousWeights(t *testing.T) {
	r := hashRouter(t, ConsistentHash, nil, "a=+99999999999999999999999", "b=2147483647", "c=1")
	counts, _ := spread(t, r, 4000)
	if counts["a"] < 1800 || counts["b"] < 1800 || counts["c"] > 2 {
		t.Errorf("spread is %v", counts)
	}
}

func TestConsistentHashOnHeader(t *testing.T) {
	r := hashRouter(t, ConsistentHash, args("hash-header", "id"), "a=5", "b=5", "c=5", "d=5")
	seen := map[string]bool{}
	for i := range 200 {
		m := &Message{Key: fmt.Appendf(nil, "%d", i), Headers: raw(args("other", i, "id", "same"))}
		seen[routed(t, r, "x", m)[0]] = true
	}
	if len(seen) != 1 {
		t.Errorf("one header value goes to %d queues", len(seen))
	}
	seen = map[string]bool{}
	for i := range 200 {
		seen[routed(t, r, "x", &Message{Headers: raw(args("id", i))})[0]] = true
	}
	if len(seen) != 4 {
		t.Errorf("200 header values go to %d of 4 queues", len(seen))
	}
	seen = map[string]bool{}
	for i := range 200 {
		m := &Message{Key: fmt.Appendf(nil, "%d", i)}
		if i%2 == 0 {
			m.Headers = raw(args("other", i))
		}
		seen[routed(t, r, "x", m)[0]] = true
	}
	if len(seen) != 1 {
		t.Errorf("messages without the header go to %d queues", len(seen))
	}
}

func TestConsistentHashOnProperty(t *testing.T) {
	for property, set := range map[string]func(m *Message, i int){
		"message_id":     func(m *Message, i int) { m.MessageID = fmt.Append(nil, i) },
		"correlation_id": func(m *Message, i int) { m.CorrelationID = fmt.Append(nil, i) },
		"timestamp":      func(m *Message, i int) { m.Timestamp, m.HasTimestamp = uint64(i), true },
	} {
		r := hashRouter(t, ConsistentHash, args("hash-property", property), "a=5", "b=5", "c=5", "d=5")
		varied, without := map[string]bool{}, map[string]bool{}
		for i := range 200 {
			m := key("constant")
			set(m, i)
			varied[routed(t, r, "x", m)[0]] = true
			without[routed(t, r, "x", key(fmt.Sprint(i)))[0]] = true
		}
		if len(varied) != 4 || len(without) != 1 {
			t.Errorf("%s: %d queues with it, %d without", property, len(varied), len(without))
		}
	}
}

func TestConsistentHashBindingKey(t *testing.T) {
	r := hashRouter(t, ConsistentHash, nil)
	for k, text := range map[string]string{
		"abc": `The binding key must be an integer: <<"abc">>`,
		"":    `The binding key must be an integer: <<>>`,
		"1.5": `The binding key must be an integer: <<"1.5">>`,
		" 1":  `The binding key must be an integer: <<" 1">>`,
		"-":   `The binding key must be an integer: <<"-">>`,
		"+-1": `The binding key must be an integer: <<"+-1">>`,
		"1_0": `The binding key must be an integer: <<"1_0">>`,
		"0":   `The binding key must be greater than 0`,
		"+0":  `The binding key must be greater than 0`,
		"-0":  `The binding key must be greater than 0`,
		"-3":  `The binding key must be greater than 0`,
	} {
		_, err := r.Bind(Binding{Source: "x", Destination: "q", Key: k})
		expectError(t, err, 406, amqp.MethodQueueBind, text)
	}
	for _, k := range []string{"1", "+1", "007", "2147483648"} {
		mustBind(t, r, Binding{Source: "x", Destination: "q" + k, Key: k})
	}
	mustVerify(t, r)
}

// TestConsistentHashToExchange has an exchange own buckets.
func TestConsistentHashToExchange(t *testing.T) {
	r := hashRouter(t, ConsistentHash, nil, "a=1")
	r.Put(Exchange{Name: "f", Type: Fanout})
	mustBind(t, r, Binding{Source: "x", Destination: "f", To: ToExchange, Key: "1"})
	mustBind(t, r, Binding{Source: "f", Destination: "b"})
	if counts, _ := spread(t, r, 1000); counts["a"] < 400 || counts["b"] < 400 {
		t.Errorf("spread is %v", counts)
	}
}

func TestModulusHashIsSticky(t *testing.T) {
	r := hashRouter(t, ModulusHash, nil, "a=", "b=1", "c=x", "d=y")
	counts, before := spread(t, r, 8000)
	for _, q := range []string{"a", "b", "c", "d"} {
		if counts[q] < 1800 || counts[q] > 2200 {
			t.Errorf("%q got %d of 8000", q, counts[q])
		}
	}
	mustBind(t, r, Binding{Source: "x", Destination: "e", Key: ""})
	r.Unbind(Binding{Source: "x", Destination: "e", Key: ""})
	if _, after := spread(t, r, 8000); strings.Join(after, "") != strings.Join(before, "") {
		t.Error("the same bindings route differently")
	}
	mustVerify(t, r)
}

func TestRandomPicksEvenly(t *testing.T) {
	r := NewRouter()
	turn := uint64(0)
	r.UseRandom(func(n uint64) uint64 { turn++; return turn % n })
	r.Put(Exchange{Name: "x", Type: Random})
	expectQueues(t, r, "x", key("k"))
	for _, q := range []string{"a", "b", "c"} {
		mustBind(t, r, Binding{Source: "x", Destination: q, Key: "ignored"})
	}
	counts, _ := spread(t, r, 300)
	for q, n := range counts {
		if n != 100 {
			t.Errorf("%q got %d of 300", q, n)
		}
	}
}

func TestRandomByDefault(t *testing.T) {
	r := hashRouter(t, Random, nil, "a=", "b=", "c=", "a=2")
	counts, _ := spread(t, r, 8000)
	if counts["a"] < 3700 || counts["a"] > 4300 || counts["b"] < 1750 || counts["c"] < 1750 {
		t.Errorf("spread over a twice bound queue and two others is %v", counts)
	}
}

func TestJumpBounds(t *testing.T) {
	for _, buckets := range []uint64{1, 2, 3, 1000, 1 << 40, 1<<63 - 1} {
		for k := range uint64(2000) {
			if b := jump(mix(k), buckets); b >= buckets {
				t.Fatalf("jump(%d, %d) = %d", k, buckets, b)
			}
		}
	}
}
