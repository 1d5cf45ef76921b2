package broker

import (
	"testing"

	"amqpd/amqp"
)

// A message for two queues must survive that the first queue is done with it
// before the second has seen it: here a purge by somebody else comes between.
func TestMessageOfSeveralQueuesOutlivesTheFirst(t *testing.T) {
	r := newRig(t, Options{})
	setup := amqp.QueueDeclare{Queue: "first"}.Append(nil, 1)
	r.do(t, amqp.QueueDeclare{Queue: "second"}.Append(setup, 1))
	first, second := r.b.vhost("/").queue("first"), r.b.vhost("/").queue("second")

	w := newBatch(r.b)
	env, err := amqp.AppendEnvelope(nil, "", "first")
	if err != nil {
		t.Fatal(err)
	}
	header := amqp.AppendHeaderPayload(nil, 4, &amqp.PropertyList{})
	w.add(message{env: env, header: header, body: []byte("body"), ttl: -1}, []*localQueue{first, second})
	w.tick()
	first.publish(w, w.touched[0].first)
	other := r.b.borrow()
	if n := first.purge(other); n != 1 {
		t.Fatalf("purged %d", n)
	}
	r.b.giveBack(other)
	if !w.msgs[0].spare {
		t.Error("the batch holds no reference while the second queue has none")
	}
	second.publish(w, w.touched[1].first)
	w.outcomes()
	if w.msgs[0].pos == 0 {
		t.Error("the message was not stored")
	}
	w.reset()
	w.end()
	if n, _ := second.counters(); n != 1 {
		t.Errorf("%d messages in the second queue", n)
	}
}
