package broker

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// No goroutine outlives Stop.
func TestNothingRunsAfterStop(t *testing.T) {
	before := goleak.IgnoreCurrent()
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", amqp.Table{{Key: "x-expires", Value: amqp.Long(60000)}})
	k.durable(1, "ttl", amqp.Table{{Key: "x-message-ttl", Value: amqp.Long(60000)}})
	k.consume(1, "q", false)
	for range 100 {
		k.publish(1, "", "q", persistent, "m")
		k.deliver(1)
	}
	k.publish(1, "", "ttl", persistent, "waits")
	delayedExchange(k)
	k.publish(1, "later", "", delay(60000), "waits")
	call[amqp.BasicQosOk](k, 1, &amqp.BasicQos{PrefetchCount: 1})
	p := pipe(t, b).guest()
	p.consume(1, "ttl", true)
	p.deliver(1)
	stop(t, b)
	_, _ = k.nc.Close(), p.nc.Close()
	goleak.VerifyNone(t, before)
}

func TestStopTellsClients(t *testing.T) {
	b := open(t, Options{})
	k, p := dial(t, b).guest(), pipe(t, b).guest()
	stopped := make(chan error)
	go func() { stopped <- b.Stop(context.Background()) }()
	for _, c := range []*client{k, p} {
		m := c.closed()
		if m.ReplyCode != 320 || m.ReplyText != "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'" {
			t.Errorf("got %d %q", m.ReplyCode, m.ReplyText)
		}
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// Stop does not wait for clients behind ctx.
func TestStopCutsOffWhoDoesNotAnswer(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	stop(t, b)
	if m := want[amqp.ConnectionClose](k, 0); m.ReplyCode != 320 {
		t.Errorf("got %+v", m)
	}
	if f, ok := k.frameOrEnd(); ok {
		t.Errorf("got %+v", f)
	}
}

// An alarm does not keep a node from stopping.
func TestStopWithAPublisherBlocked(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	b.SetAlarm(AlarmMemory, true)
	k.publish(1, "", "q", nil, "m")
	want[amqp.ConnectionBlocked](k, 0)
	stopped := make(chan error)
	go func() { stopped <- b.Stop(context.Background()) }()
	if m := k.closed(); m.ReplyCode != 320 {
		t.Errorf("got %+v", m)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestDefinitionsAndMessagesSurvive(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{DataDir: dir})
	k := dial(t, b).guest()
	call[amqp.ExchangeDeclareOk](k, 1, &amqp.ExchangeDeclare{Exchange: "x", Type: "topic", Durable: true})
	call[amqp.ExchangeDeclareOk](k, 1, &amqp.ExchangeDeclare{Exchange: "gone", Type: "topic"})
	k.durable(1, "q", amqp.Table{{Key: "x-max-priority", Value: amqp.Long(5)}})
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "transient"})
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "mine", Exclusive: true, Durable: true})
	call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: "q", Exchange: "x", RoutingKey: "a.#"})
	put(t, b, meta.PutVhost{Vhost: meta.Vhost{Name: "v"}})
	k.confirms(1)
	for i := range 10 {
		p := *persistent
		p.Priority, p.Headers = byte(i%2), amqp.Table{{Key: "n", Value: amqp.Long(int64(i))}}
		k.publish(1, "x", "a.b", &p, fmt.Sprint(i))
	}
	k.publish(1, "x", "a.b", nil, "transient")
	for last := uint64(0); last < 11; {
		last = want[amqp.BasicAck](k, 1).DeliveryTag
	}
	if d, ok := k.get(1, "q", false); !ok || d.body != "1" {
		t.Fatalf("got %q", d.body)
	}
	k.send(1, &amqp.BasicAck{DeliveryTag: 1})
	if d, ok := k.get(1, "q", false); !ok || d.body != "3" {
		t.Fatalf("got %q", d.body)
	}
	k.bye()
	stop(t, b)

	b = open(t, Options{DataDir: dir})
	k = dial(t, b).guest()
	k.publish(1, "x", "a.c", nil, "new")
	for _, body := range []string{"3", "5", "7", "9", "0", "2", "4", "6", "8", "new"} {
		d, ok := k.get(1, "q", true)
		if !ok || d.body != body {
			t.Fatalf("got %q, want %q", d.body, body)
		}
		// The log knows how far deliveries went, so that those before may say so too.
		if body == "3" && !d.Redelivered || body > "3" && d.Redelivered {
			t.Errorf("message %s redelivered: %t", body, d.Redelivered)
		}
		if v, _ := d.properties(t).Headers.Get("n"); body != "new" && v == (amqp.Value{}) {
			t.Errorf("message %s lost its header", body)
		}
	}
	if d, ok := k.get(1, "q", true); ok {
		t.Errorf("got %q more", d.body)
	}
	for _, queue := range []string{"transient", "mine"} {
		if b.vhost("/").queue(queue) != nil {
			t.Errorf("queue %s survived", queue)
		}
	}
	if b.vhost("v") == nil {
		t.Error("virtual host v is gone")
	}
	dial(t, b).login("guest", "guest", "/")
}

