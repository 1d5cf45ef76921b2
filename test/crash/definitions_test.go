package crash

import (
	"fmt"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// What a declare-ok promises is there although the node is killed right after
// it, and what was not to last is gone.
func TestCrash_Definitions(t *testing.T) {
	n := amqpd.Start(t)
	for i := range 5 {
		name := func(kind string) string { return fmt.Sprint(kind, i) }
		ch := n.Channel()
		must(t, ch.ExchangeDeclare(name("durable.x"), "topic", true, false, false, false, amqp.Table{"alternate-exchange": "amq.fanout"}))
		must(t, ch.ExchangeDeclare(name("transient.x"), "topic", false, false, false, false, nil))
		queue(t, ch, name("durable.q"), true, false, amqp.Table{"x-max-length": int32(10)})
		queue(t, ch, name("transient.q"), false, false, nil)
		queue(t, ch, name("exclusive.q"), true, true, nil)
		must(t, ch.QueueBind(name("durable.q"), "a.*", name("durable.x"), false, amqp.Table{"k": "v"}))
		must(t, ch.QueueBind(name("durable.q"), "a.*", name("transient.x"), false, nil))
		must(t, ch.QueueBind(name("transient.q"), "a.*", name("durable.x"), false, nil))
		must(t, ch.ExchangeBind("amq.topic", "b.#", name("durable.x"), false, nil))
		queue(t, ch, name("deleted.q"), true, false, nil)
		if _, err := ch.QueueDelete(name("deleted.q"), false, false, false); err != nil {
			t.Fatal(err)
		}
		n.Kill()
		n.Restart()
		for before := range i + 1 {
			checkDefinitions(t, n.Channel, before)
		}
	}
}

// checkDefinitions checks what one round declared.
func checkDefinitions(t *testing.T, channel func() *amqp.Channel, i int) {
	t.Helper()
	name := func(kind string) string { return fmt.Sprint(kind, i) }
	ch := channel()
	must(t, ch.ExchangeDeclare(name("durable.x"), "topic", true, false, false, false, amqp.Table{"alternate-exchange": "amq.fanout"}))
	queue(t, ch, name("durable.q"), true, false, amqp.Table{"x-max-length": int32(10)})
	must(t, ch.Confirm(false))
	confirm, err := ch.PublishWithDeferredConfirm(name("durable.x"), "a.b", false, false, amqp.Publishing{Body: []byte("routed")})
	must(t, err)
	if !confirm.Wait() {
		t.Error("a publish was not confirmed")
	}
	if d, ok, err := ch.Get(name("durable.q"), true); err != nil || !ok || string(d.Body) != "routed" {
		t.Errorf("the binding of %s is gone: %v", name("durable.q"), err)
	}
	if _, ok, err := ch.Get(name("durable.q"), true); err != nil || ok {
		t.Errorf("%s got a message twice: %v", name("durable.q"), err)
	}
	for _, kind := range []string{"transient.q", "exclusive.q", "deleted.q"} {
		if _, err := channel().QueueDeclarePassive(name(kind), false, false, false, false, nil); !notFound(err) {
			t.Errorf("%s is not gone: %v", name(kind), err)
		}
	}
	if err := channel().ExchangeDeclarePassive(name("transient.x"), "topic", false, false, false, false, nil); !notFound(err) {
		t.Errorf("%s is not gone: %v", name("transient.x"), err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func queue(t *testing.T, ch *amqp.Channel, name string, durable, exclusive bool, arguments amqp.Table) {
	t.Helper()
	if _, err := ch.QueueDeclare(name, durable, false, exclusive, false, arguments); err != nil {
		t.Fatal(err)
	}
}

func notFound(err error) bool {
	e, ok := err.(*amqp.Error)
	return ok && e.Code == amqp.NotFound
}
