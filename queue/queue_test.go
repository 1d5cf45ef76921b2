package queue

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"amqpd/policy"
	"amqpd/store"
)

func classic() policy.Settings { return policy.NewSettings(policy.Classic) }

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, _ := recover().(string); !strings.Contains(got, want) {
			t.Errorf("panic is %q, want %q", got, want)
		}
	}()
	f()
}

// TestKinds holds the table to the kinds of package policy: a stream is not
// kept here, and no row is empty.
func TestKinds(t *testing.T) {
	for k, want := range map[policy.Kind]bool{policy.Classic: true, policy.Quorum: true, policy.Stream: false} {
		if Keeps(k) != want {
			t.Errorf("%v: kept is %t", k, !want)
		}
		if want && kinds[k].levels == 0 {
			t.Errorf("%v: the row has no levels", k)
		}
	}
	mustPanic(t, "BUG: queue: a stream queue", func() { New(1, true, policy.NewSettings(policy.Stream)) })
}

// TestDefaultPrefetch: 0 is no limit on a classic queue and 2000 on a quorum
// queue (amqp-behaviour §2.1); without acknowledgement there is none.
func TestDefaultPrefetch(t *testing.T) {
	for _, test := range []struct {
		kind     policy.Kind
		noAck    bool
		prefetch int
		want     int
	}{
		{policy.Classic, false, 0, 3000},
		{policy.Quorum, false, 0, 2000},
		{policy.Quorum, false, 2500, 2500},
		{policy.Quorum, true, 0, 3000},
	} {
		q, fx := New(1, false, policy.NewSettings(test.kind)), &Effects{}
		if err := q.Subscribe(1, &Consumer{NoAck: test.noAck, Prefetch: test.prefetch}, fx); err != nil {
			t.Fatal(err)
		}
		for range 3000 {
			q.Publish(1, Message{TTL: -1}, fx)
		}
		if len(fx.Deliver) != test.want {
			t.Errorf("%+v: got %d", test, len(fx.Deliver))
		}
	}
}

func TestReasonNames(t *testing.T) {
	got := []string{Rejected.String(), Expired.String(), MaxLen.String(), DeliveryLimit.String()}
	if want := []string{"rejected", "expired", "maxlen", "delivery_limit"}; !slices.Equal(got, want) {
		t.Errorf("reasons are %v, want %v", got, want)
	}
}

// TestBlockedConsumersCostNothing: 10,000 consumers whose gate is closed are
// asked once each and then not again until they are woken.
func TestBlockedConsumersCostNothing(t *testing.T) {
	q, fx, asked := New(1, false, classic()), &Effects{}, 0
	for range 10_000 {
		c := &Consumer{Gate: gateFunc(func() bool { asked++; return false })}
		if err := q.Subscribe(1, c, fx); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		q.Publish(1, Message{TTL: -1}, fx)
	}
	if asked != 10_000 {
		t.Errorf("gates were asked %d times", asked)
	}
	if q.Dispatch(1, fx); asked != 20_000 {
		t.Errorf("after Dispatch gates were asked %d times", asked)
	}
}

type gateFunc func() bool

func (f gateFunc) Take() bool { return f() }

// TestExpiresUntouched: after a start nobody may have touched the queue; its
// clock then starts at the first Tick, which Deadline asks for at once.
func TestExpiresUntouched(t *testing.T) {
	s := classic()
	s.Expires = 500
	q, fx := New(1, true, s), &Effects{}
	if due := q.Deadline(); due == 0 || due > 1000 {
		t.Fatalf("deadline of an untouched queue is %d", due)
	}
	q.Tick(1000, fx)
	if due := q.Deadline(); fx.Delete || due != 1500 {
		t.Fatalf("delete %t, deadline %d", fx.Delete, due)
	}
	if q.Tick(1500, fx); !fx.Delete {
		t.Error("the queue does not expire")
	}
}

