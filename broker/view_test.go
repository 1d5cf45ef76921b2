package broker

import (
	"testing"

	"amqpd/amqp"
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
	want := Counters{Publish: 5, Confirm: 5, ReturnUnroutable: 1, DropUnroutable: 1}
	if !ok || ch.Stats != want {
		t.Errorf("channel: %+v, want %v", ch, want)
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
