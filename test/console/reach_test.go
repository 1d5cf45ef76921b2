package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys presses keys, one after the other, on whatever has the keyboard.
func (p *page) keys(text string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.run(chromedp.KeyEvent(text, chromedp.KeyModifiers(modifiers...)))
}

// slash presses the key /. The letter is typed only if the page lets it be, as
// with a key of a real keyboard.
func (p *page) slash() {
	p.t.Helper()
	for _, e := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Code: "Slash", Text: "/"}, {Type: input.DispatchKeyEventTypeKeyUp, Key: "/", Code: "Slash"}} {
		p.run(command(input.DispatchKeyEvent, e))
	}
}

// focused is what has the keyboard: its name, whether a person can see that it
// has, and where it is.
type focused struct {
	Name  string
	Seen  bool
	InNav bool
	Tag   string
}

// focus tells what has the keyboard. A ring is an outline or a shadow that the
// element does not have otherwise.
func (p *page) focus() (f focused) {
	p.t.Helper()
	p.eval(`(() => {
		const e = document.activeElement, s = getComputedStyle(e);
		const ringed = e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'; };
		return {
			name: (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent).trim(), tag: e.tagName, inNav: !!e.closest('nav[aria-label=Main]'),
			seen: ringed(e) || !!e.closest('label') && ringed(e.closest('label')) || s.borderStyle !== 'none' && e.matches('input, select, textarea'),
		};
	})()`, &f)
	return f
}

// tabTo presses Tab until something has the keyboard.
func (p *page) tabTo(what string, is func(focused) bool, modifiers ...chromedp.Modifier) focused {
	p.t.Helper()
	const most = 80
	var passed []string
	for range most {
		p.keys(kb.Tab, modifiers...)
		f := p.focus()
		if !f.Seen && f.Tag != "BODY" {
			p.t.Errorf("“%s” (%s) has the keyboard, and nobody can see it", f.Name, f.Tag)
		}
		if is(f) {
			return f
		}
		passed = append(passed, fmt.Sprintf("%.20s", f.Name))
	}
	p.t.Fatalf("Tab does not lead to %s, but to %s", what, strings.Join(passed, ", "))
	return focused{}
}

// All that the console does can be done without a mouse.
func TestKeyboard(t *testing.T) {
	n := start(t)
	p := n.open()
	p.until("the form", "document.activeElement?.name === 'username'")
	p.keys("guest")
	p.keys(kb.Tab)
	p.keys("guest")
	p.keys(kb.Enter)
	p.is("Overview")
	for _, link := range []string{"Connections", "Channels", "Exchanges", "Queues", "Health", "Topology", "Messages", "Admin", "Users", "Virtual hosts", "Policies", "Limits", "Definitions", "Cluster", "Overview"} {
		backwards := chromedp.ModifierShift
		p.tabTo("the link "+link, func(f focused) bool { return f.InNav && f.Name == link }, backwards)
		p.keys(kb.Enter)
		p.is(link)
		p.settles()
		p.until("the heading to have the keyboard", "document.activeElement?.id === 'page-title'")
	}

	p.wait("g and q to lead to the queues", func() (there bool, _ string) {
		p.keys("g") // where much time passes until the next key, they are two keys
		p.keys("q")
		p.eval("document.querySelector('h1')?.textContent === 'Queues'", &there)
		return there, ""
	})
	p.until("the heading to have the keyboard", "document.activeElement?.id === 'page-title'")
	p.settles()
	p.tabTo("the button", func(f focused) bool { return f.Name == "Add a queue" })
	p.keys(kb.Enter)
	p.until("the field", "document.querySelector('dialog[open]')?.contains(document.activeElement)")
	p.keys(kb.Escape)
	p.until("the button to have the keyboard back", "!document.querySelector('dialog[open]') && document.activeElement.textContent.trim() === 'Add a queue'")
	p.keys(kb.Enter)
	p.until("the field", "document.activeElement?.labels?.[0]?.textContent === 'Name'")
	p.keys("typed")
	p.until("the form to know the virtual hosts", "document.querySelector('dialog select')?.value === '/'")
	p.tabTo("the last button", func(f focused) bool { return f.Name == "Add queue" })
	p.keys(kb.Enter)
	p.is("typed")
	p.until("the heading to have the keyboard", "document.activeElement?.id === 'page-title'")
	p.settles()
	p.tabTo("the button", func(f focused) bool { return f.Name == "Delete queue" })
	p.keys(kb.Enter)
	p.until("the question", "document.querySelector('dialog[open]')?.contains(document.activeElement)")
	p.tabTo("the answer", func(f focused) bool { return f.Name == "Delete queue" })
	p.keys(kb.Enter)
	p.is("Queues")
	n.gone(at("queues", "/", "typed"))
}

