package console

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// manyQueues is how many queues the list has to cope with.
const manyQueues = 50_000

// The bounds are for a machine that does other things too; what was measured is
// printed.
const (
	firstRows = 4 * time.Second
	longTask  = 200 // ms
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

func TestManyQueues(t *testing.T) {
	n := amqpd.Start(t)
	var queues []map[string]any
	for i := range manyQueues {
		queues = append(queues, map[string]any{"name": fmt.Sprintf("queue-%05d", i), "vhost": "/", "durable": true, "auto_delete": false, "arguments": map[string]any{}})
	}
	must(t, n, http.MethodPost, "/definitions", map[string]any{"queues": queues})
	p := loggedIn(t, n)
	began := time.Now()
	p.press("Queues")
	p.says("queue-00000")
	first := time.Since(began)
	p.says("50,000 queues")
	p.eval(observe, new(bool))
	began = time.Now()
	p.run(chromedp.SendKeys("input[type=search]", "04999"))
	p.until("the filtered rows", "document.querySelectorAll('tbody tr:not(.pad)').length === 1 && document.querySelector('tbody').innerText.includes('queue-04999')")
	filtered := time.Since(began)
	var longest, gap float64
	p.eval("window.longest", &longest)
	p.eval("window.gap", &gap)
	t.Logf("%d queues: first rows after %v, filtered %v after the first key, longest task %.0f ms, longest gap between frames %.0f ms", manyQueues, first, filtered, longest, gap)
	if first > firstRows {
		t.Errorf("first rows after %v, want them within %v", first, firstRows)
	}
	if longest > longTask {
		t.Errorf("the page was busy for %.0f ms while somebody typed", longest)
	}
	for _, segments := range [][]string{{"health"}, {"topology"}, {"messages"}, {""}, {"limits"}} {
		p.visit(segments...) // with so much, each still has its data in time
	}
}

// The console is small. (That it loads nothing from elsewhere is held by every
// test.)
func TestTransfer(t *testing.T) {
	const limit = 300 << 10
	n := amqpd.Start(t)
	must(t, n, http.MethodPut, "/queues/%2F/seen", map[string]any{"durable": true})
	p := open(t, n)
	p.login("guest", "guest")
	p.is("Overview")
	p.settles()
	p.mu.Lock()
	load := p.octets
	p.mu.Unlock()
	for _, segments := range everyPage {
		p.visit(segments...)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.Logf("first load: %.0f octets; every page visited: %.0f octets in %d requests, API answers included", load, p.octets, len(p.requests))
	if load > limit {
		t.Errorf("the first load is %.0f octets, the most is %d", load, limit)
	}
}
