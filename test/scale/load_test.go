package scale

import (
	"context"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

// channel opens a channel on a connection of its own.
func channel(t *testing.T, n *node.Node) *amqp.Channel {
	t.Helper()
	c, err := n.Dial()
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	ch, err := c.Channel()
	if err != nil {
		t.Fatalf("channel.open: %v", err)
	}
	return ch
}

func publish(ch *amqp.Channel, queue string, body []byte) error {
	return ch.PublishWithContext(context.Background(), "", queue, false, false, amqp.Publishing{Body: body})
}

// startClients opens the connections and keeps two queues as busy as the machine
// allows. Of the connections, half consume from a queue of their own and half
// publish to it once a second.
func startClients(t *testing.T, n *node.Node, s size) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var work sync.WaitGroup
	body := make([]byte, 100)
	var publishers, consumers []*amqp.Channel
	for i := range s.connections / 2 {
		from := channel(t, n)
		consume(t, from, queueName(i))
		publishers, consumers = append(publishers, channel(t, n)), append(consumers, from)
	}
	work.Go(func() {
		clock := time.NewTicker(time.Second)
		defer clock.Stop()
		for {
			for i, ch := range publishers {
				if publish(ch, queueName(i), body) != nil {
					return
				}
			}
			select {
			case <-done:
				return
			case <-clock.C:
			}
		}
	})
	for i := range 2 {
		queue := queueName(s.busy - 1 - i)
		consume(t, channel(t, n), queue)
		out := channel(t, n)
		work.Go(func() {
			for publish(out, queue, body) == nil {
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	return func() {
		close(done)
		work.Wait()
		for i := range publishers {
			publishers[i].Close()
			consumers[i].Close()
		}
	}
}

// consume counts what it gets, until the connection ends.
func consume(t *testing.T, ch *amqp.Channel, queue string) {
	t.Helper()
	deliveries, err := ch.Consume(queue, "", true, false, false, false, nil)
	if err != nil {
		t.Fatalf("basic.consume: %v", err)
	}
	go func() {
		for range deliveries {
			consumed.Add(1)
		}
	}()
}

// startActivity publishes to each of so many queues once a second.
func startActivity(t *testing.T, n *node.Node, queues int) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var work sync.WaitGroup
	ch := channel(t, n)
	work.Go(func() {
		clock := time.NewTicker(time.Second)
		defer clock.Stop()
		for {
			for i := range queues {
				if publish(ch, queueName(i), nil) != nil {
					return
				}
			}
			select {
			case <-done:
				return
			case <-clock.C:
			}
		}
	})
	return func() { close(done); work.Wait() }
}
