package mgmt

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

const nothingThere = `{"error":"Object Not Found","reason":"Not Found"}`

func TestGround_Statuses(t *testing.T) {
	n := newNode(t)
	n.addUser("plain", nil, "/")
	n.addUser("m", []string{"management"}, "/")
	n.apply(putVhostNamed("other"))
	remote := func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5" }
	for _, c := range []struct {
		status             int
		text, method, path string
		edits              []edit
	}{
		{200, `{"name":"guest","tags":["administrator"]}`, "GET", "/api/whoami", nil},
		{200, "", "GET", "/api/whoami/", nil},
		{404, nothingThere, "GET", "/api//whoami", nil},
		{404, nothingThere, "GET", "/api/whoami//", nil},
		{404, nothingThere, "GET", "/api/nothing", []edit{as("")}},
		{405, "", "PUT", "/api/nothing", []edit{as("")}},
		{405, "", "PUT", "/api/whoami", []edit{as("")}},
		{401, "", "GET", "/api/whoami", []edit{as("")}},
		{401, `{"error":"not_authorized","reason":"Login failed"}`, "GET", "/api/whoami", []edit{as("nobody")}},
		{401, `{"error":"not_authorised","reason":"Not management user"}`, "GET", "/api/whoami", []edit{as("plain")}},
		{401, `{"error":"not_authorised","reason":"Not administrator user"}`, "GET", "/api/users", []edit{as("m")}},
		{401, `{"error":"not_authorised","reason":"User not authorised to access virtual host"}`, "GET", "/api/bindings/other", []edit{as("m")}},
		{401, `{"error":"not_authorised","reason":"User not authorised to access object"}`, "GET", "/api/policies/%2F/p", []edit{as("m")}},
		{401, `{"error":"not_authorised","reason":"User can only log in via localhost"}`, "GET", "/api/whoami", []edit{remote}},
		{404, nothingThere, "GET", "/api/bindings/missing", []edit{as("m")}},
		{200, `[]`, "GET", "/api/policies/%2F", nil},
		{200, `[]`, "GET", "/api/policies/%2f", nil},
		{404, nothingThere, "GET", "/api/policies/%252F", nil},
		{406, "", "GET", "/api/whoami", []edit{header("Accept", "text/html")}},
		{406, "", "GET", "/api/whoami", []edit{header("Accept", "*/*, application/json;q=0")}},
		{200, "", "GET", "/api/whoami", []edit{header("Accept", "text/html, */*;q=0.1")}},
		{200, "", "GET", "/api/index.html", []edit{as(""), header("Accept", "text/html")}},
		{415, "", "PUT", "/api/operator-policies/%2F/p", []edit{header("Content-Type", "text/plain")}},
		{204, "", "DELETE", "/api/vhost-limits/%2F/max-queues", []edit{header("Accept", "application/json")}},
		{301, "", "GET", "/api", []edit{as("")}},
		{301, "", "GET", "/cli/", []edit{as("")}},
		{200, "", "GET", "/", []edit{as("")}},
		{200, "", "GET", "/cli/rabbitmqadmin", []edit{as("")}},
		{200, "", "GET", "/cli/index.html", []edit{as("")}},
	} {
		w := n.want(c.status, c.text, c.method, c.path, "", c.edits...)
		if c.status >= 400 && c.text == "" && w.Body.Len() > 0 {
			t.Errorf("%s %s: %d with a body: %s", c.method, c.path, w.Code, w.Body)
		}
	}
}

