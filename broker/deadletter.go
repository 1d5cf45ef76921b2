package broker

import (
	"log/slog"
	"slices"

	"amqpd/amqp"
	"amqpd/exchange"
	"amqpd/policy"
	"amqpd/queue"
	"amqpd/store"
)

// letterTarget is where a queue's dead letters go.
type letterTarget struct {
	on       bool
	sure     bool // at least once: a letter is kept until every queue that should have it has it
	exchange string
	key      string
	hasKey   bool
}

func newLetterTarget(s policy.Settings) letterTarget {
	return letterTarget{
		on: s.DeadLetter, exchange: s.DeadLetterExchange, key: s.DeadLetterKey, hasKey: s.HasDeadLetterKey,
		sure: s.AtLeastOnce(),
	}
}

// dead is a message that left a queue for its dead-letter exchange. It owns a
// reference to its octets.
type dead struct {
	queue.Dead
	q    *localQueue
	from letterTarget

	fate        fate
	held        bool     // an exchange that delays took it
	wanted, got int      // queues that it was offered to, and those that took it
	has         []uint64 // of a sure letter: the queues that have it, from earlier attempts too
}

// fate is what became of an attempt to publish a dead letter.
type fate uint8

const (
	offered fate = iota // published: the queues say whether it is done with
	lost                // there is nothing to publish, and never will be
	stuck               // the disk did not give it
)

// took notes that a queue has the letter.
func (d *dead) took(queue uint64) {
	d.got++
	if d.from.sure {
		d.has = append(d.has, queue)
	}
}

// done tells whether its old queue may forget the letter. A sure one was taken by
// every queue that it leads to, and leads to one; any other was offered.
func (d *dead) done() bool {
	switch {
	case d.fate != offered:
		return d.fate == lost
	case !d.from.sure:
		return true
	}
	return d.got == d.wanted && (len(d.has) > 0 || d.held)
}

// mourn takes the dead letters out of fx. In the log they stay entries of the queue
// until they are published; it returns the numbers that the log may forget at once.
// REQUIRES q.mu.
func (t *batch) mourn(q *localQueue, fx *queue.Effects) (gone []store.Range) {
	if q.letters.sure && q.box != nil {
		q.box.add(fx.DeadLetter) // behind those that wait, lest they overtake them
	} else {
		for _, d := range fx.DeadLetter {
			t.dead = append(t.dead, dead{Dead: d, q: q, from: q.letters})
		}
	}
	return without(fx.Settled, logged(fx.DeadLetter))
}

// bury publishes the dead letters gathered so far and those that follow from
// them. It is called without a queue's lock.
func (t *batch) bury() {
	for len(t.dead) > 0 {
		letters := t.dead
		t.dead = nil
		t.offer(letters)
		for len(letters) > 0 {
			n := 1
			for n < len(letters) && letters[n].q == letters[0].q {
				n++
			}
			letters[0].q.conclude(t, letters[:n])
			letters = letters[n:]
		}
	}
}

// conclude ends the letters of the queue that are done with, and keeps the others
// as long as it is there itself.
func (q *localQueue) conclude(t *batch, letters []dead) {
	var gone []store.Range
	left := letters[:0]
	for i := range letters {
		if d := &letters[i]; d.done() {
			gone = t.endLetter(d, gone)
		} else {
			left = append(left, *d)
		}
	}
	if len(left) > 0 && !q.keep(t, left) {
		for i := range left {
			gone = t.endLetter(&left[i], gone)
		}
	}
	if len(gone) > 0 {
		t.log.Settle(q.id, joined(gone))
	}
}

// endLetter gives up the reference of a letter, and adds its number to those that
// the log is to forget.
func (t *batch) endLetter(d *dead, gone []store.Range) []store.Range {
	if d.from.sure && d.fate == offered && d.done() {
		t.b.buried.Add(1)
	}
	t.released = append(t.released, d.Pos)
	if d.Persistent {
		gone = append(gone, store.Range{From: d.Seq, To: d.Seq})
	}
	return gone
}

// offer publishes dead letters, each of which then says what became of it.
func (t *batch) offer(letters []dead) {
	for i := range letters {
		t.deadLetter(&letters[i])
		if t.full() {
			t.publishGathered()
		}
	}
	t.publishGathered()
}

