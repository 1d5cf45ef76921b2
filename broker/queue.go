package broker

import (
	"sync"
	"sync/atomic"

	"amqpd/cluster/meta"
	"amqpd/policy"
	"amqpd/queue"
	"amqpd/store"
)

// localQueue is a queue whose messages are on this node: the state machine of
// package queue under a mutex, and what its effects need. Channels, the
// management API and dead-lettering use it only through the methods below,
// which are what a queue on another node will offer too.
type localQueue struct {
	b      *Broker
	vhost  *vhost
	id     uint64
	name   string
	kind   policy.Kind
	counts bool // deliveries carry x-delivery-count (quorum)
	// durable: the definition outlives the node; with persistent messages so do they.
	durable    bool
	autoDelete bool
	// singleActive: one consumer at a time is served.
	singleActive bool
	exclusive    *conn                      // the owner of an exclusive queue, nil otherwise
	def          atomic.Pointer[meta.Queue] // replaced when arguments change

	mu      sync.Mutex
	core    *queue.Queue // guarded by mu
	letters letterTarget // guarded by mu: where dead letters go now
	box     *letterbox   // guarded by mu: dead letters that wait; nil: none
	behind  []*consumer  // guarded by mu: took no more until what was chosen is written
	armed   int64        // guarded by mu: when turn comes, unix ms; 0 not set
	gone    bool         // guarded by mu: deleted, or about to be emptied; every operation refuses
	dying   bool         // guarded by mu: expired, and in some batch's list of those to delete

	turn appointment // when a message or the queue itself may expire

	inForce inForce // guarded by mu
	usage   usage   // guarded by mu

	change changeLink
	noted  *QueueCounts // guarded by mu: what the ledgers have; nil: nothing
}

// newLocalQueue builds the handle for a definition; recovered messages are
// added by restore.
func newLocalQueue(v *vhost, d *meta.Queue, owner *conn) *localQueue {
	s, policies := v.queueSettings(d)
	q := &localQueue{
		b: v.b, vhost: v, id: d.ID, name: d.Name, kind: s.Kind, counts: s.Kind == policy.Quorum,
		durable: d.Durable, autoDelete: d.AutoDelete, exclusive: owner,
		singleActive: s.SingleActiveConsumer,
		core:         queue.New(d.ID, d.Durable, s), letters: newLetterTarget(s),
		inForce: policies, usage: usage{active: v.b.clock()},
	}
	q.def.Store(d)
	q.turn.run = q.tick
	return q
}

// resource names the queue as error texts do.
func (q *localQueue) resource() string { return resource("queue", q.vhost.name, q.name) }

// publish enqueues the chain of messages that starts at link first.
func (q *localQueue) publish(t *batch, first int32) {
	q.mu.Lock()
	q.publishLocked(t, first)
	q.mu.Unlock()
}

// publishLocked is publish for a caller that holds mu (a transaction).
func (q *localQueue) publishLocked(t *batch, first int32) {
	if q.gone {
		return
	}
	for i := first; i >= 0; i = t.links[i].next {
		q.publishOne(t, &t.msgs[t.links[i].msg])
	}
	t.perform(q)
}

// publishOne enqueues m or hands it straight to a consumer. REQUIRES mu.
func (q *localQueue) publishOne(t *batch, m *message) {
	m.routed = true
	size := uint32(len(m.body))
	if m.ttl < 0 {
		if c := q.core.PassThrough(t.now, size); c != nil {
			if len(t.fx.Deliver) > 0 {
				t.performDeliveries(q)
			}
			t.passThrough(q, c.Owner.(*consumer), m)
			if m.letter != nil {
				m.letter.took(q.id)
			}
			return
		}
	}
	t.unlock() // the log's lock is never taken with an output locked
	t.place(m)
	logged := len(t.fx.Persist)
	outcome := q.core.Publish(t.now, queue.Message{
		Pos: m.pos, TTL: m.ttl, Size: size, Priority: m.priority, Persistent: m.durable && q.durable,
		Elsewhere: m.elsewhere,
	}, &t.fx)
	m.refused = m.refused || outcome != queue.Accepted
	m.logged = m.logged || len(t.fx.Persist) > logged
	if outcome != queue.Refused {
		t.lease(m)
		if m.letter != nil {
			m.letter.took(q.id)
		}
	}
}

// settle applies a settlement of deliveries to consumer c (nil: basic.get).
func (q *localQueue) settle(t *batch, c *consumer, rs []store.Range, how queue.Settlement) {
	q.mu.Lock()
	q.settleLocked(t, c, rs, how)
	q.mu.Unlock()
}

// settleLocked is settle for a caller that holds mu (a transaction).
func (q *localQueue) settleLocked(t *batch, c *consumer, rs []store.Range, how queue.Settlement) {
	if q.gone {
		return
	}
	q.core.Settle(t.now, c.core(), rs, how, &t.fx)
	t.perform(q)
}

// giveBack requeues deliveries whose channel or connection ended.
func (q *localQueue) giveBack(t *batch, c *consumer, rs []store.Range) {
	q.mu.Lock()
	if !q.gone {
		q.core.Return(t.now, c.core(), rs, &t.fx)
		t.perform(q)
	}
	q.mu.Unlock()
}

