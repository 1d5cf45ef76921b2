package broker

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"amqpd/amqp"
	"amqpd/store"
)

// sureQueue declares quorum queue "source", which dead-letters at least once to
// exchange x, and lets it take at most limit messages.
func sureQueue(k *client, exchange string, limit int64) {
	k.t.Helper()
	k.durable(1, "source", amqp.Table{
		{Key: "x-queue-type", Value: amqp.LongStr("quorum")},
		{Key: "x-dead-letter-exchange", Value: amqp.LongStr(exchange)},
		{Key: "x-dead-letter-strategy", Value: amqp.LongStr("at-least-once")},
		{Key: "x-overflow", Value: amqp.LongStr("reject-publish")},
		{Key: "x-max-length", Value: amqp.Long(limit)},
	})
}

// die publishes messages to "source", numbered from, and rejects them.
func die(k *client, from, n int) {
	k.t.Helper()
	for i := range n {
		k.publish(1, "", "source", persistent, fmt.Sprint(from+i))
	}
	for range n {
		d := k.awaitUnsettled(1, "source")
		k.send(1, &amqp.BasicReject{DeliveryTag: d.DeliveryTag})
	}
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "source", Passive: true})
}

// awaitUnsettled is awaitGet without automatic acknowledgement.
func (k *client) awaitUnsettled(ch uint16, queue string) delivery {
	k.t.Helper()
	var d delivery
	eventually(k.t, "a message in "+queue, func() (ok bool) { d, ok = k.get(ch, queue, false); return ok })
	return d
}

// tryAgain makes what waits in the box of "source" due and waits until it was tried, which
// takes a clock of the test's own.
func tryAgain(b *Broker) {
	q := b.queue("/", "source")
	q.mu.Lock()
	if q.box != nil {
		b.agenda.set(&q.box.turn, 0)
	}
	q.mu.Unlock()
	synctest.Wait()
}

func TestSureLetters_WaitForTheirExchange(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.guest()
		sureQueue(k, "later", 1000)
		k.durable(1, "dead", nil)
		const n = 3*letterWindow + 5
		die(k, 0, n)
		if got := b.DeadLettersWaiting(); got != n {
			t.Fatalf("%d letters wait, want %d", got, n)
		}
		if v, _ := b.Queue("/", "source"); v.Messages() != 0 {
			t.Errorf("%d messages in the queue that they died in", v.Messages())
		}
		call[amqp.ExchangeDeclareOk](k, 1, &amqp.ExchangeDeclare{Exchange: "later", Type: "fanout"})
		tryAgain(b) // it leads nowhere yet
		call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: "dead", Exchange: "later"})
		for i := range n {
			tryAgain(b)
			if d := k.awaitGet(1, "dead"); d.body != fmt.Sprint(i) {
				t.Fatalf("got %s, want %d", d.body, i)
			}
		}
		nothingLeft(t, b, "source")
		if waits, came := b.DeadLettersWaiting(), b.DeadLettersConfirmed(); waits != 0 || came != n {
			t.Errorf("%d wait, %d came", waits, came)
		}
	})
}

// Of two targets one is full: the other gets each letter once.
func TestSureLetters_AreNotRepeatedToWhoHasThem(t *testing.T) {
	timed(t, Options{}, func(t *testing.T, b *Broker, k *client) {
		k.guest()
		sureQueue(k, "amq.fanout", 1000)
		k.durable(1, "all", nil)
		k.durable(1, "full", amqp.Table{{Key: "x-max-length", Value: amqp.Long(1)}, {Key: "x-overflow", Value: amqp.LongStr("reject-publish")}})
		for _, queue := range []string{"all", "full"} {
			call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: queue, Exchange: "amq.fanout"})
		}
		const n = 5
		die(k, 0, n)
		if got := b.DeadLettersWaiting(); got != n-1 {
			t.Fatalf("%d letters wait, want %d", got, n-1)
		}
		for i := range n {
			if d := k.awaitGet(1, "full"); d.body != fmt.Sprint(i) {
				t.Errorf("got %s, want %d", d.body, i)
			}
			tryAgain(b)
		}
		eventually(t, "all have gone", func() bool { return b.DeadLettersWaiting() == 0 })
		// All but the first letter were offered to "all" one after the other, those behind
		// them while they waited.
		var bodies []string
		for {
			d, ok := k.get(1, "all", true)
			if !ok {
				break
			}
			bodies = append(bodies, d.body)
		}
		slices.Sort(bodies)
		if fmt.Sprint(bodies) != "[0 1 2 3 4]" {
			t.Errorf("the other queue got %v", bodies)
		}
		nothingLeft(t, b, "source")
	})
}

