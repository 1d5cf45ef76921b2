package broker

import (
	"context"
	"log/slog"
	"slices"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// Arguments of a queue that is there can be changed: those of which the table in
// package policy says so. What the queue is afterwards is checked as a declare
// would be, and in force at once.

// SetQueueArguments changes arguments of a queue: those in set, all of remove go,
// all others stay. An argument that has its value already may be among them
// whatever it is. The change is durable, as far as the queue is, when it returns.
// Errors: 404, 403, 405 as for a declare, 406 for an argument that cannot be
// changed, or not to that.
func (a *Agent) SetQueueArguments(name string, set amqp.Table, remove []string) error {
	return a.on(func(ch *channel) error {
		const id = amqp.MethodQueueDeclare
		if e := ch.c.authorize(id, configure, "queue", name); e != nil {
			return e
		}
		q, err := ch.queue(id, name)
		if err != nil {
			return err
		}
		return ch.setArguments(q, set, remove)
	})
}

// setArguments looks at the change and makes it with the definitions locked, so
// that two at a time are two changes one after the other.
func (ch *channel) setArguments(q *localQueue, set amqp.Table, remove []string) error {
	b, t := ch.c.b, ch.c.batch
	c, done, err := func() (meta.Command, realised, error) {
		b.definitions.Lock()
		defer b.definitions.Unlock()
		args, err := ch.changedArguments(q, set, remove)
		if err != nil || args.Equal(q.def.Load().Arguments) {
			return nil, realised{}, err
		}
		c := meta.SetQueueArguments{Vhost: q.vhost.name, Name: q.name, ID: q.id, Arguments: args}
		result, lsn, err := b.decide(c)
		if err != nil {
			return nil, realised{}, ch.c.noQueue(amqp.MethodQueueDeclare, q.name)
		}
		return c, b.follow(t, c, &result, lsn, nil), nil
	}()
	if err != nil || c == nil {
		return err
	}
	b.auditArguments(t.who, q, c)
	b.end(t, done, nil)
	t.bury()
	return nil
}

// changedArguments is what the arguments of q come to, checked.
func (ch *channel) changedArguments(q *localQueue, set amqp.Table, remove []string) (amqp.Table, error) {
	const id = amqp.MethodQueueDeclare
	have := q.def.Load().Arguments
	args := slices.Clone(have)
	for _, f := range set {
		if v, had := have.Get(f.Key); had && v.Equivalent(f.Value) {
			continue
		}
		if !policy.Changeable(q.kind, f.Key) {
			return nil, unchangeable(q, f.Key)
		}
		args = args.With(f.Key, f.Value)
	}
	for _, name := range remove {
		if _, had := have.Get(name); !had {
			continue
		}
		if !policy.Changeable(q.kind, name) {
			return nil, unchangeable(q, name)
		}
		args = args.Without(name)
	}
	if err := ch.c.mayDeadLetter(id, args, q.name); err != nil {
		return nil, err
	}
	if ae := policy.CheckArguments(q.kind, args); ae != nil {
		return nil, argumentError(id, ae, q.resource())
	}
	return args, nil
}

// unchangeable refuses an argument that is settled when a queue is made.
func unchangeable(q *localQueue, argument string) error {
	return amqp.PreconditionFailed(amqp.MethodQueueDeclare, "invalid arg '%s' for %s: it cannot be changed", argument, q.resource())
}

// redefine puts changed arguments into force on the running queue. REQUIRES
// definitions.
func (b *Broker) redefine(t *batch, c meta.SetQueueArguments) {
	d, ok := b.state.View().Queue(c.Vhost, c.Name)
	q := b.queue(c.Vhost, c.Name)
	if !ok || q == nil || q.id != d.ID {
		return
	}
	q.def.Store(d)
	q.configure(t)
}

// auditArguments tells of changed arguments; those of a queue that does not
// survive a restart at debug.
func (b *Broker) auditArguments(who Actor, q *localQueue, c meta.Command) {
	level := slog.LevelDebug
	if q.durable {
		level = slog.LevelInfo
	}
	if b.o.Audit.Enabled(context.Background(), level) {
		d := meta.Describe(c)
		b.audit(level, AuditEvent{Actor: who, Action: d.Action, Vhost: d.Vhost, Object: d.Object, Detail: d.Detail})
	}
}
