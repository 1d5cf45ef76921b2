package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// scanBuffer is how much of a file a scanner reads at once.
const scanBuffer = 1 << 20

// scanner reads the records of a segment file one after the other.
type scanner struct {
	f       io.ReaderAt
	segment uint32
	off     uint32 // where the next record starts
	end     uint32 // where the records end, or the size of the file if nobody knows

	// skipMessages leaves messages unread: their checksums are tested when somebody reads
	// them, and what follows is not believed if a length was wrong.
	skipMessages bool

	trusting bool // takes records whose checksum does not fit, see guardChecksum

	buf   []byte // the octets of the file from start on
	start uint32
	mem   []byte // what buf is part of; grown for large records
}

func newScanner(f io.ReaderAt, segment, end uint32) *scanner {
	return &scanner{f: f, segment: segment, off: segmentHeaderSize, end: end}
}

// scan is newScanner with the precautions of s.
func (s *Store) scan(f io.ReaderAt, segment, end uint32) *scanner {
	sc := newScanner(f, segment, end)
	sc.trusting = s.o.off(guardChecksum)
	return sc
}

// need makes buf start at off and hold n octets, or as many as there are before end.
func (s *scanner) need(n int) error {
	if s.off >= s.start && int(s.off-s.start) <= len(s.buf) {
		s.buf = s.buf[s.off-s.start:]
		s.start = s.off
	} else {
		s.buf, s.start = nil, s.off
	}
	n = min(n, int(s.end-s.off))
	if len(s.buf) >= n {
		return nil
	}
	want := min(max(n, scanBuffer), int(s.end-s.off))
	if len(s.mem) < want {
		mem := make([]byte, want)
		copy(mem, s.buf)
		s.mem = mem
	} else {
		copy(s.mem, s.buf)
	}
	got, err := s.f.ReadAt(s.mem[len(s.buf):want], int64(s.off)+int64(len(s.buf)))
	s.buf = s.mem[:len(s.buf)+got]
	if err == nil || errors.Is(err, io.EOF) {
		return nil // a file may be shorter than it was made for
	}
	return fmt.Errorf("%w log segment %d: %w", errReading, s.segment, err)
}

// next returns the record at off and moves behind it. The payload is valid until the next
// call. errEnd, errBad and errShort tell that there is none and leave off where it was;
// errShort is a record that goes beyond end.
func (s *scanner) next() (record, error) {
	if err := s.need(recordHeaderSize); err != nil {
		return record{}, err
	}
	k, more, n, err := parseRecordHeader(s.buf, s.segment, int(s.end-s.off)-recordHeaderSize)
	if err != nil {
		if len(s.buf) == 0 || errors.Is(err, errShort) {
			err = errEnd
		}
		return record{}, err
	}
	if k == kindMessage && s.skipMessages {
		r := record{off: s.off, kind: k, more: more}
		s.off += recordHeaderSize + uint32(n)
		return r, nil
	}
	if err := s.need(recordHeaderSize + n); err != nil {
		return record{}, err
	}
	r, err := parseRecord(s.buf, s.segment, s.off, n)
	if err != nil && (err != errSum || !s.trusting) {
		return record{}, err
	}
	s.off += uint32(r.size())
	return r, nil
}

// resync moves off to the next whole record behind off, or to end if there is none.
func (s *scanner) resync() error {
	life := []byte{byte(s.segment), byte(s.segment >> 8), byte(s.segment >> 16)}
	for s.off++; s.off < s.end; {
		if err := s.need(scanBuffer); err != nil {
			return err
		}
		if len(s.buf) < recordHeaderSize {
			break
		}
		// The life stands at the end of a header, so look for it where one could end.
		i := bytes.Index(s.buf[recordHeaderSize-len(life):], life)
		if i < 0 {
			s.off += uint32(len(s.buf) - recordHeaderSize + 1)
			continue
		}
		s.off += uint32(i)
		if s.wholeHere() {
			return nil
		}
		s.off++
	}
	s.off = s.end
	return nil
}

// wholeHere reports whether a whole record starts at off.
func (s *scanner) wholeHere() bool {
	if s.need(recordHeaderSize) != nil {
		return false
	}
	_, _, n, err := parseRecordHeader(s.buf, s.segment, int(s.end-s.off)-recordHeaderSize)
	if err != nil || s.need(recordHeaderSize+n) != nil {
		return false
	}
	_, err = parseRecord(s.buf, s.segment, s.off, n)
	return err == nil
}

// marksLater returns the lowest and the highest synced position that marks behind off
// name; both are 0 if there are none. It moves off to the end.
func (s *scanner) marksLater() (lowest, highest LSN, err error) {
	found := false
	for {
		if err := s.resync(); err != nil || s.off >= s.end {
			return lowest, highest, err
		}
		for {
			r, err := s.next()
			if err != nil {
				break
			}
			lsn, err := parseMark(r.payload)
			if r.kind != kindMark || err != nil {
				continue
			}
			if !found {
				lowest, found = lsn, true
			}
			lowest, highest = min(lowest, lsn), max(highest, lsn)
		}
	}
}
