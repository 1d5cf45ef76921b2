package crash

import (
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

// Messages that expire while the node is down die into their graves at its
// start, none before the graves and the bindings to them are there, in whatever
// order a node starts its queues.
func TestCrash_ExpiredWhileDown(t *testing.T) {
	const messages, ttl = 2000, 500
	n := amqpd.Start(t)
	ch := n.Channel()
	must(t, ch.ExchangeDeclare("funeral", "fanout", true, false, false, false, nil))
	for _, q := range []string{"a.graves", "z.graves"} {
		queue(t, ch, q, true, false, nil)
		must(t, ch.QueueBind(q, "", "funeral", false, nil))
	}
	queue(t, ch, "m.dying", true, false, amqp.Table{"x-message-ttl": int32(ttl), "x-dead-letter-exchange": "funeral"})
	for round := 1; round <= 5; round++ {
		must(t, ch.Confirm(false))
		var last *amqp.DeferredConfirmation
		for range messages {
			var err error
			last, err = ch.PublishWithDeferredConfirm("", "m.dying", false, false, amqp.Publishing{DeliveryMode: amqp.Persistent})
			must(t, err)
		}
		last.Wait()
		n.Kill()
		time.Sleep(ttl * time.Millisecond)
		n.Restart()
		ch = n.Channel()
		for _, q := range []string{"a.graves", "z.graves"} {
			awaitMessages(t, ch, q, round*messages)
		}
	}
}

// awaitMessages waits until a queue has exactly so many messages.
func awaitMessages(t *testing.T, ch *amqp.Channel, queue string, want int) {
	t.Helper()
	have := 0
	for end := time.Now().Add(node.Patience / 3); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
		must(t, err)
		if have = q.Messages; have >= want {
			break
		}
	}
	if have != want {
		t.Fatalf("%s has %d messages, want %d", queue, have, want)
	}
}
