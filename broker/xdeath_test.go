package broker

import (
	"strconv"
	"strings"
	"testing"

	"amqpd/amqp"
	"amqpd/queue"
)

// died records a death of a message with these properties and returns the new
// properties and x-death.
func died(t *testing.T, d death, p amqp.PropertyList, to letterTarget) (amqp.PropertyList, deaths) {
	t.Helper()
	header, seen, err := d.record(amqp.AppendHeaderPayload(nil, 5, &p), to)
	if err != nil {
		t.Fatal(err)
	}
	if bodySize(header) != 5 {
		t.Errorf("body size %d, want 5", bodySize(header))
	}
	return delivery{header: header}.properties(t), seen
}

// canonical prints the fields of an entry in their order.
func canonical(t *testing.T, ds deaths, i int) string {
	t.Helper()
	if i >= len(ds) {
		t.Fatalf("%d entries, want more than %d", len(ds), i)
	}
	names := ""
	for _, f := range ds[i] {
		names += f.Key + " "
	}
	return names
}

const (
	firstOrder  = "count reason queue time exchange routing-keys "
	sortedOrder = "count exchange queue reason routing-keys time "
)

func count(t *testing.T, entry amqp.Table) int64 {
	t.Helper()
	v, _ := entry.Get("count")
	n, ok := v.Int()
	if !ok {
		t.Fatalf("no count in %s", entry.Canonical())
	}
	return n
}

func TestFirstDeath(t *testing.T) {
	d := death{reason: queue.Expired, queue: "q", exchange: "x", key: "k", at: 1234}
	p, seen := died(t, d, amqp.PropertyList{
		Expiration: "100", Priority: 7, UserID: "u", DeliveryMode: 2,
		Headers: amqp.Table{
			{Key: "z", Value: amqp.Long(1)},
			{Key: "CC", Value: amqp.ArrayOf(amqp.LongStr("c1"), amqp.LongStr("c2"))},
			{Key: "a", Value: amqp.Long(2)},
		},
	}, letterTarget{})
	if p.Expiration != "" || p.Priority != 7 || p.UserID != "u" || p.DeliveryMode != 2 {
		t.Errorf("properties %+v", p)
	}
	var keys string
	for _, f := range p.Headers {
		keys += f.Key + " "
	}
	if keys != "CC a x-death x-first-death-exchange x-first-death-queue x-first-death-reason z " {
		t.Errorf("headers %s", keys)
	}
	want := amqp.Table{
		{Key: "count", Value: amqp.Long(1)}, {Key: "reason", Value: amqp.LongStr("expired")},
		{Key: "queue", Value: amqp.LongStr("q")}, {Key: "time", Value: amqp.Timestamp(1234)},
		{Key: "exchange", Value: amqp.LongStr("x")},
		{Key: "routing-keys", Value: amqp.ArrayOf(amqp.LongStr("k"), amqp.LongStr("c1"), amqp.LongStr("c2"))},
		{Key: "original-expiration", Value: amqp.LongStr("100")},
	}
	if len(seen) != 1 || !seen[0].Equal(want) {
		t.Errorf("x-death %v", seen)
	}
	for key, value := range map[string]string{"exchange": "x", "queue": "q", "reason": "expired"} {
		v, _ := p.Headers.Get("x-first-death-" + key)
		if s, _ := v.Str(); s != value {
			t.Errorf("x-first-death-%s %q", key, s)
		}
	}
}

func TestCCGoesWithADeadLetterKey(t *testing.T) {
	in := amqp.PropertyList{Headers: amqp.Table{{Key: "CC", Value: amqp.ArrayOf(amqp.LongStr("c"))}}}
	for _, hasKey := range []bool{false, true} {
		p, seen := died(t, death{reason: queue.MaxLen, queue: "q"}, in, letterTarget{hasKey: hasKey})
		if _, there := p.Headers.Get("CC"); there == hasKey {
			t.Errorf("dead-letter key %t: CC there %t", hasKey, there)
		}
		v, _ := seen[0].Get("routing-keys")
		if all, _ := v.Array(); len(all) != 2 {
			t.Errorf("routing keys %v", all)
		}
	}
}

func TestRepeatedDeaths(t *testing.T) {
	var p amqp.PropertyList
	var seen deaths
	die := func(reason queue.Reason, name string) {
		p, seen = died(t, death{reason: reason, queue: name, exchange: "x", key: "k", at: 10}, p, letterTarget{})
	}
	die(queue.Expired, "a")
	if got := canonical(t, seen, 0); got != firstOrder {
		t.Errorf("first entry %s", got)
	}
	die(queue.Expired, "b")
	if got := canonical(t, seen, 0); got != sortedOrder {
		t.Errorf("second entry %s", got)
	}
	if got := canonical(t, seen, 1); got != firstOrder {
		t.Errorf("first entry behind it %s", got)
	}
	p, seen = died(t, death{reason: queue.Expired, queue: "a", exchange: "y", key: "other", at: 99}, p, letterTarget{})
	if got := canonical(t, seen, 0); got != sortedOrder || len(seen) != 2 {
		t.Errorf("%d entries, the first %s", len(seen), got)
	}
	if n := count(t, seen[0]); n != 2 || text(seen[0], "queue") != "a" || text(seen[0], "exchange") != "x" {
		t.Errorf("count %d of %s", n, seen[0].Canonical())
	}
	if v, _ := seen[0].Get("time"); v != amqp.Timestamp(10) {
		t.Errorf("time is not that of the first death: %v", v)
	}
	die(queue.Rejected, "a") // another reason is another entry
	if len(seen) != 3 || text(seen[0], "reason") != "rejected" {
		t.Errorf("%d entries, the first %s", len(seen), seen[0].Canonical())
	}
	v, _ := p.Headers.Get("x-first-death-reason")
	if s, _ := v.Str(); s != "expired" {
		t.Errorf("x-first-death-reason %q", s)
	}
}

