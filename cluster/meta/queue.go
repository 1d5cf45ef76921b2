package meta

import "amqpd/amqp"

// Queue is a queue as it was declared.
type Queue struct {
	// ID is never given to another queue or exchange, not even to one of the same
	// name later, nor after a restart. The machine assigns it; 0 is no queue.
	ID uint64

	Vhost, Name string
	Durable     bool // never together with Exclusive (amqp-behaviour §4.1)
	AutoDelete  bool
	Exclusive   bool
	Owner       string // connection id of an exclusive queue, else ""
	Kind        string // "classic", "quorum", "stream"
	Home        string // name of the node that holds it
	Arguments   amqp.Table
}

func (q *Queue) code(c *coder) {
	c.uint64(&q.ID)
	c.name(&q.Vhost)
	c.str(&q.Name)
	c.boolean(&q.Durable)
	c.boolean(&q.AutoDelete)
	c.boolean(&q.Exclusive)
	c.str(&q.Owner)
	c.name(&q.Kind)
	c.name(&q.Home)
	c.table(&q.Arguments)
}

// PutQueue declares a queue. The machine assigns the ID (Result.QueueID),
// whatever the command says, and makes exclusive queues not durable.
// ErrNotFound for the virtual host; ErrExists with the QueueID of the one in
// the way; ErrLimit when max-queues of the virtual host is reached.
type PutQueue struct{ Queue Queue }

// DeleteQueue removes a queue, the bindings to it, and the auto-delete
// exchanges that thereby lost their last binding, and so on (amqp-behaviour
// §3.3, §4.7). With an ID that is not 0 it removes that very queue and not one
// of the same name declared since. ErrNotFound.
type DeleteQueue struct {
	Vhost, Name string
	ID          uint64
}

// SetQueueArguments gives a queue that is there other arguments, all of them.
// Which may be changed is the caller's to judge. With an ID that is not 0 it is
// that very queue. ErrNotFound.
type SetQueueArguments struct {
	Vhost, Name string
	ID          uint64
	Arguments   amqp.Table
}

// DeleteTransient removes the queues that live as long as a node's process
// does: those of Home that are not durable, exclusive ones included. A node
// that has none is no error.
type DeleteTransient struct{ Home string }

func (c PutQueue) code(k *coder) Command { c.Queue.code(k); return c }

func (c DeleteQueue) code(k *coder) Command {
	k.str(&c.Vhost)
	k.str(&c.Name)
	k.uint64(&c.ID)
	return c
}

func (c DeleteTransient) code(k *coder) Command { k.str(&c.Home); return c }

func (c SetQueueArguments) code(k *coder) Command {
	k.str(&c.Vhost)
	k.str(&c.Name)
	k.uint64(&c.ID)
	k.table(&c.Arguments)
	return c
}

func (c SetQueueArguments) apply(t *txn) error {
	v, ok := t.vhost(c.Vhost)
	if !ok {
		return noVhost(c.Vhost)
	}
	old, ok := v.queues.get(c.Name)
	if !ok || c.ID != 0 && c.ID != old.ID {
		return noQueue(c.Vhost, c.Name)
	}
	q := *old
	q.Arguments = c.Arguments
	v.queues.put(t.owner, q.Name, &q)
	t.next.queuesByID.put(t.owner, byID(&q))
	if q.Durable {
		t.store(queueKey(&q), &q)
	}
	return nil
}

func (c PutQueue) apply(t *txn) error {
	q := c.Queue
	v, ok := t.vhost(q.Vhost)
	if !ok {
		return noVhost(q.Vhost)
	}
	if old, ok := v.queues.get(q.Name); ok {
		t.result.QueueID = old.ID
		return &Error{Err: ErrExists, Kind: "queue", Vhost: q.Vhost, Name: q.Name}
	}
	if limit, ok := v.info.Limit(MaxQueues); ok && int64(v.queues.len()) >= limit {
		return &Error{Err: ErrLimit, Kind: "queue", Vhost: q.Vhost, Name: q.Name}
	}
	q.ID = t.newID()
	q.Vhost = v.info.Name // shares the text
	q.Durable = q.Durable && !q.Exclusive
	v.queues.put(t.owner, q.Name, &q)
	t.next.queuesByID.put(t.owner, byID(&q))
	t.result.Created = true
	t.result.QueueID = q.ID
	t.result.Added.Queues = append(t.result.Added.Queues, &q)
	if q.Durable {
		t.store(queueKey(&q), &q)
	}
	return nil
}

func (c DeleteQueue) apply(t *txn) error {
	v, ok := t.vhost(c.Vhost)
	if !ok {
		return noVhost(c.Vhost)
	}
	q, ok := v.queues.get(c.Name)
	if !ok || c.ID != 0 && c.ID != q.ID {
		return noQueue(c.Vhost, c.Name)
	}
	t.dropQueue(v, q)
	return nil
}

func (c DeleteTransient) apply(t *txn) error {
	var doomed []*Queue
	for q := range t.next.queuesByID.all() {
		if q.queue.Home == c.Home && !q.queue.Durable {
			doomed = append(doomed, q.queue)
		}
	}
	for _, q := range doomed {
		v, _ := t.vhost(q.Vhost)
		t.dropQueue(v, q)
	}
	return nil
}

func (t *txn) dropQueue(v *vhostState, q *Queue) {
	v.queues.remove(t.owner, q.Name)
	t.next.queuesByID.remove(t.owner, byID(q))
	t.result.Removed.Queues = append(t.result.Removed.Queues, q)
	if q.Durable {
		t.forget(queueKey(q))
	}
	gone := collect(v.bindingsTo(destinationQueue, q.Name))
	t.dropBindings(v, gone)
	t.dropOrphans(v, gone)
}

func noQueue(vhost, name string) error {
	return &Error{Err: ErrNotFound, Kind: "queue", Vhost: vhost, Name: name}
}

// idEntry is an item of the tree of all queues by identity.
type idEntry struct {
	id    uint64
	queue *Queue
}

func byID(q *Queue) idEntry { return idEntry{q.ID, q} }

func lessID(a, b idEntry) bool { return a.id < b.id }

// idBlock is how many queue identities are reserved at once in the store, so
// that a transient queue costs no write and a durable one a single record. Up
// to as many are skipped by a restart.
const idBlock = 1024

// queueIDs is the counter that never goes back.
//
// Invariant: last ≤ reserved; every identity ever given is ≤ last; the durable
// store holds reserved.
type queueIDs struct {
	last     uint64 // the highest identity given
	reserved uint64 // the highest that may be given without storing a new one
}

func (n *queueIDs) code(c *coder) {
	c.uint64(&n.last)
	c.uint64(&n.reserved)
}

// afterRestart is the counter of a machine that only knows what is stored.
func (n queueIDs) afterRestart() *queueIDs { return &queueIDs{n.reserved, n.reserved} }

func (t *txn) newID() uint64 {
	n := &t.next.queueIDs
	n.last++
	if n.last > n.reserved {
		n.reserved += idBlock
		t.store(queueIDsKey, n.afterRestart())
	}
	return n.last
}
