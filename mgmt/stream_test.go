package mgmt

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"amqpd/cluster/meta"
)

// valve is a client that reads only while it is open.
type valve struct {
	header http.Header
	text   heard         // what was read
	open   chan struct{} // closed: reads
}

// heard is text that grows while a test looks at it: the clock of synctest orders
// nothing for the race detector.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(text []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(text)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func (h *heard) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Reset()
}

func (h *heard) Len() int { return len(h.String()) }

func newValve() *valve { return &valve{header: http.Header{}, open: make(chan struct{})} }

func (v *valve) Header() http.Header { return v.header }
func (v *valve) WriteHeader(int)     {}
func (v *valve) Flush()              {}
func (v *valve) Write(text []byte) (int, error) {
	<-v.open
	return v.text.Write(text)
}

// taken gives the names of the events that were read since the last time, with
// their data.
func (v *valve) taken() (list []string) {
	in := bufio.NewScanner(strings.NewReader(v.text.String()))
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		switch field, text, _ := strings.Cut(in.Text(), ": "); field {
		case "event", "data", "":
			list = append(list, text)
		}
	}
	v.text.Reset()
	return list
}

// listen opens a stream without a socket, until stop.
func (n *fixture) listen(v *valve, query string, edits ...edit) (stop func()) {
	ctx, cancel := context.WithCancel(n.t.Context())
	r := httptest.NewRequestWithContext(ctx, "GET", "/api/events?"+query, http.NoBody)
	r.RemoteAddr = "127.0.0.1:50000"
	r.SetBasicAuth("guest", "guest")
	for _, e := range edits {
		e(r)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.ServeHTTP(v, r)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// Where nothing happens a comment comes every streamQuiet.
func TestStream_Quiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, v := newNode(t), newValve()
		close(v.open)
		stop := n.listen(v, "objects=queue")
		synctest.Wait()
		v.text.Reset()
		time.Sleep(streamQuiet - time.Millisecond)
		synctest.Wait()
		if v.text.Len() > 0 {
			t.Errorf("too soon: %q", v.text.String())
		}
		for range 3 {
			time.Sleep(streamQuiet)
			synctest.Wait()
			if got := v.text.String(); got != ": quiet\n\n" {
				t.Errorf("after a while: %q", got)
			}
			v.text.Reset()
		}
		stop()
	})
}

// A client that does not read finds everything in one piece when it does, and
// nothing was kept for it meanwhile.
func TestStream_Slow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, slow, quick := newNode(t), newValve(), newValve()
		close(quick.open)
		query := "topic=" + formEncode(queueNames) + "&objects=queue"
		stop := n.listen(slow, query)
		stopQuick := n.listen(quick, query)
		synctest.Wait()
		const made = 3 * maxNews
		for i := range made {
			n.apply(queueNamed("q" + strconv.Itoa(i)))
			if i%512 == 0 {
				time.Sleep(2 * time.Second)
			}
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := len(n.hub.news); got > 2*maxNews {
			t.Errorf("%d events are kept", got)
		}
		if got := quick.taken(); len(got) < 10 || strings.Contains(strings.Join(got, " "), `"missed":true`) {
			t.Errorf("the quick one got %d lines", len(got))
		}
		close(slow.open)
		synctest.Wait()
		got := slow.taken()
		if text := strings.Join(got, "\n"); !strings.Contains(text, `"missed":true`) || strings.Count(text, "\nstate\n")+strings.Count(text, "\npatch\n") > maxTopicSteps+1 {
			t.Errorf("the slow one got %d lines: %.2000s", len(got), text)
		}
		stop()
		stopQuick()
	})
}

// expensive makes GET /api/overview take a second, and counts how often it is
// made.
func expensive(n *fixture, takes time.Duration) (made *int) {
	made = new(int)
	rows := slices.Clone(n.routes)
	i := slices.IndexFunc(rows, func(r route) bool { return r.path == "/api/overview" })
	rows[i].handle = func(c *call) error {
		*made++
		time.Sleep(takes)
		return c.item(obj(m("made", whole(*made))))
	}
	n.tree = newTree(rows)
	return made
}

