package exchange

import (
	"math"
	"slices"
	"testing"

	"amqpd/amqp"
)

func TestDelay(t *testing.T) {
	for _, row := range []struct {
		value amqp.Value
		want  int64 // 0: routed at once
	}{
		{amqp.Long(5000), 5000},
		{amqp.Byte(1), 1},
		{amqp.UnsignedByte(255), 255},
		{amqp.Short(300), 300},
		{amqp.UnsignedShort(65535), 65535},
		{amqp.Int32(1), 1},
		{amqp.Uint32(math.MaxUint32), math.MaxUint32},
		{amqp.Long(math.MaxUint32 + 1), math.MaxUint32 + 1},
		{amqp.Long(maxDelay), maxDelay},
		{amqp.Long(maxDelay + 1), 0},
		{amqp.Long(math.MaxInt64), 0},
		{amqp.Long(math.MinInt64), 0},
		{amqp.Long(0), 0},
		{amqp.Long(-5000), 0},
		{amqp.LongStr("250"), 250},
		{amqp.LongStr("+250"), 250},
		{amqp.LongStr("-250"), 0},
		{amqp.LongStr("2.5"), 0},
		{amqp.LongStr(""), 0},
		{amqp.LongStr("soon"), 0},
		{amqp.LongStr("99999999999999999999"), 0},
		{amqp.Double(2.9), 2},
		{amqp.Float(7), 7},
		{amqp.Double(0.5), 0},
		{amqp.Double(-1e300), 0},
		{amqp.Double(1e300), 0},
		{amqp.Bool(true), 0},
		{amqp.Timestamp(5), 0},
		{amqp.Void(), 0},
		{amqp.TableOf(nil), 0},
	} {
		ms, ok := Delay(raw(args("a", 1, "x-delay", row.value)))
		if ms != row.want || ok != (row.want > 0) {
			t.Errorf("x-delay %v: %d, %v; want %d", row.value, ms, ok, row.want)
		}
	}
	if _, ok := Delay(nil); ok {
		t.Error("a message without headers is delayed")
	}
}

func TestDelayedExchangeHolds(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "d", Type: DelayedMessage, Arguments: args("x-delayed-type", "topic"), Alternate: "lost"})
	r.Put(Exchange{Name: "lost", Type: Fanout})
	r.Put(Exchange{Name: "first", Type: Fanout})
	mustBind(t, r, Binding{Source: "d", Destination: "q", Key: "a.#"})
	mustBind(t, r, Binding{Source: "lost", Destination: "l"})
	mustBind(t, r, Binding{Source: "first", Destination: "d", To: ToExchange})
	mustBind(t, r, Binding{Source: "first", Destination: "f"})

	expectQueues(t, r, "d", key("a.b"), "q")
	expectQueues(t, r, "d", key("b"), "l")

	var res Result
	held := &Message{Key: []byte("a.b"), Headers: raw(args("x-delay", 1000))}
	for x, want := range map[string][]string{"d": {"l"}, "first": {"f", "l"}} {
		if err := r.Route(x, held, &res); err != nil {
			t.Fatal(err)
		}
		slices.Sort(res.Queues)
		if !slices.Equal(res.Queues, want) || !slices.Equal(res.Holds, []Hold{{"d", 1000}}) || res.Cacheable {
			t.Errorf("a delayed message through %q: %+v", x, res)
		}
	}
	due := &Message{Key: []byte("a.b"), Headers: raw(args("x-delay", -1000))}
	expectQueues(t, r, "d", due, "q")
}

func TestDelayedTakesOnItsInnerType(t *testing.T) {
	hash := Exchange{Name: "d", Type: DelayedMessage, Arguments: args("x-delayed-type", amqp.Binary([]byte(ConsistentHash)))}
	if err := Validate(hash, "/"); err != nil {
		t.Fatal(err)
	}
	r := NewRouter()
	r.Put(hash)
	_, err := r.Bind(Binding{Source: "d", Destination: "q", Key: "x"})
	expectError(t, err, 406, amqp.MethodQueueBind, `The binding key must be an integer: <<"x">>`)
	mustBind(t, r, Binding{Source: "d", Destination: "q", Key: "1"})
	expectQueues(t, r, "d", key("any"), "q")

	history := Exchange{Name: "h", Type: DelayedMessage, Arguments: args("x-delayed-type", RecentHistory)}
	r.Put(history)
	var res Result
	if err := r.Route("h", key("k"), &res); err != nil || !slices.Equal(res.History, []string{"h"}) {
		t.Errorf("delayed history: %+v, %v", res, err)
	}
	if as, ok := history.RoutesAs(); !ok || as.Name != RecentHistory {
		t.Errorf("it routes as %q", as.Name)
	}
}
