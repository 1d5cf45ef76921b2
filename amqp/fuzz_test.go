package amqp

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
)

func FuzzParseFrame(f *testing.F) {
	for _, line := range golden(f, "methods.golden") {
		f.Add(unhex(f, line[1]), uint32(FrameMinSize))
	}
	f.Add(AppendHeartbeat(nil), uint32(0))
	f.Add([]byte("\x09\x00\x01\x00\x00\x00\x01x\xce"), uint32(8))
	f.Add([]byte("\x03\x00\x01\xff\xff\xff\xff"), uint32(0))
	f.Fuzz(func(t *testing.T, in []byte, limit uint32) {
		frame, n, err := ParseFrame(in, limit)
		var fe *FrameError
		switch {
		case errors.As(err, &fe):
			if text := fe.Close().ReplyText(); len(text) > 255 {
				t.Fatalf("reply text of %d octets", len(text))
			}
			if (fe.Kind == UnknownType) != (n > 0) {
				t.Fatalf("kind %d with %d octets", fe.Kind, n)
			}
		case n == 0:
			if need := FrameSize(in); need != 0 && uint64(len(in)) >= need {
				t.Fatalf("asks for more than %d octets, the frame has %d", len(in), need)
			}
		default:
			again := append(AppendFrameHeader(nil, frame.Type, frame.Channel, uint32(len(frame.Payload))), frame.Payload...)
			if again = append(again, FrameEnd); !bytes.Equal(again, in[:n]) {
				t.Fatalf("%x became %x", in[:n], again)
			}
			if frame.Type == FrameMethod {
				SplitMethod(frame.Payload)
			}
		}
	})
}

// FuzzMethods: what parses appends to something that parses the same.
func FuzzMethods(f *testing.F) {
	for _, line := range golden(f, "methods.golden") {
		b := unhex(f, line[1])
		f.Add(b[frameHeaderSize : len(b)-1])
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) < methodIDSize {
			return
		}
		id, args := SplitMethod(payload)
		m := NewMethod(id)
		if (m != nil) != KnownMethod(id) {
			t.Fatalf("%v is known: %t", id, KnownMethod(id))
		}
		if m == nil {
			return
		}
		if err := m.Parse(args); err != nil {
			if e := DecodeError(id, args, err); (e == nil) != errors.Is(err, ErrTable) {
				t.Fatalf("%v is answered %v", err, e)
			}
			return
		}
		frame, n, err := ParseFrame(m.Append(nil, 9), 0)
		if err != nil || n != len(frame.Payload)+FrameOverhead {
			t.Fatalf("%+v appends a bad frame: %v", m, err)
		}
		_, again := SplitMethod(frame.Payload)
		if len(again) != len(args) {
			t.Fatalf("%d octets became %d", len(args), len(again))
		}
		back := NewMethod(id)
		if err := back.Parse(again); err != nil || !reflect.DeepEqual(m, back) {
			t.Fatalf("%+v came back as %+v, %v", m, back, err)
		}
		if id == MethodBasicPublish {
			fuzzPublish(t, m.(*BasicPublish), args)
		}
	})
}

// fuzzPublish: the parser of the hot path agrees with the generated one.
func fuzzPublish(t *testing.T, m *BasicPublish, args []byte) {
	p, err := ParsePublish(args)
	if err != nil || string(p.Exchange) != m.Exchange || string(p.RoutingKey) != m.RoutingKey || p.Mandatory != m.Mandatory || p.Immediate != m.Immediate {
		t.Fatalf("%+v is published as %+v, %v", m, p, err)
	}
	if exchange, key, err := SplitEnvelope(p.Envelope); err != nil || !bytes.Equal(exchange, p.Exchange) || !bytes.Equal(key, p.RoutingKey) {
		t.Fatalf("envelope %x, %v", p.Envelope, err)
	}
}

