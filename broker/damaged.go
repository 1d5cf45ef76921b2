package broker

import (
	"context"
	"log/slog"

	"amqpd/queue"
	"amqpd/store"
)

// Messages that cannot be read back. One whose octets are gone for good is
// dropped: its entry is settled and its reference given back, so that the queue
// drains. One that the disk does not give now stays with nobody until the next
// start. Each is told of once, when it is met.

// unreadable logs a message that cannot be read, with where it is, and reports
// whether it is lost for good; then it counts as damaged.
func (b *Broker) unreadable(err error, where ...slog.Attr) (lost bool) {
	if lost = store.Lost(err); lost {
		b.damaged.Add(1)
	}
	b.log.LogAttrs(context.Background(), slog.LevelError, "message cannot be read",
		append(where, slog.Bool("lost", lost), slog.Any("error", err))...)
	return lost
}

// unreadable reports a message of the queue that cannot be read, and whether it is
// lost. The queue has forgotten it already if taken says so.
func (q *localQueue) unreadable(d *queue.Delivery, taken bool, err error) (lost bool) {
	lost = q.b.unreadable(err, slog.String("vhost", q.vhost.name), slog.String("queue", q.name),
		slog.Uint64("seq", d.Seq), slog.Any("position", d.Pos))
	if taken && !lost {
		q.b.damaged.Add(1)
	}
	return lost || taken
}

// unserved ends a basic.get of a message that cannot be read. REQUIRES mu.
func (q *localQueue) unserved(t *batch, d *queue.Delivery, noAck bool, err error) {
	if q.unreadable(d, noAck, err) && !noAck {
		q.core.Lose(t.now, nil, []store.Range{{From: d.Seq, To: d.Seq}}, &t.fx)
	}
}

// DamagedMessages is how many messages were dropped since the start because their
// octets could not be read back.
func (b *Broker) DamagedMessages() uint64 { return b.damaged.Load() }
