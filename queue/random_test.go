package queue

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amqpd/policy"
	"amqpd/store"
)

// TestAgainstModel does random operations on a queue and on the model, and
// compares what they ask for and what they hold after each one.
func TestAgainstModel(t *testing.T) { rapid.Check(t, againstModel) }

// FuzzAgainstModel is the same with the operations drawn from coverage.
func FuzzAgainstModel(f *testing.F) { f.Fuzz(rapid.MakeFuzz(againstModel)) }

func againstModel(t *rapid.T) {
	s := settings().Draw(t, "settings")
	b := newBroker(s, rapid.Bool().Draw(t, "durable"))
	b.q.Touch(b.now)
	p := &pair{broker: b, m: &model{s: s, durable: b.q.Durable(), idle: b.now}}
	t.Repeat(map[string]func(*rapid.T){
		"publish":   p.publish,
		"publish2":  p.publish, // more often than the rest
		"pass":      p.pass,
		"subscribe": p.subscribe,
		"cancel":    p.cancel,
		"open":      p.open,
		"get":       p.get,
		"settle":    p.settle,
		"settle2":   p.settle,
		"lose":      p.lose,
		"hold":      p.withhold,
		"hold2":     p.withhold,
		"reinstate": p.reinstate,
		"remove":    p.remove,
		"purge":     p.purge,
		"tick":      p.tick,
		"configure": p.configure,
		"restart":   p.restart,
		"cool":      p.cool,
		"":          p.compare,
	})
}

// settings draws settings with small limits, so that they matter.
func settings() *rapid.Generator[policy.Settings] {
	some := func(t *rapid.T, what string, n int64) int64 {
		return rapid.OneOf(rapid.Just(int64(-1)), rapid.Int64Range(0, n)).Draw(t, what)
	}
	return rapid.Custom(func(t *rapid.T) policy.Settings {
		s := policy.NewSettings(rapid.SampledFrom([]policy.Kind{policy.Classic, policy.Quorum}).Draw(t, "kind"))
		s.MessageTTL = some(t, "ttl", 50)
		s.MaxLength = some(t, "length", 20)
		s.MaxBytes = some(t, "bytes", 200)
		s.DeliveryLimit = some(t, "limit", 3)
		if s.Expires = some(t, "expires", 100); s.Expires == 0 {
			s.Expires = 1
		}
		s.Overflow = rapid.SampledFrom([]policy.Overflow{
			policy.DropHead, policy.RejectPublish, policy.RejectPublishDLX,
		}).Draw(t, "overflow")
		s.DeadLetter = rapid.Bool().Draw(t, "dlx")
		s.MaxPriority = rapid.SampledFrom([]uint8{0, 0, 1, 9, 255}).Draw(t, "priority")
		s.SingleActiveConsumer = rapid.Bool().Draw(t, "sac")
		return s
	})
}

// pair is a queue under its broker, and the model.
type pair struct {
	*broker
	m    *model
	tags int
	old  []*modelConsumer // cancelled, perhaps with messages
}

// some draws one of a few things; ok is false when there is none. The operation then does
// nothing. It does not skip: to rapid a hundred skips in a row are a failure, and the fuzzer
// finds them.
func some[T any](t *rapid.T, from []T, what string) (one T, ok bool) {
	if len(from) == 0 {
		return one, false
	}
	return rapid.SampledFrom(from).Draw(t, what), true
}

func (p *pair) publish(t *rapid.T) {
	for range rapid.IntRange(1, 100).Draw(t, "n") {
		m := Message{
			Pos:         p.message("m"),
			TTL:         rapid.OneOf(rapid.Just(int64(-1)), rapid.Int64Range(0, 60)).Draw(t, "ttl"),
			Size:        rapid.Uint32Range(0, 30).Draw(t, "size"),
			Priority:    rapid.Uint8().Draw(t, "priority"),
			Persistent:  rapid.Bool().Draw(t, "persistent"),
			Redelivered: rapid.IntRange(0, 9).Draw(t, "redelivered") == 0,
			Elsewhere:   rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0,
		}
		p.m.begin()
		got, want := p.q.Publish(p.now, m, &p.fx), p.m.publish(p.now, m)
		if got != want {
			t.Fatalf("publish: outcome %d, want %d", got, want)
		}
		if got == Refused {
			p.release(m.Pos)
		}
		p.effects(t)
	}
}

