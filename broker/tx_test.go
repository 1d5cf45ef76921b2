package broker

import (
	"strings"
	"testing"

	"amqpd/amqp"
)

// transacted opens a channel with a queue of n messages in a transaction.
func transacted(t *testing.T, k *client, n int) {
	t.Helper()
	k.durable(1, "q", nil)
	for range n {
		k.publish(1, "", "q", persistent, "m")
	}
	call[amqp.TxSelectOk](k, 1, &amqp.TxSelect{})
}

// A tag that was settled in the transaction is not recovered: it is not
// outstanding for the client.
func TestRecoverLeavesSettledTagsToTheCommit(t *testing.T) {
	k := dial(t, open(t, Options{})).guest()
	transacted(t, k, 2)
	for range 2 {
		if _, ok := k.get(1, "q", false); !ok {
			t.Fatal("no message")
		}
	}
	k.send(1, &amqp.BasicAck{DeliveryTag: 1})
	call[amqp.BasicRecoverOk](k, 1, &amqp.BasicRecover{Requeue: true})
	call[amqp.TxCommitOk](k, 1, &amqp.TxCommit{})
	if d, ok := k.get(1, "q", true); !ok || !d.Redelivered {
		t.Errorf("message 2: there %t, redelivered %t", ok, d.Redelivered)
	}
	if _, ok := k.get(1, "q", true); ok {
		t.Error("message 1 was acknowledged and came back")
	}
}

func TestCommitToAConsumer(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	transacted(t, k, 0)
	k.durable(1, "other", nil)
	for _, queue := range []string{"q", "other"} {
		k.consume(1, queue, false)
	}
	for _, queue := range []string{"q", "other", "q"} {
		k.publish(1, "", queue, persistent, "in "+queue)
	}
	k.send(1, &amqp.TxCommit{})
	for range 3 {
		if d := k.deliver(1); d.body != "in "+d.ConsumerTag {
			t.Errorf("queue %s got %q", d.ConsumerTag, d.body)
		}
	}
	want[amqp.TxCommitOk](k, 1)
	k.send(1, &amqp.BasicAck{DeliveryTag: 3, Multiple: true})
	call[amqp.TxCommitOk](k, 1, &amqp.TxCommit{})
}

func TestRollbackRestoresTags(t *testing.T) {
	k := dial(t, open(t, Options{})).guest()
	transacted(t, k, 1)
	if _, ok := k.get(1, "q", false); !ok {
		t.Fatal("no message")
	}
	k.publish(1, "", "q", nil, "never")
	k.send(1, &amqp.BasicAck{DeliveryTag: 1})
	call[amqp.TxRollbackOk](k, 1, &amqp.TxRollback{})
	k.send(1, &amqp.BasicNack{DeliveryTag: 1, Requeue: true})
	call[amqp.TxCommitOk](k, 1, &amqp.TxCommit{})
	if d, ok := k.get(1, "q", true); !ok || d.body != "m" {
		t.Errorf("got %q, %t", d.body, ok)
	}
	if _, ok := k.get(1, "q", true); ok {
		t.Error("a publish that was rolled back is there")
	}
}

// Nothing of a transaction that its channel did not commit is done.
func TestChannelCloseRollsBack(t *testing.T) {
	k := dial(t, open(t, Options{})).guest()
	transacted(t, k, 1)
	if _, ok := k.get(1, "q", false); !ok {
		t.Fatal("no message")
	}
	k.send(1, &amqp.BasicAck{DeliveryTag: 1})
	k.publish(1, "", "q", nil, "never")
	call[amqp.ChannelCloseOk](k, 1, &amqp.ChannelClose{})
	k.channel(1)
	if d, ok := k.get(1, "q", true); !ok || d.body != "m" || !d.Redelivered {
		t.Errorf("got %q, %t, redelivered %t", d.body, ok, d.Redelivered)
	}
	if _, ok := k.get(1, "q", true); ok {
		t.Error("a publish that was rolled back is there")
	}
}

// A commit survives as a whole.
func TestCommitSurvives(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{DataDir: dir})
	k := dial(t, b).guest()
	transacted(t, k, 1)
	k.durable(1, "other", nil)
	if _, ok := k.get(1, "q", false); !ok {
		t.Fatal("no message")
	}
	k.send(1, &amqp.BasicAck{DeliveryTag: 1})
	k.publish(1, "", "other", persistent, "moved")
	call[amqp.TxCommitOk](k, 1, &amqp.TxCommit{})
	k.bye()
	stop(t, b)
	k = dial(t, open(t, Options{DataDir: dir})).guest()
	if _, ok := k.get(1, "q", true); ok {
		t.Error("the acknowledged message is back")
	}
	if d, ok := k.get(1, "other", true); !ok || d.body != "moved" {
		t.Errorf("got %q, %t", d.body, ok)
	}
}

// What transactions publish goes to disk when it is more than fits into memory, as
// anything else.
func TestCommitsSpill(t *testing.T) {
	b := open(t, Options{TransientMemory: 1 << 20})
	k := dial(t, b).guest()
	transacted(t, k, 0)
	body := strings.Repeat("x", 16<<10)
	for range 20 {
		for range 10 {
			k.publish(1, "", "q", nil, body)
		}
		call[amqp.TxCommitOk](k, 1, &amqp.TxCommit{})
	}
	if b.store.Stats().Spilled == 0 {
		t.Error("all 3 MiB are in memory")
	}
}
