package abuse

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

var amqpd *node.Binary

func TestMain(m *testing.M) { os.Exit(node.Main(m, &amqpd)) }

// slack is how much more memory than at its start a node may keep: the tail of
// the log, which is there to be read again, and what Go's heap does not give
// back at once.
const slack = (64 + 60) * node.MB

// victim is a node under abuse.
type victim struct {
	*node.Node
	before node.Footprint
}

// start starts a node and notes what it holds once it has served somebody.
func start(t *testing.T, flags ...string) *victim {
	t.Helper()
	v := &victim{Node: amqpd.Start(t, flags...)}
	v.alive(t)
	v.before = v.Footprint()
	return v
}

// alive checks that a fresh client can declare, publish with a confirm and get,
// and soon.
func (v *victim) alive(t *testing.T) {
	t.Helper()
	begin := time.Now()
	c, err := v.Dial()
	if err != nil {
		t.Fatalf("a fresh client cannot connect: %v", err)
	}
	defer c.Close()
	ch, err := c.Channel()
	if err != nil {
		t.Fatalf("a fresh client: %v", err)
	}
	q, err := ch.QueueDeclare("", false, false, true, false, nil)
	if err != nil {
		t.Fatalf("a fresh client: %v", err)
	}
	roundTrip(t, ch, q.Name)
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("a fresh client was served in %v", took)
	}
}

// roundTrip publishes a message with a confirm and gets it.
func roundTrip(t *testing.T, ch *amqp.Channel, queue string) {
	t.Helper()
	if err := ch.Confirm(false); err != nil {
		t.Fatalf("confirm.select: %v", err)
	}
	want := fmt.Sprint(time.Now())
	ctx, cancel := context.WithTimeout(context.Background(), node.Patience)
	defer cancel()
	sent, err := ch.PublishWithDeferredConfirmWithContext(ctx, "", queue, false, false, amqp.Publishing{Body: []byte(want)})
	if err != nil {
		t.Fatalf("publishing: %v", err)
	}
	if ok, err := sent.WaitContext(ctx); !ok || err != nil {
		t.Fatalf("a publish was not confirmed: %v", err)
	}
	d, ok, err := ch.Get(queue, true)
	if err != nil || !ok || string(d.Body) != want {
		t.Fatalf("got %q, %v, %v; want %q", d.Body, ok, err, want)
	}
}

// recovers checks that the node serves others, and soon holds what it held at
// its start.
func (v *victim) recovers(t *testing.T) {
	t.Helper()
	v.alive(t)
	v.Returns(t, v.before, slack, node.Patience)
}
