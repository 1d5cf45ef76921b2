package meta

import "iter"

// View is everything at one moment. It never changes, needs no lock, and what
// it hands out is shared and read only. Whatever asks about a virtual host that
// is not there gets nothing.
type View struct {
	vhosts     index[*vhostState]
	users      index[*User]
	globals    index[*GlobalParameter]
	queuesByID tree[idEntry]
	queueIDs   queueIDs
}

func newView() *View {
	return &View{
		vhosts:     newIndex[*vhostState](),
		users:      newIndex[*User](),
		globals:    newIndex[*GlobalParameter](),
		queuesByID: newTree(lessID),
	}
}

func (v *View) empty() bool {
	return v.vhosts.len()+v.users.len()+v.globals.len() == 0 && v.queueIDs.last == 0
}

// records walks what Dump and DumpAll give: an object after everything that it
// refers to, otherwise in the order of names.
func (v *View) records(all bool) iter.Seq2[string, record] {
	return func(yield func(string, record) bool) {
		ok := true
		each := func(key string, r record) { ok = ok && yield(key, r) }
		if v.queueIDs.reserved > 0 {
			n := v.queueIDs
			if !all {
				n = *n.afterRestart()
			}
			each(queueIDsKey, &n)
		}
		for p := range v.globals.all() {
			each(globalParameterKey(p), p)
		}
		for u := range v.users.all() {
			each(userKey(u.Name), u)
		}
		for vhost := range v.vhosts.all() {
			for key, r := range vhost.records(all) {
				if each(key, r); !ok {
					return
				}
			}
		}
	}
}

// records walks what has to be stored of one virtual host, or with all also
// what is transient.
func (v *vhostState) records(all bool) iter.Seq2[string, record] {
	return func(yield func(string, record) bool) {
		if !yield(vhostKey(v.info.Name), v.info) || !v.rules(yield) {
			return
		}
		for x := range v.exchanges.all() {
			if (all || x.Durable) && !isPredeclared(x.Name) && !yield(exchangeKey(x), x) {
				return
			}
		}
		for q := range v.queues.all() {
			if (all || q.Durable) && !yield(queueKey(q), q) {
				return
			}
		}
		for b := range v.bySource.all() {
			if (all || b.durable) && !yield(bindingKey(b), b) {
				return
			}
		}
	}
}

// rules walks permissions, parameters and policies, and says whether to go on.
func (v *vhostState) rules(yield func(string, record) bool) bool {
	for p := range v.permissions.all() {
		if !yield(permissionKey(p), p) {
			return false
		}
	}
	for p := range v.topicPermissions.all() {
		if !yield(topicPermissionKey(p), p) {
			return false
		}
	}
	for p := range v.parameters.all() {
		if !yield(parameterKey(p), p) {
			return false
		}
	}
	for _, operator := range []bool{false, true} {
		list := *v.policyList(operator)
		for i := range list {
			if !yield(policyKey(&list[i], operator), policyRecord{&list[i]}) {
				return false
			}
		}
	}
	return true
}

// Dump calls f with the record of everything durable, and stops at the first
// error of f. Two equal states give equal pairs in equal order. Applying the
// Changes of every command since New to a map gives the same pairs.
func (v *View) Dump(f func(Change) error) error { return v.dump(false, f) }

// DumpAll is Dump with the transient queues, exchanges and bindings. A state
// loaded from its pairs is equal to this one in every respect, so it goes on as
// this one would: what a snapshot of a replicated log needs.
func (v *View) DumpAll(f func(Change) error) error { return v.dump(true, f) }

func (v *View) dump(all bool, f func(Change) error) error {
	for key, r := range v.records(all) {
		if err := f(Change{key, encodeRecord(r)}); err != nil {
			return err
		}
	}
	return nil
}
