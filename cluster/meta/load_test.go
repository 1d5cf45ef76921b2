package meta

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"amqpd/amqp"
)

func TestKeys(t *testing.T) {
	b := Binding{Vhost: "/", Source: "a/b", Destination: "q", DestinationType: "queue", Key: "k #"}
	other := b
	other.Arguments = amqp.Table{{Key: "a", Value: amqp.Long(1)}}
	for _, c := range []struct{ got, want string }{
		{vhostKey("/"), "vhost/%2F"},
		{userKey(""), "user/"},
		{exchangeKey(&Exchange{Vhost: "a", Name: "b/c"}), "exchange/a/b%2Fc"},
		{exchangeKey(&Exchange{Vhost: "a/b", Name: "c"}), "exchange/a%2Fb/c"},
		{queueKey(&Queue{Vhost: "a%2Fb", Name: "c"}), "queue/a%252Fb/c"},
		{queueKey(&Queue{Vhost: "é", Name: "\x00\n\x7f"}), "queue/é/%00%0A%7F"},
		{bindingKey(&b), "binding/%2F/a%2Fb/q/q/k%20#"},
	} {
		if c.got != c.want {
			t.Errorf("key %q, want %q", c.got, c.want)
		}
	}
	other.arguments = other.Arguments.Canonical()
	hash, ok := strings.CutPrefix(bindingKey(&other), bindingKey(&b)+"/")
	if !ok || len(hash) != 32 {
		t.Errorf("key with arguments %q", bindingKey(&other))
	}
}

// stored is a small state as pairs.
func stored(t *testing.T) map[string][]byte {
	s := built(t, "x1 q1 x1>q1")
	for _, c := range []Command{
		PutUser{User{Name: "u"}},
		PutPermission{Permission{User: "u", Vhost: "/"}},
		PutTopicPermission{TopicPermission{User: "u", Vhost: "/", Exchange: "x"}},
	} {
		apply(t, s, c)
	}
	pairs := map[string][]byte{}
	s.Dump(func(c Change) error { pairs[c.Key] = c.Value; return nil })
	return pairs
}

// loaded is a state of what was stored.
func loaded(pairs []Change) (*State, error) {
	s := New()
	for _, c := range pairs {
		if err := s.Load(c.Key, c.Value); err != nil {
			return nil, err
		}
	}
	return s, s.Loaded()
}

// listed is a map of pairs in the order of their keys.
func listed(pairs map[string][]byte) (list []Change) {
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		list = append(list, Change{key, pairs[key]})
	}
	return list
}

func TestLoadFindsWhatIsMissing(t *testing.T) {
	for _, test := range []struct{ without, text string }{
		{"vhost/%2F", "records refer to it: vhost '/': not found"},
		{"exchange/%2F/x1", `record "binding/%2F/x1/q/q1/": exchange 'x1' in vhost '/': not found`},
		{"queue/%2F/q1", `record "binding/%2F/x1/q/q1/": queue 'q1' in vhost '/': not found`},
		{"user/u", `record "permission/%2F/u": user 'u': not found`},
		{queueIDsKey, `record "counter/queue-id": cannot decode: queue 'q1' has a higher identity (1) than was given (0)`},
		{"", "<nil>"},
	} {
		pairs := stored(t)
		delete(pairs, test.without)
		_, err := loaded(listed(pairs))
		if text := errorText(err); text != test.text {
			t.Errorf("without %s: %s, want %s", test.without, text, test.text)
		}
	}
	pairs := stored(t)
	delete(pairs, "permission/%2F/u")
	delete(pairs, "user/u")
	if _, err := loaded(listed(pairs)); errorText(err) != `record "topic-permission/%2F/u/x": user 'u': not found` {
		t.Errorf("topic permission without user: %v", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return "<nil>"
	}
	return err.Error()
}

func TestLoadRefusesDamage(t *testing.T) {
	pairs := stored(t)
	for key, value := range pairs {
		for _, damaged := range [][]byte{
			{}, value[:len(value)-1], append([]byte{recordVersion + 1}, value[1:]...), append(value[:len(value):len(value)], 0),
		} {
			if err := New().Load(key, damaged); !errors.Is(err, ErrDecode) || !strings.Contains(err.Error(), key) {
				t.Errorf("%s with %x: %v", key, damaged, err)
			}
		}
	}
	for _, wrong := range []string{"", "nonsense/x", "queue/%2F/q2"} {
		if err := New().Load(wrong, pairs["queue/%2F/q1"]); !errors.Is(err, ErrDecode) {
			t.Errorf("key %q: %v", wrong, err)
		}
	}
	twice := New()
	second := &Queue{ID: 1, Vhost: "/", Name: "q2", Durable: true}
	if err := errors.Join(twice.Load("queue/%2F/q1", pairs["queue/%2F/q1"]),
		twice.Load(queueKey(second), encodeRecord(second))); !errors.Is(err, ErrDecode) {
		t.Errorf("two queues of one identity: %v", err)
	}
}

func TestLoadNeedsAnEmptyState(t *testing.T) {
	s := built(t, "")
	if err := s.Load("vhost/%2F", stored(t)["vhost/%2F"]); err == nil {
		t.Error("loaded into a state that has something")
	}
	if err := s.Loaded(); err != nil {
		t.Errorf("Loaded without Load: %v", err)
	}
}

func TestReadersSeeNothingOfALoad(t *testing.T) {
	s := New()
	for key, value := range stored(t) {
		if err := s.Load(key, value); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Counts(); n != (Counts{}) {
		t.Errorf("while loading: %+v", n)
	}
	if err := s.Loaded(); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Exchange("/", "amq.topic"); !ok {
		t.Error("no predeclared exchanges after loading")
	}
	if n := s.Counts(); n.Queues != 1 || n.Bindings != 1 {
		t.Errorf("after loading: %+v", n)
	}
}

// An exchange that keeps messages has a number of its own, which a restart
// keeps and which no later exchange or queue gets.
func TestNumberOfAnExchangeThatKeepsMessages(t *testing.T) {
	stored := map[string][]byte{}
	put := func(s *State, c Command) Result {
		r := apply(t, s, c)
		for _, change := range r.Changes {
			stored[change.Key] = change.Value
		}
		return r
	}
	numberOf := func(s *State, name string) uint64 {
		x, ok := s.View().Exchange("/", name)
		if !ok {
			t.Fatalf("no exchange %q", name)
		}
		return x.ID
	}
	declare := func(name, typ string) Command {
		return PutExchange{Exchange{Vhost: "/", Name: name, Type: typ, Durable: true, ID: 77}}
	}
	s := New()
	put(s, PutVhost{Vhost{Name: "/"}})
	put(s, declare("plain", "topic"))
	put(s, declare("late", delayedMessage))
	if n := numberOf(s, "plain"); n != 0 {
		t.Errorf("an exchange that keeps nothing has number %d", n)
	}
	first := numberOf(s, "late")
	again, err := loaded(listed(stored))
	if err != nil {
		t.Fatal(err)
	}
	if n := numberOf(again, "late"); n != first || n == 0 || n == 77 {
		t.Errorf("number %d, after a restart %d", first, n)
	}
	put(again, DeleteExchange{Vhost: "/", Name: "late"})
	put(again, declare("late", delayedMessage))
	queue := put(again, PutQueue{Queue{Vhost: "/", Name: "q", Kind: "classic"}}).QueueID
	if n := numberOf(again, "late"); n <= first || queue <= n {
		t.Errorf("numbers %d, %d and, for a queue, %d do not ascend", first, n, queue)
	}
}
