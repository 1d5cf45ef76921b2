package broker

import "sync/atomic"

// Churn is how often objects came and went on this node since it started
// (management-api §8.1). QueuesDeclared counts each queue.declare that is not
// passive, whether or not it made a queue.
type Churn struct {
	ConnectionsCreated, ConnectionsClosed        uint64
	ChannelsCreated, ChannelsClosed              uint64
	QueuesDeclared, QueuesCreated, QueuesDeleted uint64
}

// churn counts for Churn.
type churn struct {
	connectionsCreated, connectionsClosed        atomic.Uint64
	channelsCreated, channelsClosed              atomic.Uint64
	queuesDeclared, queuesCreated, queuesDeleted atomic.Uint64
}

// Churn returns the counts now.
func (b *Broker) Churn() Churn {
	c := &b.churn
	return Churn{
		ConnectionsCreated: c.connectionsCreated.Load(), ConnectionsClosed: c.connectionsClosed.Load(),
		ChannelsCreated: c.channelsCreated.Load(), ChannelsClosed: c.channelsClosed.Load(),
		QueuesDeclared: c.queuesDeclared.Load(), QueuesCreated: c.queuesCreated.Load(), QueuesDeleted: c.queuesDeleted.Load(),
	}
}
