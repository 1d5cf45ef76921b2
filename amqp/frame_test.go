package amqp

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestParseFrameAsksForMore(t *testing.T) {
	frame := BasicAck{DeliveryTag: 1}.Append(nil, 3)
	for n := range frame {
		f, used, err := ParseFrame(frame[:n], FrameMinSize)
		if used != 0 || err != nil || f.Payload != nil {
			t.Errorf("%d octets: %+v, %d, %v", n, f, used, err)
		}
		want := uint64(len(frame))
		if n < frameHeaderSize {
			want = 0
		}
		if size := FrameSize(frame[:n]); size != want {
			t.Errorf("%d octets: size %d, want %d", n, size, want)
		}
	}
	f, n, err := ParseFrame(append(frame, "next"...), FrameMinSize)
	if err != nil || n != len(frame) || f.Channel != 3 || len(f.Payload) != 13 || cap(f.Payload) != 13 {
		t.Errorf("%+v, %d, %v", f, n, err)
	}
}

func TestParseFrameErrors(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		max      uint32
		used     int
		text     string
	}{
		{"unknown type", "\x09\x00\x01\x00\x00\x00\x01x\xce", 4096, 9, `type 9, all octets = <<"x">>: unknown_frame`},
		{"heartbeat with payload", "\x08\x00\x00\x00\x00\x00\x01x\xce", 4096, 9, `type 8, all octets = <<"x">>: unknown_frame`},
		{"method without ids", "\x01\x00\x01\x00\x00\x00\x03\x00\x14\x00\xce", 4096, 11, `type 1, all octets = <<0,20,0>>: unknown_frame`},
		{"short header", "\x02\x00\x01\x00\x00\x00\x00\xce", 4096, 8, `type 2, all octets = <<>>: unknown_frame`},
		{"too large with 7 octets", "\x03\x00\x01\x00\x03\x0d\x40", 131072, 0, `type 3, all octets = <<>>: {frame_too_large,200000,131064}`},
		{"too large before the type", "\xff\x00\x01\x00\x00\x10\x01", 4096, 0, `type 255, all octets = <<>>: {frame_too_large,4097,4088}`},
		{"end before the type", "\x09\x00\x01\x00\x00\x00\x01xy", 4096, 0, `type 9, all octets = <<"x">>: {invalid_frame_end_marker,121}`},
		{"end", "\x01\x00\x01\x00\x00\x00\x0d\x00\x32\x00\x0a\x00\x00\x01q\x00\x00\x00\x00\x00\x00", 0, 0,
			"type 1, all octets = <<0,50,0,10,0,0,1,113,0,0,0,0,0>>: {invalid_frame_end_marker,\n" + strings.Repeat(" ", 57) + "0}"},
	} {
		f, n, err := ParseFrame([]byte(tc.in), tc.max)
		var fe *FrameError
		if !errors.As(err, &fe) || fe.Error() != tc.text {
			t.Errorf("%s: error %q, want %q", tc.name, err, tc.text)
			continue
		}
		if n != tc.used || (f.Payload != nil) != (n > 0) {
			t.Errorf("%s: frame %+v of %d octets, want %d", tc.name, f, n, tc.used)
		}
		if e := fe.Close(); e.Code != CodeFrameError || !e.Hard || e.ID() != 0 || e.Text != tc.text {
			t.Errorf("%s: answer %+v", tc.name, e)
		}
	}
}

// TestFrameErrorOwnsItsPayload: the read buffer is reused before the error is
// reported.
func TestFrameErrorOwnsItsPayload(t *testing.T) {
	in := []byte("\x09\x00\x01\x00\x00\x00\x01x\xce")
	_, _, err := ParseFrame(in, 0)
	clear(in)
	if !strings.Contains(err.Error(), `"x"`) {
		t.Error(err)
	}
}

func TestParseFrameLimit(t *testing.T) {
	frame := AppendBodyFrames(nil, 1, make([]byte, 4096), 0)
	if _, n, err := ParseFrame(frame, 4096); n != len(frame) || err != nil {
		t.Errorf("a payload of frame_max: %d, %v", n, err)
	}
	if _, _, err := ParseFrame(frame, 4095); err == nil {
		t.Error("a payload above the limit passes")
	}
	if _, n, err := ParseFrame([]byte("\x03\x00\x01\xff\xff\xff\xff\xce"), 0); n != 0 || err != nil {
		t.Errorf("4 GiB announced without a limit: %d, %v", n, err)
	}
}

func TestUnexpectedFrameType(t *testing.T) {
	for _, tc := range []struct {
		frame Frame
		text  string
	}{
		{Frame{Type: 8, Channel: 1}, `type 8, all octets = <<>>`},
		{Frame{Type: 3, Payload: []byte("body")}, `type 3, all octets = <<"body">>`},
		{Frame{Type: 1, Channel: 1, Payload: []byte{0, 20, 0, 10, 0}}, `type 1, all octets = <<0,20,0,10,0>>`},
		{Frame{Type: 3, Payload: []byte("12345678901234567")}, `type 3, first 16 octets = <<"1234567890123456">>`},
	} {
		e := UnexpectedFrameType(tc.frame)
		if e.Code != CodeUnexpectedFrame || e.Text != tc.text || e.ID() != 0 || !e.Hard {
			t.Errorf("%+v: %+v, want %q", tc.frame, e, tc.text)
		}
	}
}

func TestAppendBodyFrames(t *testing.T) {
	body := []byte("0123456789")
	for _, tc := range []struct {
		size     int
		frameMax uint32
		frames   []int
	}{
		{0, 4096, nil}, {0, 0, nil}, {10, 0, []int{10}}, {10, 18, []int{10}}, {10, 17, []int{9, 1}},
		{10, 13, []int{5, 5}}, {10, 9, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		wire := AppendBodyFrames(nil, 5, body[:tc.size], tc.frameMax)
		var sizes []int
		var joined []byte
		for len(wire) > 0 {
			f, n, err := ParseFrame(wire, tc.frameMax)
			if err != nil || n == 0 || f.Type != FrameBody || f.Channel != 5 {
				t.Fatalf("%+v: %+v, %d, %v", tc, f, n, err)
			}
			sizes = append(sizes, len(f.Payload))
			joined = append(joined, f.Payload...)
			wire = wire[n:]
		}
		if !bytes.Equal(joined, body[:tc.size]) || len(sizes) != len(tc.frames) {
			t.Errorf("%+v: frames of %v octets", tc, sizes)
		}
		for i, n := range tc.frames {
			if sizes[i] != n {
				t.Errorf("%+v: frames of %v octets", tc, sizes)
			}
		}
	}
}

func TestAppendHeartbeat(t *testing.T) {
	f, n, err := ParseFrame(AppendHeartbeat(nil), FrameMinSize)
	if err != nil || n != FrameOverhead || f.Type != FrameHeartbeat || f.Channel != 0 {
		t.Errorf("%+v, %d, %v", f, n, err)
	}
}
