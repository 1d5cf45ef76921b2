package amqp

import (
	"encoding/binary"
	"math"
)

// Value is a typed value of a table field. It owns what it holds, never
// changes, and can be compared with ==: two values are equal when they are of
// the same wire type and would be written with the same octets. The zero Value
// is no value at all and is written as void.
//
// A table or array inside is kept encoded, so depth costs nothing and is not
// limited; Table and Array decode one level.
type Value struct {
	kind byte
	num  uint64 // fixed width types, as readNumber returns them
	str  string // sized types: the octets without their length
}

// Bool returns a bool, 't'.
func Bool(b bool) Value { return Value{kind: KindBool, num: uint64(bit(b))} }

// Byte returns a signed octet, 'b'.
func Byte(n int8) Value { return Value{kind: KindByte, num: uint64(int64(n))} }

// UnsignedByte returns an octet, 'B'.
func UnsignedByte(n uint8) Value { return Value{kind: KindUnsignedByte, num: uint64(n)} }

// Short returns a signed 16-bit number, 's'.
func Short(n int16) Value { return Value{kind: KindShort, num: uint64(int64(n))} }

// UnsignedShort returns a 16-bit number, 'u'.
func UnsignedShort(n uint16) Value { return Value{kind: KindUnsignedShort, num: uint64(n)} }

// Int32 returns a signed 32-bit number, 'I'.
func Int32(n int32) Value { return Value{kind: KindInt, num: uint64(int64(n))} }

// Uint32 returns a 32-bit number, 'i'.
func Uint32(n uint32) Value { return Value{kind: KindUnsignedInt, num: uint64(n)} }

// Long returns a signed 64-bit number, 'l'.
func Long(n int64) Value { return Value{kind: KindLong, num: uint64(n)} }

// Float returns a 32-bit floating point number, 'f'. It must be finite: peers
// cannot decode the others.
func Float(f float32) Value { return Value{kind: KindFloat, num: uint64(math.Float32bits(f))} }

// Double returns a 64-bit floating point number, 'd'. It must be finite: peers
// cannot decode the others.
func Double(f float64) Value { return Value{kind: KindDouble, num: math.Float64bits(f)} }

// Decimal returns unscaled / 10^scale, 'D'.
func Decimal(scale uint8, unscaled uint32) Value {
	return Value{kind: KindDecimal, num: uint64(scale)<<32 | uint64(unscaled)}
}

// LongStr returns a string, 'S'. It need not be UTF-8.
func LongStr(s string) Value { return Value{kind: KindLongStr, str: s} }

// Binary returns octets, 'x'.
func Binary(b []byte) Value { return Value{kind: KindBinary, str: string(b)} }

// Timestamp returns seconds since 1970, 'T'.
func Timestamp(seconds uint64) Value { return Value{kind: KindTimestamp, num: seconds} }

// Void returns the value of nothing, 'V'.
func Void() Value { return Value{kind: KindVoid} }

// TableOf returns a nested table, 'F'.
func TableOf(t Table) Value { return Value{kind: KindTable, str: string(t.appendFields(nil))} }

// ArrayOf returns an array, 'A'.
func ArrayOf(values ...Value) Value {
	var raw []byte
	for _, v := range values {
		raw = v.Append(raw)
	}
	return Value{kind: KindArray, str: string(raw)}
}

// Kind returns the type octet, one of the Kind constants, never KindLongAlias;
// 0 for the zero Value.
func (v Value) Kind() byte { return v.kind }

// TypeName returns the name that RabbitMQ's texts use for the type
// (amqp-behaviour §4.2).
func (v Value) TypeName() string { return TypeName(v.kind) }

// Int returns the number and true for every integer type.
func (v Value) Int() (int64, bool) {
	switch fieldTypes[v.kind].number {
	case signed, unsigned:
		return int64(v.num), true
	}
	return 0, false
}

// Float returns the number and true for a float or a double.
func (v Value) Float() (float64, bool) {
	switch v.kind {
	case KindFloat:
		return float64(math.Float32frombits(uint32(v.num))), true
	case KindDouble:
		return math.Float64frombits(v.num), true
	}
	return 0, false
}

// Decimal returns scale, unscaled number and true for a decimal.
func (v Value) Decimal() (scale uint8, unscaled uint32, ok bool) {
	if v.kind != KindDecimal {
		return 0, 0, false
	}
	return uint8(v.num >> 32), uint32(v.num), true
}

// Time returns the seconds since 1970 and true for a timestamp.
func (v Value) Time() (uint64, bool) { return v.num, v.kind == KindTimestamp }

// Bool returns the truth and true for a bool.
func (v Value) Bool() (value, ok bool) { return v.num != 0 && v.kind == KindBool, v.kind == KindBool }

// Str returns the string and true for a long string.
func (v Value) Str() (string, bool) {
	if v.kind == KindLongStr {
		return v.str, true
	}
	return "", false
}

// Binary returns the octets as a string and true for a binary.
func (v Value) Binary() (string, bool) {
	if v.kind == KindBinary {
		return v.str, true
	}
	return "", false
}

// Table returns the fields and true for a table.
func (v Value) Table() (Table, bool) {
	if v.kind != KindTable {
		return nil, false
	}
	return splitTable([]byte(v.str), v.str), true
}

// Array returns the values and true for an array.
func (v Value) Array() ([]Value, bool) {
	if v.kind != KindArray {
		return nil, false
	}
	return splitArray([]byte(v.str), v.str), true
}

// Append adds the type octet and the value to dst.
func (v Value) Append(dst []byte) []byte {
	switch width := fieldTypes[v.kind].width; {
	case v.kind == 0:
		return append(dst, KindVoid)
	case width == sized:
		return appendLongStr(append(dst, v.kind), v.str)
	default:
		dst = append(dst, v.kind)
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], v.num)
		return append(dst, b[8-width:]...)
	}
}
