package amqp

import "strconv"

// snippetSize is how much of a payload RabbitMQ quotes.
const snippetSize = 16

// frameText begins RabbitMQ's texts about a frame: its type and all of its
// payload, or the first 16 octets of it.
func frameText(typ byte, payload []byte, size int) string {
	which := "all"
	if size > snippetSize {
		which = "first 16"
		payload = payload[:snippetSize]
	}
	text := "type " + strconv.Itoa(int(typ)) + ", " + which + " octets = "
	return text + printBinary(payload, columnAfter(text))
}

// Error returns RabbitMQ's text for the 501, without the name of the code:
//
//	type 9, all octets = <<"x">>: unknown_frame
//	type 3, all octets = <<>>: {frame_too_large,200000,131064}
//	type 1, first 16 octets = <<0,20,...>>: {invalid_frame_end_marker,
//	                                         0}
func (e *FrameError) Error() string {
	switch e.Kind {
	case FrameTooLarge:
		return frameText(e.Type, nil, 0) + ": {frame_too_large," + strconv.FormatUint(uint64(e.Size), 10) +
			"," + strconv.FormatInt(int64(e.Max)-FrameOverhead, 10) + "}"
	case BadEnd:
		text := frameText(e.Type, e.Payload, int(e.Size)) + ": "
		return text + printTagged("invalid_frame_end_marker", strconv.Itoa(int(e.End)), columnAfter(text))
	}
	return frameText(e.Type, e.Payload, int(e.Size)) + ": unknown_frame"
}

// UnexpectedFrameType is the 505 for a frame that may not stand on its channel:
// a heartbeat beside channel 0, a header or body on it, any frame of a channel
// before open-ok (amqp-behaviour §1.6, §1.7).
func UnexpectedFrameType(f Frame) *Error {
	return UnexpectedFrame(0, "%s", frameText(f.Type, f.Payload, len(f.Payload)))
}
