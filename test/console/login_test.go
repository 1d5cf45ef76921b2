package console

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// unauthorized is what the browser says of an answer 401.
const unauthorized = "status of 401"

func TestLogin(t *testing.T) {
	p := start(t).open()
	p.expect(unauthorized)
	p.login("guest", "wrong")
	p.says("The username or the password is not right")
	p.login("nobody", "guest")
	p.says("The username or the password is not right")
	p.login("guest", "guest")
	p.is("Overview")
	for _, link := range []string{"Connections", "Channels", "Exchanges", "Queues", "Admin", "Policies", "Users", "Overview"} {
		p.press(link)
		p.is(link)
	}
	p.press("Log out")
	p.until("the form", "document.querySelector('input[type=password]')")
	var kept string
	if p.eval("JSON.stringify({...sessionStorage, ...localStorage})", &kept); strings.Contains(kept, "Basic") {
		t.Errorf("credentials are kept after the logout: %s", kept)
	}
	p.reload()
	p.until("the form again", "document.querySelector('input[type=password]')")
}

// Whoever has no tag of the console is told so, and a user without tags cannot
// look at anything.
func TestLoginWithoutTag(t *testing.T) {
	n := start(t)
	n.must(http.MethodPut, "/users/plain", map[string]any{"password": "pw", "tags": ""})
	p := n.open()
	p.expect(unauthorized)
	p.login("plain", "pw")
	p.says("This user may not use the console")
}

// A link that somebody sent leads where it should after the login.
func TestDeepLink(t *testing.T) {
	n := start(t)
	n.queue("deep")
	p := n.open()
	var ignored string
	p.eval("location.hash = "+text(address("queues", "/", "deep")), &ignored)
	p.login("guest", "guest")
	p.is("deep")
}

// A session whose user is gone ends by itself, and with it what was open.
func TestSessionEnds(t *testing.T) {
	n := start(t)
	n.must(http.MethodPut, "/users/short", map[string]any{"password": "pw", "tags": "administrator"})
	n.must(http.MethodPut, "/permissions/%2F/short", map[string]any{"configure": ".*", "write": ".*", "read": ".*"})
	p := n.loggedIn("short", "pw")
	p.expect(unauthorized)
	p.press("Queues")
	p.press("Add a queue")
	p.until("the dialog", "document.querySelector('dialog[open]')")
	n.must(http.MethodDelete, "/users/short", nil)
	p.until("the form", "document.querySelector('input[type=password]') && !document.querySelector('dialog[open]')")
	p.login("guest", "guest")
	p.is("Queues")
}

// An answer that comes late, to a question of the session before, does not end
// the present one.
func TestSessionOutlivesLateAnswers(t *testing.T) {
	p := start(t).asGuest()
	p.expect(unauthorized) // for what was under way when the first session ended
	p.eval(`(() => {
		const real = window.fetch;
		window.fetch = (url, options) => String(url).includes('policy-keys')
			? new Promise(resolve => { window.release = () => resolve({ ok: false, status: 401, text: async () => '{"error":"not_authorized","reason":"Login failed"}' }); })
			: real(url, options);
		return true;
	})()`, new(bool))
	p.press("Queues")
	p.press("Add a queue")
	p.until("the question", "window.release")
	p.press("Close dialog")
	p.press("Log out")
	p.until("the form", "document.querySelector('input[type=password]')")
	p.node.must(http.MethodPut, "/users/other", map[string]any{"password": "pw", "tags": "administrator"})
	p.login("other", "pw")
	p.is("Queues")
	p.eval("(window.release(), true)", new(bool))
	p.press("Exchanges")
	p.is("Exchanges")
}

// While the node is away the page says so and keeps what it shows. It goes on by
// itself when the node is back.
func TestNodeDown(t *testing.T) {
	n := start(t, "--http-listen", freeAddress(t))
	n.queue("kept")
	p := n.asGuest()
	p.expect("net::ERR_")
	p.visit("queues", "/", "kept")
	n.Kill()
	p.says("The node does not answer")
	var role string
	if p.eval("document.querySelector('[role=alert]')?.innerText || ''", &role); !strings.Contains(role, "The node does not answer") {
		t.Errorf("a screen reader is not told that the node is away, but %q", role)
	}
	p.is("kept")
	p.press("Exchanges") // its module may not be loaded yet
	n.Restart()
	p.is("Exchanges")
	p.press("Queues")
	p.until("the page to go on", "!document.body.innerText.includes('The node does not answer') && document.querySelector('main table')")
	p.press("kept")
	p.is("kept")
}

// freeAddress is an address that a node can listen on, again after a restart.
// No outgoing connection of this machine takes it meanwhile, because they come
// from 127.0.0.1.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.77:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