// TestRestoreClamps: a level beyond those that the queue has now counts as the
// highest, and numbers go on where the log says.
func TestRestoreClamps(t *testing.T) {
	q, fx := New(1, true, classic()), &Effects{}
	q.Restore([]store.Entry{{Seq: 5, Pos: 50, Priority: 3}, {Seq: 200, Pos: 51}}, 1000)
	if err := q.Verify(); err != nil {
		t.Fatal(err)
	}
	q.Publish(1, Message{Pos: 52, TTL: -1, Persistent: true}, fx)
	if got := fx.Persist[0].Seq; got != 1000 {
		t.Errorf("next number is %d, want 1000", got)
	}
	var order []store.Pos
	for e := range q.Peek() {
		order = append(order, e.Pos)
	}
	if want := []store.Pos{50, 51, 52}; !slices.Equal(order, want) {
		t.Errorf("order is %v, want %v", order, want)
	}
	mustPanic(t, "BUG: queue: recovered", func() {
		New(1, true, classic()).Restore([]store.Entry{{Seq: 2}, {Seq: 2}}, 3)
	})
}

// TestPeekStops: both iterators end when the caller has enough.
func TestPeekStops(t *testing.T) {
	for _, s := range []policy.Settings{classic(), policy.NewSettings(policy.Quorum)} {
		q, fx, n := New(1, true, s), &Effects{}, 0
		for range q.Peek() {
			t.Fatal("an empty queue has something to peek at")
		}
		for range 100 {
			q.Publish(1, Message{TTL: -1}, fx)
		}
		for range q.Peek() {
			if n++; n == 3 {
				break
			}
		}
		for range q.Entries() {
			if n++; n == 70 {
				break
			}
		}
		if n != 70 {
			t.Errorf("%v: %d steps", s.Kind, n)
		}
	}
}

// TestMisuse: what only a mistake of the broker can bring about is not passed
// over in silence.
func TestMisuse(t *testing.T) {
	q, fx := New(1, true, classic()), &Effects{}
	c := &Consumer{Prefetch: 1}
	if err := q.Subscribe(1, c, fx); err != nil {
		t.Fatal(err)
	}
	mustPanic(t, "subscribed twice", func() { _ = q.Subscribe(1, c, fx) })
	q.Publish(1, Message{TTL: -1}, fx)
	q.Publish(1, Message{TTL: -1}, fx)
	q.Get(1, false, fx)
	mustPanic(t, "did not get", func() {
		q.Settle(1, c, []store.Range{{From: 1, To: 2}}, Ack, fx)
	})
}

// TestSettleBeyond: ranges may reach over what is not outstanding; nothing else
// is touched by them.
func TestSettleBeyond(t *testing.T) {
	q, fx := New(1, true, classic()), &Effects{}
	for i := range 300 {
		q.Publish(1, Message{Pos: store.Pos(i + 1), TTL: -1, Persistent: true}, fx)
	}
	for range 200 {
		q.Get(1, false, fx)
	}
	fx.Reset()
	all := []store.Range{{From: 0, To: ^uint64(0)}}
	q.Settle(1, nil, all, Ack, fx)
	q.Settle(1, nil, all, Ack, fx)
	if want := (store.Range{From: 1, To: 200}); len(fx.Settled) != 1 || fx.Settled[0] != want {
		t.Errorf("settled %v, want %v", fx.Settled, want)
	}
	if q.Ready() != 100 || q.Unacked() != 0 || len(fx.Release) != 200 {
		t.Errorf("%d ready, %d unacked, %d released", q.Ready(), q.Unacked(), len(fx.Release))
	}
}

func TestConsumerViews(t *testing.T) {
	q, fx := New(9, true, classic()), &Effects{}
	a := &Consumer{Tag: "a", Exclusive: true}
	if err := q.Subscribe(1, a, fx); err != nil {
		t.Fatal(err)
	}
	if q.ExclusiveConsumer() != a || q.ActiveConsumer() != nil || !a.Active() {
		t.Error("an exclusive consumer is not shown as such")
	}
	q.Cancel(1, a, fx)
	if q.ExclusiveConsumer() != nil || a.Active() {
		t.Error("a cancelled consumer is still shown")
	}
	s := classic()
	s.SingleActiveConsumer = true
	q = New(9, true, s)
	b, c := &Consumer{Tag: "b"}, &Consumer{Tag: "c"}
	if err := errors.Join(q.Subscribe(1, b, fx), q.Subscribe(1, c, fx)); err != nil {
		t.Fatal(err)
	}
	var tags []string
	q.EachConsumer(func(c *Consumer) bool { tags = append(tags, c.Tag); return c != b })
	if q.ActiveConsumer() != b || c.Active() || !slices.Equal(tags, []string{"b"}) {
		t.Errorf("active is %v, stopped after %v", q.ActiveConsumer(), tags)
	}
	if q.ID() != 9 || !q.Durable() || q.Deleted() {
		t.Error("the queue does not know itself")
	}
}

