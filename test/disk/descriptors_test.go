package disk

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"amqpd/test/node"
)

// limitFiles lets a node have so many more file descriptors than it has now.
func limitFiles(t *testing.T, n *node.Node, more int) (most int) {
	t.Helper()
	most = n.Files() + more
	limit := unix.Rlimit{Cur: uint64(most), Max: uint64(most)}
	if err := unix.Prlimit(n.Pid(), unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	return most
}

// connect opens connections that say nothing.
func connect(t *testing.T, address string, count int) (close func()) {
	t.Helper()
	var all []net.Conn
	close = func() {
		for _, c := range all {
			c.Close()
		}
	}
	for range count {
		c, err := net.DialTimeout("tcp", address, node.Patience)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	t.Cleanup(close)
	return close
}

// TestConnectionsLeaveFilesToTheLog opens more AMQP connections than there are descriptors:
// the log goes on making files, and those that have to wait are served later.
func TestConnectionsLeaveFilesToTheLog(t *testing.T) {
	n := amqpd.Start(t, "--segment-size", "16MiB") // few files, so that it is connections that take descriptors
	p := publish(t, n, 0)
	most := limitFiles(t, n, 200)
	release := connect(t, n.Addr, most)
	await(t, "connections wait", func() bool { return strings.Contains(n.Log(), "connections wait until others end") })
	before := p.confirmed.Load()
	await(t, "publishing goes on in another file", func() bool { return p.confirmed.Load() > before+(32<<20)/bodySize })
	release()
	consume(t, n, 0, p.end())
	n.Stop()
}

// TestNoDescriptors takes every descriptor by requests that do not come: nothing is confirmed
// once the log needs a file, and everything is when there are descriptors again.
func TestNoDescriptors(t *testing.T) {
	n := amqpd.Start(t, "--segment-size", "1MiB")
	p := publish(t, n, 0)
	most := limitFiles(t, n, 200)
	release := connect(t, n.HTTP, most)
	await(t, "there are no descriptors", func() bool { return strings.Contains(n.Log(), "no file descriptors left") })
	release()
	held := p.confirmed.Load()
	await(t, "publishing goes on", func() bool { return p.confirmed.Load() > held+200 })
	consume(t, n, 0, p.end())
	n.Stop()
}
