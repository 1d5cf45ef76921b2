package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
)

// openLog builds the node's logger from the log-* settings. Lines go to stderr
// unless a log-file is set; the logFile is nil then.
func openLog(c *config, stderr io.Writer) (*slog.Logger, *logFile, error) {
	out := stderr
	var file *logFile
	if c.logFile != "" {
		var err error
		if file, err = openLogFile(c.logFile); err != nil {
			return nil, nil, fmt.Errorf("log-file: cannot append to %s: %w", c.logFile, plainCause(err))
		}
		out = file
	}
	options := &slog.HandlerOptions{Level: c.logLevel}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options)), file, nil
	}
	return slog.New(slog.NewTextHandler(out, options)), file, nil
}

// logFile is a file that lines are appended to and that can be opened anew
// under its name, after a rotation has moved it away.
type logFile struct {
	path string

	mu   sync.Mutex // guards file; held over a write so that no line goes to a closed file
	file *os.File
}

// openLogFile opens path for appending and makes it if missing.
func openLogFile(path string) (*logFile, error) {
	l := &logFile{path: path}
	return l, l.reopen()
}

// Write appends one line.
func (l *logFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Write(line)
}

// reopen goes on under the path, making the file if it was moved. When that
// fails the file open before stays in use.
func (l *logFile) reopen() error {
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		l.file.Close()
	}
	l.file = file
	return nil
}

// Close closes the file. No line may be written after it.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
