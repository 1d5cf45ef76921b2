package amqp

import "encoding/binary"

// Frame types, marks and sizes (amqp-behaviour §0.1).
const (
	FrameMethod    = 1
	FrameHeader    = 2
	FrameBody      = 3
	FrameHeartbeat = 8

	// FrameEnd is the last octet of every frame.
	FrameEnd = 0xCE
	// FrameOverhead is what a frame takes besides its payload.
	FrameOverhead = 8
	// FrameMinSize is the smallest frame-max that may be negotiated, and the
	// limit before tune-ok.
	FrameMinSize = 4096

	frameHeaderSize   = 7
	methodIDSize      = 4
	contentHeaderSize = 12 // class, weight and body size
	flagsSize         = 2  // the property flags after it
)

// Frame is one frame as it stands in a read buffer.
type Frame struct {
	// Type is one of FrameMethod, FrameHeader, FrameBody, FrameHeartbeat.
	Type byte
	// Channel is 0 for the connection itself.
	Channel uint16
	// Payload borrows from the buffer that was parsed.
	Payload []byte
}

// ParseFrame reads the frame at the front of b. n is its size on the wire; n
// of 0 without an error means that more octets are needed, see [FrameSize].
//
// maxPayload is the largest payload let through, 0 for any. RabbitMQ lets the
// payload alone reach frame_max, so frame_max itself is what to pass
// (amqp-behaviour §1.7).
//
// What comes back is complete: a method has its ids, a header its class,
// weight and body size, a heartbeat is empty. Anything else is a *FrameError.
// Of those only UnknownType leaves the stream in step, and only with it are f
// and n set, so that a closing connection may skip such a frame.
func ParseFrame(b []byte, maxPayload uint32) (f Frame, n int, err error) {
	if len(b) < frameHeaderSize {
		return Frame{}, 0, nil
	}
	size := binary.BigEndian.Uint32(b[3:])
	if maxPayload != 0 && size > maxPayload {
		return Frame{}, 0, &FrameError{Kind: FrameTooLarge, Type: b[0], Size: size, Max: maxPayload}
	}
	end := frameHeaderSize + uint64(size)
	if uint64(len(b)) <= end {
		return Frame{}, 0, nil
	}
	f = Frame{Type: b[0], Channel: binary.BigEndian.Uint16(b[1:]), Payload: b[frameHeaderSize:end:end]}
	if b[end] != FrameEnd {
		return Frame{}, 0, newFrameError(BadEnd, f, b[end])
	}
	if !wellFormed(f.Type, size) {
		return f, int(end) + 1, newFrameError(UnknownType, f, FrameEnd)
	}
	return f, int(end) + 1, nil
}

// wellFormed reports whether a payload of that size can be of that type.
func wellFormed(typ byte, size uint32) bool {
	switch typ {
	case FrameBody:
		return true
	case FrameMethod:
		return size >= methodIDSize
	case FrameHeader:
		return size >= contentHeaderSize
	case FrameHeartbeat:
		return size == 0
	}
	return false
}

// FrameSize returns how many octets the frame at the front of b takes on the
// wire, or 0 while its header is incomplete. It promises nothing about the
// frame; a reader sizes its buffer with it after ParseFrame asked for more.
func FrameSize(b []byte) uint64 {
	if len(b) < frameHeaderSize {
		return 0
	}
	return uint64(binary.BigEndian.Uint32(b[3:])) + FrameOverhead
}

// FrameErrorKind tells the ways in which a frame can be wrong.
type FrameErrorKind uint8

// The kinds of FrameError.
const (
	// FrameTooLarge: the announced size exceeds the limit. Raised as soon as
	// the seven octets of the frame header are there.
	FrameTooLarge FrameErrorKind = iota + 1
	// BadEnd: the octet after the payload is not FrameEnd.
	BadEnd
	// UnknownType: no such frame type, or a payload that the type cannot have.
	UnknownType
)

// FrameError is a frame that cannot be read. Its Error is the text that
// RabbitMQ puts into its 501, and Close is that answer.
type FrameError struct {
	Kind FrameErrorKind
	// Type is the frame's first octet.
	Type byte
	// Size is the announced size of the payload, Max the limit that it passed
	// (FrameTooLarge).
	Size, Max uint32
	// Payload is a copy of the first octets of the payload, 16 at most: enough
	// for the text.
	Payload []byte
	// End is what stood where FrameEnd should be (BadEnd).
	End byte
}

func newFrameError(kind FrameErrorKind, f Frame, end byte) *FrameError {
	return &FrameError{
		Kind: kind, Type: f.Type, Size: uint32(len(f.Payload)), End: end,
		Payload: append([]byte(nil), f.Payload[:min(len(f.Payload), snippetSize)]...),
	}
}

// Close returns the connection.close for the error: 501, ids 0/0.
func (e *FrameError) Close() *Error { return FrameErr(0, "%s", e.Error()) }
