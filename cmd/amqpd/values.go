package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"amqpd/broker/auth"
	"amqpd/store"
)

// The parsers of the settings table: text in, checked value out. Each error is
// the end of a sentence, see setting.set.

// choice is one word of a setting that takes one of a few.
type choice[T any] struct {
	word  string
	value T
}

var logLevels = []choice[slog.Level]{
	{"debug", slog.LevelDebug}, {"info", slog.LevelInfo}, {"warn", slog.LevelWarn}, {"error", slog.LevelError},
}

var syncModes = []choice[store.SyncMode]{
	{"always", store.SyncAlways}, {"interval", store.SyncInterval}, {"os", store.SyncOS},
}

var logFormats = []choice[string]{{"text", "text"}, {"json", "json"}}

var passwordHashes = func() (choices []choice[string]) {
	for _, name := range auth.NewHashings() {
		choices = append(choices, choice[string]{name, name})
	}
	return choices
}()

// oneOf accepts the words of choices.
func oneOf[T any](choices []choice[T]) func(string) (T, error) {
	return func(text string) (T, error) {
		var words []string
		for _, c := range choices {
			if c.word == text {
				return c.value, nil
			}
			words = append(words, c.word)
		}
		var zero T
		return zero, fmt.Errorf("is none of %s", strings.Join(words, ", "))
	}
}

// anyText accepts everything; the code that uses the value checks it.
func anyText(text string) (string, error) { return text, nil }

// nonEmpty accepts everything but nothing.
func nonEmpty(text string) (string, error) {
	if text == "" {
		return "", errors.New("is empty; give it a value")
	}
	return text, nil
}

// yesOrNo accepts what strconv.ParseBool does.
func yesOrNo(text string) (bool, error) {
	v, err := strconv.ParseBool(text)
	if err != nil {
		return false, errors.New("is neither true nor false")
	}
	return v, nil
}

// number accepts whole numbers from low to high.
func number[T ~uint16 | ~uint32](low, high T) func(string) (T, error) {
	return func(text string) (T, error) {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n < uint64(low) || n > uint64(high) {
			return 0, fmt.Errorf("is not a whole number from %d to %d", low, high)
		}
		return T(n), nil
	}
}

// duration accepts Go's form from low to high; a bare 0 needs no unit.
func duration(low, high time.Duration) func(string) (time.Duration, error) {
	return func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d < low || d > high {
			return 0, fmt.Errorf("is not a duration from %v to %v, such as 30s or 5m", low, high)
		}
		return d, nil
	}
}

// units are the suffixes of a size. A bare M or G is refused on purpose: half
// of all tools read it as 1000s and half as 1024s.
var units = []choice[float64]{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1}, {"", 1},
}

// size accepts bytes from low to high: 1048576, 50MB, 1.5GiB.
func size(low, high uint64) func(string) (uint64, error) {
	return func(text string) (uint64, error) {
		n, ok := parseBytes(text)
		if !ok {
			return 0, errors.New("is not a size such as 1048576, 50MB or 2GiB")
		}
		if n < low || n > high {
			return 0, fmt.Errorf("is not a size from %d to %d bytes", low, high)
		}
		return n, nil
	}
}

// narrow fits a size whose bounds are below 4 GiB into 32 bits.
func narrow(parse func(string) (uint64, error)) func(string) (uint32, error) {
	return func(text string) (uint32, error) {
		n, err := parse(text)
		return uint32(n), err
	}
}

// parseBytes reads a decimal number with an optional unit of the table.
func parseBytes(text string) (uint64, bool) {
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, u := range units {
		digits, found := strings.CutSuffix(lower, u.word)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || math.IsNaN(n) || n < 0 || n*u.value >= math.MaxInt64 {
			return 0, false
		}
		return uint64(n * u.value), true
	}
	return 0, false
}

// memoryLimit is the memory-limit setting: a share of the memory there is, or
// a number of bytes. Exactly one of the two is above 0.
type memoryLimit struct {
	fraction float64 // 0 < fraction <= 1
	bytes    uint64
}

// parseMemoryLimit accepts 0.6 (up to 1, no unit: a fraction) and 2GiB.
func parseMemoryLimit(text string) (memoryLimit, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f > 0 && f <= 1 {
		return memoryLimit{fraction: f}, nil
	}
	n, ok := parseBytes(text)
	if !ok || n == 0 {
		return memoryLimit{}, errors.New("is neither a fraction such as 0.6 nor a size such as 2GiB")
	}
	return memoryLimit{bytes: n}, nil
}

// of gives the limit in bytes on a machine with total bytes of memory; 0 when
// it is a fraction of a total that is not known.
func (l memoryLimit) of(total uint64) uint64 {
	if l.bytes > 0 {
		return l.bytes
	}
	return uint64(l.fraction * float64(total))
}

// list splits at commas, without blanks and without empty items.
func list(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// users accepts a list of names; the word none is the empty list, because an
// empty environment variable counts as not set.
func users(text string) ([]string, error) {
	if text == "none" {
		return nil, nil
	}
	return list(text), nil
}

// addresses accepts a list of host:port.
func addresses(text string) ([]string, error) {
	items := list(text)
	for _, item := range items {
		if err := checkAddress(item); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// optionalAddress accepts one host:port or nothing.
func optionalAddress(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return text, checkAddress(text)
}

// checkAddress tells whether a is host:port with a port number; the host may
// be empty (every interface) and IPv6 hosts stand in brackets.
func checkAddress(a string) error {
	_, port, err := net.SplitHostPort(a)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("is not host:port, such as 127.0.0.1:5672, [::1]:5672 or :5672 for every interface")
	}
	return nil
}

// nodeName accepts name@host, with <hostname> replaced by the machine's.
func nodeName(text string) (string, error) {
	if strings.Contains(text, "<hostname>") {
		host, err := os.Hostname()
		if err != nil {
			return "", fmt.Errorf("needs this machine's host name, which it does not tell (%w); write the name out", err)
		}
		text = strings.ReplaceAll(text, "<hostname>", host)
	}
	name, host, found := strings.Cut(text, "@")
	if !found || !plainName(name) || !plainName(host) {
		return "", errors.New("is not name@host in letters, digits, dots, hyphens and underscores")
	}
	return text, nil
}

// plainName tells whether s is a non-empty run of characters that are safe in
// a node's name, a file's name and a URL.
func plainName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r))
	})
}

// nearest gives the candidate with the fewest edits from word, the first of
// equals. There must be a candidate.
func nearest(word string, candidates []string) string {
	return slices.MinFunc(candidates, func(a, b string) int {
		return cmp.Compare(edits(word, a), edits(word, b))
	})
}

// edits is the Levenshtein distance of a and b in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
