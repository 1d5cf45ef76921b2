package mgmt

import (
	"cmp"
	"slices"

	"amqpd/cluster/meta"
	"amqpd/policy"
)

// policyShape is a policy or operator policy (management-api §6.3).
var policyShape = shape[policy.Policy]{
	{"vhost", func(p policy.Policy) value { return str(p.Vhost) }},
	{"name", func(p policy.Policy) value { return str(p.Name) }},
	{"pattern", func(p policy.Policy) value { return str(p.Pattern) }},
	{"apply-to", func(p policy.Policy) value { return str(applyTo(p)) }},
	{"definition", func(p policy.Policy) value { return of(anyValue(map[string]any(p.Definition))) }},
	{"priority", func(p policy.Policy) value { return whole(p.Priority) }},
}

func applyTo(p policy.Policy) string {
	if p.ApplyTo == "" {
		return "all"
	}
	return p.ApplyTo
}

// policySort is what tells the two sorts of policies apart.
type policySort struct {
	operator bool
	all      func(v *meta.View, vhost string) []policy.Policy
	one      func(v *meta.View, vhost, name string) (*policy.Policy, bool)
}

var (
	userPolicies     = policySort{false, (*meta.View).Policies, (*meta.View).Policy}
	operatorPolicies = policySort{true, (*meta.View).OperatorPolicies, (*meta.View).OperatorPolicy}
)

// list answers GET of all policies, or of those of one virtual host, by rising
// priority.
func (s policySort) list(c *call) error {
	vhosts, err := c.visibleVhosts()
	if err != nil {
		return err
	}
	rows := []policy.Policy{}
	for _, v := range vhosts {
		rows = append(rows, s.all(c.view(), v.Name)...)
	}
	slices.SortStableFunc(rows, func(a, b policy.Policy) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Vhost, b.Vhost), cmp.Compare(a.Name, b.Name))
	})
	return items(c, policyShape, rows)
}

// get answers GET of one.
func (s policySort) get(c *call) error {
	p, exists := s.one(c.view(), c.path("vhost"), c.path("name"))
	if !exists {
		return notFound()
	}
	return single(c, policyShape, *p)
}

// put answers PUT of one: the policy is in force when the answer comes.
func (s policySort) put(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	vhost, name := c.path("vhost"), c.path("name")
	if _, exists := c.view().Vhost(vhost); !exists {
		return noVhost()
	}
	if err := b.require("pattern", "definition"); err != nil {
		return err
	}
	raw, err := b.decoded()
	if err != nil {
		return err
	}
	p, err := policy.DecodePolicy(vhost, name, raw, s.operator)
	if err != nil {
		if s.operator { // its faults are not escaped (management-api §14.2)
			err = unescaped(err)
		}
		return err
	}
	if err := c.bearable(vhost, p.Pattern); err != nil {
		return err
	}
	_, exists := s.one(c.view(), vhost, name)
	if err := c.apply(meta.PutPolicy{Policy: p, Operator: s.operator}); err != nil {
		return err
	}
	return c.created(!exists)
}

// maxPolicyPattern bounds the pattern of a policy, octets.
const maxPolicyPattern = 8 << 10

// bearable refuses a pattern that costs too much: it will be matched with the
// name of each queue and exchange while nobody else can change definitions.
func (c *call) bearable(vhost, pattern string) error {
	if len(pattern) > maxPolicyPattern {
		return badRequest("the pattern is longer than %d octets", maxPolicyPattern)
	}
	p, err := policy.CompilePattern(pattern)
	if err != nil {
		return err
	}
	var names []string
	for q := range c.view().Queues(vhost) {
		names = append(names, q.Name)
	}
	for x := range c.view().Exchanges(vhost) {
		names = append(names, x.Name)
	}
	_, err = filtered(names, p.MatchString)
	return err
}

// delete answers DELETE of one.
func (s policySort) delete(c *call) error {
	return c.done(c.apply(meta.DeletePolicy{Vhost: c.path("vhost"), Name: c.path("name"), Operator: s.operator}))
}
