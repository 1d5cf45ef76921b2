package amqp

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// PropertyList is a message's properties as owned Go values, to build a header
// from. A field that is not zero is sent; Present adds those that are zero and
// sent all the same.
type PropertyList struct {
	ContentType     string
	ContentEncoding string
	Headers         Table
	DeliveryMode    byte
	Priority        byte
	CorrelationID   string
	ReplyTo         string
	Expiration      string
	MessageID       string
	Timestamp       uint64 // seconds since 1970
	Type            string
	UserID          string
	AppID           string
	ClusterID       string
	// Present is a set of flags to send whatever the field holds.
	Present uint16
}

// Flags returns the flags of the properties that are sent.
func (p *PropertyList) Flags() uint16 {
	flags := p.Present & flagProperties
	for _, number := range []struct {
		flag uint16
		zero bool
	}{
		{FlagHeaders, len(p.Headers) == 0},
		{FlagDeliveryMode, p.DeliveryMode == 0},
		{FlagPriority, p.Priority == 0},
		{FlagTimestamp, p.Timestamp == 0},
	} {
		if !number.zero {
			flags |= number.flag
		}
	}
	for left := flagTexts; left != 0; left &= left - 1 {
		flag := left & -left
		if *p.text(flag) != "" {
			flags |= flag
		}
	}
	return flags
}

// flagTexts is the flags of all short string properties.
const flagTexts = flagProperties &^ (FlagHeaders | FlagDeliveryMode | FlagPriority | FlagTimestamp)

// Check returns ErrLongString when a property or a header's name does not fit
// into a short string. AppendHeaderPayload must not be called then.
func (p *PropertyList) Check() error {
	for left := flagTexts; left != 0; left &= left - 1 {
		if n := len(*p.text(left & -left)); n > 255 {
			return fmt.Errorf("%w: a property has %d", ErrLongString, n)
		}
	}
	for _, f := range p.Headers {
		if len(f.Key) > 255 {
			return fmt.Errorf("%w: a header's name has %d", ErrLongString, len(f.Key))
		}
	}
	return nil
}

// AppendHeaderPayload adds the payload of a content header frame to dst. It
// allocates nothing else.
func AppendHeaderPayload(dst []byte, bodySize uint64, p *PropertyList) []byte {
	flags := p.Flags()
	dst = appendHeaderStart(dst, bodySize, flags)
	for flags != 0 {
		flag := uint16(1) << (bits.Len16(flags) - 1)
		flags &^= flag
		switch flag {
		case FlagDeliveryMode:
			dst = append(dst, p.DeliveryMode)
		case FlagPriority:
			dst = append(dst, p.Priority)
		case FlagTimestamp:
			dst = binary.BigEndian.AppendUint64(dst, p.Timestamp)
		case FlagHeaders:
			dst = p.Headers.Append(dst)
		default:
			dst = appendShortStr(dst, *p.text(flag))
		}
	}
	return dst
}

// List returns an owned copy of the properties. The error is that of
// ParseTable for headers that were never validated.
func (p *Properties) List() (PropertyList, error) {
	headers, err := ParseTable(p.Headers)
	list := PropertyList{
		Headers: headers, DeliveryMode: p.DeliveryMode, Priority: p.Priority, Timestamp: p.Timestamp,
		Present: p.Flags & flagProperties,
	}
	for left := flagTexts; left != 0; left &= left - 1 {
		flag := left & -left
		*list.text(flag) = string(*p.text(flag))
	}
	return list, err
}

// text returns the field of a short string property.
func (p *PropertyList) text(flag uint16) *string {
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
