package amqp

import (
	"encoding/binary"
	"slices"
	"strings"
)

// Table is a field table in wire order. Duplicate keys are kept; Get finds the
// first, as RabbitMQ does. Keys have at most 255 octets.
type Table []Field

// Field is one entry of a table.
type Field struct {
	Key   string
	Value Value
}

// ParseTable reads the inside of a table, without its length prefix. It
// returns ErrTable or ErrFieldType. The table owns all that it holds, in two
// allocations; nested tables stay encoded in it, see [Value].
func ParseTable(raw []byte) (Table, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	aliases, err := checkTable(raw)
	if err != nil {
		return nil, err
	}
	if aliases {
		raw = slices.Clone(raw)
		normalize(raw)
	}
	return splitTable(raw, string(raw)), nil
}

// splitTable makes the fields of the valid inside of a table. text has the same
// octets as raw; keys and strings share it.
func splitTable(raw []byte, text string) Table {
	count := 0
	for range Fields(raw) {
		count++
	}
	t := make(Table, 0, count)
	for rest := raw; len(rest) > 0; {
		key, v, next, _ := nextField(rest)
		at := len(raw) - len(rest) + 1
		end := len(raw) - len(next)
		t = append(t, Field{
			Key:   text[at : at+len(key)],
			Value: rawToValue(v, text[end-len(v.Data):end]),
		})
		rest = next
	}
	return t
}

// splitArray makes the values of the valid inside of an array, as splitTable.
func splitArray(raw []byte, text string) []Value {
	var values []Value
	for rest := raw; len(rest) > 0; {
		v, next, _ := nextValue(rest)
		end := len(raw) - len(next)
		values = append(values, rawToValue(v, text[end-len(v.Data):end]))
		rest = next
	}
	return values
}

// Append adds the table with its four octet length to dst.
func (t Table) Append(dst []byte) []byte {
	at := len(dst)
	dst = t.appendFields(append(dst, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

func (t Table) appendFields(dst []byte) []byte {
	for _, f := range t {
		dst = f.Value.Append(appendShortStr(dst, f.Key))
	}
	return dst
}

// Get returns the value of the first field with that key, and whether there is
// one.
func (t Table) Get(key string) (Value, bool) {
	for i := range t {
		if t[i].Key == key {
			return t[i].Value, true
		}
	}
	return Value{}, false
}

// With returns a copy of t in which key has that value: the first field of
// that name is replaced in place, or a new one added at the end.
func (t Table) With(key string, v Value) Table {
	t = slices.Clone(t)
	for i := range t {
		if t[i].Key == key {
			t[i].Value = v
			return t
		}
	}
	return append(t, Field{Key: key, Value: v})
}

// Without returns a copy of t without any field of that name.
func (t Table) Without(key string) Table {
	return slices.DeleteFunc(slices.Clone(t), func(f Field) bool { return f.Key == key })
}

// Sort puts the fields in the order of their keys' octets; equal keys keep
// their order.
func (t Table) Sort() {
	slices.SortStableFunc(t, func(a, b Field) int { return strings.Compare(a.Key, b.Key) })
}

// Equal reports whether both tables have the same fields in the same order,
// types included.
func (t Table) Equal(u Table) bool { return slices.Equal(t, u) }

// Canonical returns the encoded fields of a sorted copy of t. Two bindings
// between the same ends are one when their routing keys and the Canonical of
// their arguments are equal (amqp-behaviour §3.4): the order of arguments does
// not count, their types do. The result can be a map key.
func (t Table) Canonical() string {
	if len(t) == 0 {
		return ""
	}
	sorted := slices.Clone(t)
	sorted.Sort()
	return string(sorted.appendFields(nil))
}
