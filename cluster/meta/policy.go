package meta

import (
	"cmp"
	"slices"
)

// PutPolicy sets a policy, or with Operator an operator policy. ErrNotFound for
// the virtual host. Whether pattern and definition make sense is package
// policy's to say, before.
type PutPolicy struct {
	Policy   Policy
	Operator bool
}

// DeletePolicy clears a policy, or with Operator an operator policy.
// ErrNotFound.
type DeletePolicy struct {
	Vhost, Name string
	Operator    bool
}

func (c PutPolicy) code(k *coder) Command {
	policyRecord{&c.Policy}.code(k)
	k.boolean(&c.Operator)
	return c
}

func (c DeletePolicy) code(k *coder) Command {
	k.str(&c.Vhost)
	k.str(&c.Name)
	k.boolean(&c.Operator)
	return c
}

// policyRecord gives a policy its encoding.
type policyRecord struct{ *Policy }

func (p policyRecord) code(c *coder) {
	c.str(&p.Vhost)
	c.str(&p.Name)
	c.str(&p.Pattern)
	c.str(&p.ApplyTo)
	c.int(&p.Priority)
	c.definition(&p.Definition)
}

// comparePolicies puts the policy that wins first: the one of higher priority,
// of equals the one whose name comes later (amqp-behaviour §9.1).
func comparePolicies(a, b Policy) int {
	if byPriority := cmp.Compare(b.Priority, a.Priority); byPriority != 0 {
		return byPriority
	}
	return cmp.Compare(b.Name, a.Name)
}

// withPolicy is a copy of list with p in it, in order, in the place of the one
// of its name, if any.
func withPolicy(list []Policy, p Policy) (with []Policy, replaced bool) {
	with = withoutPolicy(list, p.Name)
	at, _ := slices.BinarySearchFunc(with, p, comparePolicies)
	return slices.Insert(with, at, p), len(with) < len(list)
}

// withoutPolicy is a copy of list without the policy of that name, with room for
// another.
func withoutPolicy(list []Policy, name string) []Policy {
	without := make([]Policy, 0, len(list)+1)
	for i := range list {
		if list[i].Name != name {
			without = append(without, list[i])
		}
	}
	return without
}

func findPolicy(list []Policy, name string) (*Policy, bool) {
	for i := range list {
		if list[i].Name == name {
			return &list[i], true
		}
	}
	return nil, false
}

// policyList is the list that Operator selects.
func (v *vhostState) policyList(operator bool) *[]Policy {
	if operator {
		return &v.operatorPolicies
	}
	return &v.policies
}

func (c PutPolicy) apply(t *txn) error {
	p := c.Policy
	v, ok := t.vhost(p.Vhost)
	if !ok {
		return noVhost(p.Vhost)
	}
	list := v.policyList(c.Operator)
	with, replaced := withPolicy(*list, p)
	*list = with
	t.result.Created = !replaced
	t.policiesChanged(p.Vhost)
	t.store(policyKey(&p, c.Operator), policyRecord{&p})
	return nil
}

func (c DeletePolicy) apply(t *txn) error {
	v, ok := t.vhost(c.Vhost)
	if !ok {
		return noVhost(c.Vhost)
	}
	list := v.policyList(c.Operator)
	p, ok := findPolicy(*list, c.Name)
	if !ok {
		kind := "policy"
		if c.Operator {
			kind = "operator policy"
		}
		return &Error{Err: ErrNotFound, Kind: kind, Vhost: c.Vhost, Name: c.Name}
	}
	*list = withoutPolicy(*list, c.Name)
	t.policiesChanged(c.Vhost)
	t.forget(policyKey(p, c.Operator))
	return nil
}

func (t *txn) policiesChanged(vhost string) {
	if !slices.Contains(t.result.Policies, vhost) {
		t.result.Policies = append(t.result.Policies, vhost)
	}
}
