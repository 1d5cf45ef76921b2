package behaviour_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	addr   string // the broker under test
	rabbit bool   // it is a real RabbitMQ, not amqpd
)

// parallelFacts is how many facts run at once: most of them wait.
const parallelFacts = "64"

func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		flag.Set("test.parallel", parallelFacts)
	}
	os.Exit(runAgainstBroker(m))
}

// runAgainstBroker runs the tests against AMQP_ADDR, or against an amqpd of its own.
func runAgainstBroker(m *testing.M) int {
	addr = os.Getenv("AMQP_ADDR")
	if addr != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "behaviour")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	stop, err := startAmqpd(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	return m.Run()
}

// startAmqpd builds amqpd, starts it on a free port with the definitions of testdata, and sets addr.
func startAmqpd(dir string) (stop func(), err error) {
	binary := filepath.Join(dir, "amqpd")
	build := exec.Command("go", "build", "-o", binary, "amqpd/cmd/amqpd")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building amqpd: %w\n%s", err, out)
	}
	definitions, err := filepath.Abs("testdata/definitions.json")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "--data-dir", filepath.Join(dir, "data"), "--definitions", definitions,
		"--amqp-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "AMQPD_HTTP_LISTEN=127.0.0.1:0", "AMQPD_METRICS_LISTEN=127.0.0.1:0")
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting amqpd: %w", err)
	}
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(patience, func() { cmd.Process.Kill() })
		defer kill.Stop()
		cmd.Wait()
	}
	if addr, err = readyAddr(out); err != nil {
		stop()
		return nil, fmt.Errorf("amqpd: %w\n%s", err, log.String())
	}
	go io.Copy(io.Discard, out)
	return stop, nil
}

// readyAddr waits for amqpd's ready line and returns the AMQP address in it.
func readyAddr(out io.Reader) (string, error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := regexp.MustCompile(`^amqpd ready .*\bamqp=([^ ,]+)`).FindStringSubmatch(lines.Text()); m != nil {
			return m[1], nil
		}
	}
	return "", fmt.Errorf("ended without its ready line: %v", lines.Err())
}

// litter are the names that facts have used; on a broker that outlives the tests they are deleted at the end.
var litter names

type names struct {
	mu   sync.Mutex
	list []string
}

func (n *names) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, name)
}

// sweep deletes every queue and exchange that a fact may have left behind.
func sweep(t *testing.T) {
	c := &client{t: t, in: &world{}}
	for _, vhost := range []string{"/", "behaviour"} {
		v := c.as("guest", vhost)
		for _, name := range litter.list {
			v.call("queue.delete", "queue", name)
			v.call("exchange.delete", "exchange", name)
		}
	}
}
