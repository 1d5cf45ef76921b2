package queue

import (
	"fmt"
	"slices"
	"strings"

	"amqpd/policy"
	"amqpd/store"
)

// broker performs effects as the real one does, as far as one queue is
// concerned: it counts references, keeps the log and what is outstanding, and
// refuses everything that the contract of Effects forbids. Both the scripts and
// the random test run the queue through it.
type broker struct {
	q        *Queue
	settings policy.Settings
	now      int64
	fx       Effects

	names  map[store.Pos]string
	refs   map[store.Pos]int // references that somebody holds
	log    map[uint64]store.Entry
	logged uint64 // highest Seq ever logged
	upTo   uint64 // entries before it may have been delivered
	out    map[*Consumer][]store.Pos
	seqs   map[store.Pos]uint64 // of what is outstanding
	err    error
}

func newBroker(s policy.Settings, durable bool) *broker {
	return &broker{
		q: New(7, durable, s), settings: s, now: 1000,
		names: map[store.Pos]string{}, refs: map[store.Pos]int{},
		log: map[uint64]store.Entry{}, out: map[*Consumer][]store.Pos{}, seqs: map[store.Pos]uint64{},
	}
}

func (b *broker) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// message makes a position for a name, with one reference.
func (b *broker) message(name string) store.Pos {
	p := store.Pos(len(b.names) + 1)
	b.names[p] = name
	b.refs[p] = 1
	return p
}

// pos is the youngest message of a name.
func (b *broker) pos(name string) store.Pos {
	for p := store.Pos(len(b.names)); p > 0; p-- {
		if b.names[p] == name {
			return p
		}
	}
	return 0
}

func (b *broker) release(p store.Pos) {
	if b.refs[p] != 1 {
		b.fail("%s is released and has %d references", b.names[p], b.refs[p])
	}
	delete(b.refs, p)
}

// handed notes an outstanding delivery.
func (b *broker) handed(c *Consumer, d Delivery) {
	if d.Seq == 0 {
		b.fail("%s is outstanding under no number", b.names[d.Pos])
	}
	b.out[c] = append(b.out[c], d.Pos)
	b.seqs[d.Pos] = d.Seq
}

// take removes outstanding deliveries and returns their numbers as ranges.
func (b *broker) take(c *Consumer, ps []store.Pos) []store.Range {
	var f Effects
	for _, p := range ps {
		i := slices.Index(b.out[c], p)
		if i < 0 {
			b.fail("%s is not outstanding", b.names[p])
			return nil
		}
		b.out[c] = slices.Delete(b.out[c], i, i+1)
		f.settle(b.seqs[p])
	}
	return f.Settled
}

// perform does what the queue asks for, in the order that Effects demands, and
// describes it line by line.
func (b *broker) perform() []string {
	var lines []string
	say := func(what string, items []string) {
		if len(items) > 0 {
			lines = append(lines, what+" "+strings.Join(items, " "))
		}
	}
	say("persist", b.performPersist())
	say("dead", b.performDead())
	say("settled", b.performSettled())
	if b.fx.Delivered != 0 {
		b.upTo = max(b.upTo, b.fx.Delivered)
		say("delivered", []string{fmt.Sprintf("<%d", b.fx.Delivered)})
	}
	say("deliver", b.performDeliver())
	var released, cancelled []string
	for _, p := range b.fx.Release {
		released = append(released, b.names[p])
		b.release(p)
	}
	say("release", released)
	for _, c := range b.fx.Cancelled {
		cancelled = append(cancelled, c.Tag)
	}
	say("cancelled", cancelled)
	if b.fx.Delete {
		lines = append(lines, "delete")
	}
	b.fx.Reset()
	if err := b.q.Verify(); err != nil {
		b.fail("%w", err)
	}
	b.verify()
	return lines
}

func (b *broker) performPersist() (items []string) {
	for _, e := range b.fx.Persist {
		if e.Seq <= b.logged {
			b.fail("seq %d is logged after %d", e.Seq, b.logged)
		}
		if b.refs[e.Pos] == 0 {
			b.fail("%s is logged and gone", b.names[e.Pos])
		}
		b.logged = e.Seq
		b.log[e.Seq] = e
		items = append(items, b.entryText(e))
	}
	return items
}

