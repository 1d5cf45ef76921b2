package powercut

import (
	"fmt"
	"sync"
)

// moment is a time on the ledger's clock, which ticks with every fact. 0: it has not happened.
type moment int64

// by tells whether something has happened at a time.
func (m moment) by(at moment) bool { return m != 0 && m <= at }

// message is what the clients know of one message. Facts that begin with asked are noted before
// the broker is asked, the others when it has answered.
type message struct {
	id        string
	publisher string
	number    int // of the publisher's
	priority  uint8
	sent      moment
	confirmed moment
	tx        *transaction // that publishes it; nil: none
	moving    *transaction // the last one that moves it from inbox to outbox
	copies    []*copied    // one for each queue that it was published to
}

// copied is a message in one of the queues that it was published to.
type copied struct {
	root      string
	delivered moment // to a client
	askedGone moment // acknowledged, purged, deleted with its queue
	gone      moment // and that is durable
}

// transaction is what a client knows of one.
type transaction struct {
	asked, committed moment
	messages         []*message
}

// ledger is what all clients know. Its lock guards whatever hangs on it.
type ledger struct {
	mu         sync.Mutex
	clock      moment
	byID       map[string]*message
	publishers map[string][]*message // in the order of publishing
	registers  map[string]*register
	values     map[string]string // of registers when this life began
}

func newLedger() *ledger {
	return &ledger{byID: map[string]*message{}, publishers: map[string][]*message{}, registers: map[string]*register{}}
}

// now is the time of a new fact.
func (l *ledger) now() moment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.nowLocked()
}

func (l *ledger) nowLocked() moment {
	l.clock++
	return l.clock
}

// note has facts changed at one time.
func (l *ledger) note(change func(now moment)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l.nowLocked())
}

// sending enters a message that is about to be published to queues.
func (l *ledger) sending(publisher string, tx *transaction, roots ...string) *message {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := &message{publisher: publisher, number: len(l.publishers[publisher]), sent: l.nowLocked(), tx: tx}
	m.id = fmt.Sprintf("%s/%d", publisher, m.number)
	for _, root := range roots {
		m.copies = append(m.copies, &copied{root: root})
	}
	l.byID[m.id] = m
	l.publishers[publisher] = append(l.publishers[publisher], m)
	if tx != nil {
		tx.messages = append(tx.messages, m)
	}
	return m
}

// copyIn returns the copy of a message in one of the queues that it was published to, else nil.
func (m *message) copyIn(root string) *copied {
	for _, c := range m.copies {
		if c.root == root {
			return c
		}
	}
	return nil
}

// copiesIn lists the copies of all messages that were ever published to a queue.
func (l *ledger) copiesIn(root string) (all []*copied) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.byID {
		if c := m.copyIn(root); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// delivered notes that a client has a message from a queue. It returns its copy there, nil for
// one that died into the queue.
func (l *ledger) delivered(id, queue string) (c *copied) {
	l.note(func(now moment) {
		if m := l.byID[id]; m != nil {
			if c = m.copyIn(queue); c != nil && c.delivered == 0 {
				c.delivered = now
			}
		}
	})
	return c
}

// lettingGo notes that the broker is about to be asked to let go of copies.
func (l *ledger) lettingGo(copies ...*copied) {
	l.note(func(now moment) {
		for _, c := range copies {
			if c != nil && c.askedGone == 0 {
				c.askedGone = now
			}
		}
	})
}

// letGo notes that copies are durably gone.
func (l *ledger) letGo(copies ...*copied) {
	l.note(func(now moment) {
		for _, c := range copies {
			if c != nil && c.gone == 0 {
				c.gone = now
			}
		}
	})
}

// isConfirmed notes a confirm.
func (l *ledger) isConfirmed(m *message) {
	l.note(func(now moment) { m.confirmed = now })
}

// register is a definition that clients change: what each of them asked for, and when. Any
// number of them may do so at the same time.
type register struct {
	name    string
	changes []*change
}

// change sets a register.
type change struct {
	value           string
	asked, answered moment
}

// absent is the value of what is not there.
const absent = ""

// changing notes that a register is about to be set.
func (l *ledger) changing(name, value string) (done func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.registers[name]
	if r == nil {
		r = &register{name: name, changes: []*change{{l.values[name], 1, 1}}}
		l.registers[name] = r
	}
	c := &change{value: value, asked: l.nowLocked()}
	r.changes = append(r.changes, c)
	return func() { l.note(func(now moment) { c.answered = now }) }
}

// allows tells whether the register may have a value in an image: the one of a change that was
// asked for, and that no other followed which was answered.
func (r *register) allows(value string, in span) bool {
	for _, c := range r.changes {
		if c.value == value && c.asked <= in.to && !r.overtaken(c, in) {
			return true
		}
	}
	return false
}

func (r *register) overtaken(c *change, in span) bool {
	for _, later := range r.changes {
		if c.answered != 0 && later.asked > c.answered && later.answered.by(in.from) {
			return true
		}
	}
	return false
}

// span is when an image was taken.
type span struct{ from, to moment }
