package meta

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"amqpd/amqp"
	"amqpd/policy"

	"pgregory.net/rapid"
)

// oneOf picks evenly, while rapid.SampledFrom so favours the front of a list that
// most sequences would do little.
func oneOf[T any](list []T) *rapid.Generator[T] {
	return rapid.Custom(func(t *rapid.T) T {
		n := 0
		for range 8 {
			n <<= 1
			if rapid.Bool().Draw(t, "bit") {
				n |= 1
			}
		}
		return list[n%len(list)]
	})
}

// Few names, so that commands meet.
var (
	anyVhost       = oneOf([]string{"/", "/", "/", "v"})
	rarelyRoot     = oneOf([]string{"v", "v", "v", "v", "v", "v", "v", "/"}) // most of what there is stays
	rarelyHome     = oneOf([]string{"n1", "n3", "n3", "n3"})
	anyUser        = oneOf([]string{"guest", "u/1"})
	anyExchange    = oneOf([]string{"x1", "x2", "x3", "x1", "x2", "x3", "x4", "x1", "x2", "amq.direct", ""})
	anyQueue       = oneOf([]string{"q1", "q2", "q1", "q2", "q 3%"})
	anyDestination = oneOf([]string{"queue", "exchange", "queue", "exchange", "queue", "exchange", "nonsense"})
	anyKey         = oneOf([]string{"", "a", "a.#"})
	anyName        = oneOf([]string{"n1", "n2"})
	anyText        = oneOf([]string{"", ".*", "^x"})
	anyArguments   = oneOf([]amqp.Table{
		nil,
		{{Key: "a", Value: amqp.Long(1)}},
		{{Key: "a", Value: amqp.Int32(1)}},
		{{Key: "a", Value: amqp.Long(1)}, {Key: "b", Value: amqp.LongStr("s")}},
		{{Key: "b", Value: amqp.LongStr("s")}, {Key: "a", Value: amqp.Long(1)}},
	})
	anyDefinition = oneOf([]policy.Definition{
		{"max-length": int64(5)},
		{"ha-mode": "nodes", "ha-params": []any{"n1", "n2"}},
		{"x": map[string]any{"y": []any{nil, true, false, 1.5, int64(-3), ""}}},
	})
)

func anyLimit(t *rapid.T) Limit {
	return Limit{
		oneOf([]string{MaxQueues, MaxConnections}).Draw(t, "limit"),
		rapid.Int64Range(-1, 4).Draw(t, "value"),
	}
}

func anyBinding(t *rapid.T) Binding {
	b := Binding{Vhost: anyVhost.Draw(t, "vhost"), Source: anyExchange.Draw(t, "source")}
	switch b.DestinationType = anyDestination.Draw(t, "type"); b.DestinationType {
	case "exchange":
		b.Destination = anyExchange.Draw(t, "to")
	default:
		b.Destination = anyQueue.Draw(t, "to")
	}
	b.Key = anyKey.Draw(t, "key")
	b.Arguments = anyArguments.Draw(t, "arguments")
	return b
}

func anyPolicy(t *rapid.T) Policy {
	return Policy{
		Vhost: anyVhost.Draw(t, "vhost"), Name: anyName.Draw(t, "name"), Pattern: anyText.Draw(t, "pattern"),
		ApplyTo: "all", Priority: rapid.IntRange(-1, 1).Draw(t, "priority"), Definition: anyDefinition.Draw(t, "definition"),
	}
}

