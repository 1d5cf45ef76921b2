package store

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// entryMax is how many octets an entry takes at most.
const entryMax = 1 + 10 + 10 + 5 + 10 + 3 + 1 + 1

func TestEntriesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entry := rapid.Custom(func(t *rapid.T) Entry {
			return Entry{
				Seq:        rapid.Uint64().Draw(t, "seq"),
				Pos:        Pos(rapid.Uint64().Draw(t, "pos")),
				Expiry:     rapid.Int64().Draw(t, "expiry"),
				Size:       rapid.Uint32().Draw(t, "size"),
				Deliveries: rapid.Uint16().Draw(t, "deliveries"),
				Priority:   rapid.Uint8().Draw(t, "priority"),
				Flags:      rapid.Uint8().Draw(t, "flags"),
			}
		})
		es := rapid.SliceOf(entry).Draw(t, "entries")
		p := appendEnqueue(nil, 9, es)
		if len(p) > 20+len(es)*entryMax {
			t.Fatalf("%d entries take %d octets", len(es), len(p))
		}
		d := decoder{p: p}
		if queue, n := d.uvarint(), d.count(2); queue != 9 || n != len(es) {
			t.Fatalf("queue %d, %d entries", queue, n)
		}
		i := 0
		err := readEntries(d, len(es), func(e *Entry) {
			if *e != es[i] {
				t.Fatalf("entry %d is %+v, was %+v", i, *e, es[i])
			}
			i++
		})
		if err != nil || i != len(es) {
			t.Fatalf("%d entries, %v", i, err)
		}
	})
}

// TestSteadyEntriesAreSmall checks the size that backlogs are reckoned with.
func TestSteadyEntriesAreSmall(t *testing.T) {
	var last Entry
	var p []byte
	for i := range 1000 {
		e := Entry{Seq: uint64(i + 1), Pos: makePos(7, uint32(48+1036*i)), Size: 1024}
		p = appendEntry(p, &last, &e)
		last = e
	}
	if len(p) > 3100 {
		t.Errorf("1000 entries take %d octets", len(p))
	}
}

func TestDefinitionsRoundTrip(t *testing.T) {
	want := []Change{{"a", []byte("x")}, {"", nil}, {"gone", nil}, {"empty", []byte{}}}
	got, err := parseDefinitions(appendDefinitions(nil, want))
	if err != nil || len(got) != len(want) {
		t.Fatal(got, err)
	}
	for i := range want {
		if got[i].Key != want[i].Key || !bytes.Equal(got[i].Value, want[i].Value) || (got[i].Value == nil) != (want[i].Value == nil) {
			t.Errorf("%+v came back as %+v", want[i], got[i])
		}
	}
}

// newRecord makes the whole record at off of a segment.
func newRecord(k kind, segment, off uint32, payload []byte) []byte {
	p := make([]byte, recordHeaderSize+len(payload))
	putRecordHeader(p, k, segment, len(payload))
	copy(p[recordHeaderSize:], payload)
	sealRecord(p, off)
	return p
}

// TestRecordsBelongToTheirPlace: a record is not valid where it was not written, nor when
// anything about it changed.
func TestRecordsBelongToTheirPlace(t *testing.T) {
	good := newRecord(kindMessage, 5, 100, []byte("payload"))
	if r, err := parseRecord(good, 5, 100, 100); err != nil || string(r.payload) != "payload" || r.more {
		t.Fatal(r, err)
	}
	if _, err := parseRecord(good, 5, 101, 100); !errors.Is(err, errBad) {
		t.Errorf("at another offset: %v", err)
	}
	if _, err := parseRecord(good, 6, 100, 100); !errors.Is(err, errEnd) {
		t.Errorf("in another segment: %v", err)
	}
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			if r, err := parseRecord(bad, 5, 100, 1<<20); err == nil {
				t.Errorf("octet %d bit %d flipped: %+v", i, bit, r)
			}
		}
	}
	for n := range good {
		if _, err := parseRecord(good[:n], 5, 100, 100); !errors.Is(err, errShort) {
			t.Errorf("cut to %d: %v", n, err)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(newRecord(kindEnqueue, 5, 48, appendEnqueue(nil, 3, []Entry{{Seq: 1, Pos: 9, Size: 4}})))
	f.Add(newRecord(kindSettle|groupBit, 5, 48, appendSettle(nil, 3, []Range{{1, 2}, {0, 0}})))
	f.Add(newRecord(kindDelivered, 5, 48, appendDelivered(nil, 3, 9)))
	f.Add(newRecord(kindDrop, 5, 48, appendDrop(nil, 3)))
	f.Add(newRecord(kindDefinitions, 5, 48, appendDefinitions(nil, []Change{{"k", []byte("v")}, {"d", nil}})))
	f.Add(newRecord(kindCarried, 5, 48, make([]byte, carriedHead+3)))
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) >= recordHeaderSize { // let what is behind the checksum be tested too
			putRecordHeader(p, kind(p[8]), 5, len(p)-recordHeaderSize)
			sealRecord(p, 48)
		}
		r, err := parseRecord(p, 5, 48, 1<<20)
		if err != nil {
			return
		}
		x := newIndex()
		x.replay = true
		x.definitions = func(LSN, []Change) {}
		x.carried = func(pos, now Pos) {}
		_ = x.apply(r, 5, 1)
		if err := x.verify(); err != nil {
			t.Errorf("%v: %v", r.kind, err)
		}
		g := gatherer{index: x, queues: map[uint64]*gathered{}}
		_ = g.enqueue(r.payload)
		_ = eachSettled(r.payload, func(Range) {})
	})
}

func FuzzScanner(f *testing.F) {
	p := make([]byte, segmentHeaderSize)
	for range 3 {
		p = append(p, newRecord(kindMessage, 5, uint32(len(p)), []byte("some payload"))...)
		p = append(p, newRecord(kindMark, 5, uint32(len(p)), make([]byte, 8))...)
	}
	f.Add(p, 60)
	f.Fuzz(func(t *testing.T, p []byte, cut int) {
		if cut > 0 && cut < len(p) {
			p[cut] ^= 0x55
		}
		sc := newScanner(bytes.NewReader(p), 5, uint32(max(len(p), segmentHeaderSize)))
		for sc.off < sc.end {
			before := sc.off
			if _, err := sc.next(); err != nil {
				if err := sc.resync(); err != nil {
					t.Fatal(err)
				}
			}
			if sc.off <= before {
				t.Fatalf("stuck at %d", before)
			}
		}
	})
}

func TestSegmentHeaderRoundTrip(t *testing.T) {
	want := segmentHeader{segment: 7, size: 1 << 20, base: 1 << 40, previous: 6, prevEnd: 999}
	p := make([]byte, segmentHeaderSize)
	want.put(p)
	if got, ok := parseSegmentHeader(p); !ok || got != want {
		t.Errorf("%+v %v", got, ok)
	}
	for i := range p {
		p[i] ^= 1
		if _, ok := parseSegmentHeader(p); ok {
			t.Errorf("octet %d changed and nobody noticed", i)
		}
		p[i] ^= 1
	}
}