func (p *pair) pass(t *rapid.T) {
	size := rapid.Uint32Range(0, 30).Draw(t, "size")
	p.m.begin()
	c, want := p.q.PassThrough(p.now, size), p.m.pass(size)
	if (c == nil) != (want == nil) || c != nil && c != want.c {
		t.Fatalf("passed to %v, want %v", c, want)
	}
	p.effects(t)
}

func (p *pair) subscribe(t *rapid.T) {
	p.tags++
	c := &Consumer{
		Tag: fmt.Sprintf("c%d", p.tags), NoAck: rapid.Bool().Draw(t, "noack"),
		Exclusive: rapid.IntRange(0, 9).Draw(t, "exclusive") == 0,
		Priority:  int64(rapid.IntRange(-1, 1).Draw(t, "priority")),
		Prefetch:  rapid.IntRange(0, 70).Draw(t, "prefetch"),
	}
	mc := &modelConsumer{c: c}
	if rapid.Bool().Draw(t, "gate") {
		n := rapid.IntRange(0, 20).Draw(t, "tokens")
		c.Gate, mc.gate = &tokens{n}, &tokens{n}
	}
	p.m.begin()
	refused := p.m.s.Kind == policy.Classic && (len(p.m.all) > 0 && p.m.all[0].c.Exclusive ||
		c.Exclusive && (p.m.s.SingleActiveConsumer || len(p.m.all) > 0))
	err := p.q.Subscribe(p.now, c, &p.fx)
	if errors.Is(err, ErrExclusive) != refused || err != nil && !refused {
		t.Fatalf("subscribe: %v, refused should be %t", err, refused)
	}
	if !refused {
		p.m.all = append(p.m.all, mc)
		if !p.m.s.SingleActiveConsumer || len(p.m.all) == 1 {
			p.m.line = append(p.m.line, mc)
		}
		p.m.dispatch(p.now)
	}
	p.effects(t)
}

func (p *pair) cancel(t *rapid.T) {
	mc, ok := some(t, p.m.all, "consumer")
	if !ok {
		return
	}
	p.m.begin()
	wasActive := mc.c.Active()
	p.q.Cancel(p.now, mc.c, &p.fx)
	p.m.leave(mc)
	p.m.all = slices.DeleteFunc(p.m.all, func(x *modelConsumer) bool { return x == mc })
	p.old = append(p.old, mc)
	if len(p.m.all) == 0 {
		p.m.idle = p.now
	} else if p.m.s.SingleActiveConsumer && wasActive {
		next := p.m.all[0]
		for _, x := range p.m.all {
			if !p.m.quorum() && x.c.Priority > next.c.Priority {
				next = x
			}
		}
		p.m.line = append(p.m.line, next)
		p.m.dispatch(p.now)
	}
	p.effects(t)
}

func (p *pair) open(t *rapid.T) {
	mc, ok := some(t, p.m.all, "consumer")
	if !ok || mc.gate == nil {
		return
	}
	n := rapid.IntRange(0, 20).Draw(t, "tokens")
	mc.gate.n += n
	mc.c.Gate.(*tokens).n += n
	p.m.begin()
	woken := []*modelConsumer{mc}
	if rapid.Bool().Draw(t, "all") {
		// Those whose gate closed first come back first; the model asks the queue
		// for that order and checks that it is complete.
		woken = nil
		for c := p.q.line.gated.first; c != nil; {
			woken = append(woken, p.consumer(c))
			if c = c.next; c == p.q.line.gated.first {
				break
			}
		}
		for _, x := range p.m.all {
			if x.closed && !slices.Contains(woken, x) {
				t.Fatalf("%s is gated and the queue does not know", x.c.Tag)
			}
		}
		p.q.Dispatch(p.now, &p.fx)
	} else {
		p.q.Wake(p.now, mc.c, &p.fx)
	}
	for _, x := range woken {
		if x.closed {
			x.closed = false
			p.m.line = append(p.m.line, x)
		}
	}
	p.m.dispatch(p.now)
	p.effects(t)
}

