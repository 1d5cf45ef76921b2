package broker

import (
	"fmt"
	"testing"

	"amqpd/amqp"
)

func TestBrowse_PagesWithoutTaking(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	k.confirms(1)
	const n = 150
	for i := range n {
		k.publish(1, "", "q", &amqp.PropertyList{DeliveryMode: byte(1 + i%2), AppID: "a"}, fmt.Sprintf("body %03d", i))
	}
	k.awaitConfirms(1, n)
	k.get(1, "q", false)
	a, _ := b.As(Actor{User: "guest"}, "/")
	var seen []Browsed
	for query := (BrowseQuery{Queue: "q", Limit: 40, MaxBody: 6}); ; {
		page, err := a.Browse(query)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, page.Messages...)
		if query.From = page.Next; page.Next == 0 {
			break
		}
	}
	if len(seen) != n || !seen[0].Unacked || seen[1].Unacked {
		t.Fatalf("%d messages, the first unacked %t", len(seen), seen[0].Unacked)
	}
	for i, m := range seen {
		if want := fmt.Sprintf("body %03d", i)[:6]; string(m.Body) != want || m.Size != 8 || m.RoutingKey != "q" || m.Properties.AppID != "a" {
			t.Fatalf("message %d: %+v", i, m)
		}
	}
	for _, row := range []struct {
		query BrowseQuery
		first string
		count int
	}{
		{BrowseQuery{Queue: "q", Offset: 100, Limit: 10, MaxBody: -1}, "body 100", 10},
		{BrowseQuery{Queue: "q", ReadyOnly: true, Limit: 2, MaxBody: -1}, "body 001", 2},
		{BrowseQuery{Queue: "q", ReadyOnly: true, Offset: 70, MaxBody: -1}, "body 071", 1},
		{BrowseQuery{Queue: "q", Offset: n - 1, Limit: 9, MaxBody: -1}, "body 149", 1},
		{BrowseQuery{Queue: "q", Offset: n, Limit: 9}, "", 0},
	} {
		page, err := a.Browse(row.query)
		if err != nil || len(page.Messages) != row.count || row.count > 0 && string(page.Messages[0].Body) != row.first {
			t.Errorf("%+v: %+v %v", row.query, page, err)
		}
	}
	if v, _ := b.Queue("/", "q"); v.Ready != n-1 || v.Stats[DeliverGet] != 1 {
		t.Errorf("afterwards %+v", v.QueueCounts)
	}
}
