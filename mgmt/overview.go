package mgmt

import (
	"runtime"
	"strconv"
	"strings"

	"amqpd/broker"
	"amqpd/broker/auth"
	"amqpd/exchange"
)

// overview is what GET /api/overview shows (management-api §8.1).
type overview struct {
	c      *call
	read   readout
	totals broker.Totals // what the caller may see
	all    bool          // the caller sees everything
}

// overviewAlways is shown with disable_stats, too.
var overviewAlways = shape[*overview]{
	{"management_version", func(*overview) value { return str(broker.RabbitMQVersion) }},
	{"rates_mode", func(*overview) value { return str("basic") }},
	{"sample_retention_policies", func(*overview) value { return retentionPolicies }},
	{"exchange_types", func(o *overview) value { return exchangeTypes(o.c.s.broker) }},
	{"product_version", func(*overview) value { return str(broker.RabbitMQVersion) }},
	{"product_name", func(*overview) value { return str("RabbitMQ") }},
	{"rabbitmq_version", func(*overview) value { return str(broker.RabbitMQVersion) }},
	{"cluster_name", func(o *overview) value { return str(o.c.s.broker.ClusterName()) }},
	{"erlang_version", func(*overview) value { return str(erlangVersion) }},
	{"erlang_full_version", func(*overview) value { return str("amqpd " + broker.Version + " (" + runtime.Version() + ")") }},
	{"release_series_support_status", func(*overview) value { return str("supported") }},
	{"disable_stats", func(o *overview) value { return flag(o.c.disableStats()) }},
	{"enable_queue_totals", func(o *overview) value { return flag(o.c.query("enable_queue_totals") == "true") }},
	{"node", func(o *overview) value {
		if !o.all {
			return missing
		}
		return str(o.c.s.broker.NodeName())
	}},
}

// erlangVersion is the Erlang release that the recorded RabbitMQ ran on. Tools
// parse it; nothing here is Erlang.
const erlangVersion = "25.2.3"

var overviewShape = append(overviewAlways[:len(overviewAlways):len(overviewAlways)], shape[*overview]{
	{"message_stats", func(o *overview) value {
		stats := o.read.messageStats(&o.totals.Stats, groupAll)
		if stats.kind == kindMissing {
			return of(obj())
		}
		return stats
	}},
	{"churn_rates", func(o *overview) value {
		churn := o.c.s.broker.Churn()
		node := o.c.s.nodeReadout(o.read.windows)
		return of(node.figures(churnReadings(&churn), o.read.data))
	}},
	{"queue_totals", func(o *overview) value {
		return of(atOnce{o.read.figures(lengths(o.totals.Ready, o.totals.Unacked), o.read.lengths)})
	}},
	{"object_totals", (*overview).objectTotals},
	{"statistics_db_event_queue", func(*overview) value { return whole(0) }},
	{"listeners", func(o *overview) value {
		if !o.all {
			return missing
		}
		return listeners(o.c.s.broker)
	}},
	{"contexts", func(o *overview) value {
		if !o.all {
			return missing
		}
		return webContexts(o.c.s.broker)
	}},
}...)

// overviewNoStats is the answer with disable_stats.
var overviewNoStats = append(overviewAlways[:len(overviewAlways):len(overviewAlways)],
	field[*overview]{"object_totals", (*overview).objectTotals})

// getOverview answers GET /api/overview.
func getOverview(c *call) error {
	w, err := c.windows(rangeFault)
	if err != nil {
		return err
	}
	o := &overview{c: c, all: c.isMonitor(), read: c.s.nodeReadout(w)}
	o.totals = c.s.broker.Totals()
	if !o.all {
		o.read = o.sumVisible(w)
	}
	if c.disableStats() {
		return single(c, overviewNoStats, o)
	}
	return single(c, overviewShape, o)
}

