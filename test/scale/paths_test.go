package scale

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"amqpd/test/node"
)

// client asks a node what a console and Prometheus ask.
type client struct {
	t *testing.T
	n *node.Node
}

const page = "page=1&page_size=100"

// listPaths are those that cost more with every queue.
var listPaths = []string{
	"/api/overview",
	"/api/queues?" + page,
	"/api/queues?" + page + "&sort=messages&sort_reverse=true",
	"/api/queues?" + page + "&sort=message_stats.publish_details.rate&sort_reverse=true",
	"/api/queues?" + page + "&name=queue-0001",
	"/api/queues?" + page + "&use_regex=true&name=%5Equeue-.*7%24",
	"/api/queues?columns=name,messages",
	"/api/queues",
	"/metrics",
}

// allPaths are those and what is asked for connections.
var allPaths = slices.Concat(listPaths, []string{
	"/api/connections?" + page,
	"/api/connections?" + page + "&sort=recv_oct_details.rate&sort_reverse=true",
	"/api/channels?" + page,
	"/api/consumers",
	"/api/vhosts",
	"/api/nodes",
	"/metrics/per-object",
})

// polled is what a console that is open and Prometheus ask every pollEvery.
var polled = []string{
	"/api/overview?msg_rates_age=60&msg_rates_incr=5&lengths_age=60&lengths_incr=5",
	"/api/queues?" + page + "&sort=name",
	"/metrics",
}

const pollEvery = 5 * time.Second

// url is where a path is served.
func (c *client) url(path string) string {
	if strings.HasPrefix(path, "/metrics") {
		return "http://" + c.n.Metrics + path
	}
	return "http://" + c.n.HTTP + path
}

// ask makes one request and returns how long its answer is. Any answer that is
// no success ends the test.
func (c *client) ask(method, url string, body []byte) int64 {
	c.t.Helper()
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.SetBasicAuth("guest", "guest")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Encoding", "identity")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer got.Body.Close()
	n, err := io.Copy(io.Discard, got.Body)
	if err != nil || got.StatusCode >= 300 {
		c.t.Fatalf("%s %s: %s, %v", method, url, got.Status, err)
	}
	return n
}

// table asks for each path some times and logs how long it took, and how much of
// the node's processor time when nothing else happens.
func (c *client) table(paths []string, s size) {
	c.t.Helper()
	for _, path := range paths {
		var took []time.Duration
		octets, before := int64(0), c.n.CPU()
		for range s.asked {
			begin := time.Now()
			octets = c.ask("GET", c.url(path), nil)
			took = append(took, time.Since(begin))
		}
		cpu := (c.n.CPU() - before) / time.Duration(s.asked)
		slices.Sort(took)
		c.t.Logf("  %-86s %8d octets, median %6.1f ms, worst %6.1f ms, processor %4d ms", path, octets,
			ms(took[len(took)/2]), ms(took[len(took)-1]), cpu.Milliseconds())
		if s.long() && took[0] > listMost && cpu > listMost {
			c.t.Errorf("%s takes %v at best, %v of them processor time", path, took[0], cpu)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// pollingCost compares the rate of messages while somebody polls with that while
// nobody does, in turns so that what else happens on the machine counts for both.
func (c *client) pollingCost(s size) {
	c.t.Helper()
	var with, without []float64
	for range 3 {
		without = append(without, c.rate(s.window))
		stop := c.poll()
		with = append(with, c.rate(s.window))
		stop()
	}
	slices.Sort(with)
	slices.Sort(without)
	c.t.Logf("  messages/s: %.0f without, %.0f with polling every %v: %+.1f %% (all: %.0f, %.0f)", without[1], with[1], pollEvery,
		100*(with[1]-without[1])/without[1], without, with)
}

// poll asks for what is polled until the function returned is called.
func (c *client) poll() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		clock := time.NewTicker(pollEvery)
		defer clock.Stop()
		for {
			for _, path := range polled {
				c.ask("GET", c.url(path), nil)
			}
			select {
			case <-done:
				return
			case <-clock.C:
			}
		}
	}()
	return func() { close(done); <-ended }
}

// consumed counts what the clients of startClients got.
var consumed atomic.Int64

// rate is the messages consumed in a second, over a span.
func (c *client) rate(span time.Duration) float64 {
	before, begin := consumed.Load(), time.Now()
	time.Sleep(span)
	return float64(consumed.Load()-before) / time.Since(begin).Seconds()
}
