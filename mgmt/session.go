package mgmt

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"amqpd/broker/auth"
	"amqpd/cluster/meta"
)

// Sessions. Programs send name and password with each request. For a console in
// a browser, which should not keep a password where scripts can read it, there
// is a session:
//
//	POST /api/login      username=…&password=…  ─►  200, Set-Cookie: auth=TOKEN
//	GET  /api/…          Cookie: auth=TOKEN     ─►  as that user
//	DELETE /api/login    Cookie: auth=TOKEN     ─►  204, the session is over
//
// The token is random and means nothing outside this process, which keeps only
// its hash. The cookie is HttpOnly (no script reads it) and SameSite=Strict (no
// other site's page sends it), and Secure over TLS, also when a proxy speaks it. Because a site is a host
// without its port, a request with a cookie is taken only if the browser says
// that it comes from a page of this very origin (Sec-Fetch-Site, Origin), and,
// if it changes anything, only with a header X-Requested-With, which no page of
// another origin can send without asking first. A session ends when it is not
// used for sessionIdle, when it is sessionLife old, and at once when the user goes or gets another password;
// tags and permissions are those of the moment.

const (
	sessionCookie = "auth"
	sessionIdle   = time.Hour
	sessionLife   = 24 * time.Hour

	// When there are so many the one unused longest ends: of the user, who can
	// crowd out nobody else before maxSessions are reached, or of all.
	maxUserSessions = 64
	maxSessions     = 4096
)

// sessions are the logins by cookie.
type sessions struct {
	mu   sync.Mutex
	byID map[sessionID]*session // guarded by mu
}

// sessionID is the hash of a session's token.
type sessionID [sha256.Size]byte

func sessionOf(token string) sessionID { return sha256.Sum256([]byte(token)) }

// session is one login by cookie.
type session struct {
	user  string
	proof [sha256.Size]byte // of the password hash that was current
	began time.Time
	used  time.Time // guarded by sessions.mu
}

// over tells whether the session has come to its end by time. REQUIRES
// sessions.mu.
func (s *session) over(now time.Time) bool {
	return now.Sub(s.used) > sessionIdle || now.Sub(s.began) > sessionLife
}

// proofOf changes when a user gets another password.
func proofOf(hash, algorithm string) [sha256.Size]byte {
	return sha256.Sum256([]byte(algorithm + "\x00" + hash))
}

// begin starts a session and gives its token.
func (s *sessions) begin(u auth.User, now time.Time) (token string) {
	token = rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[sessionID]*session{}
	}
	s.expire(u.Name, now)
	s.byID[sessionOf(token)] = &session{
		user: u.Name, proof: proofOf(u.PasswordHash, u.HashingAlgorithm), began: now, used: now,
	}
	return token
}

// expire ends what is over, and makes room for one more session of a user.
// REQUIRES mu.
func (s *sessions) expire(user string, now time.Time) {
	var oldest, own sessionID
	owned := 0
	older := func(than sessionID, one *session) bool {
		first := s.byID[than]
		return first == nil || one.used.Before(first.used)
	}
	for id, one := range s.byID {
		if one.over(now) {
			s.endLocked(id)
			continue
		}
		if older(oldest, one) {
			oldest = id
		}
		if one.user == user {
			owned++
			if older(own, one) {
				own = id
			}
		}
	}
	switch {
	case owned >= maxUserSessions:
		s.endLocked(own)
	case len(s.byID) >= maxSessions:
		s.endLocked(oldest)
	}
}

// endLocked ends a session. REQUIRES mu.
func (s *sessions) endLocked(id sessionID) {
	delete(s.byID, id)
}

// end ends the session of a token.
func (s *sessions) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(sessionOf(token))
}

// alive tells whether there is that session; asking uses it.
func (s *sessions) alive(id sessionID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.byID[id]
	if one == nil || one.over(now) {
		return false
	}
	one.used = now
	return true
}

// find gives the user of a session, as that is now.
func (s *sessions) find(id sessionID, view *meta.View, now time.Time) (auth.User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.byID[id]
	if one == nil {
		return auth.User{}, false
	}
	u, exists := view.User(one.user)
	if !exists || one.over(now) || proofOf(u.PasswordHash, u.HashingAlgorithm) != one.proof {
		s.endLocked(id)
		return auth.User{}, false
	}
	one.used = now
	return auth.User{Name: u.Name, PasswordHash: u.PasswordHash, HashingAlgorithm: u.HashingAlgorithm, Tags: u.Tags}, true
}

// resume makes the user of the call's cookie the caller, if there is a session
// and the request is one of this origin.
func (c *call) resume() bool {
	cookie, err := c.r.Cookie(sessionCookie)
	if err != nil || !c.ownOrigin() {
		return false
	}
	id := sessionOf(cookie.Value)
	u, found := c.s.sessions.find(id, c.view(), time.Now())
	if !found {
		return false
	}
	c.session = &id
	c.user, c.tags = u, auth.ParseTags(u.Tags)
	return true
}

// ownOrigin tells whether a request with a cookie can only come from a page of
// this server.
func (c *call) ownOrigin() bool {
	h := c.r.Header
	reads := c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
	if !reads && h.Get(challengeless) == "" {
		return false
	}
	if site := h.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && (site != "none" || !reads) {
		return false
	}
	return sameHost(h.Get("Origin"), c.r.Host)
}

// sameHost tells whether an Origin header, if there is one, names the host that
// was asked.
func sameHost(origin, host string) bool {
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.Host == host
}

// postLogin answers POST /api/login.
func postLogin(c *call) error {
	if !sameHost(c.r.Header.Get("Origin"), c.r.Host) || c.r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return unauthorised("Access refused.")
	}
	text, err := c.readAll()
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return badRequest("not_form")
	}
	if err := c.login(form.Get("username"), form.Get("password")); err != nil {
		return err
	}
	if !c.tags.Has(auth.Management) {
		return unauthorised("Not management user")
	}
	c.setCookie(c.s.sessions.begin(c.user, time.Now()), 0)
	c.audited("login", "", c.user.Name, "session")
	return c.answer(http.StatusOK, func(e *encoder) { e.value(str("ok"), nil) })
}

// deleteLogin answers DELETE /api/login. Without a session there is nothing to
// end; a page of another origin cannot end one.
func deleteLogin(c *call) error {
	cookie, err := c.r.Cookie(sessionCookie)
	if err != nil {
		return c.noContent()
	}
	if !c.ownOrigin() {
		return unauthorised("Access refused.")
	}
	if c.resume() {
		c.audited("logout", "", c.user.Name, "session")
	}
	c.s.sessions.end(cookie.Value)
	c.s.hub.wake() // ends the session's streams
	c.setCookie("", -1)
	return c.noContent()
}

// setCookie gives the browser a token; an age below 0 takes it away.
func (c *call) setCookie(token string, age int) {
	secure := c.r.TLS != nil || strings.EqualFold(c.r.Header.Get("X-Forwarded-Proto"), "https")
	http.SetCookie(c.w, &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure,
	})
}
