package mgmt

import (
	"errors"
	"net/http"
	"slices"

	"amqpd/broker/auth"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

var permissionShape = shape[*meta.Permission]{
	{"user", func(p *meta.Permission) value { return str(p.User) }},
	{"vhost", func(p *meta.Permission) value { return str(p.Vhost) }},
	{"configure", func(p *meta.Permission) value { return str(p.Configure) }},
	{"write", func(p *meta.Permission) value { return str(p.Write) }},
	{"read", func(p *meta.Permission) value { return str(p.Read) }},
}

// permissions answers GET /api/permissions.
func permissions(c *call) error {
	rows := []*meta.Permission{}
	for v := range c.view().Vhosts() {
		rows = slices.AppendSeq(rows, c.view().Permissions(v.Name))
	}
	return items(c, permissionShape, rows)
}

// vhostPermissions answers GET /api/vhosts/{vhost}/permissions.
func vhostPermissions(c *call) error {
	v, err := c.vhost()
	if err != nil {
		return err
	}
	return items(c, permissionShape, slices.Collect(c.view().Permissions(v.Name)))
}

// userPermissions answers GET /api/users/{user}/permissions.
func userPermissions(c *call) error {
	u, err := c.userOfPath()
	if err != nil {
		return err
	}
	return items(c, permissionShape, slices.Collect(c.view().UserPermissions(u.Name)))
}

// permission answers GET /api/permissions/{vhost}/{user}.
func permission(c *call) error {
	p, exists := c.view().Permission(c.path("user"), c.path("vhost"))
	if !exists {
		return notFound()
	}
	return single(c, permissionShape, p)
}

// putPermission answers PUT /api/permissions/{vhost}/{user}.
func putPermission(c *call) error {
	b, err := c.bodyWith("configure", "write", "read")
	if err != nil {
		return err
	}
	p := meta.Permission{User: c.path("user"), Vhost: c.path("vhost")}
	if err := c.vhostAndUser(); err != nil {
		return err
	}
	if err := b.permission(&p); err != nil {
		return err
	}
	_, exists := c.view().Permission(p.User, p.Vhost)
	if err := c.apply(meta.PutPermission{Permission: p}); err != nil {
		return err
	}
	return c.created(!exists)
}

// vhostAndUser refuses a permission for somebody or some place that is not
// there.
func (c *call) vhostAndUser() error {
	_, vhost := c.view().Vhost(c.path("vhost"))
	_, user := c.view().User(c.path("user"))
	if !vhost || !user {
		return badRequest("vhost_or_user_not_found")
	}
	return nil
}

// permission fills in the three patterns, which must compile.
func (b body) permission(p *meta.Permission) error {
	if err := b.require("configure", "write", "read"); err != nil {
		return err
	}
	for _, part := range []struct {
		key  string
		into *string
	}{{"configure", &p.Configure}, {"write", &p.Write}, {"read", &p.Read}} {
		if err := b.pattern(part.key, part.into, codes); err != nil {
			return err
		}
	}
	return nil
}

// pattern reads a regular expression. show is how the refusal shows it.
func (b body) pattern(key string, into *string, show func(string) value) (err error) {
	if *into, err = b.mandatoryText(key); err != nil {
		return err
	}
	bad := (*policy.PatternError)(nil)
	if errors.As(auth.CheckPatterns(*into), &bad) {
		return &refusal{http.StatusBadRequest, "bad_request",
			list(str("invalid_regexp"), show(*into), list(codes(bad.Message), whole(bad.Offset)))}
	}
	return nil
}

// codes is a text as RabbitMQ shows some: as the list of its octets
// (management-api §2.3).
func codes(text string) value {
	items := make(array, len(text))
	for i := range len(text) {
		items[i] = whole(text[i])
	}
	return of(items)
}

// deletePermission answers DELETE /api/permissions/{vhost}/{user}.
func deletePermission(c *call) error {
	return c.done(c.apply(meta.DeletePermission{User: c.path("user"), Vhost: c.path("vhost")}))
}
