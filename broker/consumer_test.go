package broker

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"amqpd/amqp"
)

// What is delivered to a socket that is closed already goes back to the queue
// when its connection ends.
func TestDeliveryToAClosedSocketIsRequeued(t *testing.T) {
	b := open(t, Options{})
	deaf := dial(t, b).guest()
	deaf.durable(1, "q", nil)
	deaf.consume(1, "q", false)
	c := b.theOnly(t)
	c.out.close() // as hangUp does, before the reader knows
	k := dial(t, b).guest()
	k.confirms(1)
	k.publish(1, "", "q", nil, "m")
	want[amqp.BasicAck](k, 1)
	_ = deaf.nc.Close()
	if d := k.awaitGet(1, "q"); d.body != "m" {
		t.Errorf("got %q", d.body)
	}
}

// A consumer that does not read gets no more than its output may hold, however
// much is ready.
func TestBacklogDoesNotFloodAConsumer(t *testing.T) {
	for _, size := range []int{10, 1 << 10, 1 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			b := open(t, Options{})
			k := dial(t, b).guest()
			k.durable(1, "q", nil)
			const outputs = 4 // that the messages would fill
			messages := bytes.Repeat(publishing(1, "", "q", false, nil, strings.Repeat("b", size)), outputs)
			writes := outputHigh / max(size, 100)
			for range writes {
				k.write(messages)
			}
			n := outputs * writes
			call[amqp.BasicQosOk](k, 1, &amqp.BasicQos{})
			slow := dial(t, b).guest()
			slow.send(1, &amqp.BasicConsume{Queue: "q", NoAck: true, NoWait: true})
			q := b.vhost("/").queue("q")
			eventually(t, "a delivery", func() bool { ready, _ := q.counters(); return ready < n })
			limit := int64(2*outputHigh + 2*size)
			for c := range connections(b) {
				if got := c.out.size.Load(); got > limit {
					t.Errorf("%d octets wait for one socket, want at most %d", got, limit)
				}
			}
			for i := range n {
				if d := slow.deliver(1); len(d.body) != size {
					t.Fatalf("message %d of %d: %d octets", i, n, len(d.body))
				}
			}
		})
	}
}

// connections lists the connections there are.
func connections(b *Broker) map[*conn]struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[*conn]struct{})
	for c := range b.conns {
		all[c] = struct{}{}
	}
	return all
}

// A consumer whose queue goes while its channel is closed and opened again is
// none of the new channel's business.
func TestCancelledConsumer_OfAnEarlierChannel(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "q"})
	k.consume(1, "q", false)
	c := b.theOnly(t)
	c.out.mu.Lock()
	old := c.consumers[0]
	c.out.mu.Unlock()
	call[amqp.ChannelCloseOk](k, 1, &amqp.ChannelClose{ReplyCode: 200})
	k.channel(1)
	w := b.borrow()
	old.cancelled(w)
	b.giveBack(w)
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "q", Passive: true})
}
