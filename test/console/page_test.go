package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"amqpd/test/node"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// page is a tab of the browser, and the node that it looks at. What the tab
// complains of fails the test, and so does a request that leaves the node.
type page struct {
	t    *testing.T
	ctx  context.Context
	node *console

	mu       sync.Mutex
	requests []request
	octets   float64  // received for them, as they were sent
	troubles []string // exceptions, errors of the console, violations of the policy
	expected []string // parts of troubles that the test brings about itself
}

// request is one that a tab made.
type request struct {
	url   string
	by    string // the address of the page or the module that made it necessary
	after string // the header Last-Event-ID
}

// open opens a tab with a profile of its own on the console.
func (n *console) open() *page {
	t := n.t
	t.Helper()
	p := &page{t: t, node: n}
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.note))
	p.ctx = ctx
	t.Cleanup(func() { p.verdict(); cancel() })
	// The first action opens the tab, which ends with its context: no timeout here.
	if err := chromedp.Do(ctx, command(network.Enable, network.EnableParams{}), command(runtime.Enable, cdp.Empty{}), command(log.Enable, cdp.Empty{}), command(emulation.SetEmulatedMedia, still)); err != nil {
		t.Fatalf("browser: %v", err)
	}
	p.run(chromedp.Navigate("http://" + n.HTTP + "/"))
	return p
}

// still asks pages to move nothing, so that no colour is looked at half way.
var still = emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}

// command is a command of the protocol whose answer says nothing.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, c, params)
		return err
	})
}

// note remembers what the tab asks for and complains of.
func (p *page) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		after, _ := e.Request.Headers["Last-Event-ID"].(string)
		p.requests = append(p.requests, request{e.Request.URL, e.Initiator.URL, after})
	case *network.EventLoadingFinished:
		p.octets += e.EncodedDataLength
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.troubles = append(p.troubles, text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			p.troubles = append(p.troubles, fmt.Sprintf("console.%s %s", e.Type, words(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			p.troubles = append(p.troubles, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

// words are the arguments of a call of the console's API.
func words(args []*runtime.RemoteObject) string {
	var b strings.Builder
	for _, a := range args {
		fmt.Fprintf(&b, "%s%s ", a.Value, a.Description)
	}
	return b.String()
}

// expect names a part of a trouble that the test brings about.
func (p *page) expect(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, part)
}

// asked counts how often the tab asked the node for an address.
func (p *page) asked(path string) (times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		if r.url == "http://"+p.node.HTTP+path {
			times++
		}
	}
	return times
}

// verdict fails the test for what the tab did beside what was asked of it.
func (p *page) verdict() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, trouble := range p.troubles {
		if !slices.ContainsFunc(p.expected, func(part string) bool { return strings.Contains(trouble, part) }) {
			p.t.Errorf("the browser complains: %s", trouble)
		}
	}
	for _, r := range p.requests {
		if !strings.HasPrefix(r.url, "http://"+p.node.HTTP+"/") && !strings.HasPrefix(r.url, "data:") && !strings.HasPrefix(r.url, "blob:") {
			p.t.Errorf("a request left the node: %s", r.url)
		}
	}
}

// run does something in the tab.
func (p *page) run(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, node.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("browser: %v", err)
	}
}

// look is the value of an expression of the page's own world. There is none
// while the browser loads the page anew.
func (p *page) look(expression string, into any) error {
	ctx, cancel := context.WithTimeout(p.ctx, node.Patience)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte]("("+expression+")"))
	if err != nil {
		return err
	}
	return json.Unmarshal(got, into)
}

// eval is look on a page that is there.
func (p *page) eval(expression string, into any) {
	p.t.Helper()
	if err := p.look(expression, into); err != nil {
		p.t.Fatalf("browser: %v in %.200s", err, expression)
	}
}

// wait waits for a condition, and shows the page where it does not come true.
// ok tells what it saw besides.
func (p *page) wait(what string, ok func() (bool, string)) {
	p.t.Helper()
	for deadline := time.Now().Add(node.Patience); ; time.Sleep(20 * time.Millisecond) {
		done, saw := ok()
		if done {
			return
		}
		if time.Now().After(deadline) {
			var text string
			err := p.look("location.hash + '\\n' + (document.querySelector('dialog[open]') || document.querySelector('main') || document.body).innerText.slice(0, 3000)", &text)
			p.t.Fatalf("waited in vain for %s (%s); the page says:\n%s %v", what, saw, text, err)
		}
	}
}

// until waits for an expression to be true.
func (p *page) until(what, expression string) {
	p.t.Helper()
	p.wait(what, func() (ok bool, _ string) {
		if err := p.look("!!("+expression+")", &ok); err != nil {
			return false, err.Error()
		}
		return ok, ""
	})
}

// says waits for words that a person can read.
func (p *page) says(words string) {
	p.t.Helper()
	p.until("the words “"+words+"”", "document.body.innerText.includes("+text(words)+")")
}

// is waits for the heading of a page.
func (p *page) is(heading string) {
	p.t.Helper()
	p.until("the page “"+heading+"”", "document.querySelector('h1')?.textContent.trim() === "+text(heading))
}

// settles waits until a page has its data.
func (p *page) settles() {
	p.t.Helper()
	p.until("the page to have its data", "document.querySelector('h1') && !document.querySelector('main .loading[role=status]')")
}

// address is the part of an address behind the #.
func address(segments ...string) string {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	return "#/" + strings.Join(escaped, "/")
}

// visit follows a link to an address, and waits for the page to have its data.
func (p *page) visit(segments ...string) {
	p.t.Helper()
	p.follow(address(segments...))
}

// follow follows a link to what stands behind the #. Where the page was another
// one, its heading is waited for, so that nothing is read from the page before.
func (p *page) follow(hash string) {
	p.t.Helper()
	var same bool
	path, _, _ := strings.Cut(hash, "?")
	p.eval("(() => { const same = (location.hash || '#/').split('?')[0] === "+text(path)+"; window.leftPage = same ? null : document.querySelector('h1'); location.hash = "+text(hash)+"; return same; })()", &same)
	p.until("the page to change", "document.querySelector('h1') && (!window.leftPage || document.querySelector('h1') !== window.leftPage)")
	p.settles()
}

// reload loads the page again, as the browser's button does.
func (p *page) reload() {
	p.t.Helper()
	p.run(chromedp.Reload())
	p.settles()
}

// login logs in by the form.
func (p *page) login(name, password string) {
	p.t.Helper()
	p.fill("Username", name)
	p.fill("Password", password)
	p.press("Log in")
}

// loggedIn is a tab in which a user is logged in.
func (n *console) loggedIn(name, password string) *page {
	n.t.Helper()
	p := n.open()
	p.login(name, password)
	p.is("Overview")
	return p
}

// asGuest is a tab in which guest is logged in.
func (n *console) asGuest() *page {
	n.t.Helper()
	return n.loggedIn("guest", "guest")
}

// text quotes s for a script.
func text(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// query is a query of pairs of a key and a value.
func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}
