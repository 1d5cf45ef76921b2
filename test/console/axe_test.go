package console

import (
	"net/http"
	"os"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/chromedp/chromedp"
)

// everyPage are addresses of pages that are there on every node.
var everyPage = [][]string{
	{""}, {"connections"}, {"channels"}, {"exchanges"}, {"exchanges", "/", "amq.topic"}, {"queues"}, {"queues", "/", "seen"}, {"health"}, {"topology"}, {"messages"}, {"messages", "/", "seen"},
	{"admin"}, {"users"}, {"users", "guest"}, {"vhosts"}, {"vhosts", "/"}, {"policies"}, {"operator-policies"}, {"limits"}, {"definitions"}, {"cluster"},
}

// judge runs axe-core on what is shown.
const judge = `window.found = null;
axe.run(document, { resultTypes: ['violations'] }).then(r => {
	window.found = r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => v.id + ' at ' + v.nodes.map(n => n.target.join(' ')).slice(0, 4).join(', '));
});
true`

// TestAccessibility finds nothing that axe-core calls serious or critical, on
// no page and in no dialog, in light and in dark.
func TestAccessibility(t *testing.T) {
	file := os.Getenv("AXE")
	if file == "" {
		t.Skip("AXE does not name axe-core's axe.min.js; test/suites/console.sh fetches it")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := start(t)
	n.must(http.MethodPut, "/queues/%2F/seen", map[string]any{"durable": true, "arguments": map[string]any{"x-max-length": 1000}})
	n.must(http.MethodPut, "/policies/%2F/rule", map[string]any{"pattern": "^seen", "definition": map[string]any{"max-length": 5, "ha-mode": "all"}})
	n.must(http.MethodPut, "/policies/%2F/hidden", map[string]any{"pattern": "^seen", "definition": map[string]any{"max-length": 6}, "priority": -1})
	n.put("seen", 3, `{"n":%d}`)
	ch := n.Channel()
	if _, err := ch.Consume("seen", "tag", false, true, false, false, amqp.Table{}); err != nil {
		t.Fatal(err)
	}
	n.put("seen", 2, `{"n":%d}`)
	p := n.open()
	p.run(chromedp.Evaluate[chromedp.Void](string(axe)))
	holds := func(where string) {
		t.Helper()
		p.run(chromedp.Evaluate[chromedp.Void](judge))
		p.until("axe", "window.found")
		var found []string
		if p.eval("window.found", &found); len(found) > 0 {
			t.Errorf("%s: %s", where, strings.Join(found, "; "))
		}
	}
	holds("the form to log in")
	p.login("guest", "guest")
	p.is("Overview")
	for _, theme := range []string{"Dark theme", "Light theme"} {
		p.press(theme)
		for _, segments := range everyPage {
			p.visit(segments...)
			holds(theme + ": " + strings.Join(segments, " "))
		}
		p.examine(theme, holds)
	}
}

// examine shows what pages show only when they are used, and has it judged.
func (p *page) examine(theme string, holds func(where string)) {
	p.t.Helper()
	p.visit("nodes", p.node.name())
	holds(theme + ": a node")
	for _, list := range []string{"connections", "channels"} {
		p.visit(list)
		p.until("a row", "(() => { const e = document.querySelector('main td a'); e?.click(); return !!e; })()")
		p.until("its page", "document.querySelector('main .crumbs')")
		p.settles()
		holds(theme + ": one of " + list)
	}
	p.visit("queues", "/", "seen")
	for _, part := range []string{"Add binding to this queue", "Publish message", "Get messages"} {
		p.fold(part)
	}
	p.press("Get messages")
	p.until("an answer", "document.querySelector('main [aria-live] > *')")
	holds(theme + ": all parts of a queue")
	p.press("Delete queue")
	p.says("What will be lost")
	holds(theme + ": a question")
	p.press("Cancel")
	p.visit("queues")
	p.press("Add a queue")
	p.says("For most work")
	holds(theme + ": the form of a queue")
	p.press("Close dialog")
	p.press("Columns")
	holds(theme + ": the choice of columns")
	p.fill("Filter", "nothing is called this")
	p.says("Nothing matches the filter")
	holds(theme + ": an empty list")
	p.press("Search")
	p.until("the palette", "document.querySelector('dialog[open]')")
	holds(theme + ": the palette")
	p.eval("(document.querySelector('dialog[open]').dispatchEvent(new Event('cancel', { cancelable: true })), true)", new(bool))
	p.visit("messages", "/", "seen")
	p.press("Redrive")
	p.says("Back to where they died")
	holds(theme + ": the form of a transfer")
	p.press("Move")
	p.says("Destination queue")
	holds(theme + ": the form of a move")
	p.press("Cancel")
	p.follow(address("policies") + "?vhost=%2F&edit=rule")
	p.says("Change the policy “rule”")
	p.press("these nodes")
	holds(theme + ": a policy")
}
