package broker

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"amqpd/amqp"
	"amqpd/store"
)

// What a closed channel had promised is not answered: its number may be in use
// again.
func TestNoConfirmBehindChannelClose(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	for range 20 {
		k.channel(2)
		k.confirms(2)
		k.write(amqp.ChannelClose{ReplyCode: 200}.Append(publishing(2, "", "q", false, persistent, "m"), 2))
		for {
			_, m := k.method()
			if _, ok := m.(*amqp.ChannelCloseOk); ok {
				break
			}
			if _, ok := m.(*amqp.BasicAck); !ok {
				t.Fatalf("got %T", m)
			}
		}
		awaitLog(b)
		k.channel(3)
		call[amqp.ChannelCloseOk](k, 3, &amqp.ChannelClose{})
	}
}

// The log may be durable before the committer says so: a channel then answers
// by itself and has nothing left to wait for.
func TestLogFasterThanItsCommitter(t *testing.T) {
	b := open(t, Options{})
	dial(t, b).guest()
	c := b.theOnly(t)
	ch := newChannel(c, 7)
	durable := awaitLog(b)
	c.out.mu.Lock()
	ch.confirms.add(1, durable, false)
	ch.confirms.waits, c.awaiting = true, append(c.awaiting, ch) // from an earlier batch
	ch.confirms.add(2, 0, false)
	c.sendConfirms([]*channel{ch})
	c.out.mu.Unlock()
	c.awaitLog()
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if ch.confirms.sent != 2 || len(ch.confirms.pending) != 0 {
		t.Errorf("sent %d, pending %+v", ch.confirms.sent, ch.confirms.pending)
	}
	if ch.confirms.waits || len(c.awaiting) != 0 {
		t.Errorf("waits %t, %d channels awaiting", ch.confirms.waits, len(c.awaiting))
	}
}

// outcome is a run of publishes as a test adds it.
type outcome struct {
	upTo uint64
	lsn  store.LSN
	nack bool
}

func TestConfirmRuns(t *testing.T) {
	ack := func(tag uint64, multiple bool) amqp.Method {
		return &amqp.BasicAck{DeliveryTag: tag, Multiple: multiple}
	}
	nack := func(tag uint64) amqp.Method {
		return &amqp.BasicNack{DeliveryTag: tag, Multiple: true, Requeue: true}
	}
	for _, row := range []struct {
		name    string
		add     []outcome
		durable store.LSN
		sent    []amqp.Method
		left    int // runs that wait
	}{
		{"one", []outcome{{upTo: 1}}, 0, []amqp.Method{ack(1, false)}, 0},
		{"a batch", []outcome{{upTo: 9}}, 0, []amqp.Method{ack(9, true)}, 0},
		{"two that join", []outcome{{upTo: 1}, {upTo: 2}}, 0, []amqp.Method{ack(2, true)}, 0},
		{"nack between", []outcome{{upTo: 1}, {upTo: 2, nack: true}, {upTo: 3}}, 0,
			[]amqp.Method{ack(1, false), nack(2), ack(3, false)}, 0},
		{"nacks join", []outcome{{upTo: 1, nack: true}, {upTo: 4, nack: true}}, 0, []amqp.Method{nack(4)}, 0},
		{"not durable yet", []outcome{{upTo: 1, lsn: 100}}, 99, nil, 1},
		{"durable to the octet", []outcome{{upTo: 1, lsn: 100}}, 100, []amqp.Method{ack(1, false)}, 0},
		{"first half durable", []outcome{{upTo: 3, lsn: 100}, {upTo: 5, lsn: 200}}, 150, []amqp.Method{ack(3, true)}, 1},
		{"both durable join", []outcome{{upTo: 3, lsn: 100}, {upTo: 5, lsn: 200}}, 200, []amqp.Method{ack(5, true)}, 0},
		{"transient behind persistent waits", []outcome{{upTo: 1, lsn: 100}, {upTo: 2}}, 50, nil, 1},
		{"nack behind persistent waits", []outcome{{upTo: 1, lsn: 100}, {upTo: 2, nack: true}}, 50, nil, 2},
		{"transient in front does not", []outcome{{upTo: 1}, {upTo: 2, lsn: 100}}, 50, []amqp.Method{ack(1, false)}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			var c confirms
			for _, o := range row.add {
				c.add(o.upTo, o.lsn, o.nack)
			}
			got := methodsOf(t, c.emit(nil, 5, row.durable))
			if !reflect.DeepEqual(got, row.sent) {
				t.Errorf("sent %+v, want %+v", got, row.sent)
			}
			if len(c.pending) != row.left {
				t.Errorf("%d runs left, want %d", len(c.pending), row.left)
			}
		})
	}
}

