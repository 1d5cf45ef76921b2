package scale

import (
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

// ask gets what is served at a URL and returns how long it is. Any answer that is
// no success ends the test.
func (c *client) ask(url string) int64 {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	r.SetBasicAuth("guest", "guest")
	r.Header.Set("Accept-Encoding", "identity")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer got.Body.Close()
	n, err := io.Copy(io.Discard, got.Body)
	if err != nil || got.StatusCode >= 300 {
		c.t.Fatalf("%s: %s, %v", url, got.Status, err)
	}
	return n
}

// table asks for each path some times and logs how long it took and what of the
// processor the node used meanwhile, for whatever it did. On a machine with other
// work an answer is late through no fault of the node, so most bounds the smaller
// of the quickest answer and the processor time; 0 bounds nothing.
func (c *client) table(paths []string, s size, most time.Duration) {
	c.t.Helper()
	for _, path := range paths {
		var took []time.Duration
		octets, before := int64(0), c.n.CPU()
		for range s.asked {
			begin := time.Now()
			octets = c.ask(c.url(path))
			took = append(took, time.Since(begin))
		}
		cpu := (c.n.CPU() - before) / time.Duration(s.asked)
		slices.Sort(took)
		c.t.Logf("  %-86s %8d octets, median %6.1f ms, worst %6.1f ms, processor %4d ms", path, octets,
			ms(took[len(took)/2]), ms(took[len(took)-1]), cpu.Milliseconds())
		if s.long() && most > 0 && min(took[0], cpu) > most {
			c.t.Errorf("%s takes %v at best, %v of them processor time", path, took[0], cpu)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// pollingCost compares the rate of messages while somebody polls with that while
// nobody does, in turns so that what else happens on the machine counts for both.
func (c *client) pollingCost(s size) {
	c.t.Helper()
	var with, without, dear, cheap []float64
	for range 3 {
		rate, cost := c.rate(s.window)
		without, cheap = append(without, rate), append(cheap, cost)
		stop := c.poll()
		rate, cost = c.rate(s.window)
		stop()
		with, dear = append(with, rate), append(dear, cost)
	}
	change := func(from, to []float64) float64 { return 100 * (median(to) - median(from)) / median(from) }
	c.t.Logf("  without polling %.0f messages/s, %.2f µs of processor time each; polling every %v %.0f/s (%+.1f %%), %.2f µs (%+.1f %%)",
		median(without), median(cheap), pollEvery, median(with), change(without, with), median(dear), change(cheap, dear))
	c.t.Logf("  the runs: %.0f and %.0f messages/s, %.2f and %.2f µs", without, with, cheap, dear)
}

func median(of []float64) float64 { return slices.Sorted(slices.Values(of))[len(of)/2] }

// poll asks for what is polled until the function returned is called.
func (c *client) poll() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		clock := time.NewTicker(pollEvery)
		defer clock.Stop()
		for {
			for _, path := range polled {
				c.ask(c.url(path))
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

// rate is the messages consumed in a second, over a span, and the microseconds of
// processor time that the node used for each, for all that it did.
func (c *client) rate(span time.Duration) (rate, cost float64) {
	before, used, begin := consumed.Load(), c.n.CPU(), time.Now()
	time.Sleep(span)
	got := float64(consumed.Load() - before)
	return got / time.Since(begin).Seconds(), float64((c.n.CPU() - used).Microseconds()) / max(got, 1)
}
