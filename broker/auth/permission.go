package auth

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"amqpd/policy"
)

// Access is what an operation needs to do with a queue or exchange. Which
// operation needs what is the table of amqp-behaviour §8.
type Access uint8

// The kinds of access.
const (
	Configure Access = iota
	Write
	Read
)

var accessNames = [...]string{Configure: "configure", Write: "write", Read: "read"}

// String is "configure", "write" or "read".
func (a Access) String() string {
	if int(a) >= len(accessNames) {
		return fmt.Sprintf("Access(%d)", uint8(a))
	}
	return accessNames[a]
}

// pattern returns the regular expression of a permission for an access.
func (p Permission) pattern(a Access) string {
	switch a {
	case Configure:
		return p.Configure
	case Write:
		return p.Write
	case Read:
		return p.Read
	}
	return ""
}

// Kind is the kind of a resource, as error texts call it.
type Kind string

// The kinds of resources.
const (
	Exchange Kind = "exchange"
	Queue    Kind = "queue"
)

// defaultExchange is the name under which permissions know the exchange "".
const defaultExchange = "amq.default"

// ErrAccessRefused is what every Refusal wraps.
var ErrAccessRefused = errors.New("access refused")

// Refusal is a lack of permission. The reply code is 403 for resources and
// topics (amqp-behaviour §8) and 530 for a virtual host (§1.5).
type Refusal struct {
	Text string // for the peer, without the code's name
}

// Error is the text.
func (r *Refusal) Error() string { return r.Text }

// Unwrap returns ErrAccessRefused.
func (r *Refusal) Unwrap() error { return ErrAccessRefused }

func refuse(format string, args ...any) error {
	return &Refusal{Text: fmt.Sprintf(format, args...)}
}

// Authorizer decides what users may do. It keeps compiled regular expressions,
// a bounded number of them, and no decisions; for those see Cache. It is safe
// for many goroutines.
type Authorizer struct {
	directory Directory
	patterns  patternCache
}

// NewAuthorizer returns an authorizer of the permissions in directory.
func NewAuthorizer(directory Directory) *Authorizer {
	return &Authorizer{directory: directory}
}

// AuthorizeVhost decides whether a user may enter a virtual host: anyone may
// who has a permission for it, even an empty one. The error is a *Refusal.
func (a *Authorizer) AuthorizeVhost(user, vhost string) error {
	if _, found := a.directory.Permission(user, vhost); !found {
		return refuse("access to vhost '%s' refused for user '%s'", vhost, user)
	}
	return nil
}

// Authorize decides whether a user may access a queue or an exchange, which
// need not exist. The error is a *Refusal.
func (a *Authorizer) Authorize(user, vhost string, access Access, kind Kind, name string) error {
	if kind == Exchange && name == "" {
		name = defaultExchange
	}
	permission, found := a.directory.Permission(user, vhost)
	if !found || !a.patterns.match(permission.pattern(access), name) {
		return refuse("access to %s '%s' in vhost '%s' refused for user '%s'", kind, name, vhost, user)
	}
	return nil
}

// AuthorizeTopic decides whether a user may publish with a routing key to a
// topic exchange (Write), or bind from it with one (Read). Call it for topic
// exchanges only, after Authorize. Without a row for the user and exchange
// everything is allowed. The error is a *Refusal.
func (a *Authorizer) AuthorizeTopic(user, vhost string, access Access, exchange, key string) error {
	for _, row := range a.directory.TopicPermissions(user, vhost) {
		if row.Exchange != exchange {
			continue
		}
		pattern := row.Write
		if access == Read {
			pattern = row.Read
		}
		if a.patterns.match(expand(pattern, user, vhost), key) {
			continue
		}
		return refuse("access to topic '%s' in exchange '%s' in vhost '%s' refused for user '%s'",
			key, exchange, vhost, user)
	}
	return nil
}

// expand puts the user and the virtual host into a topic permission. Their
// names stand for themselves: a user called ".*" gains nothing by it. RabbitMQ
// puts them in as regular expressions.
func expand(pattern, user, vhost string) string {
	if !strings.Contains(pattern, "{") {
		return pattern
	}
	return strings.NewReplacer(
		"{username}", regexp.QuoteMeta(user),
		"{vhost}", regexp.QuoteMeta(vhost),
	).Replace(pattern)
}

// CheckPatterns reports the first regular expression of a permission that does
// not compile, nil if all do. The error is a *policy.PatternError.
func CheckPatterns(patterns ...string) error {
	for _, pattern := range patterns {
		if _, err := policy.CompilePattern(pattern); err != nil {
			return err
		}
	}
	return nil
}

// maxPatterns bounds the compiled regular expressions that are kept. When it
// is reached the cache starts afresh.
const maxPatterns = 4096

// patternCache keeps compiled regular expressions by their text. The zero
// value is empty and ready.
type patternCache struct {
	mu       sync.RWMutex
	patterns map[string]*policy.Pattern // nil for a text that does not compile
}

// match reports whether name matches. The empty expression matches nothing but
// the empty name, one that does not compile nothing at all.
func (c *patternCache) match(pattern, name string) bool {
	switch pattern {
	case "":
		return name == ""
	case ".*":
		return true
	}
	compiled := c.compiled(pattern)
	return compiled != nil && compiled.MatchString(name)
}

func (c *patternCache) compiled(pattern string) *policy.Pattern {
	c.mu.RLock()
	compiled, known := c.patterns[pattern]
	c.mu.RUnlock()
	if known {
		return compiled
	}
	compiled, err := policy.CompilePattern(pattern)
	if err != nil {
		compiled = nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.patterns == nil || len(c.patterns) >= maxPatterns {
		c.patterns = map[string]*policy.Pattern{}
	}
	c.patterns[pattern] = compiled
	return compiled
}
