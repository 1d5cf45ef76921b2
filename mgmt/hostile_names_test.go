package mgmt

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"amqpd/broker"
	"amqpd/cluster/meta"
)

// oddNames are names that a broker may meet: every octet but CR and LF, which a
// declaration drops, what stands for something in a path, in JSON, in HTML or in a
// shell, and words of paths.
var oddNames = func() []string {
	var low, high []byte
	for b := 1; b < 128; b++ {
		if b != '\r' && b != '\n' {
			low = append(low, byte(b))
		}
	}
	for b := 128; b < 256; b++ {
		high = append(high, byte(b))
	}
	return []string{
		"/", "//", "..", ".", "../..", "a/b", "%2F", "%", "%%", "+", " ", " a ", "?", "#", "&", "=", ";", ":", "@", "~", "*", "'", `"`, `\`, "`", "<b>", "{vhost}",
		"\x00", "a\x00b", "\t", "\x7f", string(low), string(high), "\xff\xfe", "\u202eabc", "é", "e\u0301", "🐇", strings.Repeat("ü", 127),
		strings.Repeat("x", 255), "quorum", "get", "contents", "bindings", "e", "q", "username", "null", "true", "0", "-1", "[]", "{}", "undefined",
	}
}()

// What can be made under a name can be asked for, changed and deleted under it, and
// stands in the lists as it is.
func TestHostile_OddNames(t *testing.T) {
	n := newNode(t)
	for _, name := range oddNames {
		at, text := pathEncode(name), quoted(strings.ToValidUTF8(name, ""))
		vhost := "/api/vhosts/" + at
		if name == "/" {
			vhost = "" // it is there
		}
		for _, o := range []struct{ path, body string }{
			{vhost, `{}`},
			{"/api/users/" + at, `{"tags":"management","password_hash":""}`},
			{"/api/permissions/" + at + "/guest", `{"configure":".*","write":".*","read":".*"}`},
			{"/api/topic-permissions/" + at + "/" + at, `{"exchange":` + text + `,"write":"","read":""}`},
			{"/api/queues/" + at + "/" + at, `{"durable":true}`},
			{"/api/exchanges/" + at + "/" + at, `{"type":"topic"}`},
			{"/api/policies/" + at + "/" + at, `{"pattern":"^$","definition":{"max-length":1}}`},
			{"/api/operator-policies/" + at + "/" + at, `{"pattern":"^$","definition":{"max-length":1}}`},
			{"/api/parameters/federation-upstream/" + at + "/" + at, `{"value":{"uri":"amqp://h"}}`},
			{"/api/global-parameters/" + at, `{"value":` + text + `}`},
		} {
			if o.path == "" {
				continue
			}
			if w := n.ask("PUT", o.path, o.body); w.Code != 201 && w.Code != 204 {
				t.Errorf("PUT %s: %d %s", o.path, w.Code, w.Body)
			}
			n.want(200, "", "GET", o.path, "")
		}
		w := n.want(201, "", "POST", "/api/bindings/"+at+"/e/"+at+"/q/"+at, `{"routing_key":`+text+`}`)
		n.want(200, "", "GET", "/api/bindings/"+at+"/e/"+at+"/q/"+w.Header().Get("Location"), "")
		n.want(200, "", "GET", "/api/queues/"+at+"/"+at+"/bindings", "")
		n.want(204, "", "DELETE", "/api/bindings/"+at+"/e/"+at+"/q/"+w.Header().Get("Location"), "")
		n.want(200, "", "POST", "/api/exchanges/"+at+"/"+at+"/publish", `{"properties":{},"routing_key":`+text+`,"payload":"","payload_encoding":"string"}`)
		n.want(200, "", "GET", "/api/queues/"+at+"/"+at+"/browse", "")
		n.want(204, "", "PATCH", "/api/queues/"+at+"/"+at+"/arguments", `{"arguments":{"x-max-length":5}}`)
	}
	for _, list := range []string{"/api/vhosts", "/api/users", "/api/queues", "/api/exchanges", "/api/policies", "/api/operator-policies", "/api/global-parameters", "/api/definitions"} {
		if w := n.want(200, "", "GET", list, ""); !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s is not JSON", list)
		}
	}
	var queues []struct{ Name, Vhost string }
	if err := json.Unmarshal(n.ask("GET", "/api/queues?columns=name,vhost", "").Body.Bytes(), &queues); err != nil {
		t.Fatal(err)
	}
	if len(queues) != len(oddNames) {
		t.Errorf("%d queues are listed, %d were made", len(queues), len(oddNames))
	}
	for _, name := range oddNames {
		at := pathEncode(name)
		for _, path := range []string{"/api/queues/" + at + "/" + at, "/api/exchanges/" + at + "/" + at, "/api/policies/" + at + "/" + at, "/api/users/" + at, "/api/vhosts/" + at} {
			n.want(204, "", "DELETE", path, "")
		}
	}
}

// quoted is a text in JSON, its octets that are no UTF-8 replaced.
func quoted(text string) string { return string(appendString(nil, text)) }

