package broker

import (
	"fmt"
	"testing"
	"time"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// What a queue, a channel, an exchange, the virtual host and the node count of
// the same messages.
func TestViews_CountMessages(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	k.confirms(1)
	for range 3 {
		k.publish(1, "", "q", persistent, "12345")
	}
	k.write(publishing(1, "amq.direct", "nowhere", true, nil, "x"))
	k.publish(1, "amq.direct", "nowhere", nil, "x")
	k.awaitConfirms(1, 5)
	k.get(1, "q", false)
	k.get(1, "q", true)
	v, ok := b.Queue("/", "q")
	if !ok || v.Ready != 1 || v.Unacked != 1 || v.Bytes() != 10 || v.Stats[Publish] != 3 || v.Stats[Get] != 1 || v.Stats[DeliverGet] != 2 {
		t.Errorf("queue: %+v", v)
	}
	total := b.Totals()
	if vhost, _ := b.VhostTotals("/", true); total.Ready != 1 || vhost.Stats != total.Stats || total.Connections != 1 || total.Channels != 1 {
		t.Errorf("totals: %+v, virtual host %+v", total, vhost)
	}
	c, ok := b.Connection(k.nc.LocalAddr().String() + " -> " + k.nc.RemoteAddr().String())
	if !ok || c.State != "running" || c.User != "guest" || c.Received == 0 || c.Channels != 1 {
		t.Errorf("connection: %+v", c)
	}
	ch, ok := b.Channel(c.Name + " (1)")
	want := Counters{Publish: 5, Confirm: 5, ReturnUnroutable: 1, DropUnroutable: 1, Get: 1, GetNoAck: 1, DeliverGet: 2}
	if !ok || ch.Stats != want || ch.Unacknowledged != 1 || !ch.Confirm {
		t.Errorf("channel: %+v, want %v", ch, want)
	}
	if x := b.ExchangeStats("/", ""); x[PublishIn] != 3 || x[PublishOut] != 3 {
		t.Errorf("default exchange: %v", x)
	}
	if x := b.ExchangeStats("/", "amq.direct"); x[PublishIn] != 2 || x[PublishOut] != 0 {
		t.Errorf("amq.direct: %v", x)
	}
}

// awaitConfirms reads confirms, and returns of messages, up to tag.
func (k *client) awaitConfirms(ch uint16, tag uint64) {
	k.t.Helper()
	for {
		_, m := k.method()
		switch m := m.(type) {
		case *amqp.BasicReturn:
			k.content()
		case *amqp.BasicAck:
			if m.DeliveryTag >= tag {
				return
			}
		default:
			k.t.Fatalf("got %T on channel %d, want a confirm", m, ch)
		}
	}
}

// What channels and queues counted stays in the totals when they are gone, and
// what they held does not.
func TestTotals_OutliveWhatTheyAreOf(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	k.channel(2)
	k.confirms(2)
	for range 5 {
		k.publish(2, "", "q", nil, "12345")
	}
	k.awaitConfirms(2, 5)
	k.get(1, "q", false)
	before := b.Totals()
	if before.Ready != 4 || before.Unacked != 1 || before.ReadyBytes != 20 || before.Channels != 2 || before.Queues != 1 {
		t.Errorf("before: %+v", before)
	}
	call[amqp.ChannelCloseOk](k, 2, &amqp.ChannelClose{})
	call[amqp.QueueDeleteOk](k, 1, &amqp.QueueDelete{Queue: "q"})
	k.bye()
	eventually(t, "the connection is gone", func() bool { return b.Totals().Connections == 0 })
	after := b.Totals()
	if after.Stats[Publish] != 5 || after.Stats[Confirm] != 5 || after.Stats[Get] != 1 {
		t.Errorf("counters afterwards: %v", after.Stats)
	}
	if after.Messages() != 0 || after.ReadyBytes+after.UnackedBytes != 0 || after.Channels != 0 || after.Queues != 0 {
		t.Errorf("afterwards: %+v", after)
	}
	if after.Received <= before.Received || after.Sent <= before.Sent {
		t.Errorf("octets: %d and %d, before %d and %d", after.Received, after.Sent, before.Received, before.Sent)
	}
	want := Churn{
		ConnectionsCreated: 1, ConnectionsClosed: 1, ChannelsCreated: 2, ChannelsClosed: 2,
		QueuesDeclared: 1, QueuesCreated: 1, QueuesDeleted: 1,
	}
	if got := b.Churn(); got != want {
		t.Errorf("churn %+v, want %+v", got, want)
	}
}

func TestViews_ChannelModes(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", nil)
	name := b.theOnly(t).name
	channel := func() ChannelView {
		t.Helper()
		v, ok := b.Channel(name + " (1)")
		if !ok {
			t.Fatal("no channel")
		}
		return v
	}
	call[amqp.BasicQosOk](k, 1, &amqp.BasicQos{PrefetchCount: 7})
	k.consume(1, "q", false)
	call[amqp.BasicQosOk](k, 1, &amqp.BasicQos{PrefetchCount: 9, Global: true})
	if v := channel(); v.Prefetch != 7 || v.GlobalPrefetch != 9 || v.Consumers != 1 || v.Confirm || v.Transactional || v.State != "running" {
		t.Errorf("%+v", v)
	}
	k.publish(1, "", "q", nil, "x")
	d := k.deliver(1)
	call[amqp.TxSelectOk](k, 1, &amqp.TxSelect{})
	k.publish(1, "amq.fanout", "", nil, "y")
	k.send(1, &amqp.BasicAck{DeliveryTag: d.DeliveryTag})
	eventually(t, "both are uncommitted", func() bool {
		v := channel()
		return v.UncommittedMessages == 1 && v.UncommittedAcks == 1
	})
	call[amqp.TxCommitOk](k, 1, &amqp.TxCommit{})
	v := channel()
	if !v.Transactional || v.UncommittedMessages != 0 || v.UncommittedAcks != 0 || v.Unacknowledged != 0 {
		t.Errorf("after the commit %+v", v)
	}
	if want := (Counters{Publish: 2, DropUnroutable: 1, Deliver: 1, DeliverGet: 1, Ack: 1}); v.Stats != want {
		t.Errorf("stats %v, want %v", v.Stats, want)
	}
	if x := b.ExchangeStats("/", "amq.fanout"); x[PublishIn] != 1 {
		t.Errorf("amq.fanout: %v", x)
	}
	call[amqp.BasicCancelOk](k, 1, &amqp.BasicCancel{ConsumerTag: "q"})
	if v := channel(); v.Consumers != 0 {
		t.Errorf("after the cancel %d consumers", v.Consumers)
	}
}

func TestViews_Consumers(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "q", amqp.Table{{Key: "x-single-active-consumer", Value: amqp.Bool(true)}})
	k.channel(2)
	k.consume(1, "q", false)
	call[amqp.BasicConsumeOk](k, 2, &amqp.BasicConsume{Queue: "q", ConsumerTag: "second", NoAck: true})
	k.publish(1, "", "q", nil, "x")
	k.deliver(1)
	name := b.theOnly(t).name
	var all []ConsumerView
	b.EachConsumer(func(v *ConsumerView) bool { all = append(all, *v); return true })
	if len(all) != 2 || all[0].Status != "single_active" || all[1].Status != "waiting" || all[0].Unacked != 1 || all[1].AckRequired {
		t.Errorf("%+v", all)
	}
	if of := b.QueueConsumers("/", "q"); len(of) != 2 || of[0].Tag != "q" || of[1].Channel != name+" (2)" || of[1].User != "guest" {
		t.Errorf("of the queue: %+v", of)
	}
	var of []string
	b.ConsumersOf(name+" (2)", func(v *ConsumerView) bool { of = append(of, v.Tag); return true })
	if len(of) != 1 || of[0] != "second" {
		t.Errorf("of channel 2: %v", of)
	}
	if v, _ := b.Queue("/", "q"); v.SingleActiveTag != "q" || v.Consumers != 2 || !v.SingleActive {
		t.Errorf("queue: %+v", v)
	}
}

