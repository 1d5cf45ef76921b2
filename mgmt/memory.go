package mgmt

import "amqpd/broker"

// Memory goes by RabbitMQ's categories, because its console draws them
// (management-api §8.2). What this process has is counted under the category
// that means the same; the others are 0:
//
//	binary               octets of messages
//	other_proc           stacks of goroutines
//	other_system         the runtime's own
//	allocated_unused     kept for objects to come
//	reserved_unallocated resident, but not the runtime's
//	connection_other     everything else on the heap
var memoryCategories = []struct {
	key string
	get func(*broker.NodeMemory) uint64 // nil: nothing
}{
	{"connection_readers", nil},
	{"connection_writers", nil},
	{"connection_channels", nil},
	{"connection_other", func(m *broker.NodeMemory) uint64 { return m.Heap - min(m.Heap, m.Messages) }},
	{"queue_procs", nil},
	{"queue_slave_procs", nil},
	{"quorum_queue_procs", nil},
	{"quorum_queue_dlx_procs", nil},
	{"stream_queue_procs", nil},
	{"stream_queue_replica_reader_procs", nil},
	{"stream_queue_coordinator_procs", nil},
	{"plugins", nil},
	{"other_proc", func(m *broker.NodeMemory) uint64 { return m.Stacks }},
	{"metrics", nil},
	{"mgmt_db", nil},
	{"mnesia", nil},
	{"quorum_ets", nil},
	{"other_ets", nil},
	{"binary", func(m *broker.NodeMemory) uint64 { return min(m.Heap, m.Messages) }},
	{"msg_index", nil},
	{"code", nil},
	{"atom", nil},
	{"other_system", func(m *broker.NodeMemory) uint64 { return m.Runtime }},
	{"allocated_unused", func(m *broker.NodeMemory) uint64 { return m.HeapFree }},
	{"reserved_unallocated", func(m *broker.NodeMemory) uint64 { return m.Resident - min(m.Resident, m.Total) }},
}

// memoryOf is the object memory.
func memoryOf(mem *broker.NodeMemory) object {
	all := memoryParts(mem, func(octets uint64) uint64 { return octets })
	used := mem.Total - min(mem.Total, mem.HeapFree)
	return append(all, m("strategy", str("rss")), m("total", of(obj(m("erlang", whole(used)),
		m("rss", whole(mem.Resident)), m("allocated", whole(mem.Total))))))
}

// memoryParts are the categories, each as scale makes it.
func memoryParts(mem *broker.NodeMemory, scale func(octets uint64) uint64) (all object) {
	for _, c := range memoryCategories {
		var octets uint64
		if c.get != nil {
			octets = scale(c.get(mem))
		}
		all = append(all, m(c.key, whole(octets)))
	}
	return all
}

// binariesOf says who holds the octets of messages: the store does, for queues.
func binariesOf(mem *broker.NodeMemory) (all object) {
	for _, key := range []string{
		"connection_readers", "connection_writers", "connection_channels", "connection_other", "queue_procs", "queue_slave_procs",
		"quorum_queue_procs", "quorum_queue_dlx_procs", "stream_queue_procs", "stream_queue_replica_reader_procs",
		"stream_queue_coordinator_procs", "plugins", "mgmt_db", "msg_index", "other",
	} {
		octets := uint64(0)
		if key == "queue_procs" {
			octets = min(mem.Heap, mem.Messages)
		}
		all = append(all, m(key, whole(octets)))
	}
	return all
}

// getMemory answers GET /api/nodes/{node}/memory.
func getMemory(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	n := c.s.broker.Node()
	return c.item(obj(m("memory", of(memoryOf(&n.Memory)))))
}

// getMemoryShares answers GET /api/nodes/{node}/memory/relative: percents, the
// total being 100.
func getMemoryShares(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	n := c.s.broker.Node()
	total := max(n.Memory.Resident, n.Memory.Total, 1)
	shares := memoryParts(&n.Memory, func(octets uint64) uint64 { return (octets*100 + total/2) / total })
	return c.item(obj(m("memory", of(append(object{m("total", whole(100))}, shares...)))))
}

// getTables answers GET /api/nodes/{node}/memory/ets and its variants: no tables
// of Erlang's.
func getTables(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	return c.item(obj(m("ets_tables_memory", of(obj(m("total", whole(0)))))))
}
