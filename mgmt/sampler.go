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

// note takes down an object. One whose counters have fallen is another one of
// the same name.
func (b book[K]) note(keep retention, key K, now int64, readings []reading) {
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
	s.series.note(keep, now, readings)
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
	s.sampleObjects(now)
	if s.ticks%sweepEvery == 0 {
		s.sweep(now)
	}
}

// sweepEvery is the ticks between two looks for pasts that nobody can ask for
// any more.
const sweepEvery = 24

// always in place of a second says that what is now has been so all along.
const always = 0

func (s *sampler) sampleNode(now int64) {
	readings := s.nodeReadings()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.node.note(retainGlobal, now, readings)
}

// sampleObjects takes down what there is, of queues those that changed, and
// forgets what is gone, but for queues, which sweep forgets.
func (s *sampler) sampleObjects(now int64) {
	for v := range s.broker.Definitions().Vhosts() {
		if t, ok := s.broker.VhostTotals(v.Name, false); ok {
			note(s, &s.vhosts, retainGlobal, v.Name, now, vhostReadings(s.readings[:0], &t))
		}
	}
	keepSince(s, &s.vhosts, now)
	s.cursor = s.broker.VisitQueues(s.cursor, func(q *broker.QueueSample) bool {
		note(s, &s.queues, s.basic, q.ID, now, queueReadings(s.readings[:0], q))
		return true
	})
	s.broker.VisitExchanges(func(x *broker.ExchangeSample) bool {
		note(s, &s.exchanges, s.basic, objectName{x.Vhost, x.Name}, now, counterReadings(s.readings[:0], &x.Stats))
		return true
	})
	keepSince(s, &s.exchanges, now)
	s.broker.EachConnection(func(v *broker.ConnectionView) bool {
		note(s, &s.connections, s.basic, v.Name, now,
			append(s.readings[:0], reading{figReceived, int64(v.Received)}, reading{figSent, int64(v.Sent)}))
		return true
	})
	keepSince(s, &s.connections, now)
	s.broker.EachChannel(func(v *broker.ChannelView) bool {
		note(s, &s.channels, s.basic, v.Name, now, counterReadings(s.readings[:0], &v.Stats))
		return true
	})
	keepSince(s, &s.channels, now)
}

// note takes down an object of one of the books. The readings' memory is used again.
func note[K comparable](s *sampler, b *book[K], keep retention, key K, now int64, readings []reading) {
	s.readings = readings
	s.mu.Lock()
	defer s.mu.Unlock()
	b.note(keep, key, now, readings)
}

// keepSince drops the objects of a book that no sample found since now.
func keepSince[K comparable](s *sampler, b *book[K], now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.keepSince(now)
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
	s.cursor = 0
	s.sampleNode(always)
	s.sampleObjects(always)
}
