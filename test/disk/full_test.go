package disk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

var amqpd *node.Binary

func TestMain(m *testing.M) { os.Exit(node.Main(m, &amqpd)) }

const (
	queueName = "q"
	bodySize  = 10 << 10
	window    = 20 // confirms that a publisher waits for at most
)

// small are the flags of a node with files that fit a small disk.
func small(flags ...string) []string { return append(flags, "--segment-size", "1MiB") }

// publisher publishes numbered messages until it is stopped, and counts confirms.
type publisher struct {
	node      *node.Node
	ch        *amqp.Channel
	blocked   chan amqp.Blocking
	confirmed atomic.Int64 // all before this one are
	stop      chan struct{}
	ended     chan struct{}
}

// publish starts a publisher to the queue, whose first message has a number.
func publish(t *testing.T, n *node.Node, from int64) *publisher {
	t.Helper()
	c, err := n.Dial()
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{node: n, stop: make(chan struct{}), ended: make(chan struct{})}
	p.blocked = c.NotifyBlocked(make(chan amqp.Blocking, 16))
	if p.ch, err = c.Channel(); err != nil {
		t.Fatal(err)
	}
	if err := p.ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ch.QueueDeclare(queueName, true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	p.confirmed.Store(from)
	go p.run(from)
	return p
}

func (p *publisher) run(number int64) {
	defer close(p.ended)
	var waiting []*amqp.DeferredConfirmation
	settle := func(left int) {
		for len(waiting) > left && waiting[0].Wait() {
			p.confirmed.Add(1)
			waiting = waiting[1:]
		}
	}
	for ; ; number++ {
		select {
		case <-p.stop:
			settle(0)
			return
		default:
		}
		c, err := p.ch.PublishWithDeferredConfirmWithContext(context.Background(), "", queueName, false, false,
			amqp.Publishing{DeliveryMode: amqp.Persistent, Body: body(number)})
		if err != nil {
			settle(0)
			return
		}
		waiting = append(waiting, c)
		settle(window)
	}
}

// end stops the publisher once everything that it published is confirmed.
func (p *publisher) end() int64 {
	close(p.stop)
	<-p.ended
	return p.confirmed.Load()
}

func body(number int64) []byte {
	b := fmt.Appendf(nil, "%d|", number)
	return append(b, strings.Repeat("x", bodySize-len(b))...)
}

// await waits for a condition.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(node.Patience); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after %v: %s", node.Patience, what)
		}
	}
}

// consume takes the messages from one number to before another, in order, each once.
func consume(t *testing.T, n *node.Node, from, to int64) {
	t.Helper()
	ch := n.Channel()
	if err := ch.Qos(200, 0, false); err != nil {
		t.Fatal(err)
	}
	deliveries, err := ch.Consume(queueName, "", false, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for number := from; number < to; number++ {
		select {
		case d, ok := <-deliveries:
			if !ok {
				t.Fatalf("message %d: the channel is closed", number)
			}
			if string(d.Body) != string(body(number)) {
				t.Fatalf("message %d is %.20q", number, d.Body)
			}
			if err := d.Ack(false); err != nil {
				t.Fatal(err)
			}
		case <-time.After(node.Patience):
			t.Fatalf("message %d of %d does not come", number, to)
		}
	}
	if err := ch.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAlarmBeforeTheDiskIsFull: publishers are told and held while there is space left, and
// go on when what is there has been consumed.
func TestAlarmBeforeTheDiskIsFull(t *testing.T) {
	disk := mount(t)
	n := amqpd.StartAt(t, filepath.Join(disk, "data"), small("--disk-free-limit", "24MiB")...)
	p := publish(t, n, 0)
	select {
	case b := <-p.blocked:
		if !b.Active || !strings.Contains(b.Reason, "disk") {
			t.Errorf("told %+v", b)
		}
	case <-time.After(node.Patience):
		t.Fatal("not blocked")
	}
	if left := free(t, disk); left == 0 || strings.Contains(n.Log(), "disk full") {
		t.Errorf("%d octets are left", left)
	}
	held := p.confirmed.Load()
	consume(t, n, 0, held)
	select {
	case b := <-p.blocked:
		if b.Active {
			t.Error("blocked twice")
		}
	case <-time.After(node.Patience):
		t.Fatal("still blocked")
	}
	await(t, "publishing goes on", func() bool { return p.confirmed.Load() > held+2*window })
	consume(t, n, held, p.end())
	n.Stop()
}

// TestFullDisk fills the disk without an alarm before it. Nothing is confirmed while there is
// no space, nothing is lost, and everything goes on when there is some again, by whatever
// it came free.
func TestFullDisk(t *testing.T) {
	disk := mount(t)
	data := filepath.Join(disk, "data")
	n := amqpd.StartAt(t, data, small("--disk-free-limit", "0")...)
	filler := fill(t, disk, 16<<20)
	p := publish(t, n, 0)
	full := func() bool {
		return strings.Contains(n.Log(), "disk almost full") || strings.Contains(n.Log(), "disk full")
	}
	await(t, "the disk is full", full)
	held := stalled(t, p)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, "publishing goes on in what was freed", func() bool { return p.confirmed.Load() > held+5*window })
	fill(t, disk, 0)
	held = stalled(t, p)
	consume(t, n, 0, held/2)
	await(t, "publishing goes on in what was consumed", func() bool { return p.confirmed.Load() > held+window })

	stalled(t, p)
	n.Kill()
	<-p.ended
	left := p.confirmed.Load()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	n.Restart()
	consume(t, n, held/2, left)
	n.Stop()
	if out, code := amqpd.Run(t, "check", "--data-dir", data); code != 0 {
		t.Errorf("check: exit code %d:\n%s", code, out)
	}
}

// stalled waits until nothing is confirmed any more, and returns how many are.
func stalled(t *testing.T, p *publisher) int64 {
	t.Helper()
	last, since := int64(-1), time.Now()
	await(t, "no more confirms", func() bool {
		if now := p.confirmed.Load(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 1500*time.Millisecond
	})
	return last
}

// TestStopOnAFullDisk stops a node that waits for space.
func TestStopOnAFullDisk(t *testing.T) {
	disk := mount(t)
	data := filepath.Join(disk, "data")
	n := amqpd.StartAt(t, data, small("--disk-free-limit", "0")...)
	fill(t, disk, 8<<20)
	p := publish(t, n, 0)
	held := stalled(t, p)
	n.Stop()
	<-p.ended
	n.Restart()
	consume(t, n, 0, held)
	n.Stop()
}

// TestReadOnlyDisk: the node does not start, and says why in one sentence.
func TestReadOnlyDisk(t *testing.T) {
	disk := mount(t)
	used := filepath.Join(disk, "used")
	n := amqpd.StartAt(t, used, small()...)
	n.Stop()
	remount(t, disk, "ro")
	for _, data := range []string{used, filepath.Join(disk, "new")} {
		out, code := amqpd.Run(t, "--data-dir", data, "--amqp-listen", "127.0.0.1:0", "--http-listen", "", "--metrics-listen", "")
		sentence := strings.TrimSpace(out)
		if code != 2 || strings.Contains(sentence, "\n") || !strings.Contains(sentence, "cannot be written") || !strings.Contains(sentence, data) {
			t.Errorf("exit code %d, it says:\n%s", code, out)
		}
	}
	remount(t, disk, "rw")
	n.Restart()
	n.Stop()
}