// entryText shows an entry as name@seq, then what is not 0: level, earlier
// deliveries, deadline, and ! when it may have been delivered.
func (b *broker) entryText(e store.Entry) string {
	s := fmt.Sprintf("%s@%d", b.names[e.Pos], e.Seq)
	if e.Priority > 0 {
		s += fmt.Sprintf("/p%d", e.Priority)
	}
	if e.Deliveries > 0 {
		s += fmt.Sprintf("/x%d", e.Deliveries)
	}
	if e.Expiry > 0 {
		s += fmt.Sprintf("/until%d", e.Expiry)
	}
	if e.Flags&store.FlagRedelivered != 0 {
		s += "!"
	}
	return s
}

func (b *broker) performDead() (items []string) {
	for _, d := range b.fx.DeadLetter {
		_, inLog := b.log[d.Seq]
		if d.Persistent != inLog {
			b.fail("%s dies persistent %t, logged %t", b.names[d.Pos], d.Persistent, inLog)
		}
		items = append(items, fmt.Sprintf("%s:%s", b.names[d.Pos], d.Reason))
		b.release(d.Pos)
	}
	return items
}

func (b *broker) performSettled() (items []string) {
	for _, r := range b.fx.Settled {
		for seq := r.From; seq <= r.To; seq++ {
			if _, ok := b.log[seq]; !ok {
				b.fail("seq %d is settled and not in the log", seq)
			}
			delete(b.log, seq)
		}
		items = append(items, fmt.Sprintf("%d-%d", r.From, r.To))
	}
	return items
}

func (b *broker) performDeliver() (items []string) {
	for _, d := range b.fx.Deliver {
		items = append(items, d.Consumer.Tag+"<-"+b.deliveryText(d))
		if b.refs[d.Pos] == 0 {
			b.fail("%s is delivered and gone", b.names[d.Pos])
		}
		if !d.Consumer.NoAck {
			b.handed(d.Consumer, d)
		}
	}
	return items
}

// deliveryText shows a delivery as name, ! when marked redelivered, and how
// often it came back.
func (b *broker) deliveryText(d Delivery) string {
	s := b.names[d.Pos]
	if d.Redelivered {
		s += "!"
	}
	if d.Count > 0 {
		s += fmt.Sprint(d.Count)
	}
	return s
}

// verify compares the queue with what the broker holds: every reference is in
// an entry, every logged entry in the log.
func (b *broker) verify() {
	n, logged := 0, 0
	for e := range b.q.Entries() {
		n++
		if b.refs[e.Pos] != 1 {
			b.fail("entry %s has %d references", b.names[e.Pos], b.refs[e.Pos])
		}
		if l, ok := b.log[e.Seq]; ok {
			logged++
			if l.Pos != e.Pos || l.Expiry != e.Expiry || l.Size != e.Size || l.Priority != e.Priority {
				b.fail("the log has %s as %+v, the queue as %+v", b.names[e.Pos], l, e)
			}
		}
	}
	if n != len(b.refs) {
		b.fail("%d references for %d entries", len(b.refs), n)
	}
	if st := b.q.Stats(); !b.q.Deleted() && (logged != len(b.log) || logged != st.Persistent) {
		b.fail("%d entries are logged, the log has %d, the queue counts %d", logged, len(b.log), st.Persistent)
	}
	if st := b.q.Stats(); st.Unacked+st.Ready != n {
		b.fail("%d entries, %d ready, %d unacknowledged", n, st.Ready, st.Unacked)
	}
}

// restart makes the queue anew from the log.
func (b *broker) restart() {
	entries, next := b.recovered()
	b.refs, b.out = map[store.Pos]int{}, map[*Consumer][]store.Pos{}
	for _, e := range entries {
		b.refs[e.Pos] = 1
	}
	b.q = New(7, b.q.Durable(), b.settings)
	for some := range slices.Chunk(entries, 7) {
		b.q.Restore(some, 0)
	}
	b.q.Restore(nil, next)
	b.q.Touch(b.now)
}

// recovered is what the store would hand over after a crash.
func (b *broker) recovered() (entries []store.Entry, next uint64) {
	for _, e := range b.log {
		if e.Seq < b.upTo {
			e.Flags |= store.FlagRedelivered
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b store.Entry) int { return int(int64(a.Seq - b.Seq)) })
	return entries, b.logged + 1
}

// tokens is a gate that lets n deliveries through.
type tokens struct{ n int }

func (t *tokens) Take() bool {
	if t.n == 0 {
		return false
	}
	t.n--
	return true
}
