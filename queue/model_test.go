package queue

import (
	"fmt"
	"slices"

	"amqpd/policy"
	"amqpd/store"
)

// model is a queue as one would write it without any regard for speed: slices
// that are sorted and searched. It follows the reference, not the code.
type model struct {
	s       policy.Settings
	durable bool
	ready   []*modelMessage
	unacked []*modelMessage
	age     int              // of the next arrival
	line    []*modelConsumer // those who can take something, in turn
	all     []*modelConsumer
	idle    int64

	// What the last operation did.
	delivered, dead []string
	released        []store.Pos
}

type modelMessage struct {
	Message
	level, age, count int
	deadline          int64 // 0: none
	redelivered       bool
	with              *modelConsumer
}

type modelConsumer struct {
	c       *Consumer
	gate    *tokens // its own copy
	unacked int
	closed  bool // found its gate closed
}

func (m *model) quorum() bool { return m.s.Kind == policy.Quorum }

func (m *model) begin() { m.delivered, m.dead, m.released = nil, nil, nil }

func (m *model) sort() {
	slices.SortFunc(m.ready, func(a, b *modelMessage) int {
		if a.level != b.level {
			return b.level - a.level
		}
		return a.age - b.age
	})
}

// gone ends a message.
func (m *model) gone(msg *modelMessage, why string) {
	if why != "" && m.s.DeadLetter {
		m.dead = append(m.dead, fmt.Sprintf("%d:%s", msg.Pos, why))
	} else {
		m.released = append(m.released, msg.Pos)
	}
}

// expire drops expired messages from the head of each level, the highest first.
func (m *model) expire(now int64) {
	for level := 255; level >= 0; level-- {
		for {
			i := slices.IndexFunc(m.ready, func(x *modelMessage) bool { return x.level == level })
			if i < 0 || m.ready[i].deadline == 0 || m.ready[i].deadline > now {
				break
			}
			m.gone(m.ready[i], "expired")
			m.ready = slices.Delete(m.ready, i, i+1)
		}
	}
}

func (m *model) bytes() (n int64) {
	for _, msg := range m.ready {
		n += int64(msg.Size)
	}
	return n
}

func (m *model) over(length int, bytes int64) bool {
	return m.s.MaxLength >= 0 && int64(length) > m.s.MaxLength || m.s.MaxBytes >= 0 && bytes > m.s.MaxBytes
}

func (m *model) dropHead() bool {
	dropped := false
	if m.s.Overflow == policy.DropHead || m.s.Overflow == policy.RejectPublishDLX && m.quorum() {
		for len(m.ready) > 0 && m.over(len(m.ready), m.bytes()) {
			m.gone(m.ready[0], "maxlen")
			m.ready = m.ready[1:]
			dropped = true
		}
	}
	return dropped
}

func (m *model) refuses(size uint32) bool {
	switch {
	case m.s.Overflow == policy.DropHead || m.s.Overflow == policy.RejectPublishDLX && m.quorum():
		return false
	case m.quorum():
		return m.over(len(m.ready), m.bytes())
	}
	return m.over(len(m.ready)+1, m.bytes()+int64(size))
}

// next is who gets a message now: the first of the highest priority in the line
// whose gate is open. The others leave the line.
func (m *model) next() *modelConsumer {
	for len(m.line) > 0 {
		best := m.line[0]
		for _, mc := range m.line {
			if mc.c.Priority > best.c.Priority {
				best = mc
			}
		}
		if best.gate == nil || best.gate.Take() {
			return best
		}
		best.closed = true
		m.leave(best)
	}
	return nil
}

func (m *model) leave(mc *modelConsumer) {
	m.line = slices.DeleteFunc(m.line, func(x *modelConsumer) bool { return x == mc })
}

func (m *model) hand(msg *modelMessage, mc *modelConsumer) {
	m.delivered = append(m.delivered,
		fmt.Sprintf("%s<-%d redelivered=%t count=%d", mc.c.Tag, msg.Pos, msg.redelivered, msg.count))
	m.leave(mc)
	if mc.c.NoAck {
		m.gone(msg, "")
	} else {
		msg.with = mc
		m.unacked = append(m.unacked, msg)
		mc.unacked++
	}
	if !mc.full(m) {
		m.line = append(m.line, mc)
	}
}

func (mc *modelConsumer) full(m *model) bool {
	limit := mc.c.Prefetch
	if limit == 0 && m.quorum() {
		limit = 2000
	}
	return !mc.c.NoAck && limit > 0 && mc.unacked >= limit
}

