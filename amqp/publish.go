package amqp

import "unicode/utf8"

// Publish is the arguments of a basic.publish without the unused ticket. All
// slices borrow from the frame.
type Publish struct {
	Exchange, RoutingKey []byte
	// Envelope is exchange and routing key as two short strings, exactly the
	// octets of the frame. AppendDeliver, AppendGetOk and AppendReturn take it.
	Envelope             []byte
	Mandatory, Immediate bool
}

// The flag octet of basic.publish.
const (
	publishMandatory = 1 << 0
	publishImmediate = 1 << 1
	ticketSize       = 2
)

// ParsePublish reads the arguments of a basic.publish. The only error is
// ErrMalformed.
//
// RabbitMQ 3.10 does not look whether the two names are UTF-8, as it does for
// every method without content: legacy clients publish binary routing keys,
// and they pass. ValidUTF8 answers for who wants to know.
func ParsePublish(args []byte) (p Publish, err error) {
	if !p.parse(args) {
		return Publish{}, ErrMalformed
	}
	return p, nil
}

// parse sets all of p, or nothing and returns false.
func (p *Publish) parse(args []byte) bool {
	if len(args) < ticketSize+1 {
		return false
	}
	rest := args[ticketSize:]
	keyAt := 1 + int(rest[0])
	if keyAt >= len(rest) {
		return false
	}
	flagsAt := keyAt + 1 + int(rest[keyAt])
	if flagsAt+1 != len(rest) {
		return false
	}
	p.Exchange = rest[1:keyAt:keyAt]
	p.RoutingKey = rest[keyAt+1 : flagsAt : flagsAt]
	p.Envelope = rest[:flagsAt:flagsAt]
	p.Mandatory = rest[flagsAt]&publishMandatory != 0
	p.Immediate = rest[flagsAt]&publishImmediate != 0
	return true
}

// ValidUTF8 reports whether exchange and routing key are both UTF-8.
func (p Publish) ValidUTF8() bool {
	return utf8.Valid(p.Exchange) && utf8.Valid(p.RoutingKey)
}

// AppendEnvelope adds exchange and routing key as two short strings, for
// messages that did not come as a basic.publish. It returns ErrLongString when
// one does not fit.
func AppendEnvelope(dst []byte, exchange, routingKey string) ([]byte, error) {
	if len(exchange) > 255 || len(routingKey) > 255 {
		return dst, ErrLongString
	}
	return appendShortStr(appendShortStr(dst, exchange), routingKey), nil
}

// SplitEnvelope takes an envelope apart. It returns ErrMalformed when it is
// not exactly two short strings. Both results borrow from envelope.
func SplitEnvelope(envelope []byte) (exchange, routingKey []byte, err error) {
	if len(envelope) == 0 {
		return nil, nil, ErrMalformed
	}
	keyAt := 1 + int(envelope[0])
	if keyAt >= len(envelope) || keyAt+1+int(envelope[keyAt]) != len(envelope) {
		return nil, nil, ErrMalformed
	}
	return envelope[1:keyAt], envelope[keyAt+1:], nil
}
