package metrics

import (
	"net/url"
	"slices"

	"amqpd/broker"
	"amqpd/cluster/meta"
)

// scrape is one answer in the making. What it shows is asked for when the first
// row needs it, and once: the figures of an answer belong together. It belongs
// to one goroutine.
type scrape struct {
	broker   *broker.Broker
	registry registry
	endpoint string   // the view's name
	families []string // asked for; on /metrics/detailed
	vhosts   []string // asked for and there; nil all

	definitions *meta.View
	node        broker.NodeView
	totals      broker.Totals
	churn       broker.Churn
	store       broker.StoreStats
	kinds       []broker.KindTotals
	summed      *sums
	allQueues   *broker.QueueCounts

	queueViews       []broker.QueueView
	queueLabels      []labels
	channelViews     []broker.ChannelView
	channelLabels    []labels
	connectionViews  []broker.ConnectionView
	connectionLabels []labels
}

// newScrape takes the figures that cost the same however many objects there are.
func newScrape(b *broker.Broker, r registry, endpoint string) *scrape {
	return &scrape{
		broker: b, registry: r, endpoint: endpoint,
		definitions: b.Definitions(), node: b.Node(), totals: b.Totals(), churn: b.Churn(), store: b.Store(), kinds: b.KindTotals(),
	}
}

// ask takes over what the query asks for; it counts on /metrics/detailed alone.
// Virtual hosts that are not there are left out, families that are not there
// have no rows.
func (s *scrape) ask(query url.Values) {
	if s.registry != detailed {
		return
	}
	s.families = query["family"]
	if names, asked := query["vhost"]; asked {
		s.vhosts = []string{}
		for _, name := range names {
			if _, exists := s.definitions.Vhost(name); exists && !slices.Contains(s.vhosts, name) {
				s.vhosts = append(s.vhosts, name)
			}
		}
	}
}

// queueSum are the figures of all queues together.
func (s *scrape) queueSum() *broker.QueueCounts {
	if s.allQueues == nil {
		s.allQueues = &broker.QueueCounts{}
		for i := range s.kinds {
			s.allQueues.Add(&s.kinds[i].QueueCounts)
		}
	}
	return s.allQueues
}

// sums are gauges added up over channels and connections, which no ledger keeps.
type sums struct {
	unacked, unconfirmed, uncommitted, acksUncommitted float64
	prefetch, globalPrefetch                           float64
	publishers, pending                                float64
}

// sum walks channels and connections once.
func (s *scrape) sum() *sums {
	if s.summed != nil {
		return s.summed
	}
	t := &sums{}
	s.broker.EachChannel(func(c *broker.ChannelView) bool {
		t.unacked += float64(c.Unacknowledged)
		t.unconfirmed += float64(c.Unconfirmed)
		t.uncommitted += float64(c.UncommittedMessages)
		t.acksUncommitted += float64(c.UncommittedAcks)
		t.prefetch += float64(c.Prefetch)
		t.globalPrefetch += float64(c.GlobalPrefetch)
		if c.Stats[broker.Publish] > 0 {
			t.publishers++
		}
		return true
	})
	s.broker.EachConnection(func(c *broker.ConnectionView) bool {
		t.pending += float64(c.SendPending)
		return true
	})
	s.summed = t
	return t
}

// eachVhost calls f with every virtual host that was asked for.
func (s *scrape) eachVhost(f func(name string)) {
	if s.vhosts != nil {
		for _, name := range s.vhosts {
			f(name)
		}
		return
	}
	for v := range s.definitions.Vhosts() {
		f(v.Name)
	}
}

// wants tells whether objects of a virtual host were asked for.
func (s *scrape) wants(vhost string) bool {
	return s.vhosts == nil || slices.Contains(s.vhosts, vhost)
}

// queues are the views of the queues; labels go with them.
func (s *scrape) queues() []broker.QueueView {
	if s.queueViews == nil {
		s.queueViews = []broker.QueueView{}
		s.eachVhost(func(vhost string) {
			s.broker.EachQueue(vhost, "", func(q *broker.QueueView) bool {
				s.queueViews = append(s.queueViews, *q)
				s.queueLabels = append(s.queueLabels, labelled("vhost", q.Vhost, "queue", q.Name))
				return true
			})
		})
	}
	return s.queueViews
}

// channels are the views of the channels; labels go with them.
func (s *scrape) channels() []broker.ChannelView {
	if s.channelViews == nil {
		s.channelViews = []broker.ChannelView{}
		s.broker.EachChannel(func(c *broker.ChannelView) bool {
			if s.wants(c.Vhost) {
				s.channelViews = append(s.channelViews, *c)
				s.channelLabels = append(s.channelLabels, labelled("channel", c.Name, "vhost", c.Vhost))
			}
			return true
		})
	}
	return s.channelViews
}

// connections are the views of the connections; labels go with them. Their
// label is "channel", as RabbitMQ has it.
func (s *scrape) connections() []broker.ConnectionView {
	if s.connectionViews == nil {
		s.connectionViews = []broker.ConnectionView{}
		s.broker.EachConnection(func(c *broker.ConnectionView) bool {
			s.connectionViews = append(s.connectionViews, *c)
			s.connectionLabels = append(s.connectionLabels, labelled("channel", c.Name))
			return true
		})
	}
	return s.connectionViews
}
