package meta

// Vhost is a virtual host.
type Vhost struct {
	Name             string
	Description      string
	Tags             []string
	DefaultQueueType string  // "classic", "quorum", "stream", or "" for none (amqp-behaviour §4.4)
	Tracing          bool    // messages are copied to amq.rabbitmq.trace
	Limits           []Limit // in the order of their names; changed by PutVhostLimit alone
}

// Limit gives the value of a limit and whether it is in force: a negative one
// is as good as none (management-api §15).
func (v *Vhost) Limit(name string) (int64, bool) { return limitInForce(v.Limits, name) }

func (v *Vhost) code(c *coder) {
	c.str(&v.Name)
	c.str(&v.Description)
	c.strs(&v.Tags)
	c.str(&v.DefaultQueueType)
	c.boolean(&v.Tracing)
	c.limits(&v.Limits)
}

// PutVhost makes a virtual host with its predeclared exchanges
// (amqp-behaviour §3.1), or replaces the description, tags and so on of the one
// that is there. Limits stay as they are; those in the command are ignored.
type PutVhost struct{ Vhost Vhost }

// DeleteVhost removes a virtual host and everything in it, permissions
// included. ErrNotFound.
type DeleteVhost struct{ Name string }

func (c PutVhost) code(k *coder) Command    { c.Vhost.code(k); return c }
func (c DeleteVhost) code(k *coder) Command { k.str(&c.Name); return c }

func (c PutVhost) apply(t *txn) error {
	info := c.Vhost
	info.Limits = nil
	v, exists := t.vhost(info.Name)
	if exists {
		info.Limits = v.info.Limits
		v.info = &info
	} else {
		v = t.addVhost(info.Name)
		v.info = &info
		t.result.Created = true
		t.result.Added.Vhosts = append(t.result.Added.Vhosts, info.Name)
		t.result.Added.Exchanges = append(t.result.Added.Exchanges, v.predeclare(t.owner)...)
	}
	t.store(vhostKey(info.Name), &info)
	return nil
}

func (c DeleteVhost) apply(t *txn) error {
	v, ok := t.vhost(c.Name)
	if !ok {
		return noVhost(c.Name)
	}
	removed := &t.result.Removed
	for b := range v.bySource.all() {
		removed.Bindings = append(removed.Bindings, b)
	}
	for q := range v.queues.all() {
		removed.Queues = append(removed.Queues, q)
		t.next.queuesByID.remove(t.owner, byID(q))
	}
	for x := range v.exchanges.all() {
		removed.Exchanges = append(removed.Exchanges, x)
	}
	removed.Vhosts = append(removed.Vhosts, c.Name)
	if len(v.policies)+len(v.operatorPolicies) > 0 {
		t.policiesChanged(c.Name)
	}
	for key := range v.records(false) {
		t.forget(key)
	}
	t.next.vhosts.remove(t.owner, c.Name)
	return nil
}

func noVhost(name string) error { return &Error{Err: ErrNotFound, Kind: "vhost", Name: name} }

// vhostState is one virtual host and all that is in it.
type vhostState struct {
	owner *owner // the transaction that may change this struct in place
	info  *Vhost // nil only while loading

	exchanges index[*Exchange]
	queues    index[*Queue]

	// The same bindings twice, see lessBySource and lessByDestination.
	bySource, byDestination tree[*Binding]

	permissions      index[*Permission] // by user
	topicPermissions tree[*TopicPermission]
	parameters       tree[*Parameter]

	// In the order in which the first match wins, see comparePolicies. There
	// are few, and they are read far more often than changed.
	policies, operatorPolicies []Policy
}

func newVhostState(o *owner) *vhostState {
	return &vhostState{
		owner:            o,
		exchanges:        newIndex[*Exchange](),
		queues:           newIndex[*Queue](),
		bySource:         newTree(lessBySource),
		byDestination:    newTree(lessByDestination),
		permissions:      newIndex[*Permission](),
		topicPermissions: newTree(lessTopicPermission),
		parameters:       newTree(lessParameter),
	}
}
