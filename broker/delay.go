package broker

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"amqpd/exchange"
	"amqpd/schedule"
	"amqpd/store"
)

const (
	// delayTurn is how many delayed messages of one exchange are moved in one turn.
	delayTurn = batchMessages
	// delayAside is how long, in milliseconds, a message that need not survive stays in
	// memory. What a durable exchange keeps longer goes to the log like any other, and
	// is dropped by a restart: memory holds what is soon due and no more.
	delayAside = 10_000
	// delayAgain is how long, in milliseconds, a message that the disk does not give
	// stays before it is tried again.
	delayAgain = 1000
	// flagMortal marks, in the log, entries of messages that a restart drops.
	flagMortal = store.FlagRedelivered << 1
)

// delays moves the delayed messages of the node, under one timer.
type delays struct {
	agenda  agenda
	pending atomic.Int64 // messages that all exchanges keep
}

func (d *delays) init(b *Broker) { d.agenda.init(b) }

// delayLine is what one x-delayed-message exchange keeps back, with the log's
// number for it. Persistent messages of a durable exchange have entries there,
// as in a queue, and survive restarts; all others are gone with the process.
type delayLine struct {
	b       *Broker
	vhost   *vhost
	name    string
	id      uint64
	durable bool
	turn    appointment

	mu      sync.Mutex
	pending schedule.Schedule // guarded by mu
	next    uint64            // guarded by mu: next sequence number
	armed   int64             // guarded by mu: when turn comes; 0 not set
	gone    bool              // guarded by mu: the exchange was deleted
	taken   []schedule.Entry  // working memory of tick
}

// holding is a message of a batch that an exchange is to keep.
type holding struct {
	line   *delayLine
	msg    int32 // index into batch.msgs; -1 until it is there
	ms     int64
	header []byte // content header payload; with BCC, which counts when the message is due
}

// newDelayLine starts an exchange that delays.
func newDelayLine(v *vhost, name string, id uint64, durable bool) *delayLine {
	d := &delayLine{b: v.b, vhost: v, name: name, id: id, durable: durable, next: 1}
	d.turn.run = d.tick
	return d
}

// delayLine returns what the exchange of that name keeps, nil if it is none that does.
func (v *vhost) delayLine(name string) *delayLine {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.lines[name]
}

// restore takes back what the log kept, and drops what was in it for want of memory.
func (d *delayLine) restore(p *recovering) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var mortal []schedule.Entry
	next := d.b.store.RecoveredEach(d.id, func(some []store.Entry) {
		for i := range some {
			e := schedule.Entry{Due: some[i].Expiry, Seq: some[i].Seq, Pos: uint64(some[i].Pos)}
			if some[i].Flags&flagMortal != 0 {
				mortal = append(mortal, e)
				continue
			}
			d.pending.Add(e)
		}
		p.took(len(some))
	})
	d.next = max(next, 1)
	d.b.delays.pending.Add(int64(d.pending.Len() + len(mortal)))
	d.forget(mortal)
	d.arm()
}

// holdBack leaves the batch's delayed messages with their exchanges. Confirms of
// those that survive wait for the log.
func (t *batch) holdBack() {
	for rest := t.held; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].line == rest[0].line {
			n++
		}
		d := rest[0].line
		d.mu.Lock()
		d.hold(t, rest[:n])
		d.mu.Unlock()
		rest = rest[n:]
	}
	t.forgetHeld()
}

// forgetHeld empties held.
func (t *batch) forgetHeld() {
	t.held = emptied(t.held)
}

// hold takes in messages of a batch. REQUIRES mu.
func (d *delayLine) hold(t *batch, hs []holding) {
	if d.gone {
		return
	}
	for _, h := range hs {
		if h.msg < 0 {
			continue // refused after it was routed
		}
		m := &t.msgs[h.msg]
		// The clock shows whole milliseconds: one more, lest the message is early.
		e := schedule.Entry{Due: t.now + h.ms + 1, Seq: d.next}
		d.next++
		if d.durable && (m.persistent || h.ms > delayAside) {
			pos := t.log.PutDurable(m.env, h.header, m.body)
			entry := store.Entry{Seq: e.Seq, Pos: pos, Expiry: e.Due, Size: uint32(len(m.body))}
			if !m.persistent {
				entry.Flags = flagMortal
			}
			t.entries = append(t.entries, entry)
			e.Pos, m.logged = uint64(pos), m.logged || m.persistent
		} else {
			e.Pos = uint64(t.b.store.PutTransient(m.env, h.header, m.body))
		}
		d.pending.Add(e)
		d.b.delays.pending.Add(1)
	}
	if len(t.entries) > 0 {
		t.log.Enqueue(d.id, t.entries)
		t.entries = t.entries[:0]
	}
	d.arm()
}

// arm makes an appointment for the soonest message. REQUIRES mu.
func (d *delayLine) arm() {
	due, ok := d.pending.Next()
	if !ok || d.gone || d.armed != 0 && d.armed <= due {
		return
	}
	d.armed = due
	d.b.delays.agenda.set(&d.turn, due)
}

