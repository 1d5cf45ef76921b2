package meta

import (
	"fmt"
	"strings"
)

// load rebuilds a state from stored pairs. They come in any order, so a virtual
// host may have a queue before it has a name; finish looks whether everything
// fell into place.
type load struct {
	txn   *txn
	coder coder // keeps the shared names from pair to pair
}

func newLoad(base *View) *load {
	return &load{txn: begin(base), coder: coder{names: map[string]string{}}}
}

// loaders has for each prefix of a key what takes in its records. They return
// the key that the record should have.
var loaders = map[string]func(l *load, value []byte) (key string, err error){
	"counter":          (*load).counter,
	"global-parameter": (*load).globalParameter,
	"user":             (*load).user,
	"vhost":            (*load).vhost,
	"permission":       (*load).permission,
	"topic-permission": (*load).topicPermission,
	"parameter":        (*load).parameter,
	"policy":           func(l *load, value []byte) (string, error) { return l.policy(value, false) },
	"operator-policy":  func(l *load, value []byte) (string, error) { return l.policy(value, true) },
	"exchange":         (*load).exchange,
	"queue":            (*load).queue,
	"binding":          (*load).binding,
}

func (l *load) pair(key string, value []byte) error {
	prefix, _, _ := strings.Cut(key, "/")
	loader, ok := loaders[prefix]
	if !ok {
		return fmt.Errorf("record %q: %w: unknown kind", key, ErrDecode)
	}
	own, err := loader(l, value)
	if err == nil && own != key {
		err = fmt.Errorf("%w: it is the record of %q", ErrDecode, own)
	}
	if err != nil {
		return fmt.Errorf("record %q: %w", key, err)
	}
	return nil
}

func (l *load) decode(value []byte, r record) error { return decodeRecord(&l.coder, value, r) }

// in gives a virtual host, making one without a name when it is not there yet.
func (l *load) in(vhost string) *vhostState {
	if v, ok := l.txn.next.vhosts.get(vhost); ok {
		return v
	}
	return l.txn.addVhost(vhost)
}

func (l *load) counter(value []byte) (string, error) {
	return queueIDsKey, l.decode(value, &l.txn.next.queueIDs)
}

func (l *load) globalParameter(value []byte) (string, error) {
	p := &GlobalParameter{}
	err := l.decode(value, p)
	l.txn.next.globals.put(l.txn.owner, p.Name, p)
	return globalParameterKey(p), err
}

func (l *load) user(value []byte) (string, error) {
	u := &User{}
	err := l.decode(value, u)
	l.txn.next.users.put(l.txn.owner, u.Name, u)
	return userKey(u.Name), err
}

func (l *load) vhost(value []byte) (string, error) {
	info := &Vhost{}
	err := l.decode(value, info)
	l.in(info.Name).info = info
	return vhostKey(info.Name), err
}

func (l *load) permission(value []byte) (string, error) {
	p := &Permission{}
	err := l.decode(value, p)
	l.in(p.Vhost).permissions.put(l.txn.owner, p.User, p)
	return permissionKey(p), err
}

func (l *load) topicPermission(value []byte) (string, error) {
	p := &TopicPermission{}
	err := l.decode(value, p)
	l.in(p.Vhost).topicPermissions.put(l.txn.owner, p)
	return topicPermissionKey(p), err
}

func (l *load) parameter(value []byte) (string, error) {
	p := &Parameter{}
	err := l.decode(value, p)
	l.in(p.Vhost).parameters.put(l.txn.owner, p)
	return parameterKey(p), err
}

func (l *load) policy(value []byte, operator bool) (string, error) {
	p := &Policy{}
	err := l.decode(value, policyRecord{p})
	list := l.in(p.Vhost).policyList(operator)
	*list, _ = withPolicy(*list, *p)
	return policyKey(p, operator), err
}

func (l *load) exchange(value []byte) (string, error) {
	x := &Exchange{}
	err := l.decode(value, x)
	l.in(x.Vhost).exchanges.put(l.txn.owner, x.Name, x)
	return exchangeKey(x), err
}

func (l *load) queue(value []byte) (string, error) {
	q := &Queue{}
	err := l.decode(value, q)
	l.in(q.Vhost).queues.put(l.txn.owner, q.Name, q)
	if err == nil && l.txn.next.queuesByID.put(l.txn.owner, byID(q)) {
		err = fmt.Errorf("%w: two queues have the identity %d", ErrDecode, q.ID)
	}
	return queueKey(q), err
}

func (l *load) binding(value []byte) (string, error) {
	b := &Binding{}
	err := l.decode(value, b)
	b.arguments = b.Arguments.Canonical()
	v := l.in(b.Vhost)
	v.bySource.put(l.txn.owner, b)
	v.byDestination.put(l.txn.owner, b)
	return bindingKey(b), err
}

// finish adds what is never stored and checks all references.
func (l *load) finish() (*View, error) {
	next := &l.txn.next
	for e := range next.vhosts.tree.all() {
		v := e.value
		if v.info == nil {
			return nil, fmt.Errorf("records refer to it: %w", noVhost(e.key))
		}
		v.predeclare(l.txn.owner)
		if err := l.checkPermissions(v); err != nil {
			return nil, err
		}
		for b := range v.bySource.all() {
			if err := v.resolve(b); err != nil {
				return nil, fmt.Errorf("record %q: %w", bindingKey(b), err)
			}
		}
	}
	if n := next.queueIDs; n.last > n.reserved {
		return nil, fmt.Errorf("record %q: %w: %d of %d", queueIDsKey, ErrDecode, n.last, n.reserved)
	}
	if newest, ok := next.queuesByID.items.Max(); ok && newest.id > next.queueIDs.last {
		return nil, fmt.Errorf("record %q: %w: queue '%s' has a higher identity (%d) than was given (%d)",
			queueIDsKey, ErrDecode, newest.queue.Name, newest.id, next.queueIDs.last)
	}
	return l.txn.end(), nil
}

func (l *load) checkPermissions(v *vhostState) error {
	for p := range v.permissions.all() {
		if _, ok := l.txn.next.users.get(p.User); !ok {
			return fmt.Errorf("record %q: %w", permissionKey(p), noUser(p.User))
		}
	}
	for p := range v.topicPermissions.all() {
		if _, ok := l.txn.next.users.get(p.User); !ok {
			return fmt.Errorf("record %q: %w", topicPermissionKey(p), noUser(p.User))
		}
	}
	return nil
}
