package mgmt

import (
	"encoding/json"
	"testing"
)

func TestPatchArguments(t *testing.T) {
	n := newNode(t)
	n.want(201, "", "PUT", "/api/queues/%2F/q", `{"durable":true,"arguments":{"x-message-ttl":1000,"x-max-priority":2}}`)
	n.want(204, "", "PATCH", "/api/queues/%2F/q/arguments", `{"arguments":{"x-message-ttl":null,"x-max-length":5,"x-overflow":"reject-publish"}}`)
	var got struct{ Arguments map[string]any }
	if err := json.Unmarshal(n.want(200, "", "GET", "/api/queues/%2F/q", "").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if a := got.Arguments; len(a) != 3 || a["x-max-length"] != 5.0 || a["x-overflow"] != "reject-publish" || a["x-max-priority"] != 2.0 {
		t.Errorf("arguments %v", a)
	}
	for _, row := range []struct {
		status     int
		path, body string
	}{
		{404, "/api/queues/%2F/none/arguments", `{"arguments":{}}`},
		{404, "/api/queues/none/q/arguments", `{"arguments":{}}`},
		{400, "/api/queues/%2F/q/arguments", `{}`},
		{400, "/api/queues/%2F/q/arguments", `{"arguments":[1]}`},
		{400, "/api/queues/%2F/q/arguments", `{"arguments":{"x-max-length":-1}}`},
		{400, "/api/queues/%2F/q/arguments", `{"arguments":{"x-max-priority":9}}`},
		{204, "/api/queues/%2F/q/arguments", `{"arguments":{"x-max-priority":2}}`},
		{204, "/api/queues/%2F/q/arguments", `{"arguments":{}}`},
	} {
		n.want(row.status, "", "PATCH", row.path, row.body)
	}
	if got := n.ask("OPTIONS", "/api/queues/%2F/q", "").Header().Get("Allow"); got != "HEAD, GET, PUT, DELETE, OPTIONS" {
		t.Errorf("the queue allows %s", got)
	}
}