func (p *pair) consumer(c *Consumer) *modelConsumer {
	for _, mc := range slices.Concat(p.m.all, p.old) {
		if mc.c == c {
			return mc
		}
	}
	return nil
}

func (p *pair) get(t *rapid.T) {
	noAck := rapid.Bool().Draw(t, "noack")
	p.m.begin()
	p.m.idle = p.now
	p.m.expire(p.now)
	d, ok := p.q.Get(p.now, noAck, &p.fx)
	if ok != (len(p.m.ready) > 0) {
		t.Fatalf("get: %t, want %t", ok, !ok)
	}
	if ok {
		head := p.m.ready[0]
		p.m.ready = p.m.ready[1:]
		if d.Pos != head.Pos || d.Redelivered != head.redelivered ||
			int(d.Count) != head.count || d.Size != head.Size {
			t.Fatalf("got %+v, want %+v", d, head)
		}
		if noAck {
			p.m.gone(head, "")
		} else {
			p.m.unacked = append(p.m.unacked, head)
			p.handed(nil, d)
		}
	}
	p.effects(t)
}

// outstanding draws who settles, and some of what he has, in ascending order.
func (p *pair) outstanding(t *rapid.T, from []*modelConsumer) (mc *modelConsumer, ps []store.Pos, ok bool) {
	holders := []*modelConsumer{}
	for _, mc := range from {
		if mc == nil && len(p.out[nil]) > 0 || mc != nil && len(p.out[mc.c]) > 0 {
			holders = append(holders, mc)
		}
	}
	if mc, ok = some(t, holders, "holder"); !ok {
		return nil, nil, false
	}
	ps = slices.Clone(p.out[mc.consumer()])
	if n := rapid.IntRange(0, len(ps)).Draw(t, "n"); n < len(ps) { // else everything
		i := rapid.IntRange(0, len(ps)-1-n).Draw(t, "first")
		ps = ps[i : i+n+1]
	}
	slices.SortFunc(ps, func(a, b store.Pos) int { return int(int64(p.seqs[a] - p.seqs[b])) })
	return mc, ps, true
}

func (mc *modelConsumer) consumer() *Consumer {
	if mc == nil {
		return nil
	}
	return mc.c
}

func (p *pair) settle(t *rapid.T) {
	mc, ps, ok := p.outstanding(t, slices.Concat(p.m.all, p.old, []*modelConsumer{nil}))
	if !ok {
		return
	}
	how := rapid.SampledFrom([]Settlement{Ack, Requeue, Discard}).Draw(t, "how")
	p.m.begin()
	rs := p.take(mc.consumer(), ps)
	p.q.Settle(p.now, mc.consumer(), rs, how, &p.fx)
	p.m.settle(p.now, mc, ps, how)
	p.effects(t)
}

// lose returns all that a cancelled consumer has.
func (p *pair) lose(t *rapid.T) {
	mc, _, ok := p.outstanding(t, slices.Concat(p.old, []*modelConsumer{nil}))
	if !ok {
		return
	}
	ps := slices.Clone(p.out[mc.consumer()])
	slices.SortFunc(ps, func(a, b store.Pos) int { return int(int64(p.seqs[a] - p.seqs[b])) })
	p.m.begin()
	rs := p.take(mc.consumer(), ps)
	p.q.Return(p.now, mc.consumer(), rs, &p.fx)
	p.m.giveBack(p.now, p.m.take(mc, ps), true)
	p.effects(t)
}

// withheldBy stands in broker.out for what is withheld.
var withheldBy = &Consumer{Tag: "withheld"}

