package broker

import (
	"errors"
	"strings"
	"testing"

	"amqpd/amqp"
	"amqpd/cluster/meta"
)

func TestAgent_DefinesPublishesAndGets(t *testing.T) {
	b := open(t, Options{})
	a, err := b.As(Actor{User: "guest", Via: "http"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	declare := amqp.QueueDeclare{Queue: "q", Durable: true}
	for _, want := range []bool{true, false} {
		if created, err := a.DeclareQueue(declare); err != nil || created != want {
			t.Fatalf("declare: created %t, %v", created, err)
		}
	}
	if created, err := a.DeclareExchange(amqp.ExchangeDeclare{Exchange: "x", Type: "fanout"}); err != nil || !created {
		t.Fatalf("declare exchange: %t %v", created, err)
	}
	if err := a.Bind(meta.Binding{Source: "x", Destination: "q", DestinationType: "queue"}); err != nil {
		t.Fatal(err)
	}
	m := Message{Exchange: "x", RoutingKey: "k", Properties: amqp.PropertyList{DeliveryMode: 2, AppID: "a"}, Body: []byte("body")}
	if p, err := a.Publish(m); err != nil || !p.Routed || p.Refused {
		t.Fatalf("publish: %+v %v", p, err)
	}
	m.Exchange = "amq.direct"
	if p, err := a.Publish(m); err != nil || p.Routed {
		t.Fatalf("publish to nowhere: %+v %v", p, err)
	}
	for _, how := range []Settlement{SettleRequeue, SettleAck} {
		list, err := a.GetMessages("q", 5, -1, how)
		if err != nil || len(list) != 1 || string(list[0].Body) != "body" || list[0].Exchange != "x" || list[0].Properties.AppID != "a" {
			t.Fatalf("get: %+v %v", list, err)
		}
		if again := how == SettleAck; list[0].Redelivered != again {
			t.Errorf("redelivered %t, want %t", list[0].Redelivered, again)
		}
	}
	if v, _ := b.Queue("/", "q"); v.Messages() != 0 || v.Stats[Ack] != 1 {
		t.Errorf("afterwards %+v", v.QueueCounts)
	}
	if err := a.DeleteQueue("q", true, true); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Queue("/", "q"); ok {
		t.Error("the queue is still there")
	}
}

// What one call returns is bounded by what it takes to hold it.
func TestAgent_GetsWhatFits(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	a := agentOf(t, b, "guest")
	body := make([]byte, gotOctets/4)
	for range 6 {
		if _, err := a.Publish(Message{RoutingKey: "q", Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		maxBody, want int
		how           Settlement
	}{{10, 6, SettleRequeue}, {-1, 4, SettleAck}, {-1, 2, SettleAck}} {
		list, err := a.GetMessages("q", 100, row.maxBody, row.how)
		if err != nil || len(list) != row.want || list[0].Size != len(body) || row.maxBody >= 0 && len(list[0].Body) != row.maxBody {
			t.Errorf("of %d octets each: %d messages, %v", row.maxBody, len(list), err)
		}
	}
}

func TestAgent_RefusesAsAMQPDoes(t *testing.T) {
	b := open(t, Options{})
	put(t, b, meta.PutUser{User: meta.User{Name: "u"}})
	put(t, b, meta.PutPermission{Permission: meta.Permission{User: "u", Vhost: "/", Read: "^q$"}})
	guest, _ := b.As(Actor{User: "guest", Via: "http"}, "/")
	u, err := b.As(Actor{User: "u", Via: "http"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	dial(t, b).guest().exclusive("mine")
	full := amqp.Table{{Key: "x-max-length", Value: amqp.Long(0)}, {Key: "x-overflow", Value: amqp.LongStr("reject-publish")}}
	if _, err := guest.DeclareQueue(amqp.QueueDeclare{Queue: "full", Arguments: full}); err != nil {
		t.Fatal(err)
	}
	if p, err := guest.Publish(Message{RoutingKey: "full"}); err != nil || !p.Routed || !p.Refused {
		t.Errorf("publish to a full queue: %+v %v", p, err)
	}
	publish := func(a *Agent, m Message) error { _, err := a.Publish(m); return err }
	declare := func(a *Agent, m amqp.QueueDeclare) error { _, err := a.DeclareQueue(m); return err }
	get := func(a *Agent, name string) error { _, err := a.GetMessages(name, 1, -1, SettleAck); return err }
	for _, row := range []struct {
		what string
		err  error
		code uint16
		text string
	}{
		{"declare without permission", declare(u, amqp.QueueDeclare{Queue: "q"}), 403, "access to queue 'q' in vhost '/' refused for user 'u'"},
		{"reserved name", declare(guest, amqp.QueueDeclare{Queue: "amq.q"}), 403, "reserved prefix"},
		{"other arguments", declare(guest, amqp.QueueDeclare{Queue: "full"}), 406, "inequivalent arg 'x-max-length'"},
		{"passive", declare(guest, amqp.QueueDeclare{Queue: "q9", Passive: true}), 404, "no queue 'q9' in vhost '/'"},
		{"publish without permission", publish(u, Message{}), 403, "refused for user 'u'"},
		{"no exchange", publish(guest, Message{Exchange: "none"}), 404, "no exchange 'none' in vhost '/'"},
		{"other user id", publish(guest, Message{Properties: amqp.PropertyList{UserID: "other"}}), 406, "user_id property set to 'other'"},
		{"get from nothing", get(u, "q"), 404, "no queue 'q' in vhost '/'"},
		{"exclusive", get(guest, "mine"), 405, "cannot obtain exclusive access to locked queue 'mine' in vhost '/'"},
		{"unbind", u.Unbind(meta.Binding{Source: "x", Destination: "q", DestinationType: "queue"}), 403, "refused"},
		{"delete", guest.DeleteExchange("amq.direct", false), 403, "deletion of system"},
	} {
		var e *amqp.Error
		if !errors.As(row.err, &e) || e.Code != row.code || !strings.Contains(e.Text, row.text) {
			t.Errorf("%s: %v, want %d %s", row.what, row.err, row.code, row.text)
		}
	}
	if _, err := b.As(Actor{User: "guest", Via: "http"}, "nowhere"); err == nil {
		t.Error("an agent in no virtual host")
	}
}

// exclusive declares an exclusive queue on channel 1.
func (k *client) exclusive(name string) {
	k.t.Helper()
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: name, Exclusive: true})
}
