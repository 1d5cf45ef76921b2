package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Every layout on disk is drawn in this file. All numbers are little endian; "varint" is
// the base-128 form of encoding/binary, "zigzag" its signed form. All checksums are
// CRC32C. A change of any layout is a new row in version.go.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Segment files, log/NNNNNNNN.log with the segment number in hexadecimal:
//
//	+--------+---------+---------+-----+---------+------------------------------+
//	| header | record  | record  | ... | record  | nothing, zeros or a past life|
//	+--------+---------+---------+-----+---------+------------------------------+
//	0        48                              end                        size
//
// Files are recycled: what lies behind the end may be records of the segment that the
// file held before. They are told apart by the segment number in each record.
//
// The end of a segment stands in the header of the next one. That header is written only
// after everything before the end is synced, so a record that does not check out before
// the end of any segment but the last is damage and never a torn write.
//
//	 0        8         12     16        24        28         32            44    48
//	+--------+---------+------+---------+---------+----------+-------------+-----+
//	| magic  | segment | size | base    | previous| previous | zeros       | crc |
//	| 8      | u32     | u32  | LSN u64 | u32     | end u32  | 12          | u32 |
//	+--------+---------+------+---------+---------+----------+-------------+-----+
//
// size is what the file is made for; base is the LSN of the first octet of the file, at
// least the base of the previous plus its end; previous is 0 in the first segment. crc
// covers the 44 octets before it.
const (
	segmentMagic      = "amqdlog1"
	segmentHeaderSize = 48
)

// segmentHeader is what the first octets of a segment file say.
type segmentHeader struct {
	segment  uint32
	size     uint32
	base     LSN
	previous uint32
	prevEnd  uint32
}

// put writes the header into the first octets of p.
func (h segmentHeader) put(p []byte) {
	clear(p[:segmentHeaderSize])
	copy(p, segmentMagic)
	binary.LittleEndian.PutUint32(p[8:], h.segment)
	binary.LittleEndian.PutUint32(p[12:], h.size)
	binary.LittleEndian.PutUint64(p[16:], uint64(h.base))
	binary.LittleEndian.PutUint32(p[24:], h.previous)
	binary.LittleEndian.PutUint32(p[28:], h.prevEnd)
	binary.LittleEndian.PutUint32(p[44:], crc32.Checksum(p[:44], castagnoli))
}

// parseSegmentHeader reads a header; ok is false where none was written whole.
func parseSegmentHeader(p []byte) (h segmentHeader, ok bool) {
	if len(p) < segmentHeaderSize || string(p[:8]) != segmentMagic ||
		binary.LittleEndian.Uint32(p[44:]) != crc32.Checksum(p[:44], castagnoli) {
		return h, false
	}
	return segmentHeader{
		segment:  binary.LittleEndian.Uint32(p[8:]),
		size:     binary.LittleEndian.Uint32(p[12:]),
		base:     LSN(binary.LittleEndian.Uint64(p[16:])),
		previous: binary.LittleEndian.Uint32(p[24:]),
		prevEnd:  binary.LittleEndian.Uint32(p[28:]),
	}, true
}

// Records, one behind the other without padding:
//
//	 0     4        8      9         12
//	+-----+--------+------+---------+----------------+
//	| crc | length | kind | life    | payload        |
//	| u32 | u32    | u8   | 3       | length octets  |
//	+-----+--------+------+---------+----------------+
//
// crc covers all behind it and starts from the record's offset in the file, so a record
// is valid only where it was written. life is the low three octets of the segment number:
// a record of the file's past life is not an error, it is the end. The top bit of kind is
// set in every record of a group but the last: a group without its last record is none.
const (
	recordHeaderSize = 12
	lifeMask         = 1<<24 - 1
	groupBit         = 0x80
)

// kind says what a record's payload is.
type kind uint8

// The kinds of records. The numbers are on disk.
const (
	kindMessage     kind = 1 + iota // the octets of a message
	kindEnqueue                     // entries of a queue
	kindSettle                      // ranges of entries that are gone
	kindDelivered                   // entries below a number may have been delivered
	kindDrop                        // the queue is deleted
	kindDefinitions                 // changes of the definitions
	kindMark                        // how far the log was synced when this was written
	kindCarried                     // a message moved here from another segment
	kindBlank                       // nothing any more: what was here was damaged and is kept elsewhere
	kindCount
)

var kindNames = [kindCount]string{"", "message", "enqueue", "settle", "delivered", "drop",
	"definitions", "mark", "carried message", "blank"}

