package amqp

import (
	"errors"
	"fmt"
	"strconv"
)

// maxReplyText is what a short string can carry.
const maxReplyText = 255

// replyCode is a row of the table of reply codes.
type replyCode struct {
	code uint16
	name string
	hard bool
}

// Error is what the peer is told with channel.close or connection.close: a
// reply code, an explanation in RabbitMQ's words, and the method that was at
// fault (amqp-behaviour §0.2).
type Error struct {
	// Code is one of the Code constants.
	Code uint16
	// Text is the explanation without the code's name; ReplyText adds it.
	Text string
	// Class and Method are the ids of the method being processed, 0/0 when the
	// error belongs to no method.
	Class, Method uint16
	// Hard errors close the connection, soft ones the channel. It follows from
	// Code; the broker sets it for errors on channel 0 and during login.
	Hard bool
}

// NewError returns an error with the code's scope and the method's ids; pass 0
// as id when it belongs to no method.
func NewError(code uint16, id MethodID, format string, args ...any) *Error {
	_, hard := lookupCode(code)
	return &Error{Code: code, Text: fmt.Sprintf(format, args...), Class: id.Class(), Method: id.Method(), Hard: hard}
}

// CodeName returns the name of a reply code as reply texts spell it,
// "NOT_FOUND", or "" for an unknown code.
func CodeName(code uint16) string {
	name, _ := lookupCode(code)
	return name
}

// lookupCode returns the row of a code. An unknown code is hard: a connection
// in an unknown state must not go on.
func lookupCode(code uint16) (name string, hard bool) {
	for _, row := range replyCodes {
		if row.code == code {
			return row.name, row.hard
		}
	}
	return "", true
}

// Error returns code and reply text: "404 NOT_FOUND - no queue 'q' in vhost '/'".
func (e *Error) Error() string {
	return strconv.Itoa(int(e.Code)) + " " + e.ReplyText()
}

// ID returns Class and Method as one id.
func (e *Error) ID() MethodID { return MethodID(e.Class)<<16 | MethodID(e.Method) }

// ReplyText returns the text as it goes over the wire: "NAME - text", or the
// bare name when there is no text. More than 255 octets are cut to 252 and
// "...", by octet and not by character, as RabbitMQ does.
func (e *Error) ReplyText() string {
	text := CodeName(e.Code)
	if e.Text != "" {
		text += " - " + e.Text
	}
	if len(text) > maxReplyText {
		text = text[:maxReplyText-3] + "..."
	}
	return text
}

// AppendClose adds the frame that tells the peer: connection.close on channel
// 0 for a hard error or when channel is 0, else channel.close.
func (e *Error) AppendClose(dst []byte, channel uint16) []byte {
	if e.Hard || channel == 0 {
		return ConnectionClose{ReplyCode: e.Code, ReplyText: e.ReplyText(), ClassID: e.Class, MethodID: e.Method}.Append(dst, 0)
	}
	return ChannelClose{ReplyCode: e.Code, ReplyText: e.ReplyText(), ClassID: e.Class, MethodID: e.Method}.Append(dst, channel)
}

// NotFound is 404, soft: a missing queue or exchange.
func NotFound(id MethodID, format string, args ...any) *Error {
	return NewError(CodeNotFound, id, format, args...)
}

// PreconditionFailed is 406, soft: an inequivalent declare, a bad argument, an
// unknown delivery tag.
func PreconditionFailed(id MethodID, format string, args ...any) *Error {
	return NewError(CodePreconditionFailed, id, format, args...)
}

// AccessRefused is 403, soft: permissions, reserved names, exclusive
// consumers. During login set Hard.
func AccessRefused(id MethodID, format string, args ...any) *Error {
	return NewError(CodeAccessRefused, id, format, args...)
}

// ResourceLocked is 405, soft: another connection's exclusive queue.
func ResourceLocked(id MethodID, format string, args ...any) *Error {
	return NewError(CodeResourceLocked, id, format, args...)
}

// NotAllowed is 530, hard: vhost errors, channel limits, a consumer tag that
// is in use.
func NotAllowed(id MethodID, format string, args ...any) *Error {
	return NewError(CodeNotAllowed, id, format, args...)
}

// NotImplemented is 540, hard: immediate, prefetch size, channel.flow.
func NotImplemented(id MethodID, format string, args ...any) *Error {
	return NewError(CodeNotImplemented, id, format, args...)
}

// CommandInvalid is 503, hard: an unknown exchange type, a method that a
// client may not send.
func CommandInvalid(id MethodID, format string, args ...any) *Error {
	return NewError(CodeCommandInvalid, id, format, args...)
}

// ChannelError is 504, hard: a method on an unopened channel, a second
// channel.open.
func ChannelError(id MethodID, format string, args ...any) *Error {
	return NewError(CodeChannelError, id, format, args...)
}

// UnexpectedFrame is 505, hard: content frames out of order.
func UnexpectedFrame(id MethodID, format string, args ...any) *Error {
	return NewError(CodeUnexpectedFrame, id, format, args...)
}

// FrameErr is 501, hard: a malformed frame or method payload.
func FrameErr(id MethodID, format string, args ...any) *Error {
	return NewError(CodeFrameError, id, format, args...)
}

// SyntaxError is 502, hard. RabbitMQ never lets it out (amqp-behaviour §0.2).
func SyntaxError(id MethodID, format string, args ...any) *Error {
	return NewError(CodeSyntaxError, id, format, args...)
}

// ResourceError is 506, hard: a stream that is not available.
func ResourceError(id MethodID, format string, args ...any) *Error {
	return NewError(CodeResourceError, id, format, args...)
}

// InternalError is 541, hard: the bare text INTERNAL_ERROR and ids 0/0. That is
// all a peer learns of a crash, and of message properties that cannot be
// decoded (amqp-behaviour §5.1).
func InternalError() *Error {
	return &Error{Code: CodeInternalError, Hard: true}
}

// ConnectionForced is 320, hard, ids 0/0: the operator, a shutdown, a deleted
// vhost or user (amqp-behaviour §1.8).
func ConnectionForced(format string, args ...any) *Error {
	return NewError(CodeConnectionForced, 0, format, args...)
}

// DecodeError turns what Parse of a method returned into the answer for the
// peer (amqp-behaviour §1.7). It is nil when RabbitMQ answers nothing and drops
// the TCP connection at once, which it does for a table that is broken inside.
func DecodeError(id MethodID, args []byte, err error) *Error {
	switch {
	case errors.Is(err, ErrUTF8):
		return FrameErr(0, "Malformed UTF-8 in shortstr")
	case errors.Is(err, ErrTable):
		return nil
	}
	return FrameErr(id, "cannot decode %s", decimalBinary(args))
}
