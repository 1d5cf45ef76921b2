package broker

import (
	"errors"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/exchange"
	"amqpd/policy"
)

// queueName replaces an empty name by the queue last declared on the channel
// (amqp-behaviour §4.3).
func (ch *channel) queueName(id amqp.MethodID, name string) (string, error) {
	if name != "" {
		return stripLines(name), nil
	}
	if ch.lastQueue == "" {
		return "", amqp.NotFound(id, "no previously declared queue")
	}
	return ch.lastQueue, nil
}

// queue finds a queue that this connection may use.
func (ch *channel) queue(id amqp.MethodID, name string) (*localQueue, error) {
	q := ch.c.vhost.queue(name)
	if q == nil {
		return nil, ch.c.noQueue(id, name)
	}
	if q.lockedFor(ch.c) {
		return nil, locked(id, q)
	}
	return q, nil
}

// readable finds a queue that the channel's user may read.
func (ch *channel) readable(id amqp.MethodID, name string) (*localQueue, error) {
	if e := ch.c.authorize(id, read, "queue", name); e != nil {
		return nil, e
	}
	return ch.queue(id, name)
}

// lockedFor tells whether q is another connection's exclusive queue.
func (q *localQueue) lockedFor(c *conn) bool { return q.exclusive != nil && q.exclusive != c }

// queueDeclare makes a queue or checks one; the order of checks is that of
// amqp-behaviour §4.1.
func (ch *channel) queueDeclare(m *amqp.QueueDeclare) error {
	const id = amqp.MethodQueueDeclare
	c := ch.c
	name := stripLines(m.Queue)
	if answered, err := ch.declareReplyName(m, name); answered || err != nil {
		return err
	}
	if m.Passive {
		return ch.declarePassive(m, name)
	}
	generated := name == ""
	switch {
	case generated:
		if e := generatedNameRefusal(id, m.Arguments); e != nil {
			return e
		}
		name = randomName("amq.gen-")
	case exchange.Reserved(name):
		return amqp.AccessRefused(id, "queue name '%s' contains reserved prefix 'amq.*'", name)
	}
	if e := c.authorize(id, configure, "queue", name); e != nil {
		return e
	}
	c.b.churn.queuesDeclared.Add(1)
	for {
		if q := c.vhost.queue(name); q != nil {
			if err := ch.equivalent(q, m); err != nil {
				return err
			}
			if alive, err := ch.declared(q, m.NoWait); alive {
				return err
			}
			c.b.settled()
			continue
		}
		err := ch.newQueue(m, name)
		if errors.Is(err, meta.ErrExists) {
			continue
		}
		if err != nil {
			return err
		}
		q := c.vhost.queue(name)
		if q == nil {
			return c.noQueue(id, name)
		}
		if alive, err := ch.declared(q, m.NoWait); alive {
			return err
		}
		return c.noQueue(id, name)
	}
}

// declarePassive looks a queue up; its properties do not matter.
func (ch *channel) declarePassive(m *amqp.QueueDeclare, name string) error {
	const id = amqp.MethodQueueDeclare
	q, err := ch.queue(id, name)
	if err != nil {
		return err
	}
	if alive, err := ch.declared(q, m.NoWait); alive {
		return err
	}
	return ch.c.noQueue(id, name)
}

// declared answers a declare and remembers the name for the channel, unless the
// queue is being deleted.
func (ch *channel) declared(q *localQueue, noWait bool) (alive bool, err error) {
	ready, consumers, alive := q.declared(ch.c.batch.now)
	if !alive {
		return false, nil
	}
	ch.lastQueue = q.name
	return true, ch.answer(noWait, &amqp.QueueDeclareOk{
		Queue: q.name, MessageCount: uint32(ready), ConsumerCount: uint32(consumers),
	})
}

// generatedNameRefusal refuses server-named queues of types that cannot be.
func generatedNameRefusal(id amqp.MethodID, args amqp.Table) *amqp.Error {
	kind, err := policy.KindOf(args)
	if err == nil && kind != policy.Classic {
		return amqp.PreconditionFailed(id, "Cannot declare a server-named queue for type %s", kind.ModuleName())
	}
	return nil
}