func TestExclusiveQueueGoesWithItsOwner(t *testing.T) {
	b := open(t, Options{})
	k, other := dial(t, b).guest(), dial(t, b).guest()
	name := call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Exclusive: true}).Queue
	if m := call[amqp.ChannelClose](other, 1, &amqp.BasicConsume{Queue: name}); m.ReplyCode != 405 {
		t.Errorf("got %+v", m)
	}
	_ = k.nc.Close()
	eventually(t, "the queue is gone", func() bool { return b.vhost("/").queue(name) == nil })
	eventually(t, "the owner is gone", func() bool { return len(connections(b)) == 1 })
}

func TestAlarmBlocksPublishersOnly(t *testing.T) {
	b := open(t, Options{})
	k, consumer := dial(t, b).guest(), dial(t, b).guest()
	k.durable(1, "q", nil)
	for range 3 {
		k.publish(1, "", "q", nil, "before")
	}
	eventually(t, "three messages wait", func() bool { n, _ := b.vhost("/").queue("q").counters(); return n == 3 })
	call[amqp.BasicQosOk](consumer, 1, &amqp.BasicQos{PrefetchCount: 1})
	consumer.consume(1, "q", false)
	b.SetAlarm(AlarmMemory, true)
	k.publish(1, "", "q", nil, "while")
	if m := want[amqp.ConnectionBlocked](k, 0); m.Reason != "low on memory" {
		t.Errorf("reason %q", m.Reason)
	}
	b.SetAlarm(AlarmDisk, true)
	b.SetAlarm(AlarmMemory, false)
	for tag := uint64(1); tag <= 3; tag++ {
		if d := consumer.deliver(1); d.body != "before" {
			t.Errorf("got %q", d.body)
		}
		consumer.send(1, &amqp.BasicAck{DeliveryTag: tag})
	}
	call[amqp.BasicQosOk](consumer, 1, &amqp.BasicQos{PrefetchCount: 1}) // it goes on, nothing more comes
	b.SetAlarm(AlarmDisk, false)
	want[amqp.ConnectionUnblocked](k, 0)
	if d := consumer.deliver(1); d.body != "while" {
		t.Errorf("got %q", d.body)
	}
}

func TestDeletionClosesConnections(t *testing.T) {
	b := open(t, Options{})
	put(t, b, meta.PutVhost{Vhost: meta.Vhost{Name: "v"}})
	put(t, b, meta.PutPermission{Permission: meta.Permission{User: "guest", Vhost: "v", Configure: ".*", Write: ".*", Read: ".*"}})
	u, _ := b.state.View().User("guest")
	second := *u
	second.Name = "second"
	put(t, b, meta.PutUser{User: second})
	put(t, b, meta.PutPermission{Permission: meta.Permission{User: "second", Vhost: "/", Configure: ".*", Write: ".*", Read: ".*"}})
	stays := dial(t, b).guest()
	inVhost, asUser := dial(t, b).login("guest", "guest", "v"), dial(t, b).login("second", "guest", "/")
	put(t, b, meta.DeleteVhost{Name: "v"})
	if m := inVhost.closed(); m.ReplyText != "CONNECTION_FORCED - vhost 'v' is deleted" {
		t.Errorf("got %+v", m)
	}
	put(t, b, meta.DeleteUser{Name: "second"})
	if m := asUser.closed(); m.ReplyText != "CONNECTION_FORCED - user 'second' is deleted" {
		t.Errorf("got %+v", m)
	}
	stays.channel(2)
}

