package amqp

import (
	"encoding/binary"
	"math/bits"
)

// Edit is what a broker changes about a message's properties: dead-lettering
// rewrites headers and drops the expiration, direct reply-to rewrites reply-to.
// All that it does not name keeps its octets. The zero Edit changes nothing.
type Edit struct {
	// Headers replaces the headers when it is not nil; an empty table is sent
	// as an empty table.
	Headers *Table
	// RemoveHeaders takes the headers away; it must not meet Headers.
	RemoveHeaders bool
	// RemoveExpiration takes the expiration away.
	RemoveExpiration bool
	// ReplyTo replaces reply-to, or adds it, when it is not nil.
	ReplyTo *string
}

// Append adds to dst the payload of a header frame that is payload, edited.
// dst and payload must not overlap. On an error, which is ErrHeader,
// ErrProperties or ErrLongString, it returns dst as it was.
func (e Edit) Append(dst, payload []byte) ([]byte, error) {
	h, err := ParseHeader(payload)
	if err != nil {
		return dst, err
	}
	if err := e.check(); err != nil {
		return dst, err
	}
	if h.Flags&FlagContinued != 0 {
		return dst, ErrProperties
	}
	flags := e.flags(h.Flags)
	out := append(dst, payload[:contentHeaderSize]...)
	out = binary.BigEndian.AppendUint16(out, flags)
	rest := h.Props
	for left := (h.Flags | flags) & flagProperties; left != 0; {
		flag := uint16(1) << (bits.Len16(left) - 1)
		left &^= flag
		var old []byte
		if h.Flags&flag != 0 {
			size := propertySize(flag, rest)
			if size < 0 {
				return dst, ErrProperties
			}
			old, rest = rest[:size], rest[size:]
		}
		if flags&flag != 0 {
			out = e.appendProperty(out, flag, old)
		}
	}
	if len(rest) != 0 {
		return dst, ErrProperties
	}
	return out, nil
}

// flags returns what flags become by the edit.
func (e Edit) flags(flags uint16) uint16 {
	if e.RemoveHeaders {
		flags &^= FlagHeaders
	}
	if e.Headers != nil {
		flags |= FlagHeaders
	}
	if e.RemoveExpiration {
		flags &^= FlagExpiration
	}
	if e.ReplyTo != nil {
		flags |= FlagReplyTo
	}
	return flags
}

// check returns ErrLongString when something new does not fit.
func (e Edit) check() error {
	var list PropertyList
	if e.Headers != nil {
		list.Headers = *e.Headers
	}
	if e.ReplyTo != nil {
		list.ReplyTo = *e.ReplyTo
	}
	return list.Check()
}

// appendProperty adds the new value of a property, or its old octets.
func (e Edit) appendProperty(dst []byte, flag uint16, old []byte) []byte {
	switch {
	case flag == FlagHeaders && e.Headers != nil:
		return e.Headers.Append(dst)
	case flag == FlagReplyTo && e.ReplyTo != nil:
		return appendShortStr(dst, *e.ReplyTo)
	}
	return append(dst, old...)
}
