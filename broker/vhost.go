package broker

import (
	"sync"
	"sync/atomic"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/exchange"
	"amqpd/policy"
)

// vhost is a virtual host at work: what the definitions say, made ready for
// routing. It changes only through Broker.apply.
type vhost struct {
	b      *Broker
	name   string
	router *exchange.Router
	// epoch counts changes that end cached routes and that the router does not
	// see: queues that went.
	epoch    atomic.Uint64
	policies atomic.Pointer[policies]

	mu     sync.RWMutex
	queues map[string]*localQueue // guarded by mu
	lines  map[string]*delayLine  // guarded by mu: of exchanges that delay

	historyMu sync.Mutex
	histories map[string]*history // guarded by historyMu; by exchange

	ledger    ledger
	exchanges exchangeCounters
}

// policies are the compiled policies of a virtual host.
type policies struct{ ordinary, operator *policy.Matcher }

func newVhost(b *Broker, name string) *vhost {
	v := &vhost{b: b, name: name, router: exchange.NewRouter(), queues: make(map[string]*localQueue)}
	v.router.UseQueues(v.queueNamed)
	v.compilePolicies()
	return v
}

// generation changes whenever a cached route or permission may be out of date.
// It is a sum of counters that only grow.
func (v *vhost) generation() uint64 {
	return v.router.Generation() + v.epoch.Load() + v.b.permissionEpoch.Load()
}

// queue returns the queue of that name, nil if there is none.
func (v *vhost) queue(name string) *localQueue {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.queues[name]
}

// queueNamed is how the default exchange finds a queue by routing key.
func (v *vhost) queueNamed(key []byte) (name string, ok bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	q, ok := v.queues[string(key)]
	if !ok {
		return "", false
	}
	return q.name, true
}

// named appends the queues with these names, leaving out what has just gone.
func (v *vhost) named(to []*localQueue, names []string) []*localQueue {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, name := range names {
		if q := v.queues[name]; q != nil {
			to = append(to, q)
		}
	}
	return to
}

// route finds the queues of a message that needs more than exchange and key,
// adds it to the histories on its way and notes the exchanges that are to hold
// it back. The queues are good until the batch's next route.
func (v *vhost) route(t *batch, name string, rm *exchange.Message, res *exchange.Result, m *message) ([]*localQueue, error) {
	if err := v.router.Route(name, rm, res); err != nil {
		return nil, exchange.NoExchange(amqp.MethodBasicPublish, name, v.name)
	}
	if len(res.History) > 0 && exchange.WantsHistory(rm.Headers) {
		v.remember(res.History, m)
	}
	t.holdFor(v, res.Holds, m)
	t.targets = v.named(t.targets[:0], res.Queues)
	return t.targets, nil
}

// inForce is what policies say of a queue, for views: their names and what they
// come to.
type inForce struct {
	ordinary, operator string // "" for none
	effective          policy.Definition
}

// queueSettings resolves what arguments and policies mean for a queue.
func (v *vhost) queueSettings(d *meta.Queue) (policy.Settings, inForce) {
	kind, err := policy.KindOf(d.Arguments)
	if err != nil {
		kind = policy.Classic
	}
	ps := v.policies.Load()
	p, op := ps.ordinary.Match(d.Name, kind.Target()), ps.operator.Match(d.Name, kind.Target())
	s, effective := policy.Resolve(kind, d.Arguments, p, op)
	return s, inForce{ordinary: policyName(p), operator: policyName(op), effective: effective}
}

func policyName(p *policy.Policy) string {
	if p == nil {
		return ""
	}
	return p.Name
}

// exchangeOf is a definition's exchange as routing knows it, its alternate
// exchange resolved from argument and policy.
func (v *vhost) exchangeOf(d *meta.Exchange) exchange.Exchange {
	p := v.policies.Load().ordinary.Match(d.Name, policy.TargetExchange)
	return exchange.Exchange{
		Name: d.Name, Type: d.Type, Durable: d.Durable, AutoDelete: d.AutoDelete, Internal: d.Internal,
		Arguments: d.Arguments, Alternate: policy.ResolveExchange(d.Arguments, p).AlternateExchange,
	}
}

// compilePolicies takes over the policies of the definitions.
func (v *vhost) compilePolicies() {
	view := v.b.state.View()
	v.policies.Store(&policies{
		ordinary: policy.NewMatcher(view.Policies(v.name)),
		operator: policy.NewMatcher(view.OperatorPolicies(v.name)),
	})
}

// applyPolicies puts changed policies into force on everything that runs.
func (v *vhost) applyPolicies(t *batch) {
	v.compilePolicies()
	for x := range v.b.state.View().Exchanges(v.name) {
		v.router.Put(v.exchangeOf(x))
	}
	v.mu.RLock()
	queues := make([]*localQueue, 0, len(v.queues))
	for _, q := range v.queues {
		queues = append(queues, q)
	}
	v.mu.RUnlock()
	for _, q := range queues {
		q.configure(t)
	}
}

// withDefaultType adds the virtual host's default queue type to the arguments
// of a declare that could be of any type (amqp-behaviour §4.4).
func (v *vhost) withDefaultType(m *amqp.QueueDeclare) amqp.Table {
	if !m.Durable || m.Exclusive || m.AutoDelete {
		return m.Arguments
	}
	if _, ok := m.Arguments.Get("x-queue-type"); ok {
		return m.Arguments
	}
	d, ok := v.b.state.View().Vhost(v.name)
	if !ok || d.DefaultQueueType == "" {
		return m.Arguments
	}
	return m.Arguments.With("x-queue-type", amqp.LongStr(d.DefaultQueueType))
}

// queueLimit tells whether the virtual host may not have another queue.
func (v *vhost) queueLimit() (limit int64, full bool) {
	view := v.b.state.View()
	d, ok := view.Vhost(v.name)
	if !ok {
		return 0, false
	}
	limit, limited := d.Limit(meta.MaxQueues)
	return limit, limited && int64(view.QueueCount(v.name)) >= limit
}
