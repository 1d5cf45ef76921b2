package metrics

import (
	"slices"

	dto "github.com/prometheus/client_model/go"

	"amqpd/broker"
)

// metric is a row of the table of metrics: the names are RabbitMQ's, so that
// its dashboards and alerts work (management-api §14), and ours beside them
// under "amqpd_". The answers, docs/metrics.md and the tests follow from it.
type metric struct {
	space  space
	name   string // without what space puts in front
	kind   dto.MetricType
	unit   string // what one of it is
	family string // of /metrics/detailed; "" where that path does not have it
	help   string // what it counts, and where the figure comes from if that is not plain; no full stop
	source source
}

// space is where a name belongs.
type space uint8

const (
	rabbit  space = iota // "rabbitmq_", of families "rabbitmq_detailed_"
	cluster              // "rabbitmq_cluster_", on /metrics/detailed alone
	ours                 // "amqpd_"
)

// prefixes are the spaces' names; those on /metrics/detailed come second.
var prefixes = [...][2]string{
	rabbit: {"rabbitmq_", "rabbitmq_detailed_"}, cluster: {"", "rabbitmq_cluster_"}, ours: {"amqpd_", "amqpd_"},
}

// The kinds of metrics.
const (
	counter = dto.MetricType_COUNTER
	gauge   = dto.MetricType_GAUGE
	untyped = dto.MetricType_UNTYPED
)

// registry is which of the three answers is wanted (reference: /metrics,
// /metrics/per-object, /metrics/detailed).
type registry uint8

const (
	aggregated registry = iota // one sample a metric: the sum over all objects
	perObject                  // one sample an object
	detailed                   // per object, the families that were asked for
)

// registries are the answers by the last part of their path, which is also
// what rabbitmq_endpoint says.
var registries = map[string]registry{"aggregated": aggregated, "per-object": perObject, "detailed": detailed}

// source gives a metric's samples.
type source interface {
	samples(s *scrape, out *page)
}

// table is every metric there is, in the order of the answer.
var table = slices.Concat(identityMetrics, nodeMetrics, globalMetrics, queueMetrics, channelMetrics, connectionMetrics, objectMetrics, ownMetrics)

// fullName is the metric's name in an answer.
func (m *metric) fullName(r registry) string {
	if r == detailed && m.family != "" && m.family != always {
		return prefixes[m.space][1] + m.name
	}
	return prefixes[m.space][0] + m.name
}

// shown tells whether an answer has the metric.
func (m *metric) shown(r registry, families []string) bool {
	switch {
	case r == detailed:
		return m.family == always || slices.Contains(families, m.family) ||
			m.family == queueConsumers && slices.Contains(families, queueFine)
	case m.space == cluster:
		return false
	}
	return true
}

// always is the family of what every answer of /metrics/detailed has.
const always = "*"

// figure is a source of one sample without labels.
type figure func(s *scrape) float64

func (f figure) samples(s *scrape, out *page) { out.add(nil, f(s)) }

// several is a source of samples with labels of their own.
type several func(s *scrape, out *page)

func (f several) samples(s *scrape, out *page) { f(s, out) }

// perQueue is a source of one sample for each queue.
type perQueue func(q *broker.QueueView) float64

func (f perQueue) samples(s *scrape, out *page) {
	for i := range s.queues() {
		out.add(s.queueLabels[i], f(&s.queueViews[i]))
	}
}

// perChannel is a source of one sample for each channel.
type perChannel func(c *broker.ChannelView) float64

func (f perChannel) samples(s *scrape, out *page) {
	for i := range s.channels() {
		out.add(s.channelLabels[i], f(&s.channelViews[i]))
	}
}

// perConnection is a source of one sample for each connection.
type perConnection func(c *broker.ConnectionView) float64

func (f perConnection) samples(s *scrape, out *page) {
	for i := range s.connections() {
		out.add(s.connectionLabels[i], f(&s.connectionViews[i]))
	}
}

// summed is a source that gives one sample where objects are added up, and one
// an object otherwise. A nil sum has nothing to say: a mean of shares means
// nothing.
type summed struct {
	sum  figure
	each source
}

func (f summed) samples(s *scrape, out *page) {
	switch {
	case s.registry != aggregated:
		f.each.samples(s, out)
	case f.sum != nil:
		f.sum.samples(s, out)
	}
}
