package broker

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"amqpd/amqp"
)

// discard is a socket that takes everything and gives nothing.
type discard struct{ net.Conn }

func (discard) Write(b []byte) (int, error)      { return len(b), nil }
func (discard) SetReadDeadline(time.Time) error  { return nil }
func (discard) SetWriteDeadline(time.Time) error { return nil }
func (discard) SetDeadline(time.Time) error      { return nil }
func (discard) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (discard) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (discard) Close() error                     { return nil }

// rig is a connection without a reader: a benchmark calls what the reader
// would, in its own goroutine.
type rig struct {
	b *Broker
	c *conn
}

func newRig(b testing.TB, o Options) *rig {
	r := &rig{b: open(b, o)}
	r.c = newConn(r.b, discard{})
	r.c.deadline = time.NewTimer(time.Hour)
	r.c.user.Name = "guest"
	r.c.vhost = r.b.vhost("/")
	r.c.routes.v = r.c.vhost
	r.c.frameMax, r.c.channelMax = 131072, 2047
	r.c.channels = make(map[uint16]*channel)
	r.c.batch = newBatch(r.b)
	r.c.state = running
	r.do(b, amqp.ChannelOpen{}.Append(nil, 1))
	b.Cleanup(r.c.finish)
	return r
}

// do handles octets as if one read had brought them.
func (r *rig) do(t testing.TB, octets []byte) {
	if len(octets) > len(r.c.buf) {
		r.c.buf = make([]byte, len(octets))
	}
	r.c.start, r.c.end = 0, copy(r.c.buf, octets)
	if err := r.c.process(); err != nil || r.c.state != running {
		t.Fatalf("state %d, %v", r.c.state, err)
	}
	r.drop()
}

// drop forgets what waits for the client, as if the socket had taken it.
func (r *rig) drop() {
	o := &r.c.out
	o.mu.Lock()
	for _, c := range o.chunks {
		o.size.Add(-int64(len(c)))
		large.Put(c)
	}
	o.chunks = o.chunks[:0]
	o.mu.Unlock()
}

// BenchmarkPublishToConsumer takes batches of 64 publishes from octets to the
// consumer's output. An operation is a message.
func BenchmarkPublishToConsumer(b *testing.B) {
	const batch = 64
	for _, row := range []struct {
		name         string
		noAck        bool
		confirm      bool
		p            *amqp.PropertyList
		durable      bool
		size         int
		acknowledges bool
	}{
		{name: "noack", noAck: true, size: 16},
		{name: "noack1k", noAck: true, size: 1024},
		{name: "acked", confirm: true, acknowledges: true, size: 16},
		{name: "persistent", confirm: true, acknowledges: true, size: 16, p: persistent, durable: true},
	} {
		b.Run(row.name, func(b *testing.B) {
			r := newRig(b, Options{})
			setup := amqp.QueueDeclare{Queue: "q", Durable: row.durable}.Append(nil, 1)
			setup = amqp.BasicConsume{Queue: "q", ConsumerTag: "c", NoAck: row.noAck}.Append(setup, 1)
			if row.confirm {
				setup = amqp.ConfirmSelect{}.Append(setup, 1)
			}
			r.do(b, setup)
			r.c.out.writing = true // the benchmark takes the octets itself
			var octets []byte
			for range batch {
				octets = append(octets, publishing(1, "", "q", false, row.p, strings.Repeat("b", row.size))...)
			}
			ack := make([]byte, 0, 64)
			tag := uint64(0)
			b.ReportAllocs()
			b.SetBytes(int64(row.size))
			n := 0
			for b.Loop() {
				if n++; n%batch != 0 {
					continue
				}
				r.do(b, octets)
				if tag += batch; row.acknowledges {
					ack = amqp.BasicAck{DeliveryTag: tag, Multiple: true}.Append(ack[:0], 1)
					r.do(b, ack)
				}
			}
			counts := &r.c.channels[1].counts
			if got := counts[Deliver] + counts[DeliverNoAck]; got != tag {
				b.Fatalf("%d delivered, want %d", got, tag)
			}
		})
	}
}

// What a message costs in allocations, from its octets to the consumer's
// output: nothing.
func TestNoAllocationPerMessage(t *testing.T) {
	const batch = 256
	for _, noAck := range []bool{true, false} {
		t.Run(fmt.Sprintf("automatic %t", noAck), func(t *testing.T) {
			r := newRig(t, Options{})
			setup := amqp.QueueDeclare{Queue: "q"}.Append(nil, 1)
			setup = amqp.BasicConsume{Queue: "q", ConsumerTag: "c", NoAck: noAck}.Append(setup, 1)
			r.do(t, setup)
			o := &r.c.out
			eventually(t, "the output is mine", func() bool {
				o.mu.Lock()
				defer o.mu.Unlock()
				mine := !o.writing
				o.writing = true
				return mine
			})
			var octets []byte
			for range batch {
				octets = append(octets, publishing(1, "", "q", false, nil, "body")...)
			}
			ack := make([]byte, 0, 64)
			tag := uint64(0)
			got := testing.AllocsPerRun(200, func() {
				r.do(t, octets)
				if tag += batch; !noAck {
					ack = amqp.BasicAck{DeliveryTag: tag, Multiple: true}.Append(ack[:0], 1)
					r.do(t, ack)
				}
			})
			if got > batch/8 {
				t.Errorf("%.0f allocations for %d messages", got, batch)
			}
		})
	}
}