func (k kind) String() string {
	if k >= kindCount {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kindNames[k]
}

var (
	// errEnd: nothing was written here in this life of the file.
	errEnd = errors.New("end of log")
	// errBad: something was written here and it is not whole.
	errBad = errors.New("record does not check out")
	// errSum is errBad, found by the checksum.
	errSum = fmt.Errorf("%w: its checksum does not fit", errBad)
	// errShort: the octets given end before the record does.
	errShort = errors.New("record cut short")
	// errPayload: the record is whole and says nothing sensible.
	errPayload = errors.New("malformed record")
)

// putRecordHeader writes everything of a header but the checksum, which the committer
// adds in sealRecord: nobody waits for it under the log's lock.
func putRecordHeader(p []byte, k kind, segment uint32, n int) {
	binary.LittleEndian.PutUint32(p[4:], uint32(n))
	binary.LittleEndian.PutUint32(p[8:], uint32(k)|segment&lifeMask<<8)
}

// recordLength is the payload length that the header at p says.
func recordLength(p []byte) int { return int(binary.LittleEndian.Uint32(p[4:])) }

// sealRecord adds the checksum to a whole record that starts at off of its file.
func sealRecord(p []byte, off uint32) {
	binary.LittleEndian.PutUint32(p, crc32.Update(off, castagnoli, p[4:]))
}

// record is one parsed record. payload is borrowed from whoever parsed it.
type record struct {
	off     uint32
	kind    kind
	more    bool // another record of the same group follows
	payload []byte
}

// size is what the record takes in the file.
func (r record) size() int { return recordHeaderSize + len(r.payload) }

// parseRecordHeader reads the header at p, which starts at off of a segment. max is how
// many octets a payload can have here. It checks everything but the checksum.
func parseRecordHeader(p []byte, segment uint32, max int) (k kind, more bool, n int, err error) {
	if len(p) < recordHeaderSize {
		return 0, false, 0, errShort
	}
	word := binary.LittleEndian.Uint32(p[8:])
	if word>>8 != segment&lifeMask || word&0xff == 0 {
		return 0, false, 0, errEnd
	}
	k, more = kind(word&^groupBit&0xff), word&groupBit != 0
	n = recordLength(p)
	if k == 0 || k >= kindCount || n > max {
		return k, more, n, errBad
	}
	return k, more, n, nil
}

// parseRecord reads the whole record at p, which starts at off of a segment file.
// errShort means that p ends too early. With errSum comes what would be the record.
func parseRecord(p []byte, segment, off uint32, max int) (record, error) {
	k, more, n, err := parseRecordHeader(p, segment, max)
	if err != nil {
		return record{}, err
	}
	if len(p) < recordHeaderSize+n {
		return record{}, errShort
	}
	p = p[:recordHeaderSize+n]
	r := record{off: off, kind: k, more: more, payload: p[recordHeaderSize:]}
	if binary.LittleEndian.Uint32(p) != crc32.Update(off, castagnoli, p[4:]) {
		return r, errSum
	}
	return r, nil
}

// Payloads of the kinds, but messages, which are what the caller gave:
//
//	enqueue      queue varint, count varint, count entries (entry.go)
//	settle       queue varint, count varint, count × { from zigzag - previous to, to - from varint }
//	delivered    queue varint, up to varint
//	drop         queue varint
//	definitions  count × { key length varint, key, 0 to delete or 1 + value length varint, value }
//	mark         synced LSN u64
//	carried      the position the message keeps u64, the message
//	blank        anything; only Repair writes it, over what was damaged

func appendSettle(p []byte, queue uint64, ranges []Range) []byte {
	p = binary.AppendUvarint(p, queue)
	p = binary.AppendUvarint(p, uint64(len(ranges)))
	previous := uint64(0)
	for _, r := range ranges {
		p = binary.AppendVarint(p, int64(r.From-previous))
		p = binary.AppendUvarint(p, r.To-r.From)
		previous = r.To
	}
	return p
}

// eachSettled calls f with the ranges of a settle payload behind its queue number.
func eachSettled(p []byte, f func(Range)) error {
	d := decoder{p: p}
	previous := uint64(0)
	for n := d.count(2); n > 0 && !d.bad; n-- {
		from := previous + uint64(d.varint())
		to := from + d.uvarint()
		if d.bad || to < from {
			return errPayload
		}
		f(Range{from, to})
		previous = to
	}
	return d.done()
}

func appendDelivered(p []byte, queue, upTo uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(p, queue), upTo)
}

func appendDrop(p []byte, queue uint64) []byte { return binary.AppendUvarint(p, queue) }

