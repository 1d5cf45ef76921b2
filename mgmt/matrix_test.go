package mgmt

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"amqpd/cluster/meta"
)

func putVhostNamed(name string) meta.Command { return meta.PutVhost{Vhost: meta.Vhost{Name: name}} }

// callers are one user for each tag, and two more.
var callers = []struct {
	name string
	tags []string
	may  map[access]bool // in the virtual host "in", which all may enter
}{
	{"plain", nil, map[access]bool{open: true}},
	{"impersonator", []string{"impersonator"}, map[access]bool{open: true}},
	{"management", []string{"management"}, map[access]bool{open: true, anyLogin: true, vhostLogin: true, ownOrMonitor: true}},
	{"policymaker", []string{"policymaker"}, map[access]bool{open: true, anyLogin: true, vhostLogin: true, ownOrMonitor: true, policies: true}},
	{"monitoring", []string{"monitoring"}, map[access]bool{open: true, anyLogin: true, vhostLogin: true, ownOrMonitor: true, monitor: true}},
	{"both", []string{"monitoring", "policymaker"}, map[access]bool{open: true, anyLogin: true, vhostLogin: true, ownOrMonitor: true, monitor: true, policies: true}},
	{"administrator", []string{"administrator"}, map[access]bool{open: true, anyLogin: true, vhostLogin: true, ownOrMonitor: true, monitor: true, policies: true, administrator: true}},
}

// gate makes n answer 204 to every call that gets past its route's access,
// instead of running handlers.
func gate(n *fixture) {
	rows := slices.Clone(n.routes)
	for i := range rows {
		rows[i].handle = (*call).noContent
		rows[i].media = anyOut
	}
	n.tree = newTree(rows)
}

// admitted asks a route as a user and tells whether the gate opened.
func admitted(n *fixture, r route, user, vhost string) bool {
	path := strings.ReplaceAll(r.path, "{vhost}", vhost)
	for _, name := range variablesOf(r.path) {
		path = strings.ReplaceAll(path, "{"+name+"}", "x")
	}
	w := n.ask(r.method, path, "", as(user))
	if w.Code != http.StatusNoContent && w.Code != http.StatusUnauthorized {
		n.t.Errorf("%s %s as %s: %d", r.method, path, user, w.Code)
	}
	return w.Code == http.StatusNoContent
}

func variablesOf(path string) (names []string) {
	for segment := range strings.SplitSeq(path, "/") {
		if name, is := variableName(segment); is {
			names = append(names, name)
		}
	}
	return names
}

// TestMatrix holds every route to what management-api §3 says of its letter, for
// users of every tag, in a virtual host that they may enter and in one that
// they may not.
func TestMatrix(t *testing.T) {
	n := newNode(t)
	n.apply(putVhostNamed("in"))
	n.apply(putVhostNamed("out"))
	for _, c := range callers {
		n.addUser(c.name, c.tags, "in")
	}
	gate(n)
	for _, r := range routes {
		for _, c := range callers {
			if got := admitted(n, r, c.name, "in"); got != c.may[r.access] {
				t.Errorf("%s %s (%v) as %s: admitted %v", r.method, r.path, r.access, c.name, got)
			}
			needsVhost := r.access == vhostLogin || r.access == policies
			if !strings.Contains(r.path, "{vhost}") || !needsVhost {
				continue
			}
			if got := admitted(n, r, c.name, "out"); got != (c.name == "administrator") {
				t.Errorf("%s %s (%v) as %s, in a virtual host that is not theirs: admitted %v", r.method, r.path, r.access, c.name, got)
			}
		}
		if got := admitted(n, r, "", "in"); got != (r.access == open) {
			t.Errorf("%s %s (%v) as nobody: admitted %v", r.method, r.path, r.access, got)
		}
	}
}

// What changes something is never open, but for the login itself.
func TestMatrix_NothingToChangeIsOpen(t *testing.T) {
	for _, r := range routes {
		if r.access == open && r.method != http.MethodGet && r.path != "/api/login" {
			t.Errorf("%s %s is open to everybody", r.method, r.path)
		}
	}
}
