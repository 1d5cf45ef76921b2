package broker

import (
	"errors"
	"log/slog"

	"amqpd/amqp"
	"amqpd/broker/auth"
)

// Agent acts in a virtual host on behalf of a user who has no connection: the
// management API's actions (management-api §6.5, §11). It does what the AMQP
// methods do, by the same code: permissions, checks of equivalence, limits and
// their order, and every error is an *amqp.Error with RabbitMQ's wording. An
// exclusive queue is another connection's to an agent.
//
// Methods do their whole work before they return: what is durable is on disk.
// An Agent is safe for many goroutines and holds nothing; it knows the user as
// they were when it was made, but permissions are those of the moment. Alarms
// do not hold it back.
type Agent struct {
	b     *Broker
	vhost *vhost
	user  auth.User
	who   Actor
}

// As returns an agent of who.User; the audit log names who. The error is 404, no such virtual host, or 403 for a user
// that is not there or has no permissions in it.
func (b *Broker) As(who Actor, vhost string) (*Agent, error) {
	v := b.vhost(vhost)
	if v == nil {
		return nil, amqp.NotFound(0, "no vhost '%s'", vhost)
	}
	u, ok := directory{b.state}.User(who.User)
	if !ok {
		return nil, amqp.AccessRefused(0, "access to vhost '%s' refused for user '%s'", vhost, who.User)
	}
	if err := b.authorizer.AuthorizeVhost(u.Name, vhost); err != nil {
		return nil, amqp.AccessRefused(0, "%s", err.Error())
	}
	return &Agent{b: b, vhost: v, user: u, who: who}, nil
}

// on runs f on a channel of a connection that leads nowhere: what would be sent
// is dropped. f has a batch with the time set; what it gathered is flushed after
// f. An error that is not for clients is logged and becomes 541.
func (a *Agent) on(f func(ch *channel) error) error {
	t := a.b.borrow()
	defer a.b.giveBack(t)
	t.who = a.who
	c := &conn{b: a.b, log: a.b.log, name: "management of " + a.user.Name, user: a.user, vhost: a.vhost, batch: t, state: running}
	c.out.closed = true
	c.routes.v = a.vhost
	ch := newChannel(c, 1)
	err := f(ch)
	t.flush()
	c.out.mu.Lock()
	ch.noteLocked(a.vhost)
	c.out.mu.Unlock()
	return a.forClients(err)
}

// forClients makes err an *amqp.Error, or nil.
func (a *Agent) forClients(err error) error {
	var e *amqp.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	}
	a.b.log.Error("internal error in a management action", slog.Any("error", err),
		slog.String("user", a.user.Name), slog.String("vhost", a.vhost.name))
	return amqp.InternalError()
}
