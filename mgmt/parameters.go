package mgmt

import (
	"encoding/json"
	"slices"
	"strings"

	"amqpd/cluster/meta"
	"amqpd/policy"
)

var parameterShape = shape[*meta.Parameter]{
	{"value", func(p *meta.Parameter) value { return rawJSON(p.Value) }},
	{"vhost", func(p *meta.Parameter) value { return str(p.Vhost) }},
	{"component", func(p *meta.Parameter) value { return str(p.Component) }},
	{"name", func(p *meta.Parameter) value { return str(p.Name) }},
}

// parameters answers GET /api/parameters, and with a component and a virtual
// host behind it. Policies stand only in the list of their component.
func parameters(c *call) error {
	vhosts, err := c.visibleVhosts()
	if err != nil {
		return err
	}
	rows := []*meta.Parameter{}
	for _, v := range vhosts {
		if c.has("component") && c.path("component") == meta.ComponentPolicy {
			rows = append(rows, policiesAsParameters(c.view(), v.Name)...)
			continue
		}
		for p := range c.view().RuntimeParameters(v.Name) {
			if !c.has("component") || p.Component == c.path("component") {
				rows = append(rows, p)
			}
		}
	}
	return items(c, parameterShape, rows)
}

// policiesAsParameters shows the policies of a virtual host as the parameters
// that they are in RabbitMQ.
func policiesAsParameters(view *meta.View, vhost string) []*meta.Parameter {
	var rows []*meta.Parameter
	for _, p := range view.Policies(vhost) {
		value := obj(m("pattern", str(p.Pattern)), m("definition", of(anyValue(map[string]any(p.Definition)))),
			m("priority", whole(p.Priority)), m("apply-to", str(applyTo(p))))
		rows = append(rows, &meta.Parameter{Vhost: vhost, Component: meta.ComponentPolicy, Name: p.Name, Value: json.RawMessage(of(value).json())})
	}
	slices.SortFunc(rows, func(a, b *meta.Parameter) int { return strings.Compare(a.Name, b.Name) })
	return rows
}

// findParameter gives the parameter of the path.
func (c *call) findParameter() (*meta.Parameter, bool) {
	for p := range c.view().RuntimeParameters(c.path("vhost")) {
		if p.Component == c.path("component") && p.Name == c.path("name") {
			return p, true
		}
	}
	return nil, false
}

// parameter answers GET /api/parameters/{component}/{vhost}/{name}.
func parameter(c *call) error {
	p, exists := c.findParameter()
	if !exists {
		return notFound()
	}
	return single(c, parameterShape, p)
}

// component is one whose parameters may be set.
type component struct {
	check func(c *call, value map[string]any) ([]meta.Command, error) // of a value that is an object
	list  func(c *call, value any) ([]meta.Command, error)            // of any value; nil: it must be an object
	clear func(c *call) meta.Command                                  // nil: as every parameter is cleared
}

var components = map[string]component{
	meta.ComponentOperatorPolicy: {check: operatorPolicyParameter, clear: func(c *call) meta.Command {
		return meta.DeletePolicy{Vhost: c.path("vhost"), Name: c.path("name"), Operator: true}
	}},
	meta.ComponentVhostLimits: {check: limitsParameter, clear: func(c *call) meta.Command {
		return meta.DeleteVhostLimit{Vhost: c.path("vhost")}
	}},
	"federation-upstream":     {check: pluginParameter},
	"federation-upstream-set": {list: upstreamSetParameter},
	"shovel":                  {check: pluginParameter},
}

// invalid is the refusal of one fault.
func invalid(fault string) error { return &policy.InvalidError{Faults: []string{fault}} }

// putParameter answers PUT /api/parameters/{component}/{vhost}/{name}.
func putParameter(c *call) error {
	b, err := c.bodyWith("value")
	if err != nil {
		return err
	}
	if _, exists := c.view().Vhost(c.path("vhost")); !exists {
		return noVhost()
	}
	name := c.path("component")
	if name == meta.ComponentPolicy {
		return badRequest("policies may not be set using this method")
	}
	component, known := components[name]
	if !known {
		return invalid("component " + name + " not found")
	}
	v, err := decodeAny(b["value"])
	if err != nil {
		return err
	}
	commands, err := component.commands(c, v)
	if err != nil {
		return err
	}
	_, exists := c.findParameter()
	for _, command := range commands {
		if err := c.apply(command); err != nil {
			return err
		}
	}
	return c.created(!exists)
}

