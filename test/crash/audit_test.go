package crash

import (
	"fmt"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

// audit is one look at everything that is there after a restart.
type audit struct {
	*world
	found map[string]map[*entry]bool // by queue
	clean bool                       // the node was stopped, not killed
	was   map[*entry]bool            // acknowledged before this audit
}

// audit reads every queue to its end and holds it against the ledger. Then it
// acknowledges everything, or gives everything back.
func (w *world) audit(clean bool) {
	w.t.Helper()
	a := &audit{world: w, found: map[string]map[*entry]bool{}, clean: clean, was: map[*entry]bool{}}
	for _, e := range w.ledger.byID {
		a.was[e] = e.acked
	}
	a.awaitLate()
	a.awaitGraves()
	take := w.random.IntN(3) == 0
	for _, q := range append(w.queues(), reborn) {
		a.drain(q, take)
	}
	for p, entries := range w.ledger.publishers {
		a.publisher(p, entries)
	}
	a.transactions()
	for _, e := range w.ledger.byID {
		a.carryOver(e, take)
	}
}

// carryOver is what the ledger knows of a message from now on: an
// acknowledgement or a move that the crash forgot is forgotten, so that the
// message may not be lost any more.
func (a *audit) carryOver(e *entry, taken bool) {
	there := a.somewhere(e)
	e.gone = e.gone || !there
	e.acked = there && taken || !there && e.acked
	if a.found[inbox][e] {
		e.moving = nil
	}
}

// awaitLate waits until everything that is delayed has come: what is delayed as much as
// anything, and published only now, comes last.
func (a *audit) awaitLate() {
	a.t.Helper()
	ch := a.node.Channel()
	defer ch.Close()
	q, err := ch.QueueDeclare("", false, true, true, false, nil)
	must(a.t, err)
	must(a.t, ch.QueueBind(q.Name, "probe", later, false, nil))
	deliveries, err := ch.Consume(q.Name, "", true, false, false, false, nil)
	must(a.t, err)
	must(a.t, ch.Publish(later, "probe", false, false, amqp.Publishing{Headers: amqp.Table{"x-delay": int32(delay)}}))
	if _, ok := receive(deliveries); !ok {
		a.t.Errorf("a message that was delayed by %d ms does not come", delay)
	}
}

// awaitGraves waits until everything that expires has. A message is nowhere for a moment
// while it goes from one queue to another, so they have to be empty for a while.
func (a *audit) awaitGraves() {
	a.t.Helper()
	ch := a.node.Channel()
	defer ch.Close()
	empty := 0
	for end := time.Now().Add(node.Patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		empty++
		for _, name := range []string{fading, dying} {
			q, err := ch.QueueDeclarePassive(name, true, false, false, false, nil)
			if err != nil {
				a.t.Fatalf("%s is gone: %v", name, err)
			}
			if q.Messages > 0 {
				empty = 0
			}
		}
		if empty == 20 {
			return
		}
	}
	a.t.Errorf("messages with a TTL of %d ms do not expire", ttl)
}

// drain reads a queue, and acknowledges it if it takes what it reads.
func (a *audit) drain(queue string, take bool) {
	a.t.Helper()
	c, err := a.node.Dial()
	if err != nil {
		a.t.Fatal(err)
	}
	defer c.Close()
	ch, err := c.Channel()
	if err != nil {
		a.t.Fatal(err)
	}
	found := map[*entry]bool{}
	a.found[queue] = found
	q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil {
		if queue != reborn {
			a.t.Errorf("a durable queue is gone: %v", err)
		}
		return
	}
	deliveries, err := ch.Consume(queue, "", false, false, false, false, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	last := map[string]int{}
	for i := range q.Messages {
		d, ok := receive(deliveries)
		if !ok {
			a.t.Fatalf("%s says that it has %d messages, and gives %d", queue, q.Messages, i)
		}
		e := a.ledger.received(&d, queue)
		if e == nil {
			continue
		}
		switch {
		case found[e] && (a.clean || !copied(queue)):
			a.t.Errorf("twice: %v in %s", e, queue)
		case found[e]:
			a.ledger.doubled++
		}
		found[e] = true
		if !d.Redelivered || queue != voted { // which comes back where the queue likes
			a.inOrder(last, e, queue)
		}
		if take {
			a.ledger.note(acked, e)
			d.Ack(false)
		}
	}
	if q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil); err != nil || q.Messages != 0 {
		a.t.Errorf("%s has %d messages more than it said: %v", queue, q.Messages, err)
	}
}

// receive waits for a delivery.
func receive(deliveries <-chan amqp.Delivery) (amqp.Delivery, bool) {
	select {
	case d, ok := <-deliveries:
		return d, ok
	case <-time.After(node.Patience):
		return amqp.Delivery{}, false
	}
}

// inOrder checks a publisher's order in the queue that it published to.
func (a *audit) inOrder(last map[string]int, e *entry, queue string) {
	if e.queue != queue || e.delay > 0 || e.ttl > 0 {
		return // moved by transactions, by death or by time, whose order is not the publisher's
	}
	publisher, number := e.place()
	publisher = fmt.Sprint(publisher, " at ", e.priority)
	if before, ok := last[publisher]; ok && before > number {
		a.t.Errorf("order: %v in %s comes after number %d", e, queue, before)
	}
	last[publisher] = number
}

// place is the message's publisher and number.
func (e *entry) place() (publisher string, number int) {
	i := strings.LastIndexByte(e.id, '/')
	for _, digit := range e.id[i+1:] {
		number = 10*number + int(digit-'0')
	}
	return e.id[:i], number
}

// somewhere tells whether the message is in its queue or in another.
func (a *audit) somewhere(e *entry) bool {
	for _, found := range a.found {
		if found[e] {
			return true
		}
	}
	return false
}

// publisher checks that nothing confirmed is lost, that nothing that was sent
// before a message that is there is lost, and that a clean stop keeps
// acknowledgements.
func (a *audit) publisher(name string, entries []*entry) {
	last := len(entries) - 1
	for last >= 0 && !a.somewhere(entries[last]) {
		last--
	}
	lost := 0
	for i, e := range entries {
		there := a.somewhere(e)
		switch {
		case there && a.clean && a.was[e]:
			a.t.Errorf("returned: %v is back after a clean stop", e)
		case there || e.gone || a.was[e] || e.tx != nil:
		case e.confirmed:
			a.t.Errorf("lost: %v of %s", e, e.queue)
			lost++
		case i < last:
			a.t.Errorf("hole: %v of %s is not there, number %d is", e, e.queue, last)
			lost++
		}
		if lost > 10 {
			a.t.Errorf("and more of %s", name)
			return
		}
	}
}

// transactions checks that each is there as a whole or not at all, and that a
// message that one moves is in one place.
func (a *audit) transactions() {
	checked := map[*transaction]bool{}
	for _, e := range a.ledger.byID {
		in, out := a.found[inbox][e], a.found[outbox][e]
		switch m := e.moving; {
		case in && out:
			a.t.Errorf("doubled: %v is in %s and in %s", e, inbox, outbox)
		case in && m != nil && m.committed:
			a.t.Errorf("unmoved: %v is in %s", e, inbox)
		case out && (m == nil || !m.asked):
			a.t.Errorf("uncommitted: %v is in %s", e, outbox)
		}
		if e.tx != nil && !checked[e.tx] {
			checked[e.tx] = true
			a.whole(e.tx)
		}
	}
}

// whole checks one transaction of publishes.
func (a *audit) whole(tx *transaction) {
	there, may := 0, true
	for _, e := range tx.entries {
		if a.found[e.queue][e] {
			there++
		}
		may = may && !a.was[e] && !e.gone
	}
	switch first := tx.entries[0]; {
	case there > 0 && !tx.asked:
		a.t.Errorf("uncommitted: %d of %d messages of %v are there", there, len(tx.entries), first)
	case may && there != len(tx.entries) && (tx.committed || there > 0):
		a.t.Errorf("torn: %d of %d messages of %v are there", there, len(tx.entries), first)
	}
}
