package metrics

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"amqpd/broker"
)

// identityMetrics are what dashboards join everything else with: exactly one
// sample each.
var identityMetrics = []metric{
	{rabbit, "build_info", untyped, "", always, "Versions: RabbitMQ's is the one that clients are told, Erlang's is Go's", several(buildInfo)},
	{rabbit, "identity_info", untyped, "", always, "Who the node is, and which of the three answers this is", several(identityInfo)},
}

// clientVersion is the version of the library that writes the answer; a test's
// binary does not know it.
var clientVersion = func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/prometheus/client_golang" {
			return m.Version
		}
	}
	return "unknown"
}()

func buildInfo(_ *scrape, out *page) {
	out.add(labelled(
		"rabbitmq_version", broker.RabbitMQVersion, "prometheus_plugin_version", broker.RabbitMQVersion,
		"prometheus_client_version", clientVersion, "erlang_version", runtime.Version(),
		"product_name", "amqpd", "product_version", broker.Version,
	), 1)
}

func identityInfo(s *scrape, out *page) {
	out.add(labelled(
		"rabbitmq_node", s.node.Name, "rabbitmq_cluster", s.broker.ClusterName(),
		"rabbitmq_cluster_permanent_id", s.broker.ClusterID(), "rabbitmq_endpoint", s.endpoint,
	), 1)
}

// goroutineLimit stands where RabbitMQ has the limit of Erlang processes, which
// goroutines do not have: RabbitMQ's default, so that shares can be computed.
const goroutineLimit = 1048576

