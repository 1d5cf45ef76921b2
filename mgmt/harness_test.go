package mgmt

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"amqpd/broker"
	"amqpd/broker/auth"
	"amqpd/cluster/meta"
	"amqpd/store"
)

// fixture is a broker with its API, without listeners.
type fixture struct {
	*Server
	t testing.TB
}

// newNode opens a broker on an empty directory and closes it with the test.
func newNode(t testing.TB) *fixture {
	t.Helper()
	b, err := broker.Open(broker.Options{NodeName: "amqpd@test", DataDir: t.TempDir(), Sync: store.SyncOS})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Broker: b})
	t.Cleanup(func() {
		s.Stop(t.Context())
		if err := b.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return &fixture{s, t}
}

// password is that of every user of a test.
const password = "secret"

// addUser makes a user with tags, who may do everything in the virtual hosts.
func (n *fixture) addUser(name string, tags []string, vhosts ...string) {
	n.t.Helper()
	algorithm, hash, err := auth.HashPassword(meta.HashSHA256, password)
	if err != nil {
		n.t.Fatal(err)
	}
	n.apply(meta.PutUser{User: meta.User{Name: name, PasswordHash: hash, HashingAlgorithm: algorithm, Tags: tags}})
	for _, v := range vhosts {
		n.apply(meta.PutPermission{Permission: meta.Permission{User: name, Vhost: v, Configure: ".*", Write: ".*", Read: ".*"}})
	}
}

// apply changes definitions.
func (n *fixture) apply(c meta.Command) {
	n.t.Helper()
	if err := n.broker.Apply(c); err != nil {
		n.t.Fatal(err)
	}
}

// edit changes a request before it is sent.
type edit func(*http.Request)

// as sends the request as a user made by addUser; "" is nobody.
func as(user string) edit {
	return func(r *http.Request) {
		r.Header.Del("Authorization")
		if user != "" {
			r.SetBasicAuth(user, password)
		}
	}
}

// header sets a header.
func header(name, value string) edit { return func(r *http.Request) { r.Header.Set(name, value) } }

// ask sends a request as guest, from this machine.
func (n *fixture) ask(method, path, body string, edits ...edit) *httptest.ResponseRecorder {
	n.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	r.RemoteAddr = "127.0.0.1:50000"
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("guest", "guest")
	for _, e := range edits {
		e(r)
	}
	w := httptest.NewRecorder()
	n.ServeHTTP(w, r)
	return w
}

// want asks, and fails the test unless the answer has that status and body. ""
// is any body.
func (n *fixture) want(status int, text, method, path, body string, edits ...edit) *httptest.ResponseRecorder {
	n.t.Helper()
	w := n.ask(method, path, body, edits...)
	if w.Code != status || text != "" && strings.TrimSpace(w.Body.String()) != text {
		n.t.Errorf("%s %s %.100s: %d %.300s; want %d %s", method, path, body, w.Code, w.Body, status, text)
	}
	return w
}

// patience bounds a wait for what must come.
const patience = 20 * time.Second
