package broker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"amqpd/amqp"
	"amqpd/cluster/meta"
)

// TestFanout_UnderEverythingAtOnce publishes to a fanout of ten queues while
// consumers come and go, and queues are purged, deleted, declared and bound again,
// and limits make dead letters. Every publish is confirmed; when the queues have
// been drained, nothing holds a message any more.
func TestFanout_UnderEverythingAtOnce(t *testing.T) {
	const queues, publishers = 10, 6
	messages := scaled(600, 20_000)
	b := open(t, Options{})
	declare := fanoutOf(t, b, queues)
	var publishing, disturbing sync.WaitGroup
	stop := make(chan struct{})
	for i := range publishers {
		publishing.Go(func() { publishAll(t, b, uint64(messages), byte(1+i%2)) })
	}
	disturb := func(seed uint64, f func(r *rand.Rand)) {
		disturbing.Go(func() {
			r := rand.New(rand.NewPCG(seed, 0))
			for {
				select {
				case <-stop:
					return
				default:
					f(r)
				}
			}
		})
	}
	for i := range uint64(4) {
		disturb(i, func(r *rand.Rand) { consumeSome(t, b, fmt.Sprint("q", r.IntN(queues)), r) })
	}
	a, err := b.As(Actor{User: "guest", Via: "http"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	disturb(10, func(r *rand.Rand) {
		name := fmt.Sprint("q", r.IntN(queues))
		var err error
		switch r.IntN(5) {
		case 0:
			_, err = a.PurgeQueue(name)
		case 1:
			err = a.DeleteQueue(name, false, false)
			declare(name)
		case 2:
			_, err = a.GetMessages(name, 20, -1, Settlement(r.IntN(3)))
		case 3:
			err = a.SetQueueArguments(name, amqp.Table{{Key: "x-max-length", Value: amqp.Long(int64(20 + r.IntN(200)))}}, nil)
		case 4:
			_, err = a.Browse(BrowseQuery{Queue: name, Limit: 30})
		}
		if err != nil {
			t.Error(err)
		}
	})
	publishing.Wait()
	close(stop)
	ended := make(chan struct{})
	go func() { disturbing.Wait(); close(ended) }()
	for more := true; more; { // lest a consumer waits for its last messages
		select {
		case <-ended:
			more = false
		default:
			if _, err := a.Publish(Message{Exchange: "all", Body: []byte("more")}); err != nil {
				t.Fatal(err)
			}
		}
	}

	eventually(t, "all connections are gone", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.conns) == 0
	})
	for i := range queues {
		q := b.queue("/", fmt.Sprint("q", i))
		q.mu.Lock()
		if err := q.core.Verify(); err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		if n := q.core.Unacked(); n != 0 {
			t.Errorf("%s: %d messages are with nobody", q.name, n)
		}
		q.mu.Unlock()
	}
	eventually(t, "nothing is held", func() bool {
		for v := range b.Definitions().Queues("/") { // again: what expires meanwhile goes to another queue
			if _, err := a.PurgeQueue(v.Name); err != nil {
				t.Error(err)
			}
		}
		return b.store.Stats().References == 0
	})
	if err := b.store.Verify(); err != nil {
		t.Error(err)
	}
}

// fanoutOf declares exchange "all" with n queues of several sorts, and a queue for
// dead letters; the function declares one of them again.
func fanoutOf(t *testing.T, b *Broker, n int) (declare func(name string)) {
	t.Helper()
	a, err := b.As(Actor{User: "guest", Via: "http"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.DeclareExchange(amqp.ExchangeDeclare{Exchange: "all", Type: "fanout"}); err != nil {
		t.Fatal(err)
	}
	sorts := []amqp.Table{
		nil,
		{{Key: "x-max-length", Value: amqp.Long(50)}, {Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}, {Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")}},
		{{Key: "x-message-ttl", Value: amqp.Long(20)}, {Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}, {Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")}},
		{{Key: "x-queue-type", Value: amqp.LongStr("quorum")}, {Key: "x-delivery-limit", Value: amqp.Long(3)}},
		{{Key: "x-max-priority", Value: amqp.Long(3)}, {Key: "x-max-length", Value: amqp.Long(80)}, {Key: "x-overflow", Value: amqp.LongStr("reject-publish")}},
	}
	declare = func(name string) {
		args := amqp.Table(nil)
		var i int
		if _, err := fmt.Sscanf(name, "q%d", &i); err == nil {
			args = sorts[i%len(sorts)]
		}
		durable := i%len(sorts) == 3 || i%2 == 0
		if _, err := a.DeclareQueue(amqp.QueueDeclare{Queue: name, Durable: durable, Arguments: args}); err != nil {
			t.Error(err)
		}
		if name == "dead" {
			return
		}
		if err := a.Bind(meta.Binding{Source: "all", Destination: name, DestinationType: "queue"}); err != nil {
			t.Error(err)
		}
	}
	declare("dead")
	for i := range n {
		declare(fmt.Sprint("q", i))
	}
	return declare
}

// publishAll publishes n messages to "all" and waits until each is answered.
func publishAll(t *testing.T, b *Broker, n uint64, mode byte) {
	k := dial(t, b).guest()
	k.confirms(1)
	p := &amqp.PropertyList{DeliveryMode: mode}
	body := strings.Repeat("m", 300)
	const window = 50
	sent, answered := uint64(0), uint64(0)
	for answered < n {
		for ; sent < n && sent < answered+window; sent++ {
			k.publish(1, "all", "", p, body)
		}
		switch _, m := k.method(); m := m.(type) {
		case *amqp.BasicAck:
			answered = max(answered, m.DeliveryTag)
		case *amqp.BasicNack:
			answered = max(answered, m.DeliveryTag)
		default:
			t.Errorf("got %T", m)
			return
		}
	}
	k.bye()
}

// consumeSome consumes for a while, settles in every way, and goes away in some
// manner.
func consumeSome(t *testing.T, b *Broker, queue string, r *rand.Rand) {
	k := dial(t, b).guest()
	defer func() { _ = k.nc.Close() }()
	noAck := r.IntN(4) == 0
	k.send(1, &amqp.BasicQos{PrefetchCount: uint16(r.IntN(30))},
		&amqp.BasicConsume{Queue: queue, ConsumerTag: "c", NoAck: noAck})
	for left := 20 + r.IntN(100); left > 0; left-- {
		f, ok := k.frameOrEnd()
		if !ok {
			return
		}
		if f.Type != amqp.FrameMethod {
			continue
		}
		id, args := amqp.SplitMethod(f.Payload)
		switch id {
		case amqp.MethodChannelClose, amqp.MethodBasicCancel:
			return
		case amqp.MethodBasicDeliver:
			var d amqp.BasicDeliver
			if err := d.Parse(args); err != nil {
				t.Error(err)
				return
			}
			if !noAck {
				k.send(1, []outgoing{
					&amqp.BasicAck{DeliveryTag: d.DeliveryTag},
					&amqp.BasicReject{DeliveryTag: d.DeliveryTag},
					&amqp.BasicReject{DeliveryTag: d.DeliveryTag, Requeue: true},
				}[r.IntN(3)])
			}
		case amqp.MethodBasicConsumeOk, amqp.MethodBasicQosOk:
		default:
			t.Errorf("got method %v", id)
			return
		}
	}
}
