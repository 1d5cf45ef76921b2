package broker

// source is where a delivery came from: a queue, and the consumer that took
// it, nil for basic.get.
type source struct {
	queue    *localQueue
	consumer *consumer
	// counted: the delivery was counted against the channel-wide prefetch limit.
	counted bool
}

// outstanding is one delivery that waits for its settlement.
type outstanding struct {
	src *source // nil: the slot is empty (settled, or never needed settling)
	seq uint64  // the message's sequence number in its queue
	// held: settled in a transaction that is not committed; the tag is unknown
	// to the client until a rollback (amqp-behaviour §6).
	held bool
}

// unacked holds a channel's outstanding deliveries, indexed by delivery tag.
//
//	tag:   base        base+1  ...              next-1
//	       slots[base & mask]                   slots[(next-1) & mask]
//
// Invariant: base <= next, next-base <= len(slots), and slots[base & mask] is
// not empty unless base == next. Tags start at 1. Guarded by the connection's
// output.mu.
type unacked struct {
	base, next uint64
	slots      []outstanding // length is a power of two, or zero
	live       int           // slots that are not empty
}

// newUnacked returns an empty ring whose first tag is 1.
func newUnacked() unacked { return unacked{base: 1, next: 1} }

// tag gives out the next delivery tag without a slot (automatic acknowledgement).
func (u *unacked) tag() uint64 {
	t := u.next
	u.next++
	if u.live == 0 {
		u.base = u.next
		return t
	}
	u.room()
	u.slots[t&uint64(len(u.slots)-1)] = outstanding{}
	return t
}

// push gives out the next delivery tag for o.
func (u *unacked) push(o outstanding) uint64 {
	t := u.next
	u.next++
	u.room()
	u.slots[t&uint64(len(u.slots)-1)] = o
	u.live++
	return t
}

// room makes the ring hold every tag in [base, next).
func (u *unacked) room() {
	n := u.next - u.base
	if n <= uint64(len(u.slots)) {
		return
	}
	size := max(16, len(u.slots)*2)
	for uint64(size) < n {
		size *= 2
	}
	grown := make([]outstanding, size)
	for t := u.base; t < u.next-1; t++ {
		grown[t&uint64(size-1)] = u.slots[t&uint64(len(u.slots)-1)]
	}
	u.slots = grown
}

// at returns the slot of a tag in [base, next).
func (u *unacked) at(tag uint64) *outstanding { return &u.slots[tag&uint64(len(u.slots)-1)] }

// has tells whether tag is outstanding.
func (u *unacked) has(tag uint64) bool {
	if tag < u.base || tag >= u.next || len(u.slots) == 0 {
		return false
	}
	o := u.at(tag)
	return o.src != nil && !o.held
}

// remove takes tag out, which must be outstanding.
func (u *unacked) remove(tag uint64) outstanding {
	slot := u.at(tag)
	o := *slot
	*slot = outstanding{}
	u.live--
	u.trim()
	return o
}

// trim moves base over empty slots.
func (u *unacked) trim() {
	if u.live == 0 {
		u.base = u.next
		if len(u.slots) > 1024 {
			u.slots = nil
		}
		return
	}
	mask := uint64(len(u.slots) - 1)
	for u.slots[u.base&mask].src == nil {
		u.base++
	}
}
