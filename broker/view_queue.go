package broker

import (
	"time"

	"amqpd/amqp"
	"amqpd/policy"
	"amqpd/store"
)

// QueueCounts is how much a queue has done and holds (management-api §8.7). It
// is a plain value of numbers.
type QueueCounts struct {
	// Stats has Publish, Deliver, DeliverNoAck, Get, GetNoAck, GetEmpty,
	// DeliverGet, Redeliver, Ack and DiskWrites.
	Stats Counters

	// Beyond message_stats, since the queue's start.
	Refused         uint64 // publishes that a full queue turned away
	Requeued        uint64 // came back from consumers
	Purged          uint64
	Expired         uint64 // left for their time to live
	Dropped         uint64 // left for a length limit
	Rejected        uint64 // left by a reject without requeue
	DeliveryLimited uint64 // left for having come back too often

	Ready, Unacked           int   // messages
	ReadyBytes, UnackedBytes int64 // octets of their bodies
	Persistent               int   // messages, ready or not, that are in the log
	PersistentBytes          int64
	Consumers                int
}

// Messages is what the queue holds.
func (c *QueueCounts) Messages() int { return c.Ready + c.Unacked }

// Bytes is the octets of the bodies of what the queue holds.
func (c *QueueCounts) Bytes() int64 { return c.ReadyBytes + c.UnackedBytes }

// QueueSample is a queue's identity and counts: what a sampler takes of very
// many queues.
type QueueSample struct {
	ID          uint64 // never given to another queue
	Vhost, Name string
	QueueCounts
}

// QueueView is a queue at one moment. It is a plain value; tables, lists and
// definitions are shared and read only.
type QueueView struct {
	QueueSample
	Kind       string // "classic", "quorum"
	Node       string
	Durable    bool
	AutoDelete bool
	Exclusive  bool
	Arguments  amqp.Table
	State      string // "running"; "idle" when nothing happened for idleAfter

	Policy, OperatorPolicy string // names; "" for none
	// EffectivePolicy is both merged; nil without policies.
	EffectivePolicy policy.Definition

	Owner           *ConnectionID // of an exclusive queue, nil otherwise
	ExclusiveTag    string        // tag of the consumer that keeps others out, "" without
	SingleActiveTag string        // tag of the single active consumer, "" without
	SingleActive    bool          // x-single-active-consumer is set
	// Capacity is the share of the time in which a message could have been
	// delivered at once, 0…1; 0 without consumers.
	Capacity float64

	Memory     int64     // octets that the queue's index takes, about
	LastActive time.Time // when something happened to it last; its declaration or the start of the node count
}

// idleAfter is how long nothing happens to a queue that shows as idle.
const idleAfter = 10 * time.Second

// EachQueue calls f with every queue of a virtual host by name, from the first
// on that is not before from, until f returns false. The view is filled anew for
// each call and valid during it. One queue is locked at a time, and none while f
// runs.
func (b *Broker) EachQueue(vhost, from string, f func(*QueueView) bool) {
	v := b.vhost(vhost)
	if v == nil {
		return
	}
	var view QueueView
	for d := range b.state.View().QueuesFrom(vhost, from) {
		q := v.queue(d.Name)
		if q == nil {
			continue
		}
		q.view(&view)
		if !f(&view) {
			return
		}
	}
}

// Queue is one queue.
func (b *Broker) Queue(vhost, name string) (v QueueView, ok bool) {
	q := b.queue(vhost, name)
	if q == nil {
		return v, false
	}
	q.view(&v)
	return v, true
}

// HeadTimestamp is the timestamp property, in seconds since 1970, of the message
// of a queue that is next; false where there is no such message or property. The
// message is read.
func (b *Broker) HeadTimestamp(vhost, name string) (seconds uint64, ok bool) {
	q := b.queue(vhost, name)
	if q == nil {
		return 0, false
	}
	return q.headTimestamp()
}

// queue finds a queue, nil if there is none.
func (b *Broker) queue(vhost, name string) *localQueue {
	v := b.vhost(vhost)
	if v == nil {
		return nil
	}
	return v.queue(name)
}

// view fills v in.
func (q *localQueue) view(v *QueueView) {
	*v = QueueView{
		Kind: q.kind.String(), Node: q.b.o.NodeName, Durable: q.durable, AutoDelete: q.autoDelete,
		Exclusive: q.exclusive != nil, Arguments: q.def.Load().Arguments, State: "running", SingleActive: q.singleActive,
	}
	if q.exclusive != nil {
		if s := q.exclusive.session.Load(); s != nil {
			v.Owner = &s.id
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sampleLocked(&v.QueueSample)
	v.Policy, v.OperatorPolicy, v.EffectivePolicy = q.inForce.ordinary, q.inForce.operator, q.inForce.effective
	v.Memory = int64(q.core.Footprint()) + queueFootprint
	now := q.b.clock()
	if v.Consumers > 0 {
		v.Capacity = q.usage.capacity(now)
	}
	v.LastActive = time.UnixMilli(q.usage.active)
	if now-q.usage.active >= idleAfter.Milliseconds() {
		v.State = "idle"
	}
	if k := q.core.ExclusiveConsumer(); k != nil {
		v.ExclusiveTag = k.Tag
	}
	if k := q.core.ActiveConsumer(); k != nil {
		v.SingleActiveTag = k.Tag
	}
}

// queueFootprint is about what a queue takes that holds nothing, octets.
const queueFootprint = 2 << 10

// headTimestamp is the timestamp property of the message that is next, if there
// is one that has it.
func (q *localQueue) headTimestamp() (seconds uint64, ok bool) {
	t := q.b.borrow()
	defer q.b.giveBack(t)
	q.mu.Lock()
	var head store.Pos
	for e := range q.core.Peek() {
		head = e.Pos
		q.b.store.Retain(head, 1)
		break
	}
	q.mu.Unlock()
	if head == 0 {
		return 0, false
	}
	defer q.b.store.Release(head)
	payload, err := t.reader.Read(head)
	if err != nil {
		return 0, false
	}
	_, header, _ := splitPayload(payload)
	m := message{header: header}
	p := m.properties()
	return p.Timestamp, p.Has(amqp.FlagTimestamp)
}

// sampleLocked fills s in. REQUIRES mu.
func (q *localQueue) sampleLocked(s *QueueSample) {
	s.ID, s.Vhost, s.Name = q.id, q.vhost.name, q.name
	q.countsLocked(&s.QueueCounts)
}
