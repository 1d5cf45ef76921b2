package mgmt

import (
	"log/slog"
	"sync"
	"time"

	"amqpd/broker"
)

// sampler remembers how the figures of the node and of what is on it moved. One
// goroutine takes samples at every multiple of tick; it visits the queues that
// changed and every connection, so 50,000 idle queues cost nothing. Readers
// compare what an object has now with what was sampled, so rates are there at
// once and not at the next sample.
//
// No lock of the broker is taken while mu is held.
type sampler struct {
	broker *broker.Broker
	clock  func() int64 // unix milliseconds
	log    *slog.Logger

	// sampling is held by who takes a sample, before mu.
	sampling sync.Mutex
	cursor   uint64 // for Broker.VisitQueues
	readings []reading
	ticks    int64 // samples taken
	// basic is how long the pasts of queues, exchanges, connections and channels
	// are kept now: retainBasic, halved so often.
	basic    retention
	halvings int

	mu          sync.RWMutex
	node        *series // all below is guarded by mu
	vhosts      book[string]
	queues      book[uint64]
	exchanges   book[objectName]
	connections book[string]
	channels    book[string]
}

// objectName is an object of a virtual host.
type objectName struct{ vhost, name string }

// reading is what a figure is now.
type reading struct {
	figure figure
	value  int64
}

// sampled is a series with when it was last written.
type sampled struct {
	series
	at int64 // unix second
}

// book is the series of the objects of one kind.
type book[K comparable] map[K]*sampled

// find gives an object's series, nil where nothing is known of it.
func (b book[K]) find(key K) *series {
	if s := b[key]; s != nil {
		return &s.series
	}
	return nil
}

// put samples an object. One whose counters have fallen is another one of the
// same name.
func (b book[K]) put(keep retention, key K, now int64, readings []reading) {
	s := b[key]
	if s == nil {
		s = &sampled{}
		b[key] = s
	}
	if s.at != now {
		for _, r := range readings {
			if l := s.line(r.figure); l != nil && r.value < l.value && !r.figure.gauge() {
				s.lines = nil
				break
			}
		}
	}
	s.at = now
	for _, r := range readings {
		s.put(keep, now, r.figure, r.value)
	}
}

// start takes an object as having been like this always.
func (b book[K]) start(key K, readings []reading) {
	s := &sampled{}
	for _, r := range readings {
		s.start(r.figure, r.value)
	}
	b[key] = s
}

// keepSince drops the objects that no sample found since now.
func (b book[K]) keepSince(now int64) {
	for key, s := range b {
		if s.at < now {
			delete(b, key)
		}
	}
}

// newSampler begins with the present as the past.
func newSampler(b *broker.Broker, clock func() int64, log *slog.Logger) *sampler {
	s := &sampler{broker: b, clock: clock, log: log, basic: retainBasic}
	s.reset()
	return s
}

// run takes samples until stop is closed, and tells of each when it is taken.
func (s *sampler) run(stop <-chan struct{}, taken func()) {
	timer := time.NewTimer(s.untilNext())
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			s.sample(s.clock() / 1000 / tick * tick)
			taken()
			timer.Reset(s.untilNext())
		case <-stop:
			return
		}
	}
}

// untilNext is how long it is to the next moment for a sample.
func (s *sampler) untilNext() time.Duration {
	const every = tick * 1000
	return time.Duration(every-s.clock()%every) * time.Millisecond
}

// sample writes down everything that moved, as of unix second now.
func (s *sampler) sample(now int64) {
	s.sampling.Lock()
	defer s.sampling.Unlock()
	s.ticks++
	s.sampleNode(now)
	s.sampleVhosts(now)
	s.sampleQueues(now)
	s.sampleExchanges(now)
	s.sampleConnections(now)
	s.sampleChannels(now)
	if s.ticks%sweepEvery == 0 {
		s.sweep(now)
	}
}

// sweepEvery is the ticks between two looks for pasts that nobody can ask for
// any more.
const sweepEvery = 24

func (s *sampler) sampleNode(now int64) {
	r := s.nodeReadings()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range r {
		s.node.put(retainGlobal, now, r.figure, r.value)
	}
}

func (s *sampler) sampleVhosts(now int64) {
	for v := range s.broker.Definitions().Vhosts() {
		t, ok := s.broker.VhostTotals(v.Name, false)
		if !ok {
			continue
		}
		s.readings = vhostReadings(s.readings[:0], &t)
		s.mu.Lock()
		s.vhosts.put(retainGlobal, v.Name, now, s.readings)
		s.mu.Unlock()
	}
	s.mu.Lock()
	s.vhosts.keepSince(now)
	s.mu.Unlock()
}

func (s *sampler) sampleQueues(now int64) {
	s.cursor = s.broker.VisitQueues(s.cursor, func(q *broker.QueueSample) bool {
		s.readings = queueReadings(s.readings[:0], q)
		s.mu.Lock()
		s.queues.put(s.basic, q.ID, now, s.readings)
		s.mu.Unlock()
		return true
	})
}