// makers has one function for each kind of command, by the row of commands.
var makers = map[int]func(t *rapid.T) Command{
	1: func(t *rapid.T) Command {
		return PutVhost{Vhost{
			Name: anyVhost.Draw(t, "vhost"), Description: anyText.Draw(t, "description"),
			Tags: []string{"a", "b"}, Tracing: rapid.Bool().Draw(t, "tracing"), Limits: []Limit{{"ignored", 1}},
		}}
	},
	2: func(t *rapid.T) Command { return DeleteVhost{rarelyRoot.Draw(t, "vhost")} },
	3: func(t *rapid.T) Command {
		return PutUser{User{Name: anyUser.Draw(t, "user"), PasswordHash: anyText.Draw(t, "hash"), Tags: []string{"t"}}}
	},
	4: func(t *rapid.T) Command { return DeleteUser{anyUser.Draw(t, "user")} },
	5: func(t *rapid.T) Command {
		return PutPermission{Permission{
			User: anyUser.Draw(t, "user"), Vhost: anyVhost.Draw(t, "vhost"), Read: anyText.Draw(t, "read"),
		}}
	},
	6: func(t *rapid.T) Command {
		return DeletePermission{anyUser.Draw(t, "user"), anyVhost.Draw(t, "vhost")}
	},
	7: func(t *rapid.T) Command {
		return PutTopicPermission{TopicPermission{
			User: anyUser.Draw(t, "user"), Vhost: anyVhost.Draw(t, "vhost"),
			Exchange: anyExchange.Draw(t, "exchange"), Write: anyText.Draw(t, "write"),
		}}
	},
	8: func(t *rapid.T) Command {
		return DeleteTopicPermission{
			anyUser.Draw(t, "user"), anyVhost.Draw(t, "vhost"),
			anyExchange.Draw(t, "exchange"), rapid.Bool().Draw(t, "all"),
		}
	},
	9: func(t *rapid.T) Command {
		return PutExchange{Exchange{
			Vhost: anyVhost.Draw(t, "vhost"), Name: anyExchange.Draw(t, "exchange"), Type: "topic",
			Durable: rapid.Bool().Draw(t, "durable"), AutoDelete: rapid.Bool().Draw(t, "auto-delete"),
			Arguments: anyArguments.Draw(t, "arguments"),
		}}
	},
	10: func(t *rapid.T) Command {
		return DeleteExchange{anyVhost.Draw(t, "vhost"), anyExchange.Draw(t, "exchange"), rapid.Bool().Draw(t, "if unused")}
	},
	11: func(t *rapid.T) Command {
		return PutQueue{Queue{
			ID: 77, Vhost: anyVhost.Draw(t, "vhost"), Name: anyQueue.Draw(t, "queue"),
			Durable: rapid.Bool().Draw(t, "durable"), Exclusive: rapid.Bool().Draw(t, "exclusive"),
			Kind: "classic", Home: anyName.Draw(t, "home"), Arguments: anyArguments.Draw(t, "arguments"),
		}}
	},
	12: func(t *rapid.T) Command {
		return DeleteQueue{
			anyVhost.Draw(t, "vhost"), anyQueue.Draw(t, "queue"),
			oneOf([]uint64{0, 0, 0, 1, 2, 3, 4}).Draw(t, "id"),
		}
	},
	13: func(t *rapid.T) Command { return DeleteTransient{rarelyHome.Draw(t, "home")} },
	14: func(t *rapid.T) Command { return Bind{anyBinding(t)} },
	15: func(t *rapid.T) Command { return Unbind{anyBinding(t)} },
	16: func(t *rapid.T) Command { return PutPolicy{anyPolicy(t), rapid.Bool().Draw(t, "operator")} },
	17: func(t *rapid.T) Command {
		return DeletePolicy{anyVhost.Draw(t, "vhost"), anyName.Draw(t, "name"), rapid.Bool().Draw(t, "operator")}
	},
	18: func(t *rapid.T) Command {
		component := oneOf([]string{"shovel", "federation-upstream", "policy"}).Draw(t, "component")
		return PutParameter{Parameter{
			anyVhost.Draw(t, "vhost"), component, anyName.Draw(t, "name"), json.RawMessage(`{"a":1}`),
		}}
	},
	19: func(t *rapid.T) Command {
		return DeleteParameter{anyVhost.Draw(t, "vhost"), "shovel", anyName.Draw(t, "name")}
	},
	20: func(t *rapid.T) Command {
		return PutGlobalParameter{GlobalParameter{anyName.Draw(t, "name"), json.RawMessage(`5`)}}
	},
	21: func(t *rapid.T) Command { return DeleteGlobalParameter{anyName.Draw(t, "name")} },
	22: func(t *rapid.T) Command { return PutVhostLimit{anyVhost.Draw(t, "vhost"), anyLimit(t)} },
	23: func(t *rapid.T) Command {
		return DeleteVhostLimit{anyVhost.Draw(t, "vhost"), oneOf([]string{"", MaxQueues}).Draw(t, "limit")}
	},
	24: func(t *rapid.T) Command { return PutUserLimit{anyUser.Draw(t, "user"), anyLimit(t)} },
	25: func(t *rapid.T) Command {
		return DeleteUserLimit{anyUser.Draw(t, "user"), oneOf([]string{"", MaxConnections}).Draw(t, "limit")}
	},
	27: func(t *rapid.T) Command {
		return SetQueueArguments{
			anyVhost.Draw(t, "vhost"), anyQueue.Draw(t, "queue"),
			oneOf([]uint64{0, 0, 0, 1, 2, 3, 4}).Draw(t, "id"), anyArguments.Draw(t, "arguments"),
		}
	},
}

