package broker

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"amqpd/amqp"
	"amqpd/store"
)

// delayedExchange declares exchange "later".
func delayedExchange(k *client) {
	k.t.Helper()
	call[amqp.ExchangeDeclareOk](k, 1, &amqp.ExchangeDeclare{Exchange: "later", Type: "x-delayed-message", Durable: true,
		Arguments: amqp.Table{{Key: "x-delayed-type", Value: amqp.LongStr("fanout")}}})
}

// delay is a persistent message that waits.
func delay(ms int64) *amqp.PropertyList {
	return &amqp.PropertyList{DeliveryMode: 2, Headers: amqp.Table{{Key: "x-delay", Value: amqp.Long(ms)}}}
}

// later declares exchange "later" and a durable queue q bound to it.
func later(k *client) {
	k.t.Helper()
	delayedExchange(k)
	k.durable(1, "q", nil)
	call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: "q", Exchange: "later"})
}

// Whatever the delay, a message comes in its millisecond or the next, and never
// before. The longest is of a message that lies on the disk meanwhile.
func TestDelaysAreKept(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.guest()
		later(k)
		k.consume(1, "q", true)
		k.publish(1, "later", "", delay(0), "at once")
		if d := k.deliver(1); d.body != "at once" {
			t.Errorf("got %q", d.body)
		}
		since := time.Now()
		delays := []int64{1, 2, 999, delayAside, delayAside + 1, 61_000, 24 * 3600 * 1000}
		for _, ms := range slices.Backward(delays) {
			for _, mode := range []byte{1, 2} {
				p := delay(ms)
				p.DeliveryMode = mode
				k.publish(1, "later", "", p, fmt.Sprint(ms))
			}
		}
		synctest.Wait()
		if n := b.Delayed(); n != 2*len(delays) {
			t.Errorf("%d messages are delayed, want %d", n, 2*len(delays))
		}
		for _, ms := range delays {
			for range 2 {
				d := k.deliver(1)
				took := time.Since(since) - time.Duration(ms)*time.Millisecond
				if d.body != fmt.Sprint(ms) || took < 0 || took > time.Millisecond {
					t.Errorf("message %s %v behind the delay of %d ms", d.body, took, ms)
				}
			}
		}
		if n, _, ok := b.DelayedBy("/", "later"); n != 0 || !ok || b.Delayed() != 0 {
			t.Errorf("%d messages are left, %d in all, %t", n, b.Delayed(), ok)
		}
	})
}

// x-delay comes back negated, as a 32-bit integer where it fits, whatever it was.
func TestDelayIsNegated(t *testing.T) {
	for _, row := range []struct {
		value, want amqp.Value
	}{
		{amqp.Byte(100), amqp.Int32(-100)},
		{amqp.UnsignedShort(300), amqp.Int32(-300)},
		{amqp.LongStr("250"), amqp.Int32(-250)},
		{amqp.Double(7.5), amqp.Int32(-7)},
		{amqp.Long(math.MaxInt32), amqp.Int32(-math.MaxInt32)},
		{amqp.Uint32(math.MaxUint32), amqp.Long(-math.MaxUint32)},
		{amqp.Long(200_000_000_000), amqp.Long(-200_000_000_000)},
	} {
		p := amqp.PropertyList{Headers: amqp.Table{{Key: "a", Value: amqp.Bool(true)}, {Key: "x-delay", Value: row.value}}}
		m := message{header: negateDelay(amqp.AppendHeaderPayload(nil, 0, &p))}
		headers, err := amqp.ParseTable(m.properties().Headers)
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := headers.Get("x-delay"); v.Format() != row.want.Format() || v.Kind() != row.want.Kind() || len(headers) != 2 {
			t.Errorf("x-delay %v becomes %v of kind %v", row.value.Format(), v.Format(), v.Kind())
		}
	}
}

// What a deleted exchange keeps goes with it, here and on the disk, and does not
// come through another of the same name.
func TestDelayedMessagesGoWithTheirExchange(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.guest()
		later(k)
		k.confirms(1)
		for i := range uint64(50) {
			p := delay(200 + 400*int64(i%2))
			p.DeliveryMode = 1 + byte(i%4/2)
			k.publish(1, "later", "", p, "m")
			k.publish(1, "later", "", delay(24*3600*1000), "m")
			answers(t, k, 2*i+2)
		}
		call[amqp.ExchangeDeleteOk](k, 1, &amqp.ExchangeDelete{Exchange: "later"})
		if n := b.Delayed(); n != 0 {
			t.Errorf("%d messages are left", n)
		}
		if n := b.store.Stats().References; n != 0 {
			t.Errorf("%d references are left", n)
		}
		later(k)
		k.publish(1, "later", "", delay(700), "new")
		answers(t, k, 101)
		k.bye()
		stop(t, b)
		b, k = reopen(t, b)
		if n := b.Delayed(); n != 1 {
			t.Errorf("%d messages after a restart, want 1", n)
		}
		time.Sleep(25 * time.Hour)
		if d := k.awaitGet(1, "q"); d.body != "new" {
			t.Errorf("got %q", d.body)
		}
		if d, ok := k.get(1, "q", true); ok {
			t.Errorf("got %q too", d.body)
		}
	})
}

