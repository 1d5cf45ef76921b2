package broker

import (
	"fmt"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/policy"
	"amqpd/queue"
	"amqpd/store"
)

// realised is what a change of definitions took away, for those who asked for
// the change to finish: queues to empty, connections to close.
type realised struct {
	queues []*localQueue
	lines  []*delayLine
	lsn    store.LSN
}

// apply carries out a command. owner is the connection that declares an exclusive
// queue.
func (b *Broker) apply(t *batch, c meta.Command, owner *conn) (realised, error) {
	for _, c := range singly(c) {
		if put, ok := c.(meta.PutQueue); ok {
			if kind, known := policy.ParseKind(put.Queue.Kind); known && !queue.Keeps(kind) {
				return realised{}, fmt.Errorf("queue '%s' in vhost '%s': type %s is not supported", put.Queue.Name, put.Queue.Vhost, kind)
			}
		}
	}
	return b.enact(t, c, owner, func() (meta.Result, store.LSN, error) { return b.decide(c) })
}

// enact carries out a command: decide says whether and what comes of it, the log
// keeps what is durable, what runs follows, all with the definitions locked; then
// the audit log is told.
func (b *Broker) enact(t *batch, c meta.Command, owner *conn, decide func() (meta.Result, store.LSN, error)) (done realised, err error) {
	b.definitions.Lock()
	result, lsn, err := decide()
	if err == nil {
		done = b.follow(t, c, &result, lsn, owner)
	}
	b.definitions.Unlock()
	if err == nil {
		b.auditChange(t.who, c, &result)
	}
	return done, err
}

// decide lets the state machine carry out a command and logs what is durable of
// it; an error says that nothing happened. What was so before may have been made so
// a moment ago, and not be durable. REQUIRES definitions.
func (b *Broker) decide(c meta.Command) (meta.Result, store.LSN, error) {
	result, err := b.state.Apply(c)
	if err != nil || len(result.Changes) == 0 {
		return result, b.definedAt(), err
	}
	changes := make([]store.Change, len(result.Changes))
	for i, change := range result.Changes {
		changes[i] = store.Change{Key: change.Key, Value: change.Value}
	}
	lsn := b.store.WriteDefinitions(changes)
	b.defined.Store(uint64(lsn))
	return result, lsn, nil
}

// follow makes what runs follow a command that was decided. REQUIRES
// definitions.
func (b *Broker) follow(t *batch, c meta.Command, result *meta.Result, lsn store.LSN, owner *conn) realised {
	done := realised{lsn: lsn}
	b.remove(&result.Removed, &done)
	b.add(t, &result.Added, owner)
	for _, name := range result.Policies {
		if v := b.vhost(name); v != nil {
			v.applyPolicies(t)
		}
	}
	for _, c := range singly(c) {
		if set, ok := c.(meta.SetQueueArguments); ok {
			b.redefine(t, set)
		}
	}
	b.permissionEpoch.Add(permissionSteps(c))
	b.tellChange(c, result)
	return done
}

// singly lists the commands of a batch; any other command is the only one.
func singly(c meta.Command) []meta.Command {
	if batch, ok := c.(meta.Batch); ok {
		return batch.Commands
	}
	return []meta.Command{c}
}

// permissionSteps is how many commands change what users may do.
func permissionSteps(c meta.Command) (n uint64) {
	for _, c := range singly(c) {
		switch c.(type) {
		case meta.PutUser, meta.DeleteUser, meta.PutPermission, meta.DeletePermission,
			meta.PutTopicPermission, meta.DeleteTopicPermission, meta.DeleteVhost:
			n++
		}
	}
	return n
}

// add starts what appeared. REQUIRES definitions.
func (b *Broker) add(t *batch, added *meta.Objects, owner *conn) {
	for _, name := range added.Vhosts {
		b.mu.Lock()
		b.vhosts[name] = newVhost(b, name)
		b.mu.Unlock()
	}
	for _, x := range added.Exchanges {
		if v := b.vhost(x.Vhost); v != nil {
			v.addExchange(x)
		}
	}
	for _, d := range added.Queues {
		if v := b.vhost(d.Vhost); v != nil {
			v.addQueue(d, owner)
			b.churn.queuesCreated.Add(1)
		}
	}
	for _, d := range added.Bindings {
		if v := b.vhost(d.Vhost); v != nil {
			v.addBinding(t, d)
		}
	}
}

// addExchange starts an exchange and, where it is one that keeps messages, what
// it keeps. REQUIRES definitions.
func (v *vhost) addExchange(x *meta.Exchange) *delayLine {
	var d *delayLine
	if x.ID != 0 {
		d = newDelayLine(v, x.Name, x.ID, x.Durable)
		v.mu.Lock()
		if v.lines == nil {
			v.lines = make(map[string]*delayLine)
		}
		v.lines[x.Name] = d
		v.mu.Unlock()
	}
	v.router.Put(v.exchangeOf(x))
	return d
}

// addQueue starts a queue. REQUIRES definitions.
func (v *vhost) addQueue(d *meta.Queue, owner *conn) *localQueue {
	q := newLocalQueue(v, d, owner)
	if owner != nil {
		if owner.exclusives == nil {
			owner.exclusives = make(map[*localQueue]struct{})
		}
		owner.exclusives[q] = struct{}{}
	}
	now := v.b.clock()
	q.mu.Lock()
	q.core.Touch(now)
	q.arm(now)
	q.mu.Unlock()
	v.mu.Lock()
	v.queues[d.Name] = q
	v.mu.Unlock()
	return q
}

// addBinding starts a binding, and replays a history to a queue newly bound.
// REQUIRES definitions.
func (v *vhost) addBinding(t *batch, d *meta.Binding) {
	if _, err := v.router.Bind(toBinding(d)); err != nil {
		v.b.log.Error("binding cannot be used", "source", d.Source, "destination", d.Destination, "error", err)
		return
	}
	v.replay(t, d)
}