// methodsOf parses method frames, all of one channel.
func methodsOf(t *testing.T, b []byte) (all []amqp.Method) {
	t.Helper()
	for len(b) > 0 {
		f, n, err := amqp.ParseFrame(b, 0)
		if err != nil || n == 0 || f.Channel != 5 {
			t.Fatalf("frame %+v, %d octets, %v", f, n, err)
		}
		b = b[n:]
		id, args := amqp.SplitMethod(f.Payload)
		m := amqp.NewMethod(id)
		if err := m.Parse(args); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// Every tag is answered once and in order, whatever is durable when.
func TestConfirmsAnswerEachTagOnce(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		var c confirms
		refused := map[uint64]bool{}
		var tag, answered uint64
		lsn, durable := store.LSN(0), store.LSN(0)
		take := func() {
			for _, m := range methodsOf(t, c.emit(nil, 5, durable)) {
				upTo, bad := uint64(0), false
				switch m := m.(type) {
				case *amqp.BasicAck:
					upTo = m.DeliveryTag
					if !m.Multiple && upTo != answered+1 {
						t.Fatalf("seed %d: ack %d alone behind %d", seed, upTo, answered)
					}
				case *amqp.BasicNack:
					upTo, bad = m.DeliveryTag, true
				}
				if upTo <= answered {
					t.Fatalf("seed %d: %d answered behind %d", seed, upTo, answered)
				}
				for ; answered < upTo; answered++ {
					if refused[answered+1] != bad {
						t.Fatalf("seed %d: tag %d: nack %t", seed, answered+1, bad)
					}
				}
			}
		}
		for range 300 {
			n := uint64(1 + rnd.IntN(3))
			nack := rnd.IntN(5) == 0
			for range n {
				tag++
				refused[tag] = nack
			}
			at := store.LSN(0)
			if rnd.IntN(2) == 0 {
				lsn += store.LSN(rnd.IntN(10))
				at = lsn
			}
			c.add(tag, at, nack)
			if rnd.IntN(3) == 0 {
				durable = min(lsn, durable+store.LSN(rnd.IntN(20)))
				take()
			}
		}
		durable = lsn
		take()
		if answered != tag || len(c.pending) != 0 {
			t.Fatalf("seed %d: answered %d of %d", seed, answered, tag)
		}
	}
}

// A persistent message is confirmed behind its return, a transient one does not
// wait for it.
func TestReturnComesBeforeItsConfirm(t *testing.T) {
	k := dial(t, open(t, Options{})).guest()
	k.durable(1, "q", nil)
	k.confirms(1)
	b := publishing(1, "", "nowhere", true, persistent, "lost")
	k.write(append(b, publishing(1, "", "q", false, persistent, "kept")...))
	if r := want[amqp.BasicReturn](k, 1); r.ReplyCode != 312 || r.RoutingKey != "nowhere" {
		t.Fatalf("got %+v", r)
	}
	k.content()
	for last := uint64(0); last < 2; {
		last = want[amqp.BasicAck](k, 1).DeliveryTag
	}
}
