package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpenRefuses lists what a user can get wrong, and the sentence that says what to do.
func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	withFormat := func(text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, formatName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	inUse := t.TempDir()
	open(t, testOptions(t, inUse))
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"no directory", Options{}, "set --data-dir"},
		{"a file", Options{Dir: file}, "cannot be written"},
		{"below a file", Options{Dir: file + "/x"}, "choose another --data-dir"},
		{"in use", Options{Dir: inUse}, "is in use by another amqpd (pid "},
		{"newer", Options{Dir: withFormat("amqpd data directory, format 99\n")}, "written by a newer amqpd (format 99"},
		{"something else", Options{Dir: withFormat("hello")}, "a data directory of amqpd?"},
		{"sync mode", Options{Dir: t.TempDir(), Sync: 9}, "sync mode 9 does not exist"},
		{"small segments", Options{Dir: t.TempDir(), SegmentSize: 1}, "segment size 1 is not between"},
	} {
		s, err := Open(c.o)
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", c.name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestLockIsGivenBack after a close and after a failed open.
func TestLockIsGivenBack(t *testing.T) {
	o := testOptions(t, t.TempDir())
	closeStore(t, open(t, o))
	path := filepath.Join(o.Dir, formatName)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("amqpd data directory, format 99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(o); err == nil {
		t.Fatal("opened")
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	closeStore(t, open(t, o))
}

// TestUnclaimedQueuesAreDropped: what nobody asks for at start goes, with its messages.
func TestUnclaimedQueuesAreDropped(t *testing.T) {
	o := crashOptions(t, NewMemoryFS(), SyncAlways)
	s := open(t, o)
	for queue := range uint64(3) {
		for i := range 50 {
			p := s.PutDurable(body(i, 5000), nil, nil)
			s.Enqueue(queue, []Entry{{Seq: uint64(i), Pos: p}})
		}
	}
	closeStore(t, s)
	s = open(t, o)
	kept, next := s.Recovered(1)
	if len(kept) != 50 || next != 50 {
		t.Errorf("%d entries, next %d", len(kept), next)
	}
	s.RecoveryDone()
	if n := s.Stats().References; n != 50 {
		t.Errorf("%d references", n)
	}
	closeStore(t, s)
	s = open(t, o)
	for queue, want := range []int{0, 50, 0} {
		if es, _ := s.Recovered(uint64(queue)); len(es) != want {
			t.Errorf("queue %d has %d entries", queue, len(es))
		}
	}
}
