package mgmt

import (
	"runtime"
	"slices"
	"strconv"

	"amqpd/broker"
)

// node is what GET /api/nodes shows of a node (management-api §8.2).
type node struct {
	c        *call
	view     broker.NodeView
	read     readout
	readings []reading
}

// figure is one of the node's figures.
func (n *node) figure(f figure) measured {
	var value int64
	switch row := &figureTable[f]; {
	case row.per != 0:
		if count := n.reading(row.per); count != 0 {
			value = n.reading(row.sum[0]) / count
		}
	default:
		value = n.reading(f)
	}
	return n.read.figure(f, value, n.read.node)
}

func (n *node) reading(f figure) int64 {
	for _, r := range n.readings {
		if r.figure == f {
			return r.value
		}
	}
	return 0
}

// nodeFigures are the figures with a rate.
var nodeFigures = []figure{
	figMemory, figFiles, figSockets, figProcesses, figDiskFree, figCollections, figCollected,
	figReads, figReadBytes, figReadAverage, figWrites, figWriteBytes, figWriteAverage, figSyncs, figSyncAverage,
	figConnectionCreated, figConnectionClosed, figChannelCreated, figChannelClosed,
	figQueueDeclared, figQueueCreated, figQueueDeleted,
}

// nodeNothings are figures of parts that only RabbitMQ has.
var nodeNothings = []string{
	"context_switches", "io_seek_count", "io_seek_avg_time", "io_reopen_count", "mnesia_ram_tx_count", "mnesia_disk_tx_count",
	"msg_store_read_count", "msg_store_write_count", "queue_index_read_count", "queue_index_write_count",
}

// nodeIdentity is all that is shown with disable_stats.
var nodeIdentity = shape[*node]{
	{"name", func(n *node) value { return str(n.view.Name) }},
	{"type", func(*node) value { return str("disc") }},
	{"running", func(*node) value { return flag(true) }},
}

var nodeShape = slices.Concat(nodeIdentity, shape[*node]{
	{"partitions", func(*node) value { return list() }},
	{"os_pid", func(n *node) value { return str(strconv.Itoa(n.view.OSPid)) }},
	{"uptime", func(n *node) value { return whole(n.view.Uptime.Milliseconds()) }},
	{"run_queue", func(*node) value { return whole(0) }},
	{"processors", func(n *node) value { return whole(n.view.Processors) }},
	{"fd_total", func(n *node) value { return whole(n.view.FilesTotal) }},
	{"sockets_total", func(n *node) value { return whole(n.view.SocketsTotal) }},
	{"proc_total", func(*node) value { return whole(procTotal) }},
	{"mem_limit", func(n *node) value { return whole(n.view.MemoryLimit) }},
	{"mem_alarm", func(n *node) value { return flag(n.view.MemoryAlarm) }},
	{"mem_calculation_strategy", func(*node) value { return str("rss") }},
	{"disk_free_limit", func(n *node) value { return whole(n.view.DiskLimit) }},
	{"disk_free_alarm", func(n *node) value { return flag(n.view.DiskAlarm) }},
	{"rates_mode", func(*node) value { return str("basic") }},
	{"net_ticktime", func(*node) value { return whole(60) }},
	{"being_drained", func(*node) value { return flag(false) }},
	{"db_dir", func(n *node) value { return str(n.view.DataDir) }},
	{"config_files", func(*node) value { return list() }},
	{"log_files", func(*node) value { return list() }},
	{"enabled_plugins", func(*node) value { return strs(enabledPlugins) }},
	{"exchange_types", func(n *node) value { return exchangeTypes(n.c.s.broker) }},
	{"auth_mechanisms", func(*node) value { return mechanisms() }},
	{"applications", func(*node) value { return applications }},
	{"contexts", func(n *node) value { return webContexts(n.c.s.broker) }},
	{"cluster_links", func(*node) value { return list() }},
	{"ra_open_file_metrics", func(*node) value { return of(obj()) }},
	{"metrics_gc_queue_length", func(*node) value { return of(obj()) }},
}, nodeFigureFields())

func nodeFigureFields() (fields shape[*node]) {
	for _, f := range nodeFigures {
		fields = append(fields, figureFields(f, func(n *node) measured { return n.figure(f) })...)
	}
	for _, key := range nodeNothings {
		fields = append(fields, nothing(key, func(n *node) measured { return n.figure(figNothing) })...)
	}
	return fields
}

// procTotal stands for the limit of Erlang processes: goroutines have none.
const procTotal = 1 << 20

// enabledPlugins are the plugins of RabbitMQ whose work is done here.
var enabledPlugins = []string{
	"rabbitmq_consistent_hash_exchange", "rabbitmq_management", "rabbitmq_prometheus", "rabbitmq_random_exchange",
	"rabbitmq_recent_history_exchange", "rabbitmq_sharding", "rabbitmq_delayed_message_exchange",
}

// applications are the programs that run in the node.
var applications = list(of(obj(m("name", str("rabbit")), m("description", str("RabbitMQ")), m("version", str(broker.RabbitMQVersion)))),
	of(obj(m("name", str("amqpd")), m("description", str("amqpd, "+runtime.Version())), m("version", str(broker.Version)))))

// nodeNow is the node as it is now.
func (c *call) nodeNow() (*node, error) {
	w, err := c.windows(rangeFault)
	if err != nil {
		return nil, err
	}
	return &node{c: c, view: c.s.broker.Node(), read: c.s.nodeReadout(w), readings: c.s.sampler.nodeReadings()}, nil
}

// getNodes answers GET /api/nodes.
func getNodes(c *call) error {
	n, err := c.nodeNow()
	if err != nil {
		return err
	}
	if c.disableStats() {
		return items(c, nodeIdentity, []*node{n})
	}
	return items(c, nodeShape, []*node{n})
}

// getNode answers GET /api/nodes/{node}, with memory=true and binary=true adding
// a part each. RabbitMQ 3.10 answers 500 for another node's name, later ones 404.
func getNode(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	n, err := c.nodeNow()
	if err != nil {
		return err
	}
	all := slices.Clone(nodeShape)
	if c.query("memory") == "true" {
		all = append(all, field[*node]{"memory", func(n *node) value { return of(memoryOf(&n.view.Memory)) }})
	}
	if c.query("binary") == "true" {
		all = append(all, field[*node]{"binary", func(n *node) value { return of(binariesOf(&n.view.Memory)) }})
	}
	return single(c, all, n)
}

// thisNode refuses a path that names another node.
func (c *call) thisNode() error {
	if c.has("node") && c.path("node") != c.s.broker.NodeName() {
		return notFound()
	}
	return nil
}

// deleteStatistics answers DELETE /api/reset and that of one node: the past is
// forgotten. Counters go on.
func deleteStatistics(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	c.s.sampler.reset()
	return c.noContent()
}