func (s *sampler) sampleExchanges(now int64) {
	s.broker.VisitExchanges(func(x *broker.ExchangeSample) bool {
		s.readings = counterReadings(s.readings[:0], &x.Stats)
		s.mu.Lock()
		s.exchanges.put(s.basic, objectName{x.Vhost, x.Name}, now, s.readings)
		s.mu.Unlock()
		return true
	})
	s.mu.Lock()
	s.exchanges.keepSince(now)
	s.mu.Unlock()
}

func (s *sampler) sampleConnections(now int64) {
	s.broker.EachConnection(func(v *broker.ConnectionView) bool {
		s.readings = append(s.readings[:0], reading{figReceived, int64(v.Received)}, reading{figSent, int64(v.Sent)})
		s.mu.Lock()
		s.connections.put(s.basic, v.Name, now, s.readings)
		s.mu.Unlock()
		return true
	})
	s.mu.Lock()
	s.connections.keepSince(now)
	s.mu.Unlock()
}

func (s *sampler) sampleChannels(now int64) {
	s.broker.EachChannel(func(v *broker.ChannelView) bool {
		s.readings = counterReadings(s.readings[:0], &v.Stats)
		s.mu.Lock()
		s.channels.put(s.basic, v.Name, now, s.readings)
		s.mu.Unlock()
		return true
	})
	s.mu.Lock()
	s.channels.keepSince(now)
	s.mu.Unlock()
}

// sweep forgets queues that are gone and pasts that no span reaches, and sees to
// it that the rest keeps to its budget.
func (s *sampler) sweep(now int64) {
	view := s.broker.Definitions()
	s.mu.Lock()
	for id := range s.queues {
		if _, there := view.QueueByID(id); !there {
			delete(s.queues, id)
		}
	}
	octets := s.queues.forget(s.basic, now) + s.exchanges.forget(s.basic, now) +
		s.connections.forget(s.basic, now) + s.channels.forget(s.basic, now)
	s.mu.Unlock()
	s.keepTo(s.budget(), octets)
}

// forget drops pasts that no span reaches and returns about what is left, in
// octets.
func (b book[K]) forget(keep retention, now int64) (octets int) {
	for _, s := range b {
		s.forget(keep, now)
		octets += s.octets() + bookOctets
	}
	return octets
}

// bookOctets is about what an entry of a book takes besides its lines.
const bookOctets = 100

// The budget of pasts: a share of the memory limit, or budgetAlone octets where
// there is none. An object keeps six steps of each span at least, so a node
// with very many of them may take more.
const (
	budgetShare  = 16
	budgetAlone  = 256 << 20
	mostHalvings = 6
)

func (s *sampler) budget() int {
	if limit := s.broker.Node().MemoryLimit; limit > 0 {
		return int(min(limit/budgetShare, 1<<40))
	}
	return budgetAlone
}

// keepTo halves how long pasts are kept when they take more than the budget, and
// doubles it when they take far less.
func (s *sampler) keepTo(budget, octets int) {
	switch {
	case octets > budget && s.halvings < mostHalvings:
		s.halvings++
	case octets < budget/4 && s.halvings > 0:
		s.halvings--
	default:
		return
	}
	s.basic = retainBasic.shortened(s.halvings)
	s.log.Info("how long the figures of queues, connections and channels are kept has changed",
		"octets", octets, "budget", budget, "fine_seconds", s.basic[0].age, "coarse_seconds", s.basic[1].age)
}

// reset forgets every past: what is now counts as having always been so.
func (s *sampler) reset() {
	s.sampling.Lock()
	defer s.sampling.Unlock()
	s.mu.Lock()
	s.node = &series{}
	s.vhosts, s.queues, s.exchanges = book[string]{}, book[uint64]{}, book[objectName]{}
	s.connections, s.channels = book[string]{}, book[string]{}
	s.mu.Unlock()
	node := s.nodeReadings()
	s.mu.Lock()
	for _, r := range node {
		s.node.start(r.figure, r.value)
	}
	s.mu.Unlock()
	s.startObjects()
}

// startObjects takes all objects as they are.
func (s *sampler) startObjects() {
	for v := range s.broker.Definitions().Vhosts() {
		if t, ok := s.broker.VhostTotals(v.Name, false); ok {
			startIn(s, s.vhosts, v.Name, vhostReadings(nil, &t))
		}
	}
	s.cursor = s.broker.VisitQueues(0, func(q *broker.QueueSample) bool {
		startIn(s, s.queues, q.ID, queueReadings(nil, q))
		return true
	})
	s.broker.VisitExchanges(func(x *broker.ExchangeSample) bool {
		startIn(s, s.exchanges, objectName{x.Vhost, x.Name}, counterReadings(nil, &x.Stats))
		return true
	})
	s.broker.EachConnection(func(v *broker.ConnectionView) bool {
		startIn(s, s.connections, v.Name, []reading{{figReceived, int64(v.Received)}, {figSent, int64(v.Sent)}})
		return true
	})
	s.broker.EachChannel(func(v *broker.ChannelView) bool {
		startIn(s, s.channels, v.Name, counterReadings(nil, &v.Stats))
		return true
	})
}

func startIn[K comparable](s *sampler, b book[K], key K, readings []reading) {
	s.mu.Lock()
	b.start(key, readings)
	s.mu.Unlock()
}