func TestViews_QueuePolicyOwnerAndHead(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.exclusive("mine")
	put(t, b, meta.PutPolicy{Policy: meta.Policy{Vhost: "/", Name: "p", Pattern: "^m", ApplyTo: "queues", Definition: policy.Definition{"max-length": int64(9), "expires": int64(60000)}}})
	put(t, b, meta.PutPolicy{Operator: true, Policy: meta.Policy{Vhost: "/", Name: "op", Pattern: "", ApplyTo: "queues", Definition: policy.Definition{"max-length": int64(5)}}})
	k.confirms(1)
	k.publish(1, "", "mine", &amqp.PropertyList{Timestamp: 1234}, "x")
	k.awaitConfirms(1, 1)
	v, ok := b.Queue("/", "mine")
	if !ok || v.Policy != "p" || v.OperatorPolicy != "op" || v.EffectivePolicy["max-length"] != int64(5) || v.EffectivePolicy["expires"] != int64(60000) {
		t.Errorf("policies: %+v", v)
	}
	if !v.Exclusive || v.Owner == nil || v.Owner.Name != b.theOnly(t).name {
		t.Errorf("owner: %+v", v.Owner)
	}
	if at, has := b.HeadTimestamp("/", "mine"); at != 1234 || !has || v.Memory <= queueFootprint || v.LastActive.IsZero() {
		t.Errorf("head %d %t, memory %d, active %v", at, has, v.Memory, v.LastActive)
	}
	declared := time.Now()
	k.durable(1, "unused", nil)
	if v, _ := b.Queue("/", "unused"); v.LastActive.Before(declared.Truncate(time.Millisecond)) || v.State != "running" {
		t.Errorf("an unused queue is %s, active %v, declared %v", v.State, v.LastActive, declared)
	}
	if got := b.ExchangePolicy("/", "amq.direct"); got != "" {
		t.Errorf("policy of an exchange: %q", got)
	}
}