// TestEffectsReset: a huge list is not kept, an ordinary one is, and neither
// keeps consumers alive.
func TestEffectsReset(t *testing.T) {
	var fx Effects
	fx.Release = make([]store.Pos, keepMax+1)
	fx.Deliver = append(make([]Delivery, 0, 10), Delivery{Consumer: &Consumer{}})
	fx.Delivered = 1
	if fx.Empty() {
		t.Error("full effects are empty")
	}
	fx.Reset()
	if !fx.Empty() || cap(fx.Release) != 0 || cap(fx.Deliver) != 10 || fx.Deliver[:1][0].Consumer != nil {
		t.Errorf("after Reset: %+v", fx)
	}
}

// TestDropsMemory: a queue that was long and is empty again is as small as a
// new one.
func TestDropsMemory(t *testing.T) {
	s := classic()
	for _, s.MaxPriority = range []uint8{0, 3} {
		q, fx := New(1, false, s), &Effects{}
		for i := range 100_000 {
			q.Publish(1, Message{TTL: -1, Priority: uint8(i)}, fx)
		}
		for range 50_000 {
			q.Get(1, false, fx)
		}
		q.Return(1, nil, []store.Range{{From: 1, To: 100_000}}, fx)
		for range 100_000 {
			q.Get(1, true, fx)
			fx.Reset()
		}
		if q.ring.live != 0 || cap(q.ring.dir) > smallDir || cap(q.ring.behind) > slimCap {
			t.Errorf("%d live, directory of %d, behind of %d", q.ring.live, cap(q.ring.dir), cap(q.ring.behind))
		}
		if q.ring.levels != nil {
			for l, at := range q.ring.levels.at {
				if cap(at.behind) > slimCap || cap(at.waiting.buf) > slimCap {
					t.Errorf("level %d keeps room for %d and %d", l, cap(at.behind), cap(at.waiting.buf))
				}
			}
		}
	}
}

// TestExpiryInParts: of very many messages that are due in one moment some expire at a time;
// Tick is asked for until all have gone, and what is behind them is delivered then.
func TestExpiryInParts(t *testing.T) {
	s := classic()
	s.DeadLetter = true
	fill := func() (*Queue, *Effects) {
		q, fx := New(1, true, s), &Effects{}
		for range 3*expireAtOnce + 1 {
			q.Publish(1, Message{TTL: 10, Persistent: true}, fx)
		}
		q.Publish(1, Message{TTL: -1, Pos: 7}, fx)
		fx.Reset()
		return q, fx
	}
	const now = 100
	q, fx := fill()
	if err := q.Subscribe(now, &Consumer{}, fx); err != nil {
		t.Fatal(err)
	}
	for turns := 0; len(fx.Deliver) == 0; turns++ {
		if n := len(fx.DeadLetter); n == 0 || n > 2*expireAtOnce || turns > 3 {
			t.Fatalf("%d messages died in turn %d", n, turns)
		}
		if due := q.Deadline(); due == 0 || due > now {
			t.Fatalf("%d are left, and the next look is at %d", q.Ready(), due)
		}
		fx.Reset()
		q.Tick(now, fx)
	}
	if err := q.Verify(); err != nil {
		t.Error(err)
	}
	if fx.Deliver[0].Pos != 7 || q.Ready() != 0 || q.Deadline() != 0 {
		t.Errorf("delivered %v, %d ready, next look at %d", fx.Deliver[0].Pos, q.Ready(), q.Deadline())
	}

	q, fx = fill()
	if d, ok := q.Get(now, true, fx); !ok || d.Pos != 7 {
		t.Errorf("got %v, %t: what is behind the expired ones is there", d.Pos, ok)
	}
}
