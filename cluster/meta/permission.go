package meta

// Permission is what a user may do in a virtual host: three patterns for the
// names of queues and exchanges (amqp-behaviour §8).
type Permission struct {
	User, Vhost            string
	Configure, Write, Read string
}

func (p *Permission) code(c *coder) {
	c.str(&p.User)
	c.name(&p.Vhost)
	c.str(&p.Configure)
	c.str(&p.Write)
	c.str(&p.Read)
}

// TopicPermission narrows what a user may do with one topic exchange: two
// patterns for routing and binding keys (amqp-behaviour §8). The exchange need
// not exist.
type TopicPermission struct {
	User, Vhost, Exchange string
	Write, Read           string
}

func (p *TopicPermission) code(c *coder) {
	c.str(&p.User)
	c.name(&p.Vhost)
	c.str(&p.Exchange)
	c.str(&p.Write)
	c.str(&p.Read)
}

func lessTopicPermission(a, b *TopicPermission) bool {
	if a.User != b.User {
		return a.User < b.User
	}
	return a.Exchange < b.Exchange
}

// PutPermission grants or replaces. ErrNotFound for the virtual host or the
// user, in this order.
type PutPermission struct{ Permission Permission }

// DeletePermission revokes. ErrNotFound. Topic permissions stay.
type DeletePermission struct{ User, Vhost string }

// PutTopicPermission grants or replaces. ErrNotFound for the virtual host or
// the user, in this order.
type PutTopicPermission struct{ Permission TopicPermission }

// DeleteTopicPermission revokes the topic permission of a user for one
// exchange, or with All for every exchange of the virtual host. ErrNotFound
// when there was none.
type DeleteTopicPermission struct {
	User, Vhost, Exchange string
	All                   bool
}

func (c PutPermission) code(k *coder) Command      { c.Permission.code(k); return c }
func (c PutTopicPermission) code(k *coder) Command { c.Permission.code(k); return c }

func (c DeletePermission) code(k *coder) Command {
	k.str(&c.User)
	k.str(&c.Vhost)
	return c
}

func (c DeleteTopicPermission) code(k *coder) Command {
	k.str(&c.User)
	k.str(&c.Vhost)
	k.str(&c.Exchange)
	k.boolean(&c.All)
	return c
}

func (c PutPermission) apply(t *txn) error {
	p := c.Permission
	v, err := t.vhostAndUser(p.Vhost, p.User)
	if err != nil {
		return err
	}
	t.result.Created = !v.permissions.put(t.owner, p.User, &p)
	t.store(permissionKey(&p), &p)
	return nil
}

func (c DeletePermission) apply(t *txn) error {
	v, ok := t.vhost(c.Vhost)
	if !ok {
		return noVhost(c.Vhost)
	}
	p, ok := v.permissions.get(c.User)
	if !ok {
		return &Error{Err: ErrNotFound, Kind: "permission", Vhost: c.Vhost, Name: c.User}
	}
	v.permissions.remove(t.owner, c.User)
	t.forget(permissionKey(p))
	return nil
}

func (c PutTopicPermission) apply(t *txn) error {
	p := c.Permission
	v, err := t.vhostAndUser(p.Vhost, p.User)
	if err != nil {
		return err
	}
	t.result.Created = !v.topicPermissions.put(t.owner, &p)
	t.store(topicPermissionKey(&p), &p)
	return nil
}

func (c DeleteTopicPermission) apply(t *txn) error {
	v, ok := t.vhost(c.Vhost)
	if !ok {
		return noVhost(c.Vhost)
	}
	var gone []*TopicPermission
	for p := range v.topicPermissionsOf(c.User) {
		if c.All || p.Exchange == c.Exchange {
			gone = append(gone, p)
		}
	}
	if len(gone) == 0 {
		return &Error{Err: ErrNotFound, Kind: "topic permission", Vhost: c.Vhost, Name: c.User}
	}
	t.dropTopicPermissions(v, gone)
	return nil
}

func (t *txn) dropTopicPermissions(v *vhostState, gone []*TopicPermission) {
	for _, p := range gone {
		v.topicPermissions.remove(t.owner, p)
		t.forget(topicPermissionKey(p))
	}
}

// concerns says whether the virtual host holds permissions of a user.
func (v *vhostState) concerns(user string) bool {
	if _, ok := v.permissions.get(user); ok {
		return true
	}
	for range v.topicPermissionsOf(user) {
		return true
	}
	return false
}

// revoke removes all permissions of a user in one virtual host.
func (t *txn) revoke(v *vhostState, user string) {
	if p, ok := v.permissions.get(user); ok {
		v.permissions.remove(t.owner, user)
		t.forget(permissionKey(p))
	}
	var gone []*TopicPermission
	for p := range v.topicPermissionsOf(user) {
		gone = append(gone, p)
	}
	t.dropTopicPermissions(v, gone)
}

func (t *txn) vhostAndUser(vhost, user string) (*vhostState, error) {
	v, ok := t.vhost(vhost)
	if !ok {
		return nil, noVhost(vhost)
	}
	if _, ok := t.next.users.get(user); !ok {
		return nil, noUser(user)
	}
	return v, nil
}
