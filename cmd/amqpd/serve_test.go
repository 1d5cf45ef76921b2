package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"amqpd/broker"
	"net/url"
	"strconv"
)

// fakeNode is a node that greets each client with "hello" and can be made to
// fail or to hang.
type fakeNode struct {
	serveErr error         // what Serve returns at once, if not nil
	hang     chan struct{} // Stop waits for it to close, if not nil
	stopErr  error

	mu      sync.Mutex
	stopped int
	alarms  map[broker.Alarm]bool
}

// Serve greets until l is closed.
func (f *fakeNode) Serve(l net.Listener) error {
	if f.serveErr != nil {
		return f.serveErr
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		io.WriteString(c, "hello\n")
		c.Close()
	}
}

// Stop counts.
func (f *fakeNode) Stop(context.Context) error {
	f.mu.Lock()
	f.stopped++
	f.mu.Unlock()
	if f.hang != nil {
		<-f.hang
	}
	return f.stopErr
}

// SetLimits does nothing.
func (f *fakeNode) SetLimits(broker.Limits) {}

// SetAlarm remembers.
func (f *fakeNode) SetAlarm(a broker.Alarm, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.alarms == nil {
		f.alarms = map[broker.Alarm]bool{}
	}
	f.alarms[a] = on
}

// fakeSite answers nobody.
type fakeSite struct{}

// Serve waits until l is closed.
func (fakeSite) Serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		c.Close()
	}
}

// Stop does nothing.
func (fakeSite) Stop(context.Context) {}

// served is a serve that runs in the background.
type served struct {
	ready   string // the ready line
	signals chan os.Signal
	result  chan error
}

// startServe runs serve on n with settings from args, and waits for the ready
// line or the end.
func startServe(t *testing.T, n *fakeNode, args ...string) *served {
	t.Helper()
	return startServing(t, func(*config, logs, *certificates) (services, error) {
		return services{node: n, api: fakeSite{}, metrics: fakeSite{}}, nil
	}, args...)
}

