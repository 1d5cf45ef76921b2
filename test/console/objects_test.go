package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"amqpd/test/node"

	amqp "github.com/rabbitmq/amqp091-go"
)

func TestQueueLife(t *testing.T) {
	n := start(t)
	p := n.asGuest()

	p.press("Exchanges")
	p.press("Add an exchange")
	p.fill("Name", "orders")
	p.fill("Type", "topic")
	p.press("Add exchange")
	p.is("orders")

	p.press("Queues")
	p.press("Add a queue")
	p.fill("Name", "new/orders")
	p.press("Add queue")
	p.is("new/orders")
	p.fold("Add binding to this queue")
	p.fill("From exchange", "orders")
	p.fill("Routing key", "order.#")
	p.press("Bind")
	p.says("Bound to “orders”")
	if status := n.api(http.MethodGet, at("bindings", "/", "e", "orders", "q", "new/orders", "order.%23"), nil, nil); status != http.StatusOK {
		t.Fatalf("the binding is not there: %d", status)
	}

	p.visit("exchanges", "/", "orders")
	p.is("orders")
	p.fold("Publish message")
	p.fill("Routing key", "order.17")
	p.fill("Payload", `{"order":17,"who":"<b>x</b>"}`)
	p.press("Publish message")
	p.says("Message published")
	p.fill("Routing key", "nowhere")
	p.press("Publish message")
	p.says("not routed")

	p.visit("queues", "/", "new/orders")
	p.press("Browse messages")
	p.says(`"who": "<b>x</b>"`)
	if got := n.ready("new/orders"); got != 1 {
		t.Fatalf("%d messages after browsing, want 1", got)
	}
	p.visit("queues", "/", "new/orders")
	p.fold("Get messages")
	p.fill("Ack mode", "ack_requeue_false")
	p.press("Get messages")
	p.says("order.17")
	eventually(t, "the queue to be empty", func() bool { return n.ready("new/orders") == 0 })

	n.put("new/orders", 3, "message %d")
	p.press("Purge messages")
	p.says("What will be lost")
	p.press("Purge messages")
	eventually(t, "the purge", func() bool { return n.ready("new/orders") == 0 })
	p.until("the dialog to close", "!document.querySelector('dialog[open]')")
	p.press("Delete queue")
	p.says("What will be lost")
	p.press("Delete queue")
	p.is("Queues")
	n.gone(at("queues", "/", "new/orders"))
}

// What is wrong is said in plain words where it was typed, and the form keeps
// what is in it.
func TestRefusals(t *testing.T) {
	n := start(t)
	n.queue("taken")
	p := n.asGuest()
	p.expect("status of 400")
	p.expect("status of 404")
	p.expect(unauthorized) // the API's answer for names that are reserved
	p.press("Queues")
	p.press("Add a queue")
	p.fill("Name", "taken")
	p.fill("Durability", "Transient")
	p.press("Add queue")
	p.says("It exists already, with other properties")
	p.says("inequivalent arg 'durable'")
	p.fill("Name", "amq.mine")
	p.press("Add queue")
	p.says("reserved")
	p.press("Close dialog")
	p.visit("queues", "/", "missing")
	p.says("It is not there (any more)")
	p.visit("no", "such", "page")
	p.says("There is no page at this address")
}

func TestCloseConnection(t *testing.T) {
	n := start(t)
	c, err := amqp.DialConfig("amqp://guest:guest@"+n.Addr, amqp.Config{Properties: amqp.Table{"connection_name": "to be closed"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	closed := c.NotifyClose(make(chan *amqp.Error, 1))
	p := n.asGuest()
	p.press("Connections")
	p.press("to be closed")
	p.is("to be closed")
	p.fill("Reason", "tidying up")
	p.press("Force close")
	p.says("What will be lost")
	p.press("Force close")
	select {
	case reason := <-closed:
		if reason == nil || !strings.Contains(reason.Reason, "tidying up") {
			t.Fatalf("the client is told %v", reason)
		}
	case <-time.After(node.Patience):
		t.Fatal("the client is not told")
	}
	p.is("Connections")
}

func TestLiveRates(t *testing.T) {
	n := start(t)
	n.queue("busy")
	p := n.asGuest()
	p.eval("(window.sameDocument = true)", new(bool))
	ch := n.Channel()
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for pace := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-stop:
				pace.Stop()
				return
			case <-pace.C:
				if ch.Publish("", "busy", false, false, amqp.Publishing{Body: []byte("x")}) != nil {
					return
				}
			}
		}
	}()
	defer func() { close(stop); <-ended }()
	p.until("the rate to move", "[...document.querySelectorAll('.tile')].some(e => /published/.test(e.textContent) && !/^0\\/s/.test(e.textContent))")
	p.until("the chart of rates", "[...document.querySelectorAll('.chart')].some(e => /Publish/.test(e.textContent) && e.querySelector('canvas'))")
	p.visit("queues", "/", "busy")
	const total = "Number([...document.querySelectorAll('main tr')].find(r => r.textContent.startsWith('Ready'))?.querySelector('td').textContent.replace(/\\D/g, '') || 0)"
	p.until("messages to be counted", "(window.counted = "+total+") > 0")
	p.until("the count to rise", total+" > window.counted")
	p.until("no reload to have happened", "window.sameDocument")
}
