package broker

import (
	"sync"
	"sync/atomic"
)

// changes lists the queues of a node by when they last changed, the latest
// first, so that a sampler visits what changed since its last visit and not
// 50,000 idle queues.
//
//	first ─► q9 (stamp 7) ─► q2 (7) ─► q4 (6) ─► q1 (3) ─► …
//	         a visitor that was told 7 last time stops here ▲
//
// Each visit begins a new epoch. A queue moves to the front at its first change
// in an epoch; later ones cost a comparison. So any number of visitors share the
// list, and each has only a number to remember.
//
// Invariant: stamps fall along the list, and a queue that changed, under its mu,
// after a visitor looked at it has a stamp not below that visitor's cursor.
type changes struct {
	epoch atomic.Uint64 // from 1 on; written under mu

	mu          sync.Mutex
	first, last *localQueue // guarded by mu
}

// changeLink is a queue's place in the list.
type changeLink struct {
	// stamp is the epoch of the last change, 0 while the queue is not in the
	// list. Written under changes.mu and the queue's mu, read under either.
	stamp      uint64
	prev, next *localQueue // guarded by changes.mu
}

// touch moves q to the front. REQUIRES q.mu; the caller has changed q before.
func (l *changes) touch(q *localQueue) {
	if q.change.stamp == l.epoch.Load() {
		return // a visitor that comes now finds it, and waits for mu
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unlink(q)
	q.change.stamp = l.epoch.Load()
	q.change.next = l.first
	if l.first != nil {
		l.first.change.prev = q
	} else {
		l.last = q
	}
	l.first = q
}

// forget takes a deleted queue out. REQUIRES q.mu.
func (l *changes) forget(q *localQueue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unlink(q)
}

// unlink takes q out. REQUIRES mu and q.mu.
func (l *changes) unlink(q *localQueue) {
	c := &q.change
	if c.stamp == 0 {
		return
	}
	if c.prev != nil {
		c.prev.change.next = c.next
	} else {
		l.first = c.next
	}
	if c.next != nil {
		c.next.change.prev = c.prev
	} else {
		l.last = c.prev
	}
	*c = changeLink{}
}

// since returns the queues that changed from cursor on, appended to list, and
// the cursor for the next time. Cursor 0 returns all that ever changed.
func (l *changes) since(cursor uint64, list []*localQueue) ([]*localQueue, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for q := l.first; q != nil && q.change.stamp >= cursor; q = q.change.next {
		list = append(list, q)
	}
	return list, l.epoch.Add(1)
}