func init() { // not above, where it would refer to itself
	makers[26] = func(t *rapid.T) Command {
		return Batch{[]Command{anyCommand(t, batchable), anyCommand(t, batchable), anyCommand(t, batchable)}}
	}
}

// Rows of commands, more of what builds something up than of what destroys it.
var (
	batchable = []int{
		14, 11, 9, 14, 14, 15, 12, 10, 11, 9, 14, 14, 15, 12, 14, 14, 11, 9, 14, 14, 14, 14,
		16, 5, 7, 18, 22, 24, 20, 3, 1, 13, 6, 8, 17, 19, 21, 23, 25, 27, 4, 2,
	}
	allRows = append(slices.Clone(batchable), 26)
)

// populated is where the random commands begin.
var populated = []Command{
	PutVhost{Vhost{Name: "v"}},
	PutUser{User{Name: "u/1"}},
	PutExchange{Exchange{Vhost: "/", Name: "x1", Type: "topic", AutoDelete: true}},
	PutExchange{Exchange{Vhost: "/", Name: "x2", Type: "topic", AutoDelete: true, Durable: true}},
	PutExchange{Exchange{Vhost: "/", Name: "x3", Type: "topic", Durable: true}},
	PutQueue{Queue{Vhost: "/", Name: "q1", Durable: true, Kind: "classic"}},
	PutQueue{Queue{Vhost: "/", Name: "q2", Kind: "classic"}},
}

func anyCommand(t *rapid.T, rows []int) Command {
	return makers[oneOf(rows).Draw(t, "row")](t)
}

func TestMakersCoverEveryCommand(t *testing.T) {
	for row, c := range commands {
		if c != nil && (makers[row] == nil || !slices.Contains(allRows, row)) {
			t.Errorf("no test makes %T", c)
		}
	}
}

var sentinels = []error{ErrNotFound, ErrExists, ErrInUse, ErrReserved, ErrLimit, ErrInvalid}

func sentinelOf(err error) error {
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return s
		}
	}
	return err
}

// TestRandomCommands compares the state with the model after every command,
// and all the ways to store it with each other at the end.
func TestRandomCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state, simple, stored := New(), &model{}, map[string][]byte{}
		twin := New()
		commands := append(First("c", "id", "", HashSHA256), populated...)
		var bound []Binding
		for range 150 {
			c := anyCommand(t, allRows)
			switch bind := c.(type) {
			case Bind:
				bound = append(bound, bind.Binding)
			case Unbind: // what was never bound is rarely interesting
				if len(bound) > 0 {
					c = Unbind{oneOf(bound).Draw(t, "bound")}
				}
			}
			commands = append(commands, c)
		}
		for _, c := range commands {
			step(t, state, simple, stored, c)
			decoded, err := Decode(Encode(c))
			if err != nil {
				t.Fatalf("decode %+v: %v", c, err)
			}
			if _, err := twin.Apply(decoded); err != nil {
				continue // the same as for the other, see the pictures
			}
		}
		checkStored(t, state, stored)
		checkReload(t, state, (*View).DumpAll)
		if a, b := dump(t, state, (*View).DumpAll), dump(t, twin, (*View).DumpAll); !slices.Equal(a, b) {
			t.Fatalf("a state that was sent encoded commands differs:\n%q\n%q", a, b)
		}
	})
}

func step(t *rapid.T, state *State, simple *model, stored map[string][]byte, c Command) {
	before := state.View()
	result, err := state.Apply(c)
	wanted := simple.apply(c)
	if sentinelOf(err) != wanted {
		t.Fatalf("%T %+v: error %v, the model says %v", c, c, err, wanted)
	}
	picture, bad := state.View().picture()
	if bad != nil {
		t.Fatalf("after %T %+v: %v", c, c, bad)
	}
	if model := simple.picture(); !slices.Equal(picture, model) {
		t.Fatalf("after %T %+v:\nstate %q\nmodel %q", c, c, picture, model)
	}
	for _, change := range result.Changes {
		if change.Value == nil {
			delete(stored, change.Key)
		} else {
			stored[change.Key] = change.Value
		}
	}
	checkLists(t, before, state.View(), &result, c)
}

