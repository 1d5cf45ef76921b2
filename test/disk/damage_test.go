package disk

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

const damagedMessages = 600

// stored is a directory with the messages 0 to damagedMessages in a queue, and where they lie.
type stored struct {
	data string
	at   map[int]place
}

// place is where a message's body is.
type place struct {
	file string // of the log
	off  int
}

// store runs a node until it has messages, and finds them in the files of its log.
func store(t *testing.T) *stored {
	t.Helper()
	s := &stored{data: filepath.Join(t.TempDir(), "data"), at: map[int]place{}}
	n := amqpd.StartAt(t, s.data, "--segment-size", "256KiB")
	ch := n.Channel()
	if _, err := ch.QueueDeclare(queueName, true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	for number := range damagedMessages {
		c, err := ch.PublishWithDeferredConfirm("", queueName, false, false, amqp.Publishing{DeliveryMode: amqp.Persistent, Body: marked(number)})
		if err != nil || number%100 == 99 && !c.Wait() {
			t.Fatalf("publish: %v", err)
		}
	}
	n.Stop()
	for _, name := range s.files(t, ".log") {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for number := range damagedMessages {
			if off := bytes.Index(content, marked(number)); off >= 0 {
				s.at[number] = place{filepath.Base(name), off}
			}
		}
	}
	if len(s.at) != damagedMessages {
		t.Fatalf("%d of %d messages are in the log", len(s.at), damagedMessages)
	}
	return s
}

// copy is the same in another directory.
func (s *stored) copy(t *testing.T) *stored {
	t.Helper()
	c := &stored{data: filepath.Join(t.TempDir(), "data"), at: s.at}
	if err := os.CopyFS(c.data, os.DirFS(s.data)); err != nil {
		t.Fatal(err)
	}
	return c
}

// path is where a file of the log is.
func (s *stored) path(file string) string { return filepath.Join(s.data, "log", file) }

// marked is the body of a message, in which its number is all over.
func marked(number int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "<message %d>", number), 1+2000/(len("<message >")+3))
}

// files lists the files of the log of a kind, in order.
func (s *stored) files(t *testing.T, suffix string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.data, "log", "*"+suffix))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files %s: %v", suffix, err)
	}
	return names
}

// change changes the content of a file.
func change(t *testing.T, name string, how func([]byte) []byte) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, how(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// remove removes a file.
func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// harms are what is done to files, what is lost by it, and whether the node then starts
// before a repair. Each is a row of the table in docs/operations.md.
var harms = []struct {
	name   string
	harm   func(t *testing.T, s *stored) (lost []int)
	refuse bool
}{
	{"message", func(t *testing.T, s *stored) []int {
		for _, number := range []int{3, 300} {
			at := s.at[number]
			change(t, s.path(at.file), func(p []byte) []byte { p[at.off+1000] ^= 16; return p })
		}
		return []int{3, 300}
	}, false},
	{"segment cut short", func(t *testing.T, s *stored) (lost []int) {
		at := s.at[100]
		change(t, s.path(at.file), func(p []byte) []byte { return p[:at.off+50] })
		for number, other := range s.at {
			if other.file == at.file && other.off >= at.off {
				lost = append(lost, number)
			}
		}
		return lost
	}, false},
	{"segment missing", func(t *testing.T, s *stored) (lost []int) {
		at := s.at[damagedMessages/2]
		remove(t, s.path(at.file))
		for number, other := range s.at {
			if other.file == at.file {
				lost = append(lost, number)
			}
		}
		return lost
	}, false},
	{"header of a segment", func(t *testing.T, s *stored) []int {
		change(t, s.files(t, ".log")[1], func(p []byte) []byte { p[20] ^= 1; return p })
		return nil
	}, false},
	{"index run", func(t *testing.T, s *stored) []int {
		change(t, s.files(t, ".idx")[0], func(p []byte) []byte { p[len(p)/2] ^= 1; return p })
		return nil
	}, false},
	{"checkpoint", func(t *testing.T, s *stored) []int {
		change(t, s.path("checkpoint"), func(p []byte) []byte { p[30] ^= 1; return p })
		return nil
	}, false},
	{"both checkpoints missing", func(t *testing.T, s *stored) []int {
		remove(t, s.path("checkpoint"))
		remove(t, s.path("checkpoint.copy"))
		return nil
	}, true},
	{"definitions", func(t *testing.T, s *stored) []int {
		change(t, filepath.Join(s.data, "definitions.db"), func(p []byte) []byte { clear(p[:8192]); return p })
		return nil
	}, true},
	{"definitions missing", func(t *testing.T, s *stored) []int {
		remove(t, filepath.Join(s.data, "definitions.db"))
		return nil
	}, true},
}

// TestDamagedFiles damages the files of a stopped node. Where it starts all the same it serves
// whatever is not damaged; the check tells of the damage before and of none after a repair,
// which loses nothing else.
func TestDamagedFiles(t *testing.T) {
	original := store(t)
	for _, c := range harms {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := original.copy(t)
			lost := c.harm(t, s)
			out, code := amqpd.Run(t, "check", "--data-dir", s.data)
			if code != 1 || strings.Count(out, "\n") < 2 {
				t.Errorf("check: exit code %d:\n%s", code, out)
			}
			damaged := s.copy(t)
			if c.refuse {
				refused(t, damaged.data)
			} else {
				n := amqpd.StartAt(t, damaged.data)
				serves(t, n, lost)
				n.Stop()
			}
			if out, code := amqpd.Run(t, "check", "--repair", "--data-dir", s.data); code != 0 {
				t.Fatalf("repair: exit code %d:\n%s", code, out)
			}
			n := amqpd.StartAt(t, s.data)
			serves(t, n, lost)
			n.Stop()
			if out, code := amqpd.Run(t, "check", "--data-dir", s.data); code != 0 {
				t.Errorf("check after the repair: exit code %d:\n%s", code, out)
			}
		})
	}
}

// refused checks that a node does not start, and says what to do.
func refused(t *testing.T, data string) {
	t.Helper()
	out, code := amqpd.Run(t, "--data-dir", data, "--amqp-listen", "127.0.0.1:0", "--http-listen", "", "--metrics-listen", "")
	if code != 2 || !strings.Contains(out, "amqpd check --repair") {
		t.Errorf("exit code %d, it says:\n%s", code, out)
	}
}

// serves checks that a node gives all messages but those that are lost, in order, and takes
// and gives another.
func serves(t *testing.T, n *node.Node, lost []int) {
	t.Helper()
	ch := n.Channel()
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	c, err := ch.PublishWithDeferredConfirm("", queueName, false, false, amqp.Publishing{DeliveryMode: amqp.Persistent, Body: marked(damagedMessages)})
	if err != nil || !c.Wait() {
		t.Fatalf("it takes no message: %v", err)
	}
	deliveries, err := ch.Consume(queueName, "", false, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for number := range damagedMessages + 1 {
		if slices.Contains(lost, number) {
			continue
		}
		select {
		case d := <-deliveries:
			if !bytes.Equal(d.Body, marked(number)) {
				t.Fatalf("message %d is %.30q", number, d.Body)
			}
			if err := d.Ack(false); err != nil {
				t.Fatal(err)
			}
		case <-time.After(node.Patience):
			t.Fatalf("message %d does not come", number)
		}
	}
	if err := ch.Close(); err != nil {
		t.Fatal(err)
	}
}
