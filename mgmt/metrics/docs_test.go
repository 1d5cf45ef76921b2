package metrics

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
)

var update = flag.Bool("update", false, "write docs/metrics.md from the table")

// docsFile is the reference that follows from the table.
const docsFile = "../../docs/metrics.md"

// docsHead is what stands above the tables.
const docsHead = "# Metrics\n\n" +
	"What `--metrics-listen` (15692) tells Prometheus. This page is written by `go test ./mgmt/metrics -run Docs -update`; " +
	"[operations.md](operations.md#metrics) says how to use it.\n\n" +
	"| path | samples |\n| --- | --- |\n" +
	"| `/metrics` | one for each metric: the sum over all objects |\n" +
	"| `/metrics/per-object` | one for each queue, channel, connection, exchange |\n" +
	"| `/metrics/detailed?family=F&vhost=V` | by object, of the families that are asked for, under `rabbitmq_detailed_`; `family` and `vhost` may be repeated |\n\n" +
	"A metric without a family is on the first two only. Counters on `/metrics` keep what objects that are gone have counted. " +
	"Go's own (`go_*`) and the process's (`process_*`) figures are on the first two, and what the answers cost (`telemetry_scrape_*`) on all three.\n"

// docsParts are the tables, in order.
var docsParts = []struct {
	title, text string
	rows        []metric
}{
	{"Identity", "", identityMetrics},
	{"Node", "Names with `erlang` hold the figure of Go that stands nearest.", nodeMetrics},
	{"Global counters", "Labels: `protocol`, and `queue_type` and `dead_letter_strategy` where it says so in RabbitMQ. Every pair has a sample from the start.", globalMetrics},
	{"Queues", "Labels by object: `vhost`, `queue`.", queueMetrics},
	{"Channels", "Labels by object: `channel` (the connection's name and the channel's number), `vhost`. RabbitMQ also divides the counters by exchange and queue; here `exchange_*` and `queue_*` do.", channelMetrics},
	{"Connections", "Label by object: `channel`, as in RabbitMQ, with the connection's name. Packets are reads from the socket and writes to it.", connectionMetrics},
	{"Exchanges and virtual hosts", "By object only. Labels: `vhost`, `exchange`, `type`.", objectMetrics},
	{"amqpd's own", "", ownMetrics},
}

// docs renders the reference.
func docs() string {
	var b strings.Builder
	b.WriteString(docsHead)
	for _, part := range docsParts {
		fmt.Fprintf(&b, "\n## %s\n\n", part.title)
		if part.text != "" {
			b.WriteString(part.text + "\n\n")
		}
		b.WriteString("| metric | kind | unit | family | what it says |\n| --- | --- | --- | --- | --- |\n")
		for i := range part.rows {
			m := &part.rows[i]
			name, family := m.fullName(aggregated), m.family
			if m.space == cluster {
				name = m.fullName(detailed)
			}
			if family == always {
				family = "each answer"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", name, strings.ToLower(dto.MetricType_name[int32(m.kind)]), m.unit, family, m.help)
		}
	}
	return b.String()
}

func TestDocs_AreWhatTheTableSays(t *testing.T) {
	n := 0
	for _, part := range docsParts {
		n += len(part.rows)
	}
	if n != len(table) {
		t.Errorf("the page has %d metrics, the table %d", n, len(table))
	}
	if *update {
		if err := os.WriteFile(docsFile, []byte(docs()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(docsFile)
	if err != nil || string(have) != docs() {
		t.Errorf("%s is not what the table says (%v); go test ./mgmt/metrics -run Docs -update writes it", docsFile, err)
	}
}
