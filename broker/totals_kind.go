package broker

import (
	"sync"

	"amqpd/policy"
)

// What becomes of messages that die in a queue, in RabbitMQ's words.
const (
	DeadLettersDisabled    = "disabled"      // they are dropped
	DeadLettersAtMostOnce  = "at_most_once"  // they are published once more
	DeadLettersAtLeastOnce = "at_least_once" // and kept until that is confirmed
)

// KindTotals are the figures of all queues of one kind whose dead letters have
// the same fate. Counters have those of queues that are gone.
type KindTotals struct {
	Kind        string // "classic", "quorum"
	DeadLetters string // DeadLettersDisabled and so on
	QueueCounts
}

// kindSlots are the combinations there are, in the order of views.
var kindSlots = [...]struct {
	kind        policy.Kind
	deadLetters string
}{
	{policy.Classic, DeadLettersDisabled}, {policy.Classic, DeadLettersAtMostOnce},
	{policy.Quorum, DeadLettersDisabled}, {policy.Quorum, DeadLettersAtMostOnce}, {policy.Quorum, DeadLettersAtLeastOnce},
}

// kindLedger adds up KindTotals from differences.
type kindLedger struct {
	mu     sync.Mutex
	totals [len(kindSlots)]QueueCounts // guarded by mu
}

// KindTotals are the totals by kind of queue as of the last call of Totals.
func (b *Broker) KindTotals() []KindTotals {
	l := &b.kinds
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]KindTotals, len(kindSlots))
	for i, slot := range kindSlots {
		list[i] = KindTotals{slot.kind.String(), slot.deadLetters, l.totals[i]}
		list[i].Stats.sum()
	}
	return list
}

// note adds what a queue has done between was and now. A queue that got dead
// letters or lost them counts from then on under the other; so gauges are right
// by kind, and counters by both.
func (l *kindLedger) note(kind policy.Kind, letters bool, now, was *QueueCounts) {
	slot := 0
	for slot < len(kindSlots)-1 && kindSlots[slot].kind != kind {
		slot++
	}
	if letters {
		slot++ // at most once: what at least once would keep is not kept yet
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals[slot].move(now, was)
}

// move adds now - was.
func (c *QueueCounts) move(now, was *QueueCounts) {
	d := now.Stats.since(&was.Stats)
	c.Stats.add(&d)
	c.Refused += now.Refused - was.Refused
	c.Requeued += now.Requeued - was.Requeued
	c.Purged += now.Purged - was.Purged
	c.Expired += now.Expired - was.Expired
	c.Dropped += now.Dropped - was.Dropped
	c.Rejected += now.Rejected - was.Rejected
	c.DeliveryLimited += now.DeliveryLimited - was.DeliveryLimited
	c.Ready += now.Ready - was.Ready
	c.Unacked += now.Unacked - was.Unacked
	c.ReadyBytes += now.ReadyBytes - was.ReadyBytes
	c.UnackedBytes += now.UnackedBytes - was.UnackedBytes
	c.Persistent += now.Persistent - was.Persistent
	c.PersistentBytes += now.PersistentBytes - was.PersistentBytes
	c.Consumers += now.Consumers - was.Consumers
}

// Add adds o to c.
func (c *QueueCounts) Add(o *QueueCounts) { c.move(o, &QueueCounts{}) }
