package mgmt

import (
	"net/http"

	"amqpd/broker"
)

// audited writes an audit line about something that the caller did. Changes of
// definitions and of queues need none: the broker tells of those.
func (c *call) audited(action, vhost, object, detail string) {
	c.s.broker.Audit(broker.AuditEvent{Actor: c.actor(), Action: action, Vhost: vhost, Object: object, Detail: detail})
}

// auditRefusal tells of what somebody who is known wanted to change, or to export,
// and may not. What only looks is not told of: consoles ask every few seconds.
func (c *call) auditRefusal(r *refusal) {
	if r.status != http.StatusUnauthorized || c.user.Name == "" || !c.changes() && c.row.media&queryLogin == 0 {
		return
	}
	reason := "Access refused."
	if r.reason.kind == kindText {
		reason = r.reason.s
	}
	e := broker.AuditEvent{Actor: c.actor(), Action: "http.request", Object: c.row.path, Detail: c.r.Method, Refused: reason}
	if c.has("vhost") {
		e.Vhost = c.path("vhost")
	}
	c.s.broker.Audit(e)
}

// changes tells whether the request may change something.
func (c *call) changes() bool {
	return c.r.Method != http.MethodGet && c.r.Method != http.MethodHead && c.r.Method != http.MethodOptions
}
