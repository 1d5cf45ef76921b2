package amqp

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// ErrDepth: a value nests deeper than MaxDepth.
var ErrDepth = errors.New("amqp: value nests too deep")

// MarshalJSON writes the table as RabbitMQ's management API does: an object,
// {} when empty; of fields with the same key the last one. Strings that are
// not UTF-8 are repaired, a timestamp is its number, a void is null.
func (t Table) MarshalJSON() ([]byte, error) { return t.appendJSON(nil, 0) }

// MarshalJSON writes the value as in a table.
func (v Value) MarshalJSON() ([]byte, error) { return v.appendJSON(nil, 0) }

func (t Table) appendJSON(dst []byte, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return nil, ErrDepth
	}
	last := make(map[string]int, len(t))
	for i, f := range t {
		last[f.Key] = i
	}
	var err error
	dst = append(dst, '{')
	comma := false
	for i, f := range t {
		if last[f.Key] != i {
			continue
		}
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		dst = append(appendJSONString(dst, f.Key), ':')
		if dst, err = f.Value.appendJSON(dst, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func (v Value) appendJSON(dst []byte, depth int) ([]byte, error) {
	if n, ok := v.Int(); ok {
		return strconv.AppendInt(dst, n, 10), nil
	}
	if f, ok := v.Float(); ok {
		return appendJSONFloat(dst, f), nil
	}
	switch v.kind {
	case KindBool:
		return strconv.AppendBool(dst, v.num != 0), nil
	case KindTimestamp:
		return strconv.AppendUint(dst, v.num, 10), nil
	case KindDecimal:
		scale, unscaled, _ := v.Decimal()
		return append(dst, decimalText(scale, unscaled)...), nil
	case KindLongStr, KindBinary:
		return appendJSONString(dst, v.str), nil
	case KindTable:
		fields, _ := v.Table()
		return fields.appendJSON(dst, depth)
	case KindArray:
		return v.appendJSONArray(dst, depth)
	}
	return append(dst, "null"...), nil
}

func (v Value) appendJSONArray(dst []byte, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return nil, ErrDepth
	}
	values, _ := v.Array()
	var err error
	dst = append(dst, '[')
	for i, e := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = e.appendJSON(dst, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// appendJSONFloat writes f such that it reads back as a double: with a
// fraction or an exponent.
func appendJSONFloat(dst []byte, f float64) []byte {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return append(dst, text...)
}

// decimalText writes unscaled / 10^scale without an exponent.
func decimalText(scale uint8, unscaled uint32) string {
	digits := strconv.FormatUint(uint64(unscaled), 10)
	if scale == 0 {
		return digits + ".0"
	}
	if missing := int(scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - int(scale)
	return digits[:point] + "." + digits[point:]
}

// appendJSONString writes s as a JSON string. The encoder replaces what is not
// UTF-8 by U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("BUG: a string that JSON cannot hold: " + err.Error())
	}
	return append(dst, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
