package mgmt

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDefinitions_AsRecorded replays requests whose answers were recorded.
func TestDefinitions_AsRecorded(t *testing.T) {
	text, err := os.ReadFile("testdata/definitions.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := newNode(t)
	var method, path, body string
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "  → "):
			status, want, _ := strings.Cut(strings.TrimPrefix(line, "  → "), " ")
			w := n.ask(method, path, body)
			if got := w.Result().Status; !strings.HasPrefix(got, status+" ") || !sameJSON(w.Body.String(), want) {
				t.Errorf("line %d: %s %s %s\n got %s %s\nwant %s %s", i+1, method, path, body, got, w.Body, status, want)
			}
		default:
			method, path, _ = strings.Cut(line, " ")
			path, body, _ = strings.Cut(path, " ")
		}
	}
}

// sameJSON compares two JSON texts; "*" in the second is anything.
func sameJSON(got, want string) bool {
	if want == "" || got == "" {
		return got == want
	}
	var g, w any
	if json.Unmarshal([]byte(got), &g) != nil || json.Unmarshal([]byte(want), &w) != nil {
		return got == want
	}
	return fits(g, w)
}

func fits(got, want any) bool {
	if want == "*" {
		return true
	}
	switch want := want.(type) {
	case map[string]any:
		g, is := got.(map[string]any)
		if !is || len(g) != len(want) {
			return false
		}
		for key := range want {
			if v, has := g[key]; !has || !fits(v, want[key]) {
				return false
			}
		}
		return true
	case []any:
		g, is := got.([]any)
		if !is || len(g) != len(want) {
			return false
		}
		for i := range want {
			if !fits(g[i], want[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(got, want)
}

// What one node exports another takes, and exports the same.
func TestDefinitions_ThereAndBack(t *testing.T) {
	a := newNode(t)
	a.addUser("u", []string{"monitoring"}, "/")
	for _, step := range [][3]string{
		{"PUT", "/api/vhosts/v", `{"description":"d","tags":"x"}`},
		{"POST", "/api/definitions/v", `{"queues":[{"name":"q","durable":true,"auto_delete":false,"arguments":{"x-max-length":5}}]}`},
		{"PUT", "/api/policies/v/p", `{"pattern":"^q","definition":{"max-length":7},"priority":2,"apply-to":"queues"}`},
		{"PUT", "/api/parameters/shovel/v/s", `{"value":{"src-uri":"amqp://","src-queue":"q","dest-uri":"amqp://","dest-queue":"q2"}}`},
		{"PUT", "/api/vhost-limits/v/max-queues", `{"value":9}`},
		{"POST", "/api/bindings/v/e/amq.topic/q/q", `{"routing_key":"a.#"}`},
	} {
		if w := a.ask(step[0], step[1], step[2]); w.Code >= 300 {
			t.Fatalf("%v: %d %s", step, w.Code, w.Body)
		}
	}
	file := a.ask("GET", "/api/definitions?download=all.json", "")
	if got := file.Header().Get("Content-Disposition"); got != "attachment; filename=all.json" {
		t.Errorf("content-disposition: %s", got)
	}
	b := newNode(t)
	b.want(204, "", "POST", "/api/definitions", file.Body.String())
	if again := b.ask("GET", "/api/definitions", ""); again.Body.String() != file.Body.String() {
		t.Errorf("exported again:\n%s\nwas\n%s", again.Body, file.Body)
	}
	b.want(200, `[{"vhost":"v","value":{"max-queues":9}}]`, "GET", "/api/vhost-limits", "")
}

// Nothing of a file is done when something in it is wrong.
func TestDefinitions_Refused(t *testing.T) {
	n := newNode(t)
	for _, c := range [][2]string{
		{"nonsense", `"reason":"failed_to_parse_json"`},
		{`{"vhosts":[{"name":"new"}],"queues":[{"name":"x","vhost":"zz","durable":true,"auto_delete":false,"arguments":{}}]}`, `"reason":["no_such_vhost","zz"]`},
		{`{"vhosts":[{"name":"new"}],"policies":[{"name":"p","vhost":"/","pattern":"*","definition":{"max-length":5}}]}`, `nothing to repeat`},
		{`{"vhosts":[{"name":"new"}],"queues":5}`, `queues`},
	} {
		w := n.ask("POST", "/api/definitions", c[0])
		if w.Code != 400 || !strings.Contains(w.Body.String(), c[1]) {
			t.Errorf("%s: %d %s; want 400 … %s", c[0], w.Code, w.Body, c[1])
		}
	}
	n.want(404, "", "GET", "/api/vhosts/new", "")
}

func TestDefinitions_Form(t *testing.T) {
	n := newNode(t)
	form := func(redirect string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"d.json\"\r\n\r\n{\"vhosts\":[{\"name\":\"f\"}]}\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"redirect\"\r\n\r\n" + redirect + "\r\n--b--\r\n"
	}
	multipart := header("Content-Type", "multipart/form-data; boundary=b")
	if w := n.want(303, "", "POST", "/api/definitions", form("/#/import"), multipart); w.Header().Get("Location") != "/#/import" {
		t.Errorf("sent to %q", w.Header().Get("Location"))
	}
	n.want(200, "", "GET", "/api/vhosts/f", "")
	for _, elsewhere := range []string{"//evil.example/", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "/\x00/evil.example"} {
		n.want(204, "", "POST", "/api/definitions", form(elsewhere), multipart)
	}
	n.want(400, "", "POST", "/api/definitions", "--b\r\n", multipart)
	n.want(415, "", "POST", "/api/definitions", "{}", header("Content-Type", "text/plain"))
}