// subscribe adds a consumer and calls added, before the first delivery to it.
func (q *localQueue) subscribe(t *batch, c *consumer, added func()) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return errQueueGone
	}
	if n := q.core.Ready(); n > 0 {
		c.typical = max(c.typical, int(q.core.ReadyBytes()/int64(n)))
	}
	if err := q.core.Subscribe(t.now, &c.Consumer, &t.fx); err != nil {
		return err
	}
	added()
	t.perform(q)
	return nil
}

// cancel removes a consumer. It reports whether the queue should now be
// deleted because it was the last one of an auto-delete queue.
func (q *localQueue) cancel(t *batch, c *consumer) (last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return false
	}
	q.core.Cancel(t.now, &c.Consumer, &t.fx)
	t.perform(q)
	return q.autoDelete && q.core.Consumers() == 0
}

// wake tries again to deliver to a consumer that may have room.
func (q *localQueue) wake(t *batch, c *consumer) {
	q.mu.Lock()
	if !q.gone {
		q.core.Wake(t.now, &c.Consumer, &t.fx)
		t.perform(q)
	}
	q.mu.Unlock()
}

// get takes one message for basic.get and calls found with it, under the
// queue's lock, then the next ones as long as found refuses them. It reports
// whether there was one.
func (q *localQueue) get(t *batch, noAck bool, found func(d queue.Delivery, remaining int) bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return false
	}
	done := false
	for !done {
		d, ok := q.core.Get(t.now, noAck, &t.fx)
		if !ok {
			break
		}
		done = found(d, q.core.Ready())
	}
	t.perform(q)
	return done
}

// withhold takes ready messages away from consumers, see queue.Withhold.
func (q *localQueue) withhold(t *batch, seqs []uint64) (taken []uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return nil
	}
	q.core.Touch(t.now) // as basic.get does: it is in use
	taken = q.core.Withhold(t.now, seqs)
	t.perform(q)
	return taken
}

// endWithheld settles withheld messages that are elsewhere now, and gives others
// back to consumers.
func (q *localQueue) endWithheld(t *batch, gone, back []store.Range) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return
	}
	q.core.Remove(gone, &t.fx)
	q.core.Reinstate(t.now, back, &t.fx)
	t.perform(q)
}

// purge drops the ready messages and returns how many there were, when they are gone
// for good.
func (q *localQueue) purge(t *batch) int {
	n := q.purgeNow(t)
	if n > 0 && q.durable {
		q.b.awaitDurable(q.b.store.End())
	}
	return n
}

func (q *localQueue) purgeNow(t *batch) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return 0
	}
	n := q.core.Purge(t.now, &t.fx)
	t.perform(q)
	return n
}

// remove ends the queue: its messages are dropped, its consumers returned so
// that the caller can tell them.
func (q *localQueue) remove(t *batch) (ready int, consumers []*consumer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.core.Deleted() {
		return 0, nil
	}
	ready = q.core.Delete(t.now, &t.fx)
	for _, c := range t.fx.Cancelled {
		consumers = append(consumers, c.Owner.(*consumer))
	}
	t.perform(q)
	if q.durable {
		q.b.store.DropQueue(q.id)
	}
	q.dropBox(t)
	q.noteLocked()
	q.b.changes.forget(q)
	q.gone = true
	q.b.agenda.cancel(&q.turn)
	return ready, consumers
}

// configure applies new policies to a running queue.
func (q *localQueue) configure(t *batch) {
	s, policies := q.vhost.queueSettings(q.def.Load())
	q.mu.Lock()
	if !q.gone {
		q.inForce, q.letters = policies, newLetterTarget(s)
		q.core.Configure(t.now, s, &t.fx)
		t.perform(q)
	}
	q.mu.Unlock()
}

// counters returns how many messages are ready, and consumers there are.
func (q *localQueue) counters() (ready, consumers int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.core.Ready(), q.core.Consumers()
}

// declared returns what declare-ok reports, and restarts x-expires; alive is
// false for a queue that is deleted.
func (q *localQueue) declared(now int64) (ready, consumers int, alive bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return 0, 0, false
	}
	q.core.Touch(now)
	q.arm(now)
	return q.core.Ready(), q.core.Consumers(), true
}

// arm makes an appointment at the state machine's next deadline, if that is
// earlier than the one there is; one that comes too early makes the next. A
// deadline that is over is now: other queues are due before. REQUIRES mu.
func (q *localQueue) arm(now int64) {
	at := q.core.Deadline()
	if at == 0 || q.dying {
		return
	}
	if at = max(at, now); q.armed != 0 && q.armed <= at {
		return
	}
	q.armed = at
	q.b.agenda.set(&q.turn, at)
}

// tick runs when a message or the queue itself may have expired.
func (q *localQueue) tick(t *batch) {
	q.mu.Lock()
	q.armed = 0
	if !q.gone {
		q.core.Tick(t.now, &t.fx)
		t.perform(q)
	}
	q.mu.Unlock()
	if len(t.dead) > 0 {
		q.b.store.Throttle()
	}
	t.bury()
}
