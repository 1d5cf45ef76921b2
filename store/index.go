package store

import (
	"fmt"
	"sync"
)

// index follows the log, record by record: which sequence numbers of each queue were
// given out, which are settled, and how far deliveries may have gone. It does not hold
// the entries: those are in the log, and later in index runs (run.go). So its size does
// not depend on how many messages wait, only on how many queues there are and how far
// out of order they are consumed.
//
// The committer shows it each record before it is written; at start, recovery shows it
// the records behind the checkpoint. Showing a record twice changes nothing, which is why
// a checkpoint may be newer than the place where the replay starts.
type index struct {
	mu      sync.Mutex
	queues  map[uint64]*queueState
	dropped map[uint64]uint32 // deleted queues, and the segment that says so

	last   uint64 // the queue of the previous record, and its state: mostly the next one's too
	lastQ  *queueState
	replay bool // records may be older than what is known

	d       decoder     // of the record being applied, here so that it is not allocated
	entries entryReader // the same

	// Where records that are not about queues go. carried gets the position that the message
	// keeps and the one it has now.
	definitions func(lsn LSN, cs []Change)
	carried     func(pos, now Pos)
}

// queueState is what is known of a queue.
type queueState struct {
	next      uint64 // above every sequence number the queue has used
	delivered uint64 // entries below may have been delivered
	settled   settledSet
}

func newIndex() *index {
	return &index{queues: map[uint64]*queueState{}, dropped: map[uint64]uint32{}}
}

// queue returns the state of a queue, new if there is none. REQUIRES mu.
func (x *index) queue(id uint64) *queueState {
	if x.lastQ != nil && x.last == id {
		return x.lastQ
	}
	q := x.queues[id]
	if q == nil {
		q = &queueState{}
		x.queues[id] = q
	}
	x.last, x.lastQ = id, q
	return q
}

// seal adds the checksums to the records in spans and applies them. Only the committer
// and recovery may look at those octets until it returns.
func (x *index) seal(spans []span) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range spans {
		p, off := s.octets(), s.from
		if off == 0 {
			p, off = p[segmentHeaderSize:], segmentHeaderSize
		}
		for len(p) > 0 {
			size := recordHeaderSize + recordLength(p)
			sealRecord(p[:size], off)
			if k := kind(p[8] &^ groupBit); k != kindMessage {
				lsn := s.c.owner.base + LSN(off) + LSN(size)
				err := x.apply(record{off: off, kind: k, payload: p[recordHeaderSize:size]}, s.c.segment, lsn)
				if err != nil {
					panic(fmt.Sprintf("BUG: own %v record: %v", k, err))
				}
			}
			p, off = p[size:], off+uint32(size)
		}
	}
}

// appliers says what each kind of record does to the index. Messages and marks do nothing.
var appliers = [kindCount]func(x *index, d *decoder, segment uint32) error{
	kindEnqueue:   (*index).applyEnqueue,
	kindSettle:    (*index).applySettle,
	kindDelivered: (*index).applyDelivered,
	kindDrop:      (*index).applyDrop,
}

// apply shows a record that ends at lsn to the index. REQUIRES mu.
func (x *index) apply(r record, segment uint32, lsn LSN) error {
	switch {
	case appliers[r.kind] != nil:
		x.d = decoder{p: r.payload}
		return appliers[r.kind](x, &x.d, segment)
	case r.kind == kindDefinitions && x.definitions != nil:
		cs, err := parseDefinitions(r.payload)
		if err != nil {
			return err
		}
		x.definitions(lsn, cs)
	case r.kind == kindCarried && x.carried != nil:
		pos, _, err := parseCarried(r.payload)
		if err != nil {
			return err
		}
		x.carried(pos, makePos(segment, r.off))
	}
	return nil
}

// applyEnqueue moves the queue's next number on. Numbers that were left out were given to
// entries that are not durable: they are as good as settled.
func (x *index) applyEnqueue(d *decoder, _ uint32) error {
	id := d.uvarint()
	if _, gone := x.dropped[id]; gone {
		return nil
	}
	q := x.queue(id)
	x.entries = entryReader{left: d.count(2)}
	x.entries.decoder = *d
	for x.entries.next() {
		switch seq := x.entries.last.Seq; {
		case seq == q.next:
			q.next++
		case seq > q.next && seq < seqMax:
			q.settled.add(q.next, seq-1)
			q.next = seq + 1
		case !x.replay:
			panic(fmt.Sprintf("BUG: queue %d enqueued %d when its next sequence number was %d", id, seq, q.next))
		}
	}
	return x.entries.done()
}

// applySettle settles ranges. One that goes beyond what was enqueued uses the numbers up.
func (x *index) applySettle(d *decoder, _ uint32) error {
	id := d.uvarint()
	if _, gone := x.dropped[id]; gone {
		return nil
	}
	q := x.queue(id)
	bad := false
	err := eachSettled(d.p, func(r Range) {
		if r.To >= seqMax {
			bad = true
			return
		}
		if r.To >= q.next {
			r.From = min(r.From, q.next)
			q.next = r.To + 1
		}
		q.settled.add(r.From, r.To)
	})
	if bad {
		return fmt.Errorf("queue %d: %w: sequence number too large", id, errPayload)
	}
	return err
}

func (x *index) applyDelivered(d *decoder, _ uint32) error {
	id, upTo := d.uvarint(), d.uvarint()
	if err := d.done(); err != nil {
		return err
	}
	if _, gone := x.dropped[id]; !gone {
		q := x.queue(id)
		q.delivered = max(q.delivered, upTo)
	}
	return nil
}

// applyDrop forgets a queue. That it is gone has to be known until nothing older than
// this record can be replayed or found in a run.
func (x *index) applyDrop(d *decoder, segment uint32) error {
	id := d.uvarint()
	if err := d.done(); err != nil {
		return err
	}
	delete(x.queues, id)
	x.dropped[id] = max(x.dropped[id], segment)
	x.lastQ = nil
	return nil
}

// progress returns the next sequence number of a queue, and up to where its entries may
// have been delivered.
func (x *index) progress(queue uint64) (next, delivered uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if q := x.queues[queue]; q != nil {
		return q.next, q.delivered
	}
	return 0, 0
}

// liveFilter tells which entries of one queue are still there.
type liveFilter struct {
	q    *queueState // nil: nothing was settled
	gone bool
}

// filter returns the filter of a queue. It is valid while mu is held. REQUIRES mu.
func (x *index) filter(queue uint64) liveFilter {
	if _, gone := x.dropped[queue]; gone {
		return liveFilter{gone: true}
	}
	return liveFilter{q: x.queues[queue]}
}

func (f liveFilter) live(seq uint64) bool {
	return !f.gone && (f.q == nil || !f.q.settled.has(seq))
}

// verify checks the invariants of every queue.
func (x *index) verify() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, q := range x.queues {
		if !q.settled.verify() || q.settled.floor > q.next {
			return fmt.Errorf("queue %d: settled numbers do not fit: next %d, floor %d", id, q.next, q.settled.floor)
		}
	}
	return nil
}
