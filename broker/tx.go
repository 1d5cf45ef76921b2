package broker

import (
	"cmp"
	"slices"

	"amqpd/amqp"
	"amqpd/queue"
	"amqpd/store"
)

// transaction is what a channel has published and settled since tx.select or
// the last commit or rollback (amqp-behaviour §6).
type transaction struct {
	messages []txMessage
	settled  []txSettlement
}

// txMessage is a publish that was routed and waits for the commit.
type txMessage struct {
	message
	queues []*localQueue
	held   []holding // what delayed exchanges are to keep
	into   *exchangeCounter
}

// txSettlement is a delivery tag that the commit settles.
type txSettlement struct {
	tag uint64
	how queue.Settlement
}

// publish keeps a message until the commit, with octets of its own.
func (tx *transaction) publish(t *batch, m message, queues []*localQueue, into *exchangeCounter) {
	octets := make([]byte, 0, len(m.env)+len(m.header)+len(m.body))
	own := func(b []byte) []byte {
		n := len(octets)
		octets = append(octets, b...)
		return octets[n:len(octets):len(octets)]
	}
	m.env, m.header, m.body = own(m.env), own(m.header), own(m.body)
	held := slices.Clone(t.heldFor(&m))
	t.held = t.held[:len(t.held)-len(held)]
	for i := range held {
		held[i].header = slices.Clone(held[i].header)
	}
	tx.messages = append(tx.messages, txMessage{message: m, queues: slices.Clone(queues), into: into, held: held})
}

// hold takes a delivery out of the client's sight until the commit or a
// rollback. REQUIRES output.mu.
func (tx *transaction) hold(o *outstanding, how queue.Settlement) {
	o.held = true
	tx.settled = append(tx.settled, txSettlement{tag: o.tag, how: how})
}

func (ch *channel) txSelect(*amqp.TxSelect) error {
	if ch.confirms.selected {
		return amqp.PreconditionFailed(amqp.MethodTxSelect, "cannot switch from confirm to tx mode")
	}
	if ch.tx == nil {
		ch.tx = &transaction{}
	}
	ch.send(&amqp.TxSelectOk{})
	return nil
}

// txCommit publishes, then settles, as one atomic group of the log: after a
// crash all of it is there or none. commit-ok leaves when the log is durable.
func (ch *channel) txCommit(*amqp.TxCommit) error {
	if ch.tx == nil {
		return amqp.PreconditionFailed(amqp.MethodTxCommit, "channel is not transactional")
	}
	tx := ch.tx
	ch.tx = &transaction{}
	t := ch.c.batch
	if len(tx.messages) > 0 {
		ch.c.b.store.Throttle()
		t.tick()
	}
	for i := range tx.messages {
		m := &tx.messages[i]
		m.durable = m.persistent && anyDurable(m.queues)
		t.held = append(t.held, m.held...)
		t.countRouted(m.into, len(m.queues))
		t.add(m.message, m.queues)
	}
	settled := ch.releaseHeld(tx)
	lsn := t.commit(settled)
	refused := slices.ContainsFunc(t.msgs, func(m message) bool { return m.refused })
	t.outcomes()
	t.reset()
	if ch.limit.Load() > 0 {
		ch.redispatch()
	}
	t.bury()
	t.finish()
	if refused {
		return amqp.PreconditionFailed(amqp.MethodTxCommit, "partial tx completion")
	}
	ch.c.b.awaitDurable(max(lsn, ch.c.b.definedAt()))
	ch.send(&amqp.TxCommitOk{})
	return nil
}

// txRollback drops what was published and makes settled tags outstanding again.
func (ch *channel) txRollback(*amqp.TxRollback) error {
	if ch.tx == nil {
		return amqp.PreconditionFailed(amqp.MethodTxRollback, "channel is not transactional")
	}
	o := &ch.c.out
	o.mu.Lock()
	for _, s := range ch.tx.settled {
		ch.unacked.list[ch.unacked.find(s.tag)].held = false
	}
	o.mu.Unlock()
	ch.tx = &transaction{}
	ch.send(&amqp.TxRollbackOk{})
	return nil
}

// txGroup is a run of deliveries of one source that are settled in one way.
type txGroup struct {
	src    *source
	how    queue.Settlement
	ranges []store.Range
}

// releaseHeld takes the transaction's tags out of the outstanding ones, in the
// order in which they were settled.
func (ch *channel) releaseHeld(tx *transaction) (groups []txGroup) {
	o := &ch.c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range tx.settled {
		d := ch.unacked.take(ch.unacked.find(s.tag))
		if d.src.counted {
			ch.counted.Add(-1)
		}
		if s.how == queue.Ack {
			ch.counts[Ack]++
		}
		r := store.Range{From: d.seq, To: d.seq}
		if k := len(groups); k > 0 && *groups[k-1].src == *d.src && groups[k-1].how == s.how {
			groups[k-1].ranges = append(groups[k-1].ranges, r)
			continue
		}
		groups = append(groups, txGroup{src: d.src, how: s.how, ranges: []store.Range{r}})
	}
	return groups
}

// commit applies the gathered publishes and the settlements with every queue
// involved locked, in one group of the log.
func (t *batch) commit(settled []txGroup) store.LSN {
	queues := make([]*localQueue, 0, len(t.touched)+len(settled))
	for i := range t.touched {
		queues = append(queues, t.touched[i].q)
	}
	for _, g := range settled {
		queues = append(queues, g.src.queue)
	}
	slices.SortFunc(queues, func(a, b *localQueue) int { return cmp.Compare(a.id, b.id) })
	queues = slices.Compact(queues)
	for _, q := range queues {
		q.mu.Lock()
	}
	lines := t.lines()
	for _, d := range lines {
		d.mu.Lock()
	}
	group := t.b.store.Begin()
	t.log = group
	for i := range t.touched {
		t.touched[i].q.publishLocked(t, t.touched[i].first)
	}
	for _, g := range settled {
		g.src.queue.settleLocked(t, g.src.consumer, g.ranges, g.how)
	}
	for i := range t.held {
		t.held[i].line.hold(t, t.held[i:i+1])
	}
	lsn := group.End()
	t.log = t.b.store
	t.forgetHeld()
	for _, d := range lines {
		d.mu.Unlock()
	}
	for _, q := range queues {
		q.mu.Unlock()
	}
	return lsn
}

// lines lists the exchanges that are to keep messages of the batch, each once,
// in the order in which they are locked.
func (t *batch) lines() []*delayLine {
	lines := make([]*delayLine, len(t.held))
	for i := range t.held {
		lines[i] = t.held[i].line
	}
	slices.SortFunc(lines, func(a, b *delayLine) int { return cmp.Compare(a.id, b.id) })
	return slices.Compact(lines)
}
