package console

import (
	"net/http"
	"slices"
	"testing"
)

// What the picture says of a key is what the broker does with it.
func TestTopologyTellsTheTruth(t *testing.T) {
	patterns := []string{"", "#", "*", "a.#", "#.c", "*.b", "a.*.c", "#.b.#", "*.#", "a.b", "b#", "..", "a..#"}
	keys := []string{"", "a", "b", "a.b", "b.c", "a.b.c", "a.x.y.c", "c", ".", "..", "a.", ".b", "a..c", "b#", "#"}
	n := start(t)
	n.must(http.MethodPut, "/exchanges/%2F/maze", map[string]any{"type": "topic", "durable": true})
	n.must(http.MethodPut, "/exchanges/%2F/behind", map[string]any{"type": "direct", "durable": true, "arguments": map[string]any{"alternate-exchange": "rest"}})
	n.must(http.MethodPut, "/exchanges/%2F/rest", map[string]any{"type": "fanout", "durable": true})
	bind := func(from, kind, to, key string) {
		n.must(http.MethodPost, at("bindings", "/", "e", from, kind, to), map[string]any{"routing_key": key, "arguments": map[string]any{}})
	}
	queues := []string{"direct", "rest"}
	for _, pattern := range patterns {
		queues = append(queues, "by "+pattern)
	}
	for _, queue := range queues {
		n.queue(queue)
	}
	for _, pattern := range patterns {
		bind("maze", "q", "by "+pattern, pattern)
	}
	bind("maze", "e", "behind", "a.#")
	bind("behind", "q", "direct", "a.b")
	bind("rest", "q", "rest", "")

	p := n.asGuest()
	for _, key := range keys {
		n.must(http.MethodPost, "/exchanges/%2F/maze/publish", map[string]any{"properties": map[string]any{}, "routing_key": key, "payload": "x", "payload_encoding": "string"})
		p.follow("#/topology?" + query("vhost", "/", "exchange", "maze", "key", key))
		p.until("the answer for the key", "document.querySelector('main .note .strong')?.textContent.startsWith("+text("“"+key+"” published to maze")+")")
		var said, did []string
		p.eval("[...document.querySelectorAll('.topology .box.on title')].map(e => e.textContent).filter(s => s.startsWith('Queue ')).map(s => s.replace(/^Queue /, '').replace(/, [0-9]+ ready$/, ''))", &said)
		for _, queue := range queues {
			var got []any
			if n.api(http.MethodPost, at("queues", "/", queue, "get"), map[string]any{"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}, &got); len(got) > 0 {
				did = append(did, queue)
			}
		}
		slices.Sort(said)
		slices.Sort(did)
		if !slices.Equal(said, did) {
			t.Errorf("key %q: the picture leads to %q, the broker to %q", key, said, did)
		}
	}
}
