package mgmt

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// encoder appends JSON to a buffer. Keys come from this package and need no
// escapes.
type encoder struct {
	buf   []byte
	comma bool // something of the innermost object or array is written
	// full, if not nil, takes the buffer's octets and empties it. It is called
	// between elements once the buffer holds enough.
	full func(e *encoder)
}

// flushAt is how many octets are gathered before they are sent.
const flushAt = 32 << 10

func (e *encoder) begin(bracket byte) {
	e.buf = append(e.buf, bracket)
	e.comma = false
}

func (e *encoder) end(bracket byte) {
	e.buf = append(e.buf, bracket)
	e.comma = true
}

func (e *encoder) separate() {
	if e.comma {
		e.buf = append(e.buf, ',')
	}
	e.comma = true
}

// member writes a key and its value, nothing for a missing one.
func (e *encoder) member(key string, v value, cols columns) {
	if v.kind == kindMissing {
		return
	}
	e.key(key)
	e.value(v, cols)
	e.comma = true
}

// key writes a key; its value follows.
func (e *encoder) key(key string) {
	e.separate()
	e.buf = append(appendString(e.buf, key), ':')
}

// element writes an item of an array.
func (e *encoder) element(v value, cols columns) {
	e.separate()
	e.value(v, cols)
	e.comma = true
	if e.full != nil && len(e.buf) >= flushAt {
		e.full(e)
	}
}

// raw writes what is JSON already.
func (e *encoder) raw(text []byte) { e.buf = append(e.buf, text...) }

// value writes v; a missing one counts as null here.
func (e *encoder) value(v value, cols columns) {
	switch v.kind {
	case kindWhole:
		e.buf = strconv.AppendInt(e.buf, v.n, 10)
	case kindFraction:
		e.buf = appendFraction(e.buf, math.Float64frombits(uint64(v.n)))
	case kindFlag:
		e.buf = strconv.AppendBool(e.buf, v.n == 1)
	case kindText:
		e.buf = appendString(e.buf, v.s)
	case kindMade:
		v.made.write(e, cols)
	case kindMissing, kindNull:
		e.buf = append(e.buf, "null"...)
	}
}

// appendFraction writes f so that it stays a fraction for typed readers: 0.0.
func appendFraction(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		dst = strconv.AppendInt(dst, int64(f), 10)
		return append(dst, ".0"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendString writes s as a JSON string. What is no UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(append(dst, s[start:i]...), '\\')
			switch c {
			case '"', '\\':
				dst = append(dst, c)
			case '\n':
				dst = append(dst, 'n')
			case '\r':
				dst = append(dst, 'r')
			case '\t':
				dst = append(dst, 't')
			default:
				dst = append(dst, 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(append(dst, s[start:i]...), "\uFFFD"...)
			i++
			start = i
			continue
		}
		i += size
	}
	return append(append(dst, s[start:]...), '"')
}
