package mgmt

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPolicies_AsRecorded holds the answers to 162 policies, most of them bad, to
// what RabbitMQ 3.10.8 said to the same. Where it failed with 500 this refuses.
func TestPolicies_AsRecorded(t *testing.T) {
	file, err := os.Open("testdata/policies.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := newNode(t)
	lines := bufio.NewScanner(file)
	count := 0
	for ; lines.Scan(); count++ {
		var c struct {
			Path   string
			Body   json.RawMessage
			Status int
			Reason any
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		w := n.ask("PUT", "/api/"+c.Path+"/%2F/p"+strconv.Itoa(count), string(c.Body))
		var got struct{ Reason any }
		if w.Body.Len() > 0 {
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
		}
		reason, _ := got.Reason.(string)
		switch {
		case c.Status == http.StatusInternalServerError && w.Code == http.StatusBadRequest && strings.HasPrefix(reason, "Validation failed\n\n"):
		case w.Code != c.Status || c.Status >= 400 && got.Reason != c.Reason:
			t.Errorf("%s %s: %d %q; want %d %q", c.Path, c.Body, w.Code, got.Reason, c.Status, c.Reason)
		}
	}
	if count < 150 {
		t.Errorf("%d policies in the file", count)
	}
}

// policed is a node with a queue that has ten messages, and one for dead ones.
func policed(t *testing.T) *fixture {
	n := newNode(t)
	for _, q := range []string{"q", "dead"} {
		n.want(201, "", "PUT", "/api/queues/%2F/"+q, `{"durable":true}`)
	}
	for i := range 10 {
		n.publish("q", strconv.Itoa(i), "true")
	}
	return n
}

// publish publishes to a queue, and holds the answer to routed.
func (n *fixture) publish(queue, payload, routed string) {
	n.t.Helper()
	n.want(200, `{"routed":`+routed+`}`, "POST", "/api/exchanges/%2F/amq.default/publish",
		`{"properties":{"delivery_mode":2},"routing_key":"`+queue+`","payload":"`+payload+`","payload_encoding":"string"}`)
}

// shows waits until a column of a queue is that.
func (n *fixture) shows(queue, column, want string) {
	n.t.Helper()
	n.eventually(`{"`+column+`":`+want+`}`, "/api/queues/%2F/"+queue+"?columns="+column)
}

// eventually waits until a path answers with that text.
func (n *fixture) eventually(want, path string) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		w := n.ask("GET", path, "")
		if strings.TrimSpace(w.Body.String()) == want {
			return
		}
		if time.Now().After(deadline) {
			n.t.Errorf("%s: %s; want %s", path, w.Body, want)
			return
		}
	}
}

// A policy is in force on queues that run when its PUT is answered: nothing is
// waited for but the clock, where a key is a time.
func TestPolicies_ActAtOnce(t *testing.T) {
	put := func(n *fixture, kind, definition string) {
		t.Helper()
		n.want(201, "", "PUT", "/api/"+kind+"/%2F/p", `{"pattern":"^q$","apply-to":"queues","definition":`+definition+`}`)
	}
	at := func(n *fixture, queue, column, want string) {
		t.Helper()
		n.want(200, `{"`+column+`":`+want+`}`, "GET", "/api/queues/%2F/"+queue+"?columns="+column, "")
	}
	for name, f := range map[string]func(n *fixture){
		"max-length": func(n *fixture) {
			put(n, "policies", `{"max-length":3}`)
			n.publish("q", "x", "true")
			at(n, "q", "messages", "3")
		},
		"overflow": func(n *fixture) {
			put(n, "policies", `{"max-length":10,"overflow":"reject-publish"}`)
			w := n.ask("POST", "/api/exchanges/%2F/amq.default/publish", `{"properties":{},"routing_key":"q","payload":"x","payload_encoding":"string"}`)
			if w.Code != 400 || !strings.Contains(w.Body.String(), "Unable to publish message. Check queue limits.") {
				t.Errorf("a full queue: %d %s", w.Code, w.Body)
			}
			at(n, "q", "messages", "10")
		},
		"message-ttl": func(n *fixture) {
			n.want(204, "", "DELETE", "/api/queues/%2F/q/contents", "") // what came before has no end
			put(n, "policies", `{"message-ttl":1}`)
			n.publish("q", "x", "true")
			n.shows("q", "messages", "0")
		},
		"dead-letter": func(n *fixture) {
			put(n, "policies", `{"max-length":4,"dead-letter-exchange":"","dead-letter-routing-key":"dead"}`)
			n.publish("q", "x", "true")
			n.shows("dead", "messages", "7")
			at(n, "q", "messages", "4")
		},
		"expires": func(n *fixture) {
			put(n, "policies", `{"expires":1}`)
			n.eventually(`{"error":"Object Not Found","reason":"Not Found"}`, "/api/queues/%2F/q")
		},
		"operator": func(n *fixture) {
			put(n, "policies", `{"max-length":8}`)
			put(n, "operator-policies", `{"max-length":2}`)
			n.publish("q", "x", "true")
			at(n, "q", "messages", "2")
			at(n, "q", "operator_policy", `"p"`)
			at(n, "q", "effective_policy_definition", `{"max-length":2}`)
		},
		"mirrors": func(n *fixture) {
			put(n, "policies", `{"ha-mode":"exactly","ha-params":2,"ha-sync-mode":"automatic"}`)
			at(n, "q", "effective_policy_definition", `{"ha-mode":"exactly","ha-params":2,"ha-sync-mode":"automatic"}`)
			at(n, "q", "messages", "10")
		},
		"taken away": func(n *fixture) {
			put(n, "policies", `{"max-length":10}`)
			at(n, "q", "policy", `"p"`)
			n.want(204, "", "DELETE", "/api/policies/%2F/p", "")
			at(n, "q", "policy", "null")
			n.publish("q", "x", "true")
			at(n, "q", "messages", "11")
		},
	} {
		t.Run(name, func(t *testing.T) { f(policed(t)) })
	}
}

// A pattern is matched with every name while definitions are locked, so one that is
// made to take long is refused before.
func TestPolicies_PatternsAreBearable(t *testing.T) {
	n := newNode(t)
	put := func(status int, pattern string) {
		t.Helper()
		n.want(status, "", "PUT", "/api/policies/%2F/p", `{"pattern":`+quoted(pattern)+`,"definition":{"max-length":5}}`)
	}
	put(201, "^("+strings.Repeat("orders|", 1000)+"x)$")
	put(204, `^(?!amq\.).*`)
	put(400, strings.Repeat("a", maxPolicyPattern+1))
	put(400, "(")
}
