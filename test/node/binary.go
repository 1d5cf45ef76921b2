package node

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
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