// equivalent compares a declare with the queue there is (amqp-behaviour §4.2).
func (ch *channel) equivalent(q *localQueue, m *amqp.QueueDeclare) error {
	const id = amqp.MethodQueueDeclare
	if q.lockedFor(ch.c) || (q.exclusive != nil) != m.Exclusive {
		return locked(id, q)
	}
	durable := m.Durable && !m.Exclusive
	for _, attribute := range []struct {
		name       string
		have, want bool
	}{{"durable", q.durable, durable}, {"auto_delete", q.autoDelete, m.AutoDelete}} {
		if attribute.have != attribute.want {
			return amqp.PreconditionFailed(id, "inequivalent arg '%s' for %s: received '%t' but current is '%t'",
				attribute.name, q.resource(), attribute.want, attribute.have)
		}
	}
	if text := policy.Inequivalent(q.kind, q.def.Load().Arguments, m.Arguments); text != nil {
		return amqp.PreconditionFailed(id, "%s", text(q.resource()))
	}
	return nil
}

// newQueue checks and makes a queue that was not there a moment ago.
func (ch *channel) newQueue(m *amqp.QueueDeclare, name string) error {
	const id = amqp.MethodQueueDeclare
	c := ch.c
	res := resource("queue", c.vhost.name, name)
	args := c.vhost.withDefaultType(m)
	if limit, full := c.vhost.queueLimit(); full {
		return amqp.PreconditionFailed(id, "cannot declare queue '%s': queue limit in vhost '%s' (%d) is reached",
			name, c.vhost.name, limit)
	}
	if err := c.mayDeadLetter(id, args, name); err != nil {
		return err
	}
	kind, err := policy.KindOf(args)
	if err != nil {
		return kindError(id, err, res)
	}
	if kind == policy.Stream {
		return amqp.PreconditionFailed(id, "invalid arg 'x-queue-type' for %s: \"unsupported queue type 'stream'\"", res)
	}
	if ae := policy.CheckArguments(kind, args); ae != nil {
		return argumentError(id, ae, res)
	}
	if e := kindProperties(id, kind, m, res); e != nil {
		return e
	}
	return c.b.changeFor(c.batch, meta.PutQueue{Queue: meta.Queue{
		Vhost: c.vhost.name, Name: name, Durable: m.Durable && !m.Exclusive, AutoDelete: m.AutoDelete,
		Exclusive: m.Exclusive, Owner: ownerName(c, m.Exclusive), Kind: kind.String(), Home: c.b.o.NodeName,
		Arguments: args,
	}}, ownerOf(c, m.Exclusive))
}

// mayDeadLetter checks the dead-letter exchange that arguments of a queue name,
// and the permissions to use it.
func (c *conn) mayDeadLetter(id amqp.MethodID, args amqp.Table, queue string) error {
	if ae := policy.CheckDeadLetterExchange(args); ae != nil {
		return argumentError(id, ae, resource("queue", c.vhost.name, queue))
	}
	v, ok := args.Get("x-dead-letter-exchange")
	if !ok {
		return nil
	}
	dlx, _ := v.Str()
	if e := c.authorize(id, read, "queue", queue); e != nil {
		return e
	}
	if e := c.authorize(id, write, "exchange", dlx); e != nil {
		return e
	}
	return nil
}

// ownerName is the connection of an exclusive queue.
func ownerName(c *conn, exclusive bool) string {
	if exclusive {
		return c.name
	}
	return ""
}

// ownerOf is the owner of a queue that may be exclusive.
func ownerOf(c *conn, exclusive bool) *conn {
	if exclusive {
		return c
	}
	return nil
}

// kindError is what the client sees of an unknown queue type.
func kindError(id amqp.MethodID, err error, resource string) *amqp.Error {
	var ae *policy.ArgumentError
	if errors.As(err, &ae) {
		return argumentError(id, ae, resource)
	}
	return amqp.InternalError()
}

// kindProperties refuses properties that replicated queue types cannot have.
func kindProperties(id amqp.MethodID, kind policy.Kind, m *amqp.QueueDeclare, resource string) *amqp.Error {
	if kind == policy.Classic {
		return nil
	}
	for _, p := range []struct {
		name string
		bad  bool
	}{{"auto-delete", m.AutoDelete}, {"exclusive-owner", m.Exclusive}, {"non-durable", !m.Durable}} {
		if p.bad {
			return amqp.PreconditionFailed(id, "invalid property '%s' for %s", p.name, resource)
		}
	}
	return nil
}

