package policy

import (
	"reflect"

	"amqpd/amqp"
)

// argument is the value of one argument, out of its wire encoding.
type argument struct {
	typeName string // as in error texts, "longstr"
	value    any    // see plain
}

// lookup finds an argument. Of several with one name the first counts
// (amqp-behaviour §11).
func lookup(args amqp.Table, name string) (argument, bool) {
	v, found := args.Get(name)
	if !found {
		return argument{}, false
	}
	return argument{v.TypeName(), plain(v)}, true
}

// plain turns a field value into what term prints and what checks look at:
// int64 for every integer type, uint64 for a time, string, bool, float64,
// tuple for a decimal, []any of tuples for tables and arrays.
func plain(v amqp.Value) any {
	switch v.Kind() {
	case amqp.KindBool:
		b, _ := v.Bool()
		return b
	case amqp.KindLongStr:
		s, _ := v.Str()
		return s
	case amqp.KindBinary:
		s, _ := v.Binary()
		return s
	case amqp.KindFloat, amqp.KindDouble:
		f, _ := v.Float()
		return f
	case amqp.KindTimestamp:
		seconds, _ := v.Time()
		return seconds
	case amqp.KindDecimal:
		scale, unscaled, _ := v.Decimal()
		return tuple{int64(scale), int64(unscaled)}
	case amqp.KindTable, amqp.KindArray:
		return plainNested(v, 1)
	}
	if n, ok := v.Int(); ok {
		return n
	}
	return atom("undefined")
}

// maxDepth bounds how deep plain looks into tables inside tables, which may be
// nested thousands of times. What lies deeper is printed and compared as its
// encoding.
const maxDepth = 8

func plainNested(v amqp.Value, depth int) any {
	if depth > maxDepth {
		return string(v.Append(nil))
	}
	inner := func(v amqp.Value) any {
		if v.Kind() == amqp.KindTable || v.Kind() == amqp.KindArray {
			return plainNested(v, depth+1)
		}
		return plain(v)
	}
	list := []any{}
	if fields, ok := v.Table(); ok {
		for _, f := range fields {
			list = append(list, tuple{f.Key, atom(f.Value.TypeName()), inner(f.Value)})
		}
		return list
	}
	values, _ := v.Array()
	for _, element := range values {
		list = append(list, tuple{atom(element.TypeName()), inner(element)})
	}
	return list
}

// same reports whether two values are equal on redeclaration, whatever their
// wire types: 5 is 5 in every integer width and as a time
// (amqp-behaviour §4.2).
func (a argument) same(b argument) bool {
	return reflect.DeepEqual(timeAsNumber(a.value), timeAsNumber(b.value))
}

func timeAsNumber(v any) any {
	if seconds, ok := v.(uint64); ok && int64(seconds) >= 0 {
		return int64(seconds)
	}
	return v
}

// plainText prints a value the way RabbitMQ's '~s' and '~p' do between single
// quotes: text as it stands, all else as a term.
func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return term(v)
}