func TestPalette(t *testing.T) {
	n := start(t)
	n.must(http.MethodPut, "/vhosts/shop", map[string]any{})
	n.must(http.MethodPut, "/queues/shop/needle.in.the.hay", map[string]any{"durable": true})
	n.must(http.MethodPut, "/exchanges/shop/needles", map[string]any{"type": "topic", "durable": true})
	n.must(http.MethodPut, "/users/needleworker", map[string]any{"password": "x", "tags": ""})
	p := n.asGuest()
	p.slash()
	p.until("the palette", "document.activeElement?.matches('dialog[open] input')")
	p.keys("needle")
	p.until("all that is called so", "document.querySelectorAll('dialog [role=option]').length === 3")
	p.keys(kb.ArrowDown)
	p.until("the second to be chosen", "document.querySelectorAll('dialog [role=option]')[1].getAttribute('aria-selected') === 'true'")
	p.keys(kb.ArrowUp)
	p.until("the first to be chosen", "document.querySelectorAll('dialog [role=option]')[0].getAttribute('aria-selected') === 'true'")
	p.keys(kb.Enter)
	p.is("needle.in.the.hay")
	p.keys("k", chromedp.ModifierCtrl)
	p.until("the palette", "document.activeElement?.matches('dialog[open] input')")
	p.keys("nothing is called this")
	p.says("Nothing is called")
	p.keys(kb.Escape)
	p.until("the palette to close", "!document.querySelector('dialog[open]')")
	p.press("Search")
	p.keys("virtual h")
	p.until("the page to be found", "document.querySelectorAll('dialog [role=option]').length === 1")
	p.keys(kb.Enter)
	p.is("Virtual hosts")
}

// What somebody sees, somebody else sees under the same address.
func TestEveryViewIsALink(t *testing.T) {
	n := start(t)
	for i := range 30 {
		n.must(http.MethodPut, at("queues", "/", fmt.Sprintf("view-%02d", i)), map[string]any{"durable": true})
	}
	n.must(http.MethodPut, "/policies/%2F/rule", map[string]any{"pattern": "^view", "definition": map[string]any{"max-length": 5}})
	p := n.asGuest()
	p.visit("queues")
	p.fill("Filter", "view-1")
	p.until("the rows to be filtered", "document.querySelectorAll('main tbody tr').length === 10")
	for _, order := range []string{"ascending", "descending"} {
		p.press("Name")
		p.until("the rows to be "+order, "document.querySelector('main th[aria-sort="+order+"]')?.textContent === 'Name'")
	}
	const first = "document.querySelector('main tbody tr a')?.textContent === 'view-19' && document.querySelectorAll('main tbody tr').length === 10"
	p.until("the rows to be sorted backwards", first)
	p.reload()
	p.until("the same rows after a reload", first)
	p.follow("#/queues?size=25&page=2")
	p.until("the second page", "document.querySelector('main tbody tr a')?.textContent === 'view-25'")
	p.reload()
	p.until("the second page after a reload", "document.querySelector('main tbody tr a')?.textContent === 'view-25'")
	for _, view := range []struct{ hash, shows string }{
		{address("policies") + "?vhost=%2F&edit=rule", "Change the policy “rule”"},
		{address("topology") + "?vhost=%2F&exchange=amq.topic&key=a.b", "“a.b” published to amq.topic goes to no queue"},
		{address("exchanges", "/", "amq.topic"), "A topic exchange"},
		{address("nodes", n.name()), n.name()},
		{address("users", "guest"), "Update this user"},
		{address("vhosts", "/"), "Default virtual host"},
	} {
		p.follow(view.hash)
		p.says(view.shows)
		p.reload()
		p.says(view.shows)
		var hash string
		if p.eval("location.hash", &hash); hash != view.hash {
			t.Errorf("the address %s became %s", view.hash, hash)
		}
	}
}

// The browser's buttons go from view to view; typing in a filter is one view.
func TestBackButton(t *testing.T) {
	n := start(t)
	n.queue("visited")
	p := n.asGuest()
	p.press("Queues")
	p.fill("Filter", "visit")
	p.until("the filter to be in the address", "location.hash.includes('filter=visit')")
	p.press("visited")
	p.is("visited")
	back := func() { p.t.Helper(); p.run(chromedp.NavigateBack()) }
	back()
	p.is("Queues")
	p.until("the filter to be there again", "document.querySelector('input[type=search]')?.value === 'visit'")
	back()
	p.is("Overview")
	p.run(chromedp.NavigateForward())
	p.is("Queues")
	p.press("Add a queue")
	p.until("the dialog", "document.querySelector('dialog[open]')")
	back()
	p.is("Overview")
	p.until("the dialog to close", "!document.querySelector('dialog[open]')")
}
