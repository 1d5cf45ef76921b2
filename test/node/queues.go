package node

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// DeclareQueues has the node make durable classic queues, all in one import of
// definitions.
func (n *Node) DeclareQueues(names []string) {
	n.t.Helper()
	type queue struct {
		Name       string         `json:"name"`
		Vhost      string         `json:"vhost"`
		Durable    bool           `json:"durable"`
		AutoDelete bool           `json:"auto_delete"`
		Arguments  map[string]any `json:"arguments"`
	}
	queues := make([]queue, len(names))
	for i, name := range names {
		queues[i] = queue{name, "/", true, false, map[string]any{}}
	}
	body, err := json.Marshal(map[string]any{"queues": queues})
	if err != nil {
		n.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, "http://"+n.HTTP+"/api/definitions", bytes.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	r.SetBasicAuth("guest", "guest")
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		n.t.Fatalf("definitions: %s", answer.Status)
	}
}
