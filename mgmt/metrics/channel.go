package metrics

import "amqpd/broker"

// The families of channels and connections on /metrics/detailed.
const (
	channelFine      = "channel_metrics"
	channelExchange  = "channel_exchange_metrics"
	channelQueue     = "channel_queue_metrics"
	connectionCoarse = "connection_coarse_metrics"
	connectionFine   = "connection_metrics"
)

// channelMetrics are the figures of channels. The counters' sums have those of
// channels that are gone, so that they never fall.
var channelMetrics = []metric{
	{rabbit, "channel_consumers", gauge, "consumers", channelFine, "Consumers", summed{
		func(s *scrape) float64 { return float64(s.totals.Consumers) },
		perChannel(func(c *broker.ChannelView) float64 { return float64(c.Consumers) }),
	}},
	{rabbit, "channel_messages_unacked", gauge, "messages", channelFine, "Deliveries that wait for their acknowledgement", summed{
		func(s *scrape) float64 { return s.sum().unacked },
		perChannel(func(c *broker.ChannelView) float64 { return float64(c.Unacknowledged) }),
	}},
	{rabbit, "channel_messages_unconfirmed", gauge, "messages", channelFine, "Publishes that wait for their confirm", summed{
		func(s *scrape) float64 { return s.sum().unconfirmed },
		perChannel(func(c *broker.ChannelView) float64 { return float64(c.Unconfirmed) }),
	}},
	{rabbit, "channel_messages_uncommitted", gauge, "messages", channelFine, "Publishes in open transactions", summed{
		func(s *scrape) float64 { return s.sum().uncommitted },
		perChannel(func(c *broker.ChannelView) float64 { return float64(c.UncommittedMessages) }),
	}},
	{rabbit, "channel_acks_uncommitted", gauge, "messages", channelFine, "Acknowledgements in open transactions", summed{
		func(s *scrape) float64 { return s.sum().acksUncommitted },
		perChannel(func(c *broker.ChannelView) float64 { return float64(c.UncommittedAcks) }),
	}},
	{rabbit, "consumer_prefetch", gauge, "messages", channelFine, "Prefetch limit of consumers to come", summed{
		func(s *scrape) float64 { return s.sum().prefetch },
		perChannel(func(c *broker.ChannelView) float64 { return float64(c.Prefetch) }),
	}},
	{rabbit, "channel_prefetch", gauge, "messages", channelFine, "Prefetch limit of the whole channel", summed{
		func(s *scrape) float64 { return s.sum().globalPrefetch },
		perChannel(func(c *broker.ChannelView) float64 { return float64(c.GlobalPrefetch) }),
	}},

	{rabbit, "channel_messages_published_total", counter, "messages", channelExchange, "Published", channelCount(broker.Publish)},
	{rabbit, "channel_messages_confirmed_total", counter, "messages", channelExchange, "Published and confirmed", channelCount(broker.Confirm)},
	{rabbit, "channel_messages_unroutable_returned_total", counter, "messages", channelExchange, "Published as mandatory without a queue to go to, and returned", channelCount(broker.ReturnUnroutable)},
	{rabbit, "channel_messages_unroutable_dropped_total", counter, "messages", channelExchange, "Published without a queue to go to, and dropped", channelCount(broker.DropUnroutable)},

	{rabbit, "channel_get_ack_total", counter, "messages", channelQueue, "Polled, to be acknowledged", channelCount(broker.Get)},
	{rabbit, "channel_get_total", counter, "messages", channelQueue, "Polled, not to be acknowledged", channelCount(broker.GetNoAck)},
	{rabbit, "channel_messages_delivered_ack_total", counter, "messages", channelQueue, "Pushed to consumers that acknowledge", channelCount(broker.Deliver)},
	{rabbit, "channel_messages_delivered_total", counter, "messages", channelQueue, "Pushed to consumers that do not acknowledge", channelCount(broker.DeliverNoAck)},
	{rabbit, "channel_messages_redelivered_total", counter, "messages", channelQueue, "Delivered again", channelCount(broker.Redeliver)},
	{rabbit, "channel_messages_acked_total", counter, "messages", channelQueue, "Acknowledged", channelCount(broker.Ack)},
	{rabbit, "channel_get_empty_total", counter, "polls", channelQueue, "Polls that found nothing", channelCount(broker.GetEmpty)},
}

// channelCount is a counter of each channel, or of all that ever were.
func channelCount(n broker.Counter) source {
	return summed{
		func(s *scrape) float64 { return float64(s.totals.Stats[n]) },
		perChannel(func(c *broker.ChannelView) float64 { return float64(c.Stats[n]) }),
	}
}

// connectionMetrics are the figures of connections. Packets are reads from the
// socket and writes to it.
var connectionMetrics = []metric{
	{rabbit, "connection_incoming_bytes_total", counter, "bytes", connectionCoarse, "Received from clients", summed{
		func(s *scrape) float64 { return float64(s.totals.Received) },
		perConnection(func(c *broker.ConnectionView) float64 { return float64(c.Received) }),
	}},
	{rabbit, "connection_outgoing_bytes_total", counter, "bytes", connectionCoarse, "Sent to clients", summed{
		func(s *scrape) float64 { return float64(s.totals.Sent) },
		perConnection(func(c *broker.ConnectionView) float64 { return float64(c.Sent) }),
	}},
	{rabbit, "connection_incoming_packets_total", counter, "packets", connectionFine, "Reads from the sockets of connections", summed{
		func(s *scrape) float64 { return float64(s.totals.ReceivedPackets) },
		perConnection(func(c *broker.ConnectionView) float64 { return float64(c.ReceivedPackets) }),
	}},
	{rabbit, "connection_outgoing_packets_total", counter, "packets", connectionFine, "Writes to the sockets of connections", summed{
		func(s *scrape) float64 { return float64(s.totals.SentPackets) },
		perConnection(func(c *broker.ConnectionView) float64 { return float64(c.SentPackets) }),
	}},
	{rabbit, "connection_pending_packets", gauge, "bytes", connectionFine, "Octets that wait to be sent", summed{
		func(s *scrape) float64 { return s.sum().pending },
		perConnection(func(c *broker.ConnectionView) float64 { return float64(c.SendPending) }),
	}},
	{rabbit, "connection_channels", gauge, "channels", connectionFine, "Channels", summed{
		func(s *scrape) float64 { return float64(s.totals.Channels) },
		perConnection(func(c *broker.ConnectionView) float64 { return float64(c.Channels) }),
	}},
}
