package meta

import "encoding/json"

// Parameter is a runtime parameter of a virtual host: the configuration of some
// component that is not a policy, operator policy or limit, which have their
// own commands.
type Parameter struct {
	Vhost, Component, Name string
	Value                  json.RawMessage // valid JSON; the proposer checks
}

func (p *Parameter) code(c *coder) {
	c.str(&p.Vhost)
	c.str(&p.Component)
	c.str(&p.Name)
	c.bytes((*[]byte)(&p.Value))
}

func lessParameter(a, b *Parameter) bool {
	if a.Component != b.Component {
		return a.Component < b.Component
	}
	return a.Name < b.Name
}

// GlobalParameter is a runtime parameter of the whole cluster.
type GlobalParameter struct {
	Name  string
	Value json.RawMessage // valid JSON; the proposer checks
}

func (p *GlobalParameter) code(c *coder) {
	c.str(&p.Name)
	c.bytes((*[]byte)(&p.Value))
}

// The global parameters that every cluster has. Their values are JSON strings.
const (
	ClusterName       = "cluster_name"
	InternalClusterID = "internal_cluster_id"
)

// Components of parameters that the state keeps as something else. RabbitMQ
// shows and takes those things as parameters too.
const (
	ComponentOperatorPolicy = "operator_policy" // PutPolicy with Operator
	ComponentPolicy         = "policy"          // PutPolicy
	ComponentVhostLimits    = "vhost-limits"    // PutVhostLimit
)

// PutParameter sets a parameter. ErrNotFound for the virtual host; ErrReserved
// for the three components above.
type PutParameter struct{ Parameter Parameter }

// DeleteParameter clears a parameter. ErrNotFound.
type DeleteParameter struct{ Vhost, Component, Name string }

// PutGlobalParameter sets a global parameter.
type PutGlobalParameter struct{ Parameter GlobalParameter }

// DeleteGlobalParameter clears a global parameter. ErrNotFound.
type DeleteGlobalParameter struct{ Name string }

func (c PutParameter) code(k *coder) Command          { c.Parameter.code(k); return c }
func (c PutGlobalParameter) code(k *coder) Command    { c.Parameter.code(k); return c }
func (c DeleteGlobalParameter) code(k *coder) Command { k.str(&c.Name); return c }

func (c DeleteParameter) code(k *coder) Command {
	k.str(&c.Vhost)
	k.str(&c.Component)
	k.str(&c.Name)
	return c
}

func (c PutParameter) apply(t *txn) error {
	p := c.Parameter
	v, ok := t.vhost(p.Vhost)
	if !ok {
		return noVhost(p.Vhost)
	}
	switch p.Component {
	case ComponentOperatorPolicy, ComponentPolicy, ComponentVhostLimits:
		return &Error{Err: ErrReserved, Kind: "parameter", Vhost: p.Vhost, Name: p.Component}
	}
	t.result.Created = !v.parameters.put(t.owner, &p)
	t.store(parameterKey(&p), &p)
	return nil
}

func (c DeleteParameter) apply(t *txn) error {
	v, ok := t.vhost(c.Vhost)
	if !ok {
		return noVhost(c.Vhost)
	}
	p, ok := v.parameters.items.Get(&Parameter{Component: c.Component, Name: c.Name})
	if !ok {
		return &Error{Err: ErrNotFound, Kind: "parameter", Vhost: c.Vhost, Name: c.Name}
	}
	v.parameters.remove(t.owner, p)
	t.forget(parameterKey(p))
	return nil
}

func (c PutGlobalParameter) apply(t *txn) error {
	p := c.Parameter
	t.result.Created = !t.next.globals.put(t.owner, p.Name, &p)
	t.store(globalParameterKey(&p), &p)
	return nil
}

func (c DeleteGlobalParameter) apply(t *txn) error {
	p, ok := t.next.globals.get(c.Name)
	if !ok {
		return &Error{Err: ErrNotFound, Kind: "global parameter", Name: c.Name}
	}
	t.next.globals.remove(t.owner, c.Name)
	t.forget(globalParameterKey(p))
	return nil
}
