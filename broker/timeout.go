package broker

import (
	"time"

	"amqpd/amqp"
)

// watchConsumers looks for deliveries that wait too long for their settlement.
func (b *Broker) watchConsumers() {
	for {
		select {
		case <-b.done:
			return
		case now := <-b.ticker.C:
			if b.o.ConsumerTimeout > 0 {
				b.checkConsumers(now)
			}
		}
	}
}

// checkConsumers asks the reader of each connection with an overdue delivery to
// close the channel.
func (b *Broker) checkConsumers(now time.Time) {
	b.mu.Lock()
	conns := make([]*conn, 0, len(b.conns))
	for c := range b.conns {
		conns = append(conns, c)
	}
	b.mu.Unlock()
	for _, c := range conns {
		for _, ch := range c.overdue(now) {
			c.tell(func() { ch.timeOut() })
		}
	}
}

// overdue returns the channels whose oldest outstanding delivery has been the
// oldest for longer than the timeout, sampled at each tick (amqp-behaviour §5.6).
func (c *conn) overdue(now time.Time) (late []*channel) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	for _, ch := range c.open {
		switch {
		case ch.unacked.live == 0:
			ch.mark = ackMark{}
		case ch.mark.at.IsZero() || ch.mark.tag != ch.unacked.oldest():
			ch.mark = ackMark{tag: ch.unacked.oldest(), at: now}
		case now.Sub(ch.mark.at) >= c.b.o.ConsumerTimeout:
			late = append(late, ch)
		}
	}
	return late
}

// timeOut closes a channel that does not acknowledge. The reader runs it.
func (ch *channel) timeOut() {
	if ch.closing || ch.c.channels[ch.id] != ch {
		return
	}
	ch.closeWith(amqp.PreconditionFailed(0, "delivery acknowledgement on channel %d timed out. Timeout value used: %d ms. "+
		"This timeout value can be configured, see consumers doc guide to learn more",
		ch.id, ch.c.b.o.ConsumerTimeout.Milliseconds()))
}
