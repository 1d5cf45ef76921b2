package broker

// noteLocked adds what changed in the queue since the last time to the ledgers.
// What was published is the channels' to note. REQUIRES mu.
func (q *localQueue) noteLocked() {
	if q.noted == nil {
		q.noted = &QueueCounts{}
	}
	var now QueueCounts
	q.countsLocked(&now)
	was := q.noted
	d := Totals{
		Ready: int64(now.Ready - was.Ready), Unacked: int64(now.Unacked - was.Unacked),
		ReadyBytes: now.ReadyBytes - was.ReadyBytes, UnackedBytes: now.UnackedBytes - was.UnackedBytes,
		Consumers: now.Consumers - was.Consumers,
	}
	d.Stats = now.Stats.since(&was.Stats)
	d.Stats[Publish] = 0
	q.b.kinds.note(q.kind, q.letters.on, &now, was)
	*was = now
	q.vhost.ledger.add(&d)
	q.b.ledger.add(&d)
}

// noted is what of a connection's octets and packets the ledgers have; guarded
// by output.mu.
type noted struct{ received, sent, reads, writes uint64 }

// note adds what the connection and its channels did since the last time to the
// ledgers. It returns the virtual host, nil before the connection is open, and
// how many channels there are.
func (c *conn) note() (v *vhost, channels int) {
	s := c.session.Load()
	if s == nil {
		return nil, 0
	}
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	for _, ch := range c.open {
		ch.noteLocked(s.in)
	}
	now := noted{uint64(c.received.Load()), uint64(c.out.written.Load()), c.reads.Load(), c.out.writes.Load()}
	was := c.noted
	c.noted = now
	d := Totals{
		Received: now.received - was.received, Sent: now.sent - was.sent,
		ReceivedPackets: now.reads - was.reads, SentPackets: now.writes - was.writes,
	}
	s.in.ledger.add(&d)
	c.b.ledger.add(&d)
	return s.in, len(c.open)
}

// closeViews notes what the channels did, which are gone.
func (c *conn) closeViews() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	for _, ch := range c.open {
		ch.noteLocked(c.vhost)
	}
	c.open = nil
}

// channelNotes are the counters of a channel that the ledgers take from
// channels; the others they take from queues, where the work is done.
var channelNotes = [...]Counter{Publish, Confirm, ReturnUnroutable, DropUnroutable}

// noteLocked adds what the channel did since the last time to the ledgers.
// REQUIRES output.mu.
func (ch *channel) noteLocked(v *vhost) {
	now := ch.countsLocked()
	if now == ch.noted {
		return
	}
	ch.activeAt = ch.c.b.clock()
	var d Totals
	for _, i := range channelNotes {
		d.Stats[i] = now[i] - ch.noted[i]
	}
	ch.noted = now
	confirm := ch.published.confirm.Load()
	d.PublishedConfirm = confirm - ch.notedConfirm
	ch.notedConfirm = confirm
	if d.Stats.Any() {
		v.ledger.add(&d)
		ch.c.b.ledger.add(&d)
	}
}