// remove ends what went. REQUIRES definitions.
func (b *Broker) remove(removed *meta.Objects, done *realised) {
	for _, d := range removed.Bindings {
		if v := b.vhost(d.Vhost); v != nil {
			v.router.Unbind(toBinding(d))
		}
	}
	for _, d := range removed.Queues {
		if v := b.vhost(d.Vhost); v != nil {
			v.mu.Lock()
			q := v.queues[d.Name]
			delete(v.queues, d.Name)
			v.mu.Unlock()
			v.epoch.Add(1)
			if q != nil {
				b.churn.queuesDeleted.Add(1)
				if q.exclusive != nil {
					delete(q.exclusive.exclusives, q)
				}
				done.queues = append(done.queues, q)
			}
		}
	}
	for _, x := range removed.Exchanges {
		if v := b.vhost(x.Vhost); v != nil {
			v.router.Remove(x.Name)
			v.forgetHistory(x.Name)
			v.forgetCounter(x.Name)
			if d := v.delayLine(x.Name); d != nil {
				v.mu.Lock()
				delete(v.lines, x.Name)
				v.mu.Unlock()
				done.lines = append(done.lines, d)
			}
		}
	}
	for _, name := range removed.Vhosts {
		b.mu.Lock()
		delete(b.vhosts, name)
		b.closeWhere(func(c *conn) bool { return c.entered != nil && c.entered.name == name }, "vhost '%s' is deleted", name)
		b.mu.Unlock()
	}
	for _, name := range removed.Users {
		b.mu.Lock()
		b.closeWhere(func(c *conn) bool { return c.enteredAs == name }, "user '%s' is deleted", name)
		b.mu.Unlock()
	}
}

// closeWhere forces connections to close. REQUIRES mu.
func (b *Broker) closeWhere(f func(*conn) bool, text, name string) {
	for c := range b.conns {
		if f(c) {
			c.forceClose(amqp.ConnectionForced(text, name))
		}
	}
}

// Apply carries out a change of definitions for a caller that is no client: it
// is in force, and durable, when Apply returns. Queues, connections and policies
// follow as they do after a client's change. The error is package meta's; nothing
// was changed then. Safe from any goroutine, until Stop.
func (b *Broker) Apply(c meta.Command) error { return b.ApplyFor(itself, c) }

// ApplyFor is Apply on behalf of somebody, whom the audit log names.
func (b *Broker) ApplyFor(who Actor, c meta.Command) error {
	t := b.borrow()
	defer b.giveBack(t)
	t.who = who
	return b.change(t, c)
}

// change applies a command, ends what it took away, puts changed policies into
// force and waits until the change is durable.
func (b *Broker) change(t *batch, c meta.Command) error { return b.changeFor(t, c, nil) }

// changeFor is change on behalf of a connection that will own an exclusive queue.
func (b *Broker) changeFor(t *batch, c meta.Command, owner *conn) error {
	done, err := b.apply(t, c, owner)
	if err != nil {
		return err
	}
	b.end(t, done, nil)
	t.bury()
	return nil
}

// end finishes a change: queues and exchanges that the definitions no longer
// have are emptied, the log is waited for, then clients are told.
func (b *Broker) end(t *batch, done realised, answer func(ready int)) {
	ready, consumers := b.empty(t, done)
	b.awaitDurable(done.lsn)
	if answer != nil {
		answer(ready)
	}
	for _, k := range consumers {
		k.cancelled(t)
	}
}

// empty drops what queues and exchanges held that the definitions no longer
// have. It returns how many messages were ready, and the consumers to be told.
func (b *Broker) empty(t *batch, done realised) (ready int, consumers []*consumer) {
	for _, q := range done.queues {
		n, ks := q.remove(t)
		ready += n
		consumers = append(consumers, ks...)
	}
	for _, d := range done.lines {
		d.remove()
	}
	return ready, consumers
}

// raiseVhost starts a virtual host and all that the definitions have in it,
// with the messages that were recovered.
func (b *Broker) raiseVhost(t *batch, name string, p *recovering) {
	v := newVhost(b, name)
	b.mu.Lock()
	b.vhosts[name] = v
	b.mu.Unlock()
	view := b.state.View()
	for x := range view.Exchanges(name) {
		if d := v.addExchange(x); d != nil {
			d.restore(p)
		}
	}
	for d := range view.Queues(name) {
		v.addQueue(d, nil).restore(p)
	}
	for d := range view.Bindings(name) {
		v.addBinding(t, d)
	}
	// The agenda starts behind this: what expired while the node was down dies
	// into other queues.
	for d := range view.Queues(name) {
		if q := v.queue(d.Name); q != nil {
			q.mu.Lock()
			q.arm(t.now)
			q.mu.Unlock()
		}
	}
}

// restore takes over the messages that the log kept for the queue. Its timer is
// armed once everything is there.
func (q *localQueue) restore(p *recovering) {
	unclean := q.b.store.Unclean()
	next := q.b.store.RecoveredEach(q.id, func(some []store.Entry) {
		if unclean {
			// A delivery of the last moments before a crash may have left no mark, so
			// every message may have been delivered.
			for i := range some {
				some[i].Flags |= store.FlagRedelivered
			}
		}
		q.mu.Lock()
		q.core.Restore(some, 0)
		q.mu.Unlock()
		p.took(len(some))
	})
	p.raised()
	q.mu.Lock()
	q.core.Restore(nil, next)
	found := q.core.Ready() > 0
	q.mu.Unlock()
	if unclean && found {
		q.b.store.Delivered(q.id, next)
	}
}
