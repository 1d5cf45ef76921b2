package broker

import "sync/atomic"

// publishCounts count what a channel published. Its connection's reader writes
// them, once per batch; anybody reads.
type publishCounts struct {
	all, confirm, returned, dropped atomic.Uint64
}

// add notes n publishes, whether to be confirmed or not, of which some found no
// queue.
func (p *publishCounts) add(n, returned, dropped uint64, confirm bool) {
	p.all.Store(p.all.Load() + n)
	if confirm {
		p.confirm.Store(p.confirm.Load() + n)
	}
	if returned > 0 {
		p.returned.Store(p.returned.Load() + returned)
	}
	if dropped > 0 {
		p.dropped.Store(p.dropped.Load() + dropped)
	}
}

// tally is what a batch routed from one exchange and did not tell it yet.
type tally struct {
	into    *exchangeCounter
	in, out uint64
}

// countRouted notes a publish to an exchange that leads to so many queues.
func (t *batch) countRouted(into *exchangeCounter, queues int) {
	if t.tally.into != into {
		t.tellExchange()
		t.tally.into = into
	}
	t.tally.in++
	t.tally.out += uint64(queues)
}

// tellExchange adds the tally to its exchange.
func (t *batch) tellExchange() {
	y := &t.tally
	if y.in == 0 {
		return
	}
	y.into.in.Add(y.in)
	if y.out > 0 {
		y.into.out.Add(y.out)
	}
	y.in, y.out = 0, 0
}

// countPublished tells the exchange, and the publishers' channels what the batch
// has published, once for each stretch of messages of one channel.
func (t *batch) countPublished() {
	t.tellExchange()
	for i := 0; i < len(t.msgs); {
		ch, first := t.msgs[i].ch, i
		var returned, dropped uint64
		for ; i < len(t.msgs) && t.msgs[i].ch == ch; i++ {
			switch m := &t.msgs[i]; {
			case m.routed:
			case m.mandatory:
				returned++
			default:
				dropped++
			}
		}
		if ch != nil {
			ch.published.add(uint64(i-first), returned, dropped, t.msgs[first].tag > 0)
		}
	}
}

// countsLocked is what the channel has counted since it was opened. REQUIRES
// output.mu.
func (ch *channel) countsLocked() Counters {
	c, p := ch.counts, &ch.published
	c[Publish], c[ReturnUnroutable], c[DropUnroutable] = p.all.Load(), p.returned.Load(), p.dropped.Load()
	c[Confirm] = ch.confirms.acked
	c.sum()
	return c
}

// countEmpty counts a basic.get that found nothing.
func (ch *channel) countEmpty() {
	o := &ch.c.out
	o.mu.Lock()
	ch.counts[GetEmpty]++
	o.mu.Unlock()
}
