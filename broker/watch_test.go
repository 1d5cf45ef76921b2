package broker

import (
	"fmt"
	"slices"
	"testing"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// Everything that comes and goes is told of, in order, to who watches and to
// nobody else.
func TestWatch(t *testing.T) {
	b := open(t, Options{})
	apply := func(c meta.Command) {
		t.Helper()
		if err := b.Apply(c); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	stop := b.Watch(func(e Event) {
		got = append(got, fmt.Sprintf("%s %s %s/%s%s", e.Kind, e.Action, e.Vhost, e.Name, e.To))
	})
	a, err := b.As(Actor{User: "guest"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second one changes nothing
		if _, err := a.DeclareQueue(amqp.QueueDeclare{Queue: "q"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Bind(meta.Binding{Source: "amq.direct", Destination: "q", DestinationType: "queue"}); err != nil {
		t.Fatal(err)
	}
	user := meta.User{Name: "u", Tags: []string{"management"}}
	apply(meta.PutUser{User: user})
	user.Tags = nil
	apply(meta.PutUser{User: user})
	apply(meta.Batch{Commands: []meta.Command{
		meta.PutPermission{Permission: meta.Permission{User: "u", Vhost: "/"}},
		meta.PutPolicy{Policy: meta.Policy{Vhost: "/", Name: "p", Pattern: "^x", ApplyTo: "queues", Definition: policy.Definition{"expires": int64(5000)}}},
	}})
	apply(meta.DeleteUser{Name: "u"})
	apply(meta.DeleteQueue{Vhost: "/", Name: "q"})
	stop()
	apply(meta.DeletePolicy{Vhost: "/", Name: "p"})
	want := []string{
		"queue created //q", "binding created //amq.directq", "user created /u", "user changed /u",
		"permission changed //u", "policy changed //p", "user deleted /u",
	}
	if n := len(want); len(got) != n+2 || !slices.Equal(got[:n], want) {
		t.Fatalf("told of %q", got)
	}
	if last := got[len(want):]; !slices.Contains(last, "queue deleted //q") || !slices.Contains(last, "binding deleted //amq.directq") {
		t.Errorf("a queue with a binding goes: %q", last)
	}
}