// logged lists the numbers under which the log knows dead letters, in order.
func logged(letters []queue.Dead) (seqs []uint64) {
	for i := range letters {
		if letters[i].Persistent {
			seqs = append(seqs, letters[i].Seq)
		}
	}
	slices.Sort(seqs)
	return seqs
}

// without takes numbers, which are in order, out of ranges.
func without(ranges []store.Range, seqs []uint64) []store.Range {
	if len(seqs) == 0 {
		return ranges
	}
	var left []store.Range
	for _, r := range ranges {
		i, _ := slices.BinarySearch(seqs, r.From)
		for ; i < len(seqs) && seqs[i] <= r.To; i++ {
			if seqs[i] > r.From {
				left = append(left, store.Range{From: r.From, To: seqs[i] - 1})
			}
			r.From = seqs[i] + 1
		}
		if r.From <= r.To {
			left = append(left, r)
		}
	}
	return left
}

// deadLetter gathers one dead letter for the queues that its dead-letter
// exchange leads to (amqp-behaviour §5.8).
func (t *batch) deadLetter(d *dead) {
	d.fate, d.held, d.wanted, d.got = lost, false, 0, 0
	if !d.from.on {
		return
	}
	payload, err := t.reader.Read(d.Pos)
	if err != nil {
		if !d.q.unreadable(&queue.Delivery{Seq: d.Seq, Pos: d.Pos}, false, err) {
			d.fate = stuck
		}
		return
	}
	env, header, body := splitPayload(payload)
	name, key, err := amqp.SplitEnvelope(env)
	if err != nil {
		t.unburiable(d, err)
		return
	}
	died := death{reason: d.Reason, queue: d.q.name, exchange: string(name), key: string(key), at: t.now / 1000}
	edited, seen, err := died.record(header, d.from)
	if err != nil {
		t.unburiable(d, err)
		return
	}
	target := died.key
	if d.from.hasKey {
		target = d.from.key
	}
	envelope, err := amqp.AppendEnvelope(nil, d.from.exchange, target)
	if err != nil {
		t.unburiable(d, err)
		return
	}
	d.fate = offered
	m := message{env: envelope, header: edited, body: slices.Clone(body), ttl: -1, letter: d}
	queues, err := t.routeOwn(d.q.vhost, d.from.exchange, &m)
	if err != nil {
		return // the dead-letter exchange does not exist: dropped, unless it is sure (amqp-behaviour §5.8)
	}
	queues = slices.DeleteFunc(queues, func(q *localQueue) bool {
		return seen.cycle(q.name, d.Reason) || slices.Contains(d.has, q.id)
	})
	d.wanted, d.held = len(queues), m.holds > 0
	if len(queues) > 0 || m.holds > 0 {
		m.durable = m.persistent && anyDurable(queues)
		t.add(m, queues)
	}
}

// unburiable reports a dead letter that makes no message. It was checked when it
// was published, so this is damage that no checksum tells.
func (t *batch) unburiable(d *dead, err error) {
	t.b.log.Error("dead letter is dropped: its properties cannot be read", slog.String("vhost", d.q.vhost.name),
		slog.String("queue", d.q.name), slog.Uint64("seq", d.Seq), slog.Any("error", err))
}

// routeOwn routes a message of the broker's own from an exchange and reads its
// traits. The queues are good until the batch's next route.
func (t *batch) routeOwn(v *vhost, name string, m *message) ([]*localQueue, error) {
	return t.routeBy(v, name, m, true)
}

// routeBy is routeOwn, with senderKeys also by the headers CC and BCC.
func (t *batch) routeBy(v *vhost, name string, m *message, senderKeys bool) ([]*localQueue, error) {
	p := m.takeTraits()
	cc, bcc, refusal := exchange.SenderKeys(p.Headers)
	if refusal != nil || !senderKeys {
		cc, bcc = exchange.Keys{}, exchange.Keys{}
	}
	_, key, err := amqp.SplitEnvelope(m.env)
	if err != nil {
		return nil, err
	}
	t.routing = exchange.Message{
		Key: key, Headers: p.Headers, CC: cc, BCC: bcc, MessageID: p.MessageID, CorrelationID: p.CorrelationID,
		Timestamp: p.Timestamp, HasTimestamp: p.Has(amqp.FlagTimestamp),
	}
	return v.route(t, name, &t.routing, &t.routed, m)
}
