package powercut

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// load is what clients do to a node during one life.
type load struct {
	*node
	ledger  *ledger
	life    int
	budget  atomic.Int64  // messages that may still be published
	spent   chan struct{} // closed when there are none
	stopped chan struct{} // closed when workers are to end
	workers sync.WaitGroup
	purging sync.Mutex // held by who publishes to cond, and by who purges it
}

// worker is a client with a connection of its own. An error of it ends the worker, or begins
// a new channel where it is an answer that it asked for.
type worker struct {
	*load
	name   string
	random *rand.Rand
	conn   *amqp.Connection
	ch     *amqp.Channel
	window []pending
}

// pending is a publish that waits for its confirm.
type pending struct {
	*message
	confirm *amqp.DeferredConfirmation
	acked   []*copied // on the channel before it
}

// begin starts the workers.
func (l *load) begin(seed uint64) {
	for i, job := range jobs {
		w := &worker{load: l, name: fmt.Sprintf("%s.%d.%d", job.name, i, l.life), random: rand.New(rand.NewPCG(seed, uint64(i)))}
		w.conn, w.ch = l.channel()
		l.workers.Go(func() {
			defer w.conn.Close()
			job.do(w)
			w.settle()
		})
	}
}

// end stops the workers and waits for them.
func (l *load) end() {
	close(l.stopped)
	l.workers.Wait()
}

// goes tells whether the worker goes on.
func (w *worker) goes() bool {
	select {
	case <-w.stopped:
		return false
	default:
		return !w.conn.IsClosed()
	}
}

// pause waits for up to some milliseconds.
func (w *worker) pause(most int) {
	select {
	case <-w.stopped:
	case <-time.After(time.Duration(w.random.IntN(most*1000)) * time.Microsecond):
	}
}

// jobs are what the workers do.
var jobs = []struct {
	name string
	do   func(*worker)
}{
	{"first", publisher("plain.0")}, {"second", publisher("plain.0")}, {"plain", consumer("plain.0")},
	{"asking", publisher("plain.1")}, {"answering", responder},
	{"getting", getter},
	{"pairing", pairs}, {"feeding", publisher("inbox")}, {"moving", mover},
	{"fading", publisher("fading")}, {"dying", publisher("dying")},
	{"capped", publisher("capped")}, {"refusing", publisher("refusing")},
	{"ranked", publisher("ranked")}, {"ranked", consumer("ranked")},
	{"voting", publisher("voted")}, {"voted", consumer("voted")},
	{"sure", publisher("sure")}, {"sure", consumer("sure")},
	{"circle", publisher("circle")}, {"circle", consumer("circle")},
	{"late", publisher("late")},
	{"topics", publisher("topic.q")}, {"heads", publisher("heads.q")}, {"others", publisher("other.q")}, {"both", publisher("topic.q", "heads.q")},
	{"purging", purger}, {"phoenix", phoenix},
	{"filling", filler}, {"emptying", emptier}, {"emptying", emptier},
	{"from", publisher("from")}, {"transferring", transferrer},
	{"defining", definer}, {"defining", definer}, {"defining", definer},
	{"operating", operator}, {"importing", importer}, {"expiring", expirer},
}

// body is the message's id, then octets that follow from it.
func body(id string) []byte {
	h := fnv.New32a()
	h.Write([]byte(id))
	n := int(h.Sum32() % 1000)
	if n < 10 {
		n = 20_000 // more than a segment of the log
	}
	return []byte(id + "\n" + strings.Repeat(id, n/len(id)))
}

