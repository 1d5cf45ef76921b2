package broker

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// machine is what the system says of the process, asked for views.
type machine struct {
	mu   sync.Mutex
	at   time.Time // guarded by mu: when last was read
	last machineFigures
}

// machineFigures is one reading; 0 for what cannot be read on this system.
type machineFigures struct {
	resident, diskFree         uint64 // octets
	files, filesTotal, sockets int
}

// machineInterval is how old a reading may be: listing 10,000 descriptors is not
// for every request.
const machineInterval = time.Second

// read returns a reading that is not older than machineInterval.
func (m *machine) read(dataDir string) machineFigures {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := time.Now(); m.at.IsZero() || now.Sub(m.at) > machineInterval {
		m.at, m.last = now, readMachine(dataDir)
	}
	return m.last
}

func readMachine(dataDir string) (f machineFigures) {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(text); len(fields) > 1 {
			pages, _ := strconv.ParseUint(string(fields[1]), 10, 64)
			f.resident = pages * uint64(os.Getpagesize())
		}
	}
	var fs syscall.Statfs_t
	if syscall.Statfs(dataDir, &fs) == nil {
		f.diskFree = fs.Bavail * uint64(fs.Bsize)
	}
	f.filesTotal = descriptorLimit()
	f.files, f.sockets = descriptors("/proc/self/fd")
	return f
}

// descriptorLimit is how many file descriptors the process may have, 0 if that is not known.
func descriptorLimit() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(limit.Cur, 1<<31-1))
}

// socketsMost is how many of the descriptors connections may take.
func socketsMost(files int) int { return files * 9 / 10 }

// descriptors counts the process's open files, and the sockets among them.
func descriptors(dir string) (files, sockets int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, 0
	}
	for _, e := range entries {
		if to, err := os.Readlink(dir + "/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return len(entries) - 1, sockets // without the one that lists them
}
