package mgmt

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// adminLogin is the header of a login as admin, whom addUser made.
const adminLogin = "Authorization: Basic YWRtaW46c2VjcmV0\r\n"

// statusesOf sends octets on a connection of its own and gives the statuses of the
// answers until the node ends the connection.
func (n *fixture) statusesOf(octets string) (statuses []int) {
	c := n.dialPipe()
	defer c.Close()
	go io.WriteString(c, octets) // the node may end the connection before it has read all
	in := bufio.NewReader(c)
	for {
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		statuses = append(statuses, answer.StatusCode)
	}
}

// What is no proper request, or two in the clothes of one, is refused, and the
// connection with it.
func TestHostile_RequestShapes(t *testing.T) {
	const (
		get  = "GET /api/whoami HTTP/1.1\r\nHost: h\r\n" + adminLogin
		put  = "PUT /api/vhosts/smuggled HTTP/1.1\r\nHost: h\r\n" + adminLogin
		last = "Connection: close\r\n\r\n"
	)
	shapes := []struct{ name, octets, want string }{
		{"one", get + last, "[200]"},
		{"two at once", get + "\r\n" + get + last, "[200 200]"},
		{"of 1.0", "GET /api/whoami HTTP/1.0\r\n" + adminLogin + "\r\n", "[200]"},
		{"a long answer to 1.0", "GET /api/openapi.json HTTP/1.0\r\n\r\n", "[200]"},
		{"of 0.9", "GET /api/whoami\r\n\r\n", "[400]"},
		{"of 3.0", "GET /api/whoami HTTP/3.0\r\nHost: h\r\n\r\n", "[505]"},
		{"no host", "GET /api/whoami HTTP/1.1\r\n" + adminLogin + "\r\n", "[400]"},
		{"two hosts", get + "Host: i\r\n\r\n", "[400]"},
		{"another's address", "GET http://evil/api/whoami HTTP/1.1\r\nHost: h\r\n" + adminLogin + last, "[200]"},
		{"a tunnel", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n" + last, "[405]"},
		{"all of it", "OPTIONS * HTTP/1.1\r\nHost: h\r\n" + last, "[200]"},
		{"a name with a space", "GET /api/whoami HTTP/1.1\r\nHost : h\r\n\r\n", "[400]"},
		{"a header with a NUL", get + "X: a\x00b\r\n\r\n", "[400]"},
		{"bare line feeds", "GET /api/whoami HTTP/1.1\nHost: h\nConnection: close\n\n", "[401]"},
		{"a large head", get + "X: " + strings.Repeat("x", maxHeaderBytes+8<<10) + "\r\n\r\n", "[431]"},
		{"many headers", get + strings.Repeat("X-Y: z\r\n", 12_000) + "\r\n", "[431]"},
		{"two lengths", put + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "[400]"},
		{"a negative length", put + "Content-Length: -2\r\n\r\n{}", "[400]"},
		{"a signed length", put + "Content-Length: +2\r\n\r\n{}", "[400]"},
		{"a length twice", put + "Content-Length: 2, 2\r\n\r\n{}", "[400]"},
		{"a coding that is none", put + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "[501]"},
		{"two codings", put + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "[501]"},
		{"a chunk without size", put + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n", "[400]"},
		{"a chunk that overflows", put + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}", "[400]"},
		{"an expectation", get + "Expect: more\r\n\r\n", "[417]"},
		{"a promise", "PUT /api/vhosts/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 999999999\r\n\r\n", "[401]"},
	}
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.addUser("admin", []string{"administrator"}, "/")
		for _, row := range shapes {
			if got := fmt.Sprint(n.statusesOf(row.octets)); got != row.want {
				t.Errorf("%s: %s, want %s", row.name, got, row.want)
			}
		}
		if _, there := n.broker.Definitions().Vhost("smuggled"); there {
			t.Error("a request that was refused was carried out")
		}
	})
}

// HEAD of everything is GET without its body.
func TestHostile_HeadOfEverything(t *testing.T) {
	n := newNode(t)
	for _, r := range n.routes {
		if r.method != http.MethodGet || r.path == "/api/events" {
			continue
		}
		path := r.path
		for _, name := range variablesOf(r.path) {
			path = strings.ReplaceAll(path, "{"+name+"}", map[string]string{"vhost": "%2F", "user": "guest", "node": n.broker.NodeName()}[name])
		}
		path = strings.ReplaceAll(path, "//", "/x/")
		get, head := n.ask("GET", path, ""), n.ask("HEAD", path, "")
		if head.Code != get.Code || head.Body.Len() != 0 || head.Header().Get("Content-Type") != get.Header().Get("Content-Type") {
			t.Errorf("%s: %d with %d octets of %s, want %d and %s", path, head.Code, head.Body.Len(), head.Header().Get("Content-Type"),
				get.Code, get.Header().Get("Content-Type"))
		}
	}
}

// A connection that was idle between an answer of the API and a file of the
// console gets the file whole, and whoever reads nothing of one is let go of.
func TestHostile_ConsoleFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.addUser("admin", []string{"administrator"}, "/")
		c := n.dialPipe()
		in := bufio.NewReader(c)
		ask := func(path string) (int, error) {
			fmt.Fprint(c, "GET "+path+" HTTP/1.1\r\nHost: h\r\n"+adminLogin+"\r\n")
			answer, err := http.ReadResponse(in, nil)
			if err != nil {
				return 0, err
			}
			defer answer.Body.Close()
			_, err = io.Copy(io.Discard, answer.Body)
			return answer.StatusCode, err
		}
		if status, err := ask("/api/whoami"); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		time.Sleep(bodyTimeout + writeTimeout + time.Second)
		if status, err := ask("/"); status != 200 || err != nil {
			t.Errorf("the page after a pause: %d, %v", status, err)
		}
		fmt.Fprint(c, "GET /js/app.js HTTP/1.1\r\nHost: h\r\n\r\n")
		time.Sleep(2 * (bodyTimeout + writeTimeout))
		synctest.Wait()
		if _, err := c.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err == nil {
			t.Error("the connection is still open")
		}
	})
}

// A stream whose reader went away without a word ends when it next has something
// to say, and leaves nothing behind.
func TestHostile_HalfOpenStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.addUser("admin", []string{"administrator"}, "/")
		for range 3 {
			c := n.dialPipe()
			fmt.Fprint(c, "GET /api/events?topic=/overview&objects=all HTTP/1.1\r\nHost: h\r\n"+adminLogin+"\r\n")
			if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
				t.Fatal(line, err)
			}
		}
		time.Sleep(2 * writeTimeout)
		synctest.Wait()
		if n.hub.streams != 0 || len(n.hub.users) != 0 {
			t.Errorf("%d streams are left, of %v", n.hub.streams, n.hub.users)
		}
	})
}
