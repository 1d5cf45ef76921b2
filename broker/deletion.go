package broker

import (
	"errors"

	"amqpd/cluster/meta"
	"amqpd/store"
)

// How a queue ends: whether it may go is looked at, and the definitions lose it,
// in one step under its lock. From then on it refuses every operation, so what
// would have kept it alive comes either before, and does, or after, and finds
// no queue. If the definitions refuse, nothing has happened to it.

// errUsed says that a queue is not to be deleted any more: it is used again.
var errUsed = errors.New("queue is used again")

// deleteQueue deletes this very queue, provided that may, called with its lock
// held, has nothing against it; nil is no condition. When the deletion is
// durable, it calls answer, which may be nil, with the number of messages that
// were ready, and then tells the consumers.
func (b *Broker) deleteQueue(q *localQueue, t *batch, may func() error, answer func(ready int)) error {
	done, err := b.takeOut(q, t, may)
	if err != nil {
		return err
	}
	b.end(t, done, answer)
	return nil
}

// takeOut takes a queue out of the definitions, on condition. The caller empties
// it.
func (b *Broker) takeOut(q *localQueue, t *batch, may func() error) (realised, error) {
	c := meta.DeleteQueue{Vhost: q.vhost.name, Name: q.name, ID: q.id}
	return b.enact(t, c, nil, func() (meta.Result, store.LSN, error) { return q.condemn(c, may) })
}

// condemn lets the definitions lose the queue and makes it refuse from then on.
// REQUIRES Broker.definitions.
func (q *localQueue) condemn(c meta.DeleteQueue, may func() error) (result meta.Result, lsn store.LSN, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return result, 0, &meta.Error{Err: meta.ErrNotFound, Kind: "queue", Vhost: c.Vhost, Name: c.Name}
	}
	if may != nil {
		if err := may(); err != nil {
			return result, 0, err
		}
	}
	result, lsn, err = q.b.decide(c)
	q.gone = err == nil
	return result, lsn, err
}

// settled returns when the change of definitions that is under way is over: a
// queue that was found condemned is then not found any more.
func (b *Broker) settled() {
	b.definitions.Lock()
	defer b.definitions.Unlock()
}

// deleteUnused deletes an auto-delete queue that lost its last consumer, unless
// it has one again.
func (b *Broker) deleteUnused(q *localQueue, t *batch) {
	_ = b.deleteQueue(q, t, func() error {
		if q.core.Consumers() > 0 {
			return errUsed
		}
		return nil
	}, nil)
}

// deleteIdle deletes the queues that were not used for their x-expires. Nobody
// asked for it, so nobody waits for the log: what a crash brings back expires
// once more.
func (t *batch) deleteIdle() {
	for len(t.idle) > 0 {
		q := t.idle[len(t.idle)-1]
		t.idle = t.idle[:len(t.idle)-1]
		done, err := t.b.takeOut(q, t, func() error {
			if !q.core.Unused(t.now) {
				return errUsed
			}
			return nil
		})
		if err != nil {
			q.revive(t.now)
			continue
		}
		t.b.empty(t, done) // consumers keep a queue from expiring: there are none
	}
}

// revivedFor is how long a queue lives on, in milliseconds, before its deletion
// is tried again.
const revivedFor = 1000

// revive lets a queue that was to be deleted expire again later.
func (q *localQueue) revive(now int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dying = false
	if at := q.core.Deadline(); at != 0 && !q.gone {
		q.armed = max(at, now+revivedFor)
		q.b.agenda.set(&q.turn, q.armed)
	}
}

// deleteExclusives deletes the exclusive queues of a connection that ends.
func (b *Broker) deleteExclusives(c *conn, t *batch) {
	for {
		b.definitions.Lock()
		var q *localQueue
		for q = range c.exclusives {
			break
		}
		b.definitions.Unlock()
		if q == nil {
			return
		}
		_ = b.deleteQueue(q, t, nil, nil)
		b.definitions.Lock()
		delete(c.exclusives, q)
		b.definitions.Unlock()
	}
}