// commands checks a value and gives what sets it.
func (k component) commands(c *call, v any) ([]meta.Command, error) {
	if k.list != nil {
		return k.list(c, v)
	}
	object, isObject := v.(map[string]any)
	if !isObject {
		return nil, invalid(c.path("name") + " not a list " + policy.Term(policy.Normalise(v)))
	}
	return k.check(c, object)
}

// operatorPolicyParameter reads an operator policy, whose members are all
// mandatory here.
func operatorPolicyParameter(c *call, value map[string]any) ([]meta.Command, error) {
	var faults []string
	for _, key := range []string{"pattern", "definition", "priority"} {
		if _, there := value[key]; !there {
			faults = append(faults, `Key "`+key+`" not found in `+c.path("name"))
		}
	}
	if len(faults) > 0 {
		return nil, &policy.InvalidError{Faults: faults}
	}
	p, err := policy.DecodePolicy(c.path("vhost"), c.path("name"), value, true)
	if err != nil {
		return nil, err
	}
	return []meta.Command{meta.PutPolicy{Policy: p, Operator: true}}, c.bearable(p.Vhost, p.Pattern)
}

// limitsParameter reads the limits of a virtual host, which replace those that
// were set.
func limitsParameter(c *call, value map[string]any) ([]meta.Command, error) {
	if c.path("name") != meta.LimitsParameterName {
		return nil, badRequest("the limits of a virtual host are the parameter named %s", meta.LimitsParameterName)
	}
	if err := policy.ValidateLimits(policy.VhostLimits, value); err != nil {
		return nil, err
	}
	vhost := c.path("vhost")
	commands := []meta.Command{meta.DeleteVhostLimit{Vhost: vhost}}
	for _, l := range policy.Limits {
		if n, given := policy.Normalise(value[l.Name]).(int64); given && l.Scope == policy.VhostLimits {
			commands = append(commands, meta.PutVhostLimit{Vhost: vhost, Limit: meta.Limit{Name: l.Name, Value: n}})
		}
	}
	return commands, nil
}

// deleteParameter answers DELETE /api/parameters/{component}/{vhost}/{name}.
// What a definitions file brought for a plugin's component can go too.
func deleteParameter(c *call) error {
	p, exists := c.findParameter()
	if !exists {
		return notFound()
	}
	if component := components[p.Component]; component.clear != nil {
		return c.done(c.apply(component.clear(c)))
	}
	return c.done(c.apply(meta.DeleteParameter{Vhost: p.Vhost, Component: p.Component, Name: p.Name}))
}

var globalParameterShape = shape[*meta.GlobalParameter]{
	{"name", func(p *meta.GlobalParameter) value { return str(p.Name) }},
	{"value", func(p *meta.GlobalParameter) value { return rawJSON(p.Value) }},
}

// globalParameters answers GET /api/global-parameters.
func globalParameters(c *call) error {
	return items(c, globalParameterShape, slices.Collect(c.view().GlobalParameters()))
}

// globalParameter answers GET /api/global-parameters/{name}.
func globalParameter(c *call) error {
	p, exists := c.view().GlobalParameter(c.path("name"))
	if !exists {
		return notFound()
	}
	return single(c, globalParameterShape, p)
}

// putGlobalParameter answers PUT /api/global-parameters/{name}: any JSON value,
// but for the cluster's name, which is a text.
func putGlobalParameter(c *call) error {
	b, err := c.bodyWith("value")
	if err != nil {
		return err
	}
	name := c.path("name")
	if name == meta.ClusterName {
		if _, err := b.mandatoryText("value"); err != nil {
			return err
		}
	}
	_, exists := c.view().GlobalParameter(name)
	if err := c.apply(meta.PutGlobalParameter{Parameter: meta.GlobalParameter{Name: name, Value: b["value"]}}); err != nil {
		return err
	}
	return c.created(!exists)
}

// deleteGlobalParameter answers DELETE /api/global-parameters/{name}.
func deleteGlobalParameter(c *call) error {
	if c.path("name") == meta.InternalClusterID {
		return badRequest("the cluster's own identity cannot be deleted")
	}
	return c.done(c.apply(meta.DeleteGlobalParameter{Name: c.path("name")}))
}
