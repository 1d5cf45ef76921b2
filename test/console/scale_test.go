package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// What the console has to cope with. Times depend on the machine: they are
// printed. What they depend on is bounded: how much is fetched and drawn.
const (
	manyQueues   = 50_000
	manyBindings = 50_000
)

// observe keeps the longest task of the page and its longest gap between two
// frames, in milliseconds.
const observe = `(() => {
	window.longest = 0;
	window.gap = 0;
	new PerformanceObserver(l => l.getEntries().forEach(e => { window.longest = Math.max(window.longest, e.duration); })).observe({ entryTypes: ['longtask'] });
	let last = performance.now();
	const frame = now => { window.gap = Math.max(window.gap, now - last); last = now; requestAnimationFrame(frame); };
	requestAnimationFrame(frame);
	return true;
})()`

// smoothness is what observe saw.
func (p *page) smoothness() string {
	p.t.Helper()
	var longest, gap float64
	p.eval("window.longest", &longest)
	p.eval("window.gap", &gap)
	return fmt.Sprintf("longest task %.0f ms, longest gap between frames %.0f ms", longest, gap)
}

// received is how many octets the tab got so far, as they were sent.
func (p *page) received() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.octets
}

func TestManyQueues(t *testing.T) {
	const mostDrawn, mostOctets = 100, 100 << 10
	n := start(t)
	var queues []map[string]any
	for i := range manyQueues {
		queues = append(queues, map[string]any{"name": fmt.Sprintf("queue-%05d", i), "vhost": "/", "durable": true, "auto_delete": false, "arguments": map[string]any{}})
	}
	n.must(http.MethodPost, "/definitions", map[string]any{"queues": queues})
	p := n.asGuest()
	p.settles()
	before, began := p.received(), time.Now()
	p.press("Queues")
	p.says("queue-00000")
	first := time.Since(began)
	p.says("50,000 queues")
	if got := p.received() - before; got > mostOctets {
		t.Errorf("the first rows cost %.0f octets, the most is %d", got, mostOctets)
	}
	var drawn int
	if p.eval("document.querySelectorAll('tbody tr:not(.pad)').length", &drawn); drawn > mostDrawn {
		t.Errorf("%d rows are drawn, of which few are in sight", drawn)
	}
	p.eval(observe, new(bool))
	began = time.Now()
	p.run(chromedp.SendKeys("input[type=search]", "04999"))
	p.until("the filtered rows", "document.querySelectorAll('tbody tr:not(.pad)').length === 1 && document.querySelector('tbody').innerText.includes('queue-04999')")
	t.Logf("%d queues: first rows after %v, filtered %v after the first key, %s", manyQueues, first, time.Since(began), p.smoothness())
	for _, segments := range [][]string{{"health"}, {"topology"}, {"messages"}, {""}, {"limits"}} {
		p.visit(segments...) // with so much, each still has its data in time
	}
}

// A picture of many bindings draws what a person can look at, and says what it
// leaves out.
func TestManyBindings(t *testing.T) {
	const exchanges, queues, mostLines = 25, 500, 1000
	n := start(t)
	d := map[string][]map[string]any{}
	for q := range queues {
		d["queues"] = append(d["queues"], map[string]any{"name": fmt.Sprintf("q%03d", q), "vhost": "/", "durable": true, "auto_delete": false, "arguments": map[string]any{}})
	}
	for x := range exchanges {
		name := fmt.Sprintf("x%02d", x)
		d["exchanges"] = append(d["exchanges"], map[string]any{"name": name, "vhost": "/", "type": "topic", "durable": true, "auto_delete": false, "internal": false, "arguments": map[string]any{}})
		for i := range manyBindings / exchanges {
			d["bindings"] = append(d["bindings"], map[string]any{
				"source": name, "vhost": "/", "destination": fmt.Sprintf("q%03d", i%queues), "destination_type": "queue", "routing_key": fmt.Sprintf("key.%d.*", i), "arguments": map[string]any{},
			})
		}
	}
	n.must(http.MethodPost, "/definitions", d)
	p := n.asGuest()
	p.eval(observe, new(bool))
	began := time.Now()
	p.follow("#/topology?vhost=%2F")
	p.says("2,000 lines are not drawn")
	t.Logf("%d bindings: drawn after %v, %s", manyBindings, time.Since(began), p.smoothness())
	var drawn int
	if p.eval("document.querySelectorAll('.topology .line').length", &drawn); drawn != mostLines {
		t.Errorf("%d lines are drawn, want %d", drawn, mostLines)
	}
	p.eval(observe, new(bool))
	p.fill("Published to", "x24 (topic)")
	p.fill("Routing key", "key.499.a")
	p.says("“key.499.a” published to x24 goes to q499")
	p.until("the box and the line of it", "document.querySelectorAll('.topology .box.on').length === 2 && document.querySelectorAll('.topology .line.on').length === 1")
	t.Log("asked where a key leads: ", p.smoothness())
}

// A first visit is small, and learns at once of all that it needs. (That it
// loads nothing from elsewhere is held by every test.)
func TestTransfer(t *testing.T) {
	const limit = 300 << 10
	n := start(t)
	n.queue("seen")
	p := n.asGuest()
	p.settles()
	load := p.received()
	p.mu.Lock()
	for _, r := range p.requests {
		if strings.HasSuffix(r.url, ".js") && strings.HasSuffix(r.by, ".js") {
			t.Errorf("the browser learned of %s only from %s", r.url, r.by)
		}
	}
	p.mu.Unlock()
	for _, segments := range everyPage {
		p.visit(segments...)
	}
	t.Logf("first load: %.0f octets; every page visited: %.0f octets in %d requests, API answers included", load, p.received(), len(p.requests))
	if load > limit {
		t.Errorf("the first load is %.0f octets, the most is %d", load, limit)
	}
}
