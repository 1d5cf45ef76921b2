package mgmt

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"amqpd/broker"
	"amqpd/cluster/meta"
)

// shownTransfer is a transfer as the API shows it.
type shownTransfer struct {
	ID, State, User        string
	Total, Examined, Moved int
	Failed                 int
	Error                  *string
	Filter, Destination    json.RawMessage
	Ended                  *int64
}

// transfer begins a transfer out of a queue.
func (n *fixture) transfer(queue, body string, edits ...edit) (t shownTransfer) {
	n.t.Helper()
	w := n.want(201, "", "POST", "/api/queues/%2F/"+queue+"/transfers", body, edits...)
	if err := json.Unmarshal(w.Body.Bytes(), &t); err != nil {
		n.t.Fatalf("%v: %s", err, w.Body)
	}
	return t
}

// awaitTransfer waits until a transfer is in a state, and over if that is one of
// its last.
func (n *fixture) awaitTransfer(id, state string) (t shownTransfer) {
	n.t.Helper()
	for end := time.Now().Add(patience); ; {
		w := n.want(200, "", "GET", "/api/transfers/"+id, "")
		t = shownTransfer{}
		if err := json.Unmarshal(w.Body.Bytes(), &t); err != nil {
			n.t.Fatal(err)
		}
		over := state != "paused" && state != "running"
		if t.State == state && (t.Ended != nil) == over {
			return t
		}
		if time.Now().After(end) {
			n.t.Fatalf("the transfer is not %s: %s", state, w.Body)
		}
		time.Sleep(time.Millisecond)
	}
}

// payloads joins the bodies in a queue.
func (n *fixture) payloads(queue string) string {
	n.t.Helper()
	var list []string
	for _, m := range n.browse("/api/queues/%2F/" + queue + "/browse").Messages {
		list = append(list, strings.TrimPrefix(m.Payload, "message "))
	}
	return strings.Join(list, " ")
}

func TestTransfers(t *testing.T) {
	n := newNode(t)
	n.fill("from", 6)
	n.fill("to", 0)
	move := n.transfer("from", `{"action":"move","destination":{"queue":"to"},"filter":{"header":["odd=true"]},"limit":2,"rate":1000}`)
	if string(move.Filter) != `{"header":["odd=true"]}` || string(move.Destination) != `{"queue":"to"}` || move.User != "guest" || move.Total != 6 {
		t.Errorf("it begins as %+v", move)
	}
	if done := n.awaitTransfer(move.ID, "done"); done.Moved != 2 || done.Examined != 4 || done.Error != nil {
		t.Errorf("it ends as %+v", done)
	}
	n.awaitTransfer(n.transfer("from", `{"action":"copy","destination":{"exchange":"amq.default","routing_key":"to"},"filter":{"body":"4"}}`).ID, "done")
	if from, to := n.payloads("from"), n.payloads("to"); from != "0 2 4 5" || to != "1 3 4" {
		t.Errorf("from holds %s, to %s", from, to)
	}
	redrive := n.awaitTransfer(n.transfer("from", `{"action":"redrive","redrive_to":"queue"}`).ID, "done")
	if redrive.Failed != 4 || redrive.Error == nil {
		t.Errorf("a redrive of what never died: %+v", redrive)
	}
	var list []shownTransfer
	if err := json.Unmarshal(n.want(200, "", "GET", "/api/transfers?sort=started", "").Body.Bytes(), &list); err != nil || len(list) != 3 || list[0].ID != move.ID {
		t.Errorf("the list: %+v, %v", list, err)
	}
	n.want(204, "", "DELETE", "/api/transfers/"+move.ID, "")
	n.want(404, "", "GET", "/api/transfers/"+move.ID, "")
	n.want(404, "", "DELETE", "/api/transfers/"+move.ID, "")
}

func TestTransfers_Orders(t *testing.T) {
	n := newNode(t)
	n.fill("from", 3)
	n.fill("to", 0)
	n.addUser("owner", []string{"management"}, "/")
	n.addUser("other", []string{"management"}, "/")
	n.apply(putVhostNamed("elsewhere"))
	n.addUser("stranger", []string{"monitoring"}, "elsewhere")
	n.broker.SetAlarm(broker.AlarmDisk, true)
	at := "/api/transfers/" + n.transfer("from", `{"action":"move","destination":{"queue":"to"}}`, as("owner")).ID
	for _, order := range []string{"pause", "resume", "stop"} {
		n.want(401, "", "POST", at+"/"+order, "", as("other"))
		n.want(404, "", "POST", at+"/"+order, "", as("stranger"))
		n.want(404, "", "POST", "/api/transfers/none/"+order, "")
	}
	n.want(401, "", "DELETE", at, "", as("other"))
	n.want(404, "", "GET", at, "", as("stranger"))
	n.want(200, "[]", "GET", "/api/transfers", "", as("stranger"))
	n.want(200, "", "GET", at, "", as("other"))
	id := strings.TrimPrefix(at, "/api/transfers/")
	n.want(204, "", "POST", at+"/pause", "", as("owner"))
	n.awaitTransfer(id, "paused")
	n.want(204, "", "POST", at+"/pause", "", as("owner"))
	n.want(204, "", "POST", at+"/resume", "")
	n.awaitTransfer(id, "running")
	n.want(204, "", "POST", at+"/stop", "", as("owner"))
	n.awaitTransfer(id, "stopped")
	for _, order := range []string{"pause", "resume", "stop"} {
		n.want(400, `{"error":"bad_request","reason":"the transfer is over"}`, "POST", at+"/"+order, "")
	}
	n.want(204, "", "DELETE", at, "", as("owner"))
	if from := n.payloads("from"); from != "0 1 2" {
		t.Errorf("from holds %s", from)
	}
}