func FuzzTable(f *testing.F) {
	f.Add(fieldsOf(sampleTable()))
	f.Add(nest(20, KindTable))
	f.Add(nest(20, KindArray))
	f.Add([]byte("\x01nL\xff\xff\xff\xff\xff\xff\xff\xfe\x01bt\x07\x01tF\x00\x00\x00\x04\x01bt\x09"))
	f.Add([]byte("\x01ad\x7f\xf8\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := slices.Clone(raw)
		table, err := ParseTable(raw)
		if !bytes.Equal(raw, before) {
			t.Fatal("parsing wrote into its input")
		}
		if err != nil {
			if !errors.Is(err, ErrTable) {
				t.Fatal(err)
			}
			for range Fields(raw) { // must end and not panic
			}
			return
		}
		again := fieldsOf(table)
		if len(again) != len(raw) {
			t.Fatalf("%d octets became %d", len(raw), len(again))
		}
		back, err := ParseTable(again)
		if err != nil || !back.Equal(table) || !bytes.Equal(fieldsOf(back), again) {
			t.Fatalf("%v came back as %v, %v", table, back, err)
		}
		fuzzFields(t, raw, table)
		fuzzJSON(t, table)
	})
}

// fuzzFields: the raw view shows the same fields, and values equal themselves.
func fuzzFields(t *testing.T, raw []byte, table Table) {
	i := 0
	for key, v := range Fields(raw) {
		f := table[i]
		if string(key) != f.Key {
			t.Fatalf("field %d is %q, want %q", i, key, f.Key)
		}
		nested := v.Kind == KindTable || v.Kind == KindArray
		if !nested && (v.Value() != f.Value || !v.Same(f.Value)) {
			t.Fatalf("%q is %v, want %v", key, v.Value(), f.Value)
		}
		if !f.Value.Same(f.Value) || !f.Value.Equivalent(f.Value) {
			t.Fatalf("%v is not itself", f.Value)
		}
		if first, ok := Lookup(raw, f.Key); !ok || !nested && first.Kind != KindLongAlias && mustGet(t, table, f.Key).Kind() != first.Kind {
			t.Fatalf("%q is looked up as %v, %t", key, first, ok)
		}
		i++
	}
	if i != len(table) {
		t.Fatalf("%d raw fields, %d parsed", i, len(table))
	}
}

func mustGet(t *testing.T, table Table, key string) Value {
	v, ok := table.Get(key)
	if !ok {
		t.Fatalf("no %q", key)
	}
	return v
}

func fuzzJSON(t *testing.T, table Table) {
	text, err := table.MarshalJSON()
	if err != nil {
		if err != ErrDepth {
			t.Fatal(err)
		}
		return
	}
	if !json.Valid(text) {
		t.Fatalf("%s is no JSON", text)
	}
	for _, f := range table {
		_ = f.Value.Describe()
	}
}

func FuzzTableFromJSON(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[1.5,null,{"c":"d"}],"e":true,"e":false}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := TableFromJSON(text)
		if err != nil {
			return
		}
		if _, err := ParseTable(fieldsOf(table)); err != nil {
			t.Fatalf("%s became a table that does not parse: %v", text, err)
		}
		again, err := table.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		// Keys that differ only in what is not UTF-8 become one, so compare
		// from the second turn on.
		once, err := TableFromJSON(again)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		more, err := once.MarshalJSON()
		if err != nil || !bytes.Equal(again, more) {
			t.Fatalf("%s became %s, %v", again, more, err)
		}
	})
}

