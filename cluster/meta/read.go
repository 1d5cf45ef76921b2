package meta

import "iter"

// Vhosts walks the virtual hosts by name.
func (v *View) Vhosts() iter.Seq[*Vhost] {
	return func(yield func(*Vhost) bool) {
		for vhost := range v.vhosts.all() {
			if !yield(vhost.info) {
				return
			}
		}
	}
}

// Vhost gives a virtual host and whether it is there.
func (v *View) Vhost(name string) (*Vhost, bool) {
	if vhost, ok := v.vhosts.get(name); ok {
		return vhost.info, true
	}
	return nil, false
}

// Users walks the users by name.
func (v *View) Users() iter.Seq[*User] { return v.users.all() }

// User gives a user and whether it is there.
func (v *View) User(name string) (*User, bool) { return v.users.get(name) }

// Permission gives what a user may do in a virtual host, and whether it may do
// anything there.
func (v *View) Permission(user, vhost string) (*Permission, bool) {
	if vhost, ok := v.vhosts.get(vhost); ok {
		return vhost.permissions.get(user)
	}
	return nil, false
}

// Permissions walks the permissions of a virtual host by user.
func (v *View) Permissions(vhost string) iter.Seq[*Permission] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*Permission] { return vhost.permissions.all() })
}

// UserPermissions walks the permissions of a user by virtual host.
func (v *View) UserPermissions(user string) iter.Seq[*Permission] {
	return func(yield func(*Permission) bool) {
		for vhost := range v.vhosts.all() {
			if p, ok := vhost.permissions.get(user); ok && !yield(p) {
				return
			}
		}
	}
}

// TopicPermission gives the topic permission of a user for an exchange, and
// whether there is one; without one everything is allowed (amqp-behaviour §8).
func (v *View) TopicPermission(user, vhost, exchange string) (*TopicPermission, bool) {
	if vhost, ok := v.vhosts.get(vhost); ok {
		return vhost.topicPermissions.items.Get(&TopicPermission{User: user, Exchange: exchange})
	}
	return nil, false
}

// TopicPermissions walks the topic permissions of a user in a virtual host by
// exchange.
func (v *View) TopicPermissions(user, vhost string) iter.Seq[*TopicPermission] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*TopicPermission] {
		return vhost.topicPermissionsOf(user)
	})
}

// VhostTopicPermissions walks the topic permissions of all users in a virtual
// host by user and exchange.
func (v *View) VhostTopicPermissions(vhost string) iter.Seq[*TopicPermission] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*TopicPermission] {
		return vhost.topicPermissions.all()
	})
}

// Exchange gives an exchange, "" for the default one, and whether it is there.
func (v *View) Exchange(vhost, name string) (*Exchange, bool) {
	if vhost, ok := v.vhosts.get(vhost); ok {
		return vhost.exchanges.get(name)
	}
	return nil, false
}

// Exchanges walks the exchanges of a virtual host by name, the predeclared ones
// included.
func (v *View) Exchanges(vhost string) iter.Seq[*Exchange] { return v.ExchangesFrom(vhost, "") }

// ExchangesFrom is Exchanges from the first name on that is not before name:
// the next page begins there.
func (v *View) ExchangesFrom(vhost, name string) iter.Seq[*Exchange] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*Exchange] { return vhost.exchanges.from(name) })
}

// Queue gives a queue and whether it is there.
func (v *View) Queue(vhost, name string) (*Queue, bool) {
	if vhost, ok := v.vhosts.get(vhost); ok {
		return vhost.queues.get(name)
	}
	return nil, false
}

// QueueByID gives the queue with an identity, and whether it is still there.
func (v *View) QueueByID(id uint64) (*Queue, bool) {
	e, ok := v.queuesByID.items.Get(idEntry{id: id})
	return e.queue, ok
}

// Queues walks the queues of a virtual host by name.
func (v *View) Queues(vhost string) iter.Seq[*Queue] { return v.QueuesFrom(vhost, "") }

// QueuesFrom is Queues from the first name on that is not before name: the next
// page begins there.
func (v *View) QueuesFrom(vhost, name string) iter.Seq[*Queue] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*Queue] { return vhost.queues.from(name) })
}

// QueuesByID walks the queues of all virtual hosts in the order in which they
// were declared.
func (v *View) QueuesByID() iter.Seq[*Queue] {
	return func(yield func(*Queue) bool) {
		for e := range v.queuesByID.all() {
			if !yield(e.queue) {
				return
			}
		}
	}
}

