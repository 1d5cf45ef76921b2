package mgmt

import (
	"cmp"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// recorded reads a file that RabbitMQ 3.10.8 exported. The one difference that
// is meant is made good: a policy's priority is a whole number here.
func recorded(t *testing.T, name string) (text string, want map[string]any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(strings.Replace(string(b), `"priority": 1.5`, `"priority": 1`, 1)), &want); err != nil {
		t.Fatal(err)
	}
	return string(b), want
}

// exported is what the node exports, without what every node has.
func (n *fixture) exported(path string) (got map[string]any) {
	n.t.Helper()
	if err := json.Unmarshal(n.want(200, "", "GET", path, "").Body.Bytes(), &got); err != nil {
		n.t.Fatal(err)
	}
	for key, items := range got {
		if list, is := items.([]any); is {
			got[key] = slices.DeleteFunc(list, func(item any) bool {
				o := item.(map[string]any)
				return o["vhost"] == "/" || o["name"] == "/" || o["name"] == "guest" || o["name"] == "cluster_name" || o["name"] == "internal_cluster_id"
			})
		}
	}
	return got
}

// alike compares two exports, whatever the order of their lists.
func alike(t *testing.T, got, want map[string]any) {
	t.Helper()
	for key := range want {
		if _, there := got[key]; !there {
			t.Errorf("%s is missing", key)
		}
	}
	for key := range got {
		sorted := func(v any) any {
			if list, is := v.([]any); is {
				slices.SortFunc(list, func(a, b any) int { return cmp.Compare(mustJSON(a), mustJSON(b)) })
			}
			return v
		}
		if g, w := sorted(got[key]), sorted(want[key]); !reflect.DeepEqual(g, w) {
			t.Errorf("%s:\n%s\nwant\n%s", key, mustJSON(g), mustJSON(w))
		}
	}
}

// What RabbitMQ exported comes out as it went in: users with every hash, virtual
// hosts, limits, policies, exchanges and queues with all arguments, bindings with
// headers. A second import of the same, and an import of our own export into an
// empty node, change nothing.
func TestExport_OfRabbitMQ(t *testing.T) {
	n := newNode(t)
	text, want := recorded(t, "rabbitmq-3.10.8.json")
	for range 2 {
		n.want(204, "", "POST", "/api/definitions", text)
		alike(t, n.exported("/api/definitions"), want)
	}
	other := newNode(t)
	other.want(204, "", "POST", "/api/definitions", n.ask("GET", "/api/definitions", "").Body.String())
	alike(t, other.exported("/api/definitions"), want)
	for _, user := range []string{"d-256", "d-512", "d-md5"} {
		w := n.ask("GET", "/api/whoami", "", func(r *http.Request) { r.SetBasicAuth(user, "pw") })
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"`+user+`"`) {
			t.Errorf("%s cannot log in with the imported hash: %d %s", user, w.Code, w.Body)
		}
	}
}

// A virtual host's export goes into a virtual host of any name.
func TestExport_OfVhost(t *testing.T) {
	n := newNode(t)
	n.apply(putVhostNamed("d/one"))
	n.apply(putVhostNamed("other"))
	text, want := recorded(t, "rabbitmq-3.10.8-vhost.json")
	n.want(204, "", "POST", "/api/definitions/d%2Fone", text)
	alike(t, n.exported("/api/definitions/d%2Fone"), want)
	n.want(204, "", "POST", "/api/definitions/other", text)
	got := n.exported("/api/definitions/other")
	for _, key := range []string{"policies", "parameters"} {
		for _, item := range got[key].([]any) {
			if item.(map[string]any)["vhost"] != "other" {
				t.Errorf("%s: %v", key, item)
			}
			item.(map[string]any)["vhost"] = "d/one"
		}
	}
	alike(t, got, want)
}
