package main

import (
	"context"
	"errors"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// What the run's connections are called, and a prefetch count that one channel
// has, by which they are found.
const (
	publisherName    = "shapes publisher"
	consumerName     = "shapes consumer"
	consumerPrefetch = "20"
)

// beat is the pause between two rounds of publishing and getting.
const beat = 50 * time.Millisecond

// traffic is three connections with channels in every mode.
type traffic struct {
	addr   string
	names  names
	done   chan struct{}
	work   sync.WaitGroup
	opened []*amqp.Connection
}

// startTraffic connects and keeps messages moving until the function that it
// returns is called. What the session proved not to be there is left out.
func startTraffic(addr string, n names, proven map[string]bool) (stop func(), err error) {
	t := &traffic{addr: addr, names: n, done: make(chan struct{})}
	stop = func() {
		close(t.done)
		t.work.Wait()
		for _, c := range t.opened {
			c.Close()
		}
	}
	err = errors.Join(t.publisher(), t.consumer(proven), t.second())
	if err != nil {
		stop()
	}
	return stop, err
}

// connect opens a connection of the run's user with a name of its own.
func (t *traffic) connect(vhost, name string) (*amqp.Connection, error) {
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(name)
	c, err := amqp.DialConfig("amqp://"+t.addr, amqp.Config{
		SASL:  []amqp.Authentication{&amqp.PlainAuth{Username: t.names["u_amqp"], Password: password}},
		Vhost: vhost, Heartbeat: time.Minute, Properties: properties,
	})
	if err == nil {
		t.opened = append(t.opened, c)
	}
	return c, err
}

// channels opens n channels.
func channels(c *amqp.Connection, n int) ([]*amqp.Channel, error) {
	var list []*amqp.Channel
	for range n {
		ch, err := c.Channel()
		if err != nil {
			return nil, err
		}
		list = append(list, ch)
	}
	return list, nil
}

// every calls f each beat with a count until the run is over or f fails, which
// it does when the session closes its connection.
func (t *traffic) every(f func(n int) error) {
	t.work.Go(func() {
		clock := time.NewTicker(beat)
		defer clock.Stop()
		for n := 1; ; n++ {
			if f(n) != nil {
				return
			}
			select {
			case <-t.done:
				return
			case <-clock.C:
			}
		}
	})
}

// publisher publishes with confirms, without, and what nobody gets; a third
// channel has a transaction that is never committed.
func (t *traffic) publisher() error {
	c, err := t.connect(t.names["v"], publisherName)
	if err != nil {
		return err
	}
	ch, err := channels(c, 3)
	if err != nil {
		return err
	}
	confirming, open, plain := ch[0], ch[1], ch[2]
	if err := errors.Join(confirming.Confirm(false), open.Tx()); err != nil {
		return err
	}
	go func() {
		for range confirming.NotifyReturn(make(chan amqp.Return)) { // drained so that the client goes on
		}
	}()
	t.every(func(n int) error {
		if n == 3 {
			err = errors.Join(send(open, "", "c-get", false, 0), send(open, "", "c-get", false, 0), getAndAck(open, "c-get"))
		}
		priority := uint8(n % 5) //nolint:gosec // under 5
		err = errors.Join(err, send(confirming, "x-topic", "a.b", false, priority), send(plain, "x-direct", "t", false, priority),
			send(plain, "", "c-get", false, 0), send(plain, "", "c-priority", false, priority))
		if n%10 == 0 {
			err = errors.Join(err, send(confirming, "x-direct", "nowhere", false, 0), send(confirming, "x-direct", "nowhere", true, 0))
		}
		return err
	})
	return nil
}

func send(ch *amqp.Channel, exchange, key string, mandatory bool, priority uint8) error {
	return ch.PublishWithContext(context.Background(), exchange, key, mandatory, false, amqp.Publishing{
		DeliveryMode: amqp.Persistent, ContentType: "text/plain", Timestamp: time.Now(), Priority: priority,
		Headers: amqp.Table{"n": int32(1)}, Body: []byte("hello"),
	})
}

// getAndAck acknowledges in a transaction, which is not committed.
func getAndAck(ch *amqp.Channel, queue string) error {
	d, ok, err := ch.Get(queue, false)
	if err != nil || !ok {
		return err
	}
	return d.Ack(false)
}

// consumer consumes in every way: late acknowledgements, none, a global
// prefetch, an exclusive queue, a single active consumer, a quorum queue.
func (t *traffic) consumer(proven map[string]bool) error {
	c, err := t.connect(t.names["v"], consumerName)
	if err != nil {
		return err
	}
	ch, err := channels(c, 8) // the last one is idle
	if err != nil {
		return err
	}
	_, declared := ch[3].QueueDeclare("c-exclusive", false, true, true, false, nil)
	held := 0
	err = errors.Join(
		declared,
		ch[0].Qos(20, 0, false),
		t.consume(ch[0], "c-durable", "late", amqp.Table{"x-priority": int32(5)}, func(d *amqp.Delivery) error {
			if held++; held <= 5 {
				return nil
			}
			if held%7 == 0 && !d.Redelivered {
				return d.Nack(false, true)
			}
			return d.Ack(false)
		}),
		t.consume(ch[1], "c-transient", autoAck, nil, func(*amqp.Delivery) error { return nil }),
		ch[2].Qos(50, 0, true),
		t.consume(ch[2], "c-priority", "rejects", nil, func(d *amqp.Delivery) error { return d.Reject(!d.Redelivered) }),
		t.consume(ch[3], "c-exclusive", "alone", nil, ack),
		t.consume(ch[4], "c-sac", "first", nil, ack),
		t.consume(ch[4], "c-sac", "second", nil, ack),
	)
	if proven["quorum"] {
		err = errors.Join(err, ch[5].Qos(10, 0, false), t.consume(ch[5], "q-quorum", "quorum", nil, ack))
	}
	t.every(func(n int) error { return getOften(ch[6], n) })
	return err
}

// autoAck is the tag of the consumer that does not acknowledge.
const autoAck = "no acknowledgements"

func ack(d *amqp.Delivery) error { return d.Ack(false) }

// consume starts a consumer whose deliveries are handed to f, until one fails.
func (t *traffic) consume(ch *amqp.Channel, queue, tag string, arguments amqp.Table, f func(*amqp.Delivery) error) error {
	deliveries, err := ch.Consume(queue, tag, tag == autoAck, tag == "alone", false, false, arguments)
	if err != nil {
		return err
	}
	go func() { // it ends with the connection
		for d := range deliveries {
			if err == nil {
				err = f(&d)
			}
		}
	}()
	return nil
}

// getOften gets in every way: with and without an acknowledgement, given back,
// and from an empty queue.
func getOften(ch *amqp.Channel, n int) error {
	_, _, automatic := ch.Get("c-get", true)
	_, _, empty := ch.Get("c-empty", true)
	d, ok, err := ch.Get("c-get", false)
	if err == nil && ok && n%3 == 0 {
		err = d.Nack(false, true)
	} else if err == nil && ok {
		err = d.Ack(false)
	}
	return errors.Join(automatic, empty, err)
}

// second keeps a queue of its own busy in the other virtual host.
func (t *traffic) second() error {
	c, err := t.connect(t.names["v2"], "shapes second")
	if err != nil {
		return err
	}
	ch, err := c.Channel()
	if err != nil {
		return err
	}
	q, err := ch.QueueDeclare("", false, false, true, false, nil)
	if err != nil {
		return err
	}
	err = t.consume(ch, q.Name, autoAck, nil, func(*amqp.Delivery) error { return nil })
	t.every(func(int) error { return send(ch, "", q.Name, false, 0) })
	return err
}
