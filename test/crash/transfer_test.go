package crash

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

// A node that is killed while it moves messages has each of them in one queue or
// in both, and none in neither; the next transfer moves the rest, in order.
func TestCrash_Transfer(t *testing.T) {
	const messages, kills, most = 20_000, 3, 4 * 512
	n := amqpd.Start(t, "--segment-size", segmentSize)
	ch := n.Channel()
	queue(t, ch, "from", true, false, nil)
	queue(t, ch, "to", true, false, nil)
	must(t, ch.Confirm(false))
	var last *amqp.DeferredConfirmation
	for i := range messages {
		var err error
		last, err = ch.PublishWithDeferredConfirm("", "from", false, false, amqp.Publishing{
			DeliveryMode: amqp.Persistent, Body: fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", i%300)),
		})
		must(t, err)
	}
	last.Wait()
	for kill := range kills {
		id := beginTransfer(t, n)
		for v := transferred(t, n, id); v.Moved < 1000+2000*kill && v.State != "done"; v = transferred(t, n, id) {
			if v.State != "running" {
				t.Fatalf("before the crash: %+v", v)
			}
			time.Sleep(time.Millisecond)
		}
		n.Kill()
		n.Restart()
	}
	id := beginTransfer(t, n)
	for end := time.Now().Add(node.Patience); transferred(t, n, id).State != "done"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the last transfer: %+v", transferred(t, n, id))
		}
	}
	if left := numbersIn(t, n.Channel(), "from"); len(left) > 0 {
		t.Errorf("messages %v are left", left)
	}
	seen, doubled, highest := make([]bool, messages), 0, -1
	for _, number := range numbersIn(t, n.Channel(), "to") {
		switch {
		case seen[number]:
			doubled++
		case number < highest:
			t.Fatalf("message %d comes after %d", number, highest)
		}
		seen[number], highest = true, max(highest, number)
	}
	for number, there := range seen {
		if !there {
			t.Errorf("message %d is lost", number)
		}
	}
	if t.Logf("%d messages are doubled after %d crashes", doubled, kills); doubled > kills*most {
		t.Errorf("%d messages are doubled; a crash should repeat those on their way, %d at most", doubled, most)
	}
}

// numbersIn takes everything out of a queue and returns the numbers that bodies
// begin with.
func numbersIn(t *testing.T, ch *amqp.Channel, name string) (numbers []int) {
	t.Helper()
	q, err := ch.QueueDeclarePassive(name, true, false, false, false, nil)
	must(t, err)
	deliveries, err := ch.Consume(name, "", true, false, false, false, nil)
	must(t, err)
	for range q.Messages {
		d, ok := receive(deliveries)
		if !ok {
			t.Fatalf("%s gives %d of %d messages", name, len(numbers), q.Messages)
		}
		word, _, _ := strings.Cut(string(d.Body), " ")
		number, err := strconv.Atoi(word)
		must(t, err)
		numbers = append(numbers, number)
	}
	return numbers
}

// transfer is what the API says of one.
type transfer struct {
	ID, State string
	Moved     int
}

// beginTransfer begins to move everything, at a pace that leaves time for a
// crash.
func beginTransfer(t *testing.T, n *node.Node) string {
	t.Helper()
	return callTransfers(t, n, "POST", "/api/queues/%2F/from/transfers", `{"action":"move","destination":{"queue":"to"},"rate":10000}`).ID
}

func transferred(t *testing.T, n *node.Node, id string) transfer {
	t.Helper()
	return callTransfers(t, n, "GET", "/api/transfers/"+id, "")
}

func callTransfers(t *testing.T, n *node.Node, method, path, body string) (answer transfer) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+n.HTTP+path, strings.NewReader(body))
	must(t, err)
	r.SetBasicAuth("guest", "guest")
	r.Header.Set("Content-Type", "application/json")
	w, err := http.DefaultClient.Do(r)
	must(t, err)
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	must(t, err)
	if w.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, w.StatusCode, text)
	}
	must(t, json.Unmarshal(text, &answer))
	return answer
}
