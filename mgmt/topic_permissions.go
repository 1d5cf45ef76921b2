package mgmt

import (
	"slices"

	"amqpd/cluster/meta"
)

var topicPermissionShape = shape[*meta.TopicPermission]{
	{"user", func(p *meta.TopicPermission) value { return str(p.User) }},
	{"vhost", func(p *meta.TopicPermission) value { return str(p.Vhost) }},
	{"exchange", func(p *meta.TopicPermission) value { return str(p.Exchange) }},
	{"write", func(p *meta.TopicPermission) value { return str(p.Write) }},
	{"read", func(p *meta.TopicPermission) value { return str(p.Read) }},
}

// topicPermissions answers GET /api/topic-permissions.
func topicPermissions(c *call) error {
	rows := []*meta.TopicPermission{}
	for v := range c.view().Vhosts() {
		rows = slices.AppendSeq(rows, c.view().VhostTopicPermissions(v.Name))
	}
	return items(c, topicPermissionShape, rows)
}

// vhostTopicPermissions answers GET /api/vhosts/{vhost}/topic-permissions.
func vhostTopicPermissions(c *call) error {
	v, err := c.vhost()
	if err != nil {
		return err
	}
	return items(c, topicPermissionShape, slices.Collect(c.view().VhostTopicPermissions(v.Name)))
}

// userTopicPermissions answers GET /api/users/{user}/topic-permissions.
func userTopicPermissions(c *call) error {
	u, err := c.userOfPath()
	if err != nil {
		return err
	}
	rows := []*meta.TopicPermission{}
	for v := range c.view().Vhosts() {
		rows = slices.AppendSeq(rows, c.view().TopicPermissions(u.Name, v.Name))
	}
	return items(c, topicPermissionShape, rows)
}

// topicPermission answers GET /api/topic-permissions/{vhost}/{user} and the same
// with an exchange behind it, which changes nothing (management-api §6.2).
func topicPermission(c *call) error {
	rows := slices.Collect(c.view().TopicPermissions(c.path("user"), c.path("vhost")))
	if len(rows) == 0 {
		return notFound()
	}
	return items(c, topicPermissionShape, rows)
}

// putTopicPermission answers PUT /api/topic-permissions/{vhost}/{user}. The
// exchange need not exist.
func putTopicPermission(c *call) error {
	b, err := c.bodyWith("exchange", "write", "read")
	if err != nil {
		return err
	}
	if err := c.vhostAndUser(); err != nil {
		return err
	}
	p := meta.TopicPermission{User: c.path("user"), Vhost: c.path("vhost")}
	if p.Exchange, err = b.mandatoryText("exchange"); err != nil {
		return err
	}
	if err := b.pattern("write", &p.Write, str); err != nil {
		return err
	}
	if err := b.pattern("read", &p.Read, str); err != nil {
		return err
	}
	_, exists := c.view().TopicPermission(p.User, p.Vhost, p.Exchange)
	if err := c.apply(meta.PutTopicPermission{Permission: p}); err != nil {
		return err
	}
	return c.created(!exists)
}

// deleteTopicPermissions answers DELETE /api/topic-permissions/{vhost}/{user}.
func deleteTopicPermissions(c *call) error {
	return c.done(c.apply(meta.DeleteTopicPermission{User: c.path("user"), Vhost: c.path("vhost"), All: true}))
}

// deleteTopicPermission answers the same for one exchange: 404 only where the
// user has no topic permission at all.
func deleteTopicPermission(c *call) error {
	user, vhost := c.path("user"), c.path("vhost")
	for range c.view().TopicPermissions(user, vhost) {
		if _, exists := c.view().TopicPermission(user, vhost, c.exchange("exchange")); !exists {
			return c.noContent()
		}
		return c.done(c.apply(meta.DeleteTopicPermission{User: user, Vhost: vhost, Exchange: c.exchange("exchange")}))
	}
	return notFound()
}
