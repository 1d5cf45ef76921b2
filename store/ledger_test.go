package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ledger drives a store with random operations and remembers what it did, so that what a
// recovery finds can be held against it: the state after a recovery must be the state
// after some first part of the operations, and that part must have everything that was
// durable.
type ledger struct {
	t   testing.TB
	rnd *rand.Rand
	s   *Store

	large int // octets of the messages that do not fit into a segment

	mu    sync.Mutex  // held while an operation is done and noted
	base  ledgerState // before all ops
	ops   []ledgerOp
	state ledgerState // after all ops
	refs  map[entryKey]Pos
	last  uint64 // number of the newest queue
	seqs  map[uint64]uint64
}

// ledgerOp is an operation: it is there whole if the log is kept up to end.
type ledgerOp struct {
	end   LSN
	apply func(ledgerState)
	what  string
}

// ledgerState is what a store should recover: queue → sequence number → what is known.
type ledgerState struct {
	queues      map[uint64]map[uint64]ledgerEntry
	delivered   map[uint64]uint64
	definitions map[string]string
}

type ledgerEntry struct {
	body        string
	expiry      int64
	deliveries  uint16
	redelivered bool
}

type entryKey struct{ queue, seq uint64 }

func newLedgerState() ledgerState {
	return ledgerState{map[uint64]map[uint64]ledgerEntry{}, map[uint64]uint64{}, map[string]string{}}
}

func (s ledgerState) clone() ledgerState {
	c := newLedgerState()
	for queue, entries := range s.queues {
		c.queues[queue] = maps.Clone(entries)
	}
	maps.Copy(c.delivered, s.delivered)
	maps.Copy(c.definitions, s.definitions)
	return c
}

// String tells states apart.
func (s ledgerState) String() string {
	var b strings.Builder
	for _, q := range slices.Sorted(maps.Keys(s.queues)) {
		if len(s.queues[q]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "queue %d:", q)
		for _, seq := range slices.Sorted(maps.Keys(s.queues[q])) {
			e := s.queues[q][seq]
			e.redelivered = e.redelivered || seq < s.delivered[q]
			fmt.Fprintf(&b, " %d(%s %d %d %d %v)", seq, e.body[:min(len(e.body), 8)], len(e.body),
				e.expiry, e.deliveries, e.redelivered)
		}
		b.WriteString("\n")
	}
	for _, k := range slices.Sorted(maps.Keys(s.definitions)) {
		fmt.Fprintf(&b, "%s=%s\n", k, s.definitions[k])
	}
	return b.String()
}

func newLedger(t testing.TB, s *Store, seed uint64) *ledger {
	return &ledger{
		t: t, s: s, rnd: rand.New(rand.NewPCG(seed, 1)), large: testSegmentSize,
		base: newLedgerState(), state: newLedgerState(), refs: map[entryKey]Pos{}, seqs: map[uint64]uint64{},
	}
}

// note remembers an operation that was just done. REQUIRES mu.
func (l *ledger) note(what string, end LSN, apply func(ledgerState)) {
	l.ops = append(l.ops, ledgerOp{end, apply, what})
	apply(l.state)
}

// step does one random operation.
func (l *ledger) step() {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch n := l.rnd.IntN(100); {
	case n < 45:
		l.enqueue()
	case n < 75:
		l.settle()
	case n < 79:
		l.delivered()
	case n < 82:
		l.move()
	case n < 90:
		l.transaction()
	case n < 93:
		l.drop()
	default:
		l.define()
	}
}

// queue picks a queue, or a new one.
func (l *ledger) queue() uint64 {
	if l.last == 0 || l.rnd.IntN(50) == 0 {
		l.last++
		return l.last
	}
	return l.last - uint64(l.rnd.IntN(int(min(4, l.last))))
}

// newEntry makes an entry with a new sequence number of a queue.
func (l *ledger) newEntry(queue uint64, p Pos, n int) Entry {
	seq := l.seqs[queue]
	if l.rnd.IntN(4) == 0 {
		seq += uint64(l.rnd.IntN(3)) // as if transient ones had come between
	}
	l.seqs[queue] = seq + 1
	e := Entry{Seq: seq, Pos: p, Size: uint32(n), Expiry: int64(l.rnd.IntN(2)) * 1e12}
	if l.rnd.IntN(4) == 0 {
		e.Deliveries = uint16(l.rnd.IntN(3))
	}
	l.refs[entryKey{queue, seq}] = p
	return e
}

