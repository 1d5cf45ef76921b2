package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenLog_LevelAndFormat(t *testing.T) {
	var out bytes.Buffer
	log, file, err := openLog(&config{logLevel: slog.LevelWarn, logFormat: "json"}, &out)
	if err != nil || file != nil {
		t.Fatalf("file %v, error %v", file, err)
	}
	log.Info("quiet")
	log.Warn("loud", "n", 1)
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, `"msg":"loud","n":1}`) {
		t.Errorf("logged %s", got)
	}
}

func TestLogFile_ReopensAfterRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "amqpd.log")
	log, file, err := openLog(&config{logFormat: "text", logFile: path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	log.Info("first")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	log.Info("second")
	if err := file.reopen(); err != nil {
		t.Fatal(err)
	}
	log.Info("third")
	for name, want := range map[string][]string{path + ".1": {"first", "second"}, path: {"third"}} {
		text, err := os.ReadFile(name)
		if err != nil || strings.Count(string(text), "\n") != len(want) {
			t.Errorf("%s holds %q, %v; want the lines %q", name, text, err, want)
		}
		for _, line := range want {
			if !strings.Contains(string(text), "msg="+line) {
				t.Errorf("%s lacks the line %q", name, line)
			}
		}
	}
}

func TestLogFile_FailedReopenKeepsTheOldFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := openLogFile(filepath.Join(dir, "amqpd.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := file.reopen(); err == nil {
		t.Fatal("a file was opened in a directory that is gone")
	}
	if _, err := file.Write([]byte("still here\n")); err != nil {
		t.Errorf("writing after a failed reopen: %v", err)
	}
}

func TestOpenLog_RefusalNamesTheFile(t *testing.T) {
	_, _, err := openLog(&config{logFile: "/nowhere/amqpd.log"}, nil)
	if want := "log-file: cannot append to /nowhere/amqpd.log: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v; want %s", err, want)
	}
}

func TestOpenLogs_AuditHasAFileOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	c := &config{logFormat: "json", logLevel: slog.LevelError, logFile: filepath.Join(dir, "log"), auditLog: filepath.Join(dir, "audit")}
	l, err := openLogs(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.log.Error("of the log")
	l.audit.Info("before")
	if err := os.Rename(c.auditLog, c.auditLog+".1"); err != nil {
		t.Fatal(err)
	}
	l.reopen()
	l.audit.Info("after")
	if err := l.close(); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{c.logFile: "of the log", c.auditLog + ".1": "before", c.auditLog: "after"} {
		text, err := os.ReadFile(name)
		if err != nil || strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), want) {
			t.Errorf("%s holds %q, %v; want one line of %q", name, text, err, want)
		}
	}
}

func TestOpenLogs_AuditRefusalNamesTheFile(t *testing.T) {
	_, err := openLogs(&config{auditLog: "/nowhere/audit"}, nil)
	if want := "audit-log: cannot append to /nowhere/audit: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v; want %s", err, want)
	}
}
