package mgmt

import (
	"net/http"
	"sync"

	"amqpd/broker"
)

// attempts is what DELETE of the counts of logins left behind: the counts of the
// broker only rise, and metrics go on from them.
type attempts struct {
	mu    sync.Mutex
	since map[string]broker.LoginCounts // by protocol, at the latest reset; guarded by mu
}

var attemptShape = shape[broker.LoginCounts]{
	{"protocol", func(l broker.LoginCounts) value { return str(l.Protocol) }},
	{"auth_attempts", func(l broker.LoginCounts) value { return whole(l.Succeeded + l.Failed) }},
	{"auth_attempts_failed", func(l broker.LoginCounts) value { return whole(l.Failed) }},
	{"auth_attempts_succeeded", func(l broker.LoginCounts) value { return whole(l.Succeeded) }},
}

// loginAttempts answers GET /api/auth/attempts/{node}.
func loginAttempts(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	return items(c, attemptShape, c.s.attempts.count(c.s.broker.Logins()))
}

// count takes from rows what was counted before the latest reset.
func (a *attempts) count(rows []broker.LoginCounts) []broker.LoginCounts {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range rows {
		before := a.since[rows[i].Protocol]
		rows[i].Succeeded -= before.Succeeded
		rows[i].Failed -= before.Failed
	}
	return rows
}

// resetLoginAttempts answers DELETE of the same.
func resetLoginAttempts(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	a := &c.s.attempts
	a.mu.Lock()
	defer a.mu.Unlock()
	a.since = map[string]broker.LoginCounts{}
	for _, l := range c.s.broker.Logins() {
		a.since[l.Protocol] = l
	}
	return c.noContent()
}

// attemptSources answers GET and DELETE of .../source: where logins come from is
// in the audit log, and is not counted.
func attemptSources(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	if c.row.method == http.MethodDelete {
		return c.noContent()
	}
	return items(c, attemptShape, []broker.LoginCounts{})
}