// sumVisible makes the totals those of the virtual hosts and connections that
// the caller may see, and gives their past.
func (o *overview) sumVisible(w windows) readout {
	c := o.c
	o.totals = broker.Totals{}
	sum := &series{}
	for v := range c.view().Vhosts() {
		if !c.mayEnter(v.Name) {
			continue
		}
		t, ok := c.s.broker.VhostTotals(v.Name, false)
		if !ok {
			continue
		}
		for i, n := range t.Stats {
			o.totals.Stats[i] += n
		}
		o.totals.Ready, o.totals.Unacked = o.totals.Ready+t.Ready, o.totals.Unacked+t.Unacked
		o.totals.Queues, o.totals.Consumers = o.totals.Queues+t.Queues, o.totals.Consumers+t.Consumers
		c.s.sampler.mu.RLock()
		if s := c.s.sampler.vhosts.find(v.Name); s != nil {
			sum.lines = append(sum.lines, s.lines...)
		}
		c.s.sampler.mu.RUnlock()
	}
	o.totals.Connections, o.totals.Channels = 0, 0
	c.s.broker.EachConnection(func(v *broker.ConnectionView) bool {
		if v.User == c.user.Name {
			o.totals.Connections++
			o.totals.Channels += v.Channels
		}
		return true
	})
	return readout{sampler: c.s.sampler, series: sum, keep: retainGlobal, windows: w}
}

// objectTotals counts what there is. Consumers are left out for who sees only
// some.
func (o *overview) objectTotals() value {
	view := o.c.view()
	exchanges, queues := 0, 0
	for v := range view.Vhosts() {
		if o.all || o.c.mayEnter(v.Name) {
			exchanges += view.ExchangeCount(v.Name)
			queues += view.QueueCount(v.Name)
		}
	}
	if o.c.disableStats() {
		return of(atOnce{obj(m("connections", whole(o.totals.Connections)), m("exchanges", whole(exchanges)), m("queues", whole(queues)))})
	}
	consumers := missing
	if o.all {
		consumers = whole(o.totals.Consumers)
	}
	return of(atOnce{obj(m("channels", whole(o.totals.Channels)), m("connections", whole(o.totals.Connections)),
		m("consumers", consumers), m("exchanges", whole(exchanges)), m("queues", whole(queues)))})
}

// atOnce is a group that comes whole when one of its keys is asked for
// (management-api §4).
type atOnce struct{ made }

func (g atOnce) write(e *encoder, _ columns) { g.made.write(e, nil) }

// retentionPolicies tells for how many seconds the past is kept.
var retentionPolicies = func() value {
	ages := func(r retention) value {
		var all []value
		for _, s := range r {
			all = append(all, whole(s.age))
		}
		return list(all...)
	}
	return of(obj(m("global", ages(retainGlobal)), m("basic", ages(retainBasic)), m("detailed", list(whole(600)))))
}()

// exchangeTypes lists the types that exchanges can have.
func exchangeTypes(b *broker.Broker) value {
	var all []value
	for _, t := range exchange.Types() {
		if b.KnownExchangeType(string(t.Name)) {
			all = append(all, of(obj(m("name", str(string(t.Name))), m("description", str(t.Description)), m("enabled", flag(true)))))
		}
	}
	return list(all...)
}

// mechanisms lists the ways to log in over AMQP.
func mechanisms() value {
	var all []value
	for _, x := range auth.Mechanisms {
		all = append(all, of(obj(m("name", str(x.Name)), m("description", str(x.Doc)), m("enabled", flag(true)))))
	}
	return list(all...)
}

// listeners lists where the node listens (management-api §8.1).
func listeners(b *broker.Broker) value {
	var all []value
	for _, l := range b.Listeners() {
		all = append(all, of(obj(m("node", str(b.NodeName())), m("protocol", str(l.Protocol)),
			m("ip_address", str(l.Host)), m("port", whole(l.Port)), m("socket_opts", list()))))
	}
	return list(all...)
}

// webContexts lists the listeners of HTTP as RabbitMQ's web server does, with
// ports as text.
func webContexts(b *broker.Broker) value {
	var all []value
	for _, l := range b.Listeners() {
		if !strings.HasPrefix(l.Protocol, "http") {
			continue
		}
		description := "RabbitMQ Management"
		if strings.HasSuffix(l.Protocol, "/prometheus") {
			description = "RabbitMQ Prometheus"
		}
		all = append(all, of(obj(m("ssl_opts", list()), m("node", str(b.NodeName())), m("description", str(description)),
			m("path", str("/")), m("cowboy_opts", str("[]")), m("ip", str(l.Host)), m("port", str(strconv.Itoa(l.Port))))))
	}
	return list(all...)
}

// disableStats tells whether the query asks for definitions only
// (management-api §5.3).
func (c *call) disableStats() bool { return c.query("disable_stats") == "true" }

// nodeReadout is the node's place in the sampler.
func (s *Server) nodeReadout(w windows) readout {
	s.sampler.mu.RLock()
	defer s.sampler.mu.RUnlock()
	return readout{sampler: s.sampler, series: s.sampler.node, keep: retainGlobal, windows: w}
}
