package metrics

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	dto "github.com/prometheus/client_model/go"

	"amqpd/amqp"
	"amqpd/broker"
	"amqpd/cluster/meta"
)

// open starts a broker with a server of its metrics.
func open(t testing.TB) (*broker.Broker, *Server) {
	t.Helper()
	b, err := broker.Open(broker.Options{DataDir: t.TempDir(), NodeName: "n@h"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	b.SetLimits(broker.Limits{Memory: 1 << 30, DiskFree: 50e6})
	return b, New(Options{Broker: b})
}

// get asks for a path and returns the answer.
func get(t testing.TB, s *Server, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// families asks for a path and parses the answer, which must be well-formed.
func families(t testing.TB, s *Server, path string) map[string]*dto.MetricFamily {
	t.Helper()
	w := get(t, s, http.MethodGet, path)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != contentType {
		t.Fatalf("%s: %d %v", path, w.Code, w.Header())
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	found, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return found
}

// sample gives the value of the sample with these labels among others.
func sample(f *dto.MetricFamily, pairs ...string) (float64, bool) {
	for _, m := range f.GetMetric() {
		if has(m, pairs) {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue(), true
		}
	}
	return math.NaN(), false
}

func has(m *dto.Metric, pairs []string) bool {
	for i := 0; i+1 < len(pairs); i += 2 {
		if !slices.ContainsFunc(m.Label, func(l *dto.LabelPair) bool { return l.GetName() == pairs[i] && l.GetValue() == pairs[i+1] }) {
			return false
		}
	}
	return true
}

// want checks a sample.
func want(t testing.TB, found map[string]*dto.MetricFamily, value float64, name string, pairs ...string) {
	t.Helper()
	got, ok := sample(found[name], pairs...)
	if !ok || got != value {
		t.Errorf("%s%v is %v (there: %t), want %v", name, pairs, got, ok, value)
	}
}

// What transfers do is counted, and every label is there from the start.
func TestTransfers(t *testing.T) {
	b, s := open(t)
	declare(t, b, "from", nil)
	declare(t, b, "to", nil)
	for range 3 {
		if _, err := agent(t, b).Publish(broker.Message{RoutingKey: "from"}); err != nil {
			t.Fatal(err)
		}
	}
	to := "to"
	ended := func() float64 {
		n, _ := sample(families(t, s, "/metrics")["amqpd_transfers_ended_total"], "state", "done")
		return n
	}
	for i, ask := range []broker.TransferRequest{
		{Action: broker.TransferCopy, ToQueue: &to}, {Action: broker.TransferMove, ToQueue: &to, Limit: 2}, {Action: broker.TransferRedrive},
	} {
		ask.Queue = "from"
		if _, err := agent(t, b).Transfer(ask); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); ended() != float64(i+1); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d transfers have ended, want %d", int(ended()), i+1)
			}
		}
	}
	found := families(t, s, "/metrics")
	for action, n := range map[string]float64{"copy": 3, "move": 2, "redrive": 0} {
		want(t, found, n, "amqpd_transfer_messages_total", "action", action)
	}
	want(t, found, 1, "amqpd_transfer_messages_failed_total")
	for _, state := range []string{"running", "paused"} {
		want(t, found, 0, "amqpd_transfers", "state", state)
	}
	for _, state := range []string{"stopped", "failed"} {
		want(t, found, 0, "amqpd_transfers_ended_total", "state", state)
	}
}

// agent acts as guest.
func agent(t testing.TB, b *broker.Broker) *broker.Agent {
	t.Helper()
	a, err := b.As(broker.Actor{User: "guest"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// declare makes a durable queue.
func declare(t testing.TB, b *broker.Broker, name string, args amqp.Table) {
	t.Helper()
	kind := "classic"
	if v, ok := args.Get("x-queue-type"); ok {
		kind, _ = v.Str()
	}
	err := b.Apply(meta.PutQueue{Queue: meta.Queue{
		Vhost: "/", Name: name, Durable: true, Kind: kind, Home: b.NodeName(), Arguments: args,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestServer_Statuses(t *testing.T) {
	_, s := open(t)
	for _, c := range []struct {
		method, path, accept string
		status               int
		body                 string // its beginning
	}{
		{"GET", "/metrics", "", 200, "# HELP"},
		{"GET", "/metrics/", "", 200, "# HELP"},
		{"GET", "/metrics/per-object", "text/plain", 200, "# HELP"},
		{"GET", "/metrics/detailed", "text/*", 200, "# HELP"},
		{"GET", "/metrics", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", 200, "# HELP"},
		{"GET", "/metrics", "application/openmetrics-text", 406, ""},
		{"GET", "/metrics", "image/png", 406, ""},
		{"GET", "/metrics/nowhere", "", 404, "Unknown Registry"},
		{"GET", "/", "", 404, `{"error":"Object Not Found"`},
		{"GET", "/metricsx", "", 404, `{"error":"Object Not Found"`},
		{"HEAD", "/metrics", "", 204, ""},
		{"HEAD", "/metrics/nowhere", "", 204, ""},
		{"OPTIONS", "/metrics", "", 200, ""},
		{"POST", "/metrics", "", 405, ""},
		{"DELETE", "/metrics/nowhere", "", 405, ""},
	} {
		w := get(t, s, c.method, c.path, "Accept", c.accept)
		if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.body) || c.body == "" && w.Body.Len() > 0 {
			t.Errorf("%s %s (%s): %d %.60q, want %d %q", c.method, c.path, c.accept, w.Code, w.Body, c.status, c.body)
		}
		if c.status == 405 && w.Header().Get("Allow") != "HEAD, GET, OPTIONS" {
			t.Errorf("%s: allow is %q", c.path, w.Header().Get("Allow"))
		}
	}
}

func TestServer_Gzip(t *testing.T) {
	_, s := open(t)
	for _, accepted := range []string{"gzip", "deflate, gzip;q=0.5"} {
		w := get(t, s, "GET", "/metrics", "Accept-Encoding", accepted)
		if w.Header().Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %v", accepted, w.Header())
		}
		r, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || !bytes.Contains(text, []byte("rabbitmq_identity_info{")) {
			t.Errorf("%v, %.100q", err, text)
		}
	}
	if w := get(t, s, "GET", "/metrics", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "identity" {
		t.Errorf("gzip that is refused: %v", w.Header())
	}
}

func TestServer_TooManyAtATime(t *testing.T) {
	_, s := open(t)
	for range maxScrapes {
		s.slots <- struct{}{}
	}
	if w := get(t, s, "GET", "/metrics"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
	<-s.slots
	if w := get(t, s, "GET", "/metrics"); w.Code != http.StatusOK {
		t.Errorf("%d", w.Code)
	}
}

func TestFigures(t *testing.T) {
	b, s := open(t)
	declare(t, b, "q", nil)
	declare(t, b, "letters", amqp.Table{{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}})
	declare(t, b, "five", amqp.Table{{Key: "x-queue-type", Value: amqp.LongStr("quorum")}})
	a := agent(t, b)
	publish(t, a, "q", 7)
	publish(t, a, "five", 5)
	publish(t, a, "nowhere", 2)

	found := families(t, s, "/metrics")
	want(t, found, 12, "rabbitmq_queue_messages_ready")
	want(t, found, 12, "rabbitmq_queue_messages")
	want(t, found, 3, "rabbitmq_queues")
	want(t, found, 14, "rabbitmq_global_messages_received_total", "protocol", "amqp091")
	want(t, found, 12, "rabbitmq_global_messages_routed_total", "protocol", "amqp091")
	want(t, found, 1<<30, "rabbitmq_resident_memory_limit_bytes")
	want(t, found, 50e6, "rabbitmq_disk_space_available_limit_bytes")
	if f := found["rabbitmq_queue_messages_ready"]; len(f.GetMetric()) != 1 {
		t.Errorf("%d samples without labels", len(f.GetMetric()))
	}
	if f := found["amqpd_log_sync_seconds"]; f.GetMetric()[0].GetHistogram().GetSampleCount() == 0 {
		t.Error("no sync was counted")
	}

	found = families(t, s, "/metrics/per-object")
	want(t, found, 7, "rabbitmq_queue_messages_ready", "queue", "q", "vhost", "/")
	want(t, found, 5, "rabbitmq_queue_messages_ready", "queue", "five")
	want(t, found, 1, "rabbitmq_queue_info", "queue", "five", "queue_type", "rabbit_quorum_queue")

	if err := a.DeleteQueue("q", false, false); err != nil {
		t.Fatal(err)
	}
	found = families(t, s, "/metrics")
	want(t, found, 5, "rabbitmq_queue_messages_ready")
	want(t, found, 12, "rabbitmq_global_messages_routed_total")
	want(t, found, 1, "rabbitmq_queues_deleted_total")
}

func TestFigures_Delayed(t *testing.T) {
	b, s := open(t)
	err := b.Apply(meta.PutExchange{Exchange: meta.Exchange{Vhost: "/", Name: "later", Type: "x-delayed-message", Durable: true,
		Arguments: amqp.Table{{Key: "x-delayed-type", Value: amqp.LongStr("fanout")}}}})
	if err != nil {
		t.Fatal(err)
	}
	want(t, families(t, s, "/metrics"), 0, "amqpd_delayed_messages")
	for range 3 {
		_, err := agent(t, b).Publish(broker.Message{Exchange: "later", Properties: amqp.PropertyList{Headers: amqp.Table{{Key: "x-delay", Value: amqp.Long(1 << 20)}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	want(t, families(t, s, "/metrics"), 3, "amqpd_delayed_messages")
}

func TestDetailed_FamiliesAndVhosts(t *testing.T) {
	b, s := open(t)
	if err := b.Apply(meta.PutVhost{Vhost: meta.Vhost{Name: "other"}}); err != nil {
		t.Fatal(err)
	}
	declare(t, b, "q", nil)
	const ready, consumers = "rabbitmq_detailed_queue_messages_ready", "rabbitmq_detailed_queue_consumers"
	for _, c := range []struct {
		query        string
		there, gone  []string
		readySamples int
	}{
		{"", []string{"rabbitmq_build_info", "rabbitmq_identity_info"}, []string{ready, "rabbitmq_queues", "go_goroutines", "amqpd_log_segments"}, 0},
		{"?family=queue_coarse_metrics", []string{ready}, []string{consumers, "rabbitmq_queue_messages_ready"}, 1},
		{"?family=queue_coarse_metrics&vhost=%2F", []string{ready}, nil, 1},
		{"?family=queue_coarse_metrics&vhost=other", nil, []string{ready}, 0},
		{"?family=queue_coarse_metrics&vhost=nowhere", nil, []string{ready}, 0},
		{"?family=queue_coarse_metrics&vhost=nowhere&vhost=%2F", []string{ready}, nil, 1},
		{"?family=queue_consumer_count", []string{consumers}, []string{ready}, 0},
		{"?family=queue_metrics&family=queue_consumer_count", []string{consumers, "rabbitmq_detailed_queue_messages_bytes"}, []string{ready}, 0},
		{"?family=nonsense", nil, []string{ready}, 0},
		{"?family=vhost_status", []string{"rabbitmq_cluster_vhost_status"}, nil, 0},
		{"?family=exchange_bindings", []string{"rabbitmq_cluster_exchange_bindings"}, nil, 0},
		{"?family=node_coarse_metrics&family=node_metrics", []string{"rabbitmq_detailed_process_open_fds", "rabbitmq_detailed_erlang_uptime_seconds"}, nil, 0},
		{"?family=connection_churn_metrics", []string{"rabbitmq_detailed_queues_created_total"}, nil, 0},
		{"?family=auth_attempt_metrics", []string{"rabbitmq_detailed_auth_attempts_total"}, nil, 0},
	} {
		found := families(t, s, "/metrics/detailed"+c.query)
		for _, name := range c.there {
			if found[name] == nil {
				t.Errorf("%s: no %s", c.query, name)
			}
		}
		for _, name := range c.gone {
			if found[name] != nil {
				t.Errorf("%s: there is %s", c.query, name)
			}
		}
		if n := len(found[ready].GetMetric()); n != c.readySamples {
			t.Errorf("%s: %d samples, want %d", c.query, n, c.readySamples)
		}
	}
	found := families(t, s, "/metrics/detailed?family=vhost_status")
	want(t, found, 1, "rabbitmq_cluster_vhost_status", "vhost", "other")
}

// Names of objects are anything; the answer must stay one that parses.
func TestHostileNames(t *testing.T) {
	b, s := open(t)
	names := []string{"a\"b", `back\slash`, "line\nbreak", "<img src=x>", "ü漢", "}", "{queue=\"x\"} 5"}
	for _, name := range names {
		declare(t, b, name, nil)
	}
	found := families(t, s, "/metrics/per-object")
	for _, name := range names {
		want(t, found, 0, "rabbitmq_queue_messages", "queue", name)
	}
}

func TestTable_IsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for i := range table {
		m := &table[i]
		name := m.fullName(aggregated) + m.fullName(detailed)
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		switch total := strings.HasSuffix(m.name, "_total"); {
		case m.kind == counter && !total:
			t.Errorf("%s is a counter without _total", m.name)
		case m.kind == gauge && total:
			t.Errorf("%s is a gauge with _total", m.name)
		case m.help == "" || strings.HasSuffix(m.help, "."):
			t.Errorf("%s: help %q", m.name, m.help)
		case m.space == cluster && m.family == "":
			t.Errorf("%s is in no answer", m.name)
		}
	}
}

// publish publishes n messages to a queue by name.
func publish(t testing.TB, a *broker.Agent, key string, n int) {
	t.Helper()
	for i := range n {
		if _, err := a.Publish(broker.Message{RoutingKey: key, Body: fmt.Appendf(nil, "message %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
}
