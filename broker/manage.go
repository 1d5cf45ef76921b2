package broker

import (
	"net"

	"amqpd/broker/auth"
	"amqpd/cluster/meta"
)

// What the management API needs besides the figures: who asks, whether they
// may, and the definitions.

// NodeName is the node's name, as in "amqpd@host".
func (b *Broker) NodeName() string { return b.o.NodeName }

// ClusterName is the cluster's name as an operator set it, else the node's.
func (b *Broker) ClusterName() string { return b.clusterName() }

// Definitions is everything that is defined, as it is now; see meta.View on how
// long to hold it. Broker.Apply changes it.
func (b *Broker) Definitions() *meta.View { return b.state.View() }

// Login decides a login by password that did not come over AMQP. Passwords that
// were verified are remembered, addresses from which logins keep failing are
// slowed down. A nil peer counts as this machine. Errors: auth.ErrRefused,
// auth.ErrLoopbackOnly, auth.ErrThrottled, wrapped.
func (b *Broker) Login(user, password string, peer net.IP) (auth.User, error) {
	u, err := b.auth.LoginPassword(user, password, peer)
	b.logins.http.note(err)
	return u, err
}

// HashPassword hashes a password in the way named or, where that is "", in the
// node's (Options.PasswordHashing), and gives what the user's hashing_algorithm
// and password_hash are then. Errors: auth.ErrUnknownHashing, auth.ErrImportOnly,
// wrapped.
func (b *Broker) HashPassword(hashing, password string) (algorithm, hash string, err error) {
	return auth.HashPassword(or(hashing, b.o.PasswordHashing), password)
}

// KnownExchangeType tells whether exchanges of a type can work here.
func (b *Broker) KnownExchangeType(name string) bool { return knownExchangeType(name) }
