package broker

import (
	"errors"
	"testing"

	"amqpd/amqp"
	"amqpd/queue"
)

// What was redriven may die and go round as if it had never been dead, and
// remembers what it went through.
func TestRevive(t *testing.T) {
	list := amqp.PropertyList{DeliveryMode: 2, Headers: amqp.Table{{Key: "mine", Value: amqp.Long(1)}}}
	var seen deaths
	for _, d := range []death{
		{reason: queue.Expired, queue: "q", exchange: "x", key: "k"},
		{reason: queue.Expired, queue: "wait", exchange: "dlx", key: "q"},
		{reason: queue.MaxLen, queue: "q", exchange: "", key: "q"},
	} {
		list, seen = died(t, d, list, letterTarget{})
	}
	if !seen.cycle("q", queue.Expired) {
		t.Fatal("the rule against cycles has nothing to say")
	}
	first, header, err := revive(amqp.AppendHeaderPayload(nil, 5, &list))
	if err != nil || first.queue != "q" || first.exchange != "x" || first.key != "k" {
		t.Fatalf("it first died as %+v, %v", first, err)
	}
	again := delivery{header: header}.properties(t)
	kept, _ := again.Headers.Get(redrivenHeader)
	if len(again.Headers) != 2 || len(readDeaths(kept)) != 3 || bodySize(header) != 5 || again.DeliveryMode != 2 {
		t.Errorf("it comes back with %s", again.Headers.Canonical())
	}
	if _, seen = died(t, death{reason: queue.Expired, queue: "other"}, again, letterTarget{}); seen.cycle("q", queue.Expired) || len(seen) != 1 {
		t.Errorf("it is still held to its past: %v", seen)
	}
}

// Publishers can write any x-death.
func TestRevive_MadeUp(t *testing.T) {
	entry := func(fields ...amqp.Field) amqp.Value { return amqp.ArrayOf(amqp.TableOf(fields)) }
	queueField := amqp.Field{Key: "queue", Value: amqp.LongStr("q")}
	keys := func(v ...amqp.Value) amqp.Field {
		return amqp.Field{Key: "routing-keys", Value: amqp.ArrayOf(v...)}
	}
	for name, headers := range map[string]amqp.Table{
		"none":          nil,
		"text":          {{Key: "x-death", Value: amqp.LongStr("q")}},
		"empty":         {{Key: "x-death", Value: amqp.ArrayOf()}},
		"no tables":     {{Key: "x-death", Value: amqp.ArrayOf(amqp.Long(5))}},
		"no keys":       {{Key: "x-death", Value: entry(queueField)}},
		"empty keys":    {{Key: "x-death", Value: entry(queueField, keys())}},
		"no queue":      {{Key: "x-death", Value: entry(keys(amqp.LongStr("k")))}},
		"another queue": {{Key: "x-death", Value: entry(keys())}, {Key: "x-first-death-queue", Value: amqp.LongStr("z")}},
	} {
		list := amqp.PropertyList{Headers: headers}
		if _, _, err := revive(amqp.AppendHeaderPayload(nil, 0, &list)); !errors.Is(err, errNoDeath) {
			t.Errorf("%s: %v", name, err)
		}
	}
	list := amqp.PropertyList{Headers: amqp.Table{{Key: "x-death", Value: entry(queueField, keys(amqp.Long(5)))}}}
	if first, _, err := revive(amqp.AppendHeaderPayload(nil, 0, &list)); err != nil || first.queue != "q" || first.key != "" {
		t.Errorf("a key that is no text: %+v %v", first, err)
	}
}
