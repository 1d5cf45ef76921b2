package exchange

import (
	"slices"
	"testing"

	"amqpd/amqp"

	"pgregory.net/rapid"
)

func TestHistoryAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(-1, 6).Draw(t, "limit")
		var evicted, wantEvicted, model []int
		h := NewHistory(limit, func(n int) { evicted = append(evicted, n) })
		for n := range rapid.IntRange(0, 30).Draw(t, "steps") {
			if rapid.IntRange(0, 9).Draw(t, "what") == 0 {
				h.Clear()
				wantEvicted, model = append(wantEvicted, model...), nil
			} else {
				h.Add(n)
				model = append(model, n)
				if len(model) > max(1, limit) {
					wantEvicted, model = append(wantEvicted, model[0]), model[1:]
				}
			}
			if got := slices.Collect(h.All()); !slices.Equal(got, model) || h.Len() != len(model) {
				t.Fatalf("history is %v (%d), want %v", got, h.Len(), model)
			}
			if !slices.Equal(evicted, wantEvicted) {
				t.Fatalf("evicted %v, want %v", evicted, wantEvicted)
			}
		}
		for range h.All() {
			break
		}
	})
}

func TestHistoryLength(t *testing.T) {
	if n := HistoryLength(nil); n != 20 {
		t.Errorf("default is %d", n)
	}
	if n := HistoryLength(args("x-recent-history-length", amqp.Short(3))); n != 3 {
		t.Errorf("length is %d, want 3", n)
	}
}

func TestHistoryIsReported(t *testing.T) {
	r := NewRouter()
	r.Put(Exchange{Name: "a", Type: Fanout})
	r.Put(Exchange{Name: "h", Type: RecentHistory})
	mustBind(t, r, Binding{Source: "a", Destination: "h", To: ToExchange})
	mustBind(t, r, Binding{Source: "h", Destination: "q", Key: "ignored"})
	for _, row := range []struct {
		headers amqp.Table
		kept    bool
	}{
		{nil, true},
		{args("x-recent-history-no-store", false), true},
		{args("x-recent-history-no-store", "true"), true},
		{args("x-recent-history-no-store", 1), true},
		{args("x-recent-history-no-store", true), false},
	} {
		var res Result
		m := &Message{Headers: raw(row.headers)}
		if err := r.Route("a", m, &res); err != nil {
			t.Fatal(err)
		}
		if kept := slices.Equal(res.History, []string{"h"}); kept != row.kept || WantsHistory(m.Headers) != row.kept {
			t.Errorf("headers %v: history %q, want kept %v", row.headers, res.History, row.kept)
		}
		if res.Cacheable || !slices.Equal(res.Queues, []string{"q"}) {
			t.Errorf("headers %v: %+v", row.headers, res)
		}
	}
}
