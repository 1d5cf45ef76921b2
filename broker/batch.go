package broker

import (
	"amqpd/exchange"
	"amqpd/queue"
	"amqpd/store"
)

// touch is a queue that a batch publishes to, with its chain of messages.
type touch struct {
	q           *localQueue
	first, last int32 // indexes into batch.links
}

// link is one (queue, message) pair.
type link struct{ msg, next int32 }

// batch is the working memory of one goroutine that acts on queues: it gathers
// publishes, realises effects and remembers whom to flush. It is owned by one
// goroutine at a time; connections have one, timers borrow one.
type batch struct {
	b   *Broker
	who Actor     // whom it acts for
	log logWriter // the store, or the group of a transaction being committed
	now int64     // unix ms, one reading per batch

	msgs    []message
	touched []touch
	links   []link
	index   map[*localQueue]int32 // queue to touched, where there are many
	octets  int
	held    []holding // messages that delayed exchanges are to keep

	fx       queue.Effects
	reader   *store.Reader
	locked   *output   // the output that deliveries are being written to, locked
	dirty    []*output // outputs to flush
	dead     []dead
	marks    []deliveredMark
	targets  []*localQueue // working memory of routing, with the two below
	routing  exchange.Message
	routed   exchange.Result
	released []store.Pos
	entries  []store.Entry // working memory of delayLine.hold
	behind   []*consumer   // working memory of catchUp
	idle     []*localQueue // queues to delete: expired
	promised []*channel    // channels with new outcomes
	tally    tally
}

// deliveredMark says how far a queue's messages may have been delivered.
type deliveredMark struct{ queue, upTo uint64 }

// logWriter is what queue effects are logged to.
type logWriter interface {
	PutDurable(a, b, c []byte) store.Pos
	Enqueue(queue uint64, entries []store.Entry)
	Settle(queue uint64, ranges []store.Range)
}

func newBatch(b *Broker) *batch {
	return &batch{b: b, who: itself, log: b.store, reader: b.store.NewReader()}
}

// add gathers m for the queues of r. The caller flushes when full says so.
func (t *batch) add(m message, queues []*localQueue) {
	i := int32(len(t.msgs))
	m.shared = len(queues) > 1
	t.octets += len(m.body) + len(m.header)
	t.msgs = append(t.msgs, m)
	for k := len(t.held) - int(m.holds); k < len(t.held); k++ {
		t.held[k].msg = i
	}
	for _, q := range queues {
		t.link(q, i)
	}
}

// link appends message i to q's chain.
func (t *batch) link(q *localQueue, i int32) {
	n := int32(len(t.links))
	t.links = append(t.links, link{msg: i, next: -1})
	if k := t.find(q); k >= 0 {
		t.links[t.touched[k].last].next = n
		t.touched[k].last = n
		return
	}
	t.touched = append(t.touched, touch{q: q, first: n, last: n})
	if len(t.touched) > touchedScan {
		if t.index == nil {
			t.index = make(map[*localQueue]int32)
		}
		t.index[q] = int32(len(t.touched) - 1)
	}
}

// touchedScan is how many queues of a batch are found by looking at each.
const touchedScan = 4

// find returns q's place in touched, -1 if it has none.
func (t *batch) find(q *localQueue) int {
	for k := range t.touched[:min(len(t.touched), touchedScan)] {
		if t.touched[k].q == q {
			return k
		}
	}
	if len(t.touched) > touchedScan {
		if k, ok := t.index[q]; ok {
			return int(k)
		}
	}
	return -1
}

// full tells whether the batch should be flushed before more is added.
func (t *batch) full() bool { return len(t.msgs) >= batchMessages || t.octets >= batchOctets }

// flush publishes what was gathered, with what dies on the way, and gives back
// what is not needed any more.
func (t *batch) flush() {
	if len(t.msgs) > 0 {
		t.b.store.Throttle()
		t.tick()
		t.publishGathered()
	}
	t.bury()
	t.finish()
}

// publishGathered tells each queue once, then the publishers.
func (t *batch) publishGathered() {
	t.tellQueues()
	t.outcomes()
	t.reset()
}

// tellQueues publishes what was gathered; the messages say what became of them.
func (t *batch) tellQueues() {
	for i := range t.touched {
		t.touched[i].q.publish(t, t.touched[i].first)
	}
	t.holdBack()
}

// tick reads the clock, once for all that follows.
func (t *batch) tick() { t.now = t.b.clock() }

// reset forgets the gathered messages.
func (t *batch) reset() {
	t.msgs, t.touched, t.links, t.octets = emptied(t.msgs), emptied(t.touched), emptied(t.links), 0
	switch n := len(t.index); {
	case n > keptElements:
		t.index = nil
	case n > 0:
		clear(t.index)
	}
}

// keptElements is how many elements working memory still has room for when it is empty:
// a purge, or a transaction, may have needed it for millions.
const keptElements = 8 << 10

// emptied returns s without its elements, and without its memory if that is much.
func emptied[T any](s []T) []T {
	if cap(s) > keptElements {
		return nil
	}
	clear(s)
	return s[:0]
}

