package meta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"amqpd/amqp"
)

// item is one object of a list in definitions. Its methods read one field each;
// the first fault is kept in err, and what they return after it is not to be
// used.
type item struct {
	section string
	index   int
	object  string // what it is about, as soon as that is known
	fields  map[string]json.RawMessage
	err     error // an *ImportError
}

func (it *item) error(field string, err error) error {
	return &ImportError{Section: it.section, Index: it.index, Object: it.object, Field: field, Err: err}
}

func (it *item) fail(field string, err error) {
	if it.err == nil {
		it.err = it.error(field, err)
	}
}

var (
	errMissing = errors.New("missing")
	errEmpty   = errors.New("must not be empty")
	errTooLong = fmt.Errorf("longer than %d octets", maxName)
)

// maxName is the longest name that fits into a short string of AMQP, in octets.
const maxName = 255

// has says whether a field is there and not null.
func (it *item) has(field string) bool {
	text, ok := it.fields[field]
	return ok && string(text) != "null"
}

// need gives a field that must be there.
func (it *item) need(field string) json.RawMessage {
	text, ok := it.fields[field]
	if !ok {
		it.fail(field, errMissing)
	}
	return text
}

func (it *item) text(field string) (s string) {
	if text := it.need(field); it.err == nil {
		it.textOf(field, text, &s)
	}
	return s
}

func (it *item) textOr(field, otherwise string) string {
	if !it.has(field) {
		return otherwise
	}
	return it.text(field)
}

func (it *item) textOf(field string, text json.RawMessage, s *string) {
	if json.Unmarshal(text, s) != nil || string(text) == "null" {
		it.fail(field, expected("a string", text))
	}
}

// name is text that has to fit into a short string.
func (it *item) name(field string) string {
	s := it.text(field)
	if len(s) > maxName {
		it.fail(field, errTooLong)
	}
	return s
}

// ownName is the field name, which must not be empty.
func (it *item) ownName() string {
	name := it.name("name")
	if name == "" {
		it.fail("name", errEmpty)
	}
	return name
}

// boolean takes true, false and the same as strings (management-api §2.2).
func (it *item) boolean(field string) bool {
	switch text := it.need(field); string(text) {
	case `true`, `"true"`:
		return true
	case `false`, `"false"`:
	default:
		it.fail(field, expected("a boolean", text))
	}
	return false
}

func (it *item) booleanOrFalse(field string) bool { return it.has(field) && it.boolean(field) }

func (it *item) table(field string) amqp.Table {
	if !it.has(field) {
		return nil
	}
	var t amqp.Table
	if err := t.UnmarshalJSON(it.fields[field]); err != nil {
		it.fail(field, err)
	}
	return t
}

// objectOf reads a JSON object with numbers kept as written. An empty list stands
// for an empty object, as RabbitMQ writes it.
func (it *item) objectOf(field string, text json.RawMessage) map[string]any {
	var list []any
	if json.Unmarshal(text, &list) == nil && len(list) == 0 {
		return nil
	}
	var object map[string]any
	if unmarshalNumbers(text, &object) != nil {
		it.fail(field, expected("an object", text))
	}
	return object
}

// unmarshalNumbers is json.Unmarshal with numbers kept as written. The text has
// been found to be valid before.
func unmarshalNumbers(text json.RawMessage, value any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(value)
}

// tags takes a list of strings and, from 3.8 and older, one string with commas.
func (it *item) tags(field string) []string {
	if !it.has(field) {
		return nil
	}
	text := it.fields[field]
	var tags []string
	if json.Unmarshal(text, &tags) == nil {
		return tags
	}
	var joined string
	if json.Unmarshal(text, &joined) != nil {
		it.fail(field, expected("a list of strings", text))
	}
	for tag := range strings.SplitSeq(joined, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// any gives a JSON value as it is, without white space.
func (it *item) any(field string) json.RawMessage {
	text := it.need(field)
	if it.err != nil {
		return nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		it.fail(field, err)
	}
	return compact.Bytes()
}

func expected(what string, got json.RawMessage) error {
	return fmt.Errorf("expected %s, got %s", what, jsonKind(got))
}

func jsonKind(text json.RawMessage) string {
	if len(text) == 0 {
		return "nothing"
	}
	switch text[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
