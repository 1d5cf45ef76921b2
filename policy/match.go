package policy

import (
	"cmp"
	"slices"
	"strings"
)

// Target is what a policy may be applied to: a kind of queue, or exchanges.
type Target uint8

// The targets. Those of queues have the numbers of their kinds.
const (
	TargetClassic  = Target(Classic)
	TargetQuorum   = Target(Quorum)
	TargetStream   = Target(Stream)
	TargetExchange = Target(kinds)
)

// Target returns the target that queues of kind k are.
func (k Kind) Target() Target { return Target(k) }

// targetSet is a set of targets, a bit each.
type targetSet uint8

func targetsOf(targets ...Target) (set targetSet) {
	for _, t := range targets {
		set |= 1 << t
	}
	return set
}

func (s targetSet) has(t Target) bool { return s>>t&1 != 0 }

// Matcher finds the policy that applies to a name. It is built from all
// policies, or all operator policies, of one virtual host and never changes,
// so that any number of goroutines may use it.
type Matcher struct {
	candidates []candidate // the one that wins first
}

type candidate struct {
	policy  Policy
	pattern *Pattern
	targets targetSet
}

// NewMatcher compiles policies. The order in which they are given does not
// count: higher priority wins, then the later name in octet order. Policies
// whose pattern or apply-to is invalid match nothing (amqp-behaviour §9.1).
func NewMatcher(policies []Policy) *Matcher {
	m := &Matcher{candidates: make([]candidate, 0, len(policies))}
	for _, p := range policies {
		pattern, err := CompilePattern(p.Pattern)
		if err != nil {
			continue
		}
		m.candidates = append(m.candidates, candidate{p, pattern, p.targets()})
	}
	slices.SortFunc(m.candidates, func(a, b candidate) int {
		if a.policy.Priority != b.policy.Priority {
			return cmp.Compare(b.policy.Priority, a.policy.Priority)
		}
		return strings.Compare(b.policy.Name, a.policy.Name)
	})
	return m
}

// targets is what the policy reaches by apply-to, less the kinds of queue that
// do not know one of its keys: those pass over the whole policy.
func (p *Policy) targets() targetSet {
	set := applyTargets[p.ApplyTo]
	for key := range p.Definition {
		row := index.byKey[key]
		if row == nil {
			continue
		}
		for k, use := range row.Kinds {
			if use.Policy == Refused {
				set &^= targetsOf(Target(k))
			}
		}
	}
	return set
}

// Match returns the policy that applies to a queue or exchange, nil if none
// does. The policy belongs to m and is read only. A nil Matcher has no
// policies.
func (m *Matcher) Match(name string, target Target) *Policy {
	if m == nil {
		return nil
	}
	for i := range m.candidates {
		c := &m.candidates[i]
		if c.targets.has(target) && c.pattern.MatchString(name) {
			return &c.policy
		}
	}
	return nil
}
