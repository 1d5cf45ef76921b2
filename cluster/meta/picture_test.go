package meta

import (
	"fmt"
	"iter"
	"slices"
)

// A picture is everything in a state, one line each, sorted. Two states are
// equal when their pictures are.

func line(kind string, item any) string { return fmt.Sprintf("%s %+v", kind, item) }

func bindingLine(b *Binding) string {
	return fmt.Sprintf("binding %q: %q to %s %q by %q with %s",
		b.Vhost, b.Source, b.DestinationType, b.Destination, b.Key, sortedArguments(b.Arguments))
}

func (m *model) picture() []string {
	var lines []string
	add := func(kind string, item any) { lines = append(lines, line(kind, item)) }
	for _, v := range m.vhosts {
		add("vhost", v)
	}
	for _, u := range m.users {
		add("user", u)
	}
	for _, p := range m.perms {
		add("permission", p)
	}
	for _, p := range m.topics {
		add("topic permission", p)
	}
	for _, x := range m.exchanges {
		add("exchange", x)
	}
	for _, q := range m.queues {
		add("queue", q)
	}
	for _, b := range m.bindings {
		lines = append(lines, bindingLine(&b))
	}
	for _, p := range m.policies {
		add("policy", p)
	}
	for _, p := range m.operators {
		add("operator policy", p)
	}
	for _, p := range m.params {
		add("parameter", p)
	}
	for _, p := range m.globals {
		add("global", p)
	}
	slices.Sort(lines)
	return lines
}

// picture reads all that a view offers, each index on its own, and reports an
// error when two of them disagree.
func (v *View) picture() ([]string, error) {
	var lines []string
	add := func(kind string, item any) { lines = append(lines, line(kind, item)) }
	for u := range v.Users() {
		add("user", *u)
		for p := range v.UserPermissions(u.Name) {
			add("permission", *p)
		}
	}
	for p := range v.GlobalParameters() {
		add("global", *p)
	}
	for vhost := range v.Vhosts() {
		name := vhost.Name
		add("vhost", *vhost)
		for x := range v.Exchanges(name) {
			add("exchange", *x)
		}
		for q := range v.Queues(name) {
			add("queue", *q)
			if byID, ok := v.QueueByID(q.ID); !ok || byID != q {
				return nil, fmt.Errorf("queue %q is not found by its identity %d", q.Name, q.ID)
			}
		}
		for b := range v.Bindings(name) {
			lines = append(lines, bindingLine(b))
		}
		for p := range v.VhostTopicPermissions(name) {
			add("topic permission", *p)
		}
		for p := range v.Parameters(name) {
			add("parameter", *p)
		}
		for _, p := range v.Policies(name) {
			add("policy", p)
		}
		for _, p := range v.OperatorPolicies(name) {
			add("operator policy", p)
		}
	}
	slices.Sort(lines)
	return lines, v.verify()
}

// verify checks what has to hold between the indexes.
func (v *View) verify() error {
	n := Counts{Queues: count(v.QueuesByID())}
	n.Users = count(v.Users())
	for vhost := range v.Vhosts() {
		n.Vhosts++
		name := vhost.Name
		bindings, from, to := count(v.Bindings(name)), 0, 0
		if queues := count(v.Queues(name)); queues != v.QueueCount(name) {
			return fmt.Errorf("vhost %q: %d queues, counted as %d", name, queues, v.QueueCount(name))
		}
		for x := range v.Exchanges(name) {
			n.Exchanges++
			from += count(v.BindingsFrom(name, x.Name))
			to += count(v.BindingsTo(name, "exchange", x.Name))
		}
		for q := range v.Queues(name) {
			to += count(v.BindingsTo(name, "queue", q.Name))
		}
		if from != bindings || to != bindings {
			return fmt.Errorf("vhost %q: %d bindings, %d by source, %d by destination", name, bindings, from, to)
		}
		n.Bindings += bindings
		if !slices.IsSortedFunc(v.Policies(name), comparePolicies) {
			return fmt.Errorf("vhost %q: policies out of order: %v", name, v.Policies(name))
		}
	}
	if n != v.Counts() {
		return fmt.Errorf("counted %+v, told %+v", n, v.Counts())
	}
	return nil
}

func count[T any](items iter.Seq[T]) (n int) {
	for range items {
		n++
	}
	return n
}
