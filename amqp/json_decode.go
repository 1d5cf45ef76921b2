package amqp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ErrNull is what the management API says to a null in a table.
var ErrNull = errors.New("null_not_allowed")

// TableFromJSON reads a table as RabbitMQ's management API does: whole numbers
// become long, others double, strings long string, then bool, array and table.
// null is ErrNull, an empty array counts as an empty object. Fields keep the
// order of the text; of a repeated key the last value counts.
//
// Other errors: ErrLongString for a key, ErrDepth, whole numbers beyond 64 bits
// and doubles beyond their range, and what is no JSON object.
func TableFromJSON(data []byte) (Table, error) {
	v, err := decodeJSON(data, false)
	if err != nil {
		return nil, err
	}
	return jsonTable(v)
}

// UnmarshalJSON is [TableFromJSON], but reads null as void, so that what
// MarshalJSON wrote can be read.
func (t *Table) UnmarshalJSON(data []byte) error {
	v, err := decodeJSON(data, true)
	if err != nil {
		return err
	}
	if v.kind == KindVoid {
		*t = nil
		return nil
	}
	*t, err = jsonTable(v)
	return err
}

// UnmarshalJSON reads a value as in a table; null becomes void.
func (v *Value) UnmarshalJSON(data []byte) (err error) {
	*v, err = decodeJSON(data, true)
	return err
}

// jsonTable returns the table that v is, or that RabbitMQ takes it for.
func jsonTable(v Value) (Table, error) {
	if t, ok := v.Table(); ok {
		return t, nil
	}
	if v == ArrayOf() {
		return nil, nil
	}
	return nil, fmt.Errorf("amqp: a JSON %s is no table", v.TypeName())
}

// jsonDecoder builds values from the tokens of one JSON text.
type jsonDecoder struct {
	tokens *json.Decoder
	nulls  bool // null is a void
	depth  int
}

func decodeJSON(data []byte, nulls bool) (Value, error) {
	d := jsonDecoder{tokens: json.NewDecoder(bytes.NewReader(data)), nulls: nulls}
	d.tokens.UseNumber()
	v, err := d.value()
	if err != nil {
		return Value{}, err
	}
	if _, err := d.tokens.Token(); err != io.EOF {
		return Value{}, errors.New("amqp: text after the JSON value")
	}
	return v, nil
}

func (d *jsonDecoder) value() (Value, error) {
	token, err := d.tokens.Token()
	if err != nil {
		return Value{}, fmt.Errorf("amqp: reading JSON: %w", err)
	}
	switch x := token.(type) {
	case string:
		return LongStr(x), nil
	case json.Number:
		return jsonNumber(string(x))
	case bool:
		return Bool(x), nil
	case json.Delim:
		return d.nested(x)
	}
	if !d.nulls {
		return Value{}, ErrNull
	}
	return Void(), nil
}

// nested reads what follows an opening bracket.
func (d *jsonDecoder) nested(open json.Delim) (v Value, err error) {
	if d.depth++; d.depth > MaxDepth {
		return Value{}, ErrDepth
	}
	if open == '{' {
		v, err = d.object()
	} else {
		v, err = d.array()
	}
	if err != nil {
		return Value{}, err
	}
	d.depth--
	if _, err = d.tokens.Token(); err != nil {
		return Value{}, fmt.Errorf("amqp: reading JSON: %w", err)
	}
	return v, nil
}

func (d *jsonDecoder) object() (Value, error) {
	var t Table
	at := map[string]int{}
	for d.tokens.More() {
		token, err := d.tokens.Token()
		if err != nil {
			return Value{}, fmt.Errorf("amqp: reading JSON: %w", err)
		}
		key := token.(string)
		if len(key) > 255 {
			return Value{}, ErrLongString
		}
		v, err := d.value()
		if err != nil {
			return Value{}, err
		}
		if i, again := at[key]; again {
			t[i].Value = v
			continue
		}
		at[key] = len(t)
		t = append(t, Field{Key: key, Value: v})
	}
	return TableOf(t), nil
}

func (d *jsonDecoder) array() (Value, error) {
	var values []Value
	for d.tokens.More() {
		v, err := d.value()
		if err != nil {
			return Value{}, err
		}
		values = append(values, v)
	}
	return ArrayOf(values...), nil
}

func jsonNumber(text string) (Value, error) {
	if strings.ContainsAny(text, ".eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Value{}, fmt.Errorf("amqp: reading JSON: %w", err)
		}
		return Double(f), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Value{}, fmt.Errorf("amqp: reading JSON: %w", err)
	}
	return Long(n), nil
}