// checkLists compares what a result says appeared and went with what did.
func checkLists(t *rapid.T, before, after *View, r *Result, c Command) {
	old, now := objectLines(before), objectLines(after)
	added, removed := linesOf(&r.Added), linesOf(&r.Removed)
	if _, isBatch := c.(Batch); isBatch {
		// What came and went within one batch is in both lists.
		added, removed = difference(added, removed), difference(removed, added)
	}
	if want := difference(now, old); !slices.Equal(added, want) {
		t.Fatalf("%T %+v: added %q, not %q", c, c, added, want)
	}
	if want := difference(old, now); !slices.Equal(removed, want) {
		t.Fatalf("%T %+v: removed %q, not %q", c, c, removed, want)
	}
}

func linesOf(o *Objects) []string {
	var lines []string
	for _, name := range o.Vhosts {
		lines = append(lines, "vhost "+name)
	}
	for _, name := range o.Users {
		lines = append(lines, "user "+name)
	}
	for _, x := range o.Exchanges {
		lines = append(lines, line("exchange", *x))
	}
	for _, q := range o.Queues {
		same := *q
		same.Arguments = nil // they may change: it is the same queue then
		lines = append(lines, line("queue", same))
	}
	for _, b := range o.Bindings {
		lines = append(lines, bindingLine(b))
	}
	slices.Sort(lines)
	return lines
}

func objectLines(v *View) []string {
	o := &Objects{}
	for u := range v.Users() {
		o.Users = append(o.Users, u.Name)
	}
	for vhost := range v.Vhosts() {
		o.Vhosts = append(o.Vhosts, vhost.Name)
		o.Exchanges = slices.AppendSeq(o.Exchanges, v.Exchanges(vhost.Name))
		o.Queues = slices.AppendSeq(o.Queues, v.Queues(vhost.Name))
		o.Bindings = slices.AppendSeq(o.Bindings, v.Bindings(vhost.Name))
	}
	return linesOf(o)
}

// difference is what a has more than b.
func difference(a, b []string) []string {
	counts := map[string]int{}
	for _, s := range b {
		counts[s]++
	}
	var more []string
	for _, s := range a {
		if counts[s]--; counts[s] < 0 {
			more = append(more, s)
		}
	}
	return more
}

type fataler interface {
	Fatalf(format string, args ...any)
}

// dump gives pairs as "key=value".
func dump(t fataler, s *State, how func(*View, func(Change) error) error) []string {
	var pairs []string
	if err := how(s.View(), func(c Change) error {
		pairs = append(pairs, c.Key+"="+string(c.Value))
		return nil
	}); err != nil {
		t.Fatalf("dump: %v", err)
	}
	return pairs
}

// checkStored compares what the changes wrote with a dump, and loads it.
func checkStored(t *rapid.T, state *State, stored map[string][]byte) {
	var pairs []string
	for _, c := range listed(stored) {
		pairs = append(pairs, c.Key+"="+string(c.Value))
	}
	slices.Sort(pairs)
	dumped := slices.Sorted(slices.Values(dump(t, state, (*View).Dump)))
	if !slices.Equal(pairs, dumped) {
		t.Fatalf("stored by changes:\n%q\ndumped:\n%q", pairs, dumped)
	}
	read, err := loaded(listed(stored))
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	if err := read.View().verify(); err != nil {
		t.Fatalf("loaded: %v", err)
	}
	if again := dump(t, read, (*View).Dump); !slices.Equal(again, dump(t, state, (*View).Dump)) {
		t.Fatalf("loaded and dumped again:\n%q\nnot\n%q", again, dumped)
	}
}

// checkReload loads a full dump in a random order: the states must be equal,
// transient things included.
func checkReload(t *rapid.T, state *State, how func(*View, func(Change) error) error) {
	var pairs []Change
	how(state.View(), func(c Change) error { pairs = append(pairs, c); return nil })
	read, err := loaded(rapid.Permutation(pairs).Draw(t, "order"))
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	if again := dump(t, read, how); !slices.Equal(again, dump(t, state, how)) {
		t.Fatalf("loaded and dumped again:\n%q\nnot\n%q", again, dump(t, state, how))
	}
	a, _ := read.View().picture()
	b, _ := state.View().picture()
	if !slices.Equal(a, b) {
		t.Fatalf("loaded:\n%q\nnot\n%q", a, b)
	}
}
