package amqp

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestTableToJSON(t *testing.T) {
	for _, tc := range []struct {
		t    Table
		want string
	}{
		{nil, `{}`},
		{Table{{"n", Long(-1)}, {"u", Uint32(4000000000)}, {"t", Timestamp(1<<64 - 1)}}, `{"n":-1,"u":4000000000,"t":18446744073709551615}`},
		{Table{{"f", Double(1)}, {"g", Float(0.5)}, {"h", Double(1e300)}}, `{"f":1.0,"g":0.5,"h":1e+300}`},
		{Table{{"d", Decimal(2, 314)}, {"e", Decimal(3, 1)}, {"z", Decimal(0, 7)}}, `{"d":3.14,"e":0.001,"z":7.0}`},
		{Table{{"b", Bool(true)}, {"v", Void()}, {"zero", Value{}}}, `{"b":true,"v":null,"zero":null}`},
		{Table{{"s", LongStr("<a&b>\"\n")}, {"x", Binary([]byte("a\xffb"))}}, "{\"s\":\"<a&b>\\\"\\n\",\"x\":\"a\ufffdb\"}"},
		{Table{{"a", ArrayOf(Long(1), ArrayOf(), TableOf(nil))}, {"t", TableOf(Table{{"k", LongStr("v")}})}}, `{"a":[1,[],{}],"t":{"k":"v"}}`},
		{Table{{"k", Long(1)}, {"l", Long(2)}, {"k", Long(3)}}, `{"l":2,"k":3}`},
	} {
		have, err := tc.t.MarshalJSON()
		if err != nil || strings.ReplaceAll(string(have), `\ufffd`, "\ufffd") != tc.want {
			t.Errorf("%v: %s, %v, want %s", tc.t, have, err, tc.want)
		}
		if !json.Valid(have) {
			t.Errorf("%s is no JSON", have)
		}
	}
}

func TestTableFromJSON(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Table
	}{
		{`{}`, nil}, {` [] `, nil},
		{`{"a":1,"b":-9223372036854775808}`, Table{{"a", Long(1)}, {"b", Long(-1 << 63)}}},
		{`{"a":1.0,"b":1e3,"c":-0.5E1}`, Table{{"a", Double(1)}, {"b", Double(1000)}, {"c", Double(-5)}}},
		{`{"z":"s","a":true,"é":false}`, Table{{"z", LongStr("s")}, {"a", Bool(true)}, {"é", Bool(false)}}},
		{`{"l":[1,"a",[],{}],"t":{"k":{}}}`, Table{
			{"l", ArrayOf(Long(1), LongStr("a"), ArrayOf(), TableOf(nil))}, {"t", TableOf(Table{{"k", TableOf(nil)}})},
		}},
		{`{"k":1,"l":2,"k":3}`, Table{{"k", Long(3)}, {"l", Long(2)}}},
	} {
		have, err := TableFromJSON([]byte(tc.in))
		if err != nil || !have.Equal(tc.want) {
			t.Errorf("%s: %v, %v, want %v", tc.in, have, err, tc.want)
		}
	}
}

func TestTableFromJSONErrors(t *testing.T) {
	deep := strings.Repeat(`{"a":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+1)
	for _, tc := range []struct {
		in   string
		want error // nil: any
	}{
		{`{"a":null}`, ErrNull}, {`{"a":[null]}`, ErrNull}, {`null`, ErrNull},
		{deep, ErrDepth},
		{`{"` + strings.Repeat("k", 256) + `":1}`, ErrLongString},
		{`{"a":9223372036854775808}`, nil}, {`{"a":1e999}`, nil},
		{``, nil}, {`{`, nil}, {`{"a"`, nil}, {`{"a":}`, nil}, {`{"a":1]`, nil}, {`{} {}`, nil}, {`{}x`, nil},
		{`[1]`, nil}, {`"x"`, nil}, {`5`, nil}, {`[`, nil}, {`{1:2}`, nil},
	} {
		have, err := TableFromJSON([]byte(tc.in))
		if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%.60s: %v, %v, want %v", tc.in, have, err, tc.want)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	type message struct {
		Arguments Table
		One       Value
	}
	in := message{
		Table{{"n", Long(1)}, {"v", Void()}, {"f", Double(2)}, {"l", ArrayOf(Void(), LongStr("x"))}, {"t", TableOf(Table{{"k", Bool(false)}})}},
		Void(),
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out message
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if !out.Arguments.Equal(in.Arguments) || out.One.Kind() == KindLong {
		t.Errorf("%s came back as %v", text, out)
	}
	if err := json.Unmarshal([]byte(`{"Arguments":null}`), &out); err != nil || out.Arguments != nil {
		t.Errorf("null: %v, %v", out.Arguments, err)
	}
	if err := json.Unmarshal([]byte(`{"Arguments":"x"}`), &out); err == nil {
		t.Error("a string is a table")
	}
}
