package powercut

import (
	"fmt"
	"slices"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// audit is one look at everything that is in an image.
type audit struct {
	t      testing.TB
	node   *node
	ledger *ledger
	at     span
	how    string
	take   bool // acknowledge what is there
	wait   time.Duration
	found  map[string]map[*message]int
	ranks  map[string]int // of the latest message, by queue, publisher and priority
	values map[string]string
	failed int
}

// delivery is one of some queue.
type delivery struct {
	amqp.Delivery
	queue string
}

func (a *audit) errorf(format string, args ...any) {
	if a.failed++; a.failed <= 5 {
		a.t.Errorf("%s: %s", a.how, fmt.Sprintf(format, args...))
	}
}

// run reads every queue to its end and holds what is there against the ledger.
func (a *audit) run() {
	a.found, a.ranks = map[string]map[*message]int{}, map[string]int{}
	a.values = lookUp(a.node)
	if err := a.node.Verify(); err != nil {
		a.errorf("%v", err)
	}
	conn, _ := a.node.channel()
	defer conn.Close()
	in, done := make(chan delivery, 100), make(chan struct{})
	defer close(done)
	awaited := map[string]int{}
	for _, queue := range queues() {
		a.found[queue] = map[*message]int{}
		if a.values["queue "+queue] == present {
			awaited[queue] = a.subscribe(conn, queue, in, done)
		} else if !roots[queue].passing {
			a.errorf("queue %s is gone", queue)
		}
	}
	missing := a.collect(in, awaited)
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	for _, text := range missing {
		a.errorf("%s", text)
	}
	for _, m := range a.ledger.byID {
		a.message(m)
	}
	for _, r := range a.ledger.registers {
		if value := a.values[r.name]; !r.allows(value, a.at) {
			a.errorf("%s is %q, which cannot be: %s", r.name, value, r.history())
		}
	}
	if err := a.node.Verify(); err != nil {
		a.errorf("after the audit: %v", err)
	}
}

func (r *register) history() (text string) {
	for _, c := range r.changes[max(len(r.changes)-6, 0):] {
		text += fmt.Sprintf("%q %d-%d ", c.value, c.asked, c.answered)
	}
	return text
}

// subscribe consumes a queue and returns how many messages it will give at least.
func (a *audit) subscribe(conn *amqp.Connection, queue string, in chan<- delivery, done <-chan struct{}) int {
	ch, err := conn.Channel()
	if err != nil {
		a.t.Fatal(err)
	}
	q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	deliveries, err := ch.Consume(queue, "", false, false, false, false, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	go func() {
		for d := range deliveries {
			select {
			case in <- delivery{d, queue}:
			case <-done:
				return
			}
		}
	}()
	if roots[queue].ages {
		return 0
	}
	return q.Messages
}

// collect receives until every queue gave what it announced and nothing is missing, or until it
// has waited too long; it returns what is missing then.
func (a *audit) collect(in <-chan delivery, awaited map[string]int) (missing []string) {
	for end := time.Now().Add(a.wait); ; {
		select {
		case d := <-in:
			a.received(&d)
			awaited[d.queue]--
			continue
		case <-time.After(5 * time.Millisecond):
		}
		missing = a.missing()
		for queue, n := range awaited {
			if n > 0 {
				missing = append(missing, fmt.Sprintf("%s has %d messages more than it gives", queue, n))
			}
		}
		if len(missing) == 0 || time.Now().After(end) {
			return missing
		}
	}
}

// received checks what holds for any delivery.
func (a *audit) received(d *delivery) {
	id := idOf(d.Body)
	if id == "none" {
		return
	}
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	m := a.ledger.byID[id]
	switch {
	case m == nil || !m.sent.by(a.at.to):
		a.errorf("invented: %q in %s was not published", id, d.queue)
		return
	case string(body(id)) != string(d.Body):
		a.errorf("changed: %s in %s", id, d.queue)
	}
	a.found[d.queue][m]++
	if a.take {
		_ = d.Ack(false)
	}
	c := m.copyIn(d.queue)
	if c == nil {
		return
	}
	if c.delivered.by(a.at.from) && !d.Redelivered && !copying(d.queue) {
		a.errorf("unmarked: %s in %s comes again without redelivered", id, d.queue)
	}
	if rank := fmt.Sprint(d.queue, m.publisher, m.priority); !roots[d.queue].unordered {
		if last, ok := a.ranks[rank]; ok && last > m.number {
			a.errorf("order: %s in %s comes after number %d", id, d.queue, last)
		}
		a.ranks[rank] = m.number
	}
}

// there tells whether a copy is in its queue or where its queue leads.
func (a *audit) there(m *message, c *copied) bool {
	if a.found[c.root][m] > 0 {
		return true
	}
	r := roots[c.root]
	some := func(queue string) bool { return a.found[queue][m] > 0 }
	if r.every {
		return !slices.ContainsFunc(r.leads, func(queue string) bool { return !some(queue) })
	}
	return slices.ContainsFunc(r.leads, some)
}

// missing lists what has to be there and is not.
func (a *audit) missing() (list []string) {
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	for _, messages := range a.ledger.publishers {
		behind := map[string]bool{} // queues where a later message is
		for _, m := range slices.Backward(messages) {
			if !m.sent.by(a.at.to) {
				continue
			}
			for _, c := range m.copies {
				switch there := a.there(m, c); {
				case there:
					behind[c.root] = true
				case c.askedGone.by(a.at.to):
				case m.confirmed.by(a.at.from):
					list = append(list, fmt.Sprintf("lost: %s of %s was confirmed", m.id, c.root))
				case m.tx != nil && m.tx.committed.by(a.at.from):
					list = append(list, fmt.Sprintf("lost: %s of %s was committed", m.id, c.root))
				case m.tx == nil && behind[c.root] && !roots[c.root].refuses && !roots[c.root].passing:
					list = append(list, fmt.Sprintf("hole: %s of %s is not there, a later one is", m.id, c.root))
				}
			}
		}
	}
	return list
}

// message checks that a message is nowhere where it should not be. REQUIRES the ledger's lock.
func (a *audit) message(m *message) {
	allowed := map[string]bool{}
	for _, c := range m.copies {
		allowed[c.root] = true
		for _, queue := range roots[c.root].leads {
			allowed[queue] = true
		}
		if c.gone.by(a.at.from) && a.there(m, c) {
			a.errorf("undead: %s is back in %s", m.id, c.root)
		}
	}
	for queue, found := range a.found {
		switch n := found[m]; {
		case n > 0 && !allowed[queue]:
			a.errorf("astray: %s is in %s", m.id, queue)
		case n > 1 && !copying(queue):
			a.errorf("twice: %s is in %s", m.id, queue)
		}
	}
	a.transaction(m)
}

// transaction checks that a message is there only with all others of its transaction, and not in
// the queue that it was moved out of as well.
func (a *audit) transaction(m *message) {
	in, out := a.found["inbox"][m] > 0, a.found["outbox"][m] > 0
	switch t := m.moving; {
	case in && out:
		a.errorf("doubled: %s is in the inbox and in the outbox", m.id)
	case in && t != nil && t.committed.by(a.at.from):
		a.errorf("unmoved: %s is in the inbox", m.id)
	case out && t != nil && !t.asked.by(a.at.to):
		a.errorf("uncommitted: %s is in the outbox", m.id)
	}
	if m.tx == nil || !a.there(m, m.copies[0]) {
		return
	}
	if !m.tx.asked.by(a.at.to) {
		a.errorf("uncommitted: %s is there", m.id)
	}
	for _, other := range m.tx.messages {
		if c := other.copies[0]; !c.askedGone.by(a.at.to) && !a.there(other, c) {
			a.errorf("torn: %s is there, %s is not", m.id, other.id)
		}
	}
}

// carryOver makes what is there what the clients know: this image is the disk from now on, and
// what happened on the other one did not.
func (a *audit) carryOver() {
	a.ledger.note(func(now moment) {
		for _, m := range a.ledger.byID {
			m.tx, m.moving = nil, nil
			for _, c := range m.copies {
				a.carryCopy(m, c, now)
			}
		}
		a.ledger.values = a.values
		for _, r := range a.ledger.registers {
			r.changes = []*change{{a.values[r.name], now, now}}
		}
	})
}

func (a *audit) carryCopy(m *message, c *copied, now moment) {
	switch r := roots[c.root]; {
	case a.there(m, c):
		m.confirmed, c.delivered = now, now
		c.askedGone, c.gone = 0, 0
		if a.take {
			c.askedGone = now
		}
	case r.ages || len(r.leads) > 0: // it may be on its way
		c.askedGone = now
	default:
		c.askedGone, c.gone = now, now
	}
}
