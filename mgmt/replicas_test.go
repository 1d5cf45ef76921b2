package mgmt

import (
	"strings"
	"testing"

	"amqpd/cluster/meta"
)

func TestReplicas(t *testing.T) {
	n := newNode(t)
	n.apply(queueNamed("c"))
	n.apply(meta.PutQueue{Queue: meta.Queue{Vhost: "/", Name: "q", Kind: "quorum", Durable: true, Home: "amqpd@test"}})
	here, there := `{"node":"amqpd@test"}`, `{"node":"amqpd@other"}`
	const queue = "/api/queues/quorum/%2F/q"
	for _, c := range []struct {
		status                   int
		method, path, body, text string
	}{
		{200, "GET", queue + "/status", "", ""},
		{400, "GET", "/api/queues/quorum/%2F/c/status", "", `{"error":"bad_request","reason":"queue 'c' in vhost '/' is no quorum queue"}`},
		{404, "GET", "/api/queues/quorum/%2F/x/status", "", ""},
		{204, "POST", queue + "/replicas/add", here, ""},
		{503, "POST", queue + "/replicas/add", there, `{"error":"service_unavailable","reason":"node_not_running"}`},
		{400, "POST", queue + "/replicas/add", "{}", `{"error":"bad_request","reason":"[{key_missing,node}]"}`},
		{400, "POST", queue + "/replicas/add", `{"node":5}`, ""},
		{404, "POST", "/api/queues/quorum/%2F/x/replicas/add", here, ""},
		{503, "DELETE", queue + "/replicas/delete", here, `{"error":"service_unavailable","reason":"last_node"}`},
		{202, "DELETE", queue + "/replicas/delete", there, ""},
		{400, "DELETE", queue + "/replicas/delete", "", ""},
		{204, "POST", "/api/queues/quorum/replicas/on/amqpd@test/grow", `{"vhost_pattern":".*","queue_pattern":"^q","strategy":"all"}`, ""},
		{400, "POST", "/api/queues/quorum/replicas/on/amqpd@test/grow", `{"vhost_pattern":".*","queue_pattern":"(","strategy":"all"}`, ""},
		{400, "POST", "/api/queues/quorum/replicas/on/amqpd@test/grow", `{"vhost_pattern":".*","queue_pattern":"q","strategy":"odd"}`, ""},
		{400, "POST", "/api/queues/quorum/replicas/on/amqpd@test/grow", `{"strategy":"all"}`, ""},
		{404, "POST", "/api/queues/quorum/replicas/on/x/grow", "{}", ""},
		{202, "DELETE", "/api/queues/quorum/replicas/on/amqpd@test/shrink", "", ""},
		{404, "DELETE", "/api/queues/quorum/replicas/on/x/shrink", "", ""},
	} {
		n.want(c.status, c.text, c.method, c.path, c.body)
	}
	if text := n.ask("GET", queue+"/status", "").Body.String(); !strings.Contains(text, `"Node Name":"amqpd@test","Raft State":"leader"`) {
		t.Errorf("status: %s", text)
	}
}
