package meta

import "iter"

// The reads of a State are those of its View at that moment. Take one View for
// several that have to fit together.

// Vhosts is [View.Vhosts] now.
func (s *State) Vhosts() iter.Seq[*Vhost] { return s.View().Vhosts() }

// Vhost is [View.Vhost] now.
func (s *State) Vhost(name string) (*Vhost, bool) { return s.View().Vhost(name) }

// Users is [View.Users] now.
func (s *State) Users() iter.Seq[*User] { return s.View().Users() }

// User is [View.User] now.
func (s *State) User(name string) (*User, bool) { return s.View().User(name) }

// Permission is [View.Permission] now.
func (s *State) Permission(user, vhost string) (*Permission, bool) {
	return s.View().Permission(user, vhost)
}

// Permissions is [View.Permissions] now.
func (s *State) Permissions(vhost string) iter.Seq[*Permission] { return s.View().Permissions(vhost) }

// UserPermissions is [View.UserPermissions] now.
func (s *State) UserPermissions(user string) iter.Seq[*Permission] {
	return s.View().UserPermissions(user)
}

// TopicPermission is [View.TopicPermission] now.
func (s *State) TopicPermission(user, vhost, exchange string) (*TopicPermission, bool) {
	return s.View().TopicPermission(user, vhost, exchange)
}

// TopicPermissions is [View.TopicPermissions] now.
func (s *State) TopicPermissions(user, vhost string) iter.Seq[*TopicPermission] {
	return s.View().TopicPermissions(user, vhost)
}

// VhostTopicPermissions is [View.VhostTopicPermissions] now.
func (s *State) VhostTopicPermissions(vhost string) iter.Seq[*TopicPermission] {
	return s.View().VhostTopicPermissions(vhost)
}

// Exchange is [View.Exchange] now.
func (s *State) Exchange(vhost, name string) (*Exchange, bool) { return s.View().Exchange(vhost, name) }

// Exchanges is [View.Exchanges] now.
func (s *State) Exchanges(vhost string) iter.Seq[*Exchange] { return s.View().Exchanges(vhost) }

// ExchangesFrom is [View.ExchangesFrom] now.
func (s *State) ExchangesFrom(vhost, name string) iter.Seq[*Exchange] {
	return s.View().ExchangesFrom(vhost, name)
}

// Queue is [View.Queue] now.
func (s *State) Queue(vhost, name string) (*Queue, bool) { return s.View().Queue(vhost, name) }

// QueueByID is [View.QueueByID] now.
func (s *State) QueueByID(id uint64) (*Queue, bool) { return s.View().QueueByID(id) }

// Queues is [View.Queues] now.
func (s *State) Queues(vhost string) iter.Seq[*Queue] { return s.View().Queues(vhost) }

// QueuesFrom is [View.QueuesFrom] now.
func (s *State) QueuesFrom(vhost, name string) iter.Seq[*Queue] {
	return s.View().QueuesFrom(vhost, name)
}

// QueuesByID is [View.QueuesByID] now.
func (s *State) QueuesByID() iter.Seq[*Queue] { return s.View().QueuesByID() }

// Bindings is [View.Bindings] now.
func (s *State) Bindings(vhost string) iter.Seq[*Binding] { return s.View().Bindings(vhost) }

// BindingsFrom is [View.BindingsFrom] now.
func (s *State) BindingsFrom(vhost, exchange string) iter.Seq[*Binding] {
	return s.View().BindingsFrom(vhost, exchange)
}

// BindingsTo is [View.BindingsTo] now.
func (s *State) BindingsTo(vhost, destinationType, destination string) iter.Seq[*Binding] {
	return s.View().BindingsTo(vhost, destinationType, destination)
}

// Policies is [View.Policies] now.
func (s *State) Policies(vhost string) []Policy { return s.View().Policies(vhost) }

// OperatorPolicies is [View.OperatorPolicies] now.
func (s *State) OperatorPolicies(vhost string) []Policy { return s.View().OperatorPolicies(vhost) }

// Policy is [View.Policy] now.
func (s *State) Policy(vhost, name string) (*Policy, bool) { return s.View().Policy(vhost, name) }

// OperatorPolicy is [View.OperatorPolicy] now.
func (s *State) OperatorPolicy(vhost, name string) (*Policy, bool) {
	return s.View().OperatorPolicy(vhost, name)
}

// Parameters is [View.Parameters] now.
func (s *State) Parameters(vhost string) iter.Seq[*Parameter] { return s.View().Parameters(vhost) }

// Parameter is [View.Parameter] now.
func (s *State) Parameter(vhost, component, name string) (*Parameter, bool) {
	return s.View().Parameter(vhost, component, name)
}

// GlobalParameters is [View.GlobalParameters] now.
func (s *State) GlobalParameters() iter.Seq[*GlobalParameter] { return s.View().GlobalParameters() }

// GlobalParameter is [View.GlobalParameter] now.
func (s *State) GlobalParameter(name string) (*GlobalParameter, bool) {
	return s.View().GlobalParameter(name)
}

// Counts is [View.Counts] now.
func (s *State) Counts() Counts { return s.View().Counts() }

// QueueCount is [View.QueueCount] now.
func (s *State) QueueCount(vhost string) int { return s.View().QueueCount(vhost) }
