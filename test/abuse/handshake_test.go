package abuse

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"amqpd/test/node"
)

// handshake is what a whole client sends up to connection.open, step by step.
func handshake() [][]byte {
	return [][]byte{[]byte(protocolHeader), startOk(), tuneOk(), openVhost()}
}

// Garbage before and after every step of the handshake, and into an open
// channel: the node closes that connection and no other.
func TestAbuse_Garbage(t *testing.T) {
	v := start(t, "--handshake-timeout", "2s")
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 400 {
		a := dial(t, v.Node)
		for _, step := range handshake()[:i%5] {
			a.send(step)
		}
		garbage := make([]byte, 1+random.IntN(2000))
		for i := range garbage {
			garbage[i] = byte(random.Uint32())
		}
		if i%2 == 0 {
			garbage[0] = byte(1 + random.IntN(3)) // passes as a frame for longer
			garbage = append(garbage, frameEnd)
		}
		a.send(garbage)
		a.hangUp(i%3 == 0)
	}
	v.recovers(t)
}

// Frames of an honest session with bits flipped.
func TestAbuse_FlippedBits(t *testing.T) {
	v := start(t, "--handshake-timeout", "2s")
	random := rand.New(rand.NewPCG(3, 4))
	var session []byte
	for _, step := range handshake() {
		session = append(session, step...)
	}
	session = method(session, 1, channelOpen, []byte{0})
	session = declare(session, 1, "flipped", 8, nested(3))
	for range 5 {
		session = frame(header(publish(session, 1, "flipped"), 1, 5, noProperties), frameBody, 1, []byte("hello"))
	}
	for i := range 1000 {
		b := append([]byte(nil), session...)
		for range 1 + random.IntN(4) {
			b[len(protocolHeader)+random.IntN(len(b)-len(protocolHeader))] ^= 1 << random.IntN(8)
		}
		a := dial(t, v.Node)
		a.send(b)
		if i%10 == 0 {
			a.nc.(*net.TCPConn).CloseWrite()
			a.nc.SetReadDeadline(time.Now().Add(node.Patience))
			if _, err := io.Copy(io.Discard, a.nc); isTimeout(err) {
				t.Errorf("session %d: the socket is open long after its client's end", i)
			}
		}
		a.hangUp(i%2 == 0)
	}
	v.recovers(t)
}

// Every prefix of a handshake and of a publish, then the socket ends.
func TestAbuse_HalfFrames(t *testing.T) {
	v := start(t)
	var session []byte
	for _, step := range handshake() {
		session = append(session, step...)
	}
	session = method(session, 1, channelOpen, []byte{0})
	session = header(publish(session, 1, "amq.none"), 1, 5, noProperties)
	session = frame(session, frameBody, 1, []byte("hello"))
	for cut := range session {
		a := dial(t, v.Node)
		a.send(session[:cut])
		a.hangUp(cut%2 == 0)
	}
	v.recovers(t)
}

// 500 clients that stop within the handshake at once hold up nobody, and are
// gone once the handshake's time is over.
func TestAbuse_UnfinishedHandshakes(t *testing.T) {
	const timeout = 4 * time.Second
	v := start(t, "--handshake-timeout", timeout.String())
	begin := time.Now()
	var abusers []*abuser
	for i := range 500 {
		a := dial(t, v.Node)
		for _, step := range handshake()[:i%4] {
			a.send(step)
		}
		abusers = append(abusers, a)
	}
	opened := time.Since(begin)
	v.alive(t)
	for i, a := range abusers {
		a.nc.SetReadDeadline(time.Now().Add(node.Patience))
		if _, err := io.Copy(io.Discard, a.nc); isTimeout(err) {
			t.Fatalf("connection %d is open %v after its handshake's time", i, time.Since(begin)-timeout)
		}
	}
	// The last one may go with its timeout, not before.
	if took := time.Since(begin); took < timeout {
		t.Errorf("all unfinished handshakes were dropped within %v of %v", took, timeout)
	} else if late := took - opened - timeout; late > 10*time.Second {
		t.Errorf("unfinished handshakes were dropped %v late", late)
	}
	v.recovers(t)
}

// One octet at a time is slow, not wrong.
func TestAbuse_OctetByOctet(t *testing.T) {
	v := start(t)
	a := dial(t, v.Node)
	for i, step := range handshake() {
		for _, octet := range step {
			a.send([]byte{octet})
		}
		if want := []uint32{connectionStart, connectionTune, 0, connectionOpenOk}[i]; want != 0 {
			a.expect(want)
		}
	}
	a.hangUp(true)
	v.recovers(t)
}

// isTimeout tells a socket that stays open from one that ended in any way.
func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
