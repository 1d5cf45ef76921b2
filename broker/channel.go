package broker

import (
	"slices"
	"sync/atomic"
	"time"

	"amqpd/amqp"
	"amqpd/queue"
	"amqpd/store"
)

// channel is one channel of a connection. The connection's reader owns every
// field but those said to be guarded by the connection's output.mu, which
// publishers that deliver to the channel use.
type channel struct {
	c  *conn
	id uint16
	// closing: channel.close was sent, channel.close-ok is awaited; everything
	// else is dropped.
	closing bool

	content   content // the publish being received
	lastQueue string  // most recently declared; what an empty queue name means

	confirms  confirms
	published publishCounts
	shown     shownState
	tx        *transaction // nil unless tx.select was done

	consumers map[string]*consumer
	line      []*consumer  // the same, those in front to be asked first when a limit has room
	prefetch  uint16       // limit for consumers that start from now on
	limit     atomic.Int64 // channel-wide limit of basic.qos global=true; 0 none
	counted   atomic.Int64 // deliveries outstanding that count against limit

	unacked unacked  // guarded by output.mu
	counts  Counters // guarded by output.mu; what publishing counts is in published
	noted   Counters // guarded by output.mu: what the ledgers have
	// notedConfirm is the same of publishes in confirm mode; guarded by output.mu.
	notedConfirm uint64
	// activeAt is when it was last seen to have done something, unix ms; guarded by
	// output.mu.
	activeAt int64
	mark     ackMark // guarded by output.mu
	ended    bool    // guarded by output.mu: see fallSilent

	reply *replyConsumer // direct reply-to consumer, nil without one
	acks  []settled      // working memory of settlements

	got *source // of the last basic.get
}

// ackMark is a sample of delivery progress for the consumer timeout: when the
// oldest outstanding tag was first seen.
type ackMark struct {
	tag uint64
	at  time.Time
}

// settled gathers the sequence numbers that one method settles for one source.
type settled struct {
	src    *source
	ranges []store.Range
}

func newChannel(c *conn, id uint16) *channel {
	ch := &channel{c: c, id: id, unacked: newUnacked()}
	ch.activeAt = c.b.clock()
	ch.content.Max = uint64(c.b.o.MaxMessageSize)
	ch.content.Memory = large
	return ch
}

// channelFrame handles a frame of a channel of a running connection.
func (c *conn) channelFrame(f amqp.Frame) error {
	ch := c.channels[f.Channel]
	switch f.Type {
	case amqp.FrameHeartbeat:
		return amqp.UnexpectedFrameType(f)
	case amqp.FrameHeader, amqp.FrameBody:
		if ch == nil {
			return amqp.ChannelError(0, "expected 'channel.open'")
		}
		if ch.closing {
			return nil
		}
		if err := c.blockOnAlarm(); err != nil || c.state > running {
			return err
		}
		return ch.contentFrame(f)
	}
	id, args := amqp.SplitMethod(f.Payload)
	switch {
	case ch == nil:
		return c.openChannel(f.Channel, id, args)
	case ch.closing:
		return ch.whileClosing(id)
	case ch.content.Pending():
		return ch.content.Method(id, args)
	case id == amqp.MethodBasicPublish:
		return ch.publishMethod(args)
	}
	return ch.method(id, args)
}

// method handles a method that is not basic.publish: what was published before
// it is told to the queues first.
func (ch *channel) method(id amqp.MethodID, args []byte) error {
	h, ok := handlers[id]
	if !ok {
		if !amqp.KnownMethod(id) {
			return errHangUp
		}
		return amqp.CommandInvalid(id, "unimplemented method")
	}
	t := ch.c.batch
	if len(t.msgs) > 0 {
		t.flush()
	}
	t.tick()
	err := h(ch, args)
	ch.show()
	t.bury()
	t.finish()
	if err != nil {
		return err
	}
	return ch.c.restrain()
}

// openChannel handles a method on a channel that is not open: channel.open, and
// nothing else.
func (c *conn) openChannel(number uint16, id amqp.MethodID, args []byte) error {
	if !amqp.KnownMethod(id) {
		return errHangUp
	}
	if id != amqp.MethodChannelOpen {
		return amqp.ChannelError(id, "expected 'channel.open'")
	}
	var m amqp.ChannelOpen
	if err := m.Parse(args); err != nil {
		return decodeError(id, args, err)
	}
	if n := len(c.channels); c.channelMax > 0 && n >= int(c.channelMax) {
		return amqp.NotAllowed(0, "number of channels opened (%d) has reached the negotiated channel_max (%d)", n, c.channelMax)
	}
	if e := c.b.admitChannel(c); e != nil {
		return e
	}
	ch := newChannel(c, number)
	c.channels[number] = ch
	c.out.mu.Lock()
	c.open = append(c.open, ch)
	c.out.mu.Unlock()
	c.b.churn.channelsCreated.Add(1)
	c.send(number, &amqp.ChannelOpenOk{})
	return nil
}

// whileClosing handles a method on a channel that the server is closing
// (amqp-behaviour §2).
func (ch *channel) whileClosing(id amqp.MethodID) error {
	switch id {
	case amqp.MethodChannelCloseOk:
		ch.c.dropChannel(ch)
	case amqp.MethodChannelClose:
		ch.send(&amqp.ChannelCloseOk{})
	case amqp.MethodChannelOpen:
		return amqp.ChannelError(id, "second 'channel.open' seen")
	}
	return nil
}

