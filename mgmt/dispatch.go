package mgmt

import (
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// headers are on every answer (management-api §1); the console's files have some
// of their own instead. Scripts of other pages get nothing: no answer allows
// another origin, nor to be put into a page of one.
var headers = [][2]string{
	{"Vary", "accept, accept-encoding, origin"},
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cache-Control", "no-cache"},
}

// redirects are old and short names (management-api §1).
var redirects = map[string]string{
	"/api": "/api/index.html", "/api/": "/api/index.html",
	"/cli": "/cli/index.html", "/cli/": "/cli/index.html",
	"/doc": "/api/index.html", "/doc/": "/api/index.html",
	"/stats": "/api/index.html", "/stats/": "/api/index.html",
	"/mgmt": "/", "/mgmt/": "/",
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	for _, h := range headers {
		w.Header().Set(h[0], h[1])
	}
	// A connection keeps the times of its last request: each sets its own. A recorder
	// in a test has none, which is no harm.
	control, now := http.NewResponseController(w), time.Now()
	_ = control.SetReadDeadline(now.Add(bodyTimeout))
	_ = control.SetWriteDeadline(now.Add(bodyTimeout + writeTimeout))
	if to, moved := redirects[path]; moved {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusMovedPermanently)
		return
	}
	if !ours(path) {
		s.static.ServeHTTP(w, r)
		return
	}
	c := &call{s: s, w: w, r: r, control: control}
	defer func() {
		if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
			s.log.Error("an HTTP handler failed", "method", r.Method, "path", path, "fault", fault, "stack", string(debug.Stack()))
			panic(http.ErrAbortHandler) // closes the connection: half an answer may be out
		}
	}()
	if err := s.dispatch(c, path); err != nil {
		r := c.refusalOf(err)
		c.auditRefusal(r)
		c.refuse(r)
	}
}

// ours tells whether a path belongs to the route table.
func ours(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/cli/")
}

// dispatch brings a call to its handler.
func (s *Server) dispatch(c *call, path string) error {
	segments, ok := splitPath(path)
	var found *leaf
	if ok {
		found, c.values = s.tree.find(segments)
	}
	if found == nil {
		return s.noSuchPath(c)
	}
	c.names = found.names
	if c.r.Method == http.MethodOptions {
		c.w.Header().Set("Allow", found.allow)
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if c.row, ok = found.routes[method]; !ok {
		c.w.Header().Set("Allow", found.allow)
		return empty(http.StatusMethodNotAllowed)
	}
	if err := c.admit(); err != nil {
		return err
	}
	if err := c.negotiate(); err != nil {
		return err
	}
	return c.row.handle(c)
}

// noSuchPath answers for a path without a route: it takes GET and OPTIONS, and
// there is nothing (management-api §1).
func (s *Server) noSuchPath(c *call) error {
	switch c.r.Method {
	case http.MethodGet, http.MethodHead:
		return notFound()
	case http.MethodOptions:
		c.w.Header().Set("Allow", "HEAD, GET, OPTIONS")
		c.w.WriteHeader(http.StatusOK)
		return nil
	default:
		c.w.Header().Set("Allow", "HEAD, GET, OPTIONS")
		return empty(http.StatusMethodNotAllowed)
	}
}
