package mgmt

import "amqpd/broker"

// counterReadings appends the counters that are not 0, but for the sum.
func counterReadings(list []reading, counts *broker.Counters) []reading {
	for c, n := range counts {
		if n != 0 && broker.Counter(c) != broker.DeliverGet {
			list = append(list, reading{figure(c), int64(n)})
		}
	}
	return list
}

func queueReadings(list []reading, q *broker.QueueSample) []reading {
	list = counterReadings(list, &q.Stats)
	return append(list, reading{figReady, int64(q.Ready)}, reading{figUnacked, int64(q.Unacked)})
}

func vhostReadings(list []reading, t *broker.Totals) []reading {
	list = counterReadings(list, &t.Stats)
	return append(list, reading{figReady, t.Ready}, reading{figUnacked, t.Unacked},
		reading{figReceived, int64(t.Received)}, reading{figSent, int64(t.Sent)})
}

// nodeReadings is what is sampled of the node.
func (s *sampler) nodeReadings() []reading {
	t, churn, node, disk := s.broker.Totals(), s.broker.Churn(), s.broker.Node(), s.broker.Store()
	list := vhostReadings(nil, &t)
	list = append(list, churnReadings(&churn)...)
	return append(list, machineReadings(&node, &disk)...)
}

// churnReadings are the figures of churn_rates in their order.
func churnReadings(c *broker.Churn) []reading {
	return []reading{
		{figConnectionCreated, int64(c.ConnectionsCreated)}, {figConnectionClosed, int64(c.ConnectionsClosed)},
		{figChannelCreated, int64(c.ChannelsCreated)}, {figChannelClosed, int64(c.ChannelsClosed)},
		{figQueueDeclared, int64(c.QueuesDeclared)}, {figQueueCreated, int64(c.QueuesCreated)}, {figQueueDeleted, int64(c.QueuesDeleted)},
	}
}

// gauge tells whether a figure may fall.
func (f figure) gauge() bool {
	return f == figReady || f == figUnacked || f >= figFiles && f <= figDiskFree
}

// machineReadings are the process's own figures.
func machineReadings(n *broker.NodeView, d *broker.StoreStats) []reading {
	return []reading{
		{figFiles, int64(n.FilesUsed)}, {figSockets, int64(n.SocketsUsed)}, {figProcesses, int64(n.Goroutines)},
		{figMemory, int64(n.Memory.Resident)}, {figDiskFree, int64(n.DiskFree)},
		{figCollections, int64(n.GCCount)}, {figCollected, int64(n.GCReclaimed)},
		{figReads, int64(d.DiskReads)}, {figReadBytes, int64(d.DiskRead)},
		{figWrites, int64(d.Batches)}, {figWriteBytes, int64(d.Written)},
		{figSyncs, int64(d.Syncs)}, {figSyncMicros, d.SyncTime.Microseconds()},
	}
}

// readout is an object's place in the sampler, with what a request wants to know
// of its past.
type readout struct {
	sampler *sampler
	series  *series // nil: nothing is known
	keep    retention
	windows
}

// readoutOf is the place of an object in one of the sampler's books.
func readoutOf[K comparable](s *sampler, b *book[K], key K, keep retention, w windows) readout {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return readout{sampler: s, series: b.find(key), keep: keep, windows: w}
}

// figure is one of the object's figures, which is value now.
func (r *readout) figure(f figure, value int64, w *window) measured {
	r.sampler.mu.RLock()
	defer r.sampler.mu.RUnlock()
	return r.series.measure(r.keep, f, value, w, r.now)
}

// figures are several that share a window.
func (r *readout) figures(readings []reading, w *window) stats {
	r.sampler.mu.RLock()
	defer r.sampler.mu.RUnlock()
	all := make(stats, len(readings))
	for i, m := range readings {
		all[i] = r.series.measure(r.keep, m.figure, m.value, w, r.now)
	}
	return all
}

// messageStats is the object's message_stats, missing before anything was
// counted in one of groups.
func (r *readout) messageStats(counts *broker.Counters, groups ...group) value {
	r.sampler.mu.RLock()
	defer r.sampler.mu.RUnlock()
	return r.series.messageStats(r.keep, counts, r.messages, r.now, groups...)
}

// lengths are the figures of what is in queues.
func lengths(ready, unacked int64) []reading {
	return []reading{{figMessages, ready + unacked}, {figReady, ready}, {figUnacked, unacked}}
}

// figureFields are the two keys of a figure at the top of an object.
func figureFields[T any](f figure, get func(T) measured) []field[T] {
	return []field[T]{
		{figureTable[f].key, func(t T) value { m := get(t); return m.number() }},
		{figureTable[f].details, func(t T) value { m := get(t); return m.details() }},
	}
}

// nothing are the two keys of a figure that only RabbitMQ's runtime has.
func nothing[T any](key string, get func(T) measured) []field[T] {
	fields := figureFields(figNothing, get)
	fields[0].key, fields[1].key = key, key+"_details"
	return fields
}
