package node

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Patience bounds every wait for something that must come.
const Patience = 30 * time.Second

// logKept is how many octets at the end of a log are printed for a failed test.
const logKept = 16 << 10

// Node is one amqpd with its data directory. Its methods are for one goroutine
// but for Dial and the measurements.
type Node struct {
	Addr  string // host:port of its AMQP listener; another one after each Restart
	HTTP  string // host:port of its management API
	Pprof string // host:port of its pprof listener
	// Metrics is host:port of what Prometheus asks.
	Metrics string

	t      testing.TB
	binary *Binary
	data   string
	flags  []string
	cmd    *exec.Cmd
	log    *tail
	out    sync.WaitGroup // reads its standard output
}

// Start starts a node on an empty data directory with the flags given besides
// those that keep it on loopback, and waits until it is ready. It is killed at
// the end of the test, if it still runs.
func (b *Binary) Start(t testing.TB, flags ...string) *Node {
	t.Helper()
	return b.StartAt(t, t.TempDir(), flags...)
}

// StartAt is Start on a data directory of the test's, which may hold something.
func (b *Binary) StartAt(t testing.TB, data string, flags ...string) *Node {
	t.Helper()
	n := &Node{t: t, binary: b, data: data, flags: flags, log: &tail{}}
	t.Cleanup(func() {
		n.Kill()
		if t.Failed() {
			t.Logf("the end of amqpd's log:\n%s", n.log)
		}
	})
	n.Restart()
	return n
}

// Restart starts the node again on the same data, after Kill or Stop.
func (n *Node) Restart() {
	n.t.Helper()
	args := append([]string{"--data-dir", n.data, "--amqp-listen", "127.0.0.1:0", "--pprof-listen", "127.0.0.1:0"}, n.flags...)
	n.cmd = exec.Command(n.binary.path, args...)
	n.cmd.Env = append(os.Environ(), "AMQPD_HTTP_LISTEN=127.0.0.1:0", "AMQPD_METRICS_LISTEN=127.0.0.1:0")
	n.cmd.Stderr = n.log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	n.log.reset()
	if err := n.cmd.Start(); err != nil {
		n.t.Fatalf("starting amqpd: %v", err)
	}
	late := time.AfterFunc(Patience, func() { n.cmd.Process.Kill() })
	n.Addr, n.HTTP, n.Metrics, err = readyAddrs(out)
	if !late.Stop() || err != nil {
		n.Kill()
		n.t.Fatalf("amqpd: not ready: %v", err)
	}
	if n.Pprof = n.log.pprofAddr(); n.Pprof == "" {
		n.t.Fatal("amqpd does not log where its pprof is")
	}
	n.out.Go(func() { io.Copy(io.Discard, out) })
}

// Pid is the number of the process.
func (n *Node) Pid() int { return n.cmd.Process.Pid }

// Log is the end of what the node has logged.
func (n *Node) Log() string { return n.log.String() }

// SetFlags replaces the flags that the node is started with from the next Restart on.
func (n *Node) SetFlags(flags ...string) { n.flags = flags }

// readyAddrs waits for the ready line and returns the addresses in it.
func readyAddrs(out io.Reader) (amqp, http, metrics string, err error) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := readyLine.FindStringSubmatch(lines.Text()); m != nil {
			return m[1], m[2], m[3], nil
		}
	}
	return "", "", "", fmt.Errorf("it ended without its ready line")
}

var (
	readyLine = regexp.MustCompile(`^amqpd ready .*\bamqp=([^ ,]+).*\bhttp=([^ ,]+).*\bmetrics=([^ ,]+)`)
	pprofLine = regexp.MustCompile(`msg="pprof is on" address=(\S+)`)
)

// Kill ends the process as a crash does (SIGKILL) and waits for it. It does
// nothing where there is none.
func (n *Node) Kill() {
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	n.cmd.Process.Kill()
	n.wait()
}

// Stop asks the process to end (SIGTERM), and fails the test unless it ends by
// itself and with exit code 0.
func (n *Node) Stop() {
	n.t.Helper()
	n.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(Patience, func() { n.cmd.Process.Kill() })
	defer late.Stop()
	if err := n.wait(); err != nil {
		n.t.Errorf("amqpd did not stop cleanly: %v", err)
	}
}

// wait reaps the process.
func (n *Node) wait() error {
	n.out.Wait()
	err := n.cmd.Wait()
	n.cmd = nil
	return err
}

// Dial connects with RabbitMQ's Go client. The connection is closed at the end
// of the test.
func (n *Node) Dial() (*amqp.Connection, error) {
	c, err := amqp.DialConfig("amqp://guest:guest@"+n.Addr, amqp.Config{Dial: amqp.DefaultDial(Patience), Heartbeat: time.Minute})
	if err != nil {
		return nil, err
	}
	n.t.Cleanup(func() { c.Close() })
	return c, nil
}

// Channel opens a channel on a connection of its own, and fails the test if it
// cannot.
func (n *Node) Channel() *amqp.Channel {
	n.t.Helper()
	c, err := n.Dial()
	if err != nil {
		n.t.Fatalf("dial: %v", err)
	}
	ch, err := c.Channel()
	if err != nil {
		n.t.Fatalf("channel.open: %v", err)
	}
	return ch
}

// tail keeps the end of what the processes of one node logged.
type tail struct {
	mu    sync.Mutex
	kept  []byte
	pprof string
}

func (l *tail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pprof == "" {
		if m := pprofLine.FindSubmatch(b); m != nil {
			l.pprof = string(m[1])
		}
	}
	l.kept = append(l.kept, b...)
	if len(l.kept) > 2*logKept {
		l.kept = bytes.Clone(l.kept[len(l.kept)-logKept:])
	}
	return len(b), nil
}

// reset forgets the address of the process before.
func (l *tail) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pprof = ""
}

// pprofAddr is where the process said that its pprof is, "" if it did not. The
// line is written before the ready line, but another goroutine copies it.
func (l *tail) pprofAddr() string {
	for range 500 {
		l.mu.Lock()
		addr := l.pprof
		l.mu.Unlock()
		if addr != "" {
			return addr
		}
		time.Sleep(10 * time.Millisecond)
	}
	return ""
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.kept[max(0, len(l.kept)-logKept):])
}
