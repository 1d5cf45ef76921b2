package metrics

import (
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"amqpd/broker"
)

// The names and labels that public dashboards and alerts ask for. A board's
// panel joins its metric with identity_info, so that has to have one sample.

// overviewBoard is what RabbitMQ-Overview (Grafana 10991) asks of /metrics:
// each name with the labels that its queries name.
var overviewBoard = map[string][]string{
	"rabbitmq_identity_info": {"rabbitmq_cluster", "rabbitmq_node"},
	"rabbitmq_build_info":    {"rabbitmq_version", "erlang_version", "prometheus_client_version", "prometheus_plugin_version"},
	"rabbitmq_connections":   nil, "rabbitmq_channels": nil, "rabbitmq_queues": nil, "rabbitmq_consumers": nil, "rabbitmq_channel_consumers": nil,
	"rabbitmq_global_consumers": {"protocol"}, "rabbitmq_global_publishers": {"protocol"},
	"rabbitmq_process_resident_memory_bytes": nil, "rabbitmq_resident_memory_limit_bytes": nil,
	"rabbitmq_disk_space_available_bytes": nil, "rabbitmq_disk_space_available_limit_bytes": nil,
	"rabbitmq_process_open_fds": nil, "rabbitmq_process_max_fds": nil,
	"rabbitmq_process_open_tcp_sockets": nil, "rabbitmq_process_max_tcp_sockets": nil,
	"rabbitmq_erlang_uptime_seconds": nil,
	"rabbitmq_queue_messages_ready":  nil, "rabbitmq_queue_messages_unacked": nil,
	"rabbitmq_global_messages_received_total": {"protocol"}, "rabbitmq_global_messages_received_confirm_total": {"protocol"},
	"rabbitmq_global_messages_confirmed_total": {"protocol"}, "rabbitmq_global_messages_routed_total": {"protocol"},
	"rabbitmq_global_messages_unroutable_dropped_total":           {"protocol"},
	"rabbitmq_global_messages_unroutable_returned_total":          {"protocol"},
	"rabbitmq_global_messages_delivered_total":                    {"protocol", "queue_type"},
	"rabbitmq_global_messages_delivered_consume_manual_ack_total": {"protocol", "queue_type"},
	"rabbitmq_global_messages_delivered_consume_auto_ack_total":   {"protocol", "queue_type"},
	"rabbitmq_global_messages_delivered_get_manual_ack_total":     {"protocol", "queue_type"},
	"rabbitmq_global_messages_delivered_get_auto_ack_total":       {"protocol", "queue_type"},
	"rabbitmq_global_messages_get_empty_total":                    {"protocol", "queue_type"},
	"rabbitmq_global_messages_redelivered_total":                  {"protocol", "queue_type"},
	"rabbitmq_global_messages_acknowledged_total":                 {"protocol", "queue_type"},
	"rabbitmq_global_messages_dead_lettered_expired_total":        {"queue_type", "dead_letter_strategy"},
	"rabbitmq_global_messages_dead_lettered_rejected_total":       {"queue_type", "dead_letter_strategy"},
	"rabbitmq_global_messages_dead_lettered_maxlen_total":         {"queue_type", "dead_letter_strategy"},
	"rabbitmq_global_messages_dead_lettered_delivery_limit_total": {"queue_type", "dead_letter_strategy"},
	"rabbitmq_connections_opened_total":                           nil, "rabbitmq_connections_closed_total": nil,
	"rabbitmq_channels_opened_total": nil, "rabbitmq_channels_closed_total": nil,
	"rabbitmq_queues_declared_total": nil, "rabbitmq_queues_created_total": nil, "rabbitmq_queues_deleted_total": nil,
}

// alertRules is what the alert rules of RabbitMQ's cluster operator ask for.
var alertRules = map[string][]string{
	"rabbitmq_alarms_memory_used_watermark": nil, "rabbitmq_alarms_free_disk_space_watermark": nil, "rabbitmq_alarms_file_descriptor_limit": nil,
	"rabbitmq_channel_messages_unroutable_returned_total": nil, "rabbitmq_channel_messages_unroutable_dropped_total": nil,
}