func TestTransfers_Refuse(t *testing.T) {
	n := newNode(t)
	n.fill("q", 2)
	n.fill("to", 0)
	n.addUser("reader", []string{"management"}, "/")
	n.apply(meta.PutPermission{Permission: meta.Permission{User: "reader", Vhost: "/", Read: ".*", Write: "^$"}})
	const at = "/api/queues/%2F/q/transfers"
	n.want(401, "", "POST", at, `{"action":"move","destination":{"queue":"to"}}`, as("reader"))
	n.want(404, "", "POST", "/api/queues/%2F/none/transfers", `{"action":"move","destination":{"queue":"to"}}`)
	n.want(404, "", "POST", "/api/queues/none/q/transfers", `{"action":"move","destination":{"queue":"to"}}`)
	n.want(404, "", "POST", at, `{"action":"move","destination":{"queue":"none"}}`)
	n.want(415, "", "POST", at, `{"action":"move","destination":{"queue":"to"}}`, header("Content-Type", "text/plain"))
	filter := func(text string) string {
		return `{"action":"move","destination":{"queue":"to"},"filter":` + text + `}`
	}
	for _, body := range []string{
		"", "{}", "[]", `{"action":5}`, `{"action":"drop","destination":{"queue":"to"}}`, `{"action":"move"}`, `{"action":"move","destination":5}`,
		`{"action":"move","destination":{"queue":5}}`, `{"action":"move","destination":{"queue":"q"}}`, `{"action":"move","destination":{"queue":"to","exchange":"x"}}`,
		`{"action":"move","destination":{"queue":"to","routing_key":"x"}}`, `{"action":"move","destination":{"routing_key":"x"}}`,
		`{"action":"move","destination":{"queue":"to","vhost":"x"}}`, `{"action":"move","destination":{"exchange":"amq.default","routing_key":"q"}}`,
		`{"action":"redrive","destination":{"queue":"to"}}`, `{"action":"redrive","redrive_to":"x"}`, `{"action":"move","destination":{"queue":"to"},"redrive_to":"queue"}`,
		`{"action":"move","destination":{"queue":"to"},"rate":-1}`, `{"action":"move","destination":{"queue":"to"},"limit":-1}`,
		`{"action":"move","destination":{"queue":"to"},"rate":"x"}`, `{"action":"move","destination":{"queue":"to"},"limits":1}`,
		filter(`5`), filter(`[]`), filter(`{"heder":"x"}`), filter(`{"state":"ready"}`), filter(`{"header":{}}`), filter(`{"header":[[]]}`), filter(`{"header":[null]}`),
		filter(`{"header":[""]}`), filter(`{"body":""}`), filter(`{"body":["a","b"]}`), filter(`{"routing_key_pattern":""}`), filter(`{"redelivered":"maybe"}`),
		filter(`{"body":"` + strings.Repeat("x", 5000) + `"}`), filter(`{"header":"` + strings.Repeat("x", 5000) + `"}`),
		`{"action":"move","destination":{"exchange":"amq.topic","routing_key":"` + strings.Repeat("x", 256) + `"}}`,
		filter(`{"older_than":-1}`), filter(`{"older_than":0}`), filter(`{"older_than":1e9}`), filter(`{"header":` + strings.Repeat(`[`, 50_000)),
	} {
		if w := n.ask("POST", at, body); w.Code != http.StatusBadRequest {
			t.Errorf("%.100s: %d %s", body, w.Code, w.Body)
		}
	}
	n.want(200, "[]", "GET", "/api/transfers", "")
	n.broker.SetAlarm(broker.AlarmDisk, true)
	for i := range 9 {
		w := n.ask("POST", at, filter(`{"redelivered":false,"header":5,"routing_key":"","exchange":"","routing_key_pattern":"#","older_than":1,"younger_than":2}`))
		if want := map[bool]int{false: 201, true: 400}[i == 8]; w.Code != want {
			t.Errorf("transfer %d: %d %s", i, w.Code, w.Body)
		}
	}
	if first := n.ask("GET", "/api/transfers", "").Body.String(); !strings.Contains(first, fmt.Sprintf(`"filter":%s`,
		`{"header":["5"],"exchange":"amq.default","routing_key":"","routing_key_pattern":"#","redelivered":false,"older_than":1,"younger_than":2}`)) {
		t.Errorf("filters are shown as %.600s", first)
	}
}
