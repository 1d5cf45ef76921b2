package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSize(t *testing.T) {
	parse := size(0, 1<<62)
	for text, want := range map[string]uint64{
		"0": 0, "131072": 131072, "50MB": 50_000_000, "50mb": 50_000_000, "2GiB": 2 << 30,
		"1.5 GiB": 3 << 29, "7B": 7, "1TB": 1e12, "1TiB": 1 << 40, "10kb": 10_000, "1e6": 1_000_000, "1_000": 1000,
	} {
		if got, err := parse(text); err != nil || got != want {
			t.Errorf("size %q = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "B", "GiB", "-1", "5M", "5G", "5 apples", "1e300", "nan", "inf", "0x"} {
		if got, err := parse(text); err == nil {
			t.Errorf("size %q = %d; want an error", text, got)
		}
	}
	if _, err := size(4096, 8192)("4095"); err == nil {
		t.Error("a size below the lowest was accepted")
	}
	if _, err := size(4096, 8192)("8193"); err == nil {
		t.Error("a size above the highest was accepted")
	}
}

func FuzzSize(f *testing.F) {
	for _, seed := range []string{"0", "50MB", "1.5GiB", "1e18", "9223372036854775807", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const high = 1 << 40
		if n, err := size(1, high)(text); err == nil && (n < 1 || n > high) {
			t.Errorf("size %q = %d, out of bounds", text, n)
		}
	})
}

func TestMemoryLimit(t *testing.T) {
	const gib = 1 << 30
	for text, want := range map[string]uint64{
		"0.6": gib * 6 / 10, "1": gib, "1.0": gib, "0.0001": gib / 10000, "2GiB": 2 * gib, "300MB": 300_000_000, "2": 2,
	} {
		l, err := parseMemoryLimit(text)
		if got := l.of(gib); err != nil || got != want {
			t.Errorf("memory limit %q of 1 GiB = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-0.5", "0MB", "lots", "60%"} {
		if l, err := parseMemoryLimit(text); err == nil {
			t.Errorf("memory limit %q = %+v; want an error", text, l)
		}
	}
	if got := (memoryLimit{fraction: 0.6}).of(0); got != 0 {
		t.Errorf("a fraction of an unknown total = %d; want 0", got)
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, ":5672": {":5672"}, "127.0.0.1:0": {"127.0.0.1:0"},
		" 127.0.0.1:5672 , [::1]:5672,": {"127.0.0.1:5672", "[::1]:5672"}, "localhost:5672": {"localhost:5672"},
	} {
		if got, err := addresses(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("addresses %q = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"5672", "localhost", "host:amqp", "host:65536", "::1:5672", "host:", "a:1,b"} {
		if got, err := addresses(text); err == nil {
			t.Errorf("addresses %q = %q; want an error", text, got)
		}
	}
}

func TestNodeName(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := nodeName("amqpd@<hostname>"); err != nil || got != "amqpd@"+host {
		t.Errorf("the default node name = %q, %v", got, err)
	}
	for _, text := range []string{"", "amqpd", "@host", "amqpd@", "a b@host", "a@b@c", "a/b@c"} {
		if got, err := nodeName(text); err == nil {
			t.Errorf("node name %q = %q; want an error", text, got)
		}
	}
}

func TestDuration(t *testing.T) {
	parse := duration(0, time.Hour)
	for text, want := range map[string]time.Duration{"0": 0, "30m": 30 * time.Minute, "1h": time.Hour, "250ms": 250 * time.Millisecond} {
		if got, err := parse(text); err != nil || got != want {
			t.Errorf("duration %q = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "30", "-1s", "61m", "soon"} {
		if got, err := parse(text); err == nil {
			t.Errorf("duration %q = %v; want an error", text, got)
		}
	}
}

func TestUsers(t *testing.T) {
	for text, want := range map[string][]string{"guest": {"guest"}, "a, b": {"a", "b"}, "none": nil, "": nil} {
		if got, err := users(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("users %q = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	keys := keysOf(settings)
	for word, want := range map[string]string{
		"heartbaet": "heartbeat", "data_dir": "data-dir", "datadir": "data-dir", "tls.cert": "tls-cert",
		"log-lvl": "log-level", "listen": "amqp-listen", "frame_max": "frame-max",
	} {
		if got := nearest(word, keys); got != want {
			t.Errorf("nearest to %q is %q; want %q", word, got, want)
		}
	}
}

// Every row is whole: a reader of help or docs never meets a blank.
func TestSettings_RowsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range settings {
		if s.key == "" || s.kind == "" || s.doc == "" || s.set == nil {
			t.Errorf("row %+v has a blank", s.key)
		}
		if seen[s.key] {
			t.Errorf("%s has two rows", s.key)
		}
		seen[s.key] = true
		if strings.HasSuffix(s.doc, ".") || strings.Contains(s.doc, "|") {
			t.Errorf("%s: the doc ends in a full stop or holds a |", s.key)
		}
		if err := s.set(&config{}, s.def); err != nil {
			t.Errorf("%s: its default %q %v", s.key, s.def, err)
		}
	}
}
