package mgmt

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// What the document says of a list's query is what the list does.
func TestOpenAPI_QueriesAreTrue(t *testing.T) {
	n := newNode(t)
	n.want(201, "", "PUT", "/api/queues/%2F/q", `{"durable":true,"arguments":{"x-queue-type":"quorum"}}`)
	n.want(201, "", "PUT", "/api/topic-permissions/%2F/guest", `{"exchange":"amq.topic","write":"","read":""}`)
	there := strings.NewReplacer("{vhost}", "%2F", "{user}", "guest", "{queue}", "q", "{name}", "amq.topic", "{exchange}", "amq.topic",
		"{node}", n.broker.NodeName(), "{component}", "shovel", "{source}", "amq.topic", "{type}", "q", "{destination}", "q")
	tried := 0
	for _, r := range n.routes {
		path := there.Replace(r.path)
		if r.method != http.MethodGet || r.path == "/api/events" || n.ask("GET", path, "").Code != http.StatusOK {
			continue
		}
		tried++
		for query, documented := range map[string]bool{"sort_reverse=x": r.media&(listOut|pagedOut) != 0, "page=0": r.media&pagedOut != 0} {
			if refused := n.ask("GET", path+"?"+query, "").Code == http.StatusBadRequest; refused != documented {
				t.Errorf("%s?%s: refused %t, documented %t", path, query, refused, documented)
			}
		}
	}
	if tried < 60 {
		t.Errorf("only %d routes were tried", tried)
	}
}

// The document describes what its readers would otherwise have to guess.
func TestOpenAPI_Schemas(t *testing.T) {
	type schema struct {
		Type                 string
		Enum, Required       []string
		Properties           map[string]schema
		AdditionalProperties *bool
	}
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	n := newNode(t)
	if err := json.Unmarshal(n.want(200, "", "GET", "/api/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var browse struct {
		Parameters []struct {
			Name, In, Description string
			Schema                schema
		}
	}
	if err := json.Unmarshal(doc.Paths["/api/queues/{vhost}/{queue}/browse"]["get"], &browse); err != nil {
		t.Fatal(err)
	}
	if p := browse.Parameters; len(p) != 6+len(filterFields) || p[0].Name != "limit" || p[0].In != "query" || p[0].Schema.Type != "integer" || len(p[2].Schema.Enum) != 2 {
		t.Errorf("browse takes %+v", p)
	}
	var transfer struct {
		RequestBody struct {
			Content map[string]struct{ Schema schema }
		}
	}
	if err := json.Unmarshal(doc.Paths["/api/queues/{vhost}/{queue}/transfers"]["post"], &transfer); err != nil {
		t.Fatal(err)
	}
	body := transfer.RequestBody.Content["application/json"].Schema
	if body.Type != "object" || len(body.Required) != 1 || len(body.Properties["action"].Enum) != 3 || *body.AdditionalProperties ||
		len(body.Properties["destination"].Properties) != 3 || len(body.Properties["filter"].Properties) != len(filterFields) {
		t.Errorf("a transfer is %+v", body)
	}
	routes := map[string]bool{}
	for _, r := range n.routes {
		routes[r.method+" "+r.path] = true
	}
	for route := range ownQueries {
		if !routes[route] {
			t.Errorf("no route %s", route)
		}
	}
	for route := range bodyInputs {
		if !routes[route] {
			t.Errorf("no route %s", route)
		}
	}
}
