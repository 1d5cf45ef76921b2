package amqp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// fieldsOf returns the inside of a table.
func fieldsOf(t Table) []byte { return t.Append(nil)[4:] }

func TestTableRoundTrip(t *testing.T) {
	raw := fieldsOf(sampleTable())
	have, err := ParseTable(raw)
	if err != nil || !have.Equal(sampleTable()) {
		t.Fatalf("%v, %v", have, err)
	}
	if again := fieldsOf(have); !bytes.Equal(again, raw) {
		t.Errorf("again %x, want %x", again, raw)
	}
	clear(raw)
	if v, _ := have.Get("text"); v != LongStr("café") {
		t.Errorf("the table borrows from the buffer: %v", v)
	}
	for n := range raw {
		// Some prefixes are tables, none may equal the whole.
		if p, err := ParseTable(fieldsOf(sampleTable())[:n]); err == nil && p.Equal(have) {
			t.Errorf("%d octets are the whole table", n)
		}
	}
	if empty, err := ParseTable(nil); empty != nil || err != nil {
		t.Errorf("empty table: %v, %v", empty, err)
	}
}

func TestParseTableErrors(t *testing.T) {
	for _, tc := range []struct {
		name, raw string
		want      error
	}{
		{"key beyond the end", "\x02a", ErrTable},
		{"no type", "\x01a", ErrTable},
		{"no type after an empty key", "\x00", ErrTable},
		{"unknown type", "\x01aZ", ErrFieldType},
		{"type zero", "\x01a\x00", ErrFieldType},
		{"number too short", "\x01aI\x00\x00\x00", ErrTable},
		{"string without length", "\x01aS\x00\x00\x00", ErrTable},
		{"string too short", "\x01aS\x00\x00\x00\x02x", ErrTable},
		{"string of 4 GiB", "\x01aS\xff\xff\xff\xffx", ErrTable},
		{"table that ends in a key", "\x01aF\x00\x00\x00\x02\x01b\x01bV", ErrTable},
		{"value that leaves its table", "\x01aF\x00\x00\x00\x04\x01bt\x00\x01", ErrTable},
		{"number that leaves its table", "\x01aF\x00\x00\x00\x03\x01bt\x01", ErrTable},
		{"unknown type in an array", "\x01aA\x00\x00\x00\x01?", ErrFieldType},
		{"NaN double", "\x01ad\x7f\xf8\x00\x00\x00\x00\x00\x00", ErrTable},
		{"infinite double", "\x01ad\xff\xf0\x00\x00\x00\x00\x00\x00", ErrTable},
		{"NaN float", "\x01af\x7f\xc0\x00\x00", ErrTable},
		{"infinite float", "\x01af\xff\x80\x00\x00", ErrTable},
	} {
		_, err := ParseTable([]byte(tc.raw))
		if !errors.Is(err, ErrTable) || errors.Is(err, ErrFieldType) != (tc.want == ErrFieldType) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	for _, tc := range []struct{ name, raw string }{
		{"largest double", "\x01ad\x7f\xef\xff\xff\xff\xff\xff\xff"},
		{"largest float", "\x01af\x7f\x7f\xff\xff"},
		{"float with a high exponent", "\x01af\x7f\x00\x00\x00"},
		{"empty table and array", "\x01aF\x00\x00\x00\x00\x01bA\x00\x00\x00\x00"},
	} {
		if _, err := ParseTable([]byte(tc.raw)); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// TestTableAliases: L and odd truths are read, and written as RabbitMQ writes
// them, also where they nest.
func TestTableAliases(t *testing.T) {
	inner := "\x01nL\xff\xff\xff\xff\xff\xff\xff\xfe\x01bt\x07"
	raw := []byte(inner + "\x01tF\x00\x00\x00\x0f" + inner + "\x01aA\x00\x00\x00\x0b" + "L\x00\x00\x00\x00\x00\x00\x00\x05t\xff")
	before := slices.Clone(raw)
	have, err := ParseTable(raw)
	if err != nil {
		t.Fatal(err)
	}
	plain := Table{{"n", Long(-2)}, {"b", Bool(true)}}
	want := append(slices.Clone(plain), Field{"t", TableOf(plain)}, Field{"a", ArrayOf(Long(5), Bool(true))})
	if !have.Equal(want) {
		t.Errorf("%v, want %v", have, want)
	}
	if !bytes.Equal(raw, before) {
		t.Error("parsing wrote into its input")
	}
	if v, ok := Lookup(raw, "n"); !ok || v.Kind != KindLongAlias || v.Value() != Long(-2) {
		t.Errorf("raw L is %v", v.Value())
	}
	if n, ok := (RawValue{KindLongAlias, raw[3:11]}).Int(); !ok || n != -2 {
		t.Errorf("L is %d", n)
	}
}

// nest wraps a field in depth tables, or arrays.
func nest(depth int, kind byte) []byte {
	var raw []byte
	for range depth {
		var outer []byte
		if kind == KindTable {
			outer = append(outer, 0)
		}
		outer = append(outer, kind)
		outer = binary.BigEndian.AppendUint32(outer, uint32(len(raw)))
		raw = append(outer, raw...)
	}
	if kind == KindArray {
		raw = append([]byte{0}, raw...)
	}
	return raw
}

func TestTableDepth(t *testing.T) {
	for _, kind := range []byte{KindTable, KindArray} {
		raw := nest(15000, kind)
		table, err := ParseTable(raw)
		if err != nil {
			t.Fatal(err)
		}
		if again := fieldsOf(table); !bytes.Equal(again, raw) {
			t.Error("15,000 levels do not come back")
		}
		if _, err := table.MarshalJSON(); err != ErrDepth {
			t.Errorf("as JSON: %v", err)
		}
		if text := table[0].Value.Format(); !strings.Contains(text, "...") {
			t.Error("printed without an end")
		}
		p, err := ParseProperties(FlagHeaders, table.Append(nil))
		if err != nil || len(p.Headers) != len(raw) {
			t.Errorf("as headers: %v", err)
		}
	}
}

// TestScanMemory: neither plain nesting nor a wide table makes the scan
// allocate; only levels that go on after a nested one are remembered.
func TestScanMemory(t *testing.T) {
	wide := fieldsOf(slices.Repeat(sampleTable(), 50))
	for name, raw := range map[string][]byte{"deep": nest(1000, KindTable), "wide": wide} {
		if n := testing.AllocsPerRun(10, func() {
			if _, err := checkTable(raw); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	var tail []byte
	for range 200 {
		tail = append(TableOf(nil).Append([]byte{0})[:2], append(binary.BigEndian.AppendUint32(nil, uint32(len(tail))), tail...)...)
		tail = append(tail, "\x00V"...)
	}
	if _, err := ParseTable(tail); err != nil {
		t.Errorf("levels that go on: %v", err)
	}
}

func TestTableEditing(t *testing.T) {
	table := Table{{"b", Long(1)}, {"a", Long(2)}, {"b", Long(3)}}
	before := slices.Clone(table)
	if v, ok := table.Get("b"); !ok || v != Long(1) {
		t.Errorf("Get finds %v", v)
	}
	if _, ok := table.Get("c"); ok {
		t.Error("Get finds what is not there")
	}
	if have, want := table.With("b", Long(9)), (Table{{"b", Long(9)}, {"a", Long(2)}, {"b", Long(3)}}); !have.Equal(want) {
		t.Errorf("With: %v", have)
	}
	if have := table.With("c", Void()); len(have) != 4 || have[3].Key != "c" {
		t.Errorf("With: %v", have)
	}
	if have := table.Without("b"); !have.Equal(Table{{"a", Long(2)}}) {
		t.Errorf("Without: %v", have)
	}
	if !table.Equal(before) {
		t.Error("With or Without changed the table")
	}
	table.Sort()
	if want := (Table{{"a", Long(2)}, {"b", Long(1)}, {"b", Long(3)}}); !table.Equal(want) {
		t.Errorf("Sort: %v", table)
	}
}

func TestTableCanonical(t *testing.T) {
	a := Table{{"x", Long(1)}, {"k", LongStr("v")}}
	for _, tc := range []struct {
		b    Table
		same bool
	}{
		{Table{{"k", LongStr("v")}, {"x", Long(1)}}, true},
		{Table{{"k", LongStr("v")}, {"x", Int32(1)}}, false},
		{Table{{"k", Binary([]byte("v"))}, {"x", Long(1)}}, false},
		{Table{{"k", LongStr("v")}}, false},
		{nil, false},
	} {
		if (a.Canonical() == tc.b.Canonical()) != tc.same {
			t.Errorf("%v and %v: same %t", a, tc.b, !tc.same)
		}
	}
	if (Table{}).Canonical() != Table(nil).Canonical() {
		t.Error("an empty table is not like none")
	}
	if a[0].Key != "x" {
		t.Error("Canonical sorted the table itself")
	}
}

func TestValueAccessors(t *testing.T) {
	for _, tc := range []struct {
		v    Value
		name string
		n    int64
		ok   bool
	}{
		{Byte(-128), "byte", -128, true}, {UnsignedByte(255), "unsignedbyte", 255, true},
		{Short(-2), "short", -2, true}, {UnsignedShort(65535), "unsignedshort", 65535, true},
		{Int32(math.MinInt32), "signedint", math.MinInt32, true}, {Uint32(math.MaxUint32), "unsignedint", math.MaxUint32, true},
		{Long(math.MinInt64), "long", math.MinInt64, true}, {Bool(true), "bool", 0, false},
		{Timestamp(5), "timestamp", 0, false}, {Double(5), "double", 0, false}, {Float(5), "float", 0, false},
		{Decimal(1, 5), "decimal", 0, false}, {LongStr("5"), "longstr", 0, false}, {Binary(nil), "binary", 0, false},
		{ArrayOf(), "array", 0, false}, {TableOf(nil), "table", 0, false}, {Void(), "void", 0, false}, {Value{}, "", 0, false},
	} {
		if n, ok := tc.v.Int(); n != tc.n || ok != tc.ok {
			t.Errorf("%s: %d, %t", tc.name, n, ok)
		}
		if name := tc.v.TypeName(); name != tc.name {
			t.Errorf("%s is called %q", tc.name, name)
		}
		_, isString := tc.v.Str()
		_, isBinary := tc.v.Binary()
		_, isTable := tc.v.Table()
		_, isArray := tc.v.Array()
		_, isTime := tc.v.Time()
		_, isBool := tc.v.Bool()
		_, isFloat := tc.v.Float()
		_, _, isDecimal := tc.v.Decimal()
		for _, is := range []struct {
			name string
			have bool
		}{
			{"longstr", isString}, {"binary", isBinary}, {"table", isTable}, {"array", isArray},
			{"timestamp", isTime}, {"bool", isBool}, {"decimal", isDecimal},
		} {
			if is.have != (is.name == tc.name) {
				t.Errorf("%s is taken for %s: %t", tc.name, is.name, is.have)
			}
		}
		if isFloat != (tc.name == "float" || tc.name == "double") {
			t.Errorf("%s is a float: %t", tc.name, isFloat)
		}
		if raw := tc.v.Append(nil); len(raw) == 0 || raw[0] != max(tc.v.Kind(), KindVoid*bit(tc.v.Kind() == 0)) {
			t.Errorf("%s appends %x", tc.name, raw)
		}
	}
}

func TestRawTable(t *testing.T) {
	raw := fieldsOf(append(sampleTable(), Field{"long", Long(7)}))
	i := 0
	for key, v := range Fields(raw) {
		if i < len(sampleTable()) {
			if f := sampleTable()[i]; string(key) != f.Key || v.Value() != f.Value {
				t.Errorf("field %d is %q %v, want %q %v", i, key, v.Value(), f.Key, f.Value)
			}
		}
		i++
	}
	if i != len(sampleTable())+1 {
		t.Errorf("%d fields", i)
	}
	if v, ok := Lookup(raw, "long"); !ok || v.Value() != Long(-5000000000) {
		t.Errorf("Lookup does not find the first: %v", v)
	}
	if _, ok := Lookup(raw, "no"); ok {
		t.Error("Lookup finds what is not there")
	}
	list, _ := Lookup(raw, "list")
	var kinds []byte
	for e := range Elements(list.Data) {
		kinds = append(kinds, e.Kind)
	}
	if string(kinds) != "SlAF" {
		t.Errorf("elements of kinds %q", kinds)
	}
	text, _ := Lookup(raw, "text")
	if s, ok := text.Str(); !ok || string(s) != "café" {
		t.Errorf("%q, %t", s, ok)
	}
	truth, _ := Lookup(raw, "bool")
	if b, ok := truth.Bool(); !b || !ok {
		t.Errorf("%t, %t", b, ok)
	}
	for range Fields([]byte("\x01aS\x00\x00")) {
		t.Error("a field without its octets")
	}
}

func TestRawTableAllocatesNothing(t *testing.T) {
	raw := fieldsOf(sampleTable())
	text := LongStr("v")
	if n := testing.AllocsPerRun(10, func() {
		for key, v := range Fields(raw) {
			if len(key) > 99 || v.Same(text) {
				t.Error("impossible")
			}
		}
		list, _ := Lookup(raw, "list")
		for v := range Elements(list.Data) {
			if v.Kind == 0 {
				t.Error("impossible")
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestParseTableAllocatesTwice(t *testing.T) {
	raw := fieldsOf(sampleTable())
	if n := testing.AllocsPerRun(10, func() { _, _ = ParseTable(raw) }); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

func TestSameAndEquivalent(t *testing.T) {
	for _, tc := range []struct {
		a, b             Value
		same, equivalent bool
	}{
		{Byte(1), Long(1), true, true},
		{Byte(-1), UnsignedByte(255), false, false},
		{Long(-1), Timestamp(math.MaxUint64), false, false},
		{Long(1), Timestamp(1), true, true},
		{Long(1), Double(1), true, false},
		{Double(-1), Byte(-1), true, false},
		{Float(0.5), Double(0.5), true, true},
		{Float(0.1), Double(0.1), false, false},
		{Double(1 << 53), Long(1<<53 + 1), false, false},
		{Double(1 << 64), Timestamp(math.MaxUint64), false, false},
		{Double(math.Copysign(0, -1)), Byte(0), true, false},
		{Bool(true), Long(1), false, false},
		{Bool(true), Bool(true), true, true},
		{LongStr("1"), Long(1), false, false},
		{LongStr("a"), Binary([]byte("a")), true, true},
		{LongStr("a"), LongStr("b"), false, false},
		{LongStr(""), ArrayOf(), false, false},
		{Decimal(1, 5), Decimal(1, 5), true, true},
		{Decimal(1, 5), Decimal(2, 50), false, false},
		{Decimal(0, 5), Long(5), false, false},
		{Void(), Void(), true, true},
		{Void(), Bool(false), false, false},
		{TableOf(Table{{"a", Byte(1)}}), TableOf(Table{{"a", Long(1)}}), false, false},
		{ArrayOf(Long(1)), ArrayOf(Long(1)), true, true},
	} {
		for _, pair := range [][2]Value{{tc.a, tc.b}, {tc.b, tc.a}} {
			raw, _ := Lookup(fieldsOf(Table{{"k", pair[0]}}), "k")
			if pair[0].Same(pair[1]) != tc.same || raw.Same(pair[1]) != tc.same {
				t.Errorf("%v %s and %v %s are the same: %t", pair[0], pair[0].TypeName(), pair[1], pair[1].TypeName(), !tc.same)
			}
			if pair[0].Equivalent(pair[1]) != tc.equivalent {
				t.Errorf("%v %s and %v %s are equivalent: %t", pair[0], pair[0].TypeName(), pair[1], pair[1].TypeName(), !tc.equivalent)
			}
		}
	}
}

func TestFormat(t *testing.T) {
	for _, tc := range []struct {
		v    Value
		want string
	}{
		{LongStr("lazy"), "the value 'lazy' of type 'longstr'"},
		{LongStr("\x00\xff"), "the value '\x00\xff' of type 'longstr'"},
		{Int32(-5), "the value '-5' of type 'signedint'"},
		{Bool(true), "the value 'true' of type 'bool'"},
		{Double(100), "the value '100.0' of type 'double'"},
		{Timestamp(math.MaxUint64), "the value '18446744073709551615' of type 'timestamp'"},
		{Decimal(2, 314), "the value '{2,314}' of type 'decimal'"},
		{Void(), "the value 'undefined' of type 'void'"},
		{TableOf(nil), "the value '[]' of type 'table'"},
		{TableOf(Table{{"k", LongStr("v\"")}, {"", Long(5)}}), `the value '[{<<"k">>,longstr,<<"v\"">>},{<<>>,long,5}]' of type 'table'`},
		{ArrayOf(LongStr("z"), Binary([]byte{1, 2})), `the value '[{longstr,<<"z">>},{binary,<<1,2>>}]' of type 'array'`},
	} {
		if have := tc.v.Describe(); have != tc.want {
			t.Errorf("%s, want %s", have, tc.want)
		}
	}
}

func TestRawValueOfAnotherType(t *testing.T) {
	v := RawValue{Kind: KindTimestamp, Data: make([]byte, 8)}
	_, isInt := v.Int()
	_, isStr := v.Str()
	_, isBool := v.Bool()
	if isInt || isStr || isBool || v.Value() != Timestamp(0) {
		t.Errorf("int %t, string %t, bool %t, %v", isInt, isStr, isBool, v.Value())
	}
	for _, damaged := range []string{"\x05ab", "\x00Z", "\x00S\x00", "\x00I\x00", "\x00"} {
		if _, ok := Lookup([]byte(damaged), ""); ok {
			t.Errorf("%q has a field", damaged)
		}
	}
}