// nodeMetrics are the node's figures, its totals and its churn.
var nodeMetrics = []metric{
	{rabbit, "process_open_fds", gauge, "files", "node_coarse_metrics", "Open file descriptors", figure(func(s *scrape) float64 { return float64(s.node.FilesUsed) })},
	{rabbit, "process_open_tcp_sockets", gauge, "sockets", "node_coarse_metrics", "Open sockets", figure(func(s *scrape) float64 { return float64(s.node.SocketsUsed) })},
	{rabbit, "process_resident_memory_bytes", gauge, "bytes", "node_coarse_metrics", "Memory of the process that is in RAM", figure(func(s *scrape) float64 { return float64(s.node.Memory.Resident) })},
	{rabbit, "disk_space_available_bytes", gauge, "bytes", "node_coarse_metrics", "Free space beside the data directory", figure(func(s *scrape) float64 { return float64(s.node.DiskFree) })},
	{rabbit, "erlang_processes_used", gauge, "goroutines", "node_coarse_metrics", "Goroutines", figure(func(s *scrape) float64 { return float64(s.node.Goroutines) })},
	{rabbit, "erlang_gc_runs_total", counter, "collections", "node_coarse_metrics", "Collections of Go's garbage collector", figure(func(s *scrape) float64 { return float64(s.node.GCCount) })},
	{rabbit, "erlang_gc_reclaimed_bytes_total", counter, "bytes", "node_coarse_metrics", "Memory freed by Go's garbage collector", figure(func(s *scrape) float64 { return float64(s.node.GCReclaimed) })},
	{rabbit, "process_max_fds", gauge, "files", "node_metrics", "File descriptors that the system allows", figure(func(s *scrape) float64 { return float64(s.node.FilesTotal) })},
	{rabbit, "process_max_tcp_sockets", gauge, "sockets", "node_metrics", "Sockets that fit beside the files", figure(func(s *scrape) float64 { return float64(s.node.SocketsTotal) })},
	{rabbit, "resident_memory_limit_bytes", gauge, "bytes", "node_metrics", "Resident memory above which publishers are blocked (memory-limit)", figure(func(s *scrape) float64 { return float64(s.node.MemoryLimit) })},
	{rabbit, "disk_space_available_limit_bytes", gauge, "bytes", "node_metrics", "Free space below which publishers are blocked (disk-free-limit)", figure(func(s *scrape) float64 { return float64(s.node.DiskLimit) })},
	{rabbit, "erlang_processes_limit", gauge, "goroutines", "node_metrics", "RabbitMQ's default limit of processes; goroutines have none", figure(func(*scrape) float64 { return goroutineLimit })},
	{rabbit, "erlang_scheduler_run_queue", gauge, "goroutines", "node_metrics", "Goroutines that wait for a processor", figure(func(*scrape) float64 { return runnable() })},
	{rabbit, "erlang_uptime_seconds", gauge, "seconds", "node_metrics", "Time since the node started", figure(func(s *scrape) float64 { return s.node.Uptime.Seconds() })},

	{rabbit, "alarms_memory_used_watermark", untyped, "", "", "1 while the memory alarm is on", figure(func(s *scrape) float64 { return truth(s.node.MemoryAlarm) })},
	{rabbit, "alarms_free_disk_space_watermark", untyped, "", "", "1 while the disk alarm is on", figure(func(s *scrape) float64 { return truth(s.node.DiskAlarm) })},
	{rabbit, "alarms_file_descriptor_limit", untyped, "", "", "1 while no file descriptor is left", figure(func(s *scrape) float64 {
		return truth(s.node.FilesTotal > 0 && s.node.FilesUsed >= s.node.FilesTotal)
	})},

	{rabbit, "connections", gauge, "connections", "", "Open connections", figure(func(s *scrape) float64 { return float64(s.totals.Connections) })},
	{rabbit, "channels", gauge, "channels", "", "Open channels", figure(func(s *scrape) float64 { return float64(s.totals.Channels) })},
	{rabbit, "consumers", gauge, "consumers", "", "Consumers", figure(func(s *scrape) float64 { return float64(s.totals.Consumers) })},
	{rabbit, "queues", gauge, "queues", "", "Queues", figure(func(s *scrape) float64 { return float64(s.totals.Queues) })},

	{rabbit, "connections_opened_total", counter, "connections", "connection_churn_metrics", "Connections that were opened", figure(func(s *scrape) float64 { return float64(s.churn.ConnectionsCreated) })},
	{rabbit, "connections_closed_total", counter, "connections", "connection_churn_metrics", "Connections that ended", figure(func(s *scrape) float64 { return float64(s.churn.ConnectionsClosed) })},
	{rabbit, "channels_opened_total", counter, "channels", "connection_churn_metrics", "Channels that were opened", figure(func(s *scrape) float64 { return float64(s.churn.ChannelsCreated) })},
	{rabbit, "channels_closed_total", counter, "channels", "connection_churn_metrics", "Channels that ended", figure(func(s *scrape) float64 { return float64(s.churn.ChannelsClosed) })},
	{rabbit, "queues_declared_total", counter, "declares", "connection_churn_metrics", "Declares of queues, those that found the queue among them", figure(func(s *scrape) float64 { return float64(s.churn.QueuesDeclared) })},
	{rabbit, "queues_created_total", counter, "queues", "connection_churn_metrics", "Queues that were made", figure(func(s *scrape) float64 { return float64(s.churn.QueuesCreated) })},
	{rabbit, "queues_deleted_total", counter, "queues", "connection_churn_metrics", "Queues that were deleted, by whatever cause", figure(func(s *scrape) float64 { return float64(s.churn.QueuesDeleted) })},

	{rabbit, "auth_attempts_total", counter, "logins", "auth_attempt_metrics", "Logins that were tried", perProtocol(func(l *broker.LoginCounts) uint64 { return l.Succeeded + l.Failed })},
	{rabbit, "auth_attempts_succeeded_total", counter, "logins", "auth_attempt_metrics", "Logins that were granted", perProtocol(func(l *broker.LoginCounts) uint64 { return l.Succeeded })},
	{rabbit, "auth_attempts_failed_total", counter, "logins", "auth_attempt_metrics", "Logins that were refused", perProtocol(func(l *broker.LoginCounts) uint64 { return l.Failed })},

	{rabbit, "io_read_ops_total", counter, "reads", persister, "Reads of messages from files", figure(func(s *scrape) float64 { return float64(s.store.DiskReads) })},
	{rabbit, "io_read_bytes_total", counter, "bytes", persister, "Read of messages from files", figure(func(s *scrape) float64 { return float64(s.store.DiskRead) })},
	{rabbit, "io_write_ops_total", counter, "writes", persister, "Writes to the log", figure(func(s *scrape) float64 { return float64(s.store.Batches) })},
	{rabbit, "io_write_bytes_total", counter, "bytes", persister, "Written to the log", figure(func(s *scrape) float64 { return float64(s.store.Written) })},
	{rabbit, "io_sync_ops_total", counter, "syncs", persister, "Syncs of the log", figure(func(s *scrape) float64 { return float64(s.store.Syncs) })},
	{rabbit, "io_sync_time_seconds_total", counter, "seconds", persister, "Time in syncs of the log", figure(func(s *scrape) float64 { return s.store.SyncTime.Seconds() })},
	{rabbit, "msg_store_read_total", counter, "messages", persister, "Messages read from files", figure(func(s *scrape) float64 { return float64(s.store.DiskReads) })},
	{rabbit, "msg_store_write_total", counter, "messages", persister, "Messages written to the log", figure(func(s *scrape) float64 { return float64(s.totals.Stats[broker.DiskWrites]) })},
}

const persister = "node_persister_metrics"

// perProtocol gives a sample for each protocol that somebody tried to log in by.
func perProtocol(f func(*broker.LoginCounts) uint64) source {
	return several(func(s *scrape, out *page) {
		for _, l := range s.broker.Logins() {
			out.add(labelled("protocol", l.Protocol), float64(f(&l)))
		}
	})
}

// runnable is the number of goroutines that could run and do not.
func runnable() float64 {
	sample := []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return float64(sample[0].Value.Uint64())
}

// truth is 1 for true.
func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
