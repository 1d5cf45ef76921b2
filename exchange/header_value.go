package exchange

import (
	"encoding/binary"
	"math"

	"amqpd/amqp"
)

// A headers exchange compares values as Erlang's == does: by what they are,
// not by how they were sent (amqp-behaviour §3.5). appendComparable writes a
// value such that two values are equal exactly when their octets are:
//
//	n sign magnitude   integers, timestamps, and floats without a fraction
//	d float64          other floats
//	s octets           longstr, binary
//	b 0|1              bool
//	D scale unscaled   decimal: 1.0 and 1.00 differ, as in RabbitMQ
//	V                  void
//	E                  empty table or array: both are the empty list
//	F, A encoded       table, array: equal only with the same inner types
const (
	classNumber = 'n'
	classFloat  = 'd'
	classString = 's'
	classBool   = 'b'
	classEmpty  = 'E'
)

// appendComparable adds the comparable form of a valid value to dst. It
// allocates for tables and arrays only.
func appendComparable(dst []byte, v amqp.RawValue) []byte {
	if n, ok := v.Int(); ok {
		if n < 0 {
			return appendNumber(dst, true, -uint64(n))
		}
		return appendNumber(dst, false, uint64(n))
	}
	switch v.Kind {
	case amqp.KindTimestamp:
		return appendNumber(dst, false, binary.BigEndian.Uint64(v.Data))
	case amqp.KindFloat:
		return appendFloat(dst, float64(math.Float32frombits(binary.BigEndian.Uint32(v.Data))))
	case amqp.KindDouble:
		return appendFloat(dst, math.Float64frombits(binary.BigEndian.Uint64(v.Data)))
	case amqp.KindLongStr, amqp.KindBinary:
		return append(append(dst, classString), v.Data...)
	case amqp.KindBool:
		truth, _ := v.Bool()
		return append(dst, classBool, bit(truth))
	case amqp.KindTable, amqp.KindArray:
		return appendNested(dst, v)
	}
	return append(append(dst, v.Kind), v.Data...)
}

func appendNumber(dst []byte, negative bool, magnitude uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, classNumber, bit(negative)), magnitude)
}

func appendFloat(dst []byte, f float64) []byte {
	if size := math.Abs(f); size == math.Trunc(size) && size < 1<<64 {
		return appendNumber(dst, f < 0, uint64(size))
	}
	return binary.BigEndian.AppendUint64(append(dst, classFloat), math.Float64bits(f))
}

// appendNested writes a table or array as RabbitMQ would encode it again, so
// that aliases on the wire (L for l, any octet for true) compare equal.
func appendNested(dst []byte, v amqp.RawValue) []byte {
	if len(v.Data) == 0 {
		return append(dst, classEmpty)
	}
	field := append([]byte{0, v.Kind}, 0, 0, 0, 0) // an empty key and the value
	binary.BigEndian.PutUint32(field[2:], uint32(len(v.Data)))
	table, err := amqp.ParseTable(append(field, v.Data...))
	if err != nil {
		panic("BUG: comparing an unchecked header value: " + err.Error())
	}
	return table[0].Value.Append(dst)
}

// comparableForm is the comparable form of an owned value.
func comparableForm(v amqp.Value) string {
	for raw := range amqp.Elements(v.Append(nil)) {
		return string(appendComparable(nil, raw))
	}
	panic("BUG: a value without an encoding")
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}
