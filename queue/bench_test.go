package queue

import (
	"testing"

	"amqpd/policy"
	"amqpd/store"
)

// batch is how many messages a read of a socket may bring.
const batch = 128

// perMessage reports the time of one message, a benchmark loop being a batch.
func perMessage(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/msg")
}

// open is a gate as the broker's is: a call that says yes.
type open struct{ taken int }

func (o *open) Take() bool { o.taken++; return true }

func subscribed(b *testing.B, q *Queue, cs ...*Consumer) {
	for _, c := range cs {
		c.Gate = new(open)
		if err := q.Subscribe(1, c, new(Effects)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPublishDeliverAck: persistent messages through a durable queue to
// consumers that acknowledge in ranges.
func BenchmarkPublishDeliverAck(b *testing.B) {
	for name, s := range map[string]policy.Settings{
		"classic": classic(), "quorum": policy.NewSettings(policy.Quorum),
		"priority": {MaxPriority: 9, MessageTTL: -1, Expires: -1, MaxLength: -1, MaxBytes: -1, DeliveryLimit: -1},
	} {
		b.Run(name, func(b *testing.B) {
			q, fx := New(1, true, s), new(Effects)
			c := &Consumer{Prefetch: 1000}
			subscribed(b, q, c)
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch {
					q.Publish(1, Message{Pos: 1, TTL: -1, Size: 16, Persistent: true, Priority: uint8(i)}, fx)
				}
				from, to := fx.Deliver[0].Seq, fx.Deliver[batch-1].Seq
				fx.Reset()
				q.Settle(1, c, []store.Range{{From: from, To: to}}, Ack, fx)
				fx.Reset()
			}
			perMessage(b)
		})
	}
}

// BenchmarkPublishDispatch is its first half, for transient messages and four
// consumers in turn.
func BenchmarkPublishDispatch(b *testing.B) {
	q, fx := New(1, true, classic()), new(Effects)
	cs := []*Consumer{{Tag: "1"}, {Tag: "2"}, {Tag: "3"}, {Tag: "4"}}
	subscribed(b, q, cs...)
	rs := make([]store.Range, 0, batch)
	b.ReportAllocs()
	for b.Loop() {
		for range batch {
			q.Publish(1, Message{Pos: 1, TTL: -1, Size: 16}, fx)
		}
		b.StopTimer()
		for _, c := range cs {
			rs = rs[:0]
			for _, d := range fx.Deliver {
				if d.Consumer == c {
					rs = append(rs, store.Range{From: d.Seq, To: d.Seq})
				}
			}
			q.Settle(1, c, rs, Ack, fx)
		}
		fx.Reset()
		b.StartTimer()
	}
	perMessage(b)
}

// BenchmarkSettle: acknowledgement of 10,000 logged messages, as one range and,
// as with two consumers in turn, as ranges of one.
func BenchmarkSettle(b *testing.B) {
	const n = 10_000
	for name, step := range map[string]uint64{"range": n, "single": 1} {
		b.Run(name, func(b *testing.B) {
			q, fx := New(1, true, classic()), new(Effects)
			c := &Consumer{}
			subscribed(b, q, c)
			rs := make([]store.Range, 0, n)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				from := q.ring.next
				for range n {
					q.Publish(1, Message{Pos: 1, TTL: -1, Size: 16, Persistent: true}, fx)
				}
				rs = rs[:0]
				for seq := from; seq < from+n; seq += step {
					rs = append(rs, store.Range{From: seq, To: seq + step - 1})
				}
				fx.Reset()
				b.StartTimer()
				q.Settle(1, c, rs, Ack, fx)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/msg")
		})
	}
}

// BenchmarkBacklog: pushing to the end and getting from the front of a queue
// with a million messages.
func BenchmarkBacklog(b *testing.B) {
	q, fx := New(1, true, classic()), new(Effects)
	for range 1_000_000 {
		q.Publish(1, Message{Pos: 1, TTL: -1, Size: 16, Persistent: true}, fx)
		fx.Reset()
	}
	b.ReportAllocs()
	for b.Loop() {
		for range batch {
			q.Publish(1, Message{Pos: 1, TTL: -1, Size: 16, Persistent: true}, fx)
		}
		for range batch {
			q.Get(1, true, fx)
		}
		fx.Reset()
	}
	perMessage(b)
}

// BenchmarkPassThrough: a message that is only counted.
func BenchmarkPassThrough(b *testing.B) {
	q := New(1, false, classic())
	subscribed(b, q, &Consumer{NoAck: true}, &Consumer{NoAck: true})
	b.ReportAllocs()
	for b.Loop() {
		for range batch {
			q.PassThrough(1, 16)
		}
	}
	perMessage(b)
}

// BenchmarkPingPong: a queue that is empty after every message.
func BenchmarkPingPong(b *testing.B) {
	q, fx := New(1, false, classic()), new(Effects)
	c := &Consumer{Prefetch: 1}
	subscribed(b, q, c)
	rs := make([]store.Range, 1)
	b.ReportAllocs()
	for b.Loop() {
		for range batch {
			q.Publish(1, Message{Pos: 1, TTL: -1, Size: 16}, fx)
			rs[0] = store.Range{From: fx.Deliver[0].Seq, To: fx.Deliver[0].Seq}
			q.Settle(1, c, rs, Ack, fx)
			fx.Reset()
		}
	}
	perMessage(b)
}

// BenchmarkRequeue: a consumer that gives everything back.
func BenchmarkRequeue(b *testing.B) {
	for _, kind := range []policy.Kind{policy.Classic, policy.Quorum} {
		b.Run(kind.String(), func(b *testing.B) {
			q, fx := New(1, true, policy.NewSettings(kind)), new(Effects)
			for range batch {
				q.Publish(1, Message{Pos: 1, TTL: -1, Size: 16, Persistent: true}, fx)
			}
			c := &Consumer{}
			subscribed(b, q, c)
			from := uint64(1)
			b.ReportAllocs()
			for b.Loop() {
				fx.Reset()
				q.Settle(1, c, []store.Range{{From: from, To: from + batch - 1}}, Requeue, fx)
				from = fx.Deliver[0].Seq
			}
			perMessage(b)
		})
	}
}
