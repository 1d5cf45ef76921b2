package mgmt

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func newControl(w http.ResponseWriter) *http.ResponseController { return http.NewResponseController(w) }

func TestSplitPath(t *testing.T) {
	for _, c := range []struct {
		path string
		want []string
	}{
		{"/api/queues/%2F/a%2Fb%20c", []string{"api", "queues", "/", "a/b c"}},
		{"/api/queues/%2f/a+b", []string{"api", "queues", "/", "a+b"}},
		{"/api/x/%252F", []string{"api", "x", "%2F"}},
		{"/api/x/", []string{"api", "x"}},
		{"/api/x//", nil},
		{"/api//x", nil},
		{"/api/%zz", nil},
		{"/api/%C3%A9%ff", []string{"api", "é\xff"}},
	} {
		if got, ok := splitPath(c.path); !slices.Equal(got, c.want) || ok != (c.want != nil) {
			t.Errorf("%s: %q, %v; want %q", c.path, got, ok, c.want)
		}
	}
}

func TestTree_WordBeforeVariable(t *testing.T) {
	row := func(path string) route { return route{method: "GET", path: path} }
	tree := newTree([]route{row("/u/{user}"), row("/u/all"), row("/s/{vhost}"), row("/s/vhost/{v}/{n}"), row("/s/{vhost}/state")})
	for _, c := range []struct{ path, want, values string }{
		{"/u/all", "/u/all", ""}, {"/u/x", "/u/{user}", "x"}, {"/s/vhost", "/s/{vhost}", "vhost"},
		{"/s/vhost/a/b", "/s/vhost/{v}/{n}", "a b"}, {"/s/vhost/state", "/s/{vhost}/state", "vhost"}, {"/s/a/b", "", ""}, {"/u", "", ""},
	} {
		segments, _ := splitPath(c.path)
		l, values := tree.find(segments)
		got := ""
		if l != nil {
			got = l.routes["GET"].path
		}
		if got != c.want || strings.Join(values, " ") != c.values {
			t.Errorf("%s: %q with %q; want %q with %q", c.path, got, values, c.want, c.values)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, r := range routes {
		f.Add(r.path)
	}
	f.Add("/api/%2F//%zz/..")
	tree := newTree(routes)
	f.Fuzz(func(t *testing.T, path string) {
		segments, ok := splitPath(path)
		if slices.Contains(segments, "") || !ok && segments != nil {
			t.Fatalf("%q: %q, %v", path, segments, ok)
		}
		if l, values := tree.find(segments); l != nil && len(values) != len(l.names) {
			t.Fatalf("%q: %d values for %q", path, len(values), l.names)
		}
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("page=1&page_size=2&name=a&use_regex=true&sort=stats.count&sort_reverse=true&columns=name,stats.count")
	f.Add("columns=.,..,a.&sort=.&page=9223372036854775807&name=(?<!a)b&use_regex=true")
	f.Fuzz(func(t *testing.T, query string) {
		if _, err := http.NewRequest("GET", "http://h/?"+query, nil); err != nil {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		c := &call{s: &Server{}, w: w, r: r, control: newControl(w)}
		things := []thing{{"a", whole(1)}, {"b", str("\xff\"")}}
		if err := paged(c, thingShape, things, func(t thing) string { return t.name }); err != nil {
			c.refuse(err)
		}
		if w.Code != 200 && w.Code != 400 || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: %d %s", query, w.Code, w.Body)
		}
	})
}

func FuzzString(f *testing.F) {
	f.Add("a\"\\\n\x00\x7f\u2028é\xff\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, s string) {
		var ours, theirs string
		if err := json.Unmarshal([]byte(str(s).json()), &ours); err != nil {
			t.Fatalf("%q: %s: %v", s, str(s).json(), err)
		}
		text, _ := json.Marshal(s)
		if json.Unmarshal(text, &theirs) != nil || ours != theirs {
			t.Fatalf("%q reads as %q, want %q", s, ours, theirs)
		}
	})
}

func FuzzBody(f *testing.F) {
	for _, text := range []string{``, `null`, `"x"`, `[1]`, `{"durable":"true","count":"7","arguments":{"a":[1,2.5,null]},"tags":["a",5],"value":{}}`, `{"a":`, "\xff"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := decodeBody(text)
		if err != nil {
			return
		}
		for key := range b {
			_, _ = b.text(key, "")
			_, _ = b.flag(key, false)
			_, _ = b.integer(key, 0)
			_, _ = b.table(key)
			_, _ = b.tags(key)
			_, _ = b.mandatoryText(key)
			if v := rawJSON(b[key]).json(); !json.Valid([]byte(v)) {
				t.Fatalf("%s shows as %s", b[key], v)
			}
		}
		if raw, err := b.decoded(); err == nil {
			_ = checkUserLimits(raw)
		}
	})
}

func TestKeysMissing(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want string
	}{
		{[]string{"a"}, "[{key_missing,a}]"},
		{[]string{"configure", "write", "read"}, "[{key_missing,configure},{key_missing,write},{key_missing,read}]"},
		{[]string{"properties", "payload", "payload_encoding"}, "[{key_missing,properties},\n {key_missing,payload},\n {key_missing,payload_encoding}]"},
	} {
		if got := keysMissing(c.keys); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