// Definitions that are imported many times at once, while what they name is
// deleted, leave what could be exported and imported anew.
func TestHostile_ImportsAtOnce(t *testing.T) {
	n := newNode(t)
	file := func(i int) string {
		var b strings.Builder
		b.WriteString(`{"vhosts":[{"name":"v"}],"users":[{"name":"u","password_hash":"","tags":"management"}],` +
			`"permissions":[{"user":"u","vhost":"v","configure":".*","write":".*","read":".*"}],"policies":[{"vhost":"v","name":"p","pattern":"^q","definition":{"max-length":` + fmt.Sprint(i+1) + `}}],` +
			`"exchanges":[{"name":"x","vhost":"v","type":"topic","durable":true,"auto_delete":false,"internal":false,"arguments":{}}],"queues":[`)
		for q := range 20 {
			fmt.Fprintf(&b, `{"name":"q%d","vhost":"v","durable":true,"auto_delete":false,"arguments":{}},`, q)
		}
		b.WriteString(`{"name":"q","vhost":"v","durable":true,"auto_delete":false,"arguments":{}}],` +
			`"bindings":[{"source":"x","vhost":"v","destination":"q","destination_type":"queue","routing_key":"#","arguments":{}}]}`)
		return b.String()
	}
	n.want(204, "", "POST", "/api/definitions", file(0))
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			for range 5 {
				switch i {
				case 0:
					n.ask("DELETE", "/api/vhosts/v", "")
				case 1:
					for q := range 20 {
						n.ask("DELETE", fmt.Sprintf("/api/queues/v/q%d", q), "")
					}
				case 2:
					n.ask("DELETE", "/api/users/u", "")
					n.ask("GET", "/api/definitions", "")
				default:
					if w := n.ask("POST", "/api/definitions", file(i)); w.Code != 204 && w.Code != 400 && w.Code != 404 {
						n.t.Errorf("an import: %d %s", w.Code, w.Body)
					}
				}
			}
		})
	}
	all.Wait()
	n.want(204, "", "POST", "/api/definitions", file(7))
	exported := n.want(200, "", "GET", "/api/definitions", "").Body.String()
	other := newNode(t)
	other.want(204, "", "POST", "/api/definitions", exported)
	n.want(200, `{"definition":{"max-length":8}}`, "GET", "/api/policies/v/p?columns=definition", "")
	if v, _ := n.broker.Queue("v", "q"); v.EffectivePolicy["max-length"] != int64(8) {
		t.Errorf("the policy in force: %v", v.EffectivePolicy)
	}
	n.apply(meta.PutPermission{Permission: meta.Permission{User: "guest", Vhost: "v", Configure: ".*", Write: ".*", Read: ".*"}})
	a, err := n.broker.As(broker.Actor{User: "guest"}, "v")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := a.Publish(broker.Message{Exchange: "x", RoutingKey: "k"}); err != nil || !p.Routed {
		t.Errorf("a publish through what was imported: %+v %v", p, err)
	}
}

// JSON that nests as deep as a body allows is refused or kept, and can be shown.
func TestHostile_DeepJSON(t *testing.T) {
	n := newNode(t)
	n.want(201, "", "PUT", "/api/queues/%2F/q", "")
	nested := func(depth int) string { return strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) }
	for _, depth := range []int{3, 100, 1000, 9_000, 100_000} {
		for _, r := range []struct{ method, path, body string }{
			{"PUT", "/api/queues/%2F/deep", `{"arguments":{"x":` + nested(depth) + `}}`},
			{"PUT", "/api/exchanges/%2F/deep", `{"arguments":{"x":` + nested(depth) + `}}`},
			{"PATCH", "/api/queues/%2F/q/arguments", `{"arguments":{"x":` + nested(depth) + `}}`},
			{"PUT", "/api/global-parameters/deep", `{"value":` + nested(depth) + `}`},
			{"PUT", "/api/policies/%2F/deep", `{"pattern":"","definition":` + nested(depth) + `}`},
			{"PUT", "/api/parameters/shovel/%2F/deep", `{"value":` + nested(depth) + `}`},
			{"POST", "/api/exchanges/%2F/amq.default/publish", `{"properties":{"headers":` + nested(depth) + `},"routing_key":"q","payload":"","payload_encoding":"string"}`},
			{"POST", "/api/queues/%2F/q/transfers", `{"action":"move","filter":` + nested(depth) + `}`},
			{"POST", "/api/definitions", nested(depth)},
			{"POST", "/api/definitions", `{"global_parameters":[{"name":"deeper","value":` + nested(depth) + `}]}`},
		} {
			if w := n.ask(r.method, r.path, r.body); w.Code >= 500 {
				t.Errorf("%s %s of depth %d: %d %s", r.method, r.path, depth, w.Code, w.Body)
			}
		}
		for _, path := range []string{"/api/queues", "/api/exchanges", "/api/global-parameters", "/api/policies", "/api/definitions", "/api/queues/%2F/q/browse", "/api/global-parameters?sort=value.a.a"} {
			if w := n.want(200, "", "GET", path, ""); !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s after depth %d is not JSON: %.200s", path, depth, w.Body)
			}
		}
	}
}
