package broker

import (
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"amqpd/amqp"
)

// timed runs a test in fake time with a broker and a client over a pipe.
func timed(t *testing.T, o Options, f func(t *testing.T, b *Broker, k *client)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		o.DataDir = dir
		b := open(t, o)
		k := pipe(t, b)
		k.patience = 0
		f(t, b, k)
	})
}

// reopen starts a broker on the directory of one that has stopped, with a client that
// waits as long as it takes.
func reopen(t *testing.T, stopped *Broker) (*Broker, *client) {
	t.Helper()
	b := open(t, Options{DataDir: stopped.o.DataDir})
	k := pipe(t, b)
	k.patience = 0
	return b, k.guest()
}

// beats reads until the end of the connection and notes when heartbeats came,
// and the end.
func (k *client) beats(since time.Time, n int) (at []time.Duration, end time.Duration) {
	k.t.Helper()
	buf := make([]byte, 8)
	for range n {
		for have := 0; have < len(buf); {
			m, err := k.nc.Read(buf[have:])
			if err != nil {
				return at, time.Since(since)
			}
			have += m
		}
		if string(buf) != string(amqp.AppendHeartbeat(nil)) {
			k.t.Fatalf("got % x, want a heartbeat", buf)
		}
		at = append(at, time.Since(since))
	}
	return at, 0
}

// The server sends every half interval, and a silent client is dropped two to
// three intervals behind its last octet (amqp-behaviour §1.9).
func TestHeartbeatsToASilentClient(t *testing.T) {
	for _, interval := range []uint16{1, 2, 60} {
		t.Run(fmt.Sprint(interval), func(t *testing.T) {
			timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
				k.beat = interval
				k.tune("guest", "guest")
				since := time.Now()
				call[amqp.ConnectionOpenOk](k, 0, &amqp.ConnectionOpen{VirtualHost: "/"})
				at, end := k.beats(since, 1000)
				whole := time.Duration(interval) * time.Second
				for i, d := range at {
					if want := whole / 2 * time.Duration(i+1); d != want {
						t.Errorf("heartbeat %d after %v, want %v", i+1, d, want)
					}
				}
				if len(at) < 4 {
					t.Errorf("%d heartbeats before the end", len(at))
				}
				if end < 2*whole || end > 3*whole {
					t.Errorf("dropped after %v, want two to three times %v", end, whole)
				}
			})
		})
	}
}

// Any octets keep a connection, not only heartbeats.
func TestAnyOctetsCountAsHeartbeat(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.beat = 2
		k.login("guest", "guest", "/")
		go func() { _, _ = k.beats(time.Now(), 1000) }()
		half := amqp.ChannelOpen{}.Append(nil, 1)
		for i := range 5 {
			time.Sleep(1900 * time.Millisecond)
			k.write(half[i : i+1])
		}
		synctest.Wait()
		c := b.theOnly(t)
		select {
		case <-c.gone:
			t.Error("dropped")
		default:
		}
		_ = k.nc.Close()
	})
}

func TestNoHeartbeats(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.login("guest", "guest", "/")
		time.Sleep(24 * time.Hour)
		k.channel(1)
	})
}

func TestHandshakeTimeout(t *testing.T) {
	stages := map[string]func(k *client){
		"silent": func(k *client) {},
		"header": func(k *client) { k.write([]byte(offeredHeader)); want[amqp.ConnectionStart](k, 0) },
		"tuned":  func(k *client) { k.tune("guest", "guest") },
	}
	for name, stage := range stages {
		t.Run(name, func(t *testing.T) {
			timed(t, Options{HandshakeTimeout: 7 * time.Second}, func(t *testing.T, b *Broker, k *client) {
				since := time.Now()
				stage(k)
				if f, ok := k.frameOrEnd(); ok {
					t.Fatalf("got %+v", f)
				}
				if d := time.Since(since); d != 7*time.Second {
					t.Errorf("ended after %v", d)
				}
			})
		})
	}
}

// A bad tune-ok is answered with silence (amqp-behaviour §1.4).
func TestSilenceAfterABadTune(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.frame = 100
		k.tune("guest", "guest")
		since := time.Now()
		if f, ok := k.frameOrEnd(); ok {
			t.Fatalf("got %+v", f)
		}
		if d := time.Since(since); d != closeSilence {
			t.Errorf("ended after %v, want %v", d, closeSilence)
		}
	})
}

// A delivery that is not acknowledged closes its channel and goes back to its
// queue; one that is on time, or a channel without deliveries, stays.
func TestConsumerTimeout(t *testing.T) {
	timed(t, Options{ConsumerTimeout: 10 * time.Minute}, func(t *testing.T, b *Broker, k *client) {
		k.guest()
		for ch, queue := range map[uint16]string{2: "late", 3: "prompt"} {
			k.channel(ch)
			call[amqp.QueueDeclareOk](k, ch, &amqp.QueueDeclare{Queue: queue})
			k.consume(ch, queue, false)
			k.publish(ch, "", queue, nil, queue)
			k.deliver(ch)
		}
		for i := range uint64(3) {
			time.Sleep(4 * time.Minute)
			k.send(3, &amqp.BasicAck{DeliveryTag: i + 1})
			k.publish(1, "", "prompt", nil, "next")
			if i < 2 {
				k.deliver(3)
			}
		}
		var m amqp.ChannelClose
		for m.ReplyCode == 0 {
			f := k.next()
			if id, args := amqp.SplitMethod(f.Payload); f.Type == amqp.FrameMethod && id == amqp.MethodChannelClose {
				if err := m.Parse(args); err != nil || f.Channel != 2 {
					t.Fatalf("channel %d: %v", f.Channel, err)
				}
			}
		}
		const text = "PRECONDITION_FAILED - delivery acknowledgement on channel 2 timed out. Timeout value used: 600000 ms. " +
			"This timeout value can be configured, see consumers doc guide to learn more"
		if m.ReplyCode != 406 || m.ReplyText != text {
			t.Errorf("got %d %q", m.ReplyCode, m.ReplyText)
		}
		k.deliver(3)
		k.send(2, &amqp.ChannelCloseOk{})
		k.channel(4)
		if d, ok := k.get(4, "late", true); !ok || !d.Redelivered {
			t.Errorf("back in its queue: %t, redelivered %t", ok, d.Redelivered)
		}
	})
}

// A publisher waits for the socket that it filled, a little.
func TestStall(t *testing.T) {
	full := func() *output {
		o := new(output)
		o.size.Store(outputHigh)
		return o
	}
	for _, row := range []struct {
		name      string
		o         *output
		meanwhile func(c *conn, o *output)
		want      time.Duration
	}{
		{"room", new(output), nil, 0},
		{"never drained", full(), nil, publishStall},
		{"drained", full(), func(_ *conn, o *output) { o.progress(outputHigh) }, publishStall / 4},
		{"closed", full(), func(_ *conn, o *output) { o.close() }, publishStall / 4},
		{"publisher gone", full(), func(c *conn, _ *output) { c.hangUp() }, publishStall / 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newConn(&Broker{log: slog.New(slog.DiscardHandler)}, discard{})
				if row.meanwhile != nil {
					time.AfterFunc(publishStall/4, func() { row.meanwhile(c, row.o) })
				}
				since := time.Now()
				c.stall(row.o)
				if d := time.Since(since); d != row.want {
					t.Errorf("stalled %v, want %v", d, row.want)
				}
			})
		})
	}
}
