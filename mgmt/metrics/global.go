package metrics

import (
	"amqpd/broker"
)

// protocol is the only one that messages come by.
const protocol = "amqp091"

// kindLabels are RabbitMQ's names of the kinds of queues.
var kindLabels = map[string]string{
	"classic": "rabbit_classic_queue", "quorum": "rabbit_quorum_queue", "stream": "rabbit_stream_queue",
}

// globalMetrics are the counters of the whole node that the boards are made of.
// Every pair of labels has a sample from the start: rate() needs the first zero.
var globalMetrics = []metric{
	{rabbit, "global_messages_received_total", counter, "messages", "", "Published by clients", onProtocol(func(s *scrape) float64 { return float64(s.totals.Stats[broker.Publish]) })},
	{rabbit, "global_messages_received_confirm_total", counter, "messages", "", "Published by clients on channels in confirm mode", onProtocol(func(s *scrape) float64 { return float64(s.totals.PublishedConfirm) })},
	{rabbit, "global_messages_confirmed_total", counter, "messages", "", "Confirmed to publishers", onProtocol(func(s *scrape) float64 { return float64(s.totals.Stats[broker.Confirm]) })},
	{rabbit, "global_messages_routed_total", counter, "messages", "", "Put into queues, once for each queue; dead letters among them", onProtocol(func(s *scrape) float64 {
		var n uint64
		for i := range s.kinds {
			n += s.kinds[i].Stats[broker.Publish]
		}
		return float64(n)
	})},
	{rabbit, "global_messages_unroutable_dropped_total", counter, "messages", "", "Published without a queue to go to, and dropped", onProtocol(func(s *scrape) float64 { return float64(s.totals.Stats[broker.DropUnroutable]) })},
	{rabbit, "global_messages_unroutable_returned_total", counter, "messages", "", "Published as mandatory without a queue to go to, and returned", onProtocol(func(s *scrape) float64 { return float64(s.totals.Stats[broker.ReturnUnroutable]) })},
	{rabbit, "global_publishers", gauge, "channels", "", "Open channels that have published", onProtocol(func(s *scrape) float64 { return s.sum().publishers })},
	{rabbit, "global_consumers", gauge, "consumers", "", "Consumers", onProtocol(func(s *scrape) float64 { return float64(s.totals.Consumers) })},

	{rabbit, "global_messages_delivered_total", counter, "messages", "", "Delivered, pushed or polled", onKind(broker.DeliverGet)},
	{rabbit, "global_messages_delivered_consume_manual_ack_total", counter, "messages", "", "Pushed to consumers that acknowledge", onKind(broker.Deliver)},
	{rabbit, "global_messages_delivered_consume_auto_ack_total", counter, "messages", "", "Pushed to consumers that do not acknowledge", onKind(broker.DeliverNoAck)},
	{rabbit, "global_messages_delivered_get_manual_ack_total", counter, "messages", "", "Polled, to be acknowledged", onKind(broker.Get)},
	{rabbit, "global_messages_delivered_get_auto_ack_total", counter, "messages", "", "Polled, not to be acknowledged", onKind(broker.GetNoAck)},
	{rabbit, "global_messages_get_empty_total", counter, "polls", "", "Polls that found nothing", onKind(broker.GetEmpty)},
	{rabbit, "global_messages_redelivered_total", counter, "messages", "", "Delivered again", onKind(broker.Redeliver)},
	{rabbit, "global_messages_acknowledged_total", counter, "messages", "", "Acknowledged", onKind(broker.Ack)},

	{rabbit, "global_messages_dead_lettered_expired_total", counter, "messages", "", "Left their queue because their time to live was over", died(nil, func(k *broker.KindTotals) uint64 { return k.Expired })},
	{rabbit, "global_messages_dead_lettered_rejected_total", counter, "messages", "", "Left their queue because they were rejected", died(nil, func(k *broker.KindTotals) uint64 { return k.Rejected })},
	{rabbit, "global_messages_dead_lettered_maxlen_total", counter, "messages", "", "Left their queue because it was full", died(notAtLeastOnce, func(k *broker.KindTotals) uint64 { return k.Dropped })},
	{rabbit, "global_messages_dead_lettered_delivery_limit_total", counter, "messages", "", "Left their queue because they had come back too often", died(ofQuorum, func(k *broker.KindTotals) uint64 { return k.DeliveryLimited })},
	{rabbit, "global_messages_dead_lettered_confirmed_total", counter, "messages", "", "Dead letters that their new queues have confirmed", confirmedLetters},
}

// onProtocol labels a figure with the protocol.
func onProtocol(f figure) source {
	return several(func(s *scrape, out *page) { out.add(labelled("protocol", protocol), f(s)) })
}

// onKind gives a counter for each kind of queue, streams with 0.
func onKind(c broker.Counter) source {
	return several(func(s *scrape, out *page) {
		sums := map[string]uint64{}
		for i := range s.kinds {
			sums[s.kinds[i].Kind] += s.kinds[i].Stats[c]
		}
		for _, kind := range []string{"classic", "quorum", "stream"} {
			out.add(labelled("protocol", protocol, "queue_type", kindLabels[kind]), float64(sums[kind]))
		}
	})
}

// died gives a counter for each kind of queue and what becomes of its dead,
// where has is nil or holds.
func died(has func(*broker.KindTotals) bool, f func(*broker.KindTotals) uint64) source {
	return several(func(s *scrape, out *page) {
		for i := range s.kinds {
			if k := &s.kinds[i]; has == nil || has(k) {
				out.add(labelled("queue_type", kindLabels[k.Kind], "dead_letter_strategy", k.DeadLetters), float64(f(k)))
			}
		}
	})
}

// A length limit does not go with dead letters that must arrive, and only
// quorum queues count deliveries.
func notAtLeastOnce(k *broker.KindTotals) bool { return k.DeadLetters != broker.DeadLettersAtLeastOnce }
func ofQuorum(k *broker.KindTotals) bool       { return k.Kind == "quorum" }

// confirmedLetters counts where alone it can happen: quorum queues that
// dead-letter at least once.
var confirmedLetters = several(func(s *scrape, out *page) {
	out.add(labelled("queue_type", kindLabels["quorum"], "dead_letter_strategy", broker.DeadLettersAtLeastOnce),
		float64(s.broker.DeadLettersConfirmed()))
})
