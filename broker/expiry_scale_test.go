package broker

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"amqpd/amqp"
	"amqpd/cluster/meta"
)

// scaled returns the size of a test: small, or the long form's where AMQPD_LONG is
// set (make delayed).
func scaled(small, long int) int {
	if os.Getenv("AMQPD_LONG") != "" {
		return long
	}
	return small
}

// classic declares a transient queue in virtual host "/" and returns it.
func (b *Broker) classic(t testing.TB, name string, args amqp.Table) *localQueue {
	t.Helper()
	err := b.Apply(meta.PutQueue{Queue: meta.Queue{Vhost: "/", Name: name, Kind: "classic", Home: b.o.NodeName, Arguments: args}})
	if err != nil {
		t.Fatal(err)
	}
	return b.vhost("/").queue(name)
}

// plainHeader is the content header of a message of size octets without properties.
func plainHeader(size int) []byte {
	h := make([]byte, 14)
	h[1], h[10], h[11] = 60, byte(size>>8), byte(size)
	return h
}

// put publishes a message of 100 octets to q, by the default exchange.
func (t *batch) put(q *localQueue, ttl int64) {
	env, _ := amqp.AppendEnvelope(nil, "", q.name)
	t.add(message{env: env, header: plainHeader(100), body: make([]byte, 100), ttl: ttl}, []*localQueue{q})
	if t.full() {
		t.flush()
	}
}

// watch calls done until it is true and returns the highest numbers of
// goroutines and octets in use meanwhile.
func watch(t *testing.T, done func() bool) (goroutines int, octets uint64) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		goroutines, octets = max(goroutines, runtime.NumGoroutine()), max(octets, m.HeapInuse+m.StackInuse)
		if done() {
			return goroutines, octets
		}
		if time.Now().After(deadline) {
			t.Fatal("it takes more than a minute")
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// Queues whose heads expire in the same moment cost one turn each, not a
// goroutine each.
func TestManyQueuesExpireAtOnce(t *testing.T) {
	const ttl = 3000
	b := open(t, Options{})
	queues := make([]*localQueue, scaled(2000, 50_000))
	for i := range queues {
		queues[i] = b.classic(t, fmt.Sprint("q", i), nil)
	}
	w := newBatch(b)
	w.tick()
	at := w.now + ttl
	for _, q := range queues {
		w.put(q, max(at-b.clock(), 1))
	}
	w.end()
	before := runtime.NumGoroutine()
	left := len(queues)
	goroutines, octets := watch(t, func() bool {
		for left > 0 {
			if ready, _ := queues[left-1].counters(); ready > 0 {
				return false
			}
			left--
		}
		return true
	})
	t.Logf("%d queues: %d ms late, %d goroutines more, %d MB", len(queues), b.clock()-at, goroutines-before, octets>>20)
	if goroutines-before > 100 {
		t.Errorf("%d goroutines more", goroutines-before)
	}
}

// Messages of one queue that expire each at another time cost no timer each.
func TestManyMessagesExpireOneByOne(t *testing.T) {
	b := open(t, Options{})
	q := b.classic(t, "q", nil)
	n := scaled(20_000, 1_000_000)
	w := newBatch(b)
	w.tick()
	start := w.now
	for i := range n {
		w.put(q, max(500+int64(i)*4000/int64(n)+start-w.now, 1))
	}
	w.end()
	var early, late int
	_, octets := watch(t, func() bool {
		ready, _ := q.counters()
		due := max(int(float64(b.clock()-start-500)/4000*float64(n)), 0)
		gone := n - ready
		late = max(late, min(due, n)-gone)
		early = max(early, gone-due-n/4000-1)
		return ready == 0
	})
	t.Logf("%d messages: at most %d too late (%d ms), %d too early, %d MB", n, late, late*4000/n, early, octets>>20)
	if early > n/100 {
		t.Errorf("%d were gone before their time", early)
	}
}
