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
	Newest bool   // from the newest to the oldest
	From   uint64 // sequence number to begin at; 0: where the order begins. BrowsePage.Next leads to the next page
	Limit  int    // messages of the page; 1…browseMost, others count as the nearest
	// MaxBody is how many octets of each body are returned; below 0: all.
	MaxBody int
	Filter  MessageFilter
}

// Browsed is a message as it lies in its queue. Nothing about it changes by
// being looked at.
type Browsed struct {
	Message
	Seq        uint64    // its number in the queue, ascending over the queue's life
	Unacked    bool      // it is with a consumer, a basic.get or a transfer
	Deliveries int       // how often it came back
	Priority   int       // the level it is delivered from
	Expires    time.Time // zero: never
	// Unreadable: its octets are damaged on disk; only what the index knows is here.
	Unreadable bool
}

// BrowsePage is what a BrowseQuery found. One query does a bounded amount of
// work, so a page may be short, or even empty, and not be the last.
type BrowsePage struct {
	Messages []Browsed
	Examined int    // messages that were looked at for it
	Total    int    // messages in the queue, ready or not
	Next     uint64 // From of the next page; 0: this was the last
}

const (
	// browseMost bounds the messages of a page, and browseOctets about their
	// bodies: a page that reaches it is shorter than asked for.
	browseMost   = 500
	browseOctets = 16 << 20
	// browseExamined and browseRead bound what one query looks at, messages and
	// octets read.
	browseExamined = 20_000
	browseRead     = 64 << 20
	// glanceMost is how many messages are looked at under the queue's lock at a
	// time.
	glanceMost = 512
)

// Browse looks at messages without taking them. The queue is locked while their
// places are noted, some at a time, and not while they are read. Errors: 404,
// 403, 405 as for basic.get.
func (a *Agent) Browse(query BrowseQuery) (page BrowsePage, err error) {
	err = a.on(func(ch *channel) error {
		q, err := ch.readable(amqp.MethodBasicGet, query.Queue)
		if err != nil {
			return err
		}
		p := pager{
			t: ch.c.batch, q: q, match: query.Filter.compile(ch.c.batch.now), maxBody: query.MaxBody,
			at: span{from: query.From, newest: query.Newest}, limit: min(max(query.Limit, 1), browseMost),
		}
		p.fill()
		page = p.page
		return nil
	})
	return page, err
}

// pager gathers one page.
type pager struct {
	t       *batch
	q       *localQueue
	match   matcher
	maxBody int
	limit   int
	at      span
	page    BrowsePage
	read    int // octets of messages read
	shown   int // octets of bodies in page
}

// fill looks at the queue, some messages at a time, until the page is full or
// enough was done for it.
func (p *pager) fill() {
	for {
		most := min(glanceMost, browseExamined-p.page.Examined)
		if p.match.index {
			most = min(most, p.limit-len(p.page.Messages))
		}
		list := p.q.glance(&p.at, most)
		p.page.Total = p.at.total
		done := p.take(list)
		for i := range list {
			p.t.b.store.Release(list[i].Pos)
		}
		if p.page.Next = p.at.from; done || p.at.from == 0 || p.page.Examined >= browseExamined {
			return
		}
	}
}

// take adds what matches of list to the page, and reports whether that is the
// end of it; then the next page begins behind the last that was looked at.
func (p *pager) take(list []glance) bool {
	for i := range list {
		e := &list[i]
		p.page.Examined++
		if p.match.entry(e) {
			p.show(e)
		}
		if len(p.page.Messages) >= p.limit || p.shown >= browseOctets || p.read >= browseRead {
			if i+1 < len(list) {
				p.at.from = list[i+1].Seq
			}
			return true
		}
	}
	return false
}

// show adds a message to the page, if its octets match.
func (p *pager) show(e *glance) {
	m := Browsed{
		Seq: e.Seq, Unacked: !e.ready, Deliveries: int(e.Deliveries), Priority: int(e.Priority),
	}
	m.Size = int(e.Size)
	if e.Expiry != 0 {
		m.Expires = time.UnixMilli(e.Expiry)
	}
	payload, err := p.t.reader.Read(e.Pos)
	p.read += len(payload)
	switch {
	case err != nil && !p.match.index:
		return
	case err != nil:
		m.Unreadable = true
	case !p.match.payload(payload):
		return
	default:
		m.Message = ownMessage(payload, p.maxBody)
		if p.q.counts {
			m.Properties.Headers = m.Properties.Headers.With("x-delivery-count", amqp.Long(int64(e.Deliveries)))
		}
	}
	m.Redelivered = e.redelivered()
	p.shown += len(m.Body)
	p.page.Messages = append(p.page.Messages, m)
}

// glance is what one look into the queue found; each holds a reference to its
// octets.
type glance struct {
	store.Entry
	ready bool
}

func (g *glance) redelivered() bool { return g.Flags&store.FlagRedelivered != 0 }

// span is a part of a queue that is looked through.
type span struct {
	from   uint64 // where to begin; 0: at the end that is first, and when nothing is left
	end    uint64 // only numbers before it, 0: all
	newest bool   // downwards
	total  int    // messages in the queue at the last look
}

// glance notes up to most messages of a span, and moves it on behind them. The
// caller gives the references back.
func (q *localQueue) glance(at *span, most int) (list []glance) {
	q.mu.Lock()
	defer q.mu.Unlock()
	from := at.from
	at.from, at.total = 0, 0
	if q.gone {
		return nil
	}
	at.total = q.core.Ready() + q.core.Unacked()
	list = make([]glance, 0, min(most, at.total))
	walk := q.core.Browse
	if at.newest {
		walk = q.core.BrowseBack
	}
	for e, ready := range walk(from) {
		if at.end != 0 && e.Seq >= at.end {
			break
		}
		if len(list) == most {
			at.from = e.Seq
			break
		}
		q.b.store.Retain(e.Pos, 1)
		list = append(list, glance{Entry: e, ready: ready})
	}
	return list
}
