package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"amqpd/test/node"
)

// console is a node, and a test that asks its HTTP API as guest and looks at it
// in browsers.
type console struct {
	*node.Node
	t *testing.T
}

// start starts a node with flags beside the usual ones.
func start(t *testing.T, flags ...string) *console {
	t.Helper()
	if chromium == nil {
		t.Skip("the browser tests run from test/suites/console.sh")
	}
	return &console{amqpd.Start(t, flags...), t}
}

// api asks for something and decodes the answer. It returns the status.
func (n *console) api(method, path string, body, into any) int {
	t := n.t
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
func (n *console) must(method, path string, body any) {
	n.t.Helper()
	if status := n.api(method, path, body, nil); status > 299 {
		n.t.Fatalf("%s %s: %d", method, path, status)
	}
}

// queue declares a durable queue in the virtual host /.
func (n *console) queue(name string) {
	n.t.Helper()
	n.must(http.MethodPut, at("queues", "/", name), map[string]any{"durable": true})
}

// at is a path of the API from its segments.
func at(segments ...string) string {
	return strings.TrimPrefix(address(segments...), "#")
}

// gone waits until the API does not find something any more.
func (n *console) gone(path string) {
	n.t.Helper()
	eventually(n.t, path+" to be gone", func() bool { return n.api(http.MethodGet, path, nil, nil) == http.StatusNotFound })
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
func (n *console) ready(queue string) int {
	n.t.Helper()
	var q struct {
		Ready int `json:"messages_ready"`
	}
	if status := n.api(http.MethodGet, at("queues", "/", queue), nil, &q); status != http.StatusOK {
		n.t.Fatalf("queue %s: %d", queue, status)
	}
	return q.Ready
}

// put puts messages into a queue.
func (n *console) put(queue string, count int, payload string) {
	n.t.Helper()
	for i := range count {
		n.must(http.MethodPost, "/exchanges/%2F/amq.default/publish", map[string]any{
			"properties": map[string]any{"delivery_mode": 2}, "routing_key": queue, "payload": fmt.Sprintf(payload, i), "payload_encoding": "string",
		})
	}
}

// name is what the node calls itself.
func (n *console) name() string {
	n.t.Helper()
	var o struct{ Node string }
	n.api(http.MethodGet, "/overview", nil, &o)
	return o.Node
}
