package broker

import (
	"sync"
	"sync/atomic"

	"amqpd/amqp"
)

// Alarm is a reason to stop publishers.
type Alarm uint8

// The alarms of a node (amqp-behaviour §10).
const (
	AlarmMemory Alarm = 1 << iota
	AlarmDisk
)

// alarmReasons are the texts of connection.blocked, by the set of alarms.
var alarmReasons = map[Alarm]string{
	AlarmMemory:             "low on memory",
	AlarmDisk:               "low on disk",
	AlarmMemory | AlarmDisk: "low on disk & memory",
}

// alarms holds which alarms are on. Publishers look at active per message and
// wait on cleared.
type alarms struct {
	active atomic.Uint32 // the set of Alarms that are on

	mu      sync.Mutex
	cleared chan struct{} // guarded by mu: closed when the last alarm goes off; nil while none is on
	ended   bool          // guarded by mu: the broker stops, no alarm goes on any more
}

// SetAlarm turns an alarm on or off. Connections that publish while one is on
// are not read from until all are off; the others go on (amqp-behaviour §10).
func (b *Broker) SetAlarm(a Alarm, on bool) {
	s := &b.alarms
	s.mu.Lock()
	defer s.mu.Unlock()
	now := Alarm(s.active.Load()) &^ a
	if on && !s.ended {
		now |= a
	}
	s.set(now)
}

// end turns all alarms off for good, so that blocked connections hear that the
// broker stops.
func (s *alarms) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.set(0)
}

// set makes now the alarms that are on. REQUIRES mu.
func (s *alarms) set(now Alarm) {
	was := Alarm(s.active.Swap(uint32(now)))
	if was == 0 && now != 0 {
		s.cleared = make(chan struct{})
	}
	if was != 0 && now == 0 {
		close(s.cleared)
		s.cleared = nil
	}
}

// wait returns the reason of the alarms that are on and a channel that closes
// when all are off; ok is false when none is on.
func (s *alarms) wait() (reason string, cleared <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cleared == nil {
		return "", nil, false
	}
	return alarmReasons[Alarm(s.active.Load())], s.cleared, true
}

// blockOnAlarm holds a connection that publishes while an alarm is on: nothing
// is read from it until all are off. What it sent before is dealt with first. It
// may be closed meanwhile, as an operator asks.
func (c *conn) blockOnAlarm() error {
	if c.b.alarms.active.Load() == 0 {
		return nil
	}
	reason, cleared, on := c.b.alarms.wait()
	if !on {
		return nil
	}
	if c.caps.blockedNotify {
		c.send(0, &amqp.ConnectionBlocked{Reason: reason})
	}
	c.settleBatch()
	c.heldBack(true)
	for on && c.state <= running {
		if err := c.hold(cleared); err != nil {
			return err
		}
		_, cleared, on = c.b.alarms.wait()
	}
	if c.caps.blockedNotify && c.state <= running {
		c.send(0, &amqp.ConnectionUnblocked{})
	}
	return nil
}
