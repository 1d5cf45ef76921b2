package meta

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// built makes a state out of words, all in the virtual host "/":
//
//	x1        durable exchange          q1    durable queue
//	x1!       the same, auto-delete     q1~   transient queue
//	x1~       transient                 x1>q1 binding to a queue
//	                                    x1>x2 binding to an exchange
func built(t *testing.T, words string) *State {
	t.Helper()
	s := New()
	apply(t, s, PutVhost{Vhost{Name: "/"}})
	for word := range strings.FieldsSeq(words) {
		name := strings.TrimRight(word, "!~")
		durable, autoDelete := !strings.Contains(word, "~"), strings.Contains(word, "!")
		switch source, destination, isBinding := strings.Cut(word, ">"); {
		case isBinding:
			apply(t, s, Bind{arrow(source, destination)})
		case word[0] == 'x':
			apply(t, s, PutExchange{Exchange{Vhost: "/", Name: name, Type: "fanout", Durable: durable, AutoDelete: autoDelete}})
		default:
			apply(t, s, PutQueue{Queue{Vhost: "/", Name: name, Durable: durable, Kind: "classic"}})
		}
	}
	return s
}

func arrow(source, destination string) Binding {
	b := Binding{Vhost: "/", Source: source, Destination: destination, DestinationType: "queue"}
	if destination[0] == 'x' {
		b.DestinationType = "exchange"
	}
	return b
}

func apply(t testing.TB, s *State, c Command) Result {
	t.Helper()
	r, err := s.Apply(c)
	if err != nil {
		t.Fatalf("%T %+v: %v", c, c, err)
	}
	return r
}

