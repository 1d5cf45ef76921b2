package mgmt

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// endless is a body of so many octets that was never in memory.
func endless(octets int64) io.Reader {
	return io.LimitReader(zeros{}, octets)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestHostile_LargeBodies(t *testing.T) {
	n := newNode(t)
	n.addUser("m", []string{"management"}, "/")
	huge := func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(endless(100<<20)), -1 }
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n.want(400, `{"error":"bad_request","reason":"Exceeded HTTP request body size limit"}`, "PUT", "/api/vhosts/x", "x", huge)
	n.want(401, "", "PUT", "/api/vhosts/x", "x", huge, as("m")) // not read at all
	n.want(401, "", "PUT", "/api/vhosts/x", "x", huge, as("nobody"))
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 200<<20 {
		t.Errorf("three bodies of 100 MB cost %d MB", grown>>20)
	}
}

// Whatever is sent to any route, the answer is a refusal and not a failure.
func TestHostile_EveryRoute(t *testing.T) {
	n := newNode(t)
	bodies := []string{"", "null", "{", "[]", `"x"`, "5", `{"value":null}`, `{"tags":5,"password":[],"users":{},"pattern":5,"definition":5,"value":{"a":[[[[]]]]}}`,
		`{"name":{},"configure":null,"write":5,"read":[],"exchange":7,"routing_key":5,"arguments":"x","properties":[],"payload":{},"payload_encoding":5,"count":{},"ackmode":5,"encoding":[],"type":5,"durable":5,"action":5}`,
		strings.Repeat("[", 100000)}
	vhosts := []string{"%2F", "missing", "%00%ff", strings.Repeat("v", 300)}
	for _, r := range n.routes {
		if r.path == "/api/events" {
			continue // has no end
		}
		for i, b := range bodies {
			path := strings.ReplaceAll(r.path, "{vhost}", vhosts[i%len(vhosts)])
			for _, name := range variablesOf(r.path) {
				path = strings.ReplaceAll(path, "{"+name+"}", "%2E%2Fx%22%3C%00")
			}
			w := n.ask(r.method, path, b)
			if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
				t.Errorf("%s %s %.60s: %d %s", r.method, path, b, w.Code, w.Body)
			}
		}
	}
	n.want(200, "", "GET", "/api/whoami", "")
}

func TestHostile_Patterns(t *testing.T) {
	n := newNode(t)
	for _, pattern := range []string{"(a*)*$", "((a+)+)+b", "(?=(a+)+b)a", "a{1000}{1000}", "[", "(?<", strings.Repeat("(", 5000), "\\"} {
		begin := time.Now()
		w := n.ask("GET", "/api/vhosts?page=1&use_regex=true&name="+formEncode(pattern), "")
		if took := time.Since(begin); w.Code >= 500 || took > 5*time.Second {
			t.Errorf("%.40s: %d after %v", pattern, w.Code, took)
		}
	}
}
