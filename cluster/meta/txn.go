package meta

// txn is one change of the state under way: the next view, which nobody else
// sees yet, and what the change has done so far. Dropping it undoes it.
type txn struct {
	owner  *owner
	next   View
	result Result
}

func begin(base *View) *txn { return &txn{owner: &owner{}, next: *base} }

// end gives the new view. The transaction is not to be used any more, because
// what it owns is now shared.
func (t *txn) end() *View {
	view := t.next
	return &view
}

// vhost gives a virtual host that the transaction may change in place.
func (t *txn) vhost(name string) (*vhostState, bool) {
	v, ok := t.next.vhosts.get(name)
	if !ok || v.owner == t.owner {
		return v, ok
	}
	changed := *v
	changed.owner = t.owner
	t.next.vhosts.put(t.owner, v.info.Name, &changed)
	return &changed, true
}

func (t *txn) addVhost(name string) *vhostState {
	v := newVhostState(t.owner)
	t.next.vhosts.put(t.owner, name, v)
	return v
}

// store notes that the durable store has to keep r under key from now on.
func (t *txn) store(key string, r record) {
	t.result.Changes = append(t.result.Changes, Change{key, encodeRecord(r)})
}

// forget notes that the durable store has to remove key.
func (t *txn) forget(key string) {
	t.result.Changes = append(t.result.Changes, Change{Key: key})
}
