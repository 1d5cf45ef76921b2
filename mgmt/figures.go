package mgmt

import "amqpd/broker"

// figure names a number that is sampled, or one computed of such. The first are
// those of message_stats, with the numbers of broker.Counter.
type figure uint8

// Figures beyond message_stats.
const (
	figReady figure = figure(broker.NumCounters) + iota
	figUnacked
	figMessages
	figReceived
	figSent

	figConnectionCreated
	figConnectionClosed
	figChannelCreated
	figChannelClosed
	figQueueDeclared
	figQueueCreated
	figQueueDeleted

	figFiles
	figSockets
	figProcesses
	figMemory
	figDiskFree
	figCollections
	figCollected

	figReads
	figReadBytes
	figReadMicros
	figReadAverage
	figWrites
	figWriteBytes
	figWriteMicros
	figWriteAverage
	figSyncs
	figSyncMicros
	figSyncAverage

	figNothing // what RabbitMQ's runtime has and this one has not: always 0
	numFigures
)

// figureTable says what each figure is called and what those are made of that
// are not sampled themselves.
var figureTable = func() (t [numFigures]struct {
	key, details string   // the keys of its value and of its rate
	sum          []figure // it is the sum of these
	per          figure   // then divided by this one, in thousandths; 0: not divided
}) {
	for c := range figure(broker.NumCounters) {
		t[c].key = broker.Counter(c).String()
	}
	for f, key := range figureKeys {
		t[f].key = key
	}
	t[broker.DeliverGet].sum = []figure{figure(broker.Deliver), figure(broker.DeliverNoAck), figure(broker.Get), figure(broker.GetNoAck)}
	t[figMessages].sum = []figure{figReady, figUnacked}
	t[figReadAverage].sum, t[figReadAverage].per = []figure{figReadMicros}, figReads
	t[figWriteAverage].sum, t[figWriteAverage].per = []figure{figWriteMicros}, figWrites
	t[figSyncAverage].sum, t[figSyncAverage].per = []figure{figSyncMicros}, figSyncs
	for f := range t {
		t[f].details = t[f].key + "_details"
		if t[f].sum == nil {
			t[f].sum = []figure{figure(f)}
		}
	}
	return t
}()

// figureKeys are the keys of the figures beyond message_stats. Those without a
// key are only parts of others.
var figureKeys = map[figure]string{
	figReady: "messages_ready", figUnacked: "messages_unacknowledged", figMessages: "messages",
	figReceived: "recv_oct", figSent: "send_oct",
	figConnectionCreated: "connection_created", figConnectionClosed: "connection_closed",
	figChannelCreated: "channel_created", figChannelClosed: "channel_closed",
	figQueueDeclared: "queue_declared", figQueueCreated: "queue_created", figQueueDeleted: "queue_deleted",
	figFiles: "fd_used", figSockets: "sockets_used", figProcesses: "proc_used", figMemory: "mem_used",
	figDiskFree: "disk_free", figCollections: "gc_num", figCollected: "gc_bytes_reclaimed",
	figReads: "io_read_count", figReadBytes: "io_read_bytes", figReadAverage: "io_read_avg_time",
	figWrites: "io_write_count", figWriteBytes: "io_write_bytes", figWriteAverage: "io_write_avg_time",
	figSyncs: "io_sync_count", figSyncAverage: "io_sync_avg_time",
}
