package amqp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Errors of Parse, besides those that carry data. RabbitMQ answers each in its
// own way, see [DecodeError].
var (
	// ErrMalformed: the arguments are too short, or octets follow them.
	ErrMalformed = errors.New("amqp: malformed method arguments")
	// ErrUTF8: a short string is not UTF-8.
	ErrUTF8 = errors.New("amqp: malformed UTF-8 in short string")
	// ErrTable: a table or array is broken inside, or holds a NaN or an
	// infinite number.
	ErrTable = errors.New("amqp: malformed table")
	// ErrFieldType: a table or array holds a type octet that nobody knows. It
	// is an ErrTable too.
	ErrFieldType = fmt.Errorf("%w: unknown field type", ErrTable)
	// ErrLongString: a short string would exceed 255 octets.
	ErrLongString = errors.New("amqp: short string exceeds 255 octets")
)

// Method is what every method struct of methods_gen.go offers.
type Method interface {
	// ID returns class and method id.
	ID() MethodID
	// Parse reads the arguments: the frame's payload after the four octets of
	// ids. It returns ErrMalformed, ErrUTF8, ErrTable or ErrFieldType, and then
	// the struct's contents mean nothing. Nothing in it borrows from args.
	Parse(args []byte) error
	// Append adds the whole frame to dst, from its type to its end octet.
	Append(dst []byte, channel uint16) []byte
}

// argReader takes arguments off the front of a method's payload. Reading past
// the end yields zero values and is remembered.
//
// RabbitMQ first matches all lengths and only then looks into strings and
// tables, so ErrMalformed wins over what was found inside, and of those the
// first in argument order wins.
type argReader struct {
	rest  []byte
	short bool
	inner error
}

func (r *argReader) take(n int) []byte {
	if len(r.rest) < n {
		r.short = true
		r.rest = nil
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *argReader) octet() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *argReader) short16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *argReader) long() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *argReader) longlong() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// anyShortStr is for methods that carry content: RabbitMQ does not look into
// their strings.
func (r *argReader) anyShortStr() string {
	return string(r.take(int(r.octet())))
}

func (r *argReader) shortStr() string {
	b := r.take(int(r.octet()))
	if r.inner == nil && !utf8.Valid(b) {
		r.inner = ErrUTF8
	}
	return string(b)
}

// block takes a four octet length and that many octets.
func (r *argReader) block() []byte {
	n := r.long()
	if uint64(n) > uint64(len(r.rest)) {
		r.short = true
		r.rest = nil
		return nil
	}
	return r.take(int(n))
}

func (r *argReader) longStr() string { return string(r.block()) }

func (r *argReader) table() Table {
	raw := r.block()
	if r.inner != nil {
		return nil
	}
	t, err := ParseTable(raw)
	r.inner = err
	return t
}

func (r *argReader) done() error {
	if r.short || len(r.rest) > 0 {
		return ErrMalformed
	}
	return r.inner
}

// beginMethod opens a method frame; the caller appends the arguments and hands
// both results to endFrame.
func beginMethod(dst []byte, channel uint16, id MethodID) ([]byte, int) {
	at := len(dst)
	return append(dst, FrameMethod, byte(channel>>8), byte(channel), 0, 0, 0, 0,
		byte(id>>24), byte(id>>16), byte(id>>8), byte(id)), at
}

// endFrame writes the size of the frame that begins at dst[at] and closes it.
func endFrame(dst []byte, at int) []byte {
	binary.BigEndian.PutUint32(dst[at+3:], uint32(len(dst)-at-frameHeaderSize))
	return append(dst, FrameEnd)
}

// appendShortStr adds a length octet and s. Names come from short strings or
// have been checked, so a longer one is a mistake in this program.
func appendShortStr(dst []byte, s string) []byte {
	if len(s) > 255 {
		panic(fmt.Sprintf("BUG: short string of %d octets", len(s)))
	}
	return append(append(dst, byte(len(s))), s...)
}

func appendLongStr(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(s))), s...)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