// address is how a message reaches the queues that it is for.
func (w *worker) address(m *message, p *amqp.Publishing) (exchange, key string) {
	queue := m.copies[0].root
	switch queue {
	case "fading":
		p.Expiration = strconv.Itoa(w.random.IntN(10))
	case "ranked":
		p.Priority = m.priority
	case "late":
		p.Headers = amqp.Table{"x-delay": int32(1 + w.random.IntN(30))} // 0 would not wait, and not lie with the others
		return "later", "late"
	case "topic.q":
		p.Headers = amqp.Table{"kind": "head"}
		if len(m.copies) > 1 {
			return "front", "t.h"
		}
		return "front", "t.1.2"
	case "heads.q":
		p.Headers = amqp.Table{"kind": "head"}
		return "front", "x.h"
	case "other.q":
		return "front", "nowhere"
	}
	return "", queue
}

// send publishes a message to queues.
func (w *worker) send(tx *transaction, mandatory bool, queues ...string) (*message, *amqp.DeferredConfirmation, error) {
	if w.budget.Add(-1) == 0 {
		close(w.spent)
	}
	m := w.ledger.sending(w.name, tx, queues...)
	m.priority = uint8(m.number * 7 % 5)
	c, err := w.publish(m, mandatory)
	return m, c, err
}

func (w *worker) publish(m *message, mandatory bool) (*amqp.DeferredConfirmation, error) {
	p := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: body(m.id)}
	exchange, key := w.address(m, &p)
	return w.ch.PublishWithDeferredConfirm(exchange, key, mandatory, false, p)
}

// settle waits for the confirms of what was published. A connection that ends resolves those
// that did not come as not confirmed.
func (w *worker) settle() {
	for _, p := range w.window {
		if p.confirm != nil && p.confirm.Wait() {
			w.ledger.isConfirmed(p.message)
			w.ledger.letGo(p.acked...)
		}
	}
	w.window = w.window[:0]
}

// publisher publishes to queues with a window of confirms.
func publisher(queues ...string) func(*worker) {
	return func(w *worker) {
		for err := w.ch.Confirm(false); err == nil && w.goes(); {
			var m *message
			var c *amqp.DeferredConfirmation
			m, c, err = w.send(nil, false, queues...)
			w.window = append(w.window, pending{message: m, confirm: c})
			if w.random.IntN(5) == 0 {
				w.settle()
				w.pause(8)
			}
		}
	}
}

// consume takes deliveries until the worker ends.
func (w *worker) consume(queue string, take func(d *amqp.Delivery, c *copied)) {
	if w.ch.Qos(1+w.random.IntN(10), 0, false) != nil {
		return
	}
	deliveries, err := w.ch.Consume(queue, "", false, false, false, false, nil)
	if err != nil {
		return
	}
	for w.goes() {
		select {
		case <-w.stopped:
		case d, ok := <-deliveries:
			if !ok {
				return
			}
			take(&d, w.ledger.delivered(idOf(d.Body), queue))
		}
	}
}

func idOf(body []byte) string {
	id, _, _ := strings.Cut(string(body[:min(len(body), 100)]), "\n")
	return id
}

// consumer settles what comes in all the ways there are.
func consumer(queue string) func(*worker) {
	return func(w *worker) {
		var held []*copied
		w.consume(queue, func(d *amqp.Delivery, c *copied) {
			switch w.random.IntN(10) {
			case 0, 1:
				_ = d.Nack(false, true)
			case 2:
				held = append(held, c)
			case 3, 4:
				if len(roots[queue].leads) == 0 {
					w.ledger.lettingGo(c)
				}
				_ = d.Reject(false)
			case 5:
				w.ledger.lettingGo(append(held, c)...)
				_ = d.Ack(true)
				held = held[:0]
			default:
				w.ledger.lettingGo(c)
				_ = d.Ack(false)
			}
			w.pause(4)
		})
	}
}

// responder acknowledges and then answers, on one channel: a confirmed answer makes the
// acknowledgements before it durable.
func responder(w *worker) {
	if w.ch.Confirm(false) != nil {
		return
	}
	var acked []*copied
	w.consume("plain.1", func(d *amqp.Delivery, c *copied) {
		w.ledger.lettingGo(c)
		_ = d.Ack(false)
		acked = append(acked, c)
		if w.random.IntN(3) > 0 {
			return
		}
		m, confirm, _ := w.send(nil, false, "answers")
		w.window = append(w.window, pending{m, confirm, acked})
		acked = nil
		w.settle()
	})
}

