package main

import (
	"io/fs"
	"math"
	"os"
	"testing"
	"testing/fstest"
)

// machine lays out the files of a machine with 1 GiB of memory.
func machine(files map[string]string) fs.FS {
	root := fstest.MapFS{"proc/meminfo": {Data: []byte("MemTotal:        1048576 kB\nMemFree:          10 kB\n")}}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestTotalMemory(t *testing.T) {
	const gib = 1 << 30
	for _, test := range []struct {
		name  string
		files map[string]string
		want  uint64
	}{
		{"no control groups", nil, gib},
		{"version 2, own group", map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "536870912\n"}, gib / 2},
		{"version 2, group around it is tighter", map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "268435456\n"}, gib / 4},
		{"version 2, container sees its group as the root", map[string]string{
			"proc/self/cgroup": "0::/docker/1234\n", "sys/fs/cgroup/memory.max": "268435456\n"}, gib / 4},
		{"version 1", map[string]string{
			"proc/self/cgroup": "9:cpu,memory:/a\n1:name=systemd:/\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "268435456\n"}, gib / 4},
		{"version 1, none", map[string]string{
			"proc/self/cgroup": "9:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, gib},
		{"limit above the machine's", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "8589934592\n"}, gib},
		{"garbage", map[string]string{
			"proc/self/cgroup": "nonsense\n0::\n", "sys/fs/cgroup/memory.max": "??"}, gib},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := totalMemory(machine(test.files)); got != test.want {
				t.Errorf("%d; want %d", got, test.want)
			}
		})
	}
	if got := totalMemory(fstest.MapFS{}); got != 0 {
		t.Errorf("a system without /proc has %d bytes; want 0 for not known", got)
	}
}

func TestResidentBytes(t *testing.T) {
	got, err := residentBytes(machine(map[string]string{"proc/self/statm": "1000 25 7 1 0 9 0\n"}))
	if want := 25 * uint64(os.Getpagesize()); err != nil || got != want {
		t.Errorf("%d, %v; want %d", got, err, want)
	}
	for _, text := range []string{"", "12", "a b c"} {
		if got, err := residentBytes(machine(map[string]string{"proc/self/statm": text})); err == nil {
			t.Errorf("statm %q: %d; want an error", text, got)
		}
	}
	if _, err := residentBytes(fstest.MapFS{}); err == nil {
		t.Error("a missing statm gave no error")
	}
}

func TestFreeBytes(t *testing.T) {
	if got, err := freeBytes(t.TempDir()); err != nil || got == 0 || got > math.MaxInt64 {
		t.Errorf("free space is %d, %v", got, err)
	}
	if _, err := freeBytes("/nowhere"); err == nil {
		t.Error("a missing directory gave no error")
	}
}
