package metrics

import (
	"amqpd/broker"
	"amqpd/cluster/meta"
)

// exchangeFamily is the family of exchanges on /metrics/detailed.
const exchangeFamily = "exchange_metrics"

// objectMetrics are those of exchanges and virtual hosts.
var objectMetrics = []metric{
	{rabbit, "exchange_messages_published_total", counter, "messages", exchangeFamily, "Published to the exchange by name", summed{nil, several(publishedToExchanges)}},

	{cluster, "vhost_status", gauge, "", "vhost_status", "1 while the virtual host runs", several(func(s *scrape, out *page) {
		s.eachVhost(func(name string) { out.add(labelled("vhost", name), 1) })
	})},
	{cluster, "exchange_bindings", gauge, "bindings", "exchange_bindings", "Bindings from the exchange", eachExchange(func(s *scrape, x *meta.Exchange) float64 {
		n := 0
		for range s.definitions.BindingsFrom(x.Vhost, x.Name) {
			n++
		}
		return float64(n)
	})},
	{cluster, "exchange_name", gauge, "", "exchange_names", "1 for each exchange", eachExchange(func(*scrape, *meta.Exchange) float64 { return 1 })},
}

func publishedToExchanges(s *scrape, out *page) {
	s.broker.VisitExchanges(func(x *broker.ExchangeSample) bool {
		if s.wants(x.Vhost) {
			out.add(labelled("vhost", x.Vhost, "exchange", x.Name), float64(x.Stats[broker.PublishIn]))
		}
		return true
	})
}

// eachExchange gives a sample for each exchange.
func eachExchange(f func(*scrape, *meta.Exchange) float64) source {
	return several(func(s *scrape, out *page) {
		s.eachVhost(func(vhost string) {
			for x := range s.definitions.Exchanges(vhost) {
				out.add(labelled("vhost", vhost, "exchange", x.Name, "type", x.Type), f(s, x))
			}
		})
	})
}