func TestVisitQueues_ReturnsToWhatChanged(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	for _, name := range []string{"a", "b", "c"} {
		k.durable(1, name, nil)
	}
	k.confirms(1)
	visit := func(cursor *uint64) (seen string) {
		*cursor = b.VisitQueues(*cursor, func(s *QueueSample) bool {
			seen += fmt.Sprintf("%s%d ", s.Name, s.Ready)
			return true
		})
		return seen
	}
	var one, two uint64
	if got := visit(&one); got != "" {
		t.Errorf("before anything happened: %s", got)
	}
	k.publish(1, "", "b", nil, "x")
	k.awaitConfirms(1, 1)
	if got := visit(&one); got != "b1 " {
		t.Errorf("after a publish: %s", got)
	}
	k.publish(1, "", "c", nil, "x")
	k.awaitConfirms(1, 2)
	if got := visit(&one); got != "c1 " {
		t.Errorf("after another: %s", got)
	}
	call[amqp.QueueDeleteOk](k, 1, &amqp.QueueDelete{Queue: "b"})
	if got := visit(&two); got != "c1 " {
		t.Errorf("a visitor that comes later: %s", got)
	}
}

func TestCloseConnection(t *testing.T) {
	b := open(t, Options{})
	one, two := dial(t, b).guest(), dial(t, b).guest()
	if b.CloseConnection("nobody", "why") {
		t.Error("closed nobody")
	}
	name := one.nc.LocalAddr().String() + " -> " + one.nc.RemoteAddr().String()
	if !b.CloseConnection(name, "100 % why") {
		t.Error("not found")
	}
	if m := one.closed(); m.ReplyCode != 320 || m.ReplyText != "CONNECTION_FORCED - 100 % why" {
		t.Errorf("%+v", m)
	}
	eventually(t, "it is gone", func() bool { _, ok := b.Connection(name); return !ok })
	if n := b.CloseConnectionsOf("guest", "all"); n != 1 {
		t.Errorf("closed %d", n)
	}
	two.closed()
}

func TestNode_SaysWhatItIs(t *testing.T) {
	b := open(t, Options{})
	b.SetLimits(Limits{Memory: 1 << 40, DiskFree: 7})
	b.SetAlarm(AlarmDisk, true)
	dial(t, b).guest()
	v := b.Node()
	if v.Name != "amqpd@test" || v.MemoryLimit != 1<<40 || v.DiskLimit != 7 || v.MemoryAlarm || !v.DiskAlarm {
		t.Errorf("%+v", v)
	}
	if v.Memory.Resident == 0 || v.Memory.Heap == 0 || v.Goroutines == 0 || v.FilesUsed == 0 || v.FilesTotal < v.FilesUsed || v.SocketsUsed < 2 || v.DiskFree == 0 {
		t.Errorf("figures of the system: %+v", v)
	}
	c := b.theOnly(t)
	if got, _ := b.Connection(c.name); got.State != "blocking" {
		t.Errorf("state under an alarm: %s", got.State)
	}
}
