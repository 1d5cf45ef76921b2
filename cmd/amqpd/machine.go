package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// What the machine says of memory and disk. Files of /proc and /sys are read
// through an fs.FS rooted at / so that tests can lay out a machine of their own.

// residentBytes is the memory of this process that is in RAM, from
// /proc/self/statm: pages of program size, then resident pages.
func residentBytes(root fs.FS) (uint64, error) {
	text, err := fs.ReadFile(root, "proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0, fmt.Errorf("read resident memory: /proc/self/statm holds %q", text)
	}
	pages, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	return pages * uint64(os.Getpagesize()), nil
}

// totalMemory is the memory this process may use: the machine's, or the limit
// of the tightest control group around the process. 0 is not known.
func totalMemory(root fs.FS) uint64 {
	total := machineMemory(root)
	for _, file := range groupLimitFiles(root) {
		text, err := fs.ReadFile(root, file)
		if err != nil {
			continue
		}
		limit, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && limit > 0 && (total == 0 || limit < total) {
			total = limit // "max", and version 1's huge number for none, never get here
		}
	}
	return total
}

// machineMemory is MemTotal of /proc/meminfo in bytes, 0 if it is not there.
func machineMemory(root fs.FS) uint64 {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var kib uint64
		if n, _ := fmt.Sscanf(lines.Text(), "MemTotal: %d kB", &kib); n == 1 && kib < math.MaxUint64>>10 {
			return kib << 10
		}
	}
	return 0
}

// groupLimitFiles names every file that may hold a memory limit for this
// process: its control group's and those of the groups around it, for version
// 2 ("0::/path") and version 1 ("7:memory:/path") alike. In a container the
// path may lead outside of what is mounted; the root of the mount, which is
// then the container's own group, is always the last.
func groupLimitFiles(root fs.FS) []string {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var files []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) != 3 {
			continue
		}
		mount, name := "sys/fs/cgroup", "memory.max"
		if parts[1] != "" {
			if !strings.Contains(","+parts[1]+",", ",memory,") {
				continue
			}
			mount, name = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			files = append(files, path.Join(mount, dir, name))
			if dir == "/" {
				break
			}
		}
	}
	return files
}

// freeBytes is what an unprivileged process can still write to the file system
// that dir is on.
func freeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("read free space of %s: %w", dir, err)
	}
	return s.Bavail * uint64(s.Bsize), nil
}