// What waits when a node stops goes on waiting at its next start.
func TestDelayedMessagesSurvive(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.guest()
		later(k)
		k.confirms(1)
		k.publish(1, "later", "", delay(90_000), "second")
		k.publish(1, "later", "", delay(60_000), "first")
		answers(t, k, 2)
		k.bye()
		stop(t, b)
		b, k = reopen(t, b)
		k.consume(1, "q", true)
		for _, body := range []string{"first", "second"} {
			d := k.deliver(1)
			v, _ := d.properties(t).Headers.Get("x-delay")
			if n, _ := v.Int(); d.body != body || n >= 0 {
				t.Errorf("got %q with x-delay %d, want %q and a negative one", d.body, n, body)
			}
		}
		awaitLog(b)
		eventually(t, "no references", func() bool { return b.store.Stats().References == 0 })
	})
}

// A transaction gives messages to a delayed exchange when it commits.
func TestDelayedInATransaction(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	later(k)
	k.consume(1, "q", true)
	k.channel(2)
	call[amqp.TxSelectOk](k, 2, &amqp.TxSelect{})
	k.publish(2, "later", "", delay(1), "undone")
	call[amqp.TxRollbackOk](k, 2, &amqp.TxRollback{})
	k.publish(2, "later", "", delay(1), "done")
	k.publish(2, "later", "", nil, "at once")
	call[amqp.QueueDeclareOk](k, 2, &amqp.QueueDeclare{Queue: "q", Passive: true}) // has told the server of both
	if n := b.Delayed(); n != 0 {
		t.Errorf("%d messages are delayed before the commit", n)
	}
	k.send(2, &amqp.TxCommit{})
	var got []string
	for len(got) < 2 {
		switch _, m := k.method(); m.(type) {
		case *amqp.BasicDeliver:
			_, body := k.content()
			got = append(got, body)
		case *amqp.TxCommitOk:
		default:
			t.Fatalf("got %T", m)
		}
	}
	if got[0] != "at once" || got[1] != "done" {
		t.Errorf("got %q", got)
	}
}

// BCC counts when the message is due, and is not shown.
func TestDelayedBlindCopy(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	call[amqp.ExchangeDeclareOk](k, 1, &amqp.ExchangeDeclare{Exchange: "later", Type: "x-delayed-message",
		Arguments: amqp.Table{{Key: "x-delayed-type", Value: amqp.LongStr("direct")}}})
	for _, name := range []string{"a", "b"} {
		k.durable(1, name, nil)
		call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: name, Exchange: "later", RoutingKey: name})
	}
	p := delay(1)
	p.Headers = append(p.Headers, amqp.Field{Key: "BCC", Value: amqp.ArrayOf(amqp.LongStr("b"))})
	k.publish(1, "later", "a", p, "m")
	for _, name := range []string{"a", "b"} {
		d := k.awaitGet(1, name)
		if _, shown := d.properties(t).Headers.Get("BCC"); d.body != "m" || shown {
			t.Errorf("queue %s: %q, BCC is shown: %t", name, d.body, shown)
		}
	}
}

// What lies in the log only because it waits long is dropped by a restart.
func TestDelayedThatNeedNotSurvive(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{DataDir: dir})
	k := dial(t, b).guest()
	later(k)
	for _, mode := range []byte{1, 2} {
		p := delay(3_600_000)
		p.DeliveryMode = mode
		k.publish(1, "later", "", p, "m")
	}
	k.bye()
	if n, refs := b.Delayed(), b.store.Stats().References; n != 2 || refs != 2 {
		t.Errorf("%d messages are delayed, %d in the log, want 2", n, refs)
	}
	stop(t, b)
	b = open(t, Options{DataDir: dir})
	if n, refs := b.Delayed(), b.store.Stats().References; n != 1 || refs != 1 {
		t.Errorf("%d messages are delayed, %d in the log, want one", n, refs)
	}
}

// A few messages that wait long keep no more of the log than they take.
func TestDelayedMessagesPinNoSegments(t *testing.T) {
	const segment = 64 << 10
	timed(t, Options{SegmentSize: segment}, func(t *testing.T, b *Broker, k *client) {
		k.guest()
		later(k)
		const n = 40
		body := strings.Repeat("x", 1000)
		for range n {
			p := delay(24 * 3600 * 1000)
			p.DeliveryMode = 1
			k.publish(1, "later", "", p, body)
			for range segment / len(body) {
				k.publish(1, "", "q", persistent, body)
			}
		}
		call[amqp.QueuePurgeOk](k, 1, &amqp.QueuePurge{Queue: "q"})
		time.Sleep(time.Minute)
		if st := b.store.Stats(); st.Segments > n/4 || st.References != n {
			t.Errorf("%d delayed messages keep %d segments", st.References, st.Segments)
		}
	})
}