func TestPoliciesActOnRunningQueues(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	k.durable(1, "dead", nil)
	for i := range 5 {
		k.publish(1, "", "q", nil, fmt.Sprint(i))
	}
	call[amqp.BasicQosOk](k, 1, &amqp.BasicQos{})
	p, err := policy.DecodePolicy("/", "p", map[string]any{"pattern": "^q$", "definition": map[string]any{
		"max-length": 2, "dead-letter-exchange": "", "dead-letter-routing-key": "dead",
	}}, false)
	if err != nil {
		t.Fatal(err)
	}
	put(t, b, meta.PutPolicy{Policy: p})
	for _, row := range []struct{ queue, bodies string }{{"dead", "012"}, {"q", "34"}} {
		for _, body := range row.bodies {
			if d, ok := k.get(1, row.queue, true); !ok || d.body != string(body) {
				t.Errorf("queue %s: got %q, want %q", row.queue, d.body, string(body))
			}
		}
	}
	put(t, b, meta.DeletePolicy{Vhost: "/", Name: "p"})
	for range 5 {
		k.publish(1, "", "q", nil, "m")
	}
	if m := call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "q", Passive: true}); m.MessageCount != 5 {
		t.Errorf("%d messages without the policy, want 5", m.MessageCount)
	}
}

// When everything is consumed and deleted, nothing holds a message any more.
func TestReferencesAreGivenBack(t *testing.T) {
	b := open(t, Options{})
	k, other := dial(t, b).guest(), dial(t, b).guest()
	references := func() int { return b.store.Stats().References }
	delayedExchange(k)
	call[amqp.ExchangeDeclareOk](k, 1, &amqp.ExchangeDeclare{Exchange: "old", Type: "x-recent-history", Arguments: amqp.Table{
		{Key: "x-recent-history-length", Value: amqp.Long(3)}}})
	dead := amqp.Table{{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}, {Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")}}
	k.durable(1, "dead", nil)
	k.durable(1, "a", append(amqp.Table{{Key: "x-max-length", Value: amqp.Long(5)}}, dead...))
	k.durable(1, "b", append(amqp.Table{{Key: "x-message-ttl", Value: amqp.Long(1)}}, dead...))
	k.durable(1, "c", amqp.Table{{Key: "x-max-length", Value: amqp.Long(2)}, {Key: "x-overflow", Value: amqp.LongStr("reject-publish")}})
	k.durable(1, "l", nil)
	for _, queue := range []string{"a", "b", "c"} {
		call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: queue, Exchange: "amq.fanout"})
	}
	call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: "l", Exchange: "later"})
	k.confirms(1)
	for i := range 60 {
		p := amqp.PropertyList{DeliveryMode: 1 + byte(i%2), Headers: amqp.Table{{Key: "x-delay", Value: amqp.Long(1)}}}
		k.publish(1, []string{"amq.fanout", "later", "old"}[i%3], "", &p, "m")
	}
	answers(t, k, 60)
	call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: "l", Exchange: "old"})
	for i := range 20 {
		if d, ok := other.get(1, "a", i%2 == 0); ok && i%2 == 1 {
			other.send(1, &amqp.BasicReject{DeliveryTag: d.DeliveryTag, Requeue: i%4 == 1})
		}
	}
	call[amqp.TxSelectOk](other, 1, &amqp.TxSelect{})
	for range 3 {
		other.publish(1, "amq.fanout", "", persistent, "tx")
	}
	call[amqp.TxRollbackOk](other, 1, &amqp.TxRollback{})
	eventually(t, "delayed messages come", func() bool { return b.Delayed() == 0 })
	if err := b.store.Verify(); err != nil {
		t.Fatal(err)
	}
	for _, queue := range []string{"a", "b", "c", "l", "dead"} {
		q := b.vhost("/").queue(queue)
		q.mu.Lock()
		if err := q.core.Verify(); err != nil {
			t.Errorf("queue %s: %v", queue, err)
		}
		q.mu.Unlock()
		call[amqp.QueueDeleteOk](k, 1, &amqp.QueueDelete{Queue: queue})
	}
	call[amqp.ExchangeDeleteOk](k, 1, &amqp.ExchangeDelete{Exchange: "old"})
	other.bye()
	k.bye()
	eventually(t, "no references", func() bool { return references() == 0 })
	if err := b.store.Verify(); err != nil {
		t.Error(err)
	}
}

