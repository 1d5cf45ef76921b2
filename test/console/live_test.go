package console

import (
	"net/http"
	"testing"
)

// look away and look back: a tab that nobody sees follows nothing.
const (
	lookAway = "(Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }), document.dispatchEvent(new Event('visibilitychange')))"
	lookBack = "(delete document.hidden, document.dispatchEvent(new Event('visibilitychange')))"
)

// resumed counts the streams of events that went on after an earlier one.
func (p *page) resumed() (times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		if r.after != "" {
			times++
		}
	}
	return times
}

// Whoever looks at a tab again sees what happened meanwhile, told by the node
// and from where it had stopped telling.
func TestStreamGoesOn(t *testing.T) {
	n := start(t)
	n.queue("before")
	p := n.asGuest()
	p.visit("queues")
	p.says("before")
	const live = "document.querySelector('.pulse.live')"
	p.until("the node to tell by itself", live)
	away := func() { p.t.Helper(); p.eval(lookAway, new(bool)); p.until("the stream to end", "!"+live) }
	back := func() { p.t.Helper(); p.eval(lookBack, new(bool)); p.until("the node to tell again", live) }
	p.wait("a stream that goes on", func() (bool, string) {
		away() // as soon as the list was told of once
		back()
		return p.resumed() > 0, ""
	})
	resumed := p.resumed()
	away()
	n.queue("meanwhile")
	back()
	p.says("meanwhile")
	n.must(http.MethodDelete, "/queues/%2F/before", nil)
	p.until("what is gone to go", "!document.querySelector('main tbody').innerText.includes('before')")
	if p.resumed() == resumed {
		t.Error("the stream began anew")
	}
}
