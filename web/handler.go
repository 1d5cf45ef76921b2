package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// Policy is the content security policy of the console's files: scripts and
// styles come from this node and from nowhere else, nothing inline runs, and no
// other site may put the console into a frame.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// mediaTypes are the types of what is embedded, by the ending of the name. They
// are not taken from the machine, where a registry may call a script text/plain.
var mediaTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".md":    "text/plain; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// file is one embedded file as it is sent.
type file struct {
	etag   string
	media  string
	plain  []byte
	packed []byte // gzip; nil where that is no smaller
}

// handler serves Files. A file is hashed and packed when it is first asked for,
// so that a start costs nothing.
type handler struct {
	mu    sync.Mutex
	files map[string]*file
}

// Handler serves the console. It answers GET and HEAD of / and of each embedded
// file, with an ETag, gzip where it is taken, and Policy. Other paths are 404.
func Handler() http.Handler { return &handler{files: map[string]*file{}} }

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "HEAD, GET, OPTIONS")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	f := h.file(r.URL.Path)
	if f == nil {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", Policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Type", f.media)
	header.Set("Cache-Control", "no-cache") // asked again each time, answered with 304
	header.Set("Vary", "Accept-Encoding")
	body, etag := f.plain, f.etag
	if f.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		body, etag = f.packed, etag+"-gzip"
	}
	header.Set("Etag", `"`+etag+`"`)
	// A HEAD request, ranges and If-None-Match are what ServeContent is for.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// file finds what is served under a path, or nil.
func (h *handler) file(urlPath string) *file {
	name := strings.TrimPrefix(path.Clean("/"+urlPath), "/")
	if name == "" {
		name = "index.html"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.files[name]; f != nil {
		return f
	}
	text, err := fs.ReadFile(Files, name)
	if err != nil {
		return nil // not one of ours, or a folder
	}
	if name == "index.html" {
		text = preloaded(text)
	}
	f := newFile(name, text)
	h.files[name] = f
	return f
}

// newFile hashes and packs a file.
func newFile(name string, text []byte) *file {
	sum := sha256.Sum256(text)
	f := &file{etag: base64.RawURLEncoding.EncodeToString(sum[:12]), media: mediaTypes[path.Ext(name)], plain: text}
	if f.media == "" {
		f.media = "text/plain; charset=utf-8"
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil && z.Close() == nil && packed.Len() < len(text) {
		f.packed = packed.Bytes()
	}
	return f
}
