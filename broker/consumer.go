package broker

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"sync/atomic"

	"amqpd/amqp"
	"amqpd/policy"
	"amqpd/queue"
	"amqpd/store"
)

// consumer is one subscription of a channel. The embedded part is the queue's.
type consumer struct {
	queue.Consumer
	source
	ch        *channel
	arguments amqp.Table
	// credit is how many deliveries may follow, where the consumer was started
	// with x-credit (amqp-behaviour §12); nil otherwise.
	credit *atomic.Int64

	// chosen is how many deliveries the queue has chosen for it that are not in
	// the output yet, and typical how large they are taken to be, by the ones
	// before, octets. Both are guarded by the queue's mu.
	chosen, typical int
	// missed is how many were chosen that cannot be read now, lost which ones never
	// can, and are not off the queue's books yet. Guarded by the queue's mu.
	missed int
	lost   []store.Range
}

// unserved gives back what Take reserved for a delivery that cannot be made: not
// now, or never if it is lost. REQUIRES the queue's mu.
func (c *consumer) unserved(seq uint64, lost bool) {
	if c.counted {
		c.ch.counted.Add(-1)
	}
	if c.credit != nil {
		c.credit.Add(1)
	}
	if c.NoAck {
		return
	}
	if lost {
		c.lost = append(c.lost, store.Range{From: seq, To: seq})
	} else {
		c.missed++
	}
	c.queue.behind = append(c.queue.behind, c)
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
	if c.chosen >= batchMessages || c.chosen*c.typical >= outputHigh {
		c.queue.behind = append(c.queue.behind, c)
		return false
	}
	if !c.ch.c.out.room() || c.credit != nil && c.credit.Load() <= 0 {
		return false
	}
	if !c.withinLimit() {
		return false
	}
	if c.credit != nil {
		c.credit.Add(-1)
	}
	c.chosen++
	return true
}

// withinLimit tells whether the channel-wide limit leaves room for a delivery, and
// counts it. What needs no acknowledgement is not counted, but waits for room like
// the rest (amqp-behaviour §2.1).
func (c *consumer) withinLimit() bool {
	limit := c.ch.limit.Load()
	if !c.counted {
		return limit == 0 || c.queue.kind == policy.Quorum || c.ch.counted.Load() < limit
	}
	if c.ch.counted.Add(1) > limit && limit > 0 {
		c.ch.counted.Add(-1)
		return false
	}
	return true
}

// takeCredit sets the credit of x-credit, {credit, drain}; a consumer started
// without it has no such limit.
func (c *consumer) takeCredit(args amqp.Table) {
	v, ok := args.Get("x-credit")
	if !ok {
		return
	}
	t, _ := v.Table()
	n, _ := t.Get("credit")
	credit, _ := n.Int()
	c.credit = new(atomic.Int64)
	c.credit.Store(credit)
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
	if ch.consumers[k.Tag] == k {
		delete(ch.consumers, k.Tag)
		ch.line = slices.DeleteFunc(ch.line, func(other *consumer) bool { return other == k })
		ch.show()
	}
	o := &ch.c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(ch.c.consumers, k); i >= 0 {
		ch.c.consumers = slices.Delete(ch.c.consumers, i, i+1)
	}
}

// cancelled tells a consumer's client that its queue is gone, if it wants to
// know (amqp-behaviour §5.4), and frees the tag. Whoever deleted the queue calls
// it with its own batch. The channel may have ended meanwhile.
func (k *consumer) cancelled(t *batch) {
	c := k.ch.c
	if c.caps.cancelNotify {
		t.lock(&c.out) // so that it is flushed with the batch
		if !c.out.closed && !k.ch.ended {
			cancel := amqp.BasicCancel{ConsumerTag: k.Tag, NoWait: true}
			c.out.setTail(cancel.Append(c.out.tail(methodRoom), k.ch.id))
		}
		t.unlock()
	}
	if c.batch == t {
		k.ch.unlist(k)
		return
	}
	c.tell(func() { k.ch.unlist(k) })
}
