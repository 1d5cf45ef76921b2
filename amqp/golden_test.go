package amqp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// golden returns the lines of a golden file, split into fields.
func golden(t testing.TB, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, strings.Fields(line))
	}
	return lines
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sampleTable has a field of every type that RabbitMQ writes.
func sampleTable() Table {
	return Table{
		{"bool", Bool(true)}, {"byte", Byte(-2)}, {"ubyte", UnsignedByte(254)},
		{"short", Short(-300)}, {"ushort", UnsignedShort(65000)},
		{"int", Int32(-70000)}, {"uint", Uint32(4000000000)}, {"long", Long(-5000000000)},
		{"float", Float(0.5)}, {"double", Double(-1.25e100)}, {"decimal", Decimal(2, 314)},
		{"text", LongStr("café")}, {"octets", Binary([]byte{0, 255})},
		{"time", Timestamp(math.MaxUint64)}, {"nothing", Void()},
		{"list", ArrayOf(LongStr("a"), Long(1), ArrayOf(), TableOf(Table{{"deep", Bool(false)}}))},
		{"map", TableOf(Table{{"x", Int32(1)}, {"", LongStr("")}})},
	}
}

// sampleMethod fills every field of a method with the values of the golden
// file: strings hold the argument's name, every other argument's bit is set.
func sampleMethod(id MethodID) Method {
	m := NewMethod(id)
	v := reflect.ValueOf(m).Elem()
	for i := range v.NumField() {
		name := wireFieldName(v.Type().Field(i).Name)
		switch f := v.Field(i); x := f.Addr().Interface().(type) {
		case *uint8:
			*x = 9
		case *uint16:
			*x = 0x1234
		case *uint32:
			*x = 0x12345678
		case *uint64:
			*x = 0x1122334455667788
		case *bool:
			*x = i%2 == 0
		case *Table:
			*x = sampleTable()
		case *string:
			*x = name
			if longStrings[name] {
				*x = "long " + name
			}
		default:
			panic(fmt.Sprintf("BUG: field of type %T", x))
		}
	}
	return m
}

// longStrings are the arguments that are long strings.
var longStrings = map[string]bool{
	"mechanisms": true, "locales": true, "response": true, "challenge": true, "new-secret": true, "channel-id": true,
}

// wireFieldName turns RoutingKey into routing-key.
func wireFieldName(name string) string {
	name = strings.ReplaceAll(name, "ID", "Id")
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

func methodIDs() map[string]MethodID {
	ids := map[string]MethodID{}
	for id, name := range methodNames {
		ids[name] = id
	}
	return ids
}

func TestMethodsAgainstGolden(t *testing.T) {
	ids := methodIDs()
	lines := golden(t, "methods.golden")
	if len(lines) != len(ids) {
		t.Errorf("%d golden methods, %d in the protocol", len(lines), len(ids))
	}
	for _, line := range lines {
		want := unhex(t, line[1])
		id := ids[line[0]]
		m := sampleMethod(id)
		if have := m.Append(nil, 0x0102); !bytes.Equal(have, want) {
			t.Errorf("%s: appended\n%x, want\n%x", line[0], have, want)
		}
		f, n, err := ParseFrame(want, FrameMinSize)
		if err != nil || n != len(want) || f.Channel != 0x0102 || f.Type != FrameMethod {
			t.Fatalf("%s: frame %+v, %d, %v", line[0], f, n, err)
		}
		haveID, args := SplitMethod(f.Payload)
		if haveID != id || m.ID() != id {
			t.Errorf("%s: id %v and %v, want %v", line[0], haveID, m.ID(), id)
		}
		parsed := NewMethod(id)
		if err := parsed.Parse(args); err != nil {
			t.Errorf("%s: %v", line[0], err)
		}
		if !reflect.DeepEqual(parsed, m) {
			t.Errorf("%s: parsed %+v, want %+v", line[0], parsed, m)
		}
	}
}

// sampleProperties are the contents of headers.golden.
func sampleProperties() map[string]PropertyList {
	return map[string]PropertyList{
		"none": {},
		"all": {
			ContentType: "text/plain", ContentEncoding: "gzip", Headers: sampleTable(), DeliveryMode: 2, Priority: 255,
			CorrelationID: "corr", ReplyTo: "reply", Expiration: "60000", MessageID: "id-1", Timestamp: 1700000000,
			Type: "kind", UserID: "guest", AppID: "app", ClusterID: "cluster",
		},
		"zeros":      {Present: flagProperties},
		"persistent": {DeliveryMode: 2},
		"headers":    {Headers: Table{{"n", Long(1)}}, ClusterID: "c"},
	}
}

func TestHeadersAgainstGolden(t *testing.T) {
	samples := sampleProperties()
	for _, line := range golden(t, "headers.golden") {
		want := unhex(t, line[1])
		list := samples[line[0]]
		if have := AppendHeaderPayload(nil, 5000000000, &list); !bytes.Equal(have, want) {
			t.Errorf("%s: appended\n%x, want\n%x", line[0], have, want)
		}
		h, err := ParseHeader(want)
		if err != nil || h.Class != ClassBasic || h.Weight != 0 || h.BodySize != 5000000000 {
			t.Fatalf("%s: header %+v, %v", line[0], h, err)
		}
		p, err := ParseProperties(h.Flags, h.Props)
		if err != nil {
			t.Fatalf("%s: %v", line[0], err)
		}
		have, err := p.List()
		if err != nil {
			t.Fatal(err)
		}
		list.Present = h.Flags
		if !reflect.DeepEqual(have, list) {
			t.Errorf("%s: parsed %+v, want %+v", line[0], have, list)
		}
		delete(samples, line[0])
	}
	if len(samples) > 0 {
		t.Errorf("not in the golden file: %v", samples)
	}
}

func TestFrameTextsAgainstGolden(t *testing.T) {
	lines := golden(t, "texts.golden")
	for i := 0; i+1 < len(lines); i += 2 {
		in, want := lines[i], string(unhex(t, lines[i+1][0]))
		typ, err := strconv.ParseUint(in[0], 10, 8)
		if err != nil {
			t.Fatal(err)
		}
		f := Frame{Type: byte(typ), Payload: unhex(t, in[1][1:])}
		var fe *FrameError
		switch in[2] {
		case "unknown":
			fe = newFrameError(UnknownType, f, FrameEnd)
		case "end":
			fe = newFrameError(BadEnd, f, byte(number32(t, in[3])))
		case "large":
			fe = &FrameError{Kind: FrameTooLarge, Type: f.Type, Size: number32(t, in[3]), Max: number32(t, in[4])}
		}
		if have := fe.Error(); have != want {
			t.Errorf("%v:\nhave %q\nwant %q", in, have, want)
		}
	}
}

func number32(t *testing.T, s string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

func TestFloatsAgainstGolden(t *testing.T) {
	for _, line := range golden(t, "floats.golden") {
		n, err := strconv.ParseUint(line[0], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		if have := printFloat(math.Float64frombits(n)); have != line[1] {
			t.Errorf("%s: printed %s, want %s", line[0], have, line[1])
		}
	}
}
