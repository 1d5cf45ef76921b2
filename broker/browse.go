package broker

import (
	"time"

	"amqpd/amqp"
	"amqpd/store"
)

// BrowseQuery is a page of a queue to look at. Messages come in the order of
// their sequence numbers, which is the order of arrival: on a priority queue not
// the order of delivery.
type BrowseQuery struct {
	Queue  string
	From   uint64 // sequence number to begin at; BrowsePage.Next leads to the next page
	Offset int    // messages to pass over from there
	Limit  int    // messages of the page; 1…browseMost, others count as the nearest
	// MaxBody is how many octets of each body are returned; below 0: all.
	MaxBody int
	// ReadyOnly leaves out what is with consumers.
	ReadyOnly bool
}

// Browsed is a message as it lies in its queue. Nothing about it changes by
// being looked at.
type Browsed struct {
	Message
	Seq        uint64    // its number in the queue, ascending over the queue's life
	Size       int       // octets of the whole body
	Unacked    bool      // it is with a consumer, or a basic.get
	Deliveries int       // how often it came back
	Priority   int       // the level it is delivered from
	Expires    time.Time // zero: never
	// Unreadable: its octets are damaged on disk; only what the index knows is here.
	Unreadable bool
}

// BrowsePage is what a BrowseQuery found.
type BrowsePage struct {
	Messages []Browsed
	Next     uint64 // From of the next page; 0: this was the last
}

const (
	// browseMost bounds the messages of a page, and browseOctets about their
	// bodies: a page that reaches it is shorter than asked for.
	browseMost   = 500
	browseOctets = 16 << 20
)

// glance is what one look into the queue found; each holds a reference to its
// octets.
type glance struct {
	store.Entry
	ready bool
}

// Browse looks at messages without taking them. The queue is locked while their
// places are noted and not while they are read. Errors: 404, 403, 405 as for
// basic.get.
func (a *Agent) Browse(query BrowseQuery) (page BrowsePage, err error) {
	err = a.on(func(ch *channel) error {
		q, err := ch.readable(amqp.MethodBasicGet, query.Queue)
		if err != nil {
			return err
		}
		list, next := q.glance(query)
		page = ch.c.batch.readPage(list, query.MaxBody, q.counts)
		for i := range list {
			a.b.store.Release(list[i].Pos)
		}
		if cut := len(page.Messages); cut < len(list) {
			next = list[cut].Seq
		}
		page.Next = next
		return nil
	})
	return page, err
}

// glance notes a page of messages, and where the next one begins, 0 for nowhere.
func (q *localQueue) glance(query BrowseQuery) (list []glance, next uint64) {
	limit := min(max(query.Limit, 1), browseMost)
	skip := max(query.Offset, 0)
	inCore := skip
	if query.ReadyOnly {
		inCore = 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone {
		return nil, 0
	}
	for e, ready := range q.core.Browse(query.From, inCore) {
		switch {
		case query.ReadyOnly && !ready:
			continue
		case query.ReadyOnly && skip > 0:
			skip--
			continue
		case len(list) == limit:
			return list, e.Seq
		}
		q.b.store.Retain(e.Pos, 1)
		list = append(list, glance{Entry: e, ready: ready})
	}
	return list, 0
}

// readPage reads what was noted, and stops when the bodies are too large for one
// page.
func (t *batch) readPage(list []glance, maxBody int, counts bool) (page BrowsePage) {
	octets := 0
	for i := range list {
		if octets >= browseOctets {
			break
		}
		e := &list[i]
		m := Browsed{
			Seq: e.Seq, Size: int(e.Size), Unacked: !e.ready, Deliveries: int(e.Deliveries), Priority: int(e.Priority),
		}
		if e.Expiry != 0 {
			m.Expires = time.UnixMilli(e.Expiry)
		}
		if payload, err := t.reader.Read(e.Pos); err != nil {
			m.Unreadable = true
		} else {
			m.Message = ownMessage(payload, maxBody)
			if counts {
				m.Properties.Headers = m.Properties.Headers.With("x-delivery-count", amqp.Long(int64(e.Deliveries)))
			}
		}
		m.Redelivered = e.Flags&store.FlagRedelivered != 0
		octets += len(m.Body)
		page.Messages = append(page.Messages, m)
	}
	return page
}