// tick moves messages that are due on, in batches that are bounded in number and
// octets. A message is gone from the log after it is in the log elsewhere: a
// crash in between repeats it.
func (d *delayLine) tick(t *batch) {
	d.mu.Lock()
	d.armed = 0
	d.taken = d.pending.Due(d.taken[:0], t.now, delayTurn)
	d.mu.Unlock()
	var again []schedule.Entry
	moved := 0
	for i := range d.taken {
		if e := &d.taken[i]; !d.release(t, e) {
			again = append(again, schedule.Entry{Due: t.now + delayAgain, Seq: e.Seq, Pos: e.Pos})
			e.Pos = 0
		}
		if t.full() {
			t.flush()
			d.forget(d.taken[moved : i+1])
			moved = i + 1
		}
	}
	t.flush()
	d.forget(d.taken[moved:])
	t.flushDirty()
	d.putBack(again)
}

// putBack takes in again what could not be moved, and makes the next appointment.
func (d *delayLine) putBack(again []schedule.Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		for _, e := range again {
			d.b.store.Release(store.Pos(e.Pos))
		}
		return
	}
	for _, e := range again {
		d.pending.Add(e)
	}
	d.b.delays.pending.Add(int64(len(again)))
	d.arm()
}

// release routes a delayed message from its exchange, with the bindings of now
// and x-delay negated (amqp-behaviour §3.5). It is false for one that the disk
// does not give now; one that is lost for good goes.
func (d *delayLine) release(t *batch, e *schedule.Entry) bool {
	pos := store.Pos(e.Pos)
	payload, err := t.reader.Read(pos)
	if err != nil {
		return d.b.unreadable(err, slog.String("vhost", d.vhost.name), slog.String("exchange", d.name),
			slog.Uint64("seq", e.Seq), slog.Any("position", pos))
	}
	env, header, body := splitPayload(slices.Clone(payload))
	m := message{env: env, header: negateDelay(header), body: body, ttl: -1}
	queues, err := t.routeOwn(d.vhost, d.name, &m)
	if err != nil {
		return true // the exchange was deleted, and the message goes with it
	}
	if !t.routing.BCC.Empty() {
		m.header = withoutHeader(m.header, "BCC")
	}
	m.durable = m.persistent && anyDurable(queues)
	t.add(m, queues)
	return true
}

// forget lets go of messages that went their way; Pos is 0 of those that did not.
func (d *delayLine) forget(es []schedule.Entry) {
	d.b.delays.pending.Add(-int64(len(es)))
	var logged []store.Range
	released := make([]store.Pos, 0, len(es))
	for _, e := range es {
		if e.Pos == 0 {
			continue
		}
		pos := store.Pos(e.Pos)
		released = append(released, pos)
		if !pos.Transient() {
			logged = append(logged, store.Range{From: e.Seq, To: e.Seq})
		}
	}
	if len(logged) > 0 {
		d.b.store.Settle(d.id, joined(logged))
	}
	slices.Sort(released)
	d.b.store.ReleaseAll(released)
}

// joined sorts ranges of single numbers and makes one of neighbours.
func joined(rs []store.Range) []store.Range {
	slices.SortFunc(rs, func(a, b store.Range) int { return cmp.Compare(a.From, b.From) })
	out := rs[:1]
	for _, r := range rs[1:] {
		if last := &out[len(out)-1]; last.To+1 == r.From {
			last.To = r.To
		} else {
			out = append(out, r)
		}
	}
	return out
}

// remove drops what a deleted exchange keeps.
func (d *delayLine) remove() {
	d.mu.Lock()
	d.gone = true
	n := d.pending.Len()
	all := d.pending.Clear()
	d.mu.Unlock()
	d.b.delays.agenda.cancel(&d.turn)
	d.b.delays.pending.Add(-int64(n))
	if d.durable {
		d.b.store.DropQueue(d.id)
	}
	released := make([]store.Pos, 0, min(n, delayTurn))
	for e := range all {
		if released = append(released, store.Pos(e.Pos)); len(released) == cap(released) {
			d.b.store.ReleaseAll(released)
			released = released[:0]
		}
	}
	d.b.store.ReleaseAll(released)
}

// Delayed is the number of messages that all x-delayed-message exchanges of the
// node keep back. Safe from any goroutine.
func (b *Broker) Delayed() int { return int(b.delays.pending.Load()) }

// DelayedBy is the number of messages that one x-delayed-message exchange keeps
// back, which management shows as messages_delayed, and about how many octets of
// memory the node needs to know when they are due; their own lie in the store.
// ok is false for an exchange that is not there or of another type. Safe from
// any goroutine.
func (b *Broker) DelayedBy(vhost, exchange string) (messages, octets int, ok bool) {
	v := b.vhost(vhost)
	if v == nil {
		return 0, 0, false
	}
	d := v.delayLine(exchange)
	if d == nil {
		return 0, 0, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending.Len(), d.pending.Octets(), true
}

// holdFor notes that the message being routed is to stay with exchanges for a
// while. It comes before add, or before the transaction takes the message.
func (t *batch) holdFor(v *vhost, holds []exchange.Hold, m *message) {
	for _, h := range holds {
		if d := v.delayLine(h.Exchange); d != nil {
			t.held = append(t.held, holding{line: d, msg: -1, ms: h.Milliseconds, header: m.header})
			m.holds++
		}
	}
}

// heldFor lists what exchanges are to hold of a message that was routed last.
func (t *batch) heldFor(m *message) []holding { return t.held[len(t.held)-int(m.holds):] }
