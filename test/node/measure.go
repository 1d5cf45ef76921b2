package node

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// MB is a megabyte, in octets.
const MB = 1 << 20

// Footprint is what a process holds at one moment.
type Footprint struct {
	RSS        int64 // resident memory [octets]
	Goroutines int
	Files      int // open file descriptors
}

func (f Footprint) String() string {
	return fmt.Sprintf("%d MB, %d goroutines, %d files", f.RSS/MB, f.Goroutines, f.Files)
}

// RSS is the resident memory of the process in octets.
func (n *Node) RSS() int64 {
	n.t.Helper()
	return n.status(rssLine)
}

// Peak is the highest resident memory of the process since its start or
// ResetPeak, in octets.
func (n *Node) Peak() int64 {
	n.t.Helper()
	return n.status(peakLine)
}

// ResetPeak makes Peak start again from what is resident now.
func (n *Node) ResetPeak() {
	n.t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", n.cmd.Process.Pid), []byte("5"), 0); err != nil {
		n.t.Fatalf("amqpd is gone: %v", err)
	}
}

// CPU is the processor time that the process has used, as the system counts it.
func (n *Node) CPU() time.Duration {
	n.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.cmd.Process.Pid))
	if err != nil {
		n.t.Fatalf("amqpd is gone: %v", err)
	}
	_, behind, _ := strings.Cut(string(stat), ") ") // the name of the program
	fields := strings.Fields(behind)
	if len(fields) < 13 {
		n.t.Fatalf("amqpd is gone: its stat is %s", stat)
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / clockTicks
}

// clockTicks is how many ticks of /proc are a second, on every Linux that Go runs on.
const clockTicks = 100

// Profile writes a profile of the process's processor time over the next span
// into a file, for `go tool pprof`, and returns the file's path.
func (n *Node) Profile(span time.Duration) string {
	n.t.Helper()
	file := filepath.Join(n.t.TempDir(), "cpu.pprof")
	text := n.profileWithin(fmt.Sprintf("profile?seconds=%d", int(span.Seconds())), span+Patience)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		n.t.Fatal(err)
	}
	return file
}

// status reads a size from a line of the process's status.
func (n *Node) status(line *regexp.Regexp) int64 {
	n.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		n.t.Fatalf("amqpd is gone: %v", err)
	}
	m := line.FindSubmatch(status)
	if m == nil {
		n.t.Fatalf("amqpd is gone: its status has no %v:\n%s", line, status)
	}
	kib, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kib << 10
}

// DiskUsage is the disk space that the data directory takes, in octets.
func (n *Node) DiskUsage() int64 {
	n.t.Helper()
	total := int64(0)
	err := filepath.WalkDir(n.data, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // files come and go
		n.t.Fatal(err)
	}
	return total
}

var (
	rssLine       = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)
	peakLine      = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)
	holderLine    = regexp.MustCompile(`^\d+: (\d+) \[`)
	totalLine     = regexp.MustCompile(`(?m)^# (HeapInuse|HeapIdle|HeapReleased|Sys|MaxRSS) = .*`)
	goroutineLine = regexp.MustCompile(`goroutine profile: total (\d+)`)
)

// Files is how many file descriptors the process has open.
func (n *Node) Files() int {
	n.t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", n.cmd.Process.Pid))
	if err != nil {
		n.t.Fatalf("amqpd is gone: %v", err)
	}
	return len(list)
}

// Goroutines is how many goroutines the process runs, without those that
// answer this question.
func (n *Node) Goroutines() int {
	n.t.Helper()
	m := goroutineLine.FindSubmatch(n.profile("goroutine?debug=1"))
	if m == nil {
		n.t.Fatal("pprof does not say how many goroutines there are")
	}
	total, _ := strconv.Atoi(string(m[1]))
	return total
}

// Stacks is what every goroutine of the process does.
func (n *Node) Stacks() string {
	n.t.Helper()
	return string(n.profile("goroutine?debug=1"))
}

// profile fetches one of the process's profiles.
func (n *Node) profile(name string) []byte {
	n.t.Helper()
	return n.profileWithin(name, Patience)
}

func (n *Node) profileWithin(name string, patience time.Duration) []byte {
	n.t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + n.Pprof + "/debug/pprof/" + name)
	if err != nil {
		n.t.Fatalf("pprof: %v", err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		n.t.Fatalf("pprof: %v", err)
	}
	return body
}

// heap tells what holds most of the heap, and its totals.
func (n *Node) heap() string {
	n.t.Helper()
	type holder struct {
		octets int
		stack  string
	}
	var holders []holder
	profile := string(n.profile("heap?gc=1&debug=1"))
	for record := range strings.SplitSeq(profile, "\n\n") {
		if m := holderLine.FindStringSubmatch(record); m != nil {
			octets, _ := strconv.Atoi(m[1])
			holders = append(holders, holder{octets, record})
		}
	}
	slices.SortFunc(holders, func(a, b holder) int { return b.octets - a.octets })
	var text strings.Builder
	for _, h := range holders[:min(len(holders), 4)] {
		text.WriteString(h.stack + "\n\n")
	}
	return text.String() + strings.Join(totalLine.FindAllString(profile, -1), "\n")
}

// Footprint measures the process after a garbage collection.
func (n *Node) Footprint() Footprint {
	n.t.Helper()
	n.profile("heap?gc=1")
	return Footprint{RSS: n.RSS(), Goroutines: n.Goroutines(), Files: n.Files()}
}

// Returns waits until the process is back near what it held before: not more
// than slack octets of memory over it, and a handful of goroutines and files,
// which timers and the runtime account for. It fails the test after within.
func (n *Node) Returns(t testing.TB, before Footprint, slack int64, within time.Duration) {
	t.Helper()
	const few = 5
	var now Footprint
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		now = n.Footprint()
		if now.RSS <= before.RSS+slack && now.Goroutines <= before.Goroutines+few && now.Files <= before.Files+few {
			t.Logf("before %v, after %v", before, now)
			return
		}
	}
	t.Errorf("amqpd held %v before, and still %v after %v", before, now, within)
	if now.RSS > before.RSS+slack {
		t.Logf("its heap:\n%s", n.heap())
	}
	if now.Goroutines > before.Goroutines+few {
		t.Logf("its goroutines:\n%.8000s", n.Stacks())
	}
}