// finish ends the work on queues: deletes expired queues, gives references back
// and lets the reader's block go. Outputs are flushed by flushDirty.
func (t *batch) finish() {
	t.deleteIdle()
	for _, m := range t.marks {
		t.b.store.Delivered(m.queue, m.upTo)
	}
	t.marks = t.marks[:0]
	if len(t.released) > 0 {
		t.b.store.ReleaseAll(t.released)
		t.released = emptied(t.released)
	}
	t.reader.Done()
}

// flushDirty writes to every client that something was appended for. It
// returns the output that is most behind, nil if none is.
func (t *batch) flushDirty() (behind *output) {
	for i, o := range t.dirty {
		o.mu.Lock()
		if o.dirtyBy == t {
			o.dirtyBy = nil
		}
		o.mu.Unlock()
		o.flush()
		if behind == nil && o.size.Load() >= outputHigh {
			behind = o
		}
		t.dirty[i] = nil
	}
	t.dirty = t.dirty[:0]
	return behind
}

// end is what a goroutine other than a connection's reader calls last.
func (t *batch) end() {
	t.flush()
	t.flushDirty()
}

// place stores m's octets, once for all its queues. REQUIRES a queue's mu.
func (t *batch) place(m *message) {
	switch {
	case m.pos == 0 && m.durable:
		m.pos, m.spare = t.log.PutDurable(m.env, m.header, m.body), true
	case m.pos == 0:
		m.pos, m.spare = t.b.store.PutTransient(m.env, m.header, m.body), true
	}
}

// lease gives one reference of m to a queue entry.
func (t *batch) lease(m *message) {
	if m.spare && !m.shared {
		m.spare = false
		return
	}
	t.b.store.Retain(m.pos, 1)
}

// lock makes o the output that frames are written to until unlock.
func (t *batch) lock(o *output) {
	if t.locked == o {
		return
	}
	t.unlock()
	o.mu.Lock()
	t.locked = o
	if o.dirtyBy != t {
		o.dirtyBy = t
		t.dirty = append(t.dirty, o)
	}
}

// unlock lets the output go.
func (t *batch) unlock() {
	if t.locked != nil {
		t.locked.mu.Unlock()
		t.locked = nil
	}
}

// outcomes tells publishers what became of their messages: returns first, then
// confirms, one run per stretch of equal outcomes.
func (t *batch) outcomes() {
	t.countPublished()
	logged, promised := false, false
	for i := range t.msgs {
		m := &t.msgs[i]
		if m.spare {
			t.b.store.Release(m.pos)
		}
		logged = logged || m.logged
		promised = promised || m.tag != 0
	}
	var end store.LSN
	if logged {
		end = t.b.store.End() // before an output is locked
	}
	for i := range t.msgs {
		if m := &t.msgs[i]; m.mandatory && !m.routed {
			m.ch.sendReturn(t, m)
		}
	}
	if promised {
		t.promise(end)
	}
	t.unlock()
}

// promise notes the outcomes of the batch's tagged messages with their
// channels, all of one connection, and sends what is certain. What was not logged
// waits for the definitions alone: until they are durable, a queue that it did not
// come to may be back.
func (t *batch) promise(end store.LSN) {
	var c *conn
	defined := t.b.definedAt()
	for i := range t.msgs {
		m := &t.msgs[i]
		if m.tag == 0 {
			continue
		}
		if i+1 < len(t.msgs) {
			n := &t.msgs[i+1]
			if n.ch == m.ch && n.tag == m.tag+1 && n.refused == m.refused && n.logged == m.logged {
				continue
			}
		}
		lsn := defined
		if m.logged {
			lsn = end
		}
		c = m.ch.c
		t.lock(&c.out)
		m.ch.confirms.add(m.tag, lsn, m.refused)
		if k := len(t.promised); k == 0 || t.promised[k-1] != m.ch {
			t.promised = append(t.promised, m.ch)
		}
	}
	if c != nil {
		c.sendConfirms(t.promised)
		clear(t.promised)
		t.promised = t.promised[:0]
	}
}

// perform realises the effects of an operation on q. REQUIRES q.mu.
func (t *batch) perform(q *localQueue) {
	fx := &t.fx
	t.performDeliveries(q)
	for len(q.behind) > 0 {
		t.catchUp(q)
	}
	t.unlock()
	if len(fx.Persist) > 0 {
		t.log.Enqueue(q.id, fx.Persist)
	}
	gone := fx.Settled
	if len(fx.DeadLetter) > 0 {
		// Dead letters are logged in their new queues before they are logged as
		// gone from this one: a crash in between repeats them.
		gone = t.mourn(q, fx)
	}
	if len(gone) > 0 {
		t.log.Settle(q.id, gone)
	}
	if fx.Delivered > 0 {
		t.marks = append(t.marks, deliveredMark{queue: q.id, upTo: fx.Delivered})
	}
	t.released = append(t.released, fx.Release...)
	if fx.Delete && !q.dying {
		q.dying = true
		t.idle = append(t.idle, q)
	}
	fx.Reset()
	q.arm(t.now)
	q.usage.note(t.now, q.core.Ready() > 0 && q.core.Consumers() > 0)
	t.b.changes.touch(q)
}
