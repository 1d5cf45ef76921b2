package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Exit codes that scripts may rely on.
const (
	exitFailed  = 1 // it ran and failed: damage found, a stop that was cut short
	exitRefused = 2 // it did not start: a wrong setting, address, certificate or data directory
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code. What went wrong is
// one line on stderr.
func run(args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "amqpd: %s\n", oneLine(err.Error()))
	if failed := (failure{}); errors.As(err, &failed) {
		return exitFailed
	}
	return exitRefused
}

// failure marks an error of a command that had started its work, so that it
// ends with exitFailed. Every other error is a refusal.
type failure struct{ error }

// Unwrap gives errors.Is and errors.As the cause.
func (f failure) Unwrap() error { return f.error }

// oneLine folds a text of several lines (a YAML parser's, a cobra suggestion)
// into one.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
