package broker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"amqpd/amqp"
)

// browseAll turns the pages of a query.
func browseAll(t *testing.T, a *Agent, query BrowseQuery) (seen []Browsed) {
	t.Helper()
	for range 10_000 {
		page, err := a.Browse(query)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, page.Messages...)
		if query.From = page.Next; page.Next == 0 {
			return seen
		}
	}
	t.Fatal("the pages have no end")
	return nil
}

// bodiesOf joins bodies.
func bodiesOf(messages []Browsed) string {
	bodies := make([]string, len(messages))
	for i := range messages {
		bodies[i] = string(messages[i].Body)
	}
	return strings.Join(bodies, " ")
}

func TestBrowse_PagesWithoutTaking(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	k.confirms(1)
	const n = 1500
	for i := range n {
		k.publish(1, "", "q", &amqp.PropertyList{DeliveryMode: byte(1 + i%2), AppID: "a"}, fmt.Sprintf("body %04d", i))
	}
	k.awaitConfirms(1, n)
	k.get(1, "q", false)
	a, _ := b.As(Actor{User: "guest"}, "/")
	for _, newest := range []bool{false, true} {
		seen := browseAll(t, a, BrowseQuery{Queue: "q", Limit: 40, MaxBody: 9, Newest: newest})
		if len(seen) != n {
			t.Fatalf("newest %t: %d messages", newest, len(seen))
		}
		for i, m := range seen {
			at := i
			if newest {
				at = n - 1 - i
			}
			if want := fmt.Sprintf("body %04d", at); string(m.Body) != want || m.Size != 9 || m.RoutingKey != "q" ||
				m.Properties.AppID != "a" || m.Unacked != (at == 0) {
				t.Fatalf("newest %t, message %d: %+v", newest, i, m)
			}
		}
	}
	for _, row := range []struct {
		query BrowseQuery
		want  string
		more  bool
	}{
		{BrowseQuery{Filter: MessageFilter{State: UnackedState}, Limit: 5}, "body 0000", false},
		{BrowseQuery{Filter: MessageFilter{State: ReadyState}, Limit: 2}, "body 0001 body 0002", true},
		{BrowseQuery{Filter: MessageFilter{Body: "149"}, Limit: 10}, "body 0149 body 1149 body 1490 body 1491 body 1492 body 1493 body 1494 body 1495 body 1496 body 1497", true},
		{BrowseQuery{Filter: MessageFilter{Body: "149"}, Limit: 1, Newest: true}, "body 1499", true},
		{BrowseQuery{Filter: MessageFilter{Body: "1"}, From: n + 10}, "", false},
	} {
		row.query.Queue, row.query.MaxBody = "q", -1
		page, err := a.Browse(row.query)
		if err != nil || bodiesOf(page.Messages) != row.want || (page.Next != 0) != row.more || page.Total != n {
			t.Errorf("%+v: %s, next %d of %d, %v", row.query, bodiesOf(page.Messages), page.Next, page.Total, err)
		}
	}
	if v, _ := b.Queue("/", "q"); v.Ready != n-1 || v.Stats[DeliverGet] != 1 {
		t.Errorf("afterwards %+v", v.QueueCounts)
	}
}

// A search that finds nothing ends its page after some work, and the next page
// goes on there.
func TestBrowse_SearchIsBounded(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	k.confirms(1)
	const n = browseExamined + 700
	for i := range n {
		k.publish(1, "", "q", nil, fmt.Sprint(i))
	}
	k.awaitConfirms(1, n)
	a, _ := b.As(Actor{User: "guest"}, "/")
	query := BrowseQuery{Queue: "q", Filter: MessageFilter{Body: fmt.Sprint(n - 1)}, Limit: 3, MaxBody: -1}
	page, err := a.Browse(query)
	if err != nil || len(page.Messages) != 0 || page.Examined != browseExamined || page.Next == 0 {
		t.Fatalf("%+v %v", page, err)
	}
	query.From = page.Next
	page, err = a.Browse(query)
	if err != nil || bodiesOf(page.Messages) != fmt.Sprint(n-1) || page.Examined != 700 || page.Next != 0 {
		t.Fatalf("%+v %v", page, err)
	}
}

