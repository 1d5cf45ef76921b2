package broker

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amqpd/amqp"
	"amqpd/cluster/meta"
)

// TestBlockedConnectionCanBeClosed holds a publisher by an alarm and deletes
// its virtual host: it is told, though it is not read from.
func TestBlockedConnectionCanBeClosed(t *testing.T) {
	b := open(t, Options{})
	put(t, b, meta.PutVhost{Vhost: meta.Vhost{Name: "v"}})
	put(t, b, meta.PutPermission{Permission: meta.Permission{User: "guest", Vhost: "v", Configure: ".*", Write: ".*", Read: ".*"}})
	k := dial(t, b).login("guest", "guest", "v")
	k.channel(1)
	b.SetAlarm(AlarmMemory, true)
	k.publish(1, "", "q", nil, "held")
	want[amqp.ConnectionBlocked](k, 0)
	eventually(t, "it is held", func() bool { return b.theOnly(t).blocked.Load() })
	put(t, b, meta.DeleteVhost{Name: "v"})
	if m := k.closed(); m.ReplyText != "CONNECTION_FORCED - vhost 'v' is deleted" {
		t.Errorf("got %+v", m)
	}
	eventually(t, "it is forgotten", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.conns) == 0
	})
}

// TestUnreadAnswersAreBounded asks for a message again and again without reading the
// answers: the broker stops to read, and goes on when they are read.
func TestUnreadAnswersAreBounded(t *testing.T) {
	const messages, size, most = 24, 1 << 20, 4 << 20
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	for range messages {
		k.publish(1, "", "q", nil, strings.Repeat("x", size))
	}
	c := b.theOnly(t)
	c.tell(func() { c.owedMax = most })
	eventually(t, "the limit is set", func() bool {
		c.inbox.Lock()
		defer c.inbox.Unlock()
		return c.asked == nil
	})
	for range messages {
		k.send(1, &amqp.BasicGet{Queue: "q", NoAck: true})
	}
	eventually(t, "the reader is held", func() bool { return c.blocked.Load() })
	if waits := c.out.size.Load(); waits > most+2*size {
		t.Errorf("%d octets wait for a client that reads nothing", waits)
	}
	for i := range messages {
		want[amqp.BasicGetOk](k, 1)
		if _, body := k.content(); len(body) != size {
			t.Fatalf("message %d has %d octets", i, len(body))
		}
	}
	k.bye()
}

// TestUnreadableMessage damages a stored body: those behind it are served, and
// it stays in the queue for the next start to try again.
func TestUnreadableMessage(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{DataDir: dir})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	k.confirms(1)
	for _, body := range []string{"one", "damaged", "three", "four"} {
		k.publish(1, "", "q", persistent, strings.Repeat(body+" ", 20))
		want[amqp.BasicAck](k, 1)
	}
	k.bye()
	stop(t, b)
	damage(t, dir, "damaged damaged")

	b = open(t, Options{DataDir: dir})
	k = dial(t, b).guest()
	call[amqp.BasicQosOk](k, 1, &amqp.BasicQos{PrefetchCount: 1})
	k.consume(1, "q", false)
	for _, body := range []string{"one", "three"} {
		d := k.deliver(1)
		if !strings.HasPrefix(d.body, body) {
			t.Errorf("delivered %.10q, not %q", d.body, body)
		}
		if body == "three" {
			call[amqp.BasicCancelOk](k, 1, &amqp.BasicCancel{ConsumerTag: "q"})
		}
		k.send(1, &amqp.BasicAck{DeliveryTag: d.DeliveryTag})
	}
	if d, ok := k.get(1, "q", true); !ok || !strings.HasPrefix(d.body, "four") {
		t.Errorf("got %.10q, %v", d.body, ok)
	}
	if d, ok := k.get(1, "q", false); ok {
		t.Errorf("got %.10q, though only the damaged one is left", d.body)
	}
	q := b.vhost("/").queue("q")
	q.mu.Lock()
	unacked := q.core.Unacked()
	q.mu.Unlock()
	if unacked != 1 {
		t.Errorf("%d messages set aside, want one", unacked)
	}
	k.bye()
}

// TestGetPassesOverTheUnreadable asks for a damaged message by basic.get.
func TestGetPassesOverTheUnreadable(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{DataDir: dir})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	k.confirms(1)
	for _, body := range []string{"damaged", "good"} {
		k.publish(1, "", "q", persistent, strings.Repeat(body+" ", 20))
		want[amqp.BasicAck](k, 1)
	}
	k.bye()
	stop(t, b)
	damage(t, dir, "damaged damaged")
	k = dial(t, open(t, Options{DataDir: dir})).guest()
	if d, ok := k.get(1, "q", false); !ok || !strings.HasPrefix(d.body, "good") {
		t.Errorf("got %.10q, %v", d.body, ok)
	}
	k.bye()
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
