package broker

import (
	"slices"

	"amqpd/amqp"
	"amqpd/broker/auth"
	"amqpd/cluster/meta"
	"amqpd/exchange"
)

// The kinds of access, short.
const (
	configure = auth.Configure
	write     = auth.Write
	read      = auth.Read
)

// directory shows the definitions' users and permissions to package auth.
type directory struct{ state *meta.State }

func (d directory) User(name string) (auth.User, bool) {
	u, ok := d.state.View().User(name)
	if !ok {
		return auth.User{}, false
	}
	return auth.User{Name: u.Name, PasswordHash: u.PasswordHash, HashingAlgorithm: u.HashingAlgorithm, Tags: u.Tags}, true
}

func (d directory) Permission(user, vhost string) (auth.Permission, bool) {
	p, ok := d.state.View().Permission(user, vhost)
	if !ok {
		return auth.Permission{}, false
	}
	return auth.Permission{Configure: p.Configure, Write: p.Write, Read: p.Read}, true
}

func (d directory) TopicPermissions(user, vhost string) []auth.TopicPermission {
	var out []auth.TopicPermission
	for p := range d.state.View().TopicPermissions(user, vhost) {
		out = append(out, auth.TopicPermission{Exchange: p.Exchange, Write: p.Write, Read: p.Read})
	}
	return out
}

// authorize decides whether the connection's user may access a resource.
// Permission changes are seen at once: the cache lives as long as an epoch.
func (c *conn) authorize(id amqp.MethodID, access auth.Access, kind, name string) *amqp.Error {
	c.freshPermissions()
	if err := c.allowed.Authorize(c.b.authorizer, c.user.Name, c.vhost.name, access, auth.Kind(kind), name); err != nil {
		return amqp.AccessRefused(id, "%s", err.Error())
	}
	return nil
}

// authorizeTopic decides about a routing or binding key of a topic exchange;
// other exchanges have no such permissions.
func (c *conn) authorizeTopic(id amqp.MethodID, access auth.Access, x exchange.Exchange, key string) *amqp.Error {
	if t, ok := x.RoutesAs(); !ok || t.Name != exchange.Topic {
		return nil
	}
	c.freshPermissions()
	err := c.allowed.AuthorizeTopic(c.b.authorizer, c.user.Name, c.vhost.name, access, x.Name, key)
	if err != nil {
		return amqp.AccessRefused(id, "%s", err.Error())
	}
	return nil
}

// freshPermissions forgets decisions from before the last change.
func (c *conn) freshPermissions() {
	if epoch := c.b.permissionEpoch.Load(); epoch != c.allowedEpoch {
		c.allowed.Clear()
		c.allowedEpoch = epoch
	}
}

// enter admits a connection to a virtual host, in the order of amqp-behaviour
// §1.5, and counts it.
func (b *Broker) enter(c *conn, name string) (*vhost, *amqp.Error) {
	const id = amqp.MethodConnectionOpen
	v := b.vhost(name)
	if v == nil {
		return nil, amqp.NotAllowed(id, "vhost %s not found", name)
	}
	view := b.state.View()
	b.mu.Lock()
	defer b.mu.Unlock()
	if d, ok := view.Vhost(name); ok {
		if limit, limited := d.Limit(meta.MaxConnections); limited && int64(b.count(func(o *conn) bool { return o.entered == v })) >= limit {
			return nil, amqp.NotAllowed(id, "access to vhost '%s' refused for user '%s': connection limit (%d) is reached",
				name, c.user.Name, limit)
		}
	}
	if u, ok := view.User(c.user.Name); ok {
		if limit, limited := u.Limit(meta.MaxConnections); limited && int64(b.count(func(o *conn) bool { return o.enteredAs == u.Name })) >= limit {
			return nil, amqp.NotAllowed(id, "connection refused for user '%s': user connection limit (%d) is reached",
				c.user.Name, limit)
		}
	}
	if err := b.authorizer.AuthorizeVhost(c.user.Name, name); err != nil {
		return nil, amqp.NotAllowed(id, "%s", err.Error())
	}
	c.entered, c.enteredAs = v, c.user.Name
	return v, nil
}

// admitChannel holds the per-user limit of channels (amqp-behaviour §1.10).
func (b *Broker) admitChannel(c *conn) *amqp.Error {
	u, ok := b.state.View().User(c.user.Name)
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.channelsOf[c.user.Name]
	if ok {
		if limit, limited := u.Limit(meta.MaxChannels); limited && int64(n) >= limit {
			return amqp.NotAllowed(0, "number of channels opened for user '%s' has reached the maximum allowed user limit of (%d)",
				c.user.Name, limit)
		}
	}
	b.channelsOf[c.user.Name] = n + 1
	return nil
}

// dismissChannels uncounts closed channels of a connection's user.
func (b *Broker) dismissChannels(c *conn, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.channelsOf[c.user.Name] -= n; b.channelsOf[c.user.Name] == 0 {
		delete(b.channelsOf, c.user.Name)
	}
}

// impersonator tells whether messages may claim another user.
func (c *conn) impersonator() bool {
	return slices.Contains(c.user.Tags, "impersonator")
}
