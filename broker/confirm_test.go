package broker

import (
	"testing"

	"amqpd/amqp"
)

// What a closed channel had promised is not answered: its number may be in use
// again.
func TestNoConfirmBehindChannelClose(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	for range 20 {
		k.channel(2)
		k.confirms(2)
		k.write(amqp.ChannelClose{ReplyCode: 200}.Append(publishing(2, "", "q", false, persistent, "m"), 2))
		for {
			_, m := k.method()
			if _, ok := m.(*amqp.ChannelCloseOk); ok {
				break
			}
			if _, ok := m.(*amqp.BasicAck); !ok {
				t.Fatalf("got %T", m)
			}
		}
		awaitLog(b)
		k.channel(3)
		call[amqp.ChannelCloseOk](k, 3, &amqp.ChannelClose{})
	}
}

// The log may be durable before the committer says so: a channel then answers
// by itself and has nothing left to wait for.
func TestLogFasterThanItsCommitter(t *testing.T) {
	b := open(t, Options{})
	dial(t, b).guest()
	c := b.theOnly(t)
	ch := newChannel(c, 7)
	durable := awaitLog(b)
	c.out.mu.Lock()
	ch.confirms.add(1, durable, false)
	ch.confirms.waits, c.awaiting = true, append(c.awaiting, ch) // from an earlier batch
	ch.confirms.add(2, 0, false)
	c.sendConfirms([]*channel{ch})
	c.out.mu.Unlock()
	c.awaitLog()
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if ch.confirms.sent != 2 || len(ch.confirms.pending) != 0 {
		t.Errorf("sent %d, pending %+v", ch.confirms.sent, ch.confirms.pending)
	}
	if ch.confirms.waits || len(c.awaiting) != 0 {
		t.Errorf("waits %t, %d channels awaiting", ch.confirms.waits, len(c.awaiting))
	}
}
