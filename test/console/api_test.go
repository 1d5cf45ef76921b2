package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"amqpd/test/node"
)

// api asks the HTTP API as guest and decodes the answer. It returns the status.
func api(t *testing.T, n *node.Node, method, path string, body, into any) int {
	t.Helper()
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		send = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+n.HTTP+"/api"+path, send)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("guest", "guest")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(got, into); err != nil {
			t.Fatalf("%s %s: %s: %v in %.300s", method, path, res.Status, err, got)
		}
	}
	return res.StatusCode
}

// must is api for what has to succeed.
func must(t *testing.T, n *node.Node, method, path string, body any) {
	t.Helper()
	if status := api(t, n, method, path, body, nil); status > 299 {
		t.Fatalf("%s %s: %d", method, path, status)
	}
}

// at is a path of the API from its segments.
func at(segments ...string) string {
	return strings.TrimPrefix(address(segments...), "#")
}

// gone waits until the API does not find something any more.
func gone(t *testing.T, n *node.Node, path string) {
	t.Helper()
	eventually(t, path+" to be gone", func() bool { return api(t, n, http.MethodGet, path, nil, nil) == http.StatusNotFound })
}

// eventually waits for the HTTP API to agree.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(node.Patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for ", what)
		}
	}
}

// ready counts the ready messages of a queue in the virtual host /.
func ready(t *testing.T, n *node.Node, queue string) int {
	t.Helper()
	var q struct {
		Ready int `json:"messages_ready"`
	}
	if status := api(t, n, http.MethodGet, "/queues/%2F/"+url.PathEscape(queue), nil, &q); status != http.StatusOK {
		t.Fatalf("queue %s: %d", queue, status)
	}
	return q.Ready
}

// put puts messages into a queue.
func put(t *testing.T, n *node.Node, queue string, count int, payload string) {
	t.Helper()
	for i := range count {
		must(t, n, http.MethodPost, "/exchanges/%2F/amq.default/publish", map[string]any{
			"properties": map[string]any{"delivery_mode": 2}, "routing_key": queue, "payload": fmt.Sprintf(payload, i), "payload_encoding": "string",
		})
	}
}

// nodeName is what the node calls itself.
func nodeName(t *testing.T, n *node.Node) string {
	t.Helper()
	var o struct{ Node string }
	api(t, n, http.MethodGet, "/overview", nil, &o)
	return o.Node
}
