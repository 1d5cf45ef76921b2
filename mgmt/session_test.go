package mgmt

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"amqpd/broker/auth"
	"amqpd/cluster/meta"
)

// A session ends by time, used or not, and nobody's logins end another's.
func TestSessions_Ends(t *testing.T) {
	n := newNode(t)
	view := n.broker.Definitions()
	u, _ := view.User("guest")
	guest := auth.User{Name: u.Name, PasswordHash: u.PasswordHash, HashingAlgorithm: u.HashingAlgorithm}
	var s sessions
	begin := time.Now()
	idle, used := sessionOf(s.begin(guest, begin)), sessionOf(s.begin(guest, begin))
	now := begin
	for now.Sub(begin) < sessionLife {
		now = now.Add(sessionIdle - time.Second)
		want := now.Sub(begin) <= sessionLife
		if got := s.alive(used, now); got != want {
			t.Errorf("a session in use is alive after %v: %v", now.Sub(begin), got)
		}
	}
	for _, one := range []sessionID{idle, used} {
		if _, found := s.find(one, view, now); found || s.alive(one, now) {
			t.Error("a session has no end")
		}
	}
	first := sessionOf(s.begin(auth.User{Name: "other"}, now))
	mine := sessionOf(s.begin(guest, now.Add(time.Second)))
	for i := range maxUserSessions {
		s.begin(guest, now.Add(time.Duration(2+i)*time.Second))
	}
	if s.alive(mine, now.Add(time.Minute)) || !s.alive(first, now.Add(time.Minute)) {
		t.Error("a user's many sessions end another's instead of the oldest of its own")
	}
	for i := range maxSessions {
		s.begin(auth.User{Name: "u" + strings.Repeat("x", i%100)}, now.Add(2*time.Minute))
	}
	if len(s.byID) > maxSessions {
		t.Errorf("%d sessions", len(s.byID))
	}
}

// What a browser asks for on behalf of another site's page changes nothing, not
// even with the password that it remembers.
func TestOrigins(t *testing.T) {
	n := newNode(t)
	site := func(what string) edit { return header("Sec-Fetch-Site", what) }
	origin := func(what string) edit { return header("Origin", what) }
	script := header("X-Requested-With", "x")
	for _, c := range []struct {
		status int
		edits  []edit
	}{
		{204, nil},
		{204, []edit{site("same-origin"), origin("http://example.com")}},
		{204, []edit{site("none")}},
		{204, []edit{origin("http://example.com")}},
		{204, []edit{site("cross-site"), origin("http://evil.example"), script}}, // after a preflight, which nobody passes
		{401, []edit{site("cross-site")}},
		{401, []edit{site("same-site"), origin("http://evil.example")}},
		{401, []edit{origin("http://evil.example")}},
		{401, []edit{origin("null")}},
	} {
		n.want(c.status, "", "POST", "/api/definitions", "{}", c.edits...)
		n.want(200, "", "GET", "/api/whoami", "", c.edits...)
	}
	w := n.want(200, "", "OPTIONS", "/api/definitions", "", origin("http://evil.example"), header("Access-Control-Request-Method", "POST"))
	for name := range w.Header() {
		if strings.HasPrefix(name, "Access-Control") {
			t.Errorf("a preflight is answered with %s", name)
		}
	}
	form := header("Content-Type", "application/x-www-form-urlencoded")
	n.want(401, "", "POST", "/api/login", "username=guest&password=guest", as(""), form, site("cross-site"))
	w = n.want(200, "", "POST", "/api/login", "username=guest&password=guest", as(""), form, header("X-Forwarded-Proto", "https"))
	cookie := w.Result().Cookies()[0]
	if !cookie.Secure {
		t.Error("behind a proxy that speaks TLS the cookie is not Secure")
	}
	with := func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(cookie) }
	n.want(401, "", "DELETE", "/api/login", "", with)
	n.want(401, "", "DELETE", "/api/login", "", with, script, site("cross-site"))
	n.want(200, "", "GET", "/api/whoami", "", with)
	n.want(204, "", "DELETE", "/api/login", "", as(""))
	n.want(204, "", "DELETE", "/api/login", "", with, script)
	n.want(401, "", "GET", "/api/whoami", "", with)
}

// Every answer says what a browser may not do with it.
func TestHeaders(t *testing.T) {
	n := newNode(t)
	n.apply(meta.PutVhost{Vhost: meta.Vhost{Name: "v"}})
	for _, c := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/nothing"}, {"GET", "/api"}, {"GET", "/api/"}, {"GET", "/api/whoami"}, {"GET", "/api/nothing"}, {"PUT", "/api/nothing"},
		{"GET", "/api/index.html"}, {"GET", "/cli/rabbitmqadmin"}, {"OPTIONS", "/api/queues"}, {"DELETE", "/api/vhosts/v"}, {"GET", "/api/definitions"}, {"GET", "/css/base.css"},
	} {
		h := n.ask(c.method, c.path, "").Header()
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"} {
			if h.Get(name) != want {
				t.Errorf("%s %s: %s is %q", c.method, c.path, name, h.Get(name))
			}
		}
		if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s %s: the policy is %q", c.method, c.path, policy)
		}
	}
}
