package queue

import "slices"

// Gate says whether a consumer's channel and connection can take one delivery
// more: it stands for the channel-wide prefetch limit and for the room in the
// connection's output buffer.
type Gate interface {
	// Take reserves room for one delivery, or reports that there is none. It is
	// asked only when there is a message to deliver, and each true is followed
	// by that delivery. After false the queue does not ask again for this
	// consumer until Wake or Dispatch. It must not call the queue.
	Take() bool
}

// Consumer is one subscription. The broker fills in the exported fields before
// Subscribe and does not change them afterwards; it uses a new Consumer for
// each subscription.
type Consumer struct {
	Tag       string
	NoAck     bool  // deliveries need no acknowledgement; Prefetch does not apply
	Exclusive bool  // no other consumer wanted
	Priority  int64 // x-priority: higher ones are served first
	Prefetch  int   // unacknowledged messages at a time; 0: the kind's default
	Gate      Gate  // nil: always open
	Owner     any   // the broker's

	place      place
	limit      int       // effective prefetch; 0: unlimited
	unacked    int       // deliveries that are not settled; also after Cancel
	group      *group    // of its priority, while subscribed and not standby
	prev, next *Consumer // in its queue, while waiting or gated
}

// place is where a consumer stands.
type place uint8

const (
	away    place = iota // not subscribed
	waiting              // in the line of its group: it is served in turn
	full                 // at its prefetch limit: Settle brings it back
	gated                // its gate was closed: Wake and Dispatch bring it back
	standby              // another one is the single active consumer
)

// Unacked is the number of deliveries that the consumer has not settled.
func (c *Consumer) Unacked() int { return c.unacked }

// Active says that the consumer is served: it is subscribed, and no other one
// is the single active consumer.
func (c *Consumer) Active() bool { return c.place != away && c.place != standby }

// Subscribe adds a consumer and serves it. The broker says consume-ok before it
// performs the effects. Errors: ErrExclusive (amqp-behaviour §5.4), ErrDeleted.
func (q *Queue) Subscribe(now int64, c *Consumer, fx *Effects) error {
	switch {
	case q.deleted:
		return ErrDeleted
	case c.place != away:
		panic("BUG: queue: a consumer is subscribed twice")
	case q.kind.exclusive && (q.exclusive != nil || c.Exclusive && (q.sac || len(q.consumers) > 0)):
		return ErrExclusive
	}
	if c.Exclusive && q.kind.exclusive {
		q.exclusive = c
	}
	c.limit = q.prefetch(c)
	q.consumers = append(q.consumers, c)
	if q.sac && q.active != nil {
		c.place = standby
		return nil
	}
	q.activate(c)
	q.dispatch(now, fx)
	return nil
}

// prefetch is the limit on unacknowledged deliveries (amqp-behaviour §2.1).
func (q *Queue) prefetch(c *Consumer) int {
	switch {
	case c.NoAck:
		return 0
	case c.Prefetch == 0:
		return q.kind.prefetch
	}
	return c.Prefetch
}

// activate lets c be served.
func (q *Queue) activate(c *Consumer) {
	if q.sac {
		q.active = c
	}
	q.line.join(c)
}

// Cancel ends a subscription. What the consumer has not settled stays with it:
// Settle and Return take it later. A single active consumer is followed by the
// next one at once (amqp-behaviour §5.4). When Consumers is 0 afterwards, the
// clock of x-expires runs and an auto-delete queue is to be deleted by the
// broker. Without effect for a consumer that is not subscribed.
func (q *Queue) Cancel(now int64, c *Consumer, fx *Effects) {
	if c.place == away {
		return
	}
	q.unsubscribe(c)
	i := slices.Index(q.consumers, c)
	q.consumers = slices.Delete(q.consumers, i, i+1)
	if len(q.consumers) == 0 {
		q.consumers = nil
		q.Touch(now)
	}
	if c != q.active {
		return
	}
	if q.active = q.successor(); q.active != nil {
		q.activate(q.active)
		q.dispatch(now, fx)
	}
}

// unsubscribe takes c out of the lines.
func (q *Queue) unsubscribe(c *Consumer) {
	if c == q.exclusive {
		q.exclusive = nil
	}
	if c.place != standby {
		q.line.quit(c)
	}
	c.place = away
}

// successor is the consumer that becomes the single active one: the oldest, or
// on kinds with seniority the oldest of those with the highest priority.
func (q *Queue) successor() *Consumer {
	var next *Consumer
	for _, c := range q.consumers {
		if next == nil || q.kind.seniority && c.Priority > next.Priority {
			next = c
		}
	}
	return next
}

// Consumers is the number of subscriptions.
func (q *Queue) Consumers() int { return len(q.consumers) }

// EachConsumer calls f with every consumer, the oldest first, until f returns
// false. f must not change the queue.
func (q *Queue) EachConsumer(f func(*Consumer) bool) {
	for _, c := range q.consumers {
		if !f(c) {
			return
		}
	}
}

// ExclusiveConsumer is the consumer that keeps others out, or nil.
func (q *Queue) ExclusiveConsumer() *Consumer { return q.exclusive }

// ActiveConsumer is the single active consumer, or nil.
func (q *Queue) ActiveConsumer() *Consumer { return q.active }
