package mgmt

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"amqpd/cluster/meta"
)

// browsed is an answer of browse.
type browsed struct {
	Total, Examined int
	Cursor          *string
	Messages        []struct {
		Position        uint64
		State           string
		Payload         string
		PayloadEncoding string `json:"payload_encoding"`
		PayloadBytes    int    `json:"payload_bytes"`
		RoutingKey      string `json:"routing_key"`
		Exchange        string
		Properties      json.RawMessage
	}
}

func (n *fixture) browse(path string) (b browsed) {
	n.t.Helper()
	w := n.want(200, "", "GET", path, "")
	if err := json.Unmarshal(w.Body.Bytes(), &b); err != nil {
		n.t.Fatalf("%s: %v in %s", path, err, w.Body)
	}
	return b
}

// fill declares a queue and publishes to it, with a header that counts.
func (n *fixture) fill(queue string, count int) {
	n.t.Helper()
	n.ask("PUT", "/api/queues/%2F/"+queue, `{"durable":true}`)
	for i := range count {
		n.want(200, `{"routed":true}`, "POST", "/api/exchanges/%2F/amq.default/publish", fmt.Sprintf(
			`{"properties":{"delivery_mode":2,"headers":{"n":%d,"odd":"%v"}},"routing_key":%q,"payload":"message %d","payload_encoding":"string"}`, i, i%2 == 1, queue, i))
	}
}

func TestBrowse(t *testing.T) {
	n := newNode(t)
	n.fill("q", 10)
	const at = "/api/queues/%2F/q/browse"
	for _, row := range []struct{ query, want string }{
		{"", "0 1 2 3 4 5 6 7 8 9"},
		{"?limit=3", "0 1 2 "},
		{"?order=newest&limit=3", "9 8 7 "},
		{"?state=unacknowledged", ""},
		{"?state=ready&header=odd=true", "1 3 5 7 9"},
		{"?header=n=4", "4"},
		{"?header=n&header=odd=false&body=8", "8"},
		{"?exchange=amq.default&routing_key=q&limit=1", "0 "},
		{"?exchange=x", ""},
		{"?routing_key_pattern=*.*", ""},
		{"?redelivered=true", ""},
		{"?younger_than=5", ""},
		{"?body=&header=", "0 1 2 3 4 5 6 7 8 9"},
	} {
		b, got := n.browse(at+row.query), ""
		for _, m := range b.Messages {
			got += strings.TrimPrefix(m.Payload, "message ") + " "
		}
		if b.Cursor == nil {
			got = strings.TrimSuffix(got, " ")
		}
		if got != row.want || b.Total != 10 {
			t.Errorf("%s: %q of %d, want %q", row.query, got, b.Total, row.want)
		}
	}
	first := n.browse(at + "?limit=6")
	if rest := n.browse(at + "?limit=6&cursor=" + *first.Cursor); len(rest.Messages) != 4 || rest.Cursor != nil {
		t.Errorf("the second page: %+v", rest)
	}
	m := n.browse(at + "?limit=1&truncate=3&encoding=base64").Messages[0]
	if m.Payload != "bWVz" || m.PayloadEncoding != "base64" || m.PayloadBytes != 9 || m.State != "ready" || m.Position != 1 ||
		string(m.Properties) != `{"headers":{"n":0,"odd":"false"},"delivery_mode":2}` {
		t.Errorf("a message: %+v %s", m, m.Properties)
	}
}

func TestBrowse_Refuses(t *testing.T) {
	n := newNode(t)
	n.fill("q", 1)
	n.addUser("blind", []string{"management"}, "/")
	n.apply(meta.PutPermission{Permission: meta.Permission{User: "blind", Vhost: "/", Configure: ".*", Write: ".*", Read: "^$"}})
	n.want(401, "", "GET", "/api/queues/%2F/q/browse", "", as("blind"))
	n.want(404, "", "GET", "/api/queues/%2F/none/browse", "")
	for _, query := range []string{
		"limit=x", "limit=-1", "cursor=-1", "cursor=99999999999999999999", "truncate=x", "order=x", "state=x", "encoding=x", "redelivered=x",
		"older_than=x", "older_than=-1", "younger_than=99999999999", "header==x", "routing_key=a&routing_key=b",
		"routing_key_pattern=" + strings.Repeat("a.", 200), strings.Repeat("header=a&", 40),
	} {
		n.want(400, "", "GET", "/api/queues/%2F/q/browse?"+query, "")
	}
	n.want(200, "", "GET", "/api/queues/%2F/q/browse?limit=99999999999&truncate=99999999999999&cursor=18446744073709551615", "")
}
