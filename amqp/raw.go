package amqp

import (
	"encoding/binary"
	"iter"
)

// RawValue is a field's value as it stands on the wire. It borrows, and costs
// nothing to make. The functions that yield one walk tables that have been
// validated, by [ParseTable] or [ParseProperties]; of any other they show what
// stands before the damage.
type RawValue struct {
	// Kind is the type octet.
	Kind byte
	// Data is the value without its length prefix: the string, the inside of
	// the table or array, or the octets of the number.
	Data []byte
}

// nextValue takes a value with its type octet off the front of raw.
func nextValue(raw []byte) (v RawValue, rest []byte, ok bool) {
	if len(raw) == 0 {
		return RawValue{}, nil, false
	}
	kind, rest := raw[0], raw[1:]
	t := &fieldTypes[kind]
	size := uint64(t.width)
	if t.width == sized {
		if len(rest) < 4 {
			return RawValue{}, nil, false
		}
		size = uint64(binary.BigEndian.Uint32(rest))
		rest = rest[4:]
	}
	if t.name == "" || size > uint64(len(rest)) {
		return RawValue{}, nil, false
	}
	return RawValue{Kind: kind, Data: rest[:size:size]}, rest[size:], true
}

// nextField takes a key and a value off the front of raw.
func nextField(raw []byte) (key []byte, v RawValue, rest []byte, ok bool) {
	if len(raw) == 0 {
		return nil, RawValue{}, nil, false
	}
	n := 1 + int(raw[0])
	if n > len(raw) {
		return nil, RawValue{}, nil, false
	}
	v, rest, ok = nextValue(raw[n:])
	return raw[1:n:n], v, rest, ok
}

// Lookup returns the value of the first field with that key in the inside of a
// table, and whether there is one. It allocates nothing.
func Lookup(rawTable []byte, key string) (RawValue, bool) {
	for rest := rawTable; ; {
		k, v, next, ok := nextField(rest)
		if !ok {
			return RawValue{}, false
		}
		if string(k) == key {
			return v, true
		}
		rest = next
	}
}

// Fields yields the fields of the inside of a table, in wire order. It
// allocates nothing.
func Fields(rawTable []byte) iter.Seq2[[]byte, RawValue] {
	return func(yield func([]byte, RawValue) bool) {
		key, v, rest, ok := nextField(rawTable)
		for ok && yield(key, v) {
			key, v, rest, ok = nextField(rest)
		}
	}
}

// Elements yields the values of the inside of an array. It allocates nothing.
func Elements(rawArray []byte) iter.Seq[RawValue] {
	return func(yield func(RawValue) bool) {
		v, rest, ok := nextValue(rawArray)
		for ok && yield(v) {
			v, rest, ok = nextValue(rest)
		}
	}
}

// Int returns the number and true for every integer type; L counts as signed,
// as in RabbitMQ.
func (v RawValue) Int() (int64, bool) {
	switch fieldTypes[v.Kind].number {
	case signed, unsigned:
		return int64(readNumber(v.Kind, v.Data)), true
	}
	return 0, false
}

// Str returns the octets and true for a long string.
func (v RawValue) Str() ([]byte, bool) {
	if v.Kind == KindLongStr {
		return v.Data, true
	}
	return nil, false
}

// Bool returns the truth and true for a bool.
func (v RawValue) Bool() (value, ok bool) {
	if v.Kind == KindBool {
		return v.Data[0] != 0, true
	}
	return false, false
}

// Value returns an owned copy. Data must be valid, as it is when it comes from
// a validated table.
func (v RawValue) Value() Value {
	switch fieldTypes[v.Kind].width {
	case sized:
		return rawToValue(v, string(v.Data))
	}
	return rawToValue(v, "")
}

// rawToValue makes the value whose octets, if it is sized, are text.
func rawToValue(v RawValue, text string) Value {
	switch v.Kind {
	case KindLongAlias:
		return Value{kind: KindLong, num: readNumber(v.Kind, v.Data)}
	case KindBool:
		return Bool(v.Data[0] != 0)
	case KindLongStr, KindBinary, KindTable, KindArray:
		return Value{kind: v.Kind, str: text}
	}
	return Value{kind: v.Kind, num: readNumber(v.Kind, v.Data)}
}
