package console

import (
	"net/http"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// hostile are names that are more than a word somewhere: in markup, in an
// address, in a script, in a format, on paper.
var hostile = map[string]string{
	"markup":    `<img src=x onerror="window.hacked=1">"'&{{x}}${x}`,
	"script":    `</script><script>window.hacked=1</script>`,
	"escaped":   `100%2Fsure%25%/?&=#+;`,
	"upwards":   `../../../../etc/passwd`,
	"long":      strings.Repeat("é", 127) + "x", // 255 octets, the most that AMQP takes
	"rightward": "\u202eevil\u202c שלום عالم",
	"blanks":    "  two  blanks ",
	"unprinted": "tab\there\u200bzero",
	"constant":  "__proto__",
}

// consuming are those by which somebody consumes.
var consuming = map[string]bool{hostile["markup"]: true, hostile["rightward"]: true}

// Names are text wherever they appear, and links to what they name work.
func TestHostileNames(t *testing.T) {
	n := start(t)
	for _, name := range hostile {
		n.furnish(name)
		if consuming[name] {
			n.keepConsuming(name)
		}
	}
	p := n.asGuest()
	for _, page := range []string{"queues", "exchanges", "connections", "channels", "users", "vhosts", "policies", "limits", "definitions", "health", "topology", "messages"} {
		p.visit(page)
		p.staysText(page)
	}
	for kind, name := range hostile {
		ok := t.Run(kind, func(t *testing.T) {
			whole := p.t
			p.t = t
			defer func() { p.t = whole }()
			p.tour(name)
		})
		if !ok {
			return // the others would wait as long, for the same reason
		}
	}
}

// furnish makes one of everything with a name.
func (n *console) furnish(name string) {
	n.t.Helper()
	n.must(http.MethodPut, at("vhosts", name), map[string]any{"description": name, "tags": name})
	n.must(http.MethodPut, at("users", name), map[string]any{"password": name, "tags": "management," + strings.ReplaceAll(name, ",", "")})
	n.must(http.MethodPut, at("permissions", name, name), map[string]any{"configure": ".*", "write": ".*", "read": ".*"})
	n.must(http.MethodPut, at("queues", name, name), map[string]any{"durable": true, "arguments": map[string]any{"x-hostile": name}})
	n.must(http.MethodPut, at("exchanges", name, name), map[string]any{"type": "topic", "durable": true})
	n.must(http.MethodPost, at("bindings", name, "e", name, "q", name), map[string]any{"routing_key": name, "arguments": map[string]any{}})
	n.must(http.MethodPut, at("policies", name, name), map[string]any{"pattern": ".*", "definition": map[string]any{"dead-letter-exchange": name}})
	n.must(http.MethodPut, at("vhost-limits", name, "max-connections"), map[string]any{"value": 100})
	n.must(http.MethodPost, at("exchanges", name, "amq.default", "publish"), map[string]any{
		"properties": map[string]any{"message_id": name, "headers": map[string]any{name: name}}, "routing_key": name, "payload": name, "payload_encoding": "string",
	})
}

// keepConsuming consumes from a queue of a name in a virtual host of that name,
// by a connection and with a consumer tag of the name.
func (n *console) keepConsuming(name string) {
	t := n.t
	t.Helper()
	c, err := amqp.DialConfig("amqp://"+n.Addr, amqp.Config{Vhost: name, SASL: []amqp.Authentication{&amqp.PlainAuth{Username: name, Password: name}}, Properties: amqp.Table{"connection_name": name, "product": name, name: name}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	ch, err := c.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.Qos(1, 0, false); err != nil {
		t.Fatal(err)
	}
	if _, err := ch.QueueDeclare("consumed", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := ch.Consume("consumed", name, false, false, false, false, amqp.Table{"x-tag": name}); err != nil {
		t.Fatal(err)
	}
}

// staysText fails if a name became markup or ran.
func (p *page) staysText(where string) {
	p.t.Helper()
	var bad bool
	if p.eval("window.hacked === 1 || !!document.querySelector('#app img, #app script, dialog img')", &bad); bad {
		p.t.Fatalf("%s: a name became markup", where)
	}
}

// tour goes to the page of each thing of a name, by the link that names it.
func (p *page) tour(name string) {
	p.t.Helper()
	for _, segments := range [][]string{{"queues", name, name}, {"exchanges", name, name}, {"users", name}, {"vhosts", name}, {"messages", name, name}} {
		list := segments[0]
		p.follow(address(list) + "?" + query("filter", name))
		hash := address(segments...)
		p.until("a link to "+hash, `(() => {
			const same = (a, b) => decodeURIComponent(a) === decodeURIComponent(b) && a.split('/').length === b.split('/').length;
			const e = [...document.querySelectorAll('main td a')].find(e => same(e.getAttribute('href'), `+text(hash)+`));
			e?.click();
			return !!e;
		})()`)
		p.heads(name)
		p.settles()
		p.staysText(hash)
		p.until(hash+" to be found", "!document.querySelector('main .note.bad')")
	}
	p.reload()
	p.heads(name)
	p.meets(name)
	p.visit("messages", name, name)
	p.until("the payload as text", "document.querySelector('.payload pre')?.textContent === "+text(name))
	p.staysText("a message of " + name)
	p.follow(address("policies") + "?" + query("vhost", name, "edit", name))
	p.until("the policy in the form", "[...document.querySelectorAll('main form input')].some(e => e.value === "+text(name)+")")
	p.staysText("the policy " + name)
}

// meets goes to the pages of who consumes under a name, if somebody does.
func (p *page) meets(name string) {
	p.t.Helper()
	if !consuming[name] {
		return
	}
	p.visit("queues", name, "consumed")
	p.until("the consumer's tag", "[...document.querySelectorAll('main td')].some(e => e.textContent === "+text(name)+")")
	p.staysText("a consumer of " + name)
	p.follow(address("connections") + "?" + query("filter", ""))
	p.until("the connection", `(() => {
		const e = [...document.querySelectorAll('main td a')].find(e => e.textContent === `+text(name)+`);
		e?.click();
		return !!e;
	})()`)
	p.heads(name)
	p.until("the client's properties", "[...document.querySelectorAll('main dt')].some(e => e.textContent === "+text(name)+")")
	p.staysText("the connection of " + name)
	p.until("its channel", "(() => { const e = document.querySelector('main table a'); e?.click(); return !!e; })()")
	p.until("the channel's page", "location.hash.startsWith('#/channels/')")
	p.settles()
	p.staysText("the channel of " + name)
}

// heads waits for a name as the heading, letter by letter.
func (p *page) heads(name string) {
	p.t.Helper()
	p.until("the heading “"+name+"”", "document.querySelector('h1')?.textContent === "+text(name))
}
