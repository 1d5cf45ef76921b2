package amqp

import (
	"encoding/binary"
	"errors"
)

// ErrProperties: the properties of a message cannot be decoded. RabbitMQ
// answers 541 INTERNAL_ERROR, see [InternalError] (amqp-behaviour §5.1).
var ErrProperties = errors.New("amqp: malformed message properties")

// ErrHeader: the payload of a header frame is shorter than class, weight and
// body size.
var ErrHeader = errors.New("amqp: malformed content header")

// ClassBasic is the only class with content.
const ClassBasic uint16 = 60

// Header is the payload of a content header frame.
//
//	 0       2        4           12      14
//	+-------+--------+-----------+-------+------------+
//	| class | weight | body size | flags | properties |
//	+-------+--------+-----------+-------+------------+
type Header struct {
	// Class is 60 for every content there is.
	Class uint16
	// Weight must be 0.
	Weight uint16
	// BodySize is how many octets of body the sender announces.
	BodySize uint64
	// Flags says which properties follow, a Flag constant each.
	Flags uint16
	// Props is the properties, for ParseProperties. It borrows.
	Props []byte
}

// ParseHeader reads the payload of a header frame. It returns ErrHeader when
// there is no body size, and ErrProperties when only the flags are missing;
// all else is then set, and Flags is FlagContinued, which ParseProperties
// refuses as well.
func ParseHeader(payload []byte) (h Header, err error) {
	if !h.parse(payload) {
		return Header{}, ErrHeader
	}
	if len(payload) < contentHeaderSize+flagsSize {
		return h, ErrProperties
	}
	return h, nil
}

// parse sets all of h, or nothing and returns false.
func (h *Header) parse(payload []byte) bool {
	if len(payload) < contentHeaderSize {
		return false
	}
	h.Class = binary.BigEndian.Uint16(payload)
	h.Weight = binary.BigEndian.Uint16(payload[2:])
	h.BodySize = binary.BigEndian.Uint64(payload[4:])
	if len(payload) < contentHeaderSize+flagsSize {
		h.Flags, h.Props = FlagContinued, nil
		return true
	}
	h.Flags = binary.BigEndian.Uint16(payload[contentHeaderSize:])
	h.Props = payload[contentHeaderSize+flagsSize:]
	return true
}

// appendHeaderStart adds the payload of a header frame up to the flags.
func appendHeaderStart(dst []byte, bodySize uint64, flags uint16) []byte {
	dst = append(dst, byte(ClassBasic>>8), byte(ClassBasic), 0, 0)
	dst = binary.BigEndian.AppendUint64(dst, bodySize)
	return binary.BigEndian.AppendUint16(dst, flags)
}
