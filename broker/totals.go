package broker

import "sync"

// Totals are the figures of a virtual host, or of the node (management-api
// §8.1, §8.8). It is a plain value of numbers.
type Totals struct {
	// Stats has all counters but PublishIn and PublishOut, and for a virtual
	// host not DiskReads. What channels and queues that are gone have counted
	// stays in them.
	Stats Counters

	Ready, Unacked           int64 // messages of all queues
	ReadyBytes, UnackedBytes int64 // octets of their bodies
	Queues                   int
	Consumers                int
	Connections, Channels    int    // open ones
	Received, Sent           uint64 // octets from and to clients, connections that are gone included

	ReceivedPackets, SentPackets uint64 // reads and writes that took, gone connections included
	PublishedConfirm             uint64 // of Publish, those on channels in confirm mode
}

// Messages is what the queues hold.
func (t *Totals) Messages() int64 { return t.Ready + t.Unacked }

// ledger adds up Totals from differences. Whoever notes one holds the lock of
// the queue or the output that it is of, so nothing is noted twice.
type ledger struct {
	mu sync.Mutex
	t  Totals // guarded by mu
}

// Totals are the node's totals now. It costs a short look at every connection
// and at each queue that changed since the last call.
func (b *Broker) Totals() Totals {
	b.takeStock()
	t := b.ledger.read()
	s := b.store.Stats()
	t.Stats[DiskReads] = s.DiskReads
	t.Queues = b.state.View().Counts().Queues
	return t
}

// VhostTotals are a virtual host's totals as of the last call of Totals, or of
// itself with fresh set; false: there is no such virtual host. A caller that
// wants many calls Totals once.
func (b *Broker) VhostTotals(name string, fresh bool) (Totals, bool) {
	v := b.vhost(name)
	if v == nil {
		return Totals{}, false
	}
	if fresh {
		b.takeStock()
	}
	t := v.ledger.read()
	t.Queues = b.state.View().QueueCount(name)
	return t, true
}

// read returns the totals with their sums.
func (l *ledger) read() Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.t
	t.Stats.sum()
	return t
}

// add notes differences.
func (l *ledger) add(d *Totals) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.t
	t.Stats.add(&d.Stats)
	t.Ready, t.Unacked = t.Ready+d.Ready, t.Unacked+d.Unacked
	t.ReadyBytes, t.UnackedBytes = t.ReadyBytes+d.ReadyBytes, t.UnackedBytes+d.UnackedBytes
	t.Consumers += d.Consumers
	t.Received, t.Sent = t.Received+d.Received, t.Sent+d.Sent
	t.ReceivedPackets, t.SentPackets = t.ReceivedPackets+d.ReceivedPackets, t.SentPackets+d.SentPackets
	t.PublishedConfirm += d.PublishedConfirm
}

// stock is what takeStock remembers between two runs.
type stock struct {
	mu     sync.Mutex // held while stock is taken; first of all locks that it takes
	cursor uint64
	queues []*localQueue // working memory
}

// takeStock brings the ledgers up to date: queues that changed, and all
// connections.
func (b *Broker) takeStock() {
	s := &b.stock
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues, s.cursor = b.changes.since(s.cursor, s.queues[:0])
	for i, q := range s.queues {
		q.mu.Lock()
		q.noteLocked()
		q.mu.Unlock()
		s.queues[i] = nil
	}
	live := map[*vhost]*Totals{}
	for _, c := range b.connections() {
		if v, channels := c.note(); v != nil {
			t := live[v]
			if t == nil {
				t = &Totals{}
				live[v] = t
			}
			t.Connections++
			t.Channels += channels
		}
	}
	b.setLive(live)
}

// setLive notes how many connections and channels there are.
func (b *Broker) setLive(live map[*vhost]*Totals) {
	b.mu.Lock()
	vhosts := make([]*vhost, 0, len(b.vhosts))
	for _, v := range b.vhosts {
		vhosts = append(vhosts, v)
	}
	b.mu.Unlock()
	var connections, channels int
	for _, v := range vhosts {
		var t Totals
		if have := live[v]; have != nil {
			t = *have
		}
		connections, channels = connections+t.Connections, channels+t.Channels
		v.ledger.mu.Lock()
		v.ledger.t.Connections, v.ledger.t.Channels = t.Connections, t.Channels
		v.ledger.mu.Unlock()
	}
	b.ledger.mu.Lock()
	b.ledger.t.Connections, b.ledger.t.Channels = connections, channels
	b.ledger.mu.Unlock()
}
