package broker

import (
	"errors"
	"fmt"
	"testing"

	"amqpd/amqp"
	"amqpd/cluster/meta"
)

func TestSetQueueArguments_ActAtOnceAndStay(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{DataDir: dir})
	k := dial(t, b).guest()
	a, err := b.As(Actor{User: "guest", Via: "http"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	k.durable(1, "q", amqp.Table{{Key: "x-max-priority", Value: amqp.Long(3)}, {Key: "x-message-ttl", Value: amqp.Long(3_600_000)}})
	k.durable(1, "dead", nil)
	for i := range 5 {
		k.publish(1, "", "q", persistent, fmt.Sprint(i))
	}
	call[amqp.BasicQosOk](k, 1, &amqp.BasicQos{})
	set := amqp.Table{
		{Key: "x-max-priority", Value: amqp.Long(3)}, // as it is
		{Key: "x-max-length", Value: amqp.Long(2)},
		{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")},
		{Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")},
	}
	if err := a.SetQueueArguments("q", set, []string{"x-message-ttl", "x-nothing"}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		queue string
		want  uint32
	}{{"q", 2}, {"dead", 3}} {
		if m := call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: row.queue, Passive: true}); m.MessageCount != row.want {
			t.Errorf("%s has %d messages, want %d", row.queue, m.MessageCount, row.want)
		}
	}
	declare := amqp.QueueDeclare{Queue: "q", Durable: true, Arguments: set}
	if created, err := a.DeclareQueue(declare); err != nil || created {
		t.Errorf("declare with the new arguments: %t, %v", created, err)
	}
	k.bye()
	stop(t, b)
	b = open(t, Options{DataDir: dir})
	v, _ := b.Queue("/", "q")
	if got, _ := v.Arguments.Get("x-max-length"); !got.Equivalent(amqp.Long(2)) || v.Messages() != 2 {
		t.Errorf("after a restart %v, %d messages", v.Arguments, v.Messages())
	}
	if _, still := v.Arguments.Get("x-message-ttl"); still {
		t.Error("a removed argument is back after a restart")
	}
}

func TestSetQueueArguments_AreCheckedAsADeclareIs(t *testing.T) {
	b := open(t, Options{})
	b.classic(t, "q", amqp.Table{{Key: "x-max-priority", Value: amqp.Long(3)}, {Key: "x-dead-letter-exchange", Value: amqp.LongStr("x")},
		{Key: "x-dead-letter-routing-key", Value: amqp.LongStr("k")}})
	put(t, b, meta.PutUser{User: meta.User{Name: "u"}})
	put(t, b, meta.PutPermission{Permission: meta.Permission{User: "u", Vhost: "/", Configure: "^q", Read: "", Write: ""}})
	value := func(name string, v amqp.Value) amqp.Table { return amqp.Table{{Key: name, Value: v}} }
	for _, row := range []struct {
		user, queue string
		set         amqp.Table
		remove      string
		want        string
	}{
		{"guest", "none", nil, "", "404 NOT_FOUND - no queue 'none' in vhost '/'"},
		{"u", "other", nil, "", "403 ACCESS_REFUSED - access to queue 'other' in vhost '/' refused for user 'u'"},
		{"u", "q", value("x-max-length", amqp.Long(1)), "", "403 ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'u'"},
		{"guest", "q", value("x-max-priority", amqp.Long(4)), "", "406 PRECONDITION_FAILED - invalid arg 'x-max-priority' for queue 'q' in vhost '/': it cannot be changed"},
		{"guest", "q", nil, "x-max-priority", "406 PRECONDITION_FAILED - invalid arg 'x-max-priority' for queue 'q' in vhost '/': it cannot be changed"},
		{"guest", "q", value("x-single-active-consumer", amqp.Bool(true)), "", "406 PRECONDITION_FAILED - invalid arg 'x-single-active-consumer' for queue 'q' in vhost '/': it cannot be changed"},
		{"guest", "q", value("x-delivery-limit", amqp.Long(4)), "", "406 PRECONDITION_FAILED - invalid arg 'x-delivery-limit' for queue 'q' in vhost '/': it cannot be changed"},
		{"guest", "q", value("x-max-length", amqp.Long(-1)), "", "406 PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'q' in vhost '/': {value_negative,-1}"},
		{"guest", "q", value("x-overflow", amqp.LongStr("burst")), "", "406 PRECONDITION_FAILED - invalid arg 'x-overflow' for queue 'q' in vhost '/': invalid_overflow"},
		{"guest", "q", nil, "x-dead-letter-exchange", "406 PRECONDITION_FAILED - invalid arg 'x-dead-letter-routing-key' for queue 'q' in vhost '/': routing_key_but_no_dlx_defined"},
	} {
		a, err := b.As(Actor{User: row.user, Via: "http"}, "/")
		if err != nil {
			t.Fatal(err)
		}
		err = a.SetQueueArguments(row.queue, row.set, []string{row.remove})
		var e *amqp.Error
		if !errors.As(err, &e) || e.Error() != row.want {
			t.Errorf("%s: %v -%s: got %v, want %s", row.queue, row.set, row.remove, err, row.want)
		}
	}
	if v, _ := b.Queue("/", "q"); len(v.Arguments) != 3 {
		t.Errorf("refused changes left %v", v.Arguments)
	}
}
