package store

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"testing"
)

// testSegmentSize is that of most tests: segments fill up quickly, and hold some messages.
const testSegmentSize = 64 << 10

// testOptions are options for a store in dir with small segments, which must not fail.
func testOptions(t testing.TB, dir string) Options {
	return Options{
		Dir:         dir,
		SegmentSize: testSegmentSize,
		TailMemory:  1 << 20,
		Log:         slog.New(slog.NewTextHandler(io.Discard, nil)),
		Fatal:       func(err error) { t.Errorf("FATAL: %v", err) },
	}
}

// open opens a store and closes it with the test.
func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	s.memory.mangle = true
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// read returns the payload at p as a string.
func read(t testing.TB, s *Store, p Pos) string {
	t.Helper()
	r := s.NewReader()
	defer r.Done()
	b, err := r.Read(p)
	if err != nil {
		t.Fatalf("reading %v: %v", p, err)
	}
	return string(b)
}

func verify(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Verify(); err != nil {
		t.Error(err)
	}
}

// body makes a payload of n octets that tells which one it is.
func body(i, n int) []byte {
	b := bytes.Repeat([]byte{byte('a' + i%26)}, n)
	copy(b, fmt.Sprintf("<%d>", i))
	return b
}

func TestMessagesAreReadBack(t *testing.T) {
	s := open(t, testOptions(t, t.TempDir()))
	sizes := []int{0, 1, 15, 16, 100, copyOutside, copyOutside + 1, transientMax, testSegmentSize, chunkSize, 3 << 20}
	for i, n := range sizes {
		b := body(i, n)
		third := n / 3
		for _, p := range []Pos{
			s.PutTransient(b[:third], b[third:2*third], b[2*third:]),
			s.PutDurable(b[:third], b[third:2*third], b[2*third:]),
		} {
			if got := read(t, s, p); got != string(b) {
				t.Errorf("%v: %d octets came back as %d", p, n, len(got))
			}
			s.Release(p)
		}
	}
	s.Wait(s.End())
	verify(t, s)
}

func TestReopenAfterClose(t *testing.T) {
	o := testOptions(t, t.TempDir())
	s := open(t, o)
	var want []Entry
	for i := range 2000 {
		p := s.PutDurable(body(i, 100), nil, nil)
		e := Entry{Seq: uint64(i), Pos: p, Size: 100, Expiry: int64(i % 3), Priority: uint8(i % 2)}
		s.Enqueue(7, []Entry{e})
		if i%3 == 0 {
			s.Settle(7, []Range{{e.Seq, e.Seq}})
			s.Release(p)
			continue
		}
		want = append(want, e)
	}
	s.WriteDefinitions([]Change{{"b", []byte("2")}, {"a", []byte("1")}, {"c", []byte("3")}})
	s.WriteDefinitions([]Change{{"c", nil}, {"d", []byte{}}})
	closeStore(t, s)

	s = open(t, o)
	got, next := s.Recovered(7)
	if next != 2000 || len(got) != len(want) {
		t.Fatalf("%d entries, next %d", len(got), next)
	}
	for i, e := range got {
		if e != want[i] {
			t.Fatalf("entry %d is %+v, was %+v", i, e, want[i])
		}
		if b := read(t, s, e.Pos); b != string(body(int(e.Seq), 100)) {
			t.Fatalf("entry %d says %q", e.Seq, b)
		}
	}
	s.RecoveryDone()
	pairs := ""
	if err := s.Definitions(func(k string, v []byte) error { pairs += k + "=" + string(v) + " "; return nil }); err != nil {
		t.Fatal(err)
	}
	if pairs != "a=1 b=2 d= " {
		t.Errorf("definitions are %q", pairs)
	}
	verify(t, s)
}