func FuzzProperties(f *testing.F) {
	for _, line := range golden(f, "headers.golden") {
		f.Add(unhex(f, line[1]))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		h, err := ParseHeader(payload)
		if err != nil {
			return
		}
		same, editErr := Edit{}.Append(nil, payload)
		if editErr == nil && !bytes.Equal(same, payload) {
			t.Fatalf("%x edited to nothing is %x", payload, same)
		}
		p, err := ParseProperties(h.Flags, h.Props)
		if err != nil {
			return
		}
		if editErr != nil {
			t.Fatalf("properties that cannot be edited: %v", editErr)
		}
		list, err := p.List()
		if err != nil {
			t.Fatal(err)
		}
		again := AppendHeaderPayload(nil, h.BodySize, &list)
		if len(again) != len(payload) {
			t.Fatalf("%d octets became %d", len(payload), len(again))
		}
		reply := "r"
		edited, err := Edit{RemoveHeaders: true, RemoveExpiration: true, ReplyTo: &reply}.Append(nil, payload)
		if err != nil {
			t.Fatal(err)
		}
		eh, err := ParseHeader(edited)
		if err != nil {
			t.Fatal(err)
		}
		ep, err := ParseProperties(eh.Flags, eh.Props)
		if err != nil || ep.Has(FlagHeaders) || ep.Has(FlagExpiration) || string(ep.ReplyTo) != reply || !bytes.Equal(ep.AppID, p.AppID) {
			t.Fatalf("edited to %+v, %v", ep, err)
		}
	})
}

// FuzzAssembler feeds frames cut from the input to two Assemblers, one of which
// loses its read buffer after every frame, and compares them with each other
// and with what the body must be.
func FuzzAssembler(f *testing.F) {
	f.Add([]byte("phbb"), uint8(2), uint8(0), []byte("body"))
	f.Add([]byte("phpphbmb"), uint8(4), uint8(3), []byte("bodybody"))
	f.Add([]byte("phz"), uint8(0), uint8(0), []byte{})
	f.Fuzz(func(t *testing.T, script []byte, cut, limit uint8, octets []byte) {
		borrow, keep := Assembler{Max: uint64(limit)}, Assembler{Max: uint64(limit)}
		var sent []byte
		for _, step := range script {
			frame := octets[:min(len(octets), int(cut))]
			feed := func(a *Assembler, frame []byte) (bool, error) {
				switch step {
				case 'p':
					return false, a.Method(MethodBasicPublish, testPublish)
				case 'm':
					return false, a.Method(MethodBasicAck, nil)
				case 'h':
					return a.Header(headerPayload(60, 0, uint64(len(octets))))
				}
				return a.Body(frame)
			}
			done, err := feed(&borrow, frame)
			lost := bytes.Clone(frame)
			keepDone, keepErr := feed(&keep, lost)
			if done != keepDone || (err == nil) != (keepErr == nil) {
				t.Fatalf("%c: %t %v borrowed, %t %v kept", step, done, err, keepDone, keepErr)
			}
			if err != nil {
				if text := err.Error(); text != keepErr.Error() {
					t.Fatalf("%q borrowed, %q kept", text, keepErr)
				}
				return
			}
			switch step {
			case 'p':
				sent = nil
			case 'm', 'h':
			default:
				sent = append(sent, frame...)
			}
			if done {
				compareContents(t, &borrow, &keep, sent)
			}
			keep.Keep()
			clear(lost)
			if cap(keep.body) > 2*len(sent)+keepBuffer {
				t.Fatalf("%d octets in a buffer of %d", len(sent), cap(keep.body))
			}
		}
	})
}

func compareContents(t *testing.T, borrow, keep *Assembler, sent []byte) {
	b, k := borrow.Content(), keep.Content()
	if b.TooLarge != k.TooLarge || !bytes.Equal(b.Body, k.Body) || !bytes.Equal(b.HeaderPayload, k.HeaderPayload) || !bytes.Equal(b.Args, k.Args) {
		t.Fatalf("%+v borrowed, %+v kept", b, k)
	}
	if b.TooLarge != (borrow.Max != 0 && uint64(len(sent)) > borrow.Max) {
		t.Fatalf("%d octets of at most %d: too large %t", len(sent), borrow.Max, b.TooLarge)
	}
	if !b.TooLarge && !bytes.Equal(b.Body, sent) {
		t.Fatalf("body %x, sent %x", b.Body, sent)
	}
}
