package broker

import (
	"fmt"
	"net"
	"sync"
	"testing"

	"amqpd/amqp"
	"amqpd/cluster/meta"
)

// A deletion on condition and what would spoil the condition happen one after
// the other: nobody is told that a queue has their message, or their consumer,
// when it was deleted for having none.
func TestDeleteIf_IsOneStep(t *testing.T) {
	b := open(t, Options{})
	agent, err := b.As(Actor{User: "guest", Via: "http"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name              string
		ifUnused, ifEmpty bool
		spoil             func() (took bool)
	}{
		{"if-empty", false, true, func() bool {
			p, err := agent.Publish(Message{RoutingKey: "q", Body: []byte("m")})
			return err == nil && p.Routed
		}},
		{"if-unused", true, false, func() (took bool) {
			_ = agent.on(func(ch *channel) error {
				q, err := ch.queue(amqp.MethodBasicConsume, "q")
				if err != nil {
					return err
				}
				ch.c.nc, _ = net.Pipe()
				took = ch.subscribe(q, &amqp.BasicConsume{ConsumerTag: "c", NoWait: true}) == nil
				return nil
			})
			return took
		}},
	} {
		spoiled := 0
		for i := range 300 {
			if _, err := agent.DeclareQueue(amqp.QueueDeclare{Queue: "q"}); err != nil {
				t.Fatal(err)
			}
			var took bool
			var refused error
			start := make(chan struct{})
			var both sync.WaitGroup
			sides := []func(){
				func() { <-start; took = row.spoil() },
				func() { <-start; refused = agent.DeleteQueue("q", row.ifUnused, row.ifEmpty) },
			}
			both.Go(sides[i%2])
			both.Go(sides[1-i%2])
			close(start)
			both.Wait()
			if took && refused == nil {
				t.Fatalf("%s: the queue took it, and was deleted all the same", row.name)
			}
			if took {
				spoiled++
			}
			if err := agent.DeleteQueue("q", false, false); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s: %d of 300 came first", row.name, spoiled)
	}
}

// A queue whose deletion is refused goes on as if nothing had been asked.
func TestDeletionThatFails_LeavesTheQueueAlive(t *testing.T) {
	b := open(t, Options{})
	q := b.classic(t, "q", amqp.Table{{Key: "x-expires", Value: amqp.Long(60_000)}})
	// The definitions do not have it any more: they refuse.
	if _, err := b.state.Apply(meta.DeleteQueue{Vhost: "/", Name: "q"}); err != nil {
		t.Fatal(err)
	}
	w := b.borrow()
	w.now += 61_000
	q.tick(w)
	if len(w.idle) != 1 {
		t.Fatalf("%d queues expired, want one", len(w.idle))
	}
	w.end()
	if q.gone || q.dying || q.armed != w.now+revivedFor {
		t.Errorf("gone %t, dying %t, next look at %d, want %d", q.gone, q.dying, q.armed, w.now+revivedFor)
	}
	w.put(q, -1)
	b.giveBack(w)
	if ready, _ := q.counters(); ready != 1 {
		t.Errorf("%d messages ready, want 1", ready)
	}
}

// A queue that is used between the moment it expires and its deletion stays.
func TestExpiredQueue_IsLookedAtAgain(t *testing.T) {
	b := open(t, Options{})
	q := b.classic(t, "q", amqp.Table{{Key: "x-expires", Value: amqp.Long(60_000)}})
	w := b.borrow()
	w.now += 61_000
	q.tick(w)
	if len(w.idle) != 1 {
		t.Fatalf("%d queues expired, want one", len(w.idle))
	}
	q.declared(w.now)
	b.giveBack(w)
	if b.queue("/", "q") == nil {
		t.Fatal("it was deleted although it had been declared again")
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dying || q.armed == 0 {
		t.Errorf("dying %t, armed %d: it will never expire", q.dying, q.armed)
	}
}

// An exchange that is deleted if unused, and a binding from it, come one after
// the other too.
func TestExchangeDeleteIfUnused_IsOneStep(t *testing.T) {
	b := open(t, Options{})
	agent, err := b.As(Actor{User: "guest", Via: "http"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	b.classic(t, "q", nil)
	for range 200 {
		if _, err := agent.DeclareExchange(amqp.ExchangeDeclare{Exchange: "x", Type: "fanout"}); err != nil {
			t.Fatal(err)
		}
		var bound, deleted error
		var both sync.WaitGroup
		both.Go(func() {
			bound = agent.Bind(meta.Binding{Source: "x", Destination: "q", DestinationType: "queue"})
		})
		both.Go(func() { deleted = agent.DeleteExchange("x", true) })
		both.Wait()
		if (bound == nil) == (deleted == nil) {
			t.Fatalf("bound: %v, deleted: %v", bound, deleted)
		}
		if err := agent.DeleteExchange("x", false); err != nil {
			t.Fatal(err)
		}
	}
}

// Durable queues that expire in the same moment share the disk's syncs, and the
// references of what they held are given back at once.
func TestManyQueuesAreDeletedAtOnce(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, _ *client) {
		n := scaled(2000, 10_000)
		var batch meta.Batch
		for i := range n {
			batch.Commands = append(batch.Commands, meta.PutQueue{Queue: meta.Queue{
				Vhost: "/", Name: fmt.Sprint("q", i), Kind: "classic", Durable: true, Home: b.o.NodeName,
				Arguments: amqp.Table{{Key: "x-expires", Value: amqp.Long(10_000)}},
			}})
		}
		put(t, b, batch)
		w := b.borrow()
		for i := range n {
			w.put(b.queue("/", fmt.Sprint("q", i)), -1)
		}
		b.giveBack(w)
		before := b.store.Stats().Syncs
		eventually(t, "they are deleted", func() bool { return b.state.View().QueueCount("/") == 0 })
		syncs := b.store.Stats().Syncs - before
		if t.Logf("%d queues: %d syncs", n, syncs); syncs > uint64(n)/10 {
			t.Errorf("%d syncs for %d queues", syncs, n)
		}
		eventually(t, "nothing is held", func() bool { return b.store.Stats().References == 0 })
	})
}