func (l *ledger) body() []byte {
	n := l.rnd.IntN(600)
	switch l.rnd.IntN(40) {
	case 0:
		n = 3000 + l.rnd.IntN(4000)
	case 1:
		n = l.large + l.rnd.IntN(1000)
	}
	b := make([]byte, n)
	for i := range b {
		if i < 16 {
			b[i] = byte('a' + l.rnd.IntN(26))
		} else {
			b[i] = b[i-16]
		}
	}
	return b
}

func addEntry(s ledgerState, queue uint64, e Entry, body []byte) {
	if s.queues[queue] == nil {
		s.queues[queue] = map[uint64]ledgerEntry{}
	}
	s.queues[queue][e.Seq] = ledgerEntry{body: string(body), expiry: e.Expiry, deliveries: e.Deliveries}
}

// enqueue puts a message into one or two queues, or a few into one.
func (l *ledger) enqueue() {
	queue := l.queue()
	if other := l.queue(); other != queue && l.rnd.IntN(3) == 0 {
		b := l.body()
		p := l.s.PutDurable(b, nil, nil)
		l.s.Retain(p, 1)
		for _, q := range []uint64{queue, other} {
			e := l.newEntry(q, p, len(b))
			l.s.Enqueue(q, []Entry{e})
			l.note("enqueue", l.s.End(), func(s ledgerState) { addEntry(s, q, e, b) })
		}
		return
	}
	var es []Entry
	var bs [][]byte
	for range 1 + l.rnd.IntN(3) {
		b := l.body()
		es = append(es, l.newEntry(queue, l.s.PutDurable(b[:len(b)/2], b[len(b)/2:], nil), len(b)))
		bs = append(bs, b)
	}
	l.s.Enqueue(queue, es)
	l.note("enqueue", l.s.End(), func(s ledgerState) {
		for i, e := range es {
			addEntry(s, queue, e, bs[i])
		}
	})
}

// some picks live entries of a queue, as ranges.
func (l *ledger) some(queue uint64) []Range {
	seqs := slices.Sorted(maps.Keys(l.state.queues[queue]))
	if len(seqs) == 0 {
		return nil
	}
	from := 0
	if l.rnd.IntN(3) == 0 {
		from = l.rnd.IntN(len(seqs))
	}
	to := min(len(seqs)-1, from+l.rnd.IntN(4))
	return []Range{{seqs[from], seqs[to]}}
}

// settled returns the effect of settling ranges.
func settled(queue uint64, ranges []Range) func(ledgerState) {
	return func(s ledgerState) {
		for _, r := range ranges {
			maps.DeleteFunc(s.queues[queue], func(seq uint64, _ ledgerEntry) bool { return seq >= r.From && seq <= r.To })
		}
	}
}

// release gives back the references of entries that are not in the state any more.
func (l *ledger) release(queue uint64) {
	var ps []Pos
	for key, p := range l.refs {
		if _, live := l.state.queues[queue][key.seq]; key.queue == queue && !live {
			ps = append(ps, p)
			delete(l.refs, key)
		}
	}
	l.s.ReleaseAll(ps)
}

func (l *ledger) settle() {
	queue := l.queue()
	if ranges := l.some(queue); ranges != nil {
		l.s.Settle(queue, ranges)
		l.note("settle", l.s.End(), settled(queue, ranges))
		l.release(queue)
	}
}

// move gives messages of one queue to another, or new places in the same, where they lie.
func (l *ledger) move() {
	from, to := l.queue(), l.queue()
	for _, r := range l.some(from) {
		var es []Entry
		var bodies []string
		for _, seq := range slices.Sorted(maps.Keys(l.state.queues[from])) {
			if seq < r.From || seq > r.To {
				continue
			}
			p, b := l.refs[entryKey{from, seq}], l.state.queues[from][seq].body
			l.s.Retain(p, 1)
			es = append(es, l.newEntry(to, p, len(b)))
			bodies = append(bodies, b)
		}
		l.s.Enqueue(to, es)
		l.note("move to", l.s.End(), func(s ledgerState) {
			for i, e := range es {
				addEntry(s, to, e, []byte(bodies[i]))
			}
		})
		l.s.Settle(from, []Range{r})
		l.note("move from", l.s.End(), settled(from, []Range{r}))
	}
	l.release(from)
}

func (l *ledger) delivered() {
	queue, upTo := l.queue(), uint64(0)
	if n := l.seqs[queue]; n > 0 {
		upTo = uint64(l.rnd.IntN(int(n)))
	}
	l.s.Delivered(queue, upTo)
	l.note("delivered", l.s.End(), func(s ledgerState) { s.delivered[queue] = max(s.delivered[queue], upTo) })
}

