package console

import (
	"net/http"
	"slices"
	"testing"
)

// changing are beginnings of names of buttons that change something.
const changing = `/^(Add|Delete|Purge|Publish|Save|Set|Unbind|Bind$|Force|Clear$|Move|Get|Change|Upload|Restart|Update)/`

// A user who only monitors sees everything, and is offered no change.
func TestMonitoringUser(t *testing.T) {
	n := start(t)
	n.queue("seen")
	n.must(http.MethodPut, "/policies/%2F/rule", map[string]any{"pattern": ".*", "definition": map[string]any{"max-length": 5}})
	n.must(http.MethodPut, "/users/mona", map[string]any{"password": "pw", "tags": "monitoring"})
	n.must(http.MethodPut, "/permissions/%2F/mona", map[string]any{"configure": ".*", "write": ".*", "read": ".*"})
	n.Channel()
	p := n.loggedIn("mona", "pw")
	for _, segments := range [][]string{
		{""}, {"queues"}, {"queues", "/", "seen"}, {"exchanges"}, {"exchanges", "/", "amq.topic"}, {"connections"}, {"policies"}, {"operator-policies"}, {"limits"}, {"messages"},
		{"messages", "/", "seen"}, {"health"}, {"topology"}, {"admin"}, {"cluster"}, {"nodes", n.name()},
	} {
		p.visit(segments...)
		var offered []string
		p.eval("[...document.querySelectorAll('main button')].map(e => (e.getAttribute('aria-label') || e.textContent).trim()).filter(s => "+changing+".test(s))", &offered)
		if len(offered) > 0 {
			t.Errorf("%v offers %q to a user who only monitors", segments, offered)
		}
	}
	p.visit("connections")
	p.says("127.0.0.1")
	p.press("Admin")
	p.is("Admin")
	for _, link := range []string{"Users", "Virtual hosts", "Definitions"} {
		if p.offers(link) {
			t.Errorf("%s is offered to a user who only monitors", link)
		}
	}
}

// A user with the tag management sees the virtual hosts that it has permissions
// in, and of them only what is its own.
func TestManagementUser(t *testing.T) {
	n := start(t)
	n.must(http.MethodPut, "/vhosts/mine", map[string]any{})
	n.must(http.MethodPut, "/vhosts/theirs", map[string]any{})
	n.must(http.MethodPut, "/queues/mine/my-queue", map[string]any{"durable": true})
	n.must(http.MethodPut, "/queues/theirs/their-queue", map[string]any{"durable": true})
	n.must(http.MethodPut, "/users/max", map[string]any{"password": "pw", "tags": "management"})
	n.must(http.MethodPut, "/permissions/mine/max", map[string]any{"configure": "^my", "write": ".*", "read": ".*"})
	n.Channel() // somebody else's connection
	p := n.loggedIn("max", "pw")
	p.press("Queues")
	p.says("my-queue")
	p.until("no other row", "document.querySelectorAll('main tbody tr').length === 1")
	p.press("Add a queue")
	p.until("the virtual hosts to choose from", "document.querySelector('dialog select')?.options.length > 0")
	var vhosts []string
	if p.eval("[...document.querySelector('dialog select').options].map(o => o.value)", &vhosts); !slices.Equal(vhosts, []string{"mine"}) {
		t.Errorf("virtual hosts %q are offered, want only mine", vhosts)
	}
	p.expect(unauthorized)
	p.fill("Name", "their-queue")
	p.press("Add queue")
	p.says("This is not allowed for your user")
	p.fill("Name", "my-other-queue")
	p.press("Add queue")
	p.is("my-other-queue")
	p.visit("connections")
	p.says("Nobody is connected")
	p.visit("queues", "theirs", "their-queue")
	p.says("Your user has no permission in this virtual host")
	for _, segments := range everyPage {
		p.visit(segments...)
		var seen bool
		if p.eval("document.querySelector('main').innerText.includes('theirs')", &seen); seen {
			t.Errorf("%v shows a virtual host of others", segments)
		}
	}
}