// Who comes and goes with ever new topics leaves few of them behind.
func TestStream_TopicsThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		for i := range maxLingering/maxTopics + 20 {
			v, query := newValve(), ""
			close(v.open)
			for k := range maxTopics {
				query += "topic=" + formEncode("/vhosts/"+strconv.Itoa(i*maxTopics+k)) + "&"
			}
			stop := n.listen(v, query)
			synctest.Wait()
			stop()
		}
		if got := len(n.hub.topics); got > maxLingering {
			t.Errorf("%d topics are kept", got)
		}
		time.Sleep(topicLinger + time.Second)
		n.hub.sample()
		if len(n.hub.topics) != 0 || n.hub.held.Load() != 0 {
			t.Errorf("%d topics with %d octets are left", len(n.hub.topics), n.hub.held.Load())
		}
	})
}

// What costs much is made less often.
func TestStream_Pace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, v := newNode(t), newValve()
		made := expensive(n, time.Second)
		close(v.open)
		stop := n.listen(v, "topic=/overview")
		for range 12 { // a minute
			time.Sleep(tick * time.Second)
			n.hub.sample()
		}
		synctest.Wait()
		if *made < 2 || *made > 4 {
			t.Errorf("an answer that takes 1 s was made %d times in a minute", *made)
		}
		stop()
		time.Sleep(topicLinger + time.Second)
		n.hub.sample()
		if len(n.hub.topics) != 0 || n.hub.held.Load() != 0 {
			t.Errorf("%d topics with %d octets are left", len(n.hub.topics), n.hub.held.Load())
		}
	})
}

// What several look at is made once for all of them.
func TestStream_Shared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, a, b := newNode(t), newValve(), newValve()
		made := expensive(n, 0)
		close(a.open)
		close(b.open)
		stopA, stopB := n.listen(a, "topic=/overview"), n.listen(b, "topic=/overview")
		synctest.Wait()
		for range 10 {
			time.Sleep(tick * time.Second)
			n.hub.sample()
		}
		synctest.Wait()
		if *made < 10 || *made > 12 {
			t.Errorf("made %d times", *made)
		}
		if a, b := strings.Join(a.taken(), "\n"), strings.Join(b.taken(), "\n"); a != b {
			t.Errorf("two readers of one topic got\n%s\n%s", a, b)
		}
		stopA()
		stopB()
	})
}

// An id of another process or of other topics is passed over.
func TestStream_StrangeID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t)
		n.apply(queueNamed("a"))
		for _, id := range []string{"", "x", "x.1.2", n.hub.boot, n.hub.boot + ".1", n.hub.boot + ".zzzzzzzzz.zz", n.hub.boot + ".-1.1", n.hub.boot + ".0.99", strings.Repeat(".", 100)} {
			v := newValve()
			close(v.open)
			stop := n.listen(v, "topic="+formEncode(queueNames)+"&objects=all", header("Last-Event-ID", id))
			synctest.Wait()
			if got := v.taken(); len(got) < 4 || got[2] != "" && got[3] != "state" {
				t.Errorf("%q: %q", id, got)
			}
			stop()
		}
	})
}

// A thousand streams that have nothing to tell cost little for each sample.
func BenchmarkStream_Idle(b *testing.B) {
	n := newNode(b)
	for i := range 100 {
		n.apply(meta.PutQueue{Queue: meta.Queue{Vhost: "/", Name: "q" + strconv.Itoa(i), Kind: "classic", Durable: true, Home: "amqpd@test"}})
	}
	var stops []func()
	for i := range 1000 {
		v := newValve()
		close(v.open)
		n.addUser("u"+strconv.Itoa(i%10), []string{"administrator"}, "/")
		stops = append(stops, n.listen(v, "topic="+formEncode("/queues?page=1&page_size=100")+"&topic=/vhosts&objects=all", as("u"+strconv.Itoa(i%10))))
	}
	for b.Loop() {
		n.hub.sample()
		time.Sleep(100 * time.Millisecond)
	}
	for _, stop := range stops {
		stop()
	}
}