// getter publishes, and gets some of it.
func getter(w *worker) {
	if w.ch.Confirm(false) != nil {
		return
	}
	for w.goes() {
		m, c, err := w.send(nil, false, "got")
		if w.window = append(w.window, pending{message: m, confirm: c}); err != nil {
			return
		}
		if w.random.IntN(2) == 0 {
			continue
		}
		w.settle()
		d, ok, err := w.ch.Get("got", false)
		if err != nil {
			return
		}
		if got := w.ledger.delivered(idOf(d.Body), "got"); ok && w.random.IntN(2) == 0 {
			w.ledger.lettingGo(got)
			_ = d.Ack(false)
		} else if ok {
			_ = d.Nack(false, true)
		}
		w.pause(5)
	}
}

// pairs publishes transactions over two queues, and rolls some back.
func pairs(w *worker) {
	for err := w.ch.Tx(); err == nil && w.goes(); w.pause(8) {
		tx := &transaction{}
		for range 1 + w.random.IntN(4) {
			for _, queue := range []string{"pair.a", "pair.b"} {
				if _, _, err = w.send(tx, false, queue); err != nil {
					return
				}
			}
		}
		if w.random.IntN(4) == 0 {
			err = w.ch.TxRollback()
		} else {
			err = w.commit(tx)
		}
	}
}

func (w *worker) commit(tx *transaction) error {
	w.ledger.note(func(now moment) { tx.asked = now })
	err := w.ch.TxCommit()
	if err == nil {
		w.ledger.note(func(now moment) { tx.committed = now })
	}
	return err
}

// mover moves messages from one queue to another in transactions.
func mover(w *worker) {
	if w.ch.Tx() != nil {
		return
	}
	tx := &transaction{}
	w.consume("inbox", func(d *amqp.Delivery, c *copied) {
		w.ledger.note(func(moment) {
			if m := w.ledger.byID[idOf(d.Body)]; m != nil {
				m.moving = tx
			}
		})
		_ = w.ch.Publish("", "outbox", false, false, amqp.Publishing{DeliveryMode: amqp.Persistent, Body: d.Body})
		_ = d.Ack(false)
		if w.random.IntN(4) > 0 {
			_ = w.commit(tx)
			tx = &transaction{}
		}
	})
}

// purger publishes to a queue that it purges now and then.
func purger(w *worker) {
	for err := w.ch.Confirm(false); err == nil && w.goes(); w.pause(5) {
		m, c, failed := w.send(nil, false, "purged")
		w.window = append(w.window, pending{message: m, confirm: c})
		if err = failed; err == nil && w.random.IntN(3) == 0 {
			w.settle()
			all := w.ledger.copiesIn("purged")
			w.ledger.lettingGo(all...)
			if _, err = w.ch.QueuePurge("purged", false); err == nil {
				w.ledger.letGo(all...)
			}
		}
	}
}

// phoenix declares a queue, fills it and deletes it, again and again.
func phoenix(w *worker) {
	for err := w.ch.Confirm(false); err == nil && w.goes(); w.pause(10) {
		all := w.ledger.copiesIn("phoenix")
		w.ledger.lettingGo(all...)
		done := w.ledger.changing("queue phoenix", absent)
		if _, err = w.ch.QueueDelete("phoenix", false, false, false); err != nil {
			return
		}
		done()
		w.ledger.letGo(all...)
		done = w.ledger.changing("queue phoenix", present)
		if _, err = w.ch.QueueDeclare("phoenix", true, false, false, false, nil); err != nil {
			return
		}
		done()
		for range w.random.IntN(6) {
			m, c, failed := w.send(nil, false, "phoenix")
			w.window, err = append(w.window, pending{message: m, confirm: c}), failed
		}
		w.settle()
	}
}
