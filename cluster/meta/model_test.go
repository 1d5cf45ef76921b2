package meta

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"amqpd/amqp"
)

// model is the state as simply as it can be written: lists that are searched
// from end to end. It is what State is compared with.
type model struct {
	vhosts    []Vhost
	users     []User
	perms     []Permission
	topics    []TopicPermission
	exchanges []Exchange
	queues    []Queue
	bindings  []Binding
	policies  []Policy
	operators []Policy
	params    []Parameter
	globals   []GlobalParameter
	lastID    uint64
}

// at finds the item that f picks, or -1.
func at[T any](list []T, f func(*T) bool) int {
	for i := range list {
		if f(&list[i]) {
			return i
		}
	}
	return -1
}

func without[T any](list []T, f func(*T) bool) []T {
	var kept []T
	for i := range list {
		if !f(&list[i]) {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// set replaces the item that f picks, or appends.
func set[T any](list []T, item T, f func(*T) bool) []T {
	if i := at(list, f); i >= 0 {
		list = slices.Clone(list)
		list[i] = item
		return list
	}
	return append(slices.Clone(list), item)
}

func (m *model) vhost(name string) int {
	return at(m.vhosts, func(v *Vhost) bool { return v.Name == name })
}

func (m *model) user(name string) int {
	return at(m.users, func(u *User) bool { return u.Name == name })
}

func (m *model) exchange(vhost, name string) int {
	return at(m.exchanges, func(x *Exchange) bool { return x.Vhost == vhost && x.Name == name })
}

func (m *model) queue(vhost, name string) int {
	return at(m.queues, func(q *Queue) bool { return q.Vhost == vhost && q.Name == name })
}

func sameBinding(a, b *Binding) bool {
	return a.Vhost == b.Vhost && a.Source == b.Source && a.Destination == b.Destination &&
		a.DestinationType == b.DestinationType && a.Key == b.Key &&
		sortedArguments(a.Arguments) == sortedArguments(b.Arguments)
}

func sortedArguments(t amqp.Table) string {
	var fields []string
	for _, f := range t {
		fields = append(fields, fmt.Sprintf("%q=%s %v", f.Key, f.Value.TypeName(), f.Value))
	}
	sort.Strings(fields)
	return strings.Join(fields, ",")
}

// apply is State.Apply without the result.
func (m *model) apply(c Command) error {
	before := *m
	err := m.change(c)
	if err != nil {
		*m = before
	}
	return err
}

func (m *model) change(c Command) error {
	switch c := c.(type) {
	case Batch:
		for _, one := range c.Commands {
			if err := m.change(one); err != nil {
				return err
			}
		}
	case PutVhost, DeleteVhost, PutVhostLimit, DeleteVhostLimit:
		return m.changeVhost(c)
	case PutUser, DeleteUser, PutUserLimit, DeleteUserLimit:
		return m.changeUser(c)
	case PutPermission, DeletePermission, PutTopicPermission, DeleteTopicPermission:
		return m.changePermission(c)
	case PutExchange, DeleteExchange, PutQueue, SetQueueArguments, DeleteQueue, DeleteTransient:
		return m.changeObject(c)
	case Bind:
		return m.bind(c.Binding)
	case Unbind:
		return m.unbind(c.Binding)
	default:
		return m.changeRule(c)
	}
	return nil
}

func (m *model) changeVhost(c Command) error {
	limits := func(name string, change func([]Limit) []Limit) error {
		i := m.vhost(name)
		if i < 0 {
			return ErrNotFound
		}
		m.vhosts = slices.Clone(m.vhosts)
		m.vhosts[i].Limits = change(m.vhosts[i].Limits)
		return nil
	}
	switch c := c.(type) {
	case PutVhost:
		v := c.Vhost
		v.Limits = nil
		i := m.vhost(v.Name)
		if i >= 0 {
			v.Limits = m.vhosts[i].Limits
		} else {
			for _, x := range predeclared {
				x.Vhost, x.Durable = v.Name, true
				m.exchanges = append(slices.Clone(m.exchanges), x)
			}
		}
		m.vhosts = set(m.vhosts, v, func(o *Vhost) bool { return o.Name == v.Name })
	case DeleteVhost:
		if m.vhost(c.Name) < 0 {
			return ErrNotFound
		}
		m.vhosts = without(m.vhosts, func(v *Vhost) bool { return v.Name == c.Name })
		m.perms = without(m.perms, func(p *Permission) bool { return p.Vhost == c.Name })
		m.topics = without(m.topics, func(p *TopicPermission) bool { return p.Vhost == c.Name })
		m.exchanges = without(m.exchanges, func(x *Exchange) bool { return x.Vhost == c.Name })
		m.queues = without(m.queues, func(q *Queue) bool { return q.Vhost == c.Name })
		m.bindings = without(m.bindings, func(b *Binding) bool { return b.Vhost == c.Name })
		m.policies = without(m.policies, func(p *Policy) bool { return p.Vhost == c.Name })
		m.operators = without(m.operators, func(p *Policy) bool { return p.Vhost == c.Name })
		m.params = without(m.params, func(p *Parameter) bool { return p.Vhost == c.Name })
	case PutVhostLimit:
		return limits(c.Vhost, func(l []Limit) []Limit { return modelLimit(l, c.Limit) })
	case DeleteVhostLimit:
		return limits(c.Vhost, func(l []Limit) []Limit { return modelNoLimit(l, c.Name) })
	}
	return nil
}

func modelLimit(limits []Limit, l Limit) []Limit {
	limits = append(modelNoLimit(limits, l.Name), l)
	sort.Slice(limits, func(i, j int) bool { return limits[i].Name < limits[j].Name })
	return limits
}

func modelNoLimit(limits []Limit, name string) []Limit {
	return without(limits, func(l *Limit) bool { return name == "" || l.Name == name })
}

func (m *model) changeUser(c Command) error {
	limits := func(name string, change func([]Limit) []Limit) error {
		i := m.user(name)
		if i < 0 {
			return ErrNotFound
		}
		m.users = slices.Clone(m.users)
		m.users[i].Limits = change(m.users[i].Limits)
		return nil
	}
	switch c := c.(type) {
	case PutUser:
		u := c.User
		u.Limits = nil
		if i := m.user(u.Name); i >= 0 {
			u.Limits = m.users[i].Limits
		}
		m.users = set(m.users, u, func(o *User) bool { return o.Name == u.Name })
	case DeleteUser:
		if m.user(c.Name) < 0 {
			return ErrNotFound
		}
		m.users = without(m.users, func(u *User) bool { return u.Name == c.Name })
		m.perms = without(m.perms, func(p *Permission) bool { return p.User == c.Name })
		m.topics = without(m.topics, func(p *TopicPermission) bool { return p.User == c.Name })
	case PutUserLimit:
		return limits(c.User, func(l []Limit) []Limit { return modelLimit(l, c.Limit) })
	case DeleteUserLimit:
		return limits(c.User, func(l []Limit) []Limit { return modelNoLimit(l, c.Name) })
	}
	return nil
}

func (m *model) changePermission(c Command) error {
	missing := func(vhost, user string) bool { return m.vhost(vhost) < 0 || m.user(user) < 0 }
	switch c := c.(type) {
	case PutPermission:
		p := c.Permission
		if missing(p.Vhost, p.User) {
			return ErrNotFound
		}
		m.perms = set(m.perms, p, func(o *Permission) bool { return o.User == p.User && o.Vhost == p.Vhost })
	case DeletePermission:
		picked := func(p *Permission) bool { return p.User == c.User && p.Vhost == c.Vhost }
		if at(m.perms, picked) < 0 {
			return ErrNotFound
		}
		m.perms = without(m.perms, picked)
	case PutTopicPermission:
		p := c.Permission
		if missing(p.Vhost, p.User) {
			return ErrNotFound
		}
		m.topics = set(m.topics, p, func(o *TopicPermission) bool {
			return o.User == p.User && o.Vhost == p.Vhost && o.Exchange == p.Exchange
		})
	case DeleteTopicPermission:
		picked := func(p *TopicPermission) bool {
			return p.User == c.User && p.Vhost == c.Vhost && (c.All || p.Exchange == c.Exchange)
		}
		if at(m.topics, picked) < 0 {
			return ErrNotFound
		}
		m.topics = without(m.topics, picked)
	}
	return nil
}

func (m *model) changeObject(c Command) error {
	switch c := c.(type) {
	case PutExchange:
		switch x := c.Exchange; {
		case m.vhost(x.Vhost) < 0:
			return ErrNotFound
		case m.exchange(x.Vhost, x.Name) >= 0:
			return ErrExists
		default:
			m.exchanges = append(slices.Clone(m.exchanges), x)
		}
	case DeleteExchange:
		isFrom := func(b *Binding) bool { return b.Vhost == c.Vhost && b.Source == c.Name }
		switch {
		case m.exchange(c.Vhost, c.Name) < 0:
			return ErrNotFound
		case at(predeclared[:], func(x *Exchange) bool { return x.Name == c.Name }) >= 0:
			return ErrReserved
		case c.IfUnused && at(m.bindings, isFrom) >= 0:
			return ErrInUse
		}
		m.dropExchange(c.Vhost, c.Name)
	case PutQueue:
		return m.putQueue(c.Queue)
	case SetQueueArguments:
		i := m.queue(c.Vhost, c.Name)
		if i < 0 || c.ID != 0 && c.ID != m.queues[i].ID {
			return ErrNotFound
		}
		m.queues = slices.Clone(m.queues) // a batch that fails goes back to what it was
		m.queues[i].Arguments = c.Arguments
	case DeleteQueue:
		i := m.queue(c.Vhost, c.Name)
		if i < 0 || c.ID != 0 && c.ID != m.queues[i].ID {
			return ErrNotFound
		}
		m.dropQueue(c.Vhost, c.Name)
	case DeleteTransient:
		for {
			i := at(m.queues, func(q *Queue) bool { return q.Home == c.Home && !q.Durable })
			if i < 0 {
				break
			}
			m.dropQueue(m.queues[i].Vhost, m.queues[i].Name)
		}
	}
	return nil
}

func (m *model) putQueue(q Queue) error {
	v := m.vhost(q.Vhost)
	if v < 0 {
		return ErrNotFound
	}
	if m.queue(q.Vhost, q.Name) >= 0 {
		return ErrExists
	}
	count := len(m.queues) - len(without(m.queues, func(o *Queue) bool { return o.Vhost == q.Vhost }))
	for _, l := range m.vhosts[v].Limits {
		if l.Name == MaxQueues && l.Value >= 0 && int64(count) >= l.Value {
			return ErrLimit
		}
	}
	m.lastID++
	q.ID = m.lastID
	if q.Exclusive {
		q.Durable = false
	}
	m.queues = append(slices.Clone(m.queues), q)
	return nil
}

func (m *model) dropQueue(vhost, name string) {
	m.queues = without(m.queues, func(q *Queue) bool { return q.Vhost == vhost && q.Name == name })
	m.dropBindings(func(b *Binding) bool {
		return b.Vhost == vhost && b.DestinationType == "queue" && b.Destination == name
	})
}

func (m *model) dropExchange(vhost, name string) {
	m.exchanges = without(m.exchanges, func(x *Exchange) bool { return x.Vhost == vhost && x.Name == name })
	m.dropBindings(func(b *Binding) bool {
		return b.Vhost == vhost && (b.Source == name || b.DestinationType == "exchange" && b.Destination == name)
	})
}

// dropBindings removes bindings, then the auto-delete exchanges that they were
// the last of.
func (m *model) dropBindings(picked func(*Binding) bool) {
	var gone []Binding
	for _, b := range m.bindings {
		if picked(&b) {
			gone = append(gone, b)
		}
	}
	m.bindings = without(m.bindings, picked)
	for _, b := range gone {
		x := m.exchange(b.Vhost, b.Source)
		stillUsed := at(m.bindings, func(o *Binding) bool { return o.Vhost == b.Vhost && o.Source == b.Source })
		if x >= 0 && m.exchanges[x].AutoDelete && stillUsed < 0 {
			m.dropExchange(b.Vhost, b.Source)
		}
	}
}

func (m *model) ends(b Binding) error {
	switch {
	case m.vhost(b.Vhost) < 0:
		return ErrNotFound
	case b.DestinationType != "queue" && b.DestinationType != "exchange":
		return ErrInvalid
	case b.Source == "", b.DestinationType == "exchange" && b.Destination == "":
		return ErrReserved
	case m.exchange(b.Vhost, b.Source) < 0,
		b.DestinationType == "exchange" && m.exchange(b.Vhost, b.Destination) < 0,
		b.DestinationType == "queue" && m.queue(b.Vhost, b.Destination) < 0:
		return ErrNotFound
	}
	return nil
}

func (m *model) bind(b Binding) error {
	if err := m.ends(b); err != nil {
		return err
	}
	if at(m.bindings, func(o *Binding) bool { return sameBinding(o, &b) }) < 0 {
		m.bindings = append(slices.Clone(m.bindings), b)
	}
	return nil
}

func (m *model) unbind(b Binding) error {
	if err := m.ends(b); err != nil {
		return err
	}
	picked := func(o *Binding) bool { return sameBinding(o, &b) }
	if at(m.bindings, picked) < 0 {
		return ErrNotFound
	}
	m.dropBindings(picked)
	return nil
}

func (m *model) changeRule(c Command) error {
	list := func(operator bool) *[]Policy {
		if operator {
			return &m.operators
		}
		return &m.policies
	}
	switch c := c.(type) {
	case PutPolicy:
		p := c.Policy
		if m.vhost(p.Vhost) < 0 {
			return ErrNotFound
		}
		l := list(c.Operator)
		*l = set(*l, p, func(o *Policy) bool { return o.Vhost == p.Vhost && o.Name == p.Name })
	case DeletePolicy:
		l := list(c.Operator)
		picked := func(o *Policy) bool { return o.Vhost == c.Vhost && o.Name == c.Name }
		if at(*l, picked) < 0 {
			return ErrNotFound
		}
		*l = without(*l, picked)
	case PutParameter:
		p := c.Parameter
		if m.vhost(p.Vhost) < 0 {
			return ErrNotFound
		}
		if p.Component == "policy" {
			return ErrReserved
		}
		m.params = set(m.params, p, func(o *Parameter) bool {
			return o.Vhost == p.Vhost && o.Component == p.Component && o.Name == p.Name
		})
	case DeleteParameter:
		picked := func(o *Parameter) bool {
			return o.Vhost == c.Vhost && o.Component == c.Component && o.Name == c.Name
		}
		if at(m.params, picked) < 0 {
			return ErrNotFound
		}
		m.params = without(m.params, picked)
	case PutGlobalParameter:
		m.globals = set(m.globals, c.Parameter, func(o *GlobalParameter) bool { return o.Name == c.Parameter.Name })
	case DeleteGlobalParameter:
		picked := func(o *GlobalParameter) bool { return o.Name == c.Name }
		if at(m.globals, picked) < 0 {
			return ErrNotFound
		}
		m.globals = without(m.globals, picked)
	}
	return nil
}
