package broker

import (
	"errors"
	"fmt"
	"time"

	"amqpd/amqp"
)

// run moves messages until there are no more, step by step.
func (x *transfer) run() {
	defer x.table.ended(x)
	about := x.ask.describe(x.view.ID)
	x.audit("transfer.begin", about, "")
	x.told = TransferRunning
	x.tell("created")
	for x.await() {
		x.step()
	}
	x.octets, x.picks = nil, nil
	v, refused := x.shown(), ""
	if v.State == TransferFailed {
		refused = v.Error
	}
	about += fmt.Sprintf(" state=%s moved=%d failed=%d examined=%d", v.State, v.Moved, v.Failed, v.Examined)
	x.audit("transfer.end", about, refused)
	x.mu.Lock()
	x.view.Ended = time.Now()
	x.mu.Unlock()
	x.tell("changed")
}

// audit tells the audit log.
func (x *transfer) audit(action, about, refused string) {
	x.agent.b.Audit(AuditEvent{
		Actor: x.agent.who, Action: action, Vhost: x.agent.vhost.name, Object: x.ask.Queue, Detail: about, Refused: refused,
	})
}

// describe says in words what is asked for.
func (r *TransferRequest) describe(id string) string {
	return fmt.Sprintf("id=%s action=%s to=%s", id, r.Action, r.target())
}

// target says in words where messages go.
func (r *TransferRequest) target() string {
	switch {
	case r.ToQueue != nil:
		return "queue:" + *r.ToQueue
	case r.ToExchange != nil && r.RoutingKey != nil:
		return "exchange:" + *r.ToExchange + " key:" + *r.RoutingKey
	case r.ToExchange != nil:
		return "exchange:" + *r.ToExchange
	case r.RedriveToQueue:
		return "queue-of-first-death"
	}
	return "exchange-of-first-death"
}

// await waits until it is time for a step: while the transfer is paused, while
// an alarm is on, and as its rate demands. false: it is over.
func (x *transfer) await() bool {
	for {
		state := x.shown().State
		if state != TransferRunning && state != TransferPaused {
			return false
		}
		if state != x.told {
			x.told = state
			x.tell("changed")
		}
		if state == TransferPaused {
			<-x.wake
			continue
		}
		if _, cleared, on := x.agent.b.alarms.wait(); on {
			select {
			case <-cleared:
			case <-x.wake:
			}
			continue
		}
		early := time.Until(x.next)
		if early <= 0 {
			return true
		}
		timer := time.NewTimer(early)
		select {
		case <-timer.C:
		case <-x.wake:
			timer.Stop()
		}
	}
}

// step moves some messages: it notes the places of some, chooses without the
// queue's lock, withholds what it chose, publishes it, waits until it is durable,
// and ends it in its queue.
func (x *transfer) step() {
	b := x.agent.b
	b.store.Throttle()
	begin := time.Now()
	moved := 0
	err := x.agent.on(func(ch *channel) error {
		if err := x.mayGoOn(ch); err != nil {
			return err
		}
		t := ch.c.batch
		examined := x.choose(t)
		if x.ask.Action != TransferCopy {
			x.withhold(t)
		}
		x.send(ch)
		moved = x.end(t, examined)
		x.release(t)
		return nil
	})
	if x.ask.MaxRate > 0 && moved > 0 {
		if x.next.Before(begin) {
			x.next = begin
		}
		x.next = x.next.Add(time.Duration(moved) * time.Second / time.Duration(x.ask.MaxRate))
	}
	if err != nil {
		x.fail(err)
	}
}

// mayGoOn checks what may have changed since the last step: permissions, and
// that queue and destination are still there.
func (x *transfer) mayGoOn(ch *channel) error {
	const id = amqp.MethodBasicGet
	q, err := ch.readable(id, x.ask.Queue)
	if err != nil {
		return err
	}
	if q != x.q {
		return amqp.NotFound(id, "%s was deleted", x.q.resource())
	}
	if x.ask.Action == TransferRedrive {
		return nil
	}
	return ch.mayTransfer(&x.ask)
}

// room is how many messages a step may move.
func (x *transfer) room() int {
	n := glanceMost
	if x.ask.MaxRate > 0 {
		n = min(n, max(1, x.ask.MaxRate/stepsPerSecond))
	}
	if x.ask.Limit > 0 {
		n = int(min(int64(n), x.ask.Limit-x.view.Moved))
	}
	return n
}

// choose picks the messages of this step and returns how many it looked at.
func (x *transfer) choose(t *batch) (examined int) {
	room := x.room()
	list := x.q.glance(&x.at, glanceMost)
	for len(list) > examined && len(x.picks) < room && len(x.octets) < transferOctets {
		if p, chosen := x.look(t, &list[examined]); chosen {
			p.nth = examined
			x.picks = append(x.picks, p)
			t.b.store.Retain(p.Pos, 1)
		}
		examined++
	}
	if examined < len(list) {
		x.at.from = list[examined].Seq
	}
	for i := range list {
		t.b.store.Release(list[i].Pos)
	}
	return examined
}

// look decides about one message; the octets of one that is chosen are kept.
func (x *transfer) look(t *batch, e *glance) (p pick, chosen bool) {
	if !e.ready || e.Expiry != 0 && e.Expiry <= t.now || !x.match.entry(e) {
		return p, false
	}
	p = pick{glance: *e, at: -1}
	payload, err := t.reader.Read(e.Pos)
	switch {
	case err != nil:
		p.err = errDamaged
		return p, x.match.index
	case !x.match.payload(payload):
		return p, false
	}
	from := len(x.octets)
	x.octets = append(x.octets, payload...)
	p.payload = x.octets[from:len(x.octets):len(x.octets)]
	return p, true
}

// withhold keeps the picks from consumers, and drops those that one has by now.
func (x *transfer) withhold(t *batch) {
	seqs := make([]uint64, len(x.picks))
	for i := range x.picks {
		seqs[i] = x.picks[i].Seq
	}
	t.tick()
	taken := x.q.withhold(t, seqs)
	kept := x.picks[:0]
	for _, p := range x.picks {
		if len(taken) > 0 && taken[0] == p.Seq {
			taken = taken[1:]
			kept = append(kept, p)
			continue
		}
		t.b.store.Release(p.Pos)
	}
	x.picks = kept
}

// send publishes the picks and waits until what has to be on disk is.
func (x *transfer) send(ch *channel) {
	t := ch.c.batch
	for i := range x.picks {
		if p := &x.picks[i]; p.err == nil {
			p.err = x.address(ch, p)
		}
	}
	t.tick()
	t.tellQueues()
	logged := false
	for i := range x.picks {
		p := &x.picks[i]
		if p.at < 0 {
			continue
		}
		m := &t.msgs[p.at]
		logged = logged || m.logged
		switch {
		case m.refused:
			p.err = errFull
		case !m.routed && m.holds == 0:
			p.err = errNoQueue
		default:
			p.arrived = true
		}
	}
	t.outcomes()
	t.reset()
	t.bury()
	if logged {
		t.b.awaitDurable(t.b.store.End())
	}
}

// release gives up what a step held.
func (x *transfer) release(t *batch) {
	for i := range x.picks {
		t.b.store.Release(x.picks[i].Pos)
	}
	clear(x.picks)
	x.picks, x.octets = x.picks[:0], x.octets[:0]
	if cap(x.octets) > 2*transferOctets {
		x.octets = nil
	}
}

// Why a message stays where it is.
var (
	errDamaged = errors.New("its octets are damaged")
	errNoQueue = errors.New("no queue takes it")
	errFull    = errors.New("the destination is full")
)
