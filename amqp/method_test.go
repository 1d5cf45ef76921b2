package amqp

import (
	"errors"
	"reflect"
	"testing"
)

// argsOf returns the arguments of an appended method.
func argsOf(m Method) []byte {
	frame := m.Append(nil, 1)
	return frame[frameHeaderSize+methodIDSize : len(frame)-1]
}

func TestMethodTruncatedAtEveryOctet(t *testing.T) {
	for id, name := range methodNames {
		args := argsOf(sampleMethod(id))
		for n := range args {
			if err := NewMethod(id).Parse(args[:n:n]); err != ErrMalformed {
				t.Errorf("%s: %d of %d octets: %v, want ErrMalformed", name, n, len(args), err)
			}
		}
		if err := NewMethod(id).Parse(append(args, 0)); err != ErrMalformed {
			t.Errorf("%s: trailing octet: %v, want ErrMalformed", name, err)
		}
	}
}

// TestMethodStrings: RabbitMQ checks the strings of methods without content
// only.
func TestMethodStrings(t *testing.T) {
	for id, name := range methodNames {
		m := sampleMethod(id)
		v := reflect.ValueOf(m).Elem()
		for i := range v.NumField() {
			f := v.Field(i)
			if f.Kind() != reflect.String {
				continue
			}
			old := f.String()
			f.SetString("\xff")
			var want error
			if !longStrings[wireFieldName(v.Type().Field(i).Name)] && !HasContent(id) {
				want = ErrUTF8
			}
			if err := NewMethod(id).Parse(argsOf(m)); err != want {
				t.Errorf("%s: %s: %v, want %v", name, v.Type().Field(i).Name, err, want)
			}
			f.SetString(old)
		}
	}
}

func TestMethodErrorsInOrder(t *testing.T) {
	const short, table = "\x01\xff", "\x00\x00\x00\x03\x01aZ"
	for _, tc := range []struct {
		name, args string
		want       error
		text       string // "" when the connection is dropped without one
	}{
		{"string", "\x00\x00" + short + "\x00\x00\x00\x00\x00", ErrUTF8, "501 FRAME_ERROR - Malformed UTF-8 in shortstr"},
		{"string before table", "\x00\x00" + short + "\x00" + table, ErrUTF8, "501 FRAME_ERROR - Malformed UTF-8 in shortstr"},
		{"length before string", "\x00\x00" + short + "\x00\x00\x00\x00\x01", ErrMalformed,
			"501 FRAME_ERROR - cannot decode <<0,0,1,255,0,0,0,0,1>>"},
		{"unknown type", "\x00\x00\x01q\x00" + table, ErrFieldType, ""},
		{"truncated inside", "\x00\x00\x01q\x00\x00\x00\x00\x02\x01a", ErrTable, ""},
		{"nothing", "", ErrMalformed, "501 FRAME_ERROR - cannot decode <<>>"},
	} {
		var m QueueDeclare
		err := m.Parse([]byte(tc.args))
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		answer := DecodeError(MethodQueueDeclare, []byte(tc.args), err)
		switch {
		case answer == nil && tc.text == "":
		case answer == nil || answer.Error() != tc.text:
			t.Errorf("%s: answer %v, want %q", tc.name, answer, tc.text)
		}
	}
	if !errors.Is(ErrFieldType, ErrTable) {
		t.Error("an unknown field type is no malformed table")
	}
}

func TestDecodeErrorNamesTheMethodOnlyForItsOwnFault(t *testing.T) {
	e := DecodeError(MethodTxSelect, []byte("ab"), ErrMalformed)
	if e.ID() != MethodTxSelect || !e.Hard || e.Text != "cannot decode <<97,98>>" {
		t.Errorf("%+v", e)
	}
	if e := DecodeError(MethodQueueBind, nil, ErrUTF8); e.ID() != 0 {
		t.Errorf("ids %v, want 0/0", e.ID())
	}
	long := make([]byte, 1<<20)
	if text := DecodeError(MethodTxSelect, long, ErrMalformed).ReplyText(); len(text) != 255 {
		t.Errorf("reply text of %d octets", len(text))
	}
}

func TestAppendMethodsAllocateNothing(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for id, name := range methodNames {
		m := sampleMethod(id)
		if n := testing.AllocsPerRun(10, func() { buf = m.Append(buf[:0], 7) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestMethodPredicates(t *testing.T) {
	for _, tc := range []struct {
		id                     MethodID
		known, client, content bool
		name                   string
	}{
		{MethodQueueDeclare, true, true, false, "queue.declare"},
		{MethodQueueDeclareOk, true, false, false, "queue.declare-ok"},
		{MethodBasicPublish, true, true, true, "basic.publish"},
		{MethodBasicDeliver, true, false, true, "basic.deliver"},
		{MethodBasicReturn, true, false, true, "basic.return"},
		{MethodBasicGetOk, true, false, true, "basic.get-ok"},
		{MethodBasicCancel, true, true, false, "basic.cancel"},
		{MethodBasicCancelOk, true, false, false, "basic.cancel-ok"},
		{MethodChannelFlowOk, true, false, false, "channel.flow-ok"},
		{MethodChannelCloseOk, true, true, false, "channel.close-ok"},
		{MethodConnectionBlocked, true, false, false, "connection.blocked"},
		{MethodExchangeUnbindOk, true, false, false, "exchange.unbind-ok"},
		{40<<16 | 41, false, false, false, "40/41"},
		{0, false, false, false, "0/0"},
		{1<<32 - 1, false, false, false, "65535/65535"},
	} {
		if KnownMethod(tc.id) != tc.known || ClientMay(tc.id) != tc.client || HasContent(tc.id) != tc.content || tc.id.String() != tc.name {
			t.Errorf("%v: known %t, client %t, content %t", tc.id, KnownMethod(tc.id), ClientMay(tc.id), HasContent(tc.id))
		}
		if (NewMethod(tc.id) != nil) != tc.known {
			t.Errorf("%v: NewMethod %v", tc.id, NewMethod(tc.id))
		}
	}
	if MethodExchangeUnbindOk != 40<<16|51 || MethodQueueDeclare.Class() != 50 || MethodQueueDeclare.Method() != 10 {
		t.Error("ids are not those of the protocol")
	}
}

func TestShortStringTooLongIsABug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	QueueDeclareOk{Queue: string(make([]byte, 256))}.Append(nil, 1)
}
