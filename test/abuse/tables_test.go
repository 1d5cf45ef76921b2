package abuse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"amqpd/test/node"
)

// withHeaders is a property list of nothing but a headers table.
func withHeaders(table string) []byte { return long([]byte{0x20, 0}, table) }

// Tables nested deep in a message's headers pass through octet for octet, on
// their own and through a headers exchange and dead-lettering, which look
// inside (amqp-behaviour: no limit of depth but the frame's).
func TestAbuse_DeepHeaders(t *testing.T) {
	v := start(t)
	for _, depth := range []int{1_000, 15_000} {
		a := login(t, v.Node)
		a.open(1)
		q := fmt.Sprint("deep", depth)
		a.send(declare(nil, 1, q, 8, ""))
		a.expect(queueDeclareOk)
		a.send(consume(nil, 1, q))
		a.expect(basicConsumeOk)
		table := nested(depth)
		a.send(frame(header(publish(nil, 1, q), 1, 4, withHeaders(table)), frameBody, 1, []byte("deep")))
		if got := a.contentHeader(); !bytes.Contains(got, []byte(table)) {
			t.Errorf("headers nested %d deep came back as %d octets, not as they were sent", depth, len(got))
		}
		a.hangUp(true)
	}
	v.recovers(t)
}

// contentHeader reads a delivery and returns the payload of its header frame.
func (a *abuser) contentHeader() []byte {
	a.t.Helper()
	const basicDeliver = 60<<16 | 60
	a.expect(basicDeliver)
	return a.payload(frameHeader)
}

// The same where something has to look inside: a headers exchange, and a
// message that is dead-lettered and gets an x-death beside the nesting.
func TestAbuse_DeepHeadersRewritten(t *testing.T) {
	v := start(t)
	a := login(t, v.Node)
	a.open(1)
	dlx := "\x16x-dead-letter-exchangeS\x00\x00\x00\x00" +
		"\x19x-dead-letter-routing-keyS\x00\x00\x00\x06graves" +
		"\x0dx-message-ttlI\x00\x00\x00\x00"
	a.send(declare(declare(nil, 1, "graves", 8, ""), 1, "dying", 8, dlx))
	a.expect(queueDeclareOk)
	a.expect(queueDeclareOk)
	a.send(consume(nil, 1, "graves"))
	a.expect(basicConsumeOk)
	table := nested(15_000)
	a.send(frame(header(publish(nil, 1, "dying"), 1, 4, withHeaders(table)), frameBody, 1, []byte("deep")))
	got := a.contentHeader()
	if !bytes.Contains(got, []byte(table)) || !bytes.Contains(got, []byte("x-death")) {
		t.Errorf("headers nested deep were dead-lettered as %d octets", len(got))
	}
	a.hangUp(true)
	v.recovers(t)
}

// Deep nesting as a method's argument is bounded by the frame: a channel or a
// connection may be closed for it, the node may not.
func TestAbuse_DeepArguments(t *testing.T) {
	v := start(t)
	for i, depth := range []int{1_000, 15_000, 18_000} {
		a := login(t, v.Node)
		a.open(1)
		a.send(declare(nil, 1, fmt.Sprint("deep", i), 8, nested(depth)))
		a.expect(queueDeclareOk)
		a.hangUp(true)
	}
	v.recovers(t)
}

// A frame that is larger than frame_max ends the connection, whatever it says.
func TestAbuse_ArgumentsOverTheFrame(t *testing.T) {
	v := start(t)
	a := login(t, v.Node)
	a.open(1)
	a.send(declare(nil, 1, "over", 8, nested(20_000)))
	if e := a.expect(connectionClose); e.code != 501 {
		t.Errorf("a frame over frame_max got %d %q, want 501", e.code, e.text)
	}
	a.hangUp(true)
	v.recovers(t)
}

// Tables whose lengths lie, in a flood of queue.declare: each ends its
// connection at the worst.
func TestAbuse_BrokenArguments(t *testing.T) {
	v := start(t)
	random := rand.New(rand.NewPCG(5, 6))
	sound := "\x0dx-message-ttlI\x00\x00\x00\x64\x0ax-overflowS\x00\x00\x00\x09drop-head" + nested(5)
	for range 1500 {
		table := []byte(sound)
		for range 1 + random.IntN(5) {
			switch at := random.IntN(len(table)); random.IntN(3) {
			case 0:
				table[at] = byte(random.Uint32())
			case 1:
				table = append(table[:at], table[at+1:]...)
			default:
				table = append(table, byte(random.Uint32()))
			}
		}
		a := login(t, v.Node)
		a.open(1)
		a.send(declare(nil, 1, "", 4, string(table)))
		if _, err := a.next(); isTimeout(err) {
			t.Fatalf("no answer to a declare with %q", table)
		}
		a.hangUp(true)
	}
	v.recovers(t)
}

// Declares that are refused one after the other on one connection.
func TestAbuse_RefusedDeclares(t *testing.T) {
	v := start(t)
	a := login(t, v.Node)
	broken := "\x0dx-message-ttlS\x00\x00\x00\x01x"
	const rounds = 10_000
	go func() {
		var flood []byte
		for range 100 {
			flood = method(flood, 1, channelOpen, []byte{0})
			flood = declare(flood, 1, "refused", 2, broken)
			flood = method(flood, 1, channelCloseOk, nil)
		}
		for range rounds / 100 {
			a.nc.Write(flood)
		}
	}()
	for range rounds {
		a.expect(channelOpenOk)
		if e := a.expect(channelClose); e.code != 406 {
			t.Fatalf("refused with %d %s", e.code, e.text)
		}
	}
	a.hangUp(true)
	v.recovers(t)
}

// A flood of queues with names and arguments as long as they get, then gone.
func TestAbuse_FatQueues(t *testing.T) {
	v := start(t)
	a := login(t, v.Node)
	a.open(1)
	field := string(binary.BigEndian.AppendUint32([]byte("\x05x-fatS"), 50<<10)) + string(make([]byte, 50<<10))
	const queues = 500
	go func() {
		for i := range queues {
			a.nc.Write(declare(nil, 1, fmt.Sprintf("%0250d", i), 4, field))
		}
	}()
	for range queues {
		a.expect(queueDeclareOk)
	}
	t.Logf("%d MB for %d queues", (v.RSS()-v.before.RSS)/node.MB, queues)
	a.hangUp(true)
	v.recovers(t)
}
