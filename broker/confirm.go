package broker

import (
	"slices"
	"sync"

	"amqpd/amqp"
	"amqpd/store"
)

// confirmRun is a run of publishes whose outcome is the same: every tag after
// the run before it, up to and including upTo.
type confirmRun struct {
	upTo uint64
	lsn  store.LSN // durable position that the run waits for; 0: none
	nack bool
}

// confirms is what one channel has promised its publisher. Outcomes leave in
// publish order, coalesced with multiple=true, each after the basic.return of
// its message (amqp-behaviour §5.2).
type confirms struct {
	// selected and published are owned by the reader: confirm mode is on, and
	// the tag of the last publish since.
	selected  bool
	published uint64

	pending []confirmRun // guarded by output.mu; upTo ascends, lsn never falls
	sent    uint64       // guarded by output.mu: the last tag that was answered
	waits   bool         // guarded by output.mu: the channel is in conn.awaiting

	// Guarded by output.mu, for statistics: publishes that were confirmed, and
	// those that were refused.
	acked, refused uint64
}

// add notes the outcome of the publishes up to tag upTo. A run behind one that
// waits for the log waits at least as long. REQUIRES output.mu.
func (c *confirms) add(upTo uint64, lsn store.LSN, nack bool) {
	if k := len(c.pending); k > 0 {
		last := &c.pending[k-1]
		lsn = max(lsn, last.lsn)
		if last.nack == nack && last.lsn == lsn {
			last.upTo = upTo
			return
		}
	}
	c.pending = append(c.pending, confirmRun{upTo: upTo, lsn: lsn, nack: nack})
}

// emit appends acks and nacks for the runs that durable covers to b, on
// channel ch. REQUIRES output.mu.
func (c *confirms) emit(b []byte, ch uint16, durable store.LSN) []byte {
	n := 0
	for ; n < len(c.pending) && c.pending[n].lsn <= durable; n++ {
		run := c.pending[n]
		if n+1 < len(c.pending) && c.pending[n+1].nack == run.nack && c.pending[n+1].lsn <= durable {
			continue
		}
		if run.nack {
			c.refused += run.upTo - c.sent
			nack := amqp.BasicNack{DeliveryTag: run.upTo, Multiple: true, Requeue: true}
			b = nack.Append(b, ch)
		} else {
			c.acked += run.upTo - c.sent
			ack := amqp.BasicAck{DeliveryTag: run.upTo, Multiple: run.upTo > c.sent+1}
			b = ack.Append(b, ch)
		}
		c.sent = run.upTo
	}
	c.pending = append(c.pending[:0], c.pending[n:]...)
	return b
}

// sendConfirms sends what is certain by now for the channels of one batch and
// lets the rest wait for the log. REQUIRES output.mu of c.
func (c *conn) sendConfirms(chs []*channel) {
	durable := c.b.store.Durable()
	for _, ch := range chs {
		c.out.setTail(ch.confirms.emit(c.out.tail(confirmRoom), ch.id, durable))
		c.await(ch)
	}
}

// await lists ch with the channels that wait for the log as long as it has
// outcomes to tell. REQUIRES output.mu of c.
func (c *conn) await(ch *channel) {
	waits := len(ch.confirms.pending) > 0
	switch {
	case waits && !ch.confirms.waits:
		c.awaiting = append(c.awaiting, ch)
	case !waits && ch.confirms.waits:
		c.awaiting = slices.DeleteFunc(c.awaiting, func(a *channel) bool { return a == ch })
	}
	ch.confirms.waits = waits
}

// fallSilent ends what others send on a channel that ends: replies, cancellations, and
// the confirms that it has promised. Its number may be in use again when they come.
func (ch *channel) fallSilent() {
	o := &ch.c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	ch.ended = true
	ch.confirms.pending = nil
	ch.c.await(ch)
}

// confirmRoom is room for a few acks and nacks.
const confirmRoom = 128

// awaitLog registers c for the next commit if it has confirms that wait.
// The reader calls it after a batch, without locks.
func (c *conn) awaitLog() {
	first, waits := c.firstAwaited()
	if !waits {
		return
	}
	c.b.waiters.add(c)
	if durable := c.b.store.Durable(); durable >= first {
		c.confirmDurable(durable) // the commit came before the registration
		return
	}
	c.b.store.Kick()
}

// firstAwaited returns the lowest position that a confirm of c waits for.
func (c *conn) firstAwaited() (lsn store.LSN, waits bool) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	for _, ch := range c.awaiting {
		if first := ch.confirms.pending[0].lsn; !waits || first < lsn {
			lsn, waits = first, true
		}
	}
	return lsn, waits
}

// confirmDurable sends the confirms that durable covers. The committer calls
// it, and the reader when the log was faster than its registration.
func (c *conn) confirmDurable(durable store.LSN) {
	o := &c.out
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return
	}
	still := c.awaiting[:0]
	for _, ch := range c.awaiting {
		o.setTail(ch.confirms.emit(o.tail(confirmRoom), ch.id, durable))
		if ch.confirms.waits = len(ch.confirms.pending) > 0; ch.confirms.waits {
			still = append(still, ch)
		}
	}
	clear(c.awaiting[len(still):])
	c.awaiting = still
	o.mu.Unlock()
	o.flush()
	if len(still) > 0 {
		c.b.waiters.add(c)
	}
}

// waiters are the connections that confirm when the log is durable further on.
type waiters struct {
	mu    sync.Mutex
	conns []*conn
	spare []*conn
}

// add registers c for the next commit; c.waiting keeps it from being there twice.
func (w *waiters) add(c *conn) {
	if c.waiting.Swap(true) {
		return
	}
	w.mu.Lock()
	w.conns = append(w.conns, c)
	w.mu.Unlock()
}

// wake lets every waiting connection confirm what durable covers. The
// committer calls it, one call at a time.
func (w *waiters) wake(durable store.LSN) {
	w.mu.Lock()
	conns := w.conns
	w.conns = w.spare[:0]
	w.mu.Unlock()
	for i, c := range conns {
		c.waiting.Store(false)
		c.confirmDurable(durable)
		conns[i] = nil
	}
	w.mu.Lock()
	w.spare = conns[:0]
	w.mu.Unlock()
}
