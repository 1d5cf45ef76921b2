package store

import "encoding/binary"

// decoder reads numbers from octets that may be damaged. After the first one that does
// not fit, bad is set and everything reads as zero, so callers check once at the end.
type decoder struct {
	p   []byte
	bad bool
}

func (d *decoder) fail() {
	d.p, d.bad = nil, true
}

// uvarint reads an unsigned varint.
func (d *decoder) uvarint() uint64 {
	if len(d.p) > 0 && d.p[0] < 0x80 { // most numbers are small
		v := uint64(d.p[0])
		d.p = d.p[1:]
		return v
	}
	v, n := binary.Uvarint(d.p)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.p = d.p[n:]
	return v
}

// varint reads a zigzag varint.
func (d *decoder) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// count reads how many elements follow; each takes at least least octets, so a damaged
// count cannot ask for more memory than the input could fill.
func (d *decoder) count(least int) int {
	n := d.uvarint()
	if n > uint64(len(d.p)/least) {
		d.fail()
		return 0
	}
	return int(n)
}

// bytes reads n octets, borrowed from the input.
func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.p)) {
		d.fail()
		return nil
	}
	b := d.p[:n:n]
	d.p = d.p[n:]
	return b
}

func (d *decoder) octet() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint32() uint32 {
	if b := d.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// done reports whether everything fitted and nothing is left.
func (d *decoder) done() error {
	if d.bad || len(d.p) != 0 {
		return errPayload
	}
	return nil
}
