package amqp

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxDepth is how deep tables and arrays may nest where they are printed or
// turned into JSON and back. The wire knows no limit.
const MaxDepth = 200

// Format prints a value as RabbitMQ does in its texts: strings as they are,
// numbers in decimal, a void as undefined, nested values as Erlang terms. Those
// it breaks at column 80, which is not imitated; below MaxDepth they become
// "...".
func (v Value) Format() string {
	if v.kind == KindLongStr || v.kind == KindBinary {
		return v.str
	}
	return v.term(0)
}

// String is Format, for %v.
func (v Value) String() string { return v.Format() }

// Describe returns the form in which inequivalent arguments are reported
// (amqp-behaviour §4.2): "the value '5' of type 'long'".
func (v Value) Describe() string {
	return fmt.Sprintf("the value '%s' of type '%s'", v.Format(), v.TypeName())
}

// term prints a value as an Erlang term at that depth.
func (v Value) term(depth int) string {
	if depth > MaxDepth {
		return "..."
	}
	if n, ok := v.Int(); ok {
		return strconv.FormatInt(n, 10)
	}
	if f, ok := v.Float(); ok {
		return printFloat(f)
	}
	switch v.kind {
	case KindBool:
		return strconv.FormatBool(v.num != 0)
	case KindTimestamp:
		return strconv.FormatUint(v.num, 10)
	case KindDecimal:
		scale, unscaled, _ := v.Decimal()
		return fmt.Sprintf("{%d,%d}", scale, unscaled)
	case KindLongStr, KindBinary:
		return binaryTerm(v.str)
	case KindTable:
		return v.tableTerm(depth)
	case KindArray:
		return v.arrayTerm(depth)
	}
	return "undefined"
}

// binaryTerm prints a string on one line.
func binaryTerm(s string) string {
	if s != "" && printable([]byte(s)) {
		return "<<" + quote([]byte(s)) + ">>"
	}
	return decimalBinary([]byte(s))
}

func (v Value) tableTerm(depth int) string {
	fields, _ := v.Table()
	items := make([]string, len(fields))
	for i, f := range fields {
		items[i] = "{" + binaryTerm(f.Key) + "," + f.Value.TypeName() + "," + f.Value.term(depth+1) + "}"
	}
	return "[" + strings.Join(items, ",") + "]"
}

func (v Value) arrayTerm(depth int) string {
	values, _ := v.Array()
	items := make([]string, len(values))
	for i, e := range values {
		items[i] = "{" + e.TypeName() + "," + e.term(depth+1) + "}"
	}
	return "[" + strings.Join(items, ",") + "]"
}