// Publishers may make x-death up: an array is trusted, anything else replaced.
func TestDeathsMadeByThePublisher(t *testing.T) {
	entry := func(n amqp.Value) amqp.Value {
		return amqp.TableOf(amqp.Table{
			{Key: "reason", Value: amqp.LongStr("expired")}, {Key: "queue", Value: amqp.LongStr("q")}, {Key: "count", Value: n},
		})
	}
	bare := amqp.TableOf(amqp.Table{{Key: "reason", Value: amqp.LongStr("expired")}, {Key: "queue", Value: amqp.LongStr("q")}})
	for _, row := range []struct {
		name    string
		value   amqp.Value
		entries int
		count   int64
	}{
		{"continued", amqp.ArrayOf(entry(amqp.Long(7))), 1, 8},
		{"merged", amqp.ArrayOf(bare, bare, bare), 1, 4},
		{"no array", amqp.LongStr("nonsense"), 1, 1},
		{"no tables", amqp.ArrayOf(amqp.Long(1)), 1, 1},
		{"empty", amqp.ArrayOf(), 1, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, seen := died(t, death{reason: queue.Expired, queue: "q"}, amqp.PropertyList{
				Headers: amqp.Table{{Key: "x-death", Value: row.value}},
			}, letterTarget{})
			if len(seen) != row.entries || count(t, seen[0]) != row.count {
				t.Errorf("%d entries, count %d; want %d, %d", len(seen), count(t, seen[0]), row.entries, row.count)
			}
			if _, there := p.Headers.Get("x-first-death-queue"); there {
				t.Error("x-first-death-queue was added")
			}
		})
	}
}

// Entries of a publisher for other queues are one each as well, in their order.
func TestDeathsOfOtherQueuesAreGrouped(t *testing.T) {
	entry := func(name string, more ...amqp.Field) amqp.Table {
		return append(amqp.Table{{Key: "reason", Value: amqp.LongStr("expired")}, {Key: "queue", Value: amqp.LongStr(name)}}, more...)
	}
	nine := amqp.Field{Key: "count", Value: amqp.Long(9)}
	for _, row := range []struct {
		name string
		old  deaths
		want string
	}{
		{"one without count", deaths{entry("a")}, "q:1 a:-"},
		{"two queues without count", deaths{entry("a"), entry("b")}, "q:1 a:1 b:1"},
		{"several of one queue", deaths{entry("a"), entry("b"), entry("a"), entry("a")}, "q:1 a:3 b:1"},
		{"the count of the first stands", deaths{entry("a", nine), entry("a")}, "q:1 a:9"},
		{"with its own", deaths{entry("a"), entry("q"), entry("q"), entry("a")}, "q:3 a:2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var old []amqp.Value
			for _, e := range row.old {
				old = append(old, amqp.TableOf(e))
			}
			_, seen := died(t, death{reason: queue.Expired, queue: "q"}, amqp.PropertyList{
				Headers: amqp.Table{{Key: "x-death", Value: amqp.ArrayOf(old...)}},
			}, letterTarget{})
			var told []string
			for _, e := range seen {
				count := "-"
				if v, ok := e.Get("count"); ok {
					n, _ := v.Int()
					count = strconv.FormatInt(n, 10)
				}
				told = append(told, text(e, "queue")+":"+count)
			}
			if got := strings.Join(told, " "); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

func TestCycleRule(t *testing.T) {
	entry := func(name, reason string) amqp.Table {
		return amqp.Table{{Key: "queue", Value: amqp.LongStr(name)}, {Key: "reason", Value: amqp.LongStr(reason)}}
	}
	for _, row := range []struct {
		name   string
		seen   deaths
		target string
		reason queue.Reason
		cycle  bool
	}{
		{"never there", deaths{entry("a", "expired")}, "b", queue.Expired, false},
		{"expired there", deaths{entry("b", "expired"), entry("a", "expired")}, "a", queue.Expired, true},
		{"itself", deaths{entry("a", "maxlen")}, "a", queue.MaxLen, true},
		{"rejected now", deaths{entry("a", "rejected")}, "a", queue.Rejected, false},
		{"rejected since", deaths{entry("b", "rejected"), entry("a", "expired")}, "a", queue.Expired, false},
		{"rejected before", deaths{entry("a", "expired"), entry("b", "rejected")}, "a", queue.Expired, true},
		{"rejected right there", deaths{entry("a", "rejected")}, "a", queue.Expired, false},
	} {
		if got := row.seen.cycle(row.target, row.reason); got != row.cycle {
			t.Errorf("%s: %t, want %t", row.name, got, row.cycle)
		}
	}
}