// withhold takes messages from anywhere in the queue, in the order of arrival.
func (p *pair) withhold(t *rapid.T) {
	all := slices.Clone(p.m.ready)
	if len(all) == 0 {
		return
	}
	byPos := map[store.Pos]uint64{}
	for e := range p.q.Peek() {
		byPos[e.Pos] = e.Seq
	}
	from := rapid.IntRange(0, len(all)-1).Draw(t, "from")
	all = all[from:min(len(all), from+rapid.IntRange(1, 200).Draw(t, "n"))]
	every := rapid.IntRange(1, 4).Draw(t, "every")
	var wanted []uint64
	for i := 0; i < len(all); i += every {
		wanted = append(wanted, byPos[all[i].Pos])
	}
	wanted = append(wanted, byPos[all[0].Pos]+1_000_000) // not there
	slices.Sort(wanted)
	p.m.begin()
	taken := p.q.Withhold(p.now, slices.Clone(wanted))
	want := wanted[:0]
	for _, seq := range wanted {
		i := slices.IndexFunc(p.m.ready, func(x *modelMessage) bool { return byPos[x.Pos] == seq })
		if i < 0 || p.m.ready[i].deadline != 0 && p.m.ready[i].deadline <= p.now {
			continue
		}
		want = append(want, seq)
		x := p.m.ready[i]
		p.m.ready = slices.Delete(p.m.ready, i, i+1)
		p.m.unacked = append(p.m.unacked, x)
		p.handed(withheldBy, Delivery{Pos: x.Pos, Seq: seq})
	}
	if !slices.Equal(taken, want) {
		t.Fatalf("withheld %d, want %d", taken, want)
	}
	p.effects(t)
}

// withheld draws some of what is withheld, in ascending order; nothing if nothing is.
func (p *pair) withheld(t *rapid.T) (ps []store.Pos, rs []store.Range) {
	ps = slices.Clone(p.out[withheldBy])
	if len(ps) == 0 {
		return nil, nil
	}
	i := rapid.IntRange(0, len(ps)-1).Draw(t, "first")
	ps = ps[i:min(len(ps), i+rapid.IntRange(1, 100).Draw(t, "n"))]
	slices.SortFunc(ps, func(a, b store.Pos) int { return int(int64(p.seqs[a] - p.seqs[b])) })
	return ps, p.take(withheldBy, ps)
}

func (p *pair) reinstate(t *rapid.T) {
	ps, rs := p.withheld(t)
	if len(ps) == 0 {
		return
	}
	p.m.begin()
	p.q.Reinstate(p.now, rs, &p.fx)
	p.m.ready = append(p.m.ready, p.m.take(nil, ps)...)
	p.m.sort()
	p.m.dropHead()
	p.m.expire(p.now)
	p.m.dispatch(p.now)
	p.effects(t)
}

func (p *pair) remove(t *rapid.T) {
	ps, rs := p.withheld(t)
	if len(ps) == 0 {
		return
	}
	p.m.begin()
	p.q.Remove(rs, &p.fx)
	for _, x := range p.m.take(nil, ps) {
		p.m.gone(x, "")
	}
	p.effects(t)
}

func (p *pair) purge(t *rapid.T) {
	if rapid.IntRange(0, 4).Draw(t, "really") > 0 {
		return // not so often
	}
	p.m.begin()
	n, want := p.q.Purge(p.now, &p.fx), len(p.m.ready)
	if n != want {
		t.Fatalf("purged %d, want %d", n, want)
	}
	for _, x := range p.m.ready {
		p.m.gone(x, "")
	}
	p.m.ready = nil
	p.effects(t)
}

func (p *pair) tick(t *rapid.T) {
	p.now += rapid.Int64Range(0, 30).Draw(t, "ms")
	p.m.begin()
	p.q.Tick(p.now, &p.fx)
	p.m.expire(p.now)
	if want := p.m.s.Expires >= 0 && len(p.m.all) == 0 && p.now >= p.m.idle+p.m.s.Expires; p.fx.Delete != want {
		t.Fatalf("tick: delete %t, want %t", p.fx.Delete, want)
	}
	p.effects(t)
}

