package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
)

// logs are where a node writes what happens.
type logs struct {
	log   *slog.Logger
	audit *slog.Logger // nil: among the lines of log
	files []*logFile   // those that log and audit write to; none: standard error
}

// openLogs opens the log and the audit log.
func openLogs(c *config, stderr io.Writer) (logs, error) {
	log, file, err := openLog(c, stderr)
	if err != nil {
		return logs{}, err
	}
	l := logs{log: log}
	if file != nil {
		l.files = append(l.files, file)
	}
	audit, file, err := openAudit(c)
	if err != nil {
		return logs{}, errors.Join(err, l.close())
	}
	if file != nil {
		l.audit, l.files = audit, append(l.files, file)
	}
	return l, nil
}

// reopen goes on under the files' names. What cannot be opened stays in use as
// it was.
func (l *logs) reopen() {
	for _, f := range l.files {
		if err := f.reopen(); err != nil {
			l.log.Error("cannot open the log file again", "file", f.path, "error", err)
		}
	}
}

// close closes the files. No line may be written after it.
func (l *logs) close() error {
	var errs []error
	for _, f := range l.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

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
	return newLogger(c, out, c.logLevel), file, nil
}

// openAudit opens the audit log, in the form of the other log. Both results are
// nil without audit-log: the lines go among the others then.
func openAudit(c *config) (*slog.Logger, *logFile, error) {
	if c.auditLog == "" {
		return nil, nil, nil
	}
	file, err := openLogFile(c.auditLog)
	if err != nil {
		return nil, nil, fmt.Errorf("audit-log: cannot append to %s: %w", c.auditLog, plainCause(err))
	}
	return newLogger(c, file, min(c.logLevel, slog.LevelInfo)), file, nil
}

// newLogger writes lines from level on to out, in the form of log-format.
func newLogger(c *config, out io.Writer, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
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
