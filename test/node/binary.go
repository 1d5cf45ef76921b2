package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Binary is an amqpd that was built for the tests of one package.
type Binary struct {
	dir  string
	path string
}

// Build builds amqpd from the tree that the test belongs to, into a temporary
// folder. Go's build cache makes it cheap after the first.
func Build() (*Binary, error) {
	dir, err := os.MkdirTemp("", "amqpd-test")
	if err != nil {
		return nil, err
	}
	b := &Binary{dir: dir, path: filepath.Join(dir, "amqpd")}
	build := exec.Command("go", "build", "-o", b.path, "amqpd/cmd/amqpd")
	if out, err := build.CombinedOutput(); err != nil {
		b.Remove()
		return nil, fmt.Errorf("building amqpd: %w\n%s", err, out)
	}
	return b, nil
}

// Run runs amqpd with arguments to its end, and returns what it printed to standard output
// and standard error together, and its exit code.
func (b *Binary) Run(t testing.TB, arguments ...string) (out string, code int) {
	t.Helper()
	run := exec.Command(b.path, arguments...)
	late := time.AfterFunc(Patience, func() { run.Process.Kill() })
	defer late.Stop()
	text, err := run.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("amqpd %v: %v", arguments, err)
	}
	return string(text), run.ProcessState.ExitCode()
}

// Remove deletes the temporary folder.
func (b *Binary) Remove() { os.RemoveAll(b.dir) }

// Main is what a package's TestMain does: it builds amqpd into *binary, runs
// the tests and cleans up. It returns the exit code.
func Main(m *testing.M, binary **Binary) int {
	built, err := Build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer built.Remove()
	*binary = built
	return m.Run()
}
