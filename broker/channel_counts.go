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

// countPublished tells the publishers' channels what the batch has published,
// once for each stretch of messages of one channel.
func (t *batch) countPublished() {
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