func TestFilter(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	made := func(exchange, key string, p amqp.PropertyList, body string) []byte {
		env, err := amqp.AppendEnvelope(nil, exchange, key)
		if err != nil {
			t.Fatal(err)
		}
		return append(append(env, amqp.AppendHeaderPayload(nil, uint64(len(body)), &p)...), body...)
	}
	text := func(s string) *string { return &s }
	headers := func(more ...amqp.Field) amqp.PropertyList {
		return amqp.PropertyList{Timestamp: uint64(now.Unix()) - 60, Headers: append(amqp.Table{
			{Key: "s", Value: amqp.LongStr("one two")}, {Key: "n", Value: amqp.Int32(-5)}, {Key: "b", Value: amqp.Bool(true)},
		}, more...)}
	}
	died := amqp.PropertyList{Headers: amqp.Table{{Key: "x-death", Value: amqp.ArrayOf(amqp.TableOf(amqp.Table{
		{Key: "time", Value: amqp.Timestamp(uint64(now.Unix()) - 3600)},
	}))}}}
	header := func(name, value string) MessageFilter {
		return MessageFilter{Headers: []HeaderFilter{{Name: name, Value: value, HasValue: true}}}
	}
	m := made("x", "a.b.c", headers(), "the body")
	for _, row := range []struct {
		name    string
		filter  MessageFilter
		payload []byte
		want    bool
	}{
		{"nothing", MessageFilter{}, m, true},
		{"exchange", MessageFilter{Exchange: text("x")}, m, true},
		{"another exchange", MessageFilter{Exchange: text("")}, m, false},
		{"default exchange", MessageFilter{Exchange: text("")}, made("", "q", headers(), ""), true},
		{"key", MessageFilter{RoutingKey: text("a.b.c")}, m, true},
		{"part of the key", MessageFilter{RoutingKey: text("a.b")}, m, false},
		{"pattern", MessageFilter{RoutingPattern: "a.*.c"}, m, true},
		{"another pattern", MessageFilter{RoutingPattern: "a.*"}, m, false},
		{"body", MessageFilter{Body: "e b"}, m, true},
		{"another body", MessageFilter{Body: "E b"}, m, false},
		{"header there", MessageFilter{Headers: []HeaderFilter{{Name: "n"}}}, m, true},
		{"header not there", MessageFilter{Headers: []HeaderFilter{{Name: "m"}}}, m, false},
		{"text", header("s", "one two"), m, true},
		{"number", header("n", "-5"), m, true},
		{"another number", header("n", "5"), m, false},
		{"boolean", header("b", "true"), m, true},
		{"both", MessageFilter{Headers: []HeaderFilter{{Name: "n"}, {Name: "s", Value: "x", HasValue: true}}}, m, false},
		{"old enough", MessageFilter{OlderThan: time.Minute}, m, true},
		{"not old enough", MessageFilter{OlderThan: time.Minute + time.Second}, m, false},
		{"young enough", MessageFilter{YoungerThan: 61 * time.Second}, m, true},
		{"too old", MessageFilter{YoungerThan: time.Minute}, m, false},
		{"died long ago", MessageFilter{OlderThan: time.Hour}, made("", "q", died, ""), true},
		{"of no age", MessageFilter{YoungerThan: time.Hour}, made("", "q", amqp.PropertyList{}, ""), false},
		{"of an age made up", MessageFilter{OlderThan: time.Hour}, made("", "q", amqp.PropertyList{Timestamp: 1<<64 - 1}, ""), false},
	} {
		matcher := row.filter.compile(now.UnixMilli())
		if got := matcher.payload(row.payload); got != row.want {
			t.Errorf("%s: %t", row.name, got)
		}
	}
}

func TestFilter_Words(t *testing.T) {
	for _, row := range []struct {
		pattern, key string
		want         bool
	}{
		{"#", "", true}, {"#", "a.b", true}, {"*", "", false}, {"*", "a", true}, {"*", "a.b", false},
		{"a.#", "a", true}, {"a.#", "a.b.c", true}, {"a.#", "b", false}, {"#.c", "a.b.c", true}, {"#.c", "c", true},
		{"#.b.#", "a.b.c", true}, {"#.b.#", "a.c", false}, {"*.#.*", "a", false}, {"*.#.*", "a.b", true},
		{"#.#.a", "a", true}, {"a..b", "a..b", true}, {"a.*.b", "a..b", true},
	} {
		if got := matchesWords(wordsOf(row.pattern), wordsOf(row.key)); got != row.want {
			t.Errorf("%q takes %q: %t", row.pattern, row.key, got)
		}
	}
}

// The dearest conditions on the dearest message: what one look costs is bounded by
// what a key and a condition can have, and takes hardly any memory.
func TestFilter_Hostile(t *testing.T) {
	key := strings.Repeat("a.", 127) + "a"
	env, err := amqp.AppendEnvelope(nil, "", key)
	if err != nil {
		t.Fatal(err)
	}
	var list amqp.PropertyList
	filter := MessageFilter{RoutingPattern: strings.Repeat("#.", 127) + "a", Body: strings.Repeat("a", 4095) + "b"}
	for i := range 32 {
		name := fmt.Sprintf("%0200d", i)
		list.Headers = append(list.Headers, amqp.Field{Key: name, Value: amqp.LongStr(strings.Repeat("v", 3000))})
		filter.Headers = append(filter.Headers, HeaderFilter{Name: name, Value: strings.Repeat("v", 3000), HasValue: true})
	}
	body := strings.Repeat("a", 1<<20) + "b"
	payload := append(append(env, amqp.AppendHeaderPayload(nil, uint64(len(body)), &list)...), body...)
	m := filter.compile(0)
	if !m.payload(payload) {
		t.Error("what fits does not")
	}
	if n := testing.AllocsPerRun(10, func() { m.payload(payload) }); n > 200 {
		t.Errorf("one message takes %v pieces of memory", n)
	}
	for _, pattern := range []string{strings.Repeat("#.", 127) + "b", strings.Repeat("*.", 127) + "b", strings.Repeat("#.*.", 63) + "b"} {
		if matchesWords(wordsOf(pattern), wordsOf(key)) {
			t.Errorf("%.20s… takes %.20s…", pattern, key)
		}
	}
}
