package crash

import (
	"strconv"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Messages that expire while the node is down die into their graves at its
// start, none before the graves and the bindings to them are there, in whatever
// order a node starts its queues. Those that die already when it is killed may come
// twice.
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
	for round := range 5 {
		must(t, ch.Confirm(false))
		var last *amqp.DeferredConfirmation
		for i := range messages {
			var err error
			last, err = ch.PublishWithDeferredConfirm("", "m.dying", false, false, amqp.Publishing{
				DeliveryMode: amqp.Persistent, Body: []byte(strconv.Itoa(round*messages + i)),
			})
			must(t, err)
		}
		last.Wait()
		n.Kill()
		time.Sleep(ttl * time.Millisecond)
		n.Restart()
		ch = n.Channel()
		for _, q := range []string{"a.graves", "z.graves"} {
			awaitNumbers(t, n.Channel(), q, round*messages, (round+1)*messages)
		}
	}
}

// awaitNumbers takes messages out of a queue until it has had every number from one
// to before another, and closes the channel.
func awaitNumbers(t *testing.T, ch *amqp.Channel, queue string, from, to int) {
	t.Helper()
	deliveries, err := ch.Consume(queue, "", true, false, false, false, nil)
	must(t, err)
	for seen := map[int]bool{}; len(seen) < to-from; {
		d, ok := receive(deliveries)
		if !ok {
			t.Fatalf("%s gives %d of %d messages", queue, len(seen), to-from)
		}
		number, err := strconv.Atoi(string(d.Body))
		must(t, err)
		if number >= from {
			seen[number] = true
		}
	}
	must(t, ch.Close())
}
