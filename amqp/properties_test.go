package amqp

import (
	"bytes"
	"reflect"
	"testing"
)

// headerOf appends a list and takes the payload apart.
func headerOf(t testing.TB, list PropertyList) (payload []byte, h Header) {
	t.Helper()
	payload = AppendHeaderPayload(nil, 77, &list)
	h, err := ParseHeader(payload)
	if err != nil {
		t.Fatal(err)
	}
	return payload, h
}

func TestParsePropertiesTruncatedAtEveryOctet(t *testing.T) {
	_, h := headerOf(t, sampleProperties()["all"])
	for n := range h.Props {
		if _, err := ParseProperties(h.Flags, h.Props[:n:n]); err != ErrProperties {
			t.Errorf("%d of %d octets: %v", n, len(h.Props), err)
		}
	}
	if _, err := ParseProperties(h.Flags, append(bytes.Clone(h.Props), 0)); err != ErrProperties {
		t.Errorf("trailing octet: %v", err)
	}
}

func TestParsePropertiesErrors(t *testing.T) {
	for _, tc := range []struct {
		name  string
		flags uint16
		raw   string
	}{
		{"octets without flags", 0, "x"},
		{"continued flags", FlagContinued, ""},
		{"continued flags with more", FlagDeliveryMode | FlagContinued, "\x02\x00\x00"},
		{"missing octet", FlagPriority, ""},
		{"short timestamp", FlagTimestamp, "1234567"},
		{"table length", FlagHeaders, "\x00\x00\x00"},
		{"table beyond the end", FlagHeaders, "\x00\x00\x00\x01"},
		{"unknown field type", FlagHeaders, "\x00\x00\x00\x03\x01aZ"},
		{"NaN", FlagHeaders, "\x00\x00\x00\x0b\x01ad\x7f\xf8\x00\x00\x00\x00\x00\x00"},
		{"nested unknown type", FlagHeaders, "\x00\x00\x00\x0a\x01aF\x00\x00\x00\x03\x01bZ"},
	} {
		if _, err := ParseProperties(tc.flags, []byte(tc.raw)); err != ErrProperties {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestParsePropertiesKeepsWhatIsOdd(t *testing.T) {
	p, err := ParseProperties(FlagContentType|FlagUnused, []byte("\x02\xff\xfe"))
	if err != nil || string(p.ContentType) != "\xff\xfe" || !p.Has(FlagUnused) || p.Has(FlagHeaders) {
		t.Errorf("%+v, %v", p, err)
	}
	empty, err := ParseProperties(FlagUserID, []byte{0})
	if err != nil || !empty.Has(FlagUserID) || len(empty.UserID) != 0 {
		t.Errorf("an empty user-id: %+v, %v", empty, err)
	}
}

func TestParseHeader(t *testing.T) {
	payload, _ := headerOf(t, sampleProperties()["persistent"])
	for n := range payload {
		h, err := ParseHeader(payload[:n])
		switch {
		case n < 12 && err != ErrHeader:
			t.Errorf("%d octets: %v", n, err)
		case n == 12 || n == 13:
			_, propsErr := ParseProperties(h.Flags, h.Props)
			if err != ErrProperties || h.BodySize != 77 || propsErr != ErrProperties {
				t.Errorf("%d octets: %+v, %v, %v", n, h, err, propsErr)
			}
		case n == 14 && (err != nil || h.Flags != FlagDeliveryMode):
			t.Errorf("%d octets: %+v, %v", n, h, err)
		}
	}
}

func TestPropertiesAllocateNothing(t *testing.T) {
	list := sampleProperties()["all"]
	payload, h := headerOf(t, list)
	buf := make([]byte, 0, 2*len(payload))
	var p Properties
	for name, f := range map[string]func(){
		"parse": func() {
			if p.Parse(h.Flags, h.Props) != nil {
				t.Error("no properties")
			}
		},
		"append": func() { buf = AppendHeaderPayload(buf[:0], 1, &list) },
		"edit": func() {
			var err error
			if buf, err = (Edit{RemoveExpiration: true}).Append(buf[:0], payload); err != nil {
				t.Error(err)
			}
		},
	} {
		if n := testing.AllocsPerRun(10, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestPropertyListCheck(t *testing.T) {
	long := string(make([]byte, 256))
	for name, list := range map[string]PropertyList{
		"property": {AppID: long}, "header": {Headers: Table{{long, Void()}}},
	} {
		if list.Check() == nil {
			t.Errorf("%s of 256 octets passes", name)
		}
	}
	ok := sampleProperties()["all"]
	if err := ok.Check(); err != nil {
		t.Error(err)
	}
}

func TestEdit(t *testing.T) {
	reply := "amq.rabbitmq.reply-to.x"
	headers := Table{{"x-death", ArrayOf()}}
	empty := Table{}
	base := sampleProperties()["all"]
	for _, tc := range []struct {
		name string
		in   PropertyList
		edit Edit
		want func(*PropertyList)
	}{
		{"nothing", base, Edit{}, func(*PropertyList) {}},
		{"headers", base, Edit{Headers: &headers}, func(p *PropertyList) { p.Headers = headers }},
		{"no headers", base, Edit{RemoveHeaders: true}, func(p *PropertyList) { p.Headers = nil }},
		{"empty headers", base, Edit{Headers: &empty}, func(p *PropertyList) { p.Headers, p.Present = nil, FlagHeaders }},
		{"expiration", base, Edit{RemoveExpiration: true}, func(p *PropertyList) { p.Expiration = "" }},
		{"reply-to", base, Edit{ReplyTo: &reply}, func(p *PropertyList) { p.ReplyTo = reply }},
		{"all", base, Edit{Headers: &headers, RemoveExpiration: true, ReplyTo: &reply}, func(p *PropertyList) {
			p.Headers, p.Expiration, p.ReplyTo = headers, "", reply
		}},
		{"added to nothing", PropertyList{}, Edit{Headers: &headers, RemoveExpiration: true, ReplyTo: &reply}, func(p *PropertyList) {
			p.Headers, p.ReplyTo = headers, reply
		}},
		{"removed from nothing", PropertyList{}, Edit{RemoveHeaders: true, RemoveExpiration: true}, func(*PropertyList) {}},
	} {
		payload := AppendHeaderPayload(nil, 77, &tc.in)
		before := bytes.Clone(payload)
		want := tc.in
		tc.want(&want)
		have, err := tc.edit.Append([]byte("x"), payload)
		if err != nil || !bytes.Equal(have[1:], AppendHeaderPayload(nil, 77, &want)) || have[0] != 'x' {
			t.Errorf("%s: %x, %v", tc.name, have, err)
		}
		if !bytes.Equal(payload, before) {
			t.Errorf("%s: the payload changed", tc.name)
		}
	}
}

// TestEditKeepsOctets: an edit does not re-encode what it leaves alone.
func TestEditKeepsOctets(t *testing.T) {
	payload := append(appendHeaderStart(nil, 5, FlagHeaders|FlagExpiration|FlagUnused),
		"\x00\x00\x00\x04\x01bt\x07"+"\x0210"...)
	have, err := Edit{RemoveExpiration: true}.Append(nil, payload)
	want := append(appendHeaderStart(nil, 5, FlagHeaders|FlagUnused), "\x00\x00\x00\x04\x01bt\x07"...)
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("%x, %v, want %x", have, err, want)
	}
}

func TestEditErrors(t *testing.T) {
	long := string(make([]byte, 256))
	payload, _ := headerOf(t, sampleProperties()["all"])
	for name, tc := range map[string]struct {
		edit    Edit
		payload []byte
	}{
		"long reply-to":   {Edit{ReplyTo: &long}, payload},
		"long header":     {Edit{Headers: &Table{{long, Void()}}}, payload},
		"no header":       {Edit{}, payload[:5]},
		"no flags":        {Edit{}, payload[:12]},
		"truncated":       {Edit{}, payload[:len(payload)-1]},
		"trailing octet":  {Edit{}, append(bytes.Clone(payload), 0)},
		"continued flags": {Edit{}, appendHeaderStart(nil, 1, FlagContinued)},
	} {
		dst := []byte("kept")
		if have, err := tc.edit.Append(dst, tc.payload); err == nil || string(have) != "kept" {
			t.Errorf("%s: %q, %v", name, have, err)
		}
	}
}

// TestPropertiesReused: nothing of an earlier message shows through.
func TestPropertiesReused(t *testing.T) {
	samples := sampleProperties()
	var reused Properties
	for first := range samples {
		for second := range samples {
			for _, name := range []string{first, second} {
				_, h := headerOf(t, samples[name])
				fresh, err := ParseProperties(h.Flags, h.Props)
				if err != nil {
					t.Fatal(err)
				}
				if err := reused.Parse(h.Flags, h.Props); err != nil || !reflect.DeepEqual(reused, fresh) {
					t.Errorf("%s after %s: %+v, %v, want %+v", second, first, reused, err, fresh)
				}
			}
			if reused.Parse(flagProperties, nil) == nil {
				t.Fatal("properties of no octets")
			}
		}
	}
}

func TestAppendHeaderFrame(t *testing.T) {
	payload := make([]byte, 2*FrameMinSize)
	f, n, err := ParseFrame(AppendHeaderFrame(nil, 9, payload), 0)
	if err != nil || n != len(payload)+FrameOverhead || f.Type != FrameHeader || f.Channel != 9 || !bytes.Equal(f.Payload, payload) {
		t.Errorf("%d octets on channel %d, type %d, %v", n, f.Channel, f.Type, err)
	}
}
