package broker

import (
	"fmt"
	"strings"
	"time"
)

// ChannelView is a channel at one moment (management-api §8.4). It is a plain
// value.
type ChannelView struct {
	Name   string // "1.2.3.4:5 -> 6.7.8.9:5672 (1)"
	Number int
	Node   string
	Vhost  string
	User   string
	Conn   ConnectionID
	State  string // "running", "flow", "closing"

	Confirm       bool // confirm.select was done
	Transactional bool // tx.select was done

	Consumers           int
	Unacknowledged      int // deliveries that wait for their acknowledgement
	Unconfirmed         int // publishes that wait for their confirm
	UncommittedMessages int // published in the open transaction
	UncommittedAcks     int // settled in the open transaction
	Prefetch            int // for consumers that start from now on; 0: no limit
	GlobalPrefetch      int // shared by all consumers of the channel; 0: no limit

	IdleSince time.Time // when it last did something; zero: in use within the last seconds

	// Stats has Publish, Confirm, ReturnUnroutable, DropUnroutable, Deliver,
	// DeliverNoAck, Get, GetNoAck, GetEmpty, DeliverGet, Redeliver and Ack.
	Stats Counters
}

// channelName is a channel's name in the management API.
func channelName(connection string, number uint16) string {
	return fmt.Sprintf("%s (%d)", connection, number)
}

// EachChannel calls f with every channel of every open connection, those of a
// connection together and in the order in which they were opened, until f
// returns false. The view is filled anew for each call and valid during it. No
// lock is held while f runs.
func (b *Broker) EachChannel(f func(*ChannelView) bool) {
	var v ChannelView
	for _, c := range b.connections() {
		if !c.eachChannel(&v, f) {
			return
		}
	}
}

// ChannelsOf is EachChannel for the connection of that name; false: there is
// none.
func (b *Broker) ChannelsOf(connection string, f func(*ChannelView) bool) bool {
	c := b.connection(connection)
	if c == nil {
		return false
	}
	c.eachChannel(new(ChannelView), f)
	return true
}

// Channel is the channel of that name.
func (b *Broker) Channel(name string) (v ChannelView, ok bool) {
	connection, _, found := cutLast(name, " (")
	if !found {
		return v, false
	}
	b.ChannelsOf(connection, func(w *ChannelView) bool {
		if w.Name == name {
			v, ok = *w, true
		}
		return !ok
	})
	return v, ok
}

// eachChannel fills v in for each channel and calls f; false: f did not want
// more.
func (c *conn) eachChannel(v *ChannelView, f func(*ChannelView) bool) bool {
	s := c.session.Load()
	if s == nil {
		return true
	}
	state, _ := c.flowState()
	c.out.mu.Lock()
	open := append([]*channel(nil), c.open...)
	c.out.mu.Unlock()
	for _, ch := range open {
		ch.view(v, s)
		if state == "flow" && v.State == "running" {
			v.State = "flow"
		}
		if !f(v) {
			return false
		}
	}
	return true
}

// view fills v in.
func (ch *channel) view(v *ChannelView, s *session) {
	*v = ChannelView{
		Name: channelName(s.id.Name, ch.id), Number: int(ch.id), Node: ch.c.b.o.NodeName,
		Vhost: s.vhost, User: s.user, Conn: s.id, State: "running", GlobalPrefetch: int(ch.limit.Load()),
	}
	ch.shown.fill(v)
	o := &ch.c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	ch.noteLocked(s.in)
	if ch.c.b.clock()-ch.activeAt >= idleAfter.Milliseconds() {
		v.IdleSince = time.UnixMilli(ch.activeAt)
	}
	v.Unacknowledged, v.Stats = ch.unacked.live, ch.countsLocked()
	if k := len(ch.confirms.pending); k > 0 {
		v.Unconfirmed = int(ch.confirms.pending[k-1].upTo - ch.confirms.sent)
	}
}

// cutLast cuts s around the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
