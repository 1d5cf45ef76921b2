package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asCommand makes the test binary behave as amqpd itself, so that tests can run
// real processes without a build.
const asCommand = "TEST_RUNS_AMQPD"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// amqpd prepares a process of the command, which is killed if it runs for more
// than two minutes.
func amqpd(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1", "AMQPD_HTTP_LISTEN=127.0.0.1:0", "AMQPD_METRICS_LISTEN=127.0.0.1:0")
	cmd.Dir = t.TempDir()
	return cmd
}

// startProcess starts a node on a free port and waits for its ready line.
func startProcess(t *testing.T, dir string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	cmd, stderr = amqpd(t, "serve", "--data-dir", dir, "--amqp-listen", "127.0.0.1:0"), &bytes.Buffer{}
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "amqpd ready amqp=127.0.0.1:") {
		cmd.Process.Kill()
		cmd.Wait() // so that nobody writes the log any more
		t.Fatalf("the ready line is %q, %v; the log:\n%s", line, err, stderr)
	}
	return cmd, stderr
}

// A start that is refused says one sentence on standard error, says nothing on
// standard output and ends with code 2.
func TestRun_Refusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := filepath.Join(t.TempDir(), "busy")
	startProcess(t, busy)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"flag that is not there", []string{"--chanel-max", "1"}, "there is no flag --chanel-max; did you mean --channel-max?"},
		{"flag without its value", []string{"--channel-max"}, "flag needs an argument: --channel-max; see amqpd --help"},
		{"command that is not there", []string{"sevre"}, `there is no command "sevre"; did you mean serve?`},
		{"word after the command", []string{"serve", "now"}, `amqpd serve takes no argument, but was given "now"; see amqpd serve --help`},
		{"wrong value", []string{"serve", "--sync", "never"}, `--sync: "never" is none of always, interval, os`},
		{"rule between settings", []string{"--tls-verify-peer"}, "set tls-ca"},
		{"address in use", []string{"--log-level", "error", "--amqp-listen", taken.Addr().String()}, "is in use by another program; stop that or choose another address"},
		{"HTTP address in use", []string{"--log-level", "error", "--amqp-listen", "127.0.0.1:0", "--http-listen", taken.Addr().String()}, "http-listen: " + taken.Addr().String() + " is in use by another program"},
		{"metrics address in use", []string{"--log-level", "error", "--amqp-listen", "127.0.0.1:0", "--metrics-listen", taken.Addr().String()}, "metrics-listen: " + taken.Addr().String() + " is in use by another program"},
		{"data directory in use", []string{"--log-level", "error", "--amqp-listen", "127.0.0.1:0", "--data-dir", busy}, " is in use by another amqpd (pid "},
		{"data directory that is a file", []string{"--log-level", "error", "--amqp-listen", "127.0.0.1:0", "--data-dir", file}, "choose another --data-dir"},
		{"definitions file missing", []string{"--log-level", "error", "--amqp-listen", "127.0.0.1:0", "--definitions", "/nowhere/d.json"}, "/nowhere/d.json: no such file or directory"},
		{"check without data", []string{"check", "--data-dir", "/nowhere"}, "data-dir: cannot read /nowhere: no such file or directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := amqpd(t, test.args...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if ended := (*exec.ExitError)(nil); !errors.As(err, &ended) || ended.ExitCode() != exitRefused {
				t.Errorf("ended with %v; want exit code %d", err, exitRefused)
			}
			text := stderr.String()
			if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "amqpd: ") || !strings.Contains(text, test.want) {
				t.Errorf("stderr is %q; want one line amqpd: ... %s ...", text, test.want)
			}
			if stdout.Len() > 0 {
				t.Errorf("stdout is %q; want nothing", stdout.String())
			}
		})
	}
}

func TestRun_StopsCleanlyAndChecks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		cmd, stderr := startProcess(t, dir)
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil || !strings.Contains(stderr.String(), "msg=stopped") {
			t.Errorf("%v ended the node with %v; the log:\n%s", s, err, stderr)
		}
	}
	out, err := amqpd(t, "check", "--data-dir", dir).CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "no damage\n") {
		t.Errorf("check ended with %v: %s", err, out)
	}
}

func TestRun_CheckFindsDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	cmd, _ := startProcess(t, dir)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "definitions.db"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := amqpd(t, "check", "--data-dir", dir).CombinedOutput()
	if ended := (*exec.ExitError)(nil); !errors.As(err, &ended) || ended.ExitCode() != exitFailed {
		t.Errorf("check of torn definitions ended with %v; want exit code %d: %s", err, exitFailed, out)
	}
	if out, err := amqpd(t, "check", "--repair", "--data-dir", dir).CombinedOutput(); err != nil || !strings.HasSuffix(string(out), "no damage\n") {
		t.Errorf("repair ended with %v: %s", err, out)
	}
	again, stderr := startProcess(t, dir)
	if err := again.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := again.Wait(); err != nil || strings.Contains(stderr.String(), "dropping a queue") {
		t.Errorf("the repaired node ended with %v; the log:\n%s", err, stderr)
	}
}

func TestRun_VersionAndHelp(t *testing.T) {
	var out bytes.Buffer
	if code := run([]string{"version"}, &out, io.Discard); code != 0 || !strings.HasPrefix(out.String(), "amqpd "+version) {
		t.Errorf("version: code %d, %q", code, out.String())
	}
	out.Reset()
	if code := run([]string{"--help"}, &out, io.Discard); code != 0 {
		t.Errorf("--help: code %d", code)
	}
	for _, s := range settings {
		if !strings.Contains(out.String(), "--"+s.key+" ") {
			t.Errorf("--help does not tell of --%s", s.key)
		}
	}
}