// words tells objects in the language of built.
func words(o Objects) string {
	var list []string
	for _, b := range o.Bindings {
		list = append(list, b.Source+">"+b.Destination)
	}
	for _, x := range o.Exchanges {
		if !isPredeclared(x.Name) {
			list = append(list, x.Name)
		}
	}
	for _, q := range o.Queues {
		list = append(list, q.Name)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestCascades(t *testing.T) {
	deleteQueue := DeleteQueue{Vhost: "/", Name: "q1"}
	deleteExchange := func(name string) Command { return DeleteExchange{Vhost: "/", Name: name} }
	unbind := func(source, destination string) Command { return Unbind{arrow(source, destination)} }
	for _, test := range []struct {
		name, state string
		command     Command
		removed     string
	}{
		{"a queue takes its bindings along",
			"x1 x2 q1 q2 x1>q1 x2>q1 x1>q2", deleteQueue, "q1 x1>q1 x2>q1"},
		{"and the auto-delete exchange that it was the last of",
			"x1! q1 x1>q1", deleteQueue, "q1 x1 x1>q1"},
		{"but not one with another binding",
			"x1! q1 q2 x1>q1 x1>q2", deleteQueue, "q1 x1>q1"},
		{"nor one that was never bound",
			"x1! x2! q1 x2>q1", deleteQueue, "q1 x2 x2>q1"},
		{"a chain of auto-delete exchanges goes link by link",
			"x1! x2! x3! q1 x1>x2 x2>x3 x3>q1", deleteQueue, "q1 x1 x1>x2 x2 x2>x3 x3 x3>q1"},
		{"up to one that is not",
			"x1! x2 x3! q1 x1>x2 x2>x3 x3>q1", deleteQueue, "q1 x2>x3 x3 x3>q1"},
		{"two ways to the same end",
			"x1! x2! x3! q1 x1>x2 x1>x3 x2>q1 x3>q1", deleteQueue, "q1 x1 x1>x2 x1>x3 x2 x2>q1 x3 x3>q1"},
		{"an exchange bound to itself keeps itself",
			"x1! q1 x1>x1 x1>q1", deleteQueue, "q1 x1>q1"},
		{"a cycle keeps itself",
			"x1! x2! q1 x1>x2 x2>x1 x2>q1", deleteQueue, "q1 x2>q1"},
		{"and goes as a whole when one is deleted",
			"x1! x2! x1>x2 x2>x1", deleteExchange("x1"), "x1 x1>x2 x2 x2>x1"},
		{"an exchange takes bindings of both directions along",
			"x1 x2 x3 q1 x1>x2 x2>x3 x2>q1 x1>q1", deleteExchange("x2"), "x1>x2 x2 x2>q1 x2>x3"},
		{"a destination exchange was the last of its source",
			"x1! x2 x1>x2", deleteExchange("x2"), "x1 x1>x2 x2"},
		{"an exchange bound to itself, deleted",
			"x1! x1>x1", deleteExchange("x1"), "x1 x1>x1"},
		{"unbinding the last",
			"x1! q1 x1>q1", unbind("x1", "q1"), "x1 x1>q1"},
		{"unbinding one of two",
			"x1! q1 q2 x1>q1 x1>q2", unbind("x1", "q1"), "x1>q1"},
		{"unbinding the last starts a chain",
			"x1! x2! q1 x1>x2 x2>q1", unbind("x2", "q1"), "x1 x1>x2 x2 x2>q1"},
		{"a virtual host with all in it",
			"x1! x2~ q1 q2~ x1>q1 x2>q2", DeleteVhost{"/"}, "q1 q2 x1 x1>q1 x2 x2>q2"},
		{"transient queues of a node",
			"x1! q1 q2~ x1>q2", DeleteTransient{""}, "q2 x1 x1>q2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := built(t, test.state)
			r := apply(t, s, test.command)
			if got := words(r.Removed); got != test.removed {
				t.Errorf("removed %q, want %q", got, test.removed)
			}
			if got := words(r.Added); got != "" {
				t.Errorf("added %q", got)
			}
			if err := s.View().verify(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestChangesOfDurableObjectsOnly(t *testing.T) {
	s := built(t, "x1 x2~ x3! q1 q2~")
	for _, test := range []struct {
		command Command
		keys    string // with a minus for those that go
	}{
		{Bind{arrow("x1", "q1")}, "binding/%2F/x1/q/q1/"},
		{Bind{arrow("x1", "q1")}, ""},
		{Bind{arrow("x2", "q1")}, ""},
		{Bind{arrow("x1", "q2")}, ""},
		{Bind{arrow("x1", "x2")}, ""},
		{Bind{arrow("x3", "q1")}, "binding/%2F/x3/q/q1/"},
		{PutQueue{Queue{Vhost: "/", Name: "q3", Durable: true}}, "queue/%2F/q3"},
		{PutQueue{Queue{Vhost: "/", Name: "q4", Durable: true, Exclusive: true}}, ""},
		{DeleteQueue{Vhost: "/", Name: "q2"}, ""},
		{DeleteQueue{Vhost: "/", Name: "q1"},
			"-queue/%2F/q1 -binding/%2F/x1/q/q1/ -binding/%2F/x3/q/q1/ -exchange/%2F/x3"},
		{DeleteExchange{Vhost: "/", Name: "x2"}, ""},
		{DeleteExchange{Vhost: "/", Name: "x1"}, "-exchange/%2F/x1"},
		{DeleteVhost{"/"}, "-vhost/%2F -queue/%2F/q3"},
	} {
		var keys []string
		for _, c := range apply(t, s, test.command).Changes {
			if c.Value == nil {
				c.Key = "-" + c.Key
			}
			keys = append(keys, c.Key)
		}
		if got := strings.Join(keys, " "); got != test.keys {
			t.Errorf("%T %+v: changes %q, want %q", test.command, test.command, got, test.keys)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := built(t, "x1 x2 q1 x1>q1")
	apply(t, s, PutVhostLimit{"/", Limit{MaxQueues, 1}})
	for _, test := range []struct {
		command Command
		err     error
		text    string
	}{
		{PutQueue{Queue{Vhost: "v", Name: "q"}}, ErrNotFound, "vhost 'v': not found"},
		{PutQueue{Queue{Vhost: "/", Name: "q1"}}, ErrExists, "queue 'q1' in vhost '/': already exists"},
		{PutQueue{Queue{Vhost: "/", Name: "q2"}}, ErrLimit, "queue 'q2' in vhost '/': limit reached"},
		{PutExchange{Exchange{Vhost: "/", Name: "amq.topic"}}, ErrExists, "exchange 'amq.topic' in vhost '/': already exists"},
		{DeleteExchange{Vhost: "/", Name: "amq.topic"}, ErrReserved, "exchange 'amq.topic' in vhost '/': reserved"},
		{DeleteExchange{Vhost: "/", Name: ""}, ErrReserved, "exchange '' in vhost '/': reserved"},
		{DeleteExchange{Vhost: "/", Name: "x1", IfUnused: true}, ErrInUse, "exchange 'x1' in vhost '/': in use"},
		{DeleteExchange{Vhost: "/", Name: "x9"}, ErrNotFound, "exchange 'x9' in vhost '/': not found"},
		{DeleteQueue{Vhost: "/", Name: "q1", ID: 9}, ErrNotFound, "queue 'q1' in vhost '/': not found"},
		{Bind{arrow("x9", "q9")}, ErrNotFound, "exchange 'x9' in vhost '/': not found"},
		{Bind{arrow("x1", "q9")}, ErrNotFound, "queue 'q9' in vhost '/': not found"},
		{Bind{arrow("x1", "x9")}, ErrNotFound, "exchange 'x9' in vhost '/': not found"},
		{Bind{arrow("", "q1")}, ErrReserved, "exchange '' in vhost '/': reserved"},
		{Bind{Binding{Vhost: "/", Source: "x1", DestinationType: "exchange"}}, ErrReserved, "exchange '' in vhost '/': reserved"},
		{Bind{Binding{Vhost: "/", Source: "x1", DestinationType: "q", Key: "k"}}, ErrInvalid, "binding 'k' in vhost '/': invalid command"},
		{Unbind{arrow("x2", "q1")}, ErrNotFound, "binding '' in vhost '/': not found"},
		{PutPermission{Permission{User: "u", Vhost: "/"}}, ErrNotFound, "user 'u': not found"},
		{DeletePermission{User: "u", Vhost: "/"}, ErrNotFound, "permission 'u' in vhost '/': not found"},
		{DeleteTopicPermission{User: "u", Vhost: "/", All: true}, ErrNotFound, "topic permission 'u' in vhost '/': not found"},
		{DeletePolicy{"/", "p", true}, ErrNotFound, "operator policy 'p' in vhost '/': not found"},
		{DeletePolicy{"/", "p", false}, ErrNotFound, "policy 'p' in vhost '/': not found"},
		{PutParameter{Parameter{Vhost: "/", Component: "vhost-limits"}}, ErrReserved, "parameter 'vhost-limits' in vhost '/': reserved"},
		{DeleteParameter{"/", "c", "p"}, ErrNotFound, "parameter 'p' in vhost '/': not found"},
		{DeleteGlobalParameter{"p"}, ErrNotFound, "global parameter 'p': not found"},
		{DeleteUserLimit{"u", ""}, ErrNotFound, "user 'u': not found"},
		{Batch{[]Command{PutVhost{Vhost{Name: "v"}}, DeleteVhost{"w"}}}, ErrNotFound, "command 1 of the batch: vhost 'w': not found"},
		{Batch{[]Command{Batch{}}}, ErrInvalid, "command 0 of the batch: invalid command: batch in a batch"},
	} {
		before := dump(t, s, (*View).DumpAll)
		r, err := s.Apply(test.command)
		if !errors.Is(err, test.err) || err.Error() != test.text {
			t.Errorf("%T %+v: error %q, want %q", test.command, test.command, err, test.text)
		}
		if len(r.Changes)+len(r.Added.Queues)+len(r.Removed.Queues) > 0 || r.Created {
			t.Errorf("%T %+v: refused, with %+v", test.command, test.command, r)
		}
		if !slices.Equal(before, dump(t, s, (*View).DumpAll)) {
			t.Errorf("%T %+v: refused, and the state changed", test.command, test.command)
		}
	}
}

func TestQueueIdentityNeverComesBack(t *testing.T) {
	s := built(t, "")
	put := func(durable bool) (uint64, Result) {
		r := apply(t, s, PutQueue{Queue{Vhost: "/", Name: "q", Durable: durable}})
		return r.QueueID, r
	}
	seen := map[uint64]bool{}
	stored := 0
	for i := range 3 * idBlock {
		id, r := put(i%2 == 0)
		if seen[id] || id == 0 {
			t.Fatalf("identity %d came again", id)
		}
		seen[id] = true
		for _, c := range r.Changes {
			if c.Key == queueIDsKey {
				stored++
			}
		}
		if again, err := s.Apply(PutQueue{Queue{Vhost: "/", Name: "q"}}); !errors.Is(err, ErrExists) || again.QueueID != id {
			t.Fatalf("put again: identity %d, error %v", again.QueueID, err)
		}
		apply(t, s, DeleteQueue{Vhost: "/", Name: "q", ID: id})
	}
	if stored != 3 {
		t.Errorf("the counter was stored %d times for %d queues", stored, len(seen))
	}
	s = reload(t, s, (*View).Dump)
	if id, _ := put(false); seen[id] {
		t.Errorf("identity %d came again after a restart", id)
	}
}

func reload(t *testing.T, s *State, how func(*View, func(Change) error) error) *State {
	t.Helper()
	var pairs []Change
	if err := how(s.View(), func(c Change) error { pairs = append(pairs, c); return nil }); err != nil {
		t.Fatal(err)
	}
	again, err := loaded(pairs)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// TestViewStays holds a view while everything is removed.
func TestViewStays(t *testing.T) {
	s := New()
	apply(t, s, PutVhost{Vhost{Name: "/"}})
	apply(t, s, PutExchange{Exchange{Vhost: "/", Name: "x1", Durable: true}})
	for i := range 500 {
		name := fmt.Sprintf("q%03d", i)
		apply(t, s, PutQueue{Queue{Vhost: "/", Name: name, Durable: true}})
		apply(t, s, Bind{arrow("x1", name)})
	}
	old := s.View()
	want, err := old.picture()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		apply(t, s, DeleteQueue{Vhost: "/", Name: fmt.Sprintf("q%03d", i)})
	}
	apply(t, s, DeleteVhost{"/"})
	got, err := old.picture()
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the old view changed: %v", err)
	}
	if n := s.View().Counts(); n != (Counts{}) {
		t.Errorf("the new one still has %+v", n)
	}
}

func TestPages(t *testing.T) {
	s := built(t, "q1 q2 q3 q4 q5")
	var pages []string
	for next := ""; ; {
		var page []string
		for q := range s.QueuesFrom("/", next) {
			if next = q.Name; len(page) == 2 {
				break
			}
			page = append(page, q.Name)
			next = ""
		}
		pages = append(pages, strings.Join(page, "+"))
		if next == "" {
			break
		}
	}
	if got := strings.Join(pages, " "); got != "q1+q2 q3+q4 q5" {
		t.Errorf("pages %q", got)
	}
}
