package broker

// ExchangeSample is an exchange's identity and its message_stats: PublishIn
// counts what channels published to it by name, PublishOut once for each queue
// that got it (management-api §8.6).
type ExchangeSample struct {
	Vhost, Name string
	Stats       Counters
}

// VisitQueues calls f with each queue that changed since the visit that returned
// cursor, in no order, until f returns false, and returns the cursor for the
// next visit. Cursor 0 visits every queue that ever changed; one that is not
// among them has counted nothing and holds nothing. A queue that was deleted is
// not told of: its ID is gone from the definitions.
//
// Any number of visitors may each have a cursor. The sample is filled anew for
// each call and valid during it. One queue is locked at a time, and none while f
// runs. After f returned false the queues that were left out come with the next
// visit only if they change again.
func (b *Broker) VisitQueues(cursor uint64, f func(*QueueSample) bool) (next uint64) {
	list, next := b.changes.since(cursor, nil)
	var s QueueSample
	for _, q := range list {
		q.mu.Lock()
		gone := q.gone
		if !gone {
			q.sampleLocked(&s)
		}
		q.mu.Unlock()
		if !gone && !f(&s) {
			break
		}
	}
	return next
}

// VisitExchanges calls f with each exchange that something was published to
// since it was declared, in no order, until f returns false. The sample is
// filled anew for each call and valid during it. No lock is held while f runs.
func (b *Broker) VisitExchanges(f func(*ExchangeSample) bool) {
	b.mu.Lock()
	vhosts := make([]*vhost, 0, len(b.vhosts))
	for _, v := range b.vhosts {
		vhosts = append(vhosts, v)
	}
	b.mu.Unlock()
	var s ExchangeSample
	for _, v := range vhosts {
		for _, x := range v.counted() {
			s = ExchangeSample{Vhost: v.name, Name: x.name, Stats: x.stats()}
			if !f(&s) {
				return
			}
		}
	}
}

// ExchangeStats are the message_stats of one exchange; all 0 for one that is not
// there.
func (b *Broker) ExchangeStats(vhost, name string) Counters {
	if v := b.vhost(vhost); v != nil {
		if x := v.exchangeCounter(name, false); x != nil {
			return x.stats()
		}
	}
	return Counters{}
}

// ExchangePolicy is the name of the policy that applies to an exchange, "" for
// none.
func (b *Broker) ExchangePolicy(vhost, name string) string {
	v := b.vhost(vhost)
	if v == nil {
		return ""
	}
	return v.exchangePolicy(name)
}
