package scale

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"amqpd/test/node"
)

var amqpd *node.Binary

func TestMain(m *testing.M) { os.Exit(node.Main(m, &amqpd)) }

const (
	fewQueues  = 2_000
	manyQueues = 50_000 // from here on bounds are held

	listMost    = 200 * time.Millisecond // for a list of 10,000 queues
	samplerMost = 0.02                   // of a core
)

// size is how much of everything there is.
type size struct {
	queues      int // at the end
	listed      int // for the lists
	busy        int // with connections
	connections int
	active      int // queues that something happens to
	window      time.Duration
	asked       int // times that each path is asked for
}

func sizes(t *testing.T) size {
	t.Helper()
	queues := fewQueues
	if text := os.Getenv("SCALE_QUEUES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1000 {
			t.Fatalf("SCALE_QUEUES is %q, not a number of queues from 1000 on", text)
		}
		queues = n
	}
	s := size{queues: queues, listed: queues / 5, busy: queues * 2 / 5, connections: queues / 25, active: queues / 50, window: 2 * time.Second, asked: 2}
	if s.long() {
		s.window, s.asked = 20*time.Second, 5
	}
	return s
}

func (s size) long() bool { return s.queues >= manyQueues }

// TestScale is one node that grows.
func TestScale(t *testing.T) {
	s := sizes(t)
	n := amqpd.Start(t, "--memory-limit", "4GB")
	c := &client{t: t, n: n}
	empty := n.Footprint()

	c.declare(0, s.listed)
	t.Logf("%d queues, nothing else:", s.listed)
	c.table(listPaths, s, listMost)

	c.declare(s.listed, s.busy)
	stop := startClients(t, n, s)
	t.Logf("%d queues, %d connections, under load:", s.busy, s.connections)
	c.table(allPaths, s, 0)
	c.pollingCost(s)
	stop()

	c.declare(s.busy, s.queues)
	full := n.Footprint()
	t.Logf("%d queues: %d octets of memory each", s.queues, (full.RSS-empty.RSS)/int64(s.queues))
	c.samplerCost(s, "idle")
	stop = startActivity(t, n, s.active)
	c.samplerCost(s, fmt.Sprintf("%d of them in use", s.active))
	stop()
}

// declare declares the queues from the one number to the other.
func (c *client) declare(from, to int) {
	c.t.Helper()
	names := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		names = append(names, queueName(i))
	}
	begin := time.Now()
	c.n.DeclareQueues(names)
	c.t.Logf("import of %d queues: %v", to-from, time.Since(begin).Round(time.Millisecond))
}

func queueName(i int) string { return fmt.Sprintf("queue-%06d", i) }