// startServing is startServe with whatever open opens.
func startServing(t *testing.T, open opener, args ...string) *served {
	t.Helper()
	c, err := load(t, "", "", append([]string{"--data-dir", t.TempDir(), "--node-name", "n@h", "--amqp-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--log-level", "error"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{signals: make(chan os.Signal, 4), result: make(chan error, 1)}
	out, in := io.Pipe()
	go func() {
		err := serve(c, in, io.Discard, s.signals, open)
		in.Close()
		s.result <- err
	}()
	s.ready, _ = bufio.NewReader(out).ReadString('\n')
	return s
}

// greeting is what the server at address says to a new client.
func greeting(t *testing.T, address string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestServe_ReadyLineAndCleanStop(t *testing.T) {
	n := &fakeNode{}
	s := startServe(t, n)
	match := regexp.MustCompile(`^amqpd ready amqp=(127\.0\.0\.1:\d+) http=(127\.0\.0\.1:\d+) metrics=127\.0\.0\.1:\d+ node=n@h in \d[\w.µ]*s\n$`).FindStringSubmatch(s.ready)
	if match == nil {
		t.Fatalf("the ready line is %q", s.ready)
	}
	if got := greeting(t, match[1]); got != "hello\n" {
		t.Errorf("a client was told %q", got)
	}
	s.signals <- syscall.SIGTERM
	if err := <-s.result; err != nil || n.stopped != 1 {
		t.Errorf("ended with %v after %d stops; want nil after 1", err, n.stopped)
	}
	if c, err := net.Dial("tcp", match[1]); err == nil {
		c.Close()
		t.Error("the listener outlived the stop")
	}
}

func TestServe_SeveralListenersAndTLS(t *testing.T) {
	a, files, _ := tlsFiles(t)
	s := startServe(t, &fakeNode{}, "--amqp-listen", "127.0.0.1:0,[::1]:0", "--amqps-listen", "127.0.0.1:0",
		"--tls-cert", files.tlsCert, "--tls-key", files.tlsKey, "--pprof-listen", "127.0.0.1:0")
	match := regexp.MustCompile(`amqp=(\S+),(\[::1\]:\d+) amqps=(\S+) http=`).FindStringSubmatch(s.ready)
	if match == nil {
		t.Fatalf("the ready line is %q", s.ready)
	}
	for _, address := range match[1:3] {
		if got := greeting(t, address); got != "hello\n" {
			t.Errorf("%s told a client %q", address, got)
		}
	}
	secure := &tls.Config{RootCAs: a.pool()}
	for _, want := range []string{"server", "renewed"} {
		if name := peerName(t, match[3], secure); name != want {
			t.Errorf("the certificate is %q; want %q", name, want)
		}
		a.issue(t, "renewed", files.tlsCert, files.tlsKey)
		s.signals <- syscall.SIGHUP
		for deadline := time.Now().Add(10 * time.Second); peerName(t, match[3], secure) == "server" && time.Now().Before(deadline); {
		}
	}
	s.signals <- syscall.SIGINT
	if err := <-s.result; err != nil {
		t.Error(err)
	}
}

// Listeners with TLS are shown as such, and the check of certificates knows
// when theirs ends.
func TestServe_TLSIsShown(t *testing.T) {
	a, files, _ := tlsFiles(t)
	s := startServing(t, openBroker, "--amqps-listen", "127.0.0.1:0", "--http-tls", "--tls-cert", files.tlsCert, "--tls-key", files.tlsKey)
	match := regexp.MustCompile(`https=(\S+)`).FindStringSubmatch(s.ready)
	if match == nil {
		t.Fatalf("the ready line is %q", s.ready)
	}
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: a.pool()}}}
	defer client.CloseIdleConnections()
	ask := func(path string) (status int, text string) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+match[1]+"/api"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("guest", "guest")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.ProtoMajor != 2 {
			t.Errorf("%s by HTTP/%d: %v", path, answer.ProtoMajor, err)
		}
		return answer.StatusCode, string(body)
	}
	for _, protocol := range []string{"amqp", "amqp/ssl", "https", "http/prometheus"} {
		if status, text := ask("/health/checks/protocol-listener/" + url.PathEscape(protocol)); status != 200 {
			t.Errorf("%s: %d %s", protocol, status, text)
		}
	}
	if status, _ := ask("/health/checks/protocol-listener/http"); status != 503 {
		t.Error("http is shown without TLS")
	}
	if status, text := ask("/health/checks/certificate-expiration/0/days"); status != 200 {
		t.Errorf("now: %d %s", status, text)
	}
	status, text := ask("/health/checks/certificate-expiration/50/years")
	if status != 503 || strings.Count(text, strconv.Quote(files.tlsCert)) != 2 || !strings.Contains(text, `"https"`) || !strings.Contains(text, `"amqp/ssl"`) {
		t.Errorf("in 50 years: %d %s", status, text)
	}
	s.signals <- syscall.SIGTERM
	if err := <-s.result; err != nil {
		t.Error(err)
	}
}

