package broker

import (
	"cmp"
	"slices"
)

// source is where a delivery came from: a queue, and the consumer that took
// it, nil for basic.get. Sources that are equal are the same.
type source struct {
	queue    *localQueue
	consumer *consumer
	// counted: the delivery was counted against the channel-wide prefetch limit.
	counted bool
}

// outstanding is one delivery that waits for its settlement.
type outstanding struct {
	tag uint64
	src *source // nil: it was settled
	seq uint64  // the message's sequence number in its queue
	// held: settled in a transaction that is not committed; the tag is unknown
	// to the client until a rollback (amqp-behaviour §6).
	held bool
}

// unacked holds a channel's outstanding deliveries, by delivery tag.
//
//	list   [ - ][ - ][ 17 ][ 18 ][ - ][ 20 ][ 95 ]     next 96
//	                   ^ first
//
// Settled ones stay in the list as gaps until its memory is full, then the others
// close up, so one old delivery costs one place and not one for every tag since.
// Automatic acknowledgements have tags and no places.
//
// Invariant: tags ascend; list[first] is outstanding unless the list is empty.
// Guarded by the connection's output.mu.
type unacked struct {
	next  uint64 // the next tag; tags start at 1
	list  []outstanding
	first int
	live  int // how many are outstanding
}

// newUnacked returns an empty list whose first tag is 1.
func newUnacked() unacked { return unacked{next: 1} }

// tag gives out the next delivery tag without a place (automatic acknowledgement).
func (u *unacked) tag() uint64 {
	u.next++
	return u.next - 1
}

// push gives out the next delivery tag for o.
func (u *unacked) push(o outstanding) uint64 {
	if len(u.list) == cap(u.list) && u.live <= len(u.list)/2 {
		u.closeUp()
	}
	o.tag = u.tag()
	u.list = append(u.list, o)
	u.live++
	return o.tag
}

// closeUp takes the gaps out.
func (u *unacked) closeUp() {
	n := 0
	for _, o := range u.list[u.first:] {
		if o.src != nil {
			u.list[n] = o
			n++
		}
	}
	clear(u.list[n:])
	u.list, u.first = u.list[:n], 0
}

// oldest is the lowest tag that is outstanding. REQUIRES: there is one.
func (u *unacked) oldest() uint64 { return u.list[u.first].tag }

// find returns the place of a tag, -1 if it has none.
func (u *unacked) find(tag uint64) int {
	list := u.list[u.first:]
	if len(list) == 0 || tag < list[0].tag {
		return -1
	}
	if i := tag - list[0].tag; i < uint64(len(list)) && list[i].tag == tag { // none was left out
		return u.first + int(i)
	}
	i, found := slices.BinarySearchFunc(list, tag, func(o outstanding, tag uint64) int { return cmp.Compare(o.tag, tag) })
	if !found {
		return -1
	}
	return u.first + i
}

// span returns the places from..to-1 that a settlement is about: that of tag, with
// multiple also all before it; tag 0 with multiple is all. ok is false for a tag
// that is not outstanding.
func (u *unacked) span(tag uint64, multiple bool) (from, to int, ok bool) {
	if tag == 0 && multiple {
		return u.first, len(u.list), true
	}
	i := u.find(tag)
	if i < 0 || !u.list[i].waits() {
		return 0, 0, false
	}
	if multiple {
		return u.first, i + 1, true
	}
	return i, i + 1, true
}

// waits tells whether the client may settle o.
func (o *outstanding) waits() bool { return o.src != nil && !o.held }

// take settles the delivery at a place. Other places are as they were, until nothing
// is outstanding.
func (u *unacked) take(i int) outstanding {
	o := u.list[i]
	u.list[i].src = nil
	if u.live--; u.live == 0 {
		u.list, u.first = u.list[:0], 0
		if cap(u.list) > unackedKept {
			u.list = nil
		}
		return o
	}
	for u.list[u.first].src == nil {
		u.first++
	}
	return o
}

// unackedKept is how many places an empty list still has memory for.
const unackedKept = 4096
