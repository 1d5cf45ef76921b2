// Command gen writes methods_gen.go, the constants and method structs of
// package amqp, from protocol.txt. It is run by `go generate` in the package's
// folder.
package main

import (
	"fmt"
	"os"
)

const (
	input  = "protocol.txt"
	output = "methods_gen.go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	text, err := os.ReadFile(input)
	if err != nil {
		return err
	}
	p, err := parseProtocol(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", input, err)
	}
	src, err := generate(p)
	if err != nil {
		return err
	}
	return os.WriteFile(output, src, 0o644)
}
