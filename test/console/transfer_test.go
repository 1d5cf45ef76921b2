package console

import (
	"net/http"
	"testing"
)

// bury makes dead letters: messages of the queue work that a consumer rejected,
// and that wait in the queue graveyard.
func (n *console) bury(count int) {
	n.t.Helper()
	n.queue("graveyard")
	n.must(http.MethodPut, "/queues/%2F/work", map[string]any{"durable": true, "arguments": map[string]any{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "graveyard"}})
	n.put("work", count, `{"job":%d}`)
	var dead []map[string]any
	n.api(http.MethodPost, "/queues/%2F/work/get", map[string]any{"count": count, "ackmode": "reject_requeue_false", "encoding": "auto"}, &dead)
	eventually(n.t, "the dead letters", func() bool { return n.ready("graveyard") == count })
}

// transfer waits for words in the newest row of the transfers.
func (p *page) transfer(words string) {
	p.t.Helper()
	p.until("the transfer to be "+words, "document.querySelector('.transfers li')?.textContent.includes("+text(words)+")")
}

// Dead letters go back to where they died: slowly enough to be looked at, held,
// resumed and stopped, and then all of them.
func TestRedrive(t *testing.T) {
	const count = 60
	n := start(t)
	n.bury(count)
	p := n.asGuest()
	p.visit("messages", "/", "graveyard")
	p.says("Rejected by a consumer in work")
	p.press("Redrive")
	p.press("The first queue")
	p.press("Bound number or speed")
	p.fill("Not faster than", "1") // a minute for all that is done until the stop
	p.press("Begin redrive")
	p.transfer("running")
	const share = "Number(document.querySelector('.transfers [role=progressbar]').getAttribute('aria-valuenow'))"
	p.until("the bar to move", share+" > 0")
	p.press("Pause")
	p.transfer("paused")
	eventually(t, "some dead letters to be back, and others not", func() bool { left := n.ready("graveyard"); return left > 0 && left < count })
	p.press("Resume")
	p.transfer("running")
	p.press("Stop")
	p.transfer("stopped")

	p.press("Redrive")
	p.press("The first queue")
	p.press("Begin redrive")
	p.transfer("done")
	p.until("the bar to be full", share+" === 100")
	eventually(t, "all to be back", func() bool { return n.ready("graveyard") == 0 && n.ready("work") == count })
	p.visit("messages", "/", "work")
	p.says("Sent back by a redrive")
}

// What a search finds is moved, and nothing else.
func TestMoveWhatIsFound(t *testing.T) {
	n := start(t)
	n.queue("from")
	n.queue("to")
	n.put("from", 12, `{"job":%d}`)
	p := n.asGuest()
	p.visit("messages", "/", "from")
	p.says("12 of 12 messages shown")
	p.fill("Body contains", `"job":7}`)
	p.says("1 message found")
	p.press("Move or copy")
	p.press("Move")
	p.fill("Destination queue", "to")
	p.press("Begin move")
	p.transfer("done")
	eventually(t, "one message to be moved", func() bool { return n.ready("from") == 11 && n.ready("to") == 1 })
	p.visit("messages", "/", "to")
	p.until("the message", `document.querySelector('.payload pre')?.textContent.includes('"job": 7')`)
}
