package broker

import (
	"container/heap"
	"log/slog"
	"slices"
	"sync"
	"time"

	"amqpd/amqp"
	"amqpd/exchange"
	"amqpd/store"
)

// delayQueue is the queue id under which the log keeps delayed messages; real
// queues never have it.
const delayQueue = 1 << 62

// delayed is one message that waits. Its octets are stored with the virtual
// host and the exchange in front.
type delayed struct {
	due  int64 // unix ms
	seq  uint64
	pos  store.Pos
	size uint32
	kept bool // it is in the log
}

// delays holds the messages of all x-delayed-message exchanges of the node,
// soonest first, under one timer. Persistent ones are in the log too and
// survive a restart.
type delays struct {
	b *Broker

	mu    sync.Mutex
	heap  delayHeap   // guarded by mu
	next  uint64      // guarded by mu: next sequence number
	timer *time.Timer // guarded by mu
}

// recover takes back what the log kept.
func (d *delays) recover() {
	entries, next := d.b.store.Recovered(delayQueue)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next = max(next, 1)
	for _, e := range entries {
		d.heap = append(d.heap, delayed{due: e.Expiry, seq: e.Seq, pos: e.Pos, size: e.Size, kept: true})
	}
	heap.Init(&d.heap)
	d.arm()
}

// add holds m back. The publisher's confirm waits for the log when m is
// persistent.
func (d *delays) add(t *batch, vhost string, hold exchange.Hold, m *message) {
	prefix, err := amqp.AppendEnvelope(nil, vhost, hold.Exchange)
	if err != nil {
		return
	}
	prefix = append(prefix, m.env...)
	e := delayed{due: d.b.clock() + int64(hold.Milliseconds), size: uint32(len(m.body)), kept: m.persistent}
	if e.kept {
		e.pos = d.b.store.PutDurable(prefix, m.header, m.body)
		m.logged = true
	} else {
		e.pos = d.b.store.PutTransient(prefix, m.header, m.body)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e.seq = d.next
	d.next++
	if e.kept {
		d.b.store.Enqueue(delayQueue, []store.Entry{{Seq: e.seq, Pos: e.pos, Expiry: e.due, Size: e.size}})
	}
	heap.Push(&d.heap, e)
	if d.heap[0].seq == e.seq {
		d.arm()
	}
}

// arm sets the timer to the soonest message. REQUIRES mu.
func (d *delays) arm() {
	if len(d.heap) == 0 {
		return
	}
	wait := time.Duration(max(d.heap[0].due-d.b.clock(), 0)) * time.Millisecond
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, d.tick)
		return
	}
	d.timer.Reset(wait)
}

// stop ends the timer.
func (d *delays) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
}

// tick releases what is due.
func (d *delays) tick() {
	t := d.b.borrow()
	defer d.b.giveBack(t)
	for {
		due := d.due(t.now)
		if len(due) == 0 {
			return
		}
		for i := range due {
			d.release(t, &due[i])
		}
		t.flush()
		for _, e := range due {
			if e.kept {
				d.b.store.Settle(delayQueue, []store.Range{{From: e.seq, To: e.seq}})
			}
			d.b.store.Release(e.pos)
		}
		t.flushDirty()
	}
}

// due takes a batch of messages that are due; with none it arms the timer.
func (d *delays) due(now int64) (out []delayed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.heap) > 0 && d.heap[0].due <= now && len(out) < batchMessages {
		out = append(out, heap.Pop(&d.heap).(delayed))
	}
	if len(out) == 0 {
		d.arm()
	}
	return out
}

// release routes a delayed message from its exchange, with the bindings of now
// and x-delay negated (amqp-behaviour §3.5).
func (d *delays) release(t *batch, e *delayed) {
	payload, err := t.reader.Read(e.pos)
	if err != nil {
		d.b.log.Error("delayed message cannot be read", slog.Any("error", err))
		return
	}
	payload = slices.Clone(payload)
	n := 1 + int(payload[0])
	n += 1 + int(payload[n])
	vhost, name, _ := amqp.SplitEnvelope(payload[:n])
	v := d.b.vhost(string(vhost))
	if v == nil {
		return
	}
	env, header, body := splitPayload(payload[n:])
	m := message{env: env, header: negateDelay(header), body: body, ttl: -1}
	queues, err := t.routeOwn(v, string(name), &m)
	if err == nil && len(queues) > 0 {
		m.durable = m.persistent && anyDurable(queues)
		t.add(m, queues)
	}
}

// delayHeap orders by due time, then by arrival.
type delayHeap []delayed

func (h delayHeap) Len() int { return len(h) }
func (h delayHeap) Less(i, j int) bool {
	return h[i].due < h[j].due || h[i].due == h[j].due && h[i].seq < h[j].seq
}
func (h delayHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *delayHeap) Push(x any)   { *h = append(*h, x.(delayed)) }
func (h *delayHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
