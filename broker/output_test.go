package broker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sink is an output on one end of a connection; the test reads the other.
type sink struct {
	output
	far     net.Conn
	resumed atomic.Int64
	broken  chan error
}

// newSink makes an output over loopback TCP, written directly, or where raw is
// false through net.Conn as with TLS.
func newSink(t testing.TB, raw bool) *sink {
	t.Helper()
	far, near := tcpPair(t)
	s := &sink{far: far, broken: make(chan error, 10)}
	s.conn = near
	s.resume = func() { s.resumed.Add(1) }
	s.failed = func(err error) { s.broken <- err }
	if raw {
		rc, err := near.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		s.raw = rc
	}
	t.Cleanup(func() { _ = far.Close(); _ = near.Close() })
	_ = far.SetDeadline(time.Now().Add(patience))
	return s
}

// put appends octets.
func (s *sink) put(b []byte) { s.append(len(b), func(to []byte) []byte { return append(to, b...) }) }

// ways runs a test with both ways of writing.
func ways(t *testing.T, f func(*testing.T, *sink)) {
	t.Run("raw", func(t *testing.T) { f(t, newSink(t, true)) })
	t.Run("conn", func(t *testing.T) { f(t, newSink(t, false)) })
}

// Octets arrive as they were appended, whatever the sizes and however slowly
// the other side reads.
func TestOutputKeepsOctets(t *testing.T) {
	ways(t, func(t *testing.T, s *sink) {
		rnd := rand.New(rand.NewPCG(1, 2))
		var sent []byte
		for range 300 {
			b := make([]byte, 1+rnd.IntN(1<<rnd.IntN(18)))
			for i := range b {
				b[i] = byte(rnd.Uint32())
			}
			sent = append(sent, b...)
			s.put(b)
			if rnd.IntN(3) == 0 {
				s.flush()
			}
		}
		s.flush()
		got := make([]byte, len(sent))
		for at := 0; at < len(got); {
			n, err := s.far.Read(got[at:min(len(got), at+1+rnd.IntN(100_000))])
			if err != nil {
				t.Fatalf("behind %d of %d: %v", at, len(got), err)
			}
			at += n
		}
		if !bytes.Equal(got, sent) {
			t.Fatal("octets changed")
		}
		eventually(t, "nothing waits", func() bool { return s.size.Load() == 0 })
		if s.written.Load() != int64(len(sent)) {
			t.Errorf("written %d, want %d", s.written.Load(), len(sent))
		}
	})
}

// Frames of several goroutines are whole, and each one's are in order.
func TestOutputKeepsOrderOfEachWriter(t *testing.T) {
	ways(t, func(t *testing.T, s *sink) {
		const writers, each, size = 4, 2000, 24
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for i := range each {
					b := make([]byte, size)
					binary.BigEndian.PutUint64(b, uint64(w))
					binary.BigEndian.PutUint64(b[8:], uint64(i))
					s.put(b)
					if i%7 == 0 {
						s.flush()
					}
				}
				s.flush()
			})
		}
		var seen [writers]uint64
		for range writers * each {
			var b [size]byte
			if _, err := io.ReadFull(s.far, b[:]); err != nil {
				t.Fatal(err)
			}
			w, i := binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])
			if seen[w] != i {
				t.Fatalf("writer %d: frame %d, want %d", w, i, seen[w])
			}
			seen[w]++
		}
		group.Wait()
	})
}

// A gate that found no room is told once there is room, and a publisher that
// waits is woken.
func TestOutputWakesWhenDrained(t *testing.T) {
	ways(t, func(t *testing.T, s *sink) {
		if !s.room() || s.drained() != nil {
			t.Fatal("an empty output has no room")
		}
		block := make([]byte, outputChunk)
		total := 0
		for s.room() || total < 24<<20 { // more than the sockets hold
			s.put(block)
			total += len(block)
		}
		s.flush()
		if s.room() {
			t.Fatalf("room with %d octets waiting", s.size.Load())
		}
		drained := s.drained()
		if drained == nil {
			t.Fatal("drained while full")
		}
		select {
		case <-drained:
			t.Fatal("drained, and nobody read")
		default:
		}
		if s.resumed.Load() != 0 {
			t.Fatal("resumed, and nobody read")
		}
		if _, err := io.CopyN(io.Discard, s.far, int64(total)); err != nil {
			t.Fatal(err)
		}
		<-drained
		eventually(t, "resume", func() bool { return s.resumed.Load() == 1 })
		if !s.room() || s.drained() != nil {
			t.Error("no room in an empty output")
		}
	})
}

func TestOutputCloseWakesWaiters(t *testing.T) {
	s := newSink(t, true)
	for range outputHigh/outputChunk + 1 {
		s.put(make([]byte, outputChunk))
	}
	drained := s.drained()
	s.close()
	<-drained
	if s.drained() != nil {
		t.Error("a closed output keeps its waiters")
	}
	s.put([]byte("late"))
	s.flush()
	if len(s.chunks) != 0 {
		t.Error("a closed output takes octets")
	}
}

// A socket that breaks is reported once.
func TestOutputReportsFailure(t *testing.T) {
	ways(t, func(t *testing.T, s *sink) {
		_ = s.conn.Close()
		for range 5 {
			s.put(make([]byte, 1000))
			s.flush()
		}
		select {
		case err := <-s.broken:
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("got %v", err)
			}
		case <-time.After(patience):
			t.Fatal("no report")
		}
		s.flush()
		if len(s.broken) != 0 {
			t.Error("reported twice")
		}
	})
}

func TestOutputTailHasRoom(t *testing.T) {
	for _, n := range []int{1, outputSmall, outputSmall + 1, outputChunk, outputChunk + 1, 10 * outputChunk} {
		s := newSink(t, true)
		for range 3 {
			if b := s.tail(n); cap(b)-len(b) < n {
				t.Errorf("room for %d octets, want %d", cap(b)-len(b), n)
			}
			s.put(make([]byte, n))
		}
		if s.size.Load() != int64(3*n) {
			t.Errorf("size %d, want %d", s.size.Load(), 3*n)
		}
	}
}
