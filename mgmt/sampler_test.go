package mgmt

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"amqpd/broker"
)

// What the sampler remembers of a queue, in octets of heap with everything around
// it. docs/operations.md says these numbers.
func TestSampler_MemoryOfAQueue(t *testing.T) {
	const count = 500
	for _, c := range []struct {
		name string
		move func(*broker.QueueSample, int)
		most float64
	}{
		{"never used", func(*broker.QueueSample, int) {}, 10},
		{"used, then idle for an hour", func(q *broker.QueueSample, tick int) {
			if tick < 100 {
				busyQueue(q)
			}
		}, 1000},
		{"a message a minute", func(q *broker.QueueSample, tick int) {
			if tick%12 == 0 {
				q.Stats[broker.Publish]++
				q.Stats[broker.DeliverNoAck]++
			}
		}, 2000},
		{"used all the time", func(q *broker.QueueSample, _ int) { busyQueue(q) }, 10_000},
	} {
		samples := make([]broker.QueueSample, count)
		queues := book[uint64]{}
		var readings []reading
		estimate := 0
		before := heap()
		for k := range 2 * 3600 / tick {
			now := int64(k+1) * tick
			for i := range samples {
				q := &samples[i]
				was := *q
				if c.move(q, k); *q == was {
					continue
				}
				readings = queueReadings(readings[:0], q)
				queues.note(retainBasic, uint64(i), now, readings)
			}
			if k%sweepEvery == 0 {
				estimate = queues.forget(retainBasic, now)
			}
		}
		octets, guess := float64(heap()-before)/count, float64(estimate)/count
		t.Logf("%s: %.0f octets a queue, estimated %.0f", c.name, octets, guess)
		if octets > c.most {
			t.Errorf("%s: %.0f octets a queue, want at most %.0f", c.name, octets, c.most)
		}
		if octets > 500 && math.Abs(octets-guess)/octets > 0.25 {
			t.Errorf("%s: %.0f octets a queue were estimated to be %.0f", c.name, octets, guess)
		}
		runtime.KeepAlive(queues)
		runtime.KeepAlive(samples)
		runtime.KeepAlive(readings)
	}
}

// busyQueue is five seconds of a queue with traffic: all figures that a
// publisher with confirms and a consumer with acknowledgements move.
func busyQueue(q *broker.QueueSample) {
	n := uint64(rand.Int64N(20_000))
	q.Stats[broker.Publish] += n
	q.Stats[broker.Deliver] += n
	q.Stats[broker.Ack] += n
	q.Stats[broker.Redeliver] += n / 100
	q.Ready, q.Unacked = rand.IntN(1000), rand.IntN(100)
}

// heap is what lives after a collection, in octets.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Under its budget the sampler keeps what it promises; above it gives up the
// older half, again and again, and takes it back when there is room.
func TestSampler_KeepsToItsBudget(t *testing.T) {
	s := sampler{log: slog.New(slog.DiscardHandler), basic: retainBasic}
	for _, c := range []struct{ octets, fine, coarse int64 }{
		{1000, 600, 3600}, {1001, 300, 1800}, {1001, 150, 900}, {250, 150, 900}, {249, 300, 1800}, {0, 600, 3600}, {0, 600, 3600},
		{2000, 300, 1800}, {2000, 150, 900}, {2000, 75, 450}, {2000, 37, 360}, {2000, 30, 360}, {2000, 30, 360}, {2000, 30, 360},
	} {
		s.keepTo(1000, int(c.octets))
		if want := (retention{{5, c.fine}, {60, c.coarse}}); !slices.Equal(s.basic, want) {
			t.Errorf("%d octets of 1000: %v is kept, want %v", c.octets, s.basic, want)
		}
	}
	if rateBase(0) < -1000*s.basic[0].age {
		t.Error("what is kept is too short for a rate")
	}
}
