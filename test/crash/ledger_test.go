package crash

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// entry is what the clients know of one message. Its flags say what may have
// happened: they are set before the broker is asked, but for confirmed and
// committed, which are set when it has answered.
type entry struct {
	id        string // "publisher/number", unique
	queue     string // where it was published
	size      int    // octets of body
	priority  uint8
	ttl       int // of its own, 0 none [ms]
	delay     int // until it is in its queue [ms]
	confirmed bool
	delivered bool // a client has had it
	acked     bool // or purged, or its queue deleted
	gone      bool // an audit has missed it: it may not come back
	dead      bool // its queue's deletion was confirmed: it may not come back either
	tx        *transaction
	moving    *transaction // the last one that moves it to another queue
}

// transaction is what the client knows of one.
type transaction struct {
	asked     bool // tx.commit was sent
	committed bool // tx.commit-ok came
	entries   []*entry
}

// ledger holds every message that was ever published. It is safe for
// concurrent use; so are entries through its methods.
type ledger struct {
	mu         sync.Mutex
	t          testing.TB
	byID       map[string]*entry
	publishers map[string][]*entry // in the order of publishing
	doubled    int                 // messages that a crash left in two places
}

func newLedger(t testing.TB) *ledger {
	return &ledger{t: t, byID: map[string]*entry{}, publishers: map[string][]*entry{}}
}

// note changes entries together.
func (l *ledger) note(change func(*entry), entries ...*entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range entries {
		change(e)
	}
}

// noteQueue changes all that was ever published to a queue.
func (l *ledger) noteQueue(change func(*entry), queue string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.byID {
		if e.queue == queue {
			change(e)
		}
	}
}

func confirmed(e *entry) { e.confirmed = true }
func acked(e *entry)     { e.acked = true }
func dead(e *entry)      { e.dead = true }

// sent enters a new message.
func (l *ledger) sent(publisher, queue string, size int, tx *transaction) *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &entry{id: fmt.Sprintf("%s/%d", publisher, len(l.publishers[publisher])), queue: queue, size: size, tx: tx}
	l.byID[e.id] = e
	l.publishers[publisher] = append(l.publishers[publisher], e)
	if tx != nil {
		tx.entries = append(tx.entries, e)
	}
	return e
}

// message is the entry's message: its id, then octets that follow from it.
func (e *entry) message() amqp.Publishing {
	p := amqp.Publishing{DeliveryMode: amqp.Persistent, Priority: e.priority, Body: e.body()}
	if e.ttl > 0 {
		p.Expiration = strconv.Itoa(e.ttl)
	}
	if e.delay > 0 {
		p.Headers = amqp.Table{"x-delay": int32(e.delay)}
	}
	return p
}

// route is where the message is published to.
func (e *entry) route() (exchange, key string) {
	if e.delay > 0 {
		return later, e.queue
	}
	return "", e.queue
}

// copied tells whether messages come to a queue as a copy of what is somewhere else, which is
// let go of after that: a crash in between leaves both.
func copied(queue string) bool { return queue == late || queue == dying || queue == graves }

func (e *entry) body() []byte {
	hash := fnv.New64a()
	hash.Write([]byte(e.id))
	random := rand.NewPCG(hash.Sum64(), 0)
	b := append(make([]byte, 0, e.size+8), e.id+"\n"...)
	for len(b) < e.size {
		x := random.Uint64()
		b = append(b, byte(x), byte(x>>8), byte(x>>16), byte(x>>24), byte(x>>32), byte(x>>40), byte(x>>48), byte(x>>56))
	}
	return b
}

// received finds the entry of a delivery from a queue and checks what holds for
// any delivery at any time: it was published, is whole, may still be there, and
// says so if somebody had it before.
func (l *ledger) received(d *amqp.Delivery, queue string) *entry {
	id, _, _ := strings.Cut(string(d.Body[:min(len(d.Body), 100)]), "\n")
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.byID[id]
	switch {
	case e == nil:
		l.t.Errorf("invented: %q in %s was never published", id, queue)
		return nil
	case string(e.body()) != string(d.Body):
		l.t.Errorf("changed: %v in %s has %d octets that were not sent", e, queue, len(d.Body))
	case e.dead:
		l.t.Errorf("undead: %v in %s was in a queue whose deletion was confirmed", e, queue)
	case e.gone:
		l.t.Errorf("undead: %v in %s was missing at an earlier audit", e, queue)
	case e.delivered && queue == e.queue && !d.Redelivered && !copied(queue):
		l.t.Errorf("unmarked: %v in %s comes again without redelivered", e, queue)
	}
	e.delivered = true
	return e
}

func (e *entry) String() string {
	var flags []string
	for _, f := range []struct {
		set  bool
		name string
	}{{e.confirmed, "confirmed"}, {e.delivered, "delivered"}, {e.acked, "acked"}, {e.gone, "gone"},
		{e.tx != nil && e.tx.asked, "commit sent"}, {e.tx != nil && e.tx.committed, "committed"},
		{e.moving != nil && e.moving.asked, "move's commit sent"}, {e.moving != nil && e.moving.committed, "moved"}} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	return fmt.Sprintf("%s (%s)", e.id, strings.Join(flags, ", "))
}

// String counts what the ledger has, so that a run shows what it has tried.
func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var confirmed, delivered, acked, committed, moved, doubtful int
	for _, e := range l.byID {
		for _, f := range []struct {
			set   bool
			count *int
		}{{e.confirmed, &confirmed}, {e.delivered, &delivered}, {e.acked, &acked},
			{e.tx != nil && e.tx.committed, &committed}, {e.moving != nil && e.moving.committed, &moved},
			{e.tx != nil && e.tx.asked && !e.tx.committed || e.moving != nil && e.moving.asked && !e.moving.committed, &doubtful}} {
			if f.set {
				*f.count++
			}
		}
	}
	return fmt.Sprintf("%d messages: %d confirmed, %d delivered, %d acked, %d committed, %d moved, %d in doubt, %d doubled",
		len(l.byID), confirmed, delivered, acked, committed, moved, doubtful, l.doubled)
}
