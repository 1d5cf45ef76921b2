package exchange

import (
	"iter"

	"amqpd/amqp"
)

// Message is what routing looks at. All slices are borrowed for the duration
// of Route. A caller that routes often should reuse one Message, since Route
// lets it escape to the heap.
type Message struct {
	// Key is the routing key of the publish.
	Key []byte
	// Headers is the inside of the header table as it came over the wire, nil
	// if the message has none. It must have been validated, as
	// amqp.ParseProperties does.
	Headers []byte
	// CC and BCC are the sender-selected keys if the caller has read them with
	// SenderKeys. Left zero, Route reads them from Headers.
	CC, BCC Keys
	// MessageID and CorrelationID are properties, nil if absent.
	MessageID, CorrelationID []byte
	// Timestamp, in seconds since 1970, counts if HasTimestamp.
	Timestamp    uint64
	HasTimestamp bool
}

// Keys are the routing keys of a CC or BCC header. It borrows from the headers
// it was read from.
type Keys struct {
	array []byte // inside of the header's array
	read  bool   // SenderKeys made it, so that there is nothing left to read
}

// All yields the keys in the order of the header; elements that are not long
// strings are passed over. It allocates nothing.
func (k Keys) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for v := range amqp.Elements(k.array) {
			if key, ok := v.Str(); ok && !yield(key) {
				return
			}
		}
	}
}

// Empty reports whether there is no key.
func (k Keys) Empty() bool {
	for range k.All() {
		return false
	}
	return true
}

// Present reports whether the message had the header at all. A stored message
// must be rid of a BCC header that is present, even one without keys.
func (k Keys) Present() bool { return k.array != nil }

// SenderKeys reads the CC and BCC headers, further routing keys chosen by the
// publisher, out of the inside of a header table (amqp-behaviour §3.5). It
// allocates nothing. The error, 406 for basic.publish, is for a header that is
// no array.
func SenderKeys(headers []byte) (cc, bcc Keys, err *amqp.Error) {
	var values [len(senderHeaders)]amqp.RawValue
	for key, v := range amqp.Fields(headers) {
		for i, name := range senderHeaders {
			if string(key) == name && values[i].Kind == 0 { // of duplicates the first counts
				values[i] = v
			}
		}
	}
	keys := [len(senderHeaders)]Keys{{read: true}, {read: true}}
	for i, v := range values {
		switch v.Kind {
		case 0:
		case amqp.KindArray:
			keys[i].array = v.Data
		default:
			return Keys{}, Keys{}, errSenderType(senderHeaders[i], v.Kind)
		}
	}
	return keys[0], keys[1], nil
}

// senderHeaders are the headers that SenderKeys reads, in the order in which
// RabbitMQ complains about them.
var senderHeaders = [...]string{"CC", "BCC"}

// senderKeys returns the keys that the caller has read, or reads them.
func (m *Message) senderKeys() (cc, bcc Keys, err *amqp.Error) {
	if m.CC.read || m.BCC.read || len(m.Headers) == 0 {
		return m.CC, m.BCC, nil
	}
	return SenderKeys(m.Headers)
}
