package mgmt

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"amqpd/broker"
	"amqpd/store"
)

// logbook keeps what is logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// read gives what was logged since the last time.
func (l *logbook) read() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// newLoggedNode is newNode with both logs, at debug.
func newLoggedNode(t *testing.T) (*fixture, *logbook) {
	t.Helper()
	book := &logbook{}
	log := slog.New(slog.NewTextHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b, err := broker.Open(broker.Options{NodeName: "amqpd@test", DataDir: t.TempDir(), Sync: store.SyncOS, Log: log, Audit: log})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Broker: b, Log: log})
	t.Cleanup(func() {
		s.Stop(t.Context())
		if err := b.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return &fixture{s, t}, book
}

// TestSecrets walks every route with a secret in every place that may hold one,
// and looks for it in the logs.
func TestSecrets(t *testing.T) {
	const secret = "PSST-4711"
	packed := base64.StdEncoding.EncodeToString([]byte(secret))
	uri := "amqp://u:" + secret + "@h/%2f"
	bodies := []string{
		`{"password":"` + secret + `","tags":"administrator"}`,
		`{"password_hash":"` + packed + `","tags":"","hashing_algorithm":"rabbit_password_hashing_sha256"}`,
		`{"password_hash":"` + secret + `!","tags":""}`, `{"password":["` + secret + `"],"tags":5}`,
		`{"value":"` + uri + `"}`, `{"value":{"uri":"` + uri + `","prefetch-count":"` + uri + `"}}`, `{"value":{"uri":"` + secret + `"}}`,
		`{"value":{"src-uri":"` + uri + `","src-queue":"q","dest-uri":"` + uri + `","dest-queue":"d"}}`,
		`{"users":[{"name":"s","password_hash":"` + packed + `","tags":""},{"name":"s2","password":"` + secret + `","tags":[]}],"parameters":[{"component":"shovel","vhost":"/","name":"s","value":{"src-uri":"` + uri + `"}}]}`,
		`{"users":[{"name":"s","password_hash":5,"hashing_algorithm":"` + secret + `"}]}`,
		`{"global_parameters":[{"name":"g","value":"` + uri + `"}],"parameters":[{"component":"federation-upstream","vhost":"/","name":"s","value":{"uri":"` + secret + `"}}]}`,
		`{"properties":{},"routing_key":"q","payload":"` + secret + `","payload_encoding":"string"}`,
		`{"password":"` + secret, "username=guest&password=" + secret,
	}
	wrong := func(r *http.Request) { r.SetBasicAuth("guest", secret) }
	ours := func(r *http.Request) { r.SetBasicAuth("s", secret) }
	form := header("Content-Type", "application/x-www-form-urlencoded")
	n, book := newLoggedNode(t)
	n.want(201, "", "PUT", "/api/users/s", bodies[0])
	look := func(what string) {
		t.Helper()
		text := book.read()
		for _, hidden := range []string{secret, packed, base64.StdEncoding.EncodeToString([]byte("s:" + secret)), base64.StdEncoding.EncodeToString([]byte("guest:" + secret))} {
			if at := strings.Index(text, hidden); at >= 0 {
				t.Errorf("%s: the log tells %q: %.600s", what, hidden, text[max(0, at-300):])
			}
		}
	}
	for _, r := range n.routes {
		if r.path == "/api/events" {
			continue // has no end
		}
		path := strings.ReplaceAll(r.path, "{vhost}", "%2F")
		path = strings.NewReplacer("{user}", "s", "{component}", "shovel", "{node}", "amqpd@test").Replace(path)
		for _, name := range variablesOf(path) {
			path = strings.ReplaceAll(path, "{"+name+"}", "x")
		}
		sent := bodies
		if r.method == "GET" || r.method == "DELETE" {
			sent = bodies[:1]
		}
		for i, b := range sent {
			e := []edit{ours}
			if i == 0 && (r.path == "/api/whoami" || r.path == "/api/login") {
				e = []edit{wrong}
			}
			n.ask(r.method, path+"?auth="+base64.StdEncoding.EncodeToString([]byte("s:"+secret)), b, append(e, form)[:1+i%2]...)
			look(r.method + " " + path + " " + b)
		}
	}
}

// TestAudit holds what the audit log says of what is done over HTTP.
func TestAudit(t *testing.T) {
	n, book := newLoggedNode(t)
	n.addUser("m", []string{"management"}, "/")
	form := header("Content-Type", "application/x-www-form-urlencoded")
	var cookie *http.Cookie
	with := func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(cookie) }
	n.want(201, "", "PUT", "/api/queues/%2F/q", `{"durable":true}`)
	for _, c := range []struct {
		method, path, body string
		want               []string
		edits              []edit
	}{
		{"PUT", "/api/policies/%2F/p", `{"pattern":"^a","definition":{"expires":5000}}`, []string{"action=policy.put outcome=done user=guest", "via=http vhost=/ object=p"}, nil},
		{"DELETE", "/api/policies/%2F/p", "", []string{"action=policy.delete outcome=done user=guest"}, nil},
		{"PUT", "/api/permissions/%2F/m", `{"configure":"","write":"^w","read":""}`, []string{"action=permission.put", `object=m detail="configure=`}, nil},
		{"DELETE", "/api/queues/%2F/q/contents", "", []string{"action=queue.purge outcome=done user=guest", "object=q"}, nil},
		{"GET", "/api/definitions", "", []string{"action=definitions.export outcome=done user=guest"}, nil},
		{"POST", "/api/definitions", "{}", []string{"action=definitions.import outcome=done user=guest", "octets=2"}, nil},
		{"GET", "/api/definitions", "", []string{"action=http.request outcome=refused user=m", "object=/api/definitions detail=GET", "Not administrator user"}, []edit{as("m")}},
		{"DELETE", "/api/users/guest", "", []string{"action=http.request outcome=refused user=m", "object=/api/users/{user} detail=DELETE"}, []edit{as("m")}},
		{"DELETE", "/api/queues/%2F/q", "", []string{"outcome=refused user=m", "vhost=/"}, []edit{as("m")}},
		{"GET", "/api/users", "", []string{""}, []edit{as("m")}},
		{"POST", "/api/login", "username=m&password=x", []string{"action=login outcome=refused user=m", "invalid credentials"}, []edit{as(""), form}},
		{"POST", "/api/login", "username=m&password=" + password, []string{"action=login outcome=done user=m", "detail=session"}, []edit{as(""), form}},
		{"DELETE", "/api/login", "", []string{"action=logout outcome=done user=m"}, []edit{func(r *http.Request) { with(r) }, header("X-Requested-With", "t")}},
	} {
		book.read()
		w := n.ask(c.method, c.path, c.body, c.edits...)
		if list := w.Result().Cookies(); c.path == "/api/login" && len(list) > 0 {
			cookie = list[0]
		}
		text := book.read()
		for _, want := range c.want {
			if !strings.Contains(text, want) || want == "" && strings.Contains(text, "msg=audit") {
				t.Errorf("%s %s: %d, logged %q; want %q", c.method, c.path, w.Code, text, want)
			}
		}
	}
}