func (p *pair) configure(t *rapid.T) {
	s := settings().Draw(t, "settings")
	s.Kind, s.MaxPriority, s.SingleActiveConsumer = p.m.s.Kind, p.m.s.MaxPriority, p.m.s.SingleActiveConsumer
	p.m.begin()
	p.q.Configure(p.now, s, &p.fx)
	if s.Expires != p.m.s.Expires {
		p.m.idle = p.now
	}
	p.m.s, p.settings = s, s
	p.m.expire(p.now)
	if p.m.dropHead() {
		p.m.expire(p.now)
	}
	p.effects(t)
}

// restart forgets consumers and everything that is not logged.
func (p *pair) restart(t *rapid.T) {
	if rapid.IntRange(0, 4).Draw(t, "really") > 0 {
		return // not so often
	}
	entries, _ := p.recovered()
	p.broker.restart()
	held := slices.Concat(p.m.ready, p.m.unacked)
	p.m.ready, p.m.unacked, p.m.line, p.m.all, p.old = nil, nil, nil, nil, nil
	p.m.idle = p.now
	for _, e := range entries {
		i := slices.IndexFunc(held, func(x *modelMessage) bool { return x.Pos == e.Pos })
		if i < 0 {
			t.Fatalf("%d is in the log and not in the queue", e.Pos)
		}
		switch x := held[i]; {
		case (x.with != nil || x.redelivered) && e.Flags&store.FlagRedelivered == 0:
			t.Fatalf("%d was delivered and the log does not say so", e.Pos)
		default:
			x.with, x.redelivered, x.Redelivered = nil, e.Flags&store.FlagRedelivered != 0, false
			x.count = int(e.Deliveries) // of a classic queue the log knows no more than the flag
			p.m.ready = append(p.m.ready, x)
		}
	}
	for _, x := range held {
		logged := slices.ContainsFunc(entries, func(e store.Entry) bool { return e.Pos == x.Pos })
		if logged != (x.Persistent && p.m.durable) {
			t.Fatalf("%d is logged: %t", x.Pos, logged)
		}
	}
	p.m.sort()
}

// effects compares what queue and model ask for, and performs it.
func (p *pair) effects(t *rapid.T) {
	var delivered, dead []string
	for _, d := range p.fx.Deliver {
		delivered = append(delivered,
			fmt.Sprintf("%s<-%d redelivered=%t count=%d", d.Consumer.Tag, d.Pos, d.Redelivered, d.Count))
	}
	for _, d := range p.fx.DeadLetter {
		dead = append(dead, fmt.Sprintf("%d:%s", d.Pos, d.Reason))
	}
	released := slices.Clone(p.fx.Release)
	slices.Sort(released)
	slices.Sort(p.m.released)
	switch {
	case !slices.Equal(delivered, p.m.delivered):
		t.Fatalf("delivered %v\nwant %v", delivered, p.m.delivered)
	case !slices.Equal(dead, p.m.dead):
		t.Fatalf("dead %v\nwant %v", dead, p.m.dead)
	case !slices.Equal(released, p.m.released):
		t.Fatalf("released %v\nwant %v", released, p.m.released)
	}
	p.perform()
	if p.err != nil {
		t.Fatal(p.err)
	}
}

// compare compares what queue and model hold.
func (p *pair) compare(t *rapid.T) {
	var ready, want []store.Pos
	for e := range p.q.Peek() {
		ready = append(ready, e.Pos)
	}
	for _, x := range p.m.ready {
		want = append(want, x.Pos)
	}
	st := p.q.Stats()
	switch {
	case !slices.Equal(ready, want):
		t.Fatalf("ready %v\nwant %v", ready, want)
	case st.Ready != len(want) || st.Unacked != len(p.m.unacked) || st.ReadyBytes != p.m.bytes():
		t.Fatalf("%+v\nwant %d ready of %d octets, %d unacked", st, len(want), p.m.bytes(), len(p.m.unacked))
	case p.q.Deadline() != p.m.due():
		t.Fatalf("deadline %d, want %d", p.q.Deadline(), p.m.due())
	}
	for _, mc := range p.m.all {
		if mc.c.Unacked() != mc.unacked {
			t.Fatalf("%s has %d, want %d", mc.c.Tag, mc.c.Unacked(), mc.unacked)
		}
	}
}
