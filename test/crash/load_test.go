package crash

import (
	"context"
	"fmt"
	"math/rand/v2"

	amqp "github.com/rabbitmq/amqp091-go"
)

// worker is a client that goes on until the round stops it or the broker is
// killed under it. Every error of its connection ends it: that is what a crash
// looks like.
type worker struct {
	*round
	name   string
	random *rand.Rand
	ch     *amqp.Channel
}

// size is that of a body: mostly small, sometimes larger than what the broker
// copies or reads at once.
func (w *worker) size() int {
	switch w.random.IntN(50) {
	case 0:
		return w.random.IntN(300 << 10)
	case 1, 2, 3, 4:
		return w.random.IntN(10 << 10)
	}
	return w.random.IntN(300)
}

// pending is a publish that waits for its confirm.
type pending struct {
	*entry
	confirm *amqp.DeferredConfirmation
}

// publish publishes with a confirm to come.
func (w *worker) publish(queue string) (pending, error) {
	e := w.ledger.sent(w.name, queue, w.size(), nil)
	w.dress(e)
	exchange, key := e.route()
	c, err := w.ch.PublishWithDeferredConfirmWithContext(context.Background(), exchange, key, false, false, e.message())
	w.count()
	return pending{e, c}, err
}

// dress gives a message what its queue is about.
func (w *worker) dress(e *entry) {
	switch e.queue {
	case fading:
		e.ttl = 1 + w.random.IntN(ttl)
	case late:
		e.delay = 1 + w.random.IntN(delay)
	case ranked:
		e.priority = uint8(w.random.IntN(highest + 1))
	}
}

// settle waits for confirms. A connection that ends resolves those that did not
// come as not confirmed.
func (w *worker) settle(window []pending) {
	for _, p := range window {
		if p.confirm != nil && p.confirm.Wait() {
			w.ledger.note(confirmed, p.entry)
		}
	}
}

// publisher publishes to a queue with a window of confirms.
func publisher(queue string) func(*worker) {
	return func(w *worker) {
		if w.ch.Confirm(false) != nil {
			return
		}
		var window []pending
		for w.goes() {
			p, err := w.publish(queue)
			window = append(window, p)
			if err != nil {
				break
			}
			if len(window) >= 1+w.random.IntN(200) {
				half := (len(window) + 1) / 2
				w.settle(window[:half])
				window = append(window[:0], window[half:]...)
			}
		}
		w.settle(window)
	}
}

// consumer takes from a queue and acknowledges most of it, one by one or many
// at once, gives some back, and keeps some.
func consumer(queue string) func(*worker) {
	return func(w *worker) {
		if w.ch.Qos(1+w.random.IntN(100), 0, false) != nil {
			return
		}
		deliveries, err := w.ch.Consume(queue, w.name, false, false, false, false, nil)
		if err != nil {
			return
		}
		var held []*entry
		for w.goes() {
			select {
			case <-w.stopped:
			case d, ok := <-deliveries:
				if !ok {
					return
				}
				e := w.ledger.received(&d, queue)
				if e == nil {
					return
				}
				held = w.answer(&d, e, held)
			}
		}
		w.flush()
	}
}

// answer settles a delivery in one of the ways there are, or holds it.
func (w *worker) answer(d *amqp.Delivery, e *entry, held []*entry) []*entry {
	switch w.random.IntN(20) {
	case 0:
		d.Nack(false, true)
	case 1, 2, 3, 4:
		return append(held, e)
	case 5:
		w.ledger.note(acked, append(held, e)...)
		d.Ack(true)
		return held[:0]
	default:
		w.ledger.note(acked, e)
		d.Ack(false)
	}
	return held
}

// flush makes sure that the broker has seen what the channel sent.
func (w *worker) flush() { w.ch.Qos(1, 0, false) }

// pairs publishes transactions over two queues, and rolls some back.
func pairs(w *worker) {
	if w.ch.Tx() != nil {
		return
	}
	for w.goes() {
		tx := &transaction{}
		for range 1 + w.random.IntN(5) {
			for _, q := range []string{pairA, pairB} {
				e := w.ledger.sent(w.name, q, w.size(), tx)
				if w.ch.PublishWithContext(context.Background(), "", q, false, false, e.message()) != nil {
					return
				}
				w.count()
			}
		}
		if w.random.IntN(5) == 0 {
			if w.ch.TxRollback() != nil {
				return
			}
		} else if !w.commit(tx) {
			return
		}
	}
}

// commit commits, and tells whether it could.
func (w *worker) commit(tx *transaction) bool {
	w.ledger.note(func(e *entry) { tx.asked = true }, tx.entries...)
	if w.ch.TxCommit() != nil {
		return false
	}
	w.ledger.note(func(e *entry) { tx.committed = true }, tx.entries...)
	return true
}

// mover moves messages from one queue to another in transactions of an
// acknowledgement and a publish.
func mover(w *worker) {
	if w.ch.Tx() != nil || w.ch.Qos(20, 0, false) != nil {
		return
	}
	deliveries, err := w.ch.Consume(inbox, w.name, false, false, false, false, nil)
	if err != nil {
		return
	}
	for w.goes() {
		tx := &transaction{}
		for range 1 + w.random.IntN(5) {
			select {
			case <-w.stopped:
				return
			case d, ok := <-deliveries:
				if !ok || !w.move(&d, tx) {
					return
				}
			}
		}
		if !w.commit(tx) {
			return
		}
	}
}

// move adds one message's move to a transaction.
func (w *worker) move(d *amqp.Delivery, tx *transaction) bool {
	e := w.ledger.received(d, inbox)
	if e == nil {
		return false
	}
	tx.entries = append(tx.entries, e)
	w.ledger.note(func(e *entry) { e.moving = tx }, e)
	if w.ch.PublishWithContext(context.Background(), "", outbox, false, false, e.message()) != nil {
		return false
	}
	w.count()
	return d.Ack(false) == nil
}

// purger publishes to a queue that it purges now and then.
func purger(w *worker) {
	if w.ch.Confirm(false) != nil {
		return
	}
	var window []pending
	for w.goes() {
		p, err := w.publish(purged)
		window = append(window, p)
		if err != nil {
			break
		}
		if w.random.IntN(100) == 0 {
			w.settle(window)
			window = window[:0]
			w.ledger.noteQueue(acked, purged)
			if _, err := w.ch.QueuePurge(purged, false); err != nil {
				return
			}
		}
	}
	w.settle(window)
}

// phoenix declares a queue, fills it and deletes it, again and again.
func phoenix(w *worker) {
	if w.ch.Confirm(false) != nil {
		return
	}
	for life := 0; w.goes(); life++ {
		w.ledger.noteQueue(acked, reborn)
		if _, err := w.ch.QueueDelete(reborn, false, false, false); err != nil {
			return
		}
		w.ledger.noteQueue(dead, reborn)
		if _, err := w.ch.QueueDeclare(reborn, true, false, false, false, nil); err != nil {
			return
		}
		w.name = fmt.Sprintf("phoenix.%d.%d", w.number, life)
		var window []pending
		for range w.random.IntN(40) {
			p, err := w.publish(reborn)
			window = append(window, p)
			if err != nil {
				break
			}
		}
		w.settle(window)
	}
}
