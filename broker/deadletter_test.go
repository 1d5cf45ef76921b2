package broker

import (
	"fmt"
	"testing"

	"amqpd/amqp"
	"amqpd/queue"
	"amqpd/store"
)

// settleSpy is a log that notes what is settled in it.
type settleSpy struct {
	*store.Store
	settled []store.Range
}

func (s *settleSpy) Settle(queue uint64, rs []store.Range) {
	s.settled = append(s.settled, rs...)
	s.Store.Settle(queue, rs)
}

// What leaves a queue in one operation with dead letters is settled before its
// reference is given back, and in the same transaction: it does not wait for their
// burial, which can be another goroutine's.
func TestDeadLetters_HoldBackNothingElse(t *testing.T) {
	b := open(t, Options{})
	b.agenda.stop()
	k := dial(t, b).guest()
	k.durable(1, "dead", nil)
	k.durable(1, "q", amqp.Table{{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}, {Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")}})
	k.publish(1, "", "q", &amqp.PropertyList{DeliveryMode: 2, Expiration: "1"}, "dies")
	k.publish(1, "", "q", persistent, "is taken")
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "q", Passive: true})
	q, dead := b.queue("/", "q"), b.queue("/", "dead")
	eventually(t, "the first message expires", func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return b.clock() >= q.core.Deadline()
	})

	spy := &settleSpy{Store: b.store}
	w := b.borrow()
	w.log = spy
	if !q.get(w, true, func(queue.Delivery, int) bool { return true }) {
		t.Fatal("no message")
	}
	if got := fmt.Sprint(spy.settled); got != "[{2 2}]" {
		t.Errorf("before the burial %s is settled, want [{2 2}]", got)
	}
	w.bury()
	if got := fmt.Sprint(spy.settled); got != "[{2 2} {1 1}]" {
		t.Errorf("after the burial %s is settled, want [{2 2} {1 1}]", got)
	}
	if ready, _ := dead.counters(); ready != 1 {
		t.Errorf("%d dead letters, want one", ready)
	}
	w.log = b.store
	b.giveBack(w)
}
