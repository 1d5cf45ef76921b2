package broker

import (
	"log/slog"

	"amqpd/queue"
	"amqpd/store"
)

// letterbox keeps the dead letters of one queue that found no place: of a queue
// that dead-letters at least once, those that a target refused, or that lead
// nowhere as the definitions are now; of any queue, those that the disk did not
// give (amqp-behaviour §5.8). They are tried again, in their order, with the
// bindings and the dead-letter exchange of that time, until they are taken.
//
// In the log they stay entries of the queue that they died in: a restart finds
// them there, alive. They count against the limits of that queue.
//
// A queue has one while it holds something. Guarded by the queue's mu but for
// turn; only the agenda takes letters out.
type letterbox struct {
	q     *localQueue
	turn  appointment
	list  []letter // by age; each owns a reference
	pause int64    // until the next attempt, ms
}

// letter is one letter of a letterbox.
type letter struct {
	queue.Dead
	has []uint64 // the queues that have it
}

const (
	// letterWindow is how many letters of a box are tried together: the first ones.
	// If none of them is taken, nothing behind them is tried either.
	letterWindow = 32
	// letterTurns is how many windows of one box are tried in one turn of the agenda.
	letterTurns = 16
	// letterPause and letterPauseMost are how long, in milliseconds, a box waits after
	// an attempt without success: twice as long after each, until the most is reached.
	letterPause     = 1000
	letterPauseMost = 30_000
)

// add puts letters behind those that wait. REQUIRES q.mu.
func (x *letterbox) add(letters []queue.Dead) {
	octets := int64(0)
	for i := range letters {
		x.list = append(x.list, letter{Dead: letters[i]})
		octets += int64(letters[i].Size)
	}
	x.park(len(letters), octets)
}

// park keeps count of what is in the box. REQUIRES q.mu.
func (x *letterbox) park(n int, octets int64) {
	x.q.core.Park(n, octets)
	x.q.b.waiting.Add(int64(n))
}

// keep puts letters of the queue that found no place into its box; false: the queue
// was deleted. It is called without a queue's lock.
func (q *localQueue) keep(t *batch, letters []dead) bool {
	q.mu.Lock()
	if q.gone {
		q.mu.Unlock()
		return false
	}
	first := q.box == nil
	if first {
		q.box = &letterbox{q: q, pause: letterPause}
		q.box.turn.run = q.box.tick
	}
	for i := range letters {
		d := &letters[i]
		q.box.list = append(q.box.list, letter{Dead: d.Dead, has: d.has})
		q.box.park(1, int64(d.Size))
	}
	q.b.agenda.set(&q.box.turn, t.now+q.box.pause)
	q.mu.Unlock()
	if first {
		q.b.log.Warn("dead letters wait: not every queue that they lead to takes them, or they lead to none",
			slog.String("vhost", q.vhost.name), slog.String("queue", q.name), slog.String("exchange", letters[0].from.exchange))
	}
	return true
}

// dropBox lets the letters of a queue go that is deleted. REQUIRES mu.
func (q *localQueue) dropBox(t *batch) {
	if q.box == nil {
		return
	}
	for i := range q.box.list {
		t.released = append(t.released, q.box.list[i].Pos)
	}
	q.b.waiting.Add(-int64(len(q.box.list)))
	q.b.agenda.cancel(&q.box.turn)
	q.box = nil
}

// tick tries letters again, as long as some are taken.
func (x *letterbox) tick(t *batch) {
	taken := 1
	for turn := 0; turn < letterTurns && taken > 0; turn++ {
		t.b.store.Throttle()
		window := x.window()
		t.offer(window)
		taken = x.conclude(t, window)
		t.bury()
	}
	x.q.mu.Lock()
	defer x.q.mu.Unlock()
	switch {
	case x.q.box != x:
	case taken > 0:
		t.b.agenda.set(&x.turn, t.now) // others first, then more
	default:
		t.b.agenda.set(&x.turn, t.now+x.pause)
	}
}

// window returns the letters that are next, with a reference each, to go where
// the queue's letters go now.
func (x *letterbox) window() []dead {
	x.q.mu.Lock()
	defer x.q.mu.Unlock()
	if x.q.box != x {
		return nil
	}
	window := make([]dead, min(len(x.list), letterWindow))
	for i := range window {
		l := &x.list[i]
		x.q.b.store.Retain(l.Pos, 1)
		window[i] = dead{Dead: l.Dead, q: x.q, from: x.q.letters, has: l.has}
	}
	return window
}

// conclude takes those letters of a window out that are done with, and returns
// how many. The references of the window are given back.
func (x *letterbox) conclude(t *batch, window []dead) (taken int) {
	for i := range window {
		t.released = append(t.released, window[i].Pos)
	}
	x.q.mu.Lock()
	defer x.q.mu.Unlock()
	if x.q.box != x {
		return 0 // the queue was deleted meanwhile, and its letters with it
	}
	var gone []store.Range
	for i := len(window) - 1; i >= 0; i-- { // what is left moves up to what was not tried
		d := &window[i]
		if !d.done() {
			x.list[i+taken] = letter{Dead: d.Dead, has: d.has}
			continue
		}
		taken++
		gone = t.endLetter(d, gone)
		x.park(-1, -int64(d.Size))
	}
	clear(x.list[:taken])
	x.list = x.list[taken:]
	if len(gone) > 0 {
		t.log.Settle(x.q.id, joined(gone))
	}
	x.pause = min(x.pause*2, letterPauseMost)
	if taken > 0 {
		x.pause = letterPause
	}
	if len(x.list) == 0 {
		x.q.box = nil
	}
	return taken
}

// DeadLettersWaiting is how many dead letters wait because not every queue takes
// them that should have them.
func (b *Broker) DeadLettersWaiting() int { return int(b.waiting.Load()) }

// DeadLettersConfirmed is how many dead letters of queues that dead-letter at
// least once have arrived, since the start.
func (b *Broker) DeadLettersConfirmed() uint64 { return b.buried.Load() }