func appendDefinitions(p []byte, cs []Change) []byte {
	p = binary.AppendUvarint(p, uint64(len(cs)))
	for _, c := range cs {
		p = binary.AppendUvarint(p, uint64(len(c.Key)))
		p = append(p, c.Key...)
		if c.Value == nil {
			p = append(p, 0)
			continue
		}
		p = binary.AppendUvarint(p, uint64(len(c.Value))+1)
		p = append(p, c.Value...)
	}
	return p
}

// parseDefinitions returns the changes of a definitions payload, copied.
func parseDefinitions(p []byte) ([]Change, error) {
	d := decoder{p: p}
	n := d.count(2)
	cs := make([]Change, 0, n)
	for ; n > 0 && !d.bad; n-- {
		c := Change{Key: string(d.bytes(d.uvarint()))}
		if size := d.uvarint(); size > 0 {
			c.Value = append([]byte{}, d.bytes(size-1)...)
		}
		cs = append(cs, c)
	}
	return cs, d.done()
}

// Marks tell a torn write from damage: a record that does not check out before the
// highest synced position that any later mark names was whole once.
const markSize = 8

func parseMark(p []byte) (LSN, error) {
	if len(p) != markSize {
		return 0, errPayload
	}
	return LSN(binary.LittleEndian.Uint64(p)), nil
}

// carriedHead is how many octets stand before the message in a carried payload.
const carriedHead = 8

func parseCarried(p []byte) (Pos, []byte, error) {
	if len(p) < carriedHead {
		return 0, nil, errPayload
	}
	return Pos(binary.LittleEndian.Uint64(p)), p[carriedHead:], nil
}

// Index runs (log/NNNNNNNN.idx) and the checkpoint (log/checkpoint and a copy) are sequences of blocks:
//
//	 0     4        8       12     16      24
//	+-----+--------+-------+------+-------+----------------+
//	| crc | length | count | type | queue | payload        |
//	| u32 | u32    | u32   | u32  | u64   | length octets  |
//	+-----+--------+-------+------+-------+----------------+
//
// crc covers all behind it. The last block is an end block, whose count is the number of
// blocks before it: a file without it is not whole. queue is 0 but in entries blocks.
//
// A run holds the entries that the segments first to last enqueued and that were not
// settled when it was written:
//
//	run      first u32, last u32
//	entries  count entries (entry.go) of queue; blocks ascend by queue, then by Seq
//	end
//
// The checkpoint is the root: a run that it does not name does not exist.
//
//	root     version u32, segment where the replay starts u32, its base LSN u64, clean u8,
//	         serial u64, LSN that the table of definitions reaches u64
//	segments count × { segment varint, its end varint }, of those before that
//	runs     count × { number varint, first varint, last varint, octets varint, entries varint }
//	queues   count × { queue varint - previous, next varint, delivered varint, settled set (settled.go) }
//	dropped  count × { queue varint, segment varint }
//	moved    count × { position zigzag - previous, where it is now zigzag - previous }
//	end
//
// The copy of the definitions (definitions.copy):
//
//	reach        LSN u64 that it reaches
//	definitions  as in a record
//	end
const (
	blockHeaderSize = 24
	blockMax        = 1 << 30 // a block longer than this is damage
)

// The types of blocks. The numbers are on disk.
const (
	blockRun uint32 = 1 + iota
	blockEntries
	blockRoot
	blockSegments
	blockRuns
	blockQueues
	blockDropped
	blockMoved
	blockEnd
	blockReach
	blockDefinitions
)

// blockHeader is what stands before a block's payload.
type blockHeader struct {
	count uint32
	typ   uint32
	queue uint64
}

// sealBlock fills in the header of block, whose payload starts at blockHeaderSize.
func sealBlock(block []byte, h blockHeader) {
	binary.LittleEndian.PutUint32(block[4:], uint32(len(block)-blockHeaderSize))
	binary.LittleEndian.PutUint32(block[8:], h.count)
	binary.LittleEndian.PutUint32(block[12:], h.typ)
	binary.LittleEndian.PutUint64(block[16:], h.queue)
	binary.LittleEndian.PutUint32(block, crc32.Checksum(block[4:], castagnoli))
}

// parseBlockHeader reads a header and the payload length it says, unchecked.
func parseBlockHeader(p []byte) (h blockHeader, n int) {
	return blockHeader{
		count: binary.LittleEndian.Uint32(p[8:]),
		typ:   binary.LittleEndian.Uint32(p[12:]),
		queue: binary.LittleEndian.Uint64(p[16:]),
	}, int(binary.LittleEndian.Uint32(p[4:]))
}

// blockWhole reports whether a block's checksum fits.
func blockWhole(block []byte) bool {
	return binary.LittleEndian.Uint32(block) == crc32.Checksum(block[4:], castagnoli)
}
