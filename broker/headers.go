package broker

import (
	"math"

	"amqpd/amqp"
	"amqpd/exchange"
)

// editHeaders returns a content header payload with its headers table changed
// by f. A payload that cannot be edited, which cannot be here, stays as it is.
func editHeaders(header []byte, f func(amqp.Table) amqp.Table) []byte {
	m := message{header: header}
	p := m.properties()
	table, err := amqp.ParseTable(p.Headers)
	if err != nil {
		return header
	}
	changed := f(table)
	edited, err := amqp.Edit{Headers: &changed}.Append(nil, header)
	if err != nil {
		return header
	}
	return edited
}

// withoutHeader removes one header, for BCC (amqp-behaviour §3.5).
func withoutHeader(header []byte, key string) []byte {
	return editHeaders(header, func(t amqp.Table) amqp.Table { return t.Without(key) })
}

// withDeliveryCount adds x-delivery-count to a delivery from a quorum queue
// (amqp-behaviour §5.5).
func withDeliveryCount(header []byte, count uint16) []byte {
	return editHeaders(header, func(t amqp.Table) amqp.Table {
		return t.With("x-delivery-count", amqp.Long(int64(count)))
	})
}

// negateDelay rewrites x-delay of a message that has waited, as a signed 32-bit
// integer (amqp-behaviour §3.5), or as a 64-bit one where that is too small.
func negateDelay(header []byte) []byte {
	return editHeaders(header, func(t amqp.Table) amqp.Table {
		ms, _ := exchange.Delay(t.Append(nil)[4:])
		if ms > math.MaxInt32 {
			return t.With("x-delay", amqp.Long(-ms))
		}
		return t.With("x-delay", amqp.Int32(int32(-ms)))
	})
}
