package auth

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
)

// Errors of Login. All but ErrMalformed and ErrMechanism are answered
// with RefusalText; which one it was goes only to the log
// (amqp-behaviour §1.3).
var (
	// ErrRefused: no such user, or not that user's password.
	ErrRefused = errors.New("invalid credentials")
	// ErrLoopbackOnly: the user may log in from this machine only.
	ErrLoopbackOnly = errors.New("user can only connect via localhost")
	// ErrThrottled: too many logins failed from this address; nothing was
	// checked.
	ErrThrottled = errors.New("too many failed logins from this address")
)

// LoginError is a login that was decided and refused. Its text names the user.
type LoginError struct {
	User string // as the client named itself; there need not be such a user
	Err  error  // ErrRefused, ErrLoopbackOnly or ErrThrottled
}

// Error names the user and the reason.
func (e *LoginError) Error() string { return fmt.Sprintf("user '%s': %v", e.User, e.Err) }

// Unwrap gives the reason.
func (e *LoginError) Unwrap() error { return e.Err }

// RefusalText is the text of the 403 that refuses a login.
func RefusalText(mechanism string) string {
	return "Login was refused using authentication mechanism " + mechanism +
		". For details see the broker logfile."
}

// Attempt is what a client sends to log in, and where it comes from.
type Attempt struct {
	Mechanism string // as chosen by the client
	Response  []byte // of start-ok; borrowed for the call
	// External is the common name in the verified TLS certificate of the peer,
	// "" without one.
	External string
	// Peer is the peer's address. Nil is a peer inside this process, which
	// counts as loopback.
	Peer net.IP
}

// local reports whether the peer is on this machine. What counts is its
// address, not the name by which it called us.
func local(peer net.IP) bool { return peer == nil || peer.IsLoopback() }

// Options of an Authenticator.
type Options struct {
	// LoopbackUsers may log in from loopback only. Nil stands for "guest"
	// alone, an empty list for nobody.
	LoopbackUsers []string
}

// Authenticator decides logins. It remembers passwords that it has verified,
// under a key that only this process knows, so that a slow hash is worked out
// once per user and not once per connection; and it slows down addresses from
// which logins keep failing. Both memories are bounded. It is safe for many
// goroutines.
type Authenticator struct {
	directory Directory
	loopback  []string
	verified  *verifiedLogins
	throttle  *throttle
	slots     chan struct{} // one per slow hash that may run at a time
	hashed    atomic.Int64  // hashes worked out, for tests
}

// NewAuthenticator returns an authenticator of the users in directory.
func NewAuthenticator(directory Directory, options Options) *Authenticator {
	if options.LoopbackUsers == nil {
		options.LoopbackUsers = []string{"guest"}
	}
	return &Authenticator{
		directory: directory,
		loopback:  slices.Clone(options.LoopbackUsers),
		verified:  newVerifiedLogins(),
		throttle:  newThrottle(),
		slots:     make(chan struct{}, hashSlots()),
	}
}

// Login decides an attempt. Errors: ErrMechanism and ErrMalformed, wrapped; a
// *LoginError.
func (a *Authenticator) Login(attempt Attempt) (User, error) {
	claim, err := parseResponse(attempt)
	if err != nil {
		return User{}, err
	}
	return a.decide(claim, attempt.Peer)
}

// LoginPassword decides a login with user and password, as HTTP has it.
// Its error is a *LoginError.
func (a *Authenticator) LoginPassword(name, password string, peer net.IP) (User, error) {
	return a.decide(Credentials{User: name, Password: password}, peer)
}

func (a *Authenticator) decide(claim Credentials, peer net.IP) (User, error) {
	user, found := a.directory.User(claim.User)
	if !claim.Proven {
		if err := a.proveByPassword(user, found, claim.Password, peer); err != nil {
			return User{}, &LoginError{claim.User, err}
		}
	}
	if !found {
		return User{}, &LoginError{claim.User, ErrRefused}
	}
	if !local(peer) && slices.Contains(a.loopback, user.Name) {
		return User{}, &LoginError{claim.User, ErrLoopbackOnly}
	}
	return user, nil
}

func (a *Authenticator) proveByPassword(user User, found bool, password string, peer net.IP) error {
	if a.verified.has(user, password) {
		return nil
	}
	if a.throttle.blocked(peer) {
		return ErrThrottled
	}
	if !a.verify(user, found, password) {
		a.throttle.failed(peer)
		return ErrRefused
	}
	a.throttle.succeeded(peer)
	return nil
}

// verify works out the hash of a password. Only so many run at a time: 2,000
// connections of one user that come back at once find, when their turn comes,
// that the first has done the work.
func (a *Authenticator) verify(user User, found bool, password string) bool {
	a.slots <- struct{}{}
	defer func() { <-a.slots }()
	if a.verified.has(user, password) {
		return true
	}
	a.hashed.Add(1)
	if !found {
		// As much work as for a user there is, so that the time does not tell
		// which names exist.
		VerifyPassword(nobody(), password)
		return false
	}
	if !VerifyPassword(user, password) {
		return false
	}
	a.verified.add(user, password)
	return true
}