// Letters that wait count against the limit of their queue, go with it, and are
// in it again after a restart.
func TestSureLetters_BelongToTheirQueue(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{DataDir: dir})
	k := dial(t, b).guest()
	sureQueue(k, "nowhere", 3)
	die(k, 0, 3)
	k.confirms(1)
	refused := false
	for i := uint64(1); i <= 3 && !refused; i++ { // a quorum queue refuses one late
		k.publish(1, "", "source", persistent, "more")
		_, m := k.method()
		_, refused = m.(*amqp.BasicNack)
	}
	if !refused {
		t.Error("the letters that wait do not count")
	}
	k.bye()
	stop(t, b)

	b = open(t, Options{DataDir: dir})
	k = dial(t, b).guest()
	for i := range 3 {
		if d, ok := k.get(1, "source", false); !ok || d.body != fmt.Sprint(i) {
			t.Errorf("got %q, %t, want %d", d.body, ok, i)
		} else {
			k.send(1, &amqp.BasicReject{DeliveryTag: d.DeliveryTag})
		}
	}
	call[amqp.QueueDeleteOk](k, 1, &amqp.QueueDelete{Queue: "source"})
	eventually(t, "nothing is held", func() bool { return b.store.Stats().References == 0 && b.DeadLettersWaiting() == 0 })
	k.bye()
}

// A message that dies where it comes in is confirmed only when it is in the log, and
// waits there like any other letter.
func TestSureLetters_ThatNeverLivedSurvive(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{DataDir: dir})
	k := dial(t, b).guest()
	sureQueue(k, "nowhere", 3)
	k.confirms(1)
	k.publish(1, "", "source", &amqp.PropertyList{DeliveryMode: 2, Expiration: "0"}, "stillborn")
	want[amqp.BasicAck](k, 1)
	if got := b.DeadLettersWaiting(); got != 1 {
		t.Fatalf("%d letters wait, want one", got)
	}
	k.bye()
	stop(t, b)

	b = open(t, Options{DataDir: dir})
	eventually(t, "it dies again", func() bool { return b.DeadLettersWaiting() == 1 })
}

// Whoever wrote to a socket, the committer among them, publishes no dead letters:
// the agenda does.
func TestResume_LeavesDeadLettersToTheAgenda(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.durable(1, "dead", nil)
	k.durable(1, "q", amqp.Table{{Key: "x-dead-letter-exchange", Value: amqp.LongStr("")}, {Key: "x-dead-letter-routing-key", Value: amqp.LongStr("dead")}})
	call[amqp.BasicConsumeOk](k, 1, &amqp.BasicConsume{Queue: "q", Arguments: amqp.Table{{Key: "x-credit", Value: amqp.TableOf(
		amqp.Table{{Key: "credit", Value: amqp.Long(0)}, {Key: "drain", Value: amqp.Bool(false)}})}}})
	b.agenda.stop()
	k.publish(1, "", "q", &amqp.PropertyList{DeliveryMode: 2, Expiration: "1"}, "m")
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "q", Passive: true})
	q, dead := b.queue("/", "q"), b.queue("/", "dead")
	c := b.theOnly(t)
	eventually(t, "the message is found expired", func() bool {
		c.resume()
		ready, _ := q.counters()
		return ready == 0
	})
	if ready, _ := dead.counters(); ready != 0 {
		t.Fatal("it was published in the goroutine of whoever wrote")
	}
	w := b.borrow()
	b.funeral.hold(w)
	b.giveBack(w)
	if ready, _ := dead.counters(); ready != 1 {
		t.Errorf("%d messages in the dead-letter queue, want one", ready)
	}
}

func TestWithout(t *testing.T) {
	for _, row := range []struct {
		ranges []store.Range
		seqs   []uint64
		want   string
	}{
		{[]store.Range{{From: 1, To: 5}}, nil, "[{1 5}]"},
		{[]store.Range{{From: 1, To: 5}}, []uint64{1, 5}, "[{2 4}]"},
		{[]store.Range{{From: 1, To: 5}, {From: 8, To: 8}}, []uint64{3, 8}, "[{1 2} {4 5}]"},
		{[]store.Range{{From: 7, To: 9}, {From: 1, To: 2}}, []uint64{1, 2, 4, 8}, "[{7 7} {9 9}]"},
		{[]store.Range{{From: 4, To: 4}}, []uint64{4}, "[]"},
	} {
		if got := fmt.Sprint(without(row.ranges, row.seqs)); got != row.want {
			t.Errorf("%v without %v: got %s, want %s", row.ranges, row.seqs, got, row.want)
		}
	}
}
