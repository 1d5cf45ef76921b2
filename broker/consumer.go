package broker

import (
	"crypto/rand"
	"encoding/base64"
	"slices"

	"amqpd/amqp"
	"amqpd/queue"
)

// consumer is one subscription of a channel. The embedded part is the queue's.
type consumer struct {
	queue.Consumer
	source
	ch        *channel
	arguments amqp.Table
}

// core is the queue's part of c; nil for a nil consumer (basic.get).
func (c *consumer) core() *queue.Consumer {
	if c == nil {
		return nil
	}
	return &c.Consumer
}

// Take is the gate that the queue asks before each delivery: the socket's
// backlog and the channel-wide prefetch limit. It is called with the queue's
// lock held.
func (c *consumer) Take() bool {
	if !c.ch.c.out.room() {
		return false
	}
	if !c.counted {
		return true
	}
	limit := c.ch.limit.Load()
	if c.ch.counted.Add(1) > limit && limit > 0 {
		c.ch.counted.Add(-1)
		return false
	}
	return true
}

// randomName is a server-generated name: the prefix and 22 URL-safe characters.
func randomName(prefix string) string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// remove ends a subscription. It reports whether the queue, being auto-delete,
// should go now.
func (ch *channel) remove(k *consumer) (last bool) {
	t := ch.c.batch
	last = k.queue.cancel(t, k)
	ch.unlist(k)
	return last
}

// unlist takes k out of the lists of its channel and connection.
func (ch *channel) unlist(k *consumer) {
	delete(ch.consumers, k.Tag)
	o := &ch.c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(ch.c.consumers, k); i >= 0 {
		ch.c.consumers = slices.Delete(ch.c.consumers, i, i+1)
	}
}

// cancelled tells a consumer's client that its queue is gone, if it wants to
// know (amqp-behaviour §5.4). It is called by whoever deleted the queue.
func (k *consumer) cancelled(t *batch) {
	c := k.ch.c
	o := &c.out
	t.lock(o)
	if i := slices.Index(c.consumers, k); i >= 0 {
		c.consumers = slices.Delete(c.consumers, i, i+1)
	}
	if c.caps.cancelNotify && !o.closed {
		m := amqp.BasicCancel{ConsumerTag: k.Tag, NoWait: true}
		o.setTail(m.Append(o.tail(methodRoom), k.ch.id))
	}
	t.unlock()
}