// peerName is the common name on the certificate that address shows.
func peerName(t *testing.T, address string, config *tls.Config) string {
	t.Helper()
	c, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestServe_SecondSignalLeavesAtOnce(t *testing.T) {
	n := &fakeNode{hang: make(chan struct{})}
	defer close(n.hang)
	s := startServe(t, n)
	s.signals <- syscall.SIGTERM
	s.signals <- syscall.SIGHUP // changes nothing
	s.signals <- syscall.SIGTERM
	err := <-s.result
	if failed := (failure{}); !errors.As(err, &failed) || !strings.Contains(err.Error(), "at once by a second signal") {
		t.Errorf("ended with %v", err)
	}
}

func TestServe_FailedListenerStopsTheNode(t *testing.T) {
	n := &fakeNode{serveErr: errors.New("no more sockets")}
	s := startServe(t, n)
	err := <-s.result
	if failed := (failure{}); !errors.As(err, &failed) || !strings.Contains(err.Error(), "no more sockets") || n.stopped != 1 {
		t.Errorf("ended with %v after %d stops", err, n.stopped)
	}
}

func TestServe_StopThatFails(t *testing.T) {
	s := startServe(t, &fakeNode{stopErr: errors.New("disk went away")})
	s.signals <- syscall.SIGTERM
	err := <-s.result
	if failed := (failure{}); !errors.As(err, &failed) || err.Error() != "the stop was not clean: disk went away" {
		t.Errorf("ended with %v", err)
	}
}

func TestServe_AddressRefusalsCloseTheNode(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	for _, test := range []struct{ flag, address, want string }{
		{"amqp-listen", address, "amqp-listen: " + address + " is in use by another program; stop that or choose another address"},
		{"pprof-listen", address, "pprof-listen: " + address + " is in use by another program; stop that or choose another address"},
		{"amqp-listen", "192.0.2.1:0", "amqp-listen: 192.0.2.1:0 is no address of this machine; choose one that is, or leave the host out"},
	} {
		n := &fakeNode{}
		s := startServe(t, n, "--"+test.flag, test.address)
		err := <-s.result
		if s.ready != "" || err == nil || err.Error() != test.want || n.stopped != 1 {
			t.Errorf("ready %q, ended with %v after %d stops; want %s", s.ready, err, n.stopped, test.want)
		}
		if failed := (failure{}); errors.As(err, &failed) {
			t.Errorf("%v is a failure; want a refusal, exit code 2", err)
		}
	}
}

func TestServe_AlarmsFromTheFirstReadingOn(t *testing.T) {
	n := &fakeNode{}
	s := startServe(t, n, "--memory-limit", "1MB", "--disk-free-limit", "1000000TB")
	if s.ready == "" {
		t.Fatal(<-s.result)
	}
	n.mu.Lock()
	if !n.alarms[broker.AlarmMemory] || !n.alarms[broker.AlarmDisk] {
		t.Errorf("at the ready line the alarms are %v", n.alarms)
	}
	n.mu.Unlock()
	s.signals <- syscall.SIGTERM
	if err := <-s.result; err != nil {
		t.Error(err)
	}
}

func TestServe_SignalWhileOpening(t *testing.T) {
	c, err := load(t, "", "", "--amqp-listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	signals, release := make(chan os.Signal, 2), make(chan struct{})
	signals <- syscall.SIGHUP
	signals <- syscall.SIGTERM
	err = serve(c, io.Discard, io.Discard, signals, func(*config, logs, *certificates) (services, error) {
		<-release
		return services{node: &fakeNode{}, api: fakeSite{}, metrics: fakeSite{}}, nil
	})
	close(release)
	if err != nil {
		t.Errorf("ended with %v; want nil", err)
	}
}

func TestServe_RefusalsBeforeTheDataDirectory(t *testing.T) {
	for _, args := range [][]string{
		{"--log-file", "/nowhere/amqpd.log"},
		{"--amqps-listen", "127.0.0.1:0", "--tls-cert", "/nowhere", "--tls-key", "/nowhere"},
	} {
		c, err := load(t, "", "", args...)
		if err != nil {
			t.Fatal(err)
		}
		err = serve(c, io.Discard, io.Discard, nil, func(*config, logs, *certificates) (services, error) {
			t.Errorf("%q: the data directory was opened", args)
			return services{node: &fakeNode{}, api: fakeSite{}, metrics: fakeSite{}}, nil
		})
		if err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestProfiler(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := startProfiler(l, slog.New(slog.DiscardHandler))
	for path, want := range map[string]int{"/debug/pprof/": 200, "/debug/pprof/heap": 200, "/debug/pprof/cmdline": 200, "/": 404} {
		r, err := http.Get(fmt.Sprintf("http://%s%s", l.Addr(), path))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s: %s; want %d", path, r.Status, want)
		}
	}
	p.stop(t.Context())
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("the profiler outlived its stop")
	}
}

func TestServe_LogFileOnSIGHUP(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amqpd.log")
	s := startServe(t, &fakeNode{}, "--log-file", path, "--log-level", "info")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	s.signals <- syscall.SIGHUP
	s.signals <- syscall.SIGTERM
	if err := <-s.result; err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "reloaded on SIGHUP") || !strings.Contains(string(text), "msg=stopped") {
		t.Errorf("the new log file holds %q, %v", text, err)
	}
}