// send appends a method on this channel.
func (ch *channel) send(m outgoing) { ch.c.send(ch.id, m) }

// closeWith closes the channel for an error and waits for close-ok.
func (ch *channel) closeWith(e *amqp.Error) {
	ch.c.log.Error("closing channel", "channel", ch.id, "reason", e.Error())
	ch.release()
	ch.closing = true
	ch.show()
	ch.c.out.append(len(e.Text)+64, func(b []byte) []byte { return e.AppendClose(b, ch.id) })
}

// dropChannel forgets a channel; its number may be used again.
func (c *conn) dropChannel(ch *channel) {
	if c.channels[ch.id] != ch {
		return
	}
	delete(c.channels, ch.id)
	c.b.dismissChannels(c, 1)
	c.b.churn.channelsClosed.Add(1)
	c.out.mu.Lock()
	ch.noteLocked(c.vhost)
	c.open = slices.DeleteFunc(c.open, func(o *channel) bool { return o == ch })
	c.out.mu.Unlock()
}

// release ends what the channel held: consumers, then outstanding deliveries,
// which are requeued in order; an open transaction is rolled back. It may run
// twice.
func (ch *channel) release() {
	t := ch.c.batch
	t.flush()
	ch.fallSilent()
	ch.content.Reset()
	ch.tx = nil
	var idle []*localQueue
	ch.line = nil
	for _, k := range ch.consumers {
		if ch.remove(k) {
			idle = append(idle, k.queue)
		}
	}
	ch.consumers = nil
	ch.dropReply()
	ch.requeueAll(true, func(q *localQueue, k *consumer, rs []store.Range) { q.giveBack(t, k, rs) })
	t.bury()
	t.finish()
	for _, q := range idle {
		ch.c.b.deleteUnused(q, t)
	}
}

// requeueAll takes every outstanding delivery out, with those that a transaction
// holds if held says so, and hands them, by source and in ascending order, to f.
func (ch *channel) requeueAll(held bool, f func(*localQueue, *consumer, []store.Range)) {
	o := &ch.c.out
	o.mu.Lock()
	u := &ch.unacked
	for i := u.first; u.live > 0 && i < len(u.list); i++ {
		if d := &u.list[i]; d.waits() || held && d.held {
			ch.gather(u.take(i))
		}
	}
	o.mu.Unlock()
	ch.settleGathered(f)
}

// gather adds o to what this method settles. Sequence numbers of a source come
// in rising order, mostly, and join into ranges.
func (ch *channel) gather(o outstanding) {
	if o.src.counted {
		ch.counted.Add(-1)
	}
	for i := len(ch.acks) - 1; i >= 0; i-- {
		s := &ch.acks[i]
		if *s.src != *o.src {
			continue
		}
		if last := &s.ranges[len(s.ranges)-1]; last.To+1 == o.seq {
			last.To = o.seq
			return
		}
		s.ranges = append(s.ranges, store.Range{From: o.seq, To: o.seq})
		return
	}
	if n := len(ch.acks); n < cap(ch.acks) {
		ch.acks = ch.acks[:n+1]
		s := &ch.acks[n]
		s.src, s.ranges = o.src, append(s.ranges[:0], store.Range{From: o.seq, To: o.seq})
		return
	}
	ch.acks = append(ch.acks, settled{src: o.src, ranges: []store.Range{{From: o.seq, To: o.seq}}})
}

// settleGathered hands what was gathered to f and lets consumers of other
// queues that the channel-wide limit held back go on.
func (ch *channel) settleGathered(f func(*localQueue, *consumer, []store.Range)) {
	for i := range ch.acks {
		s := &ch.acks[i]
		f(s.src.queue, s.src.consumer, s.ranges)
		s.src, s.ranges = nil, emptied(s.ranges)
	}
	ch.acks = ch.acks[:0]
	if ch.limit.Load() > 0 {
		ch.redispatch()
	}
}

// redispatch lets the queues of the channel's consumers try again. Consumers take
// turns at being the first, lest one gets all the room of a channel-wide limit.
func (ch *channel) redispatch() {
	for _, k := range ch.line {
		k.queue.wake(ch.c.batch, k)
	}
	if n := len(ch.line); n > 1 {
		first := ch.line[0]
		copy(ch.line, ch.line[1:])
		ch.line[n-1] = first
	}
}

// settle applies how to the deliveries up to tag (multiple) or to tag alone.
// A tag that is not outstanding settles nothing (amqp-behaviour §5.5).
func (ch *channel) settle(id amqp.MethodID, tag uint64, multiple bool, how queue.Settlement) error {
	o := &ch.c.out
	o.mu.Lock()
	u := &ch.unacked
	from, to, ok := u.span(tag, multiple)
	if !ok {
		o.mu.Unlock()
		return amqp.PreconditionFailed(id, "unknown delivery tag %d", tag)
	}
	for i := from; i < to && u.live > 0; i++ {
		d := &u.list[i]
		if !d.waits() {
			continue
		}
		if ch.tx != nil {
			ch.tx.hold(d, how)
			continue
		}
		ch.gather(u.take(i))
		if how == queue.Ack {
			ch.counts[Ack]++
		}
	}
	o.mu.Unlock()
	t := ch.c.batch
	ch.settleGathered(func(q *localQueue, k *consumer, rs []store.Range) { q.settle(t, k, rs, how) })
	return nil
}