// detailedRules are those of the same that ask /metrics/detailed.
var detailedRules = map[string][]string{
	"rabbitmq_detailed_queue_consumers": {"vhost", "queue"}, "rabbitmq_detailed_queue_messages": {"vhost", "queue"},
	"rabbitmq_detailed_queue_messages_ready": {"vhost", "queue"}, "rabbitmq_detailed_queue_messages_unacked": {"vhost", "queue"},
}

// queueBoards are what popular boards by queue ask of /metrics/per-object.
var queueBoards = map[string][]string{
	"rabbitmq_queue_messages": {"vhost", "queue"}, "rabbitmq_queue_messages_ready": {"vhost", "queue"},
	"rabbitmq_queue_messages_unacked": {"vhost", "queue"}, "rabbitmq_queue_consumers": {"vhost", "queue"},
	"rabbitmq_queue_consumer_utilisation": {"vhost", "queue"}, "rabbitmq_queue_consumer_capacity": {"vhost", "queue"},
	"rabbitmq_queue_messages_bytes": {"vhost", "queue"}, "rabbitmq_queue_process_memory_bytes": {"vhost", "queue"},
	"rabbitmq_queue_messages_published_total": {"queue"},
}

// asked checks that each metric has samples, and that all of them have the
// labels that queries name.
func asked(t *testing.T, found map[string]*dto.MetricFamily, names map[string][]string) {
	t.Helper()
	for name, labels := range names {
		samples := found[name].GetMetric()
		if len(samples) == 0 {
			t.Errorf("%s has no sample", name)
		}
		for _, m := range samples {
			for _, label := range labels {
				if !labelledWith(m, label) {
					t.Errorf("a sample of %s has no label %s: %v", name, label, m)
				}
			}
		}
	}
}

func labelledWith(m *dto.Metric, label string) bool {
	for _, l := range m.Label {
		if l.GetName() == label && l.GetValue() != "" {
			return true
		}
	}
	return false
}

// The panels must fill on a node on which nothing has happened yet: rate()
// needs the first zero.
func TestBoards_OfAnEmptyNode(t *testing.T) {
	_, s := open(t)
	found := families(t, s, "/metrics")
	asked(t, found, overviewBoard)
	asked(t, found, alertRules)
	for _, name := range []string{"rabbitmq_identity_info", "rabbitmq_build_info"} {
		if n := len(found[name].GetMetric()); n != 1 {
			t.Errorf("%d samples of %s: the panels join with exactly one", n, name)
		}
	}
	want(t, found, 1, "rabbitmq_identity_info", "rabbitmq_node", "n@h", "rabbitmq_endpoint", "aggregated")
	want(t, found, 1, "rabbitmq_build_info", "rabbitmq_version", broker.RabbitMQVersion)
	for _, kind := range []string{"rabbit_classic_queue", "rabbit_quorum_queue", "rabbit_stream_queue"} {
		want(t, found, 0, "rabbitmq_global_messages_delivered_total", "protocol", "amqp091", "queue_type", kind)
	}
	for _, c := range []struct{ name, kinds string }{
		{"expired", "classic disabled,classic at_most_once,quorum disabled,quorum at_most_once,quorum at_least_once"},
		{"rejected", "classic disabled,classic at_most_once,quorum disabled,quorum at_most_once,quorum at_least_once"},
		{"maxlen", "classic disabled,classic at_most_once,quorum disabled,quorum at_most_once"},
		{"delivery_limit", "quorum disabled,quorum at_most_once,quorum at_least_once"},
		{"confirmed", "quorum at_least_once"},
	} {
		name, pairs := "rabbitmq_global_messages_dead_lettered_"+c.name+"_total", strings.Split(c.kinds, ",")
		if n := len(found[name].GetMetric()); n != len(pairs) {
			t.Errorf("%d samples of %s, want %d", n, name, len(pairs))
		}
		for _, pair := range pairs {
			kind, strategy, _ := strings.Cut(pair, " ")
			want(t, found, 0, name, "queue_type", "rabbit_"+kind+"_queue", "dead_letter_strategy", strategy)
		}
	}
}

func TestBoards_ByQueue(t *testing.T) {
	b, s := open(t)
	declare(t, b, "q", nil)
	asked(t, families(t, s, "/metrics/per-object"), queueBoards)
	asked(t, families(t, s, "/metrics/detailed?family=queue_coarse_metrics&family=queue_consumer_count"), detailedRules)
}
