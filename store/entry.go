package store

import "encoding/binary"

// Entry is one durable message in a queue.
type Entry struct {
	Seq        uint64 // place in the queue; ascends within a queue over its whole life
	Pos        Pos    // where the payload lies
	Expiry     int64  // when it expires, Unix milliseconds; 0: never
	Size       uint32 // octets of the message body, for the queue's accounts
	Deliveries uint16 // how often it was delivered before this entry was written
	Priority   uint8
	Flags      uint8 // the owner's bits, and FlagRedelivered
}

// FlagRedelivered in Entry.Flags: the entry may have been delivered before.
const FlagRedelivered = 1

// Range is a range of sequence numbers, both ends included.
type Range struct{ From, To uint64 }

// Entries, in enqueue records and in index runs, are written as differences to the entry
// before, which is all zeros at the start of a record or block:
//
//	+------+-------------+---------------+--------+-----------+--------------+----------+-------+
//	| bits | seq         | position      | size   | expiry    | deliveries   | priority | flags |
//	| u8   | varint diff | zigzag diff   | varint | zigzag    | varint       | u8       | u8    |
//	+------+-------------+---------------+--------+-----------+--------------+----------+-------+
//	       | entryNotNext|               |entrySize|entryExpiry|        entryExtra              |
//
// A field is there if its bit is set; without it seq is the next one, size and expiry are
// those of the entry before, and the last three are zero. An entry of a steady stream
// takes three or four octets.
const (
	entryNotNext = 1 << iota // seq is given as the difference
	entrySize                // size is given
	entryExpiry              // expiry is given as the difference
	entryExtra               // deliveries, priority and flags are given
	entryBits                // all bits from here on are zero
)

// appendEntry appends e as its difference to last.
func appendEntry(p []byte, last, e *Entry) []byte {
	at := len(p)
	p = append(p, 0)
	bits := byte(0)
	if e.Seq != last.Seq+1 {
		bits |= entryNotNext
		p = binary.AppendUvarint(p, e.Seq-last.Seq)
	}
	p = binary.AppendVarint(p, int64(e.Pos-last.Pos))
	if e.Size != last.Size {
		bits |= entrySize
		p = binary.AppendUvarint(p, uint64(e.Size))
	}
	if e.Expiry != last.Expiry {
		bits |= entryExpiry
		p = binary.AppendVarint(p, e.Expiry-last.Expiry)
	}
	if e.Deliveries != 0 || e.Priority != 0 || e.Flags != 0 {
		bits |= entryExtra
		p = binary.AppendUvarint(p, uint64(e.Deliveries))
		p = append(p, e.Priority, e.Flags)
	}
	p[at] = bits
	return p
}

// entry reads the entry that follows last into last.
func (d *decoder) entry(last *Entry) {
	bits := d.octet()
	if bits >= entryBits {
		d.fail()
	}
	if bits&entryNotNext != 0 {
		last.Seq += d.uvarint()
	} else {
		last.Seq++
	}
	last.Pos += Pos(d.varint())
	if bits&entrySize != 0 {
		last.Size = uint32(d.uvarint())
	}
	if bits&entryExpiry != 0 {
		last.Expiry += d.varint()
	}
	last.Deliveries, last.Priority, last.Flags = 0, 0, 0
	if bits&entryExtra != 0 {
		last.Deliveries = uint16(d.uvarint())
		last.Priority, last.Flags = d.octet(), d.octet()
	}
}

// appendEnqueue appends the payload of an enqueue record.
func appendEnqueue(p []byte, queue uint64, entries []Entry) []byte {
	p = binary.AppendUvarint(p, queue)
	p = binary.AppendUvarint(p, uint64(len(entries)))
	var last Entry
	for i := range entries {
		p = appendEntry(p, &last, &entries[i])
		last = entries[i]
	}
	return p
}

// entryReader reads the entries of a record or block one after the other.
type entryReader struct {
	decoder
	left int
	last Entry // the one read by next
}

// next reads the next entry into last and reports whether there was one.
func (r *entryReader) next() bool {
	if r.left == 0 || r.bad {
		return false
	}
	r.left--
	r.entry(&r.last)
	return !r.bad
}

// readEntries reads n entries to the end of d, calling f with each; the argument is reused.
func readEntries(d decoder, n int, f func(*Entry)) error {
	r := entryReader{decoder: d, left: n}
	for r.next() {
		f(&r.last)
	}
	return r.done()
}
