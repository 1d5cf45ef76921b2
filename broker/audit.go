package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"amqpd/broker/auth"
	"amqpd/cluster/meta"
)

// Actor is who asks for something, for the audit log.
type Actor struct {
	User string // "" while nobody is logged in, and for the node itself
	Peer string // address and port; "" for the node itself
	Via  string // "amqp", "http", or "node" for what happens by itself
}

// itself is the actor of what the node does on its own: what expires, what a
// definitions file says at start.
var itself = Actor{Via: "node"}

// AuditEvent is one line of the audit log. None of its fields may hold a
// password, a hash of one, or a value that may hold one.
type AuditEvent struct {
	Actor   Actor
	Action  string // "queue.delete", "login", ...
	Vhost   string // "" where it concerns none
	Object  string // the name of what it concerns
	Detail  string // what else matters; cut at auditDetail
	Refused string // why it was refused; "" it was done
}

// auditDetail bounds the detail of a line, octets: a policy may be large.
const auditDetail = 1024

// Audit writes one line to the audit log (Options.Audit). Every line has the
// same fields, whether they say something or not. Safe from any goroutine.
func (b *Broker) Audit(e AuditEvent) { b.audit(slog.LevelInfo, e) }

func (b *Broker) audit(level slog.Level, e AuditEvent) {
	outcome := "done"
	if e.Refused != "" {
		outcome = "refused"
	}
	if len(e.Detail) > auditDetail {
		e.Detail = e.Detail[:auditDetail] + "..."
	}
	b.o.Audit.LogAttrs(context.Background(), level, "audit",
		slog.String("action", e.Action), slog.String("outcome", outcome),
		slog.String("user", e.Actor.User), slog.String("peer", e.Actor.Peer), slog.String("via", e.Actor.Via),
		slog.String("vhost", e.Vhost), slog.String("object", e.Object),
		slog.String("detail", e.Detail), slog.String("reason", e.Refused))
}

// auditChange tells of a change of definitions that was carried out. What does
// not survive a restart is told at debug: clients make and drop reply queues by
// the thousand.
func (b *Broker) auditChange(who Actor, c meta.Command, r *meta.Result) {
	level, changed := auditLevel(r)
	if !changed || !b.o.Audit.Enabled(context.Background(), level) {
		return
	}
	for _, c := range singly(c) {
		d := meta.Describe(c)
		b.audit(level, AuditEvent{Actor: who, Action: d.Action, Vhost: d.Vhost, Object: d.Object, Detail: d.Detail})
	}
}

// auditLevel is info for a change that is stored, debug for one of transient
// objects alone; changed is false where everything was as it was wanted.
func auditLevel(r *meta.Result) (level slog.Level, changed bool) {
	objects, durable := 0, 0
	for _, o := range []*meta.Objects{&r.Added, &r.Removed} {
		objects += len(o.Exchanges) + len(o.Queues) + len(o.Bindings)
		durable += len(o.Vhosts) + len(o.Users)
		for _, x := range o.Exchanges {
			durable += oneIf(x.Durable)
		}
		for _, q := range o.Queues {
			durable += oneIf(q.Durable)
		}
		for _, k := range o.Bindings {
			durable += oneIf(k.Durable())
		}
	}
	switch {
	case durable > 0:
		return slog.LevelInfo, true
	case objects > 0:
		return slog.LevelDebug, true
	}
	return slog.LevelInfo, len(r.Changes) > 0
}

// oneIf is 1 for yes.
func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// AuditRefusedLogin tells of a login that was refused with err. who has no user
// yet; the name that was claimed is taken from err, which never holds a password.
func (b *Broker) AuditRefusedLogin(who Actor, detail string, err error) {
	e := AuditEvent{Actor: who, Action: "login", Detail: detail, Refused: err.Error()}
	var refused *auth.LoginError
	if errors.As(err, &refused) {
		e.Actor.User, e.Object, e.Refused = refused.User, refused.User, refused.Err.Error()
	}
	b.Audit(e)
}

// auditPurge tells that n messages of q were dropped. Those of a queue that
// does not survive a restart are told of at debug.
func (b *Broker) auditPurge(who Actor, q *localQueue, n int) {
	level := slog.LevelDebug
	if q.durable {
		level = slog.LevelInfo
	}
	b.audit(level, AuditEvent{
		Actor: who, Action: "queue.purge", Vhost: q.vhost.name, Object: q.name, Detail: fmt.Sprintf("messages=%d", n),
	})
}

// actor is who a connection acts for.
func (c *conn) actor() Actor {
	return Actor{User: c.user.Name, Peer: c.nc.RemoteAddr().String(), Via: "amqp"}
}
