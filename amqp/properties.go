package amqp

import (
	"encoding/binary"
	"math/bits"
)

// The flags of the properties, in the order in which they follow each other
// (amqp-behaviour §5.1).
const (
	FlagContentType     uint16 = 1 << 15
	FlagContentEncoding uint16 = 1 << 14
	FlagHeaders         uint16 = 1 << 13
	FlagDeliveryMode    uint16 = 1 << 12
	FlagPriority        uint16 = 1 << 11
	FlagCorrelationID   uint16 = 1 << 10
	FlagReplyTo         uint16 = 1 << 9
	FlagExpiration      uint16 = 1 << 8
	FlagMessageID       uint16 = 1 << 7
	FlagTimestamp       uint16 = 1 << 6
	FlagType            uint16 = 1 << 5
	FlagUserID          uint16 = 1 << 4
	FlagAppID           uint16 = 1 << 3
	FlagClusterID       uint16 = 1 << 2
	// FlagUnused means nothing, is not refused and stays where it is.
	FlagUnused uint16 = 1 << 1
	// FlagContinued announces more flags, which no property needs.
	FlagContinued uint16 = 1 << 0

	flagProperties = ^(FlagUnused | FlagContinued)
)

// Properties shows the properties of one message. All slices borrow from the
// octets that were parsed; nil for what is absent, but ask Has, for an empty
// string may be present.
type Properties struct {
	// Flags says what is present.
	Flags           uint16
	DeliveryMode    byte // as sent: 1 transient, 2 persistent, others are refused by the broker
	Priority        byte
	ContentType     []byte
	ContentEncoding []byte
	// Headers is the inside of the headers table, without its length, for
	// Lookup, Fields and ParseTable.
	Headers       []byte
	CorrelationID []byte
	ReplyTo       []byte
	Expiration    []byte
	MessageID     []byte
	Timestamp     uint64 // seconds since 1970
	Type          []byte
	UserID        []byte
	AppID         []byte
	ClusterID     []byte
}

// Has reports whether the property of that flag is present.
func (p *Properties) Has(flag uint16) bool { return p.Flags&flag != 0 }

// ParseProperties reads the properties that flags announce. The whole of raw is
// validated in one scan, nested headers included, without recursion and without
// allocation. It returns ErrProperties for whatever RabbitMQ cannot decode
// (amqp-behaviour §5.1): a truncated property, octets left over, FlagContinued,
// an unknown field type or a NaN among the headers. Strings are not checked for
// UTF-8 (amqp-behaviour §1.7).
func ParseProperties(flags uint16, raw []byte) (Properties, error) {
	var p Properties
	err := p.Parse(flags, raw)
	return p, err
}

// Parse is ParseProperties into an existing struct, which must be zero or come
// from Parse, for callers that look at every message and would rather not copy
// it. After an error the struct may only be parsed into again.
func (p *Properties) Parse(flags uint16, raw []byte) error {
	// What p held before is cleared by its own flags: clearing the whole struct
	// costs more than reading a message that has two properties.
	for left := p.Flags &^ flags & flagProperties; left != 0; left &= left - 1 {
		p.clear(left & -left)
	}
	p.Flags = flags
	if flags&FlagContinued != 0 {
		return ErrProperties
	}
	for left := flags & flagProperties; left != 0; {
		flag := uint16(1) << (bits.Len16(left) - 1)
		left &^= flag
		size := propertySize(flag, raw)
		if size < 0 {
			return ErrProperties
		}
		if !p.set(flag, raw[:size:size]) {
			return ErrProperties
		}
		raw = raw[size:]
	}
	if len(raw) != 0 {
		return ErrProperties
	}
	return nil
}

// propertySize returns how many octets the property of that flag takes at the
// front of raw, or -1 when raw ends before.
func propertySize(flag uint16, raw []byte) int {
	var size uint64
	switch flag {
	case FlagDeliveryMode, FlagPriority:
		size = 1
	case FlagTimestamp:
		size = 8
	case FlagHeaders:
		if len(raw) < 4 {
			return -1
		}
		size = 4 + uint64(binary.BigEndian.Uint32(raw))
	default:
		if len(raw) < 1 {
			return -1
		}
		size = 1 + uint64(raw[0])
	}
	if size > uint64(len(raw)) {
		return -1
	}
	return int(size)
}

// set stores a property from its octets on the wire.
func (p *Properties) set(flag uint16, octets []byte) bool {
	switch flag {
	case FlagDeliveryMode:
		p.DeliveryMode = octets[0]
	case FlagPriority:
		p.Priority = octets[0]
	case FlagTimestamp:
		p.Timestamp = binary.BigEndian.Uint64(octets)
	case FlagHeaders:
		p.Headers = octets[4:]
		_, err := checkTable(p.Headers)
		return err == nil
	default:
		*p.text(flag) = octets[1:]
	}
	return true
}

// clear forgets a property.
func (p *Properties) clear(flag uint16) {
	switch flag {
	case FlagDeliveryMode:
		p.DeliveryMode = 0
	case FlagPriority:
		p.Priority = 0
	case FlagTimestamp:
		p.Timestamp = 0
	case FlagHeaders:
		p.Headers = nil
	default:
		*p.text(flag) = nil
	}
}

// text returns the field of a short string property.
func (p *Properties) text(flag uint16) *[]byte {
	switch flag {
	case FlagContentType:
		return &p.ContentType
	case FlagContentEncoding:
		return &p.ContentEncoding
	case FlagCorrelationID:
		return &p.CorrelationID
	case FlagReplyTo:
		return &p.ReplyTo
	case FlagExpiration:
		return &p.Expiration
	case FlagMessageID:
		return &p.MessageID
	case FlagType:
		return &p.Type
	case FlagUserID:
		return &p.UserID
	case FlagAppID:
		return &p.AppID
	case FlagClusterID:
		return &p.ClusterID
	}
	panic("BUG: flag of no short string")
}
