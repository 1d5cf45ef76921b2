package broker

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amqpd/amqp"
)

// TestDamagedMessagesGo damages a stored body and lets the message leave its
// queue in each way that has to read it: the others come, the damaged one is
// counted, and nothing is left of it, neither in the queue nor in the store.
func TestDamagedMessagesGo(t *testing.T) {
	dead := amqp.Table{{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}, {Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")}}
	for _, row := range []struct {
		name string
		args amqp.Table
		take func(t *testing.T, b *Broker, k *client)
	}{
		{"deliver", nil, func(t *testing.T, _ *Broker, k *client) {
			call[amqp.BasicQosOk](k, 1, &amqp.BasicQos{PrefetchCount: 1})
			k.consume(1, "q", false)
			for _, body := range []string{"one", "three"} {
				d := k.deliver(1)
				if !strings.HasPrefix(d.body, body) {
					t.Errorf("delivered %.10q, not %q", d.body, body)
				}
				k.send(1, &amqp.BasicAck{DeliveryTag: d.DeliveryTag})
			}
		}},
		{"deliver, automatic", nil, func(t *testing.T, _ *Broker, k *client) {
			k.consume(1, "q", true)
			for _, body := range []string{"one", "three"} {
				if d := k.deliver(1); !strings.HasPrefix(d.body, body) {
					t.Errorf("delivered %.10q, not %q", d.body, body)
				}
			}
		}},
		{"get", nil, func(t *testing.T, _ *Broker, k *client) {
			for _, body := range []string{"one", "three"} {
				d, ok := k.get(1, "q", false)
				if !ok || !strings.HasPrefix(d.body, body) {
					t.Errorf("got %.10q, %v", d.body, ok)
				}
				k.send(1, &amqp.BasicAck{DeliveryTag: d.DeliveryTag})
			}
		}},
		{"get by an agent", nil, func(t *testing.T, b *Broker, _ *client) {
			a, err := b.As(Actor{User: "guest", Via: "http"}, "/")
			if err != nil {
				t.Fatal(err)
			}
			if list, err := a.GetMessages("q", 3, -1, SettleAck); err != nil || len(list) != 2 {
				t.Errorf("got %d messages, %v", len(list), err)
			}
		}},
		{"dead letters", append(amqp.Table{{Key: "x-expires", Value: amqp.Long(3_600_000)}}, dead...), func(t *testing.T, b *Broker, k *client) {
			k.durable(1, "dead", nil)
			q := b.queue("/", "q")
			w := b.borrow()
			q.mu.Lock()
			s, _ := q.vhost.queueSettings(q.def.Load())
			s.MaxLength = 0
			q.core.Configure(w.now, s, &w.fx)
			w.perform(q)
			q.mu.Unlock()
			b.giveBack(w)
			for _, body := range []string{"one", "three"} {
				if d, ok := k.get(1, "dead", true); !ok || !strings.HasPrefix(d.body, body) {
					t.Errorf("got %.10q, %v", d.body, ok)
				}
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			b := open(t, Options{DataDir: dir})
			k := dial(t, b).guest()
			k.durable(1, "q", row.args)
			k.confirms(1)
			for _, body := range []string{"one", "damaged", "three"} {
				k.publish(1, "", "q", persistent, strings.Repeat(body+" ", 20))
				want[amqp.BasicAck](k, 1)
			}
			k.bye()
			stop(t, b)
			damage(t, dir, "damaged damaged")

			b = open(t, Options{DataDir: dir})
			k = dial(t, b).guest()
			row.take(t, b, k)
			k.bye()
			nothingLeft(t, b, "q")
			if got := b.DamagedMessages(); got != 1 {
				t.Errorf("%d messages counted as damaged, want one", got)
			}
			stop(t, b)
			b = open(t, Options{DataDir: dir})
			nothingLeft(t, b, "q")
		})
	}
}

// nothingLeft waits until a queue is empty and the store holds nothing.
func nothingLeft(t *testing.T, b *Broker, queue string) {
	t.Helper()
	eventually(t, "the queue is empty and nothing is held", func() bool {
		v, ok := b.Queue("/", queue)
		return ok && v.Messages() == 0 && v.Persistent == 0 && b.store.Stats().References == 0
	})
	if err := b.store.Verify(); err != nil {
		t.Error(err)
	}
}

// TestDamagedDelayedMessageGoes damages a message that an exchange keeps back.
func TestDamagedDelayedMessageGoes(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.guest()
		later(k)
		k.confirms(1)
		for _, body := range []string{"damaged", "good"} {
			k.publish(1, "later", "", delay(60_000), strings.Repeat(body+" ", 20))
			want[amqp.BasicAck](k, 1)
		}
		k.bye()
		stop(t, b)
		damage(t, b.o.DataDir, "damaged damaged")
		b, k = reopen(t, b)
		k.consume(1, "q", true)
		if d := k.deliver(1); !strings.HasPrefix(d.body, "good") {
			t.Errorf("got %.10q", d.body)
		}
		k.bye()
		nothingLeft(t, b, "q")
		if n := b.Delayed(); n != 0 {
			t.Errorf("%d messages are still delayed", n)
		}
	})
}

// damage changes an octet in every segment that holds text.
func damage(t *testing.T, dir, text string) {
	t.Helper()
	segments, err := filepath.Glob(filepath.Join(dir, "log", "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, path := range segments {
		octets, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(octets, []byte(text)); i >= 0 {
			octets[i] ^= 0x20
			found = true
			if err := os.WriteFile(path, octets, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !found {
		t.Fatalf("%q is in no segment", text)
	}
}
