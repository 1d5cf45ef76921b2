package broker

import "amqpd/queue"

// countsLocked fills c in from the state machine. REQUIRES mu.
func (q *localQueue) countsLocked(c *QueueCounts) {
	s := q.core.Stats()
	*c = QueueCounts{
		Refused: s.Refused, Requeued: s.Requeued, Purged: s.Purged,
		Expired: s.Dead[queue.Expired], Dropped: s.Dead[queue.MaxLen],
		Rejected: s.Dead[queue.Rejected], DeliveryLimited: s.Dead[queue.DeliveryLimit],
		Ready: s.Ready, Unacked: s.Unacked, ReadyBytes: s.ReadyBytes, UnackedBytes: s.UnackedBytes,
		Persistent: s.Persistent, PersistentBytes: s.PersistentBytes, Consumers: s.Consumers,
	}
	c.Stats[Publish], c.Stats[Ack] = s.Published, s.Acked
	c.Stats[Deliver], c.Stats[DeliverNoAck] = s.Delivered, s.DeliveredNoAck
	c.Stats[Get], c.Stats[GetNoAck], c.Stats[GetEmpty] = s.Got, s.GotNoAck, s.GotNothing
	c.Stats[Redeliver], c.Stats[DiskWrites] = s.Redelivered, s.Logged
	c.Stats.sum()
}