// Bindings walks the bindings of a virtual host by source, destination type,
// destination, key. The implicit ones of the default exchange are not among
// them, here and below.
func (v *View) Bindings(vhost string) iter.Seq[*Binding] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*Binding] { return vhost.bySource.all() })
}

// BindingsFrom walks the bindings from an exchange by destination type,
// destination, key.
func (v *View) BindingsFrom(vhost, exchange string) iter.Seq[*Binding] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*Binding] { return vhost.bindingsFrom(exchange) })
}

// BindingsTo walks the bindings to a destination by source, key. The
// destination type is "queue" or "exchange".
func (v *View) BindingsTo(vhost, destinationType, destination string) iter.Seq[*Binding] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*Binding] {
		return vhost.bindingsTo(destinationType, destination)
	})
}

// Policies gives the policies of a virtual host in the order in which the first
// match wins: by falling priority, of equals the later name first. The list is
// read only; it is what policy.NewMatcher takes.
func (v *View) Policies(vhost string) []Policy { return v.policies(vhost, false) }

// OperatorPolicies gives the operator policies in the order of Policies.
func (v *View) OperatorPolicies(vhost string) []Policy { return v.policies(vhost, true) }

// Policy gives a policy by name, and whether it is there.
func (v *View) Policy(vhost, name string) (*Policy, bool) {
	return findPolicy(v.policies(vhost, false), name)
}

// OperatorPolicy gives an operator policy by name, and whether it is there.
func (v *View) OperatorPolicy(vhost, name string) (*Policy, bool) {
	return findPolicy(v.policies(vhost, true), name)
}

func (v *View) policies(vhost string, operator bool) []Policy {
	if vhost, ok := v.vhosts.get(vhost); ok {
		return *vhost.policyList(operator)
	}
	return nil
}

// Parameters walks the parameters of a virtual host by component and name.
func (v *View) Parameters(vhost string) iter.Seq[*Parameter] {
	return in(v, vhost, func(vhost *vhostState) iter.Seq[*Parameter] { return vhost.parameters.all() })
}

// Parameter gives a parameter and whether it is set.
func (v *View) Parameter(vhost, component, name string) (*Parameter, bool) {
	if vhost, ok := v.vhosts.get(vhost); ok {
		return vhost.parameters.items.Get(&Parameter{Component: component, Name: name})
	}
	return nil, false
}

// GlobalParameters walks the global parameters by name.
func (v *View) GlobalParameters() iter.Seq[*GlobalParameter] { return v.globals.all() }

// GlobalParameter gives a global parameter and whether it is set.
func (v *View) GlobalParameter(name string) (*GlobalParameter, bool) { return v.globals.get(name) }

// Counts is how many objects there are.
type Counts struct{ Vhosts, Users, Exchanges, Queues, Bindings int }

// Counts counts all objects, the predeclared exchanges included, in a time that
// depends on the number of virtual hosts alone.
func (v *View) Counts() Counts {
	n := Counts{Vhosts: v.vhosts.len(), Users: v.users.len(), Queues: v.queuesByID.items.Len()}
	for vhost := range v.vhosts.all() {
		n.Exchanges += vhost.exchanges.len()
		n.Bindings += vhost.bySource.items.Len()
	}
	return n
}

// QueueCount is how many queues a virtual host has.
func (v *View) QueueCount(vhost string) int {
	if vhost, ok := v.vhosts.get(vhost); ok {
		return vhost.queues.len()
	}
	return 0
}

// in walks something of a virtual host, or nothing when that is not there.
func in[T any](v *View, vhost string, walk func(*vhostState) iter.Seq[T]) iter.Seq[T] {
	if vhost, ok := v.vhosts.get(vhost); ok {
		return walk(vhost)
	}
	return func(func(T) bool) {}
}

func (v *vhostState) topicPermissionsOf(user string) iter.Seq[*TopicPermission] {
	return func(yield func(*TopicPermission) bool) {
		for p := range v.topicPermissions.from(&TopicPermission{User: user}) {
			if p.User != user || !yield(p) {
				return
			}
		}
	}
}

// ExchangeCount counts the exchanges of a virtual host, the predeclared ones
// included.
func (v *View) ExchangeCount(vhost string) int {
	if host, ok := v.vhosts.get(vhost); ok {
		return host.exchanges.len()
	}
	return 0
}
