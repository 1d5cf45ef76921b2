package broker

import (
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
