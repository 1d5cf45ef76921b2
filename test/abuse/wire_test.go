package abuse

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"amqpd/test/node"
)

// Methods that the tests send or wait for: class<<16 | method.
const (
	connectionStart   = 10<<16 | 10
	connectionStartOk = 10<<16 | 11
	connectionTune    = 10<<16 | 30
	connectionTuneOk  = 10<<16 | 31
	connectionOpen    = 10<<16 | 40
	connectionOpenOk  = 10<<16 | 41
	connectionClose   = 10<<16 | 50
	connectionCloseOk = 10<<16 | 51
	channelOpen       = 20<<16 | 10
	channelOpenOk     = 20<<16 | 11
	channelClose      = 20<<16 | 40
	channelCloseOk    = 20<<16 | 41
	queueDeclare      = 50<<16 | 10
	queueDeclareOk    = 50<<16 | 11
	basicConsume      = 60<<16 | 20
	basicConsumeOk    = 60<<16 | 21
	basicPublish      = 60<<16 | 40
)

const (
	frameMethod = 1
	frameHeader = 2
	frameBody   = 3
	frameEnd    = 0xCE

	frameMax   = 131072 // what amqpd offers
	channelMax = 2047   // likewise
)

// protocolHeader opens every connection.
const protocolHeader = "AMQP\x00\x00\x09\x01"

// short and long are AMQP's strings, or anything else that has a length.
func short(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }

func long(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// frame appends a frame.
func frame(b []byte, kind byte, channel uint16, payload []byte) []byte {
	b = binary.BigEndian.AppendUint16(append(b, kind), channel)
	return append(long(b, string(payload)), frameEnd)
}

// method appends a method frame; arguments are encoded already.
func method(b []byte, channel uint16, id uint32, arguments []byte) []byte {
	return frame(b, frameMethod, channel, append(binary.BigEndian.AppendUint32(nil, id), arguments...))
}

// publish appends basic.publish to a queue through the default exchange.
func publish(b []byte, channel uint16, queue string) []byte {
	args := short(short([]byte{0, 0}, ""), queue)
	return method(b, channel, basicPublish, append(args, 0))
}

// header appends a content header that declares a body of size octets. Its
// property list is flags and what follows them.
func header(b []byte, channel uint16, size uint64, properties []byte) []byte {
	payload := binary.BigEndian.AppendUint64([]byte{0, 60, 0, 0}, size)
	return frame(b, frameHeader, channel, append(payload, properties...))
}

var (
	noProperties = []byte{0, 0}
	persistent   = []byte{0x10, 0, 2}
)

// declare appends queue.declare with an encoded arguments table. Bits are
// durable 2, exclusive 4, auto-delete 8, no-wait 16.
func declare(b []byte, channel uint16, queue string, bits byte, table string) []byte {
	return method(b, channel, queueDeclare, long(append(short([]byte{0, 0}, queue), bits), table))
}

// nested is a table with one field, a table with one field, and so on, depth
// of them around an empty one: 7 octets a level.
func nested(depth int) string {
	inner := 0
	b := make([]byte, 7*depth)
	for i := depth - 1; i >= 0; i-- {
		copy(b[7*i:], "\x01tF")
		binary.BigEndian.PutUint32(b[7*i+3:], uint32(inner))
		inner += 7
	}
	return string(b)
}

// event is a method that came from the broker; for closes with their reason.
type event struct {
	channel uint16
	id      uint32
	code    uint16 // reply-code of a close
	text    string // reply-text of a close
}

// abuser is one raw connection.
type abuser struct {
	t  testing.TB
	nc net.Conn
	br *bufio.Reader
}

// dial opens a socket and sends nothing.
func dial(t testing.TB, n *node.Node) *abuser {
	t.Helper()
	nc, err := net.DialTimeout("tcp", n.Addr, node.Patience)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { nc.Close() })
	return &abuser{t: t, nc: nc, br: bufio.NewReader(nc)}
}

