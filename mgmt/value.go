package mgmt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"amqpd/amqp"
)

// kind is what a value is, in the order in which lists sort: a missing value
// counts as the number 0, numbers come before words, words before what is made
// of others, and that before text (management-api §4).
type kind uint8

const (
	kindMissing kind = iota // the key is left out
	kindWhole
	kindFraction
	kindNull
	kindFlag
	kindMade
	kindText
)

// value is one JSON value. The zero value is missing: its key is left out.
type value struct {
	kind kind
	n    int64  // kindWhole; kindFlag 0 or 1; kindFraction its bits
	s    string // kindText; of a sortable kindMade its JSON
	made made   // kindMade
}

// made is a value made of others.
type made interface {
	// write writes what columns ask for; nil is everything.
	write(e *encoder, cols columns)
	// member is the value under a key, missing when there is none.
	member(key string) value
}

var (
	missing = value{}
	null    = value{kind: kindNull}
)

// whole is an integer, written without fraction.
func whole[N ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint](n N) value {
	return value{kind: kindWhole, n: int64(n)}
}

// fraction is a number that is always written with one, 0.0 too.
func fraction(f float64) value {
	return value{kind: kindFraction, n: int64(math.Float64bits(f))}
}

// str is a text; octets that are no UTF-8 are repaired when it is written.
func str(s string) value { return value{kind: kindText, s: s} }

// flag is true or false.
func flag(b bool) value {
	v := value{kind: kindFlag}
	if b {
		v.n = 1
	}
	return v
}

// strOrNull is a text, null for "".
func strOrNull(s string) value {
	if s == "" {
		return null
	}
	return str(s)
}

// strOrMissing is a text, left out for "".
func strOrMissing(s string) value {
	if s == "" {
		return missing
	}
	return str(s)
}

// of makes a value of m.
func of(m made) value { return value{kind: kindMade, made: m} }

// obj is a small object written out, {} without members. Members whose value is
// missing are left out.
func obj(members ...member) object { return members }

// m is a member of obj.
func m(key string, v value) member { return member{key, v} }

type member struct {
	key   string
	value value
}

// object is an object with its members in order.
type object []member

func (o object) write(e *encoder, cols columns) {
	e.begin('{')
	for _, m := range o {
		if sub, want := cols.descend(m.key); want {
			e.member(m.key, m.value, sub)
		}
	}
	e.end('}')
}

func (o object) member(key string) value {
	for _, m := range o {
		if m.key == key {
			return m.value
		}
	}
	return missing
}

// objectOrList is an object that RabbitMQ shows as [] when it is empty
// (management-api §2.3).
func objectOrList(o object) value {
	for _, m := range o {
		if m.value.kind != kindMissing {
			return of(o)
		}
	}
	return list()
}

// list is an array.
func list(items ...value) value { return of(array(items)) }

// strs is an array of texts.
func strs(texts []string) value {
	items := make([]value, len(texts))
	for i, t := range texts {
		items[i] = str(t)
	}
	return list(items...)
}

// array is a list of values; columns go on into its items.
type array []value

func (a array) write(e *encoder, cols columns) {
	e.begin('[')
	for _, v := range a {
		e.element(v, cols)
	}
	e.end(']')
}

func (a array) member(string) value { return missing }

// table is an AMQP table, {} when it is empty. Columns take it whole.
func table(t amqp.Table) value { return of(amqpTable(t)) }

type amqpTable amqp.Table

func (t amqpTable) write(e *encoder, _ columns) {
	text, err := amqp.Table(t).MarshalJSON()
	if err != nil { // nested too deep, which no declaration lets through
		text = []byte("{}")
	}
	e.raw(text)
}

func (t amqpTable) member(key string) value {
	for _, f := range t {
		if f.Key != key {
			continue
		}
		if n, ok := f.Value.Int(); ok {
			return whole(n)
		}
		text, _ := f.Value.MarshalJSON()
		return rawJSON(text)
	}
	return missing
}

// rawJSON is a value that is JSON already. Text, numbers and words are read, so
// that they sort; an empty object becomes [] (management-api §2.3).
func rawJSON(text json.RawMessage) value {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return null
	}
	switch text[0] {
	case '"':
		var s string
		if json.Unmarshal(text, &s) == nil {
			return str(s)
		}
	case 'n':
		return null
	case 't', 'f':
		return flag(text[0] == 't')
	case '{':
		if bytes.Equal(bytes.Join(bytes.Fields(text), nil), []byte("{}")) {
			return list()
		}
	}
	return of(jsonText(text))
}

type jsonText json.RawMessage

func (t jsonText) write(e *encoder, _ columns) { e.raw(t) }

func (t jsonText) member(key string) value {
	var members map[string]json.RawMessage
	if json.Unmarshal(t, &members) != nil || members[key] == nil {
		return missing
	}
	return rawJSON(members[key])
}

// json is the value as text.
func (v value) json() string {
	e := &encoder{}
	e.value(v, nil)
	return string(e.buf)
}

// at follows a dotted path into v.
func (v value) at(path []string) value {
	for _, key := range path {
		if v.kind != kindMade {
			return missing
		}
		v = v.made.member(key)
	}
	return v
}

// sortable is v, what is made of others with the text by which it sorts.
func (v value) sortable() value {
	if v.kind == kindMade {
		v.s = v.json()
	}
	return v
}

// compare orders values as lists are sorted (management-api §4). REQUIRES: they
// are sortable.
func compare(a, b value) int {
	if a.numeric() && b.numeric() {
		return cmp.Compare(a.number(), b.number())
	}
	if a.numeric() || b.numeric() {
		return cmp.Compare(a.kind, b.kind)
	}
	if words := a.word() != "" && b.word() != ""; words {
		return strings.Compare(a.word(), b.word())
	}
	if a.kind == b.kind {
		return strings.Compare(a.s, b.s)
	}
	return cmp.Compare(a.kind, b.kind)
}

// numeric tells whether v sorts among the numbers.
func (v value) numeric() bool { return v.kind <= kindFraction }

func (v value) number() float64 {
	if v.kind == kindFraction {
		return math.Float64frombits(uint64(v.n))
	}
	return float64(v.n)
}

// word is null, true or false as the text by which it sorts, "" for the rest.
func (v value) word() string {
	switch {
	case v.kind == kindNull:
		return "null"
	case v.kind == kindFlag && v.n == 1:
		return "true"
	case v.kind == kindFlag:
		return "false"
	}
	return ""
}

// anyValue shows what a JSON decoder or package policy made of a value: texts,
// numbers, booleans, nil, and lists and objects of these. Keys come in order;
// objects stay objects when they are empty.
func anyValue(v any) made {
	switch v := v.(type) {
	case map[string]any:
		o := make(object, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			o = append(o, m(key, scalar(v[key])))
		}
		return o
	case []any:
		a := make(array, len(v))
		for i := range v {
			a[i] = scalar(v[i])
		}
		return a
	}
	return array{scalar(v)}
}

// scalar is one value of anyValue.
func scalar(v any) value {
	switch v := v.(type) {
	case nil:
		return null
	case string:
		return str(v)
	case bool:
		return flag(v)
	case int64:
		return whole(v)
	case float64:
		return fraction(v)
	case map[string]any, []any:
		return of(anyValue(v))
	}
	return str(fmt.Sprint(v))
}
