package abuse

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

// bodyFrame is a body frame of n octets.
func bodyFrame(channel uint16, n int) []byte { return frame(nil, frameBody, channel, make([]byte, n)) }

// A size that is declared is a claim, not a reason to find room for it.
func TestAbuse_BodyThatNeverComes(t *testing.T) {
	v := start(t)
	var abusers []*abuser
	for _, size := range []uint64{100 << 20, 1 << 30, 1 << 40, 1<<64 - 1} {
		for range 25 {
			a := login(t, v.Node)
			a.open(1)
			a.send(header(publish(nil, 1, "amq.none"), 1, size, persistent))
			a.send(bodyFrame(1, frameMax-8))
			abusers = append(abusers, a)
		}
	}
	v.alive(t)
	if now := v.RSS(); now > v.before.RSS+200*node.MB {
		t.Errorf("100 declared bodies cost %d MB", (now-v.before.RSS)/node.MB)
	}
	for i, a := range abusers {
		a.hangUp(i%2 == 0)
	}
	v.recovers(t)
}

// A body over max-message-size is taken to its end without being kept, then
// closes its channel (amqp-behaviour §5.1).
func TestAbuse_BodyOverTheLimit(t *testing.T) {
	const limit, size = 1 << 20, 200 << 20
	v := start(t, "--max-message-size", fmt.Sprint(limit))
	a := login(t, v.Node)
	a.open(1)
	a.open(2)
	a.send(header(publish(nil, 1, "amq.none"), 1, size, persistent))
	most := int64(0)
	chunk := frameMax - 8
	for left := size; left > 0; left -= chunk {
		if err := a.send(bodyFrame(1, min(left, chunk))); err != nil {
			t.Fatalf("with %d octets to go: %v", left, err)
		}
		if left%16 == 0 {
			most = max(most, v.RSS())
		}
	}
	a.refused(channelClose, 406, fmt.Sprintf("PRECONDITION_FAILED - message size %d is larger than configured max size %d", size, limit))
	if most > v.before.RSS+50*node.MB {
		t.Errorf("a body that is refused cost %d MB meanwhile", (most-v.before.RSS)/node.MB)
	}
	a.send(method(nil, 1, channelCloseOk, nil))
	a.send(declare(nil, 2, "still-here", 8, ""))
	a.expect(queueDeclareOk)
	a.hangUp(true)
	v.recovers(t)
}

// The largest bodies that are allowed come through whole, and their memory is
// given back.
func TestAbuse_LargestBodies(t *testing.T) {
	v := start(t)
	ch := v.Channel()
	q, err := ch.QueueDeclare("largest", true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 128<<20)
	for i := range body {
		body[i] = byte(i>>16 ^ i)
	}
	for _, mode := range []uint8{amqp.Transient, amqp.Persistent} {
		ctx, cancel := context.WithTimeout(context.Background(), node.Patience)
		defer cancel()
		c, err := ch.PublishWithDeferredConfirmWithContext(ctx, "", q.Name, false, false, amqp.Publishing{Body: body, DeliveryMode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := c.WaitContext(ctx); !ok || err != nil {
			t.Fatalf("mode %d: not confirmed: %v", mode, err)
		}
		d, ok, err := ch.Get(q.Name, true)
		if err != nil || !ok || !bytes.Equal(d.Body, body) {
			t.Fatalf("mode %d: 128 MB do not come back: %d octets, %v, %v", mode, len(d.Body), ok, err)
		}
	}
	if _, err := ch.QueueDelete(q.Name, false, false, false); err != nil {
		t.Fatal(err)
	}
	ch.Close()
	v.recovers(t)
}

// Publishers that hang up inside a body leave nothing in the queue.
func TestAbuse_HangUpInsideBody(t *testing.T) {
	v := start(t)
	ch := v.Channel()
	if _, err := ch.QueueDeclare("halves", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	const size, each = 4 << 20, 100 << 10
	for i := range 200 {
		a := login(t, v.Node)
		a.open(1)
		a.send(header(publish(nil, 1, "halves"), 1, size, persistent))
		for range i % 40 {
			a.send(bodyFrame(1, each))
		}
		a.hangUp(i%2 == 0)
	}
	v.recovers(t)
	q, err := ch.QueueDeclarePassive("halves", true, false, false, false, nil)
	if err != nil || q.Messages != 0 {
		t.Errorf("%d messages came of halves: %v", q.Messages, err)
	}
}

// A consumer that reads nothing while 200 MB are published for it, in each way
// that messages can be held.
func TestAbuse_ConsumerThatNeverReads(t *testing.T) {
	for name, mode := range map[string]uint8{"persistent": amqp.Persistent, "transient": amqp.Transient} {
		t.Run(name, func(t *testing.T) {
			v := start(t, "--memory-limit", "1GB")
			a := login(t, v.Node)
			a.open(1)
			a.send(declare(nil, 1, "unread", 2, ""))
			a.expect(queueDeclareOk)
			a.send(consume(nil, 1, "unread"))
			a.expect(basicConsumeOk)
			most := fill(t, v, "unread", mode, 300*node.MB)
			t.Logf("at most %d MB over the %d MB of before", (most-v.before.RSS)/node.MB, v.before.RSS/node.MB)
			if bound := int64(150 * node.MB); most > v.before.RSS+bound && mode == amqp.Persistent {
				t.Errorf("a consumer that does not read cost %d MB", (most-v.before.RSS)/node.MB)
			}
			v.alive(t)
			a.hangUp(false)
			if _, err := v.Channel().QueueDelete("unread", false, false, false); err != nil {
				t.Fatal(err)
			}
			v.recovers(t)
		})
	}
}

// fill publishes total octets to a queue with confirms, others being served
// meanwhile, and returns the most memory that the node had.
func fill(t *testing.T, v *victim, queue string, mode uint8, total int) (most int64) {
	t.Helper()
	ch := v.Channel()
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 10<<10)
	var sent []*amqp.DeferredConfirmation
	slowest := time.Duration(0)
	for i := range total / len(body) {
		c, err := ch.PublishWithDeferredConfirm("", queue, false, false, amqp.Publishing{Body: body, DeliveryMode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if sent = append(sent, c); len(sent) == 500 {
			begin := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), node.Patience)
			for _, c := range sent {
				if ok, err := c.WaitContext(ctx); !ok || err != nil {
					t.Fatalf("publish %d of %d octets is not confirmed: %v", i, len(body), err)
				}
			}
			cancel()
			slowest = max(slowest, time.Since(begin))
			sent = sent[:0]
			most = max(most, v.RSS())
		}
		if i%5000 == 0 {
			v.alive(t)
		}
	}
	t.Logf("the slowest wait for confirms was %v", slowest)
	ch.Close()
	return most
}
