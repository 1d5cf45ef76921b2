package mgmt

import (
	"errors"
	"strings"

	"amqpd/cluster/meta"
	"amqpd/policy"
)

// limitsObject shows limits, {} when there are none.
func limitsObject(limits []meta.Limit) object {
	o := object{}
	for _, l := range limits {
		o = append(o, m(l.Name, whole(l.Value)))
	}
	return o
}

// vhostLimits answers GET /api/vhost-limits and, for one virtual host, with its
// name behind it.
func vhostLimits(c *call) error {
	vhosts, err := c.visibleVhosts()
	if err != nil {
		return err
	}
	rows := []*meta.Vhost{}
	for _, v := range vhosts {
		if len(v.Limits) > 0 {
			rows = append(rows, v)
		}
	}
	return items(c, shape[*meta.Vhost]{
		{"vhost", func(v *meta.Vhost) value { return str(v.Name) }},
		{"value", func(v *meta.Vhost) value { return of(limitsObject(v.Limits)) }},
	}, rows)
}

// putVhostLimit answers PUT /api/vhost-limits/{vhost}/{name}.
func putVhostLimit(c *call) error {
	raw, err := c.limitBody()
	if err != nil {
		return err
	}
	if _, exists := c.view().Vhost(c.path("vhost")); !exists {
		return noVhost()
	}
	if err := policy.ValidateLimits(policy.VhostLimits, raw); err != nil {
		return unescaped(err)
	}
	n, _ := policy.Normalise(raw[c.path("name")]).(int64)
	return c.done(c.apply(meta.PutVhostLimit{Vhost: c.path("vhost"), Limit: meta.Limit{Name: c.path("name"), Value: n}}))
}

// limitBody reads {"value":...} as a set of the one limit that the path names.
func (c *call) limitBody() (map[string]any, error) {
	b, err := c.bodyWith("value")
	if err != nil {
		return nil, err
	}
	v, err := decodeAny(b["value"])
	if err != nil {
		return nil, err
	}
	return map[string]any{c.path("name"): v}, nil
}

// deleteVhostLimit answers DELETE /api/vhost-limits/{vhost}/{name}, with 204
// also for a limit that was never set.
func deleteVhostLimit(c *call) error {
	return c.done(c.apply(meta.DeleteVhostLimit{Vhost: c.path("vhost"), Name: c.path("name")}))
}

// userLimits answers GET /api/user-limits and, for one user, with the name
// behind it.
func userLimits(c *call) error {
	rows := []*meta.User{}
	for u := range c.view().Users() {
		if len(u.Limits) > 0 && (!c.has("user") || u.Name == c.path("user")) {
			rows = append(rows, u)
		}
	}
	if c.has("user") {
		if _, err := c.userOfPath(); err != nil {
			return err
		}
	}
	return items(c, shape[*meta.User]{
		{"user", func(u *meta.User) value { return str(u.Name) }},
		{"value", func(u *meta.User) value { return of(limitsObject(u.Limits)) }},
	}, rows)
}

// checkUserLimits refuses limits that are no good, without the words that go
// before such a text elsewhere (management-api §15).
func checkUserLimits(limits map[string]any) error {
	var bad *policy.InvalidError
	if errors.As(policy.ValidateLimits(policy.UserLimits, limits), &bad) {
		return badRequest("%s", strings.Join(bad.Faults, "\n"))
	}
	return nil
}

// putUserLimit answers PUT /api/user-limits/{user}/{name}.
func putUserLimit(c *call) error {
	raw, err := c.limitBody()
	if err != nil {
		return err
	}
	if _, err := c.userOfPath(); err != nil {
		return badValue("no_such_user", c.path("user"))
	}
	if err := checkUserLimits(raw); err != nil {
		return err
	}
	n, _ := policy.Normalise(raw[c.path("name")]).(int64)
	return c.done(c.apply(meta.PutUserLimit{User: c.path("user"), Limit: meta.Limit{Name: c.path("name"), Value: n}}))
}

// deleteUserLimit answers DELETE /api/user-limits/{user}/{name}; the name all
// stands for every limit.
func deleteUserLimit(c *call) error {
	name := c.path("name")
	if name == "all" {
		name = ""
	}
	return c.done(c.apply(meta.DeleteUserLimit{User: c.path("user"), Name: name}))
}