// Large messages that are due at once are moved in batches of bounded size.
func TestDelayedBurstIsMovedInBatches(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	later(k)
	k.confirms(1)
	const n, size = 64, 300 << 10
	body := string(make([]byte, size))
	q, d := b.vhost("/").queue("q"), b.vhost("/").delayLine("later")
	q.mu.Lock() // holds the first batch up
	due := time.Now().Add(time.Second)
	for range n {
		k.publish(1, "later", "", delay(max(time.Until(due).Milliseconds(), 1)), body)
	}
	answers(t, k, n)
	before := heap()
	eventually(t, "the first batch comes", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.pending.Len() < n
	})
	grown := heap() - before
	q.mu.Unlock()
	eventually(t, "all are there", func() bool { ready, _ := q.counters(); return ready == n })
	if grown > n*size/2 {
		t.Errorf("%d octets more for %d octets of messages", grown, n*size)
	}
	eventually(t, "none is left", func() bool { return b.Delayed() == 0 })
}

// publishLater publishes a message of 100 octets to exchange "later", the first
// eight of which tell when it is due.
func (t *batch) publishLater(v *vhost, ms int64) {
	body := make([]byte, 100)
	binary.LittleEndian.PutUint64(body, uint64(t.now+ms))
	env, _ := amqp.AppendEnvelope(nil, "later", "")
	m := message{env: env, header: amqp.AppendHeaderPayload(nil, uint64(len(body)), delay(ms)), body: body, ttl: -1}
	queues, err := t.routeOwn(v, "later", &m)
	if err != nil {
		panic(err)
	}
	t.add(m, queues)
	if t.full() {
		t.flush()
	}
}

// lateness reads n deliveries of publishLater's and returns how many
// milliseconds they came behind their time, ascending.
func lateness(t *testing.T, k *client, n int) []int {
	t.Helper()
	late := make([]int, n)
	for i := range late {
		d := k.deliver(1)
		late[i] = int(time.Now().UnixMilli() - int64(binary.LittleEndian.Uint64([]byte(d.body))))
	}
	slices.Sort(late)
	return late
}

// heap returns the octets in use behind a collection.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Messages that are pending by the million cost few octets, do not hold up those
// that are due, and are there again soon after a restart.
//
// make delayed runs it with 5 million.
func TestDelayedByTheMillion(t *testing.T) {
	pending, rate, seconds := scaled(20_000, 5_000_000), scaled(1_000, 10_000), scaled(1, 10)
	dir := t.TempDir()
	o := Options{DataDir: dir, Sync: store.SyncInterval}
	b := open(t, o)
	k := dial(t, b).guest()
	later(k)
	v := b.vhost("/")
	before := heap()
	since := time.Now()
	w := newBatch(b)
	w.tick()
	r := rand.New(rand.NewPCG(1, 2))
	for range pending {
		w.publishLater(v, 3600_000+r.Int64N(365*24*3600_000))
	}
	w.end()
	awaitLog(b)
	_, octets, _ := b.DelayedBy("/", "later")
	t.Logf("%d pending after %v: %d octets each for the index, %.1f in all with the log's", pending,
		time.Since(since).Round(time.Millisecond), octets/pending, float64(heap()-before)/float64(pending))
	if pending > 1_000_000 && octets > 100<<20 {
		t.Errorf("the index takes %d octets", octets)
	}

	accuracy := func(b *Broker) {
		k := dial(t, b).guest()
		k.consume(1, "q", true)
		since := time.Now()
		var publisher sync.WaitGroup
		publisher.Go(func() {
			w := newBatch(b)
			v := b.vhost("/")
			for tick := range seconds * 100 {
				w.tick()
				for range rate / 100 {
					w.publishLater(v, 500+r.Int64N(2000))
				}
				w.end()
				time.Sleep(time.Until(since.Add(time.Duration(tick+1) * 10 * time.Millisecond)))
			}
		})
		late := lateness(t, k, rate*seconds)
		publisher.Wait()
		t.Logf("%d/s: late by %d ms at the median, %d ms at 99 %%, %d ms at most", rate, late[len(late)/2], late[len(late)*99/100], late[len(late)-1])
		if late[0] < 0 {
			t.Errorf("a message came %d ms before its time", -late[0])
		}
		k.bye()
	}
	accuracy(b)
	k.bye()
	since = time.Now()
	stop(t, b)
	t.Logf("stopped in %v", time.Since(since).Round(time.Millisecond))
	since = time.Now()
	b = open(t, o)
	t.Logf("started in %v", time.Since(since).Round(time.Millisecond))
	if n := b.Delayed(); n != pending {
		t.Errorf("%d pending after a restart, want %d", n, pending)
	}
	accuracy(b)
}
