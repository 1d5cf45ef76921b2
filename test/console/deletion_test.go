package console

import (
	"net/http"
	"testing"
)

// The page's own requests to delete something: held after the node has
// answered, or refused without asking the node.
const (
	holdDeletion = `(() => {
		const real = window.fetch;
		window.fetch = async (url, options) => {
			const answer = await real(url, options);
			if (options?.method === 'DELETE') await new Promise(release => { window.release = release; });
			return answer;
		};
		return true;
	})()`
	refuseDeletion = `(() => {
		const real = window.fetch;
		window.fetch = (url, options) => options?.method === 'DELETE' ? Promise.resolve(new Response('{"reason":"not today"}', { status: 500 })) : real(url, options);
		return true;
	})()`
	askAgain = "(document.querySelector('.pulse').click(), true)" // a person who wants to see it now
)

// What is deleted is not asked about from that moment on: the browser would
// complain of an answer 404. Whoever looks at a new one of the name sees it.
func TestDeletedIsNotAskedAbout(t *testing.T) {
	n := start(t)
	user := map[string]any{"password": "secret", "tags": "monitoring"}
	n.must(http.MethodPut, "/users/nina", user)
	p := n.asGuest()
	p.visit("users", "nina")
	p.eval(holdDeletion, new(bool))
	p.press("Delete user")
	p.says("What will be lost")
	p.press("Delete user")
	p.until("the node's answer", "window.release")
	n.gone("/users/nina")
	const elsewhere = "/api/vhosts?columns=name,cluster_state"
	asked := p.asked(elsewhere)
	p.eval(askAgain, new(bool))
	p.wait("the others to be asked again", func() (bool, string) { return p.asked(elsewhere) > asked, "" })
	p.eval("(window.release(), true)", new(bool))
	p.is("Users")

	n.must(http.MethodPut, "/users/nina", user)
	p.visit("users", "nina")
	p.says("This user has no permissions")
}

// What could not be deleted is asked about as before.
func TestDeletionFails(t *testing.T) {
	n := start(t)
	n.must(http.MethodPut, "/users/nina", map[string]any{"password": "secret", "tags": "monitoring"})
	p := n.asGuest()
	p.visit("users", "nina")
	p.eval(refuseDeletion, new(bool))
	p.press("Delete user")
	p.says("What will be lost")
	asked := p.asked("/api/users/nina")
	p.press("Delete user")
	p.says("not today")
	p.wait("the user to be asked about again", func() (bool, string) { return p.asked("/api/users/nina") > asked, "" })
	p.press("Cancel")
	p.is("nina")
}
