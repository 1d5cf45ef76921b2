package amqp

import (
	"strings"
	"testing"
)

func TestErrorConstructors(t *testing.T) {
	id := MethodQueueDeclare
	for _, tc := range []struct {
		e    *Error
		text string
		hard bool
		id   MethodID
	}{
		{NotFound(id, "no queue '%s' in vhost '%s'", "q", "/"), "404 NOT_FOUND - no queue 'q' in vhost '/'", false, id},
		{PreconditionFailed(id, "x"), "406 PRECONDITION_FAILED - x", false, id},
		{AccessRefused(id, "x"), "403 ACCESS_REFUSED - x", false, id},
		{ResourceLocked(id, "x"), "405 RESOURCE_LOCKED - x", false, id},
		{NotAllowed(id, "x"), "530 NOT_ALLOWED - x", true, id},
		{NotImplemented(id, "immediate=true"), "540 NOT_IMPLEMENTED - immediate=true", true, id},
		{CommandInvalid(id, "unimplemented method"), "503 COMMAND_INVALID - unimplemented method", true, id},
		{ChannelError(id, "x"), "504 CHANNEL_ERROR - x", true, id},
		{UnexpectedFrame(id, "x"), "505 UNEXPECTED_FRAME - x", true, id},
		{FrameErr(id, "x"), "501 FRAME_ERROR - x", true, id},
		{SyntaxError(id, "x"), "502 SYNTAX_ERROR - x", true, id},
		{ResourceError(id, "x"), "506 RESOURCE_ERROR - x", true, id},
		{ConnectionForced("vhost '%s' is deleted", "v"), "320 CONNECTION_FORCED - vhost 'v' is deleted", true, 0},
		{InternalError(), "541 INTERNAL_ERROR", true, 0},
		{NewError(CodeNoRoute, 0, ""), "312 NO_ROUTE", false, 0},
	} {
		if tc.e.Error() != tc.text || tc.e.Hard != tc.hard || tc.e.ID() != tc.id {
			t.Errorf("%+v reads %q, want %q, hard %t, %v", tc.e, tc.e.Error(), tc.text, tc.hard, tc.id)
		}
	}
	if name := CodeName(999); name != "" {
		t.Errorf("code 999 is %q", name)
	}
	if !NewError(999, 0, "").Hard {
		t.Error("an unknown code is soft")
	}
}

func TestReplyTextIsCutByOctet(t *testing.T) {
	const prefix = "NOT_FOUND - "
	fits := NotFound(0, "%s", strings.Repeat("x", 255-len(prefix))).ReplyText()
	if len(fits) != 255 || strings.HasSuffix(fits, "...") {
		t.Errorf("255 octets became %q", fits)
	}
	cut := NotFound(0, "%s", strings.Repeat("é", 200)).ReplyText()
	if want := prefix + strings.Repeat("é", 120) + "..."; len(cut) != 255 || cut != want {
		t.Errorf("cut to %d octets: %q", len(cut), cut)
	}
	odd := NotFound(0, "x%s", strings.Repeat("é", 200)).ReplyText()
	if !strings.HasSuffix(odd, "\xc3...") {
		t.Errorf("not cut inside a character: %q", odd)
	}
}

func TestAppendClose(t *testing.T) {
	for _, tc := range []struct {
		e       *Error
		channel uint16
		want    MethodID
		on      uint16
	}{
		{NotFound(MethodBasicGet, "x"), 3, MethodChannelClose, 3},
		{NotFound(MethodBasicGet, "x"), 0, MethodConnectionClose, 0},
		{InternalError(), 3, MethodConnectionClose, 0},
	} {
		f, _, err := ParseFrame(tc.e.AppendClose(nil, tc.channel), 0)
		if err != nil {
			t.Fatal(err)
		}
		id, args := SplitMethod(f.Payload)
		var m ConnectionClose // channel.close has the same arguments
		if err := m.Parse(args); err != nil {
			t.Fatal(err)
		}
		if id != tc.want || f.Channel != tc.on || m.ReplyCode != tc.e.Code || m.ReplyText != tc.e.ReplyText() || m.ClassID != tc.e.Class || m.MethodID != tc.e.Method {
			t.Errorf("%v on %d: %v on %d, %+v", tc.e, tc.channel, id, f.Channel, m)
		}
	}
}
