package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// get asks a handler for a path.
func get(t *testing.T, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandler_ServesEveryFile(t *testing.T) {
	h := Handler()
	err := fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		res := get(t, h, "/"+name)
		want, _ := fs.ReadFile(Files, name)
		if name == "index.html" {
			want = preloaded(want)
		}
		got, _ := io.ReadAll(res.Body)
		if res.Code != http.StatusOK || string(got) != string(want) {
			t.Errorf("%s: %d with %d octets, want %d", name, res.Code, len(got), len(want))
		}
		if res.Header().Get("Content-Security-Policy") != Policy {
			t.Errorf("%s has no content security policy", name)
		}
		if strings.HasSuffix(name, ".js") && !strings.HasPrefix(res.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%s is served as %q, which a browser does not run", name, res.Header().Get("Content-Type"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHandler_Statuses(t *testing.T) {
	h := Handler()
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"GET", "/index.html", 200},
		{"GET", "/js", 404}, // a folder
		{"GET", "/nothing.js", 404},
		{"GET", "/../files.go", 404},
		{"GET", "/js/../../files.go", 404},
		{"POST", "/", 405},
	} {
		r := httptest.NewRequest(c.method, "http://node/", nil)
		r.URL.Path = c.path
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
	}
}

func TestHandler_GzipAndCache(t *testing.T) {
	h := Handler()
	res := get(t, h, "/vendor/uplot.js", "Accept-Encoding", "gzip, br")
	if res.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal("not packed for a browser that takes gzip")
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(z)
	if want, _ := fs.ReadFile(Files, "vendor/uplot.js"); string(got) != string(want) {
		t.Fatal("unpacks to something else")
	}
	again := get(t, h, "/vendor/uplot.js", "Accept-Encoding", "gzip, br", "If-None-Match", res.Header().Get("Etag"))
	if again.Code != http.StatusNotModified {
		t.Fatalf("asked again: %d, want 304", again.Code)
	}
}

// The first visit is small enough for a slow line.
func TestFiles_SmallTogether(t *testing.T) {
	const limit = 300 << 10
	h, total := Handler(), 0
	_ = fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			body, _ := io.ReadAll(get(t, h, "/"+name, "Accept-Encoding", "gzip").Body)
			total += len(body)
		}
		return nil
	})
	t.Logf("all files together: %d octets as sent", total)
	if total > limit {
		t.Errorf("all files together are %d octets as sent, the most is %d", total, limit)
	}
}

// mostColumns is how long a line may be to be read in one piece.
const mostColumns = 180

// What the content security policy would refuse in the browser fails here
// already: inline scripts and styles, other hosts, markup made from text.
func TestFiles_KeepThePolicy(t *testing.T) {
	forbidden := []struct{ what, pattern string }{
		{"an inline style attribute", `(?i)<[a-z][^>]*\sstyle="`},
		{"an inline handler", `(?i)<[a-z][^>]*\son[a-z]+="`},
		{"markup made from text", `innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment`},
		{"code made from text", `\beval\(|new Function\(`},
		{"another host", `(?i)(src|href|from|import|url)\s*[=(]?\s*["'(]https?://`},
	}
	_ = fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, _ error) error {
		if d.IsDir() || strings.HasPrefix(name, "vendor/") {
			return nil
		}
		text, _ := fs.ReadFile(Files, name)
		for _, f := range forbidden {
			if at := regexp.MustCompile(f.pattern).FindIndex(text); at != nil {
				t.Errorf("%s has %s: %.60q", name, f.what, text[at[0]:])
			}
		}
		if lines := strings.Count(string(text), "\n"); lines > 450 {
			t.Errorf("%s has %d lines; 450 are enough for one concept", name, lines)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if n := utf8.RuneCountInString(line); n > mostColumns && path.Ext(name) != ".svg" {
				t.Errorf("%s:%d has %d columns, the most is %d", name, i+1, n, mostColumns)
			}
		}
		return nil
	})
}
