package exchange

import (
	"math"
	"strconv"
	"strings"

	"amqpd/amqp"
)

// Some of RabbitMQ's texts show a value as Erlang prints the term (its format
// ~p): a string is <<"a">>, a table is a list of {key,type,value}. This file
// prints values that way, on one line.

// printTerm prints v, a table's or an array's inside included.
func printTerm(v amqp.Value) string {
	switch v.Kind() {
	case amqp.KindBool:
		truth, _ := v.Bool()
		return strconv.FormatBool(truth)
	case amqp.KindLongStr:
		text, _ := v.Str()
		return printString(text)
	case amqp.KindBinary:
		octets, _ := v.Binary()
		return printString(octets)
	case amqp.KindFloat, amqp.KindDouble:
		f, _ := v.Float()
		return printFloat(f)
	case amqp.KindDecimal:
		scale, unscaled, _ := v.Decimal()
		return "{" + strconv.Itoa(int(scale)) + "," + strconv.FormatUint(uint64(unscaled), 10) + "}"
	case amqp.KindTimestamp:
		seconds, _ := v.Time()
		return strconv.FormatUint(seconds, 10)
	case amqp.KindTable, amqp.KindArray:
		return printNested(v)
	}
	if n, ok := v.Int(); ok {
		return strconv.FormatInt(n, 10)
	}
	return "undefined"
}

// printNested prints a table as [{key,type,value},…] and an array as
// [{type,value},…].
func printNested(v amqp.Value) string {
	var items []string
	table, _ := v.Table()
	for _, f := range table {
		items = append(items, "{"+printString(f.Key)+","+f.Value.TypeName()+","+printTerm(f.Value)+"}")
	}
	array, _ := v.Array()
	for _, element := range array {
		items = append(items, "{"+element.TypeName()+","+printTerm(element)+"}")
	}
	return "[" + strings.Join(items, ",") + "]"
}

// printString prints octets: quoted if all are printable Latin-1, else as
// numbers.
func printString(s string) string {
	if s == "" {
		return "<<>>"
	}
	quoted := make([]byte, 0, len(s)+6)
	quoted = append(quoted, `<<"`...)
	for i := range len(s) {
		c := s[i]
		at := strings.IndexByte("\n\r\t\v\b\f\x1b\"\\", c)
		switch {
		case at >= 0:
			quoted = append(quoted, '\\', `nrtvbfe"\`[at])
		case c >= ' ' && c <= '~' || c >= 0xA0:
			quoted = append(quoted, c)
		default:
			return printOctets(s)
		}
	}
	return string(append(quoted, `">>`...))
}

func printOctets(s string) string {
	numbers := make([]string, len(s))
	for i := range len(s) {
		numbers[i] = strconv.Itoa(int(s[i]))
	}
	return "<<" + strings.Join(numbers, ",") + ">>"
}

// printFloat prints the shortest digits that read back as f, always with a
// fraction.
func printFloat(f float64) string {
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1<<53) {
		format = 'e'
	}
	text := strconv.FormatFloat(f, format, -1, 64)
	mantissa, exponent, scientific := strings.Cut(text, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if !scientific {
		return mantissa
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "e" + strconv.Itoa(n)
}