func TestGround_Headers(t *testing.T) {
	n := newNode(t)
	w := n.ask("GET", "/api/whoami", "")
	for name, want := range map[string]string{
		"Cache-Control": "no-cache", "Vary": "accept, accept-encoding, origin", "Content-Type": "application/json",
		"X-Content-Type-Options": "nosniff", "Content-Length": "41", "Access-Control-Allow-Origin": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := n.ask("OPTIONS", "/api/vhosts/x", "", as("")).Header().Get("Allow"); got != "HEAD, GET, PUT, DELETE, OPTIONS" {
		t.Errorf("allow: %s", got)
	}
	if got := n.ask("PATCH", "/api/definitions", "").Header().Get("Allow"); got != "HEAD, GET, POST, OPTIONS" {
		t.Errorf("allow: %s", got)
	}
	head := n.ask("HEAD", "/api/whoami", "")
	if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != "41" {
		t.Errorf("HEAD: %d, %d octets, length %s", head.Code, head.Body.Len(), head.Header().Get("Content-Length"))
	}
	if got := n.ask("GET", "/api/whoami", "", as("")).Header().Get("Www-Authenticate"); got != realm {
		t.Errorf("challenge: %q", got)
	}
	if got := n.ask("GET", "/api/whoami", "", as(""), header("X-Requested-With", "fetch")).Header().Get("Www-Authenticate"); got != "" {
		t.Errorf("a script is challenged: %q", got)
	}
}

func TestGround_Gzip(t *testing.T) {
	n := newNode(t)
	if got := n.ask("GET", "/api/whoami", "", header("Accept-Encoding", "gzip")).Header().Get("Content-Encoding"); got != "" {
		t.Errorf("a short answer is packed: %s", got)
	}
	plain := n.ask("GET", "/api/openapi.json", "")
	w := n.ask("GET", "/api/openapi.json", "", header("Accept-Encoding", "deflate, gzip"))
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || string(got) != plain.Body.String() {
		t.Errorf("unpacked: %v, %d octets of %d", err, len(got), plain.Body.Len())
	}
	if !json.Valid(got) {
		t.Error("the OpenAPI document is no JSON")
	}
}

// Every row of the table is on the reference page, with a sentence.
func TestGround_EveryRouteIsDescribed(t *testing.T) {
	n := newNode(t)
	page := n.ask("GET", "/api/index.html", "", as("")).Body.String()
	for _, r := range routes {
		if r.doc == "" || strings.HasSuffix(r.doc, ".") || !strings.Contains(page, "<code>"+r.path+"</code>") {
			t.Errorf("%s %s: described as %q", r.method, r.path, r.doc)
		}
	}
}

func TestSession(t *testing.T) {
	n := newNode(t)
	n.addUser("u", []string{"administrator"}, "/")
	form := header("Content-Type", "application/x-www-form-urlencoded")
	login := func(edits ...edit) *http.Cookie {
		w := n.want(200, `"ok"`, "POST", "/api/login", "username=u&password="+password, append(edits, as(""), form)...)
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
			t.Errorf("the cookie is %v", c)
		}
		return c
	}
	n.want(401, "", "POST", "/api/login", "username=u&password=x", as(""), form)
	n.want(401, "", "POST", "/api/login", "username=u&password="+password, as(""), form, header("Origin", "http://evil.example"))
	n.want(415, "", "POST", "/api/login", "{}", as(""))
	cookie := login()
	with := func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(cookie) }
	script := header("X-Requested-With", "fetch")
	for _, c := range []struct {
		status       int
		method, path string
		edits        []edit
	}{
		{200, "GET", "/api/whoami", nil},
		{200, "GET", "/api/whoami", []edit{header("Sec-Fetch-Site", "none")}},
		{401, "GET", "/api/whoami", []edit{header("Sec-Fetch-Site", "same-site")}},
		{401, "GET", "/api/whoami", []edit{header("Sec-Fetch-Site", "cross-site")}},
		{401, "GET", "/api/whoami", []edit{header("Origin", "http://evil.example")}},
		{401, "PUT", "/api/vhosts/s", nil},
		{401, "PUT", "/api/vhosts/s", []edit{script, header("Origin", "null")}},
		{401, "PUT", "/api/vhosts/s", []edit{script, header("Sec-Fetch-Site", "none")}},
		{201, "PUT", "/api/vhosts/s", []edit{script, header("Origin", "http://example.com"), header("Sec-Fetch-Site", "same-origin")}},
		{204, "DELETE", "/api/vhosts/s", []edit{script}},
		{204, "DELETE", "/api/login", []edit{script}},
		{401, "GET", "/api/whoami", nil},
	} {
		n.want(c.status, "", c.method, c.path, "", append([]edit{with}, c.edits...)...)
	}
	cookie = login()
	n.want(200, "", "GET", "/api/whoami", "", with)
	n.addUser("u", nil, "/") // the same password under another salt: another hash
	n.want(401, "", "GET", "/api/whoami", "", with)
}
