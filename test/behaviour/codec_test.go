package behaviour_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
)

// Go types that stand for field types without a Go type of their own. The others: bool t, int8 b, uint8 B, int16 s,
// uint16 u, int and int32 I, uint32 i, int64 l, float32 f, float64 d, string S, []byte x, nil V, table F, array A.
type (
	table   []any                         // F: alternating keys and values
	array   []any                         // A
	stamp   uint64                        // T: seconds
	longL   int64                         // L: as int64, with the other code
	decimal struct{ scale, value uint64 } // D: u8 scale, u32 value
	oddity  struct {
		code    byte
		payload string
	} // any code with any octets after it
)

var errShort = errors.New("octets end too early")

func appendShort(b []byte, s string) []byte {
	return append(append(b, byte(len(s))), s...)
}

func appendLong(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// appendTable encodes t with its length prefix.
func appendTable(b []byte, t table) []byte {
	var body []byte
	for i := 0; i+1 < len(t); i += 2 {
		body = appendValue(appendShort(body, t[i].(string)), t[i+1])
	}
	return appendLong(b, string(body))
}

// appendValue encodes one typed value, type code first.
func appendValue(b []byte, v any) []byte {
	be := binary.BigEndian
	switch v := v.(type) {
	case nil:
		return append(b, 'V')
	case bool:
		return append(b, 't', bit(v))
	case int8:
		return append(b, 'b', byte(v))
	case uint8:
		return append(b, 'B', v)
	case int16:
		return be.AppendUint16(append(b, 's'), uint16(v))
	case uint16:
		return be.AppendUint16(append(b, 'u'), v)
	case int:
		return be.AppendUint32(append(b, 'I'), uint32(int32(v)))
	case int32:
		return be.AppendUint32(append(b, 'I'), uint32(v))
	case uint32:
		return be.AppendUint32(append(b, 'i'), v)
	case int64:
		return be.AppendUint64(append(b, 'l'), uint64(v))
	case longL:
		return be.AppendUint64(append(b, 'L'), uint64(v))
	case float32:
		return be.AppendUint32(append(b, 'f'), math.Float32bits(v))
	case float64:
		return be.AppendUint64(append(b, 'd'), math.Float64bits(v))
	case stamp:
		return be.AppendUint64(append(b, 'T'), uint64(v))
	case decimal:
		return be.AppendUint32(append(b, 'D', byte(v.scale)), uint32(v.value))
	case string:
		return appendLong(append(b, 'S'), v)
	case []byte:
		return appendLong(append(b, 'x'), string(v))
	case table:
		return appendTable(append(b, 'F'), v)
	case array:
		var body []byte
		for _, e := range v {
			body = appendValue(body, e)
		}
		return appendLong(append(b, 'A'), string(body))
	case oddity:
		return append(append(b, v.code), v.payload...)
	}
	panic(fmt.Sprintf("BUG: no field type for %T", v))
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// reader decodes from b; the first shortage sticks in err and every later read gives zero values.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n > len(r.b) {
		r.err = errShort
		return make([]byte, min(n, 8))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() byte      { return r.take(1)[0] }
func (r *reader) u16() uint16   { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32   { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64   { return binary.BigEndian.Uint64(r.take(8)) }
func (r *reader) short() string { return string(r.take(int(r.u8()))) }
func (r *reader) long() string  { return string(r.take(int(r.u32()))) }

func (r *reader) table() table {
	in := &reader{b: []byte(r.long())}
	t := table{}
	for len(in.b) > 0 && in.err == nil {
		t = append(t, in.short(), in.value())
	}
	r.err = errors.Join(r.err, in.err)
	return t
}

func (r *reader) array() array {
	in := &reader{b: []byte(r.long())}
	a := array{}
	for len(in.b) > 0 && in.err == nil {
		a = append(a, in.value())
	}
	r.err = errors.Join(r.err, in.err)
	return a
}

// value decodes one typed value into the Go type that appendValue gives the same code.
func (r *reader) value() any {
	switch code := r.u8(); code {
	case 'V':
		return nil
	case 't':
		return r.u8() != 0
	case 'b':
		return int8(r.u8())
	case 'B':
		return r.u8()
	case 's':
		return int16(r.u16())
	case 'u':
		return r.u16()
	case 'I':
		return int32(r.u32())
	case 'i':
		return r.u32()
	case 'l':
		return int64(r.u64())
	case 'L':
		return longL(r.u64())
	case 'f':
		return math.Float32frombits(r.u32())
	case 'd':
		return math.Float64frombits(r.u64())
	case 'T':
		return stamp(r.u64())
	case 'D':
		return decimal{scale: uint64(r.u8()), value: uint64(r.u32())}
	case 'S':
		return r.long()
	case 'x':
		return []byte(r.long())
	case 'F':
		return r.table()
	case 'A':
		return r.array()
	default:
		r.err = fmt.Errorf("field type %q", code)
		return nil
	}
}

// encodeFields writes the values of fields, bits packed; a name missing from values is zero.
func encodeFields(b []byte, fields []field, values map[string]any) []byte {
	bits := 0
	for _, f := range fields {
		v := values[f.name]
		if f.kind != 'b' {
			bits = 0
			b = appendArgument(b, f, v)
			continue
		}
		if bits%8 == 0 {
			b = append(b, 0)
		}
		if on, _ := v.(bool); on {
			b[len(b)-1] |= 1 << (bits % 8)
		}
		bits++
	}
	return b
}

func appendArgument(b []byte, f field, v any) []byte {
	switch f.kind {
	case 's':
		s, _ := v.(string)
		return appendShort(b, s)
	case 'S':
		s, _ := v.(string)
		return appendLong(b, s)
	case 'F':
		t, _ := v.(table)
		return appendTable(b, t)
	}
	size := map[byte]int{'o': 1, 'h': 2, 'l': 4, 'L': 8, 'T': 8}[f.kind]
	full := binary.BigEndian.AppendUint64(nil, integer(v))
	return append(b, full[8-size:]...)
}

// integer widens any Go integer; nil is 0.
func integer(v any) uint64 {
	rv := reflect.ValueOf(v)
	switch {
	case v == nil:
		return 0
	case rv.CanInt():
		return uint64(rv.Int())
	case rv.CanUint():
		return rv.Uint()
	}
	panic(fmt.Sprintf("BUG: %T where an integer argument is due", v))
}

// decodeFields is the reverse of encodeFields; integers come back as uint64.
func decodeFields(r *reader, fields []field) map[string]any {
	values := map[string]any{}
	var octet byte
	bits := 0
	for _, f := range fields {
		if f.kind == 'b' {
			if bits%8 == 0 {
				octet = r.u8()
			}
			values[f.name] = octet>>(bits%8)&1 == 1
			bits++
			continue
		}
		bits = 0
		values[f.name] = decodeArgument(r, f)
	}
	return values
}

func decodeArgument(r *reader, f field) any {
	switch f.kind {
	case 'o':
		return uint64(r.u8())
	case 'h':
		return uint64(r.u16())
	case 'l':
		return uint64(r.u32())
	case 's':
		return r.short()
	case 'S':
		return r.long()
	case 'F':
		return r.table()
	}
	return r.u64()
}

// encodeHeader makes the payload of a content header frame from the properties found in values.
func encodeHeader(size uint64, values map[string]any) []byte {
	var flags uint16
	var present []field
	for i, p := range properties {
		if _, ok := values[p.name]; ok {
			flags |= 1 << (15 - i)
			present = append(present, p)
		}
	}
	return rawHeader(size, flags, string(encodeFields(nil, present, values)))
}

// rawHeader makes the payload of a content header frame of class basic from its parts.
func rawHeader(size uint64, flags uint16, props string) []byte {
	b := []byte{0, 60, 0, 0}
	b = binary.BigEndian.AppendUint64(b, size)
	b = binary.BigEndian.AppendUint16(b, flags)
	return append(b, props...)
}

// decodeHeader reads a content header payload: the body size and the properties that are present.
func decodeHeader(payload []byte) (size uint64, props map[string]any, err error) {
	r := &reader{b: payload}
	class, weight := r.u16(), r.u16()
	size = r.u64()
	flags := r.u16()
	var present []field
	for i, p := range properties {
		if flags&(1<<(15-i)) != 0 {
			present = append(present, p)
		}
	}
	props = decodeFields(r, present)
	if class != 60 || weight != 0 || len(r.b) != 0 || r.err != nil {
		return 0, nil, fmt.Errorf("content header %x: class %d, weight %d, %d octets left, %v", payload, class, weight, len(r.b), r.err)
	}
	return size, props, nil
}