func (ch *channel) queueBind(m *amqp.QueueBind) error {
	b, err := ch.queueBinding(amqp.MethodQueueBind, m.Queue, m.Exchange, m.RoutingKey, m.Arguments)
	if err != nil {
		return err
	}
	if err := ch.bind(amqp.MethodQueueBind, b); err != nil {
		return err
	}
	return ch.answer(m.NoWait, &amqp.QueueBindOk{})
}

func (ch *channel) queueUnbind(m *amqp.QueueUnbind) error {
	b, err := ch.queueBinding(amqp.MethodQueueUnbind, m.Queue, m.Exchange, m.RoutingKey, m.Arguments)
	if err != nil {
		return err
	}
	if err := ch.unbind(amqp.MethodQueueUnbind, b); err != nil {
		return err
	}
	return ch.answer(false, &amqp.QueueUnbindOk{})
}

// queueBinding fills in the last declared queue: for an empty name, and for an
// empty key with it (amqp-behaviour §3.4).
func (ch *channel) queueBinding(id amqp.MethodID, name, source, key string, args amqp.Table) (meta.Binding, error) {
	full, err := ch.queueName(id, name)
	if err != nil {
		return meta.Binding{}, err
	}
	if name == "" && key == "" {
		key = full
	}
	return meta.Binding{
		Source: stripLines(source), Destination: full, DestinationType: "queue", Key: key, Arguments: args,
	}, nil
}

func (ch *channel) queuePurge(m *amqp.QueuePurge) error {
	const id = amqp.MethodQueuePurge
	name, err := ch.queueName(id, m.Queue)
	if err != nil {
		return err
	}
	q, err := ch.readable(id, name)
	if err != nil {
		return err
	}
	n := q.purge(ch.c.batch)
	ch.c.b.auditPurge(ch.c.batch.who, q, n)
	return ch.answer(m.NoWait, &amqp.QueuePurgeOk{MessageCount: uint32(n)})
}

// queueDelete deletes; a missing queue is fine (amqp-behaviour §4.7).
func (ch *channel) queueDelete(m *amqp.QueueDelete) error {
	const id = amqp.MethodQueueDelete
	c := ch.c
	name, err := ch.queueName(id, m.Queue)
	if err != nil {
		return err
	}
	if e := c.authorize(id, configure, "queue", name); e != nil {
		return e
	}
	q := c.vhost.queue(name)
	if q == nil {
		return ch.answer(m.NoWait, &amqp.QueueDeleteOk{})
	}
	if q.lockedFor(c) {
		return locked(id, q)
	}
	if e := q.unconditional(id, m); e != nil {
		return e
	}
	deleted := func(ready int) { _ = ch.answer(m.NoWait, &amqp.QueueDeleteOk{MessageCount: uint32(ready)}) }
	err = c.b.deleteQueue(q, c.batch, func() error { return q.deletable(id, m) }, deleted)
	if errors.Is(err, meta.ErrNotFound) {
		deleted(0)
		return nil
	}
	return err
}

// unconditional refuses if-empty and if-unused for quorum queues, which know
// neither.
func (q *localQueue) unconditional(id amqp.MethodID, m *amqp.QueueDelete) *amqp.Error {
	if q.kind != policy.Quorum {
		return nil
	}
	const text = "cannot delete %s. queue.delete operations with %s flag set are not supported by quorum queues"
	switch {
	case m.IfUnused:
		return amqp.NotImplemented(id, text, q.resource(), "if-unused")
	case m.IfEmpty:
		return amqp.NotImplemented(id, text, q.resource(), "if-empty")
	}
	return nil
}

// deletable checks if-empty, then if-unused. REQUIRES mu.
func (q *localQueue) deletable(id amqp.MethodID, m *amqp.QueueDelete) error {
	switch {
	case m.IfEmpty && q.core.Ready() > 0:
		return amqp.PreconditionFailed(id, "%s not empty", q.resource())
	case m.IfUnused && q.core.Consumers() > 0:
		return amqp.PreconditionFailed(id, "%s in use", q.resource())
	}
	return nil
}
