package meta

import (
	"cmp"
	"slices"
)

// Limit bounds what a virtual host or a user may have.
type Limit struct {
	Name  string // one of the names below
	Value int64  // negative: no limit
}

// Names of limits (management-api §15).
const (
	MaxConnections = "max-connections" // of a virtual host or a user
	MaxQueues      = "max-queues"      // of a virtual host; the machine holds to it
	MaxChannels    = "max-channels"    // of a user
)

// PutVhostLimit sets one limit of a virtual host. ErrNotFound. A max-queues
// below the number of queues there are removes none.
type PutVhostLimit struct {
	Vhost string
	Limit Limit
}

// DeleteVhostLimit clears one limit of a virtual host, or with Name "" all of
// them. ErrNotFound for the virtual host; a limit that was not set is no error.
type DeleteVhostLimit struct{ Vhost, Name string }

// PutUserLimit sets one limit of a user. ErrNotFound.
type PutUserLimit struct {
	User  string
	Limit Limit
}

// DeleteUserLimit clears one limit of a user, or with Name "" all of them.
// ErrNotFound for the user; a limit that was not set is no error.
type DeleteUserLimit struct{ User, Name string }

func (l *Limit) code(c *coder) {
	c.name(&l.Name)
	c.int64(&l.Value)
}

func (c PutVhostLimit) code(k *coder) Command {
	k.str(&c.Vhost)
	c.Limit.code(k)
	return c
}

func (c DeleteVhostLimit) code(k *coder) Command {
	k.str(&c.Vhost)
	k.str(&c.Name)
	return c
}

func (c PutUserLimit) code(k *coder) Command {
	k.str(&c.User)
	c.Limit.code(k)
	return c
}

func (c DeleteUserLimit) code(k *coder) Command {
	k.str(&c.User)
	k.str(&c.Name)
	return c
}

func (c PutVhostLimit) apply(t *txn) error {
	return t.changeVhostLimits(c.Vhost, func(old []Limit) []Limit { return withLimit(old, c.Limit) })
}

func (c DeleteVhostLimit) apply(t *txn) error {
	return t.changeVhostLimits(c.Vhost, func(old []Limit) []Limit { return withoutLimit(old, c.Name) })
}

func (c PutUserLimit) apply(t *txn) error {
	return t.changeUserLimits(c.User, func(old []Limit) []Limit { return withLimit(old, c.Limit) })
}

func (c DeleteUserLimit) apply(t *txn) error {
	return t.changeUserLimits(c.User, func(old []Limit) []Limit { return withoutLimit(old, c.Name) })
}

func (t *txn) changeVhostLimits(vhost string, change func([]Limit) []Limit) error {
	v, ok := t.vhost(vhost)
	if !ok {
		return noVhost(vhost)
	}
	info := *v.info
	info.Limits = change(info.Limits)
	v.info = &info
	t.store(vhostKey(info.Name), &info)
	return nil
}

func (t *txn) changeUserLimits(user string, change func([]Limit) []Limit) error {
	old, ok := t.next.users.get(user)
	if !ok {
		return noUser(user)
	}
	changed := *old
	changed.Limits = change(old.Limits)
	t.putUser(&changed)
	return nil
}

func limitInForce(limits []Limit, name string) (int64, bool) {
	for _, l := range limits {
		if l.Name == name {
			return l.Value, l.Value >= 0
		}
	}
	return 0, false
}

// withLimit is a copy of limits with l in it, in the order of names.
func withLimit(limits []Limit, l Limit) []Limit {
	with := withoutLimit(limits, l.Name)
	at, _ := slices.BinarySearchFunc(with, l, func(a, b Limit) int { return cmp.Compare(a.Name, b.Name) })
	return slices.Insert(with, at, l)
}

// withoutLimit is a copy of limits without the one of that name, or nil for "".
func withoutLimit(limits []Limit, name string) []Limit {
	if name == "" {
		return nil
	}
	var without []Limit
	for _, l := range limits {
		if l.Name != name {
			without = append(without, l)
		}
	}
	return without
}