// login goes through the handshake as guest.
func login(t testing.TB, n *node.Node) *abuser {
	t.Helper()
	a := dial(t, n)
	a.send([]byte(protocolHeader))
	a.expect(connectionStart)
	a.send(startOk())
	a.expect(connectionTune)
	a.send(tuneOk())
	a.send(openVhost())
	a.expect(connectionOpenOk)
	return a
}

func startOk() []byte {
	return method(nil, 0, connectionStartOk, short(long(short(long(nil, ""), "PLAIN"), "\x00guest\x00guest"), "en_US"))
}

func tuneOk() []byte {
	args := binary.BigEndian.AppendUint16(nil, channelMax)
	args = binary.BigEndian.AppendUint32(args, frameMax)
	return method(nil, 0, connectionTuneOk, append(args, 0, 0))
}

func openVhost() []byte {
	return method(nil, 0, connectionOpen, append(short(short(nil, "/"), ""), 0))
}

// open opens a channel.
func (a *abuser) open(channel uint16) {
	a.t.Helper()
	a.send(method(nil, channel, channelOpen, []byte{0}))
	a.expect(channelOpenOk)
}

// send writes octets. A broker that hung up is no failure here: what it said
// before is read afterwards.
func (a *abuser) send(b []byte) error {
	a.nc.SetWriteDeadline(time.Now().Add(node.Patience))
	_, err := a.nc.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		a.t.Errorf("amqpd does not read")
	}
	return err
}

// read reads one frame; the payload has the frame-end octet after it.
func (a *abuser) read() (kind byte, channel uint16, payload []byte, err error) {
	a.nc.SetReadDeadline(time.Now().Add(node.Patience))
	var head [7]byte
	if _, err := io.ReadFull(a.br, head[:]); err != nil {
		return 0, 0, nil, err
	}
	payload = make([]byte, binary.BigEndian.Uint32(head[3:])+1)
	if _, err := io.ReadFull(a.br, payload); err != nil {
		return 0, 0, nil, err
	}
	return head[0], binary.BigEndian.Uint16(head[1:]), payload, nil
}

// next reads up to the next method.
func (a *abuser) next() (event, error) {
	for {
		kind, channel, payload, err := a.read()
		if err != nil {
			return event{}, err
		}
		if kind != frameMethod {
			continue
		}
		e := event{channel: channel, id: binary.BigEndian.Uint32(payload)}
		if e.id == connectionClose || e.id == channelClose {
			e.code = binary.BigEndian.Uint16(payload[4:])
			e.text = string(payload[7 : 7+int(payload[6])])
		}
		return e, nil
	}
}

// payload reads the next frame, which must be of a kind.
func (a *abuser) payload(kind byte) []byte {
	a.t.Helper()
	got, _, payload, err := a.read()
	if err != nil || got != kind {
		a.t.Fatalf("a frame of type %d came instead of type %d: %v", got, kind, err)
	}
	return payload[:len(payload)-1]
}

// expect reads the next method, which must be id.
func (a *abuser) expect(id uint32) event {
	a.t.Helper()
	e, err := a.next()
	if err != nil {
		a.t.Fatalf("waiting for method %d.%d: %v", id>>16, id&0xffff, err)
	}
	if e.id != id {
		a.t.Fatalf("method %d.%d came instead of %d.%d: %d %s", e.id>>16, e.id&0xffff, id>>16, id&0xffff, e.code, e.text)
	}
	return e
}

// refused reads a close with a code and a text.
func (a *abuser) refused(id uint32, code uint16, text string) {
	a.t.Helper()
	if e := a.expect(id); e.code != code || e.text != text {
		a.t.Fatalf("refused with %d %q, want %d %q", e.code, e.text, code, text)
	}
}

// hangUp closes the socket with a reset where linger is false, as the kernel
// does for a process that was killed with data unread.
func (a *abuser) hangUp(linger bool) {
	if !linger {
		a.nc.(*net.TCPConn).SetLinger(0)
	}
	a.nc.Close()
}