// transaction enqueues to two queues and settles in another.
func (l *ledger) transaction() {
	a, b := l.queue(), l.queue()
	from := l.queue()
	ranges := l.some(from)
	body1, body2 := l.body(), l.body()
	g := l.s.Begin()
	e1 := l.newEntry(a, g.PutDurable(body1, nil, nil), len(body1))
	g.Enqueue(a, []Entry{e1})
	if ranges != nil {
		g.Settle(from, ranges)
	}
	e2 := l.newEntry(b, g.PutDurable(nil, body2, nil), len(body2))
	g.Enqueue(b, []Entry{e2})
	end := g.End()
	l.note("transaction", end, func(s ledgerState) {
		addEntry(s, a, e1, body1)
		settled(from, ranges)(s)
		addEntry(s, b, e2, body2)
	})
	l.release(from)
}

// drop deletes an old queue.
func (l *ledger) drop() {
	if l.last < 6 {
		return
	}
	queue := l.last - 5
	l.s.DropQueue(queue)
	l.note("drop", l.s.End(), func(s ledgerState) {
		delete(s.queues, queue)
		delete(s.delivered, queue)
	})
	l.release(queue)
}

func (l *ledger) define() {
	var cs []Change
	for range 1 + l.rnd.IntN(3) {
		c := Change{Key: fmt.Sprintf("key%d", l.rnd.IntN(10))}
		if l.rnd.IntN(3) > 0 {
			c.Value = fmt.Appendf(nil, "%d", l.rnd.IntN(1000))
		}
		cs = append(cs, c)
	}
	end := l.s.WriteDefinitions(cs)
	l.note("define", end, func(s ledgerState) {
		for _, c := range cs {
			if c.Value == nil {
				delete(s.definitions, c.Key)
			} else {
				s.definitions[c.Key] = string(c.Value)
			}
		}
	})
}

// goOn continues with a store that has recovered what l did.
func (l *ledger) goOn(s *Store, durable LSN) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for queue := uint64(1); queue <= l.last; queue++ {
		l.seqs[queue], _ = s.index.progress(queue)
	}
	clear(l.refs)
	state := recoveredState(l.t, s, l.last, l.refs)
	l.mustBePrefix(l.t, state, durable)
	l.s, l.base, l.state, l.ops = s, state, state.clone(), nil
}

// recoveredState takes over everything that a store has recovered. The positions go to
// refs if that is not nil.
func recoveredState(t testing.TB, s *Store, queues uint64, refs map[entryKey]Pos) ledgerState {
	t.Helper()
	state := newLedgerState()
	r := s.NewReader()
	defer r.Done()
	for queue := uint64(1); queue <= queues; queue++ {
		es, next := s.Recovered(queue)
		for i, e := range es {
			if i > 0 && e.Seq <= es[i-1].Seq || e.Seq >= next {
				t.Errorf("queue %d: %d behind %d, next is %d", queue, e.Seq, es[max(i-1, 0)].Seq, next)
			}
			b, err := r.Read(e.Pos)
			if err != nil {
				t.Errorf("queue %d entry %d: %v", queue, e.Seq, err)
			}
			addEntry(state, queue, e, b)
			entry := state.queues[queue][e.Seq]
			entry.redelivered = e.Flags&FlagRedelivered != 0
			state.queues[queue][e.Seq] = entry
			if refs != nil {
				refs[entryKey{queue, e.Seq}] = e.Pos
			}
		}
	}
	s.RecoveryDone()
	err := s.Definitions(func(k string, v []byte) error {
		state.definitions[k] = string(v)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return state
}

// mustBePrefix checks that what a recovery found is the state after some first part of the
// operations which has all that end up to durable. REQUIRES mu.
func (l *ledger) mustBePrefix(t testing.TB, got ledgerState, durable LSN) {
	t.Helper()
	l.done().mustBePrefix(t, got, durable)
}

// history is what was done up to some moment. It does not change.
type history struct {
	base ledgerState
	ops  []ledgerOp
	last uint64 // number of the newest queue
}

// done returns what was done so far. REQUIRES mu.
func (l *ledger) done() history { return history{l.base, l.ops[:len(l.ops):len(l.ops)], l.last} }

// mustBePrefix is ledger.mustBePrefix.
func (l history) mustBePrefix(t testing.TB, got ledgerState, durable LSN) {
	t.Helper()
	state, text := l.base.clone(), got.String()
	least := 0
	for i, op := range l.ops {
		if op.end <= durable {
			least = i + 1
		}
	}
	for n := 0; ; n++ {
		if n >= least && state.String() == text {
			return
		}
		if n == len(l.ops) {
			break
		}
		l.ops[n].apply(state)
	}
	t.Errorf("recovered is not the state after any of operations %d to %d:\n%s\nlast state:\n%s",
		least, len(l.ops), text, state)
}
