package metrics

import "amqpd/broker"

// The families of queues on /metrics/detailed.
const (
	queueCoarse   = "queue_coarse_metrics"
	queueFine     = "queue_metrics"
	queueDelivery = "queue_delivery_metrics"
)

// queueMetrics are the figures of queues. Their sums come from totals that the
// node keeps anyway, so /metrics looks at no queue that stands still.
var queueMetrics = []metric{
	{rabbit, "queue_messages_ready", gauge, "messages", queueCoarse, "Messages that wait", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Ready) })},
	{rabbit, "queue_messages_unacked", gauge, "messages", queueCoarse, "Messages with consumers, not acknowledged yet", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Unacked) })},
	{rabbit, "queue_messages", gauge, "messages", queueCoarse, "Messages, waiting or with consumers", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Messages()) })},
	{rabbit, "queue_consumers", gauge, "consumers", queueConsumers, "Consumers", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Consumers) })},
	{rabbit, "queue_consumer_capacity", gauge, "share", queueFine, "Share of the time in which a message could have been delivered at once", summed{nil, perQueue(func(q *broker.QueueView) float64 { return q.Capacity })}},
	{rabbit, "queue_consumer_utilisation", gauge, "share", queueFine, "The same under its older name", summed{nil, perQueue(func(q *broker.QueueView) float64 { return q.Capacity })}},
	{rabbit, "queue_process_memory_bytes", gauge, "bytes", queueFine, "Memory of the queue's index; on /metrics of the messages that are in memory", summed{
		func(s *scrape) float64 { return float64(s.node.Memory.Messages) },
		perQueue(func(q *broker.QueueView) float64 { return float64(q.Memory) }),
	}},
	{rabbit, "queue_messages_bytes", gauge, "bytes", queueFine, "Bodies of the messages", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Bytes()) })},
	{rabbit, "queue_messages_ready_bytes", gauge, "bytes", queueFine, "Bodies of the messages that wait", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.ReadyBytes) })},
	{rabbit, "queue_messages_unacked_bytes", gauge, "bytes", queueFine, "Bodies of the messages with consumers", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.UnackedBytes) })},
	{rabbit, "queue_messages_ram", gauge, "messages", queueFine, "Messages that are in memory alone", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Messages() - q.Persistent) })},
	{rabbit, "queue_messages_ram_bytes", gauge, "bytes", queueFine, "Bodies of the messages that are in memory alone", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Bytes() - q.PersistentBytes) })},
	{rabbit, "queue_messages_persistent", gauge, "messages", queueFine, "Messages that are in the log", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Persistent) })},
	{rabbit, "queue_messages_persistent_bytes", gauge, "bytes", queueFine, "Bodies of the messages that are in the log", queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.PersistentBytes) })},
	{rabbit, "queue_disk_reads_total", counter, "messages", "", "Messages read from files", figure(func(s *scrape) float64 { return float64(s.store.DiskReads) })},
	{rabbit, "queue_disk_writes_total", counter, "messages", queueFine, "Messages written to the log", queueCount(broker.DiskWrites)},
	{rabbit, "queue_messages_published_total", counter, "messages", "channel_queue_exchange_metrics", "Messages put into queues", summed{
		func(s *scrape) float64 { return float64(s.queueSum().Stats[broker.Publish]) }, several(publishedIntoQueues),
	}},

	{rabbit, "queue_messages_delivered_total", counter, "messages", queueDelivery, "Pushed to consumers that do not acknowledge", queueCount(broker.DeliverNoAck)},
	{rabbit, "queue_messages_delivered_ack_total", counter, "messages", queueDelivery, "Pushed to consumers that acknowledge", queueCount(broker.Deliver)},
	{rabbit, "queue_messages_acked_total", counter, "messages", queueDelivery, "Acknowledged", queueCount(broker.Ack)},
	{rabbit, "queue_messages_redelivered_total", counter, "messages", queueDelivery, "Delivered again", queueCount(broker.Redeliver)},
	{rabbit, "queue_get_total", counter, "messages", queueDelivery, "Polled, not to be acknowledged", queueCount(broker.GetNoAck)},
	{rabbit, "queue_get_ack_total", counter, "messages", queueDelivery, "Polled, to be acknowledged", queueCount(broker.Get)},
	{rabbit, "queue_get_empty_total", counter, "polls", queueDelivery, "Polls that found nothing", queueCount(broker.GetEmpty)},
	{rabbit, "queue_info", gauge, "", queueFine, "1, with the kind of the queue", summed{nil, several(queueInfo)}},
}

// queueConsumers is a family of its own, and part of queue_metrics too.
const queueConsumers = "queue_consumer_count"

// queueGauge is a figure of each queue, or of all together.
func queueGauge(f func(*broker.QueueCounts) float64) source {
	return summed{
		func(s *scrape) float64 { return f(s.queueSum()) },
		perQueue(func(q *broker.QueueView) float64 { return f(&q.QueueCounts) }),
	}
}

// queueCount is a counter of each queue; of all together those that are gone
// stay in it, so that it never falls.
func queueCount(c broker.Counter) source {
	return queueGauge(func(q *broker.QueueCounts) float64 { return float64(q.Stats[c]) })
}

// publishedIntoQueues has RabbitMQ's names of labels, but for channel and
// exchange: it is counted by queue.
func publishedIntoQueues(s *scrape, out *page) {
	for i := range s.queues() {
		q := &s.queueViews[i]
		out.add(labelled("queue_vhost", q.Vhost, "queue", q.Name), float64(q.Stats[broker.Publish]))
	}
}

func queueInfo(s *scrape, out *page) {
	for i := range s.queues() {
		q := &s.queueViews[i]
		out.add(labelled("vhost", q.Vhost, "queue", q.Name, "queue_type", kindLabels[q.Kind], "membership", "leader"), 1)
	}
}
