package behaviour_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that must come.
const patience = 20 * time.Second

// deadline is when patience with a wait that begins now ends.
func deadline() time.Time { return time.Now().Add(patience) }

const (
	frameMethod    = 1
	frameHeader    = 2
	frameBody      = 3
	frameHeartbeat = 8
	frameEnd       = 0xCE
)

// frame is one frame as read from the socket.
type frame struct {
	kind    byte
	channel uint16
	payload []byte
}

// event is a decoded method, with the content that follows it if it carries one.
type event struct {
	name   string
	values map[string]any // arguments and properties by name; "body" for the content's body
	header []byte         // payload of the content header frame
	body   [][]byte       // payloads of the body frames
}

// conn is one socket to the broker. It is used from one goroutine only.
type conn struct {
	t          testing.TB
	nc         net.Conn
	born       time.Time // not after the connect
	br         *bufio.Reader
	vhost      string
	frameMax   int // body frames are cut to it
	stash      map[uint16][]frame
	heartbeats int      // heartbeat frames seen
	trace      []string // what went over the socket, for a failing fact
	readErr    error    // sticks once the socket has ended
}

func dial(t testing.TB, addr string) *conn {
	t.Helper()
	born := time.Now()
	nc, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { nc.Close() })
	return &conn{t: t, nc: nc, born: born, br: bufio.NewReaderSize(nc, 64<<10), vhost: "/", frameMax: 4096, stash: map[uint16][]frame{}}
}

// fail ends the fact with a message and the connection's trace.
func (k *conn) fail(format string, args ...any) {
	k.t.Helper()
	trace := k.trace
	if n := len(trace); n > 30 {
		trace = append([]string{fmt.Sprintf("... %d more", n-30)}, trace[n-30:]...)
	}
	k.t.Fatalf("%s\n    %s", fmt.Sprintf(format, args...), strings.Join(trace, "\n    "))
}

func (k *conn) note(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if len(line) > 400 {
		line = line[:400] + "..."
	}
	k.trace = append(k.trace, line)
}

// write sends octets as they are. A write error is only noted: what matters is what can be read afterwards.
func (k *conn) write(b []byte) {
	k.nc.SetWriteDeadline(time.Now().Add(patience))
	if _, err := k.nc.Write(b); err != nil {
		k.note("> %d octets: %v", len(b), err)
	}
}

// appendFrame encodes a frame.
func appendFrame(b []byte, kind byte, channel uint16, payload []byte) []byte {
	b = binary.BigEndian.AppendUint16(append(b, kind), channel)
	b = appendLong(b, string(payload))
	return append(b, frameEnd)
}

// read returns the next frame of any channel, or what ended the socket (io.EOF for any way of closing it, a timeout
// at the deadline).
func (k *conn) read(deadline time.Time) (frame, error) {
	if k.readErr != nil {
		return frame{}, k.readErr
	}
	k.nc.SetReadDeadline(deadline)
	head, err := k.br.Peek(7)
	if err != nil {
		return frame{}, k.ended(err)
	}
	f := frame{kind: head[0], channel: binary.BigEndian.Uint16(head[1:])}
	size := int(binary.BigEndian.Uint32(head[3:]))
	whole := make([]byte, 7+size+1)
	if _, err := io.ReadFull(k.br, whole); err != nil {
		return frame{}, fmt.Errorf("inside a frame of type %d and %d octets: %w", f.kind, size, err)
	}
	if whole[7+size] != frameEnd {
		return frame{}, fmt.Errorf("frame ends in %#x", whole[7+size])
	}
	f.payload = whole[7 : 7+size]
	return f, nil
}

// ended turns every kind of lost socket into io.EOF and remembers it.
func (k *conn) ended(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF) {
		err = io.EOF
	}
	k.readErr = err
	return err
}

// frameOf returns the next frame of one channel. Frames of other channels are kept for later; a connection.close ends
// the wait of every channel.
func (k *conn) frameOf(channel uint16, deadline time.Time) (frame, error) {
	for {
		if q := k.stash[channel]; len(q) > 0 {
			k.stash[channel] = q[1:]
			return q[0], nil
		}
		f, err := k.read(deadline)
		switch {
		case err != nil:
			return f, err
		case f.kind == frameHeartbeat:
			k.heartbeats++
			continue
		}
		k.stash[f.channel] = append(k.stash[f.channel], f)
		if channel != 0 && f.channel == 0 {
			if ev, err := decodeMethod(f); err == nil && ev.name == "connection.close" {
				return frame{}, fmt.Errorf("connection.close %v", ev.values)
			}
		}
	}
}

// next returns the next method of a channel together with its content.
func (k *conn) next(channel uint16, deadline time.Time) (event, error) {
	f, err := k.frameOf(channel, deadline)
	if err != nil {
		return event{}, err
	}
	ev, err := decodeMethod(f)
	if err != nil {
		return ev, err
	}
	if lookup(ev.name).hasContent {
		if err := k.content(&ev, channel, deadline); err != nil {
			return ev, fmt.Errorf("content of %s: %w", ev.name, err)
		}
	}
	k.note("< %d %s %v", channel, ev.name, ev.values)
	return ev, nil
}

// content reads the header and body frames that belong to ev.
func (k *conn) content(ev *event, channel uint16, deadline time.Time) error {
	f, err := k.frameOf(channel, deadline)
	if err != nil {
		return err
	}
	if f.kind != frameHeader {
		return fmt.Errorf("frame type %d where the header is due", f.kind)
	}
	size, props, err := decodeHeader(f.payload)
	if err != nil {
		return err
	}
	ev.header = f.payload
	for name, v := range props {
		ev.values[name] = v
	}
	var body []byte
	for uint64(len(body)) < size {
		f, err := k.frameOf(channel, deadline)
		if err != nil {
			return err
		}
		if f.kind != frameBody {
			return fmt.Errorf("frame type %d where the body is due", f.kind)
		}
		body = append(body, f.payload...)
		ev.body = append(ev.body, f.payload)
	}
	ev.values["body"] = string(body)
	return nil
}

func decodeMethod(f frame) (event, error) {
	if f.kind != frameMethod {
		return event{}, fmt.Errorf("frame type %d where a method is due", f.kind)
	}
	r := &reader{b: f.payload}
	m := methodOf(r.u16(), r.u16())
	if m == nil {
		return event{}, fmt.Errorf("unknown method % x", f.payload)
	}
	ev := event{name: m.name, values: decodeFields(r, m.fields)}
	if r.err != nil || len(r.b) != 0 {
		return ev, fmt.Errorf("%s: %d octets left, %v", m.name, len(r.b), r.err)
	}
	return ev, nil
}