// answers reads until n publishes are answered, acked or nacked.
func answers(t *testing.T, k *client, n uint64) {
	t.Helper()
	for last := uint64(0); last < n; {
		switch _, m := k.method(); m := m.(type) {
		case *amqp.BasicAck:
			last = max(last, m.DeliveryTag)
		case *amqp.BasicNack:
			last = max(last, m.DeliveryTag)
		default:
			t.Fatalf("got %T", m)
		}
	}
}

// Messages in memory cost nothing once they are gone, whichever way they went.
func TestMemoryIsGivenBack(t *testing.T) {
	b := open(t, Options{})
	k, other := dial(t, b).guest(), dial(t, b).guest()
	for queue, args := range map[string]amqp.Table{
		"got": nil, "short": {{Key: "x-max-length", Value: amqp.Long(1)}}, "expired": {{Key: "x-message-ttl", Value: amqp.Long(1)}},
		"refuses": {{Key: "x-max-length", Value: amqp.Long(1)}, {Key: "x-overflow", Value: amqp.LongStr("reject-publish")}},
	} {
		call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: queue, Arguments: args})
		call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: queue, Exchange: "amq.fanout"})
	}
	k.confirms(1)
	body := strings.Repeat("b", 100<<10)
	for i := range uint64(300) {
		k.publish(1, "amq.fanout", "", nil, body)
		answers(t, k, i+1)
		if _, ok := other.get(1, "got", true); !ok {
			t.Fatal("no message")
		}
	}
	eventually(t, "a handful of messages takes as much memory", func() bool { return b.store.Stats().Memory <= 8<<20 })
}

func TestDeadLettersGoOn(t *testing.T) {
	k := dial(t, open(t, Options{})).guest()
	to := func(key string, more ...amqp.Field) amqp.Table {
		return append(amqp.Table{{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")},
			{Key: "x-dead-letter-routing-key", Value: amqp.LongStr(key)}}, more...)
	}
	ttl := amqp.Field{Key: "x-message-ttl", Value: amqp.Long(1)}
	k.durable(1, "a", to("b"))
	k.durable(1, "b", to("c", ttl))
	k.durable(1, "c", to("d", ttl))
	k.durable(1, "d", nil)
	k.publish(1, "", "a", persistent, "m")
	d, ok := k.get(1, "a", false)
	if !ok {
		t.Fatal("no message")
	}
	k.send(1, &amqp.BasicReject{DeliveryTag: d.DeliveryTag})
	d = k.awaitGet(1, "d")
	if d.RoutingKey != "d" || d.Redelivered {
		t.Errorf("key %q, redelivered %t", d.RoutingKey, d.Redelivered)
	}
	v, _ := d.properties(t).Headers.Get("x-death")
	var path string
	for _, entry := range readDeaths(v) {
		path += text(entry, "queue") + " " + text(entry, "reason") + " "
	}
	if path != "c expired b expired a rejected " {
		t.Errorf("x-death tells %s", path)
	}
}