func (m *model) dispatch(now int64) {
	for len(m.ready) > 0 && len(m.line) > 0 {
		if head := m.ready[0]; head.deadline != 0 && head.deadline <= now {
			m.gone(head, "expired")
			m.ready = m.ready[1:]
			continue
		}
		mc := m.next()
		if mc == nil {
			return
		}
		head := m.ready[0]
		m.ready = m.ready[1:]
		m.hand(head, mc)
	}
}

func (m *model) publish(now int64, msg Message) Outcome {
	m.expire(now)
	if m.refuses(msg.Size) {
		if m.s.Overflow == policy.RejectPublishDLX && m.s.DeadLetter && !msg.Elsewhere {
			m.dead = append(m.dead, fmt.Sprintf("%d:maxlen", msg.Pos))
			return RefusedDead
		}
		return Refused
	}
	x := &modelMessage{Message: msg, age: m.age, redelivered: msg.Redelivered}
	m.age++
	if m.s.MaxPriority > 0 && !m.quorum() {
		x.level = int(min(msg.Priority, m.s.MaxPriority))
	}
	for _, ttl := range []int64{m.s.MessageTTL, msg.TTL} {
		if ttl >= 0 && (x.deadline == 0 || now+ttl < x.deadline) {
			x.deadline = now + ttl
		}
	}
	if len(m.ready) == 0 {
		if mc := m.next(); mc != nil {
			m.hand(x, mc)
			return Accepted
		}
	}
	m.ready = append(m.ready, x)
	m.sort()
	if m.dropHead() || x.deadline != 0 && x.deadline <= now {
		m.expire(now)
	}
	return Accepted
}

func (m *model) pass(size uint32) *modelConsumer {
	if len(m.ready) > 0 || m.refuses(size) {
		return nil
	}
	for len(m.line) > 0 {
		best := slices.MaxFunc(m.line, func(a, b *modelConsumer) int { return int(a.c.Priority - b.c.Priority) })
		switch {
		case !best.c.NoAck:
			return nil
		case best.gate == nil || best.gate.Take():
			m.leave(best)
			m.line = append(m.line, best)
			return best
		}
		best.closed = true
		m.leave(best)
	}
	return nil
}

// take removes outstanding messages in the order given.
func (m *model) take(mc *modelConsumer, ps []store.Pos) (taken []*modelMessage) {
	for _, p := range ps {
		i := slices.IndexFunc(m.unacked, func(x *modelMessage) bool { return x.Pos == p })
		taken = append(taken, m.unacked[i])
		m.unacked = slices.Delete(m.unacked, i, i+1)
	}
	if mc != nil {
		wasFull := mc.full(m)
		mc.unacked -= len(ps)
		if wasFull && !mc.full(m) && !mc.closed && m.serves(mc) {
			m.line = append(m.line, mc)
		}
	}
	return taken
}

// serves says whether mc is subscribed and not waiting for another to leave.
func (m *model) serves(mc *modelConsumer) bool {
	return slices.Contains(m.all, mc) && mc.c.Active()
}

func (m *model) settle(now int64, mc *modelConsumer, ps []store.Pos, how Settlement) {
	taken := m.take(mc, ps)
	if how == Requeue {
		m.giveBack(now, taken, m.s.DeliveryLimit >= 0)
		return
	}
	for _, x := range taken {
		m.gone(x, map[Settlement]string{Ack: "", Discard: "rejected"}[how])
	}
	m.dispatch(now)
}

func (m *model) giveBack(now int64, taken []*modelMessage, front bool) {
	for _, x := range taken {
		x.redelivered, x.with = true, nil
		x.count++
		if m.quorum() {
			if m.s.DeliveryLimit >= 0 && int64(x.count) > m.s.DeliveryLimit {
				m.gone(x, "delivery_limit")
				continue
			}
			x.age, x.level = m.age, 0
			m.age++
			if front {
				x.level = 1
			}
		}
		m.ready = append(m.ready, x)
	}
	m.sort()
	m.dropHead()
	m.expire(now)
	m.dispatch(now)
}

// deadline is when somebody has to look: at the heads, and at x-expires.
func (m *model) due() int64 {
	due, level := int64(0), -1
	if m.s.Expires >= 0 && len(m.all) == 0 {
		due = m.idle + m.s.Expires
	}
	for _, x := range m.ready {
		if x.level != level && x.deadline != 0 && (due == 0 || x.deadline < due) {
			due = x.deadline
		}
		level = x.level
	}
	return due
}
