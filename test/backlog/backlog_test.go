package backlog

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"amqpd/amqp"
	"amqpd/test/node"
)

var amqpd *node.Binary

func TestMain(m *testing.M) { os.Exit(node.Main(m, &amqpd)) }

const (
	fewMessages = 100_000
	bodySize    = 1 << 10
	queueName   = "backlog"

	memoryMost = 300 * node.MB   // resident, at any time
	diskMost   = 200 * node.MB   // of the data directory when all but one message is gone
	startMost  = 5 * time.Second // of processor time: the clock tells more about the machine
)

// count is how many messages the tests use.
func count(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BACKLOG_COUNT")
	if text == "" {
		return fewMessages
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		t.Fatalf("BACKLOG_COUNT is %q, not a number of messages", text)
	}
	return n / perWrite * perWrite
}

// phase is a part of a test with its own peak of memory.
type phase struct {
	t     *testing.T
	n     *node.Node
	name  string
	begin time.Time
	cpu   time.Duration
}

func begin(t *testing.T, n *node.Node, name string) phase {
	n.ResetPeak()
	return phase{t, n, name, time.Now(), n.CPU()}
}

// end tells how fast count messages went, 0: none did, and checks the memory.
func (p phase) end(count int) {
	p.t.Helper()
	took := time.Since(p.begin)
	peak := p.n.Peak()
	p.t.Logf("%-6s %8d messages in %7.3f s, %9.0f/s, %6.2f s CPU, memory at most %3d MB, now %3d MB, disk %6d MB", p.name, count,
		took.Seconds(), float64(count)/took.Seconds(), (p.n.CPU() - p.cpu).Seconds(), peak/node.MB, p.n.RSS()/node.MB, p.n.DiskUsage()/node.MB)
	if peak > memoryMost {
		p.t.Errorf("%s: the node held %d MB, at most %d are allowed", p.name, peak/node.MB, memoryMost/node.MB)
	}
}

// TestBacklog fills a durable queue and drains it, while another consumer keeps
// the first message all the time.
func TestBacklog(t *testing.T) {
	total := count(t)
	n := amqpd.Start(t)
	publisher, holder := dial(t, n.Addr), dial(t, n.Addr)
	publisher.declare(queueName)
	l := newLoad(queueName, bodySize, 2)

	publisher.fill(l, 0, perWrite)
	holder.send(1, amqp.BasicGet{Queue: queueName})
	holder.await(amqp.MethodBasicGetOk)
	consumer := dial(t, n.Addr)
	p := begin(t, n, "fill")
	publisher.fill(l, perWrite, total)
	p.end(total)

	p = begin(t, n, "idle")
	time.Sleep(min(10*time.Second, time.Duration(total)*10*time.Microsecond))
	p.end(0)

	p = begin(t, n, "drain")
	consumer.drain(queueName, bodySize, 1, total)
	p.end(total)

	p = begin(t, n, "empty")
	awaitSpace(t, n)
	p.end(0)
	holder.send(1, amqp.BasicReject{DeliveryTag: 1, Requeue: true})
	if body := consumer.body(); body[7] != 0 || len(body) != bodySize {
		t.Error("the message that was kept is not the first one")
	}
}

// TestTransient has transient messages wait in a node that may not use as much memory as
// they take, and drains them while nothing was blocked.
func TestTransient(t *testing.T) {
	const limit = 256 << 20
	total := max(count(t)/5, 2*fewMessages)
	n := amqpd.Start(t, "--memory-limit", "256MiB")
	c := dial(t, n.Addr)
	c.declare(queueName)
	for _, p := range []struct {
		name     string
		messages int
		do       func()
	}{
		{"fill", total, func() { c.fill(newLoad(queueName, bodySize, 1), 0, total) }},
		{"idle", 0, func() { time.Sleep(2 * time.Second) }}, // the alarm looks once a second
		{"drain", total, func() { dial(t, n.Addr).drain(queueName, bodySize, 0, total) }},
	} {
		phase := begin(t, n, p.name)
		p.do()
		phase.end(p.messages)
		if peak := n.Peak(); peak > limit {
			t.Errorf("%s: the node held %d MB of %d", p.name, peak/node.MB, limit/node.MB)
		}
	}
	if c.blocked.Load() {
		t.Error("the publisher was blocked")
	}
	awaitSpace(t, n)
}

// awaitSpace waits until the space of what was consumed is given back.
func awaitSpace(t *testing.T, n *node.Node) {
	t.Helper()
	for end := time.Now().Add(patience); n.DiskUsage() > diskMost; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("the data directory takes %d MB of next to nothing, at most %d are allowed", n.DiskUsage()/node.MB, diskMost/node.MB)
			return
		}
	}
}

// TestStart fills a queue and starts the node again.
func TestStart(t *testing.T) {
	total := count(t)
	n := amqpd.Start(t)
	c := dial(t, n.Addr)
	c.declare(queueName)
	c.fill(newLoad(queueName, bodySize, 2), 0, total)
	restart(t, n, fmt.Sprint(total, " messages"), func(c *client) {
		if got := c.ready(queueName); got != total {
			t.Fatalf("%d messages came back of %d", got, total)
		}
	})
	dial(t, n.Addr).drain(queueName, bodySize, 0, perWrite)
}

// TestStartManyQueues is TestStart with a durable queue for every hundred
// messages, of which every hundredth holds a hundred.
func TestStartManyQueues(t *testing.T) {
	queues := max(count(t)/100, 1000)
	n := amqpd.Start(t)
	names := make([]string, queues)
	for i := range names {
		names[i] = manyName(i)
	}
	n.DeclareQueues(names)
	filled := queues / 100
	c := dial(t, n.Addr)
	for i := range filled {
		c.fill(newLoad(manyName(i*100), bodySize, 2), 0, perWrite)
	}
	restart(t, n, fmt.Sprint(queues, " queues"), func(c *client) {
		for i := range filled {
			if got := c.ready(manyName(i * 100)); got != perWrite {
				t.Fatalf("%s has %d messages of %d", manyName(i*100), got, perWrite)
			}
		}
		if got := c.ready(manyName(queues - 1)); got != 0 {
			t.Fatalf("an empty queue has %d messages", got)
		}
	})
}

// restart starts a node again after a crash and after a clean stop, bounds what
// that takes, and has look find what it holds.
func restart(t *testing.T, n *node.Node, holds string, look func(c *client)) {
	t.Helper()
	for _, stop := range []struct {
		name string
		end  func()
	}{{"kill", n.Kill}, {"stop", n.Stop}} {
		stop.end()
		start := time.Now()
		n.Restart()
		took, cpu := time.Since(start), n.CPU()
		t.Logf("%s: ready with %s after %v, %v of them CPU, memory at most %d MB", stop.name, holds, took.Round(time.Millisecond), cpu, n.Peak()/node.MB)
		if cpu > startMost {
			t.Errorf("%s: the start took %v of processor time, at most %v are allowed", stop.name, cpu, startMost)
		}
		look(dial(t, n.Addr))
	}
}

func manyName(i int) string { return fmt.Sprintf("many.%06d", i) }
