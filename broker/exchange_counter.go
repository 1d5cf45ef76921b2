package broker

import (
	"sync"
	"sync/atomic"

	"amqpd/policy"
)

// exchangeCounter counts what is published to one exchange. Routes refer to it,
// so that a message finds it without a look-up.
type exchangeCounter struct {
	name    string
	in, out atomic.Uint64
}

// stats returns the counts as message_stats.
func (x *exchangeCounter) stats() (c Counters) {
	c[PublishIn], c[PublishOut] = x.in.Load(), x.out.Load()
	return c
}

// exchangeCounters are those of a virtual host, by exchange; an exchange has one
// from the first publish on.
type exchangeCounters struct {
	mu sync.Mutex
	m  map[string]*exchangeCounter // guarded by mu
}

// exchangeCounter returns the counter of an exchange; with make it makes one
// where there is none.
func (v *vhost) exchangeCounter(name string, make bool) *exchangeCounter {
	e := &v.exchanges
	e.mu.Lock()
	defer e.mu.Unlock()
	x := e.m[name]
	if x == nil && make {
		x = &exchangeCounter{name: name}
		if e.m == nil {
			e.m = map[string]*exchangeCounter{}
		}
		e.m[name] = x
	}
	return x
}

// forgetCounter drops the counter of a deleted exchange.
func (v *vhost) forgetCounter(name string) {
	v.exchanges.mu.Lock()
	defer v.exchanges.mu.Unlock()
	delete(v.exchanges.m, name)
}

// counted lists the counters there are.
func (v *vhost) counted() []*exchangeCounter {
	e := &v.exchanges
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]*exchangeCounter, 0, len(e.m))
	for _, x := range e.m {
		list = append(list, x)
	}
	return list
}

// exchangePolicy is the name of the policy of an exchange, "" for none.
func (v *vhost) exchangePolicy(name string) string {
	return policyName(v.policies.Load().ordinary.Match(name, policy.TargetExchange))
}
