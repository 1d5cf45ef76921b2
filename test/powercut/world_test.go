package powercut

import (
	"fmt"
	"slices"

	amqp "github.com/rabbitmq/amqp091-go"
)

// root is a queue that is published to.
type root struct {
	arguments amqp.Table
	leads     []string // queues that its messages die or are moved into
	every     bool     // into all of them
	unordered bool     // what comes back does not go where it was, or it does not come in order
	refuses   bool     // may not take a message, and say so
	ages      bool     // messages leave by themselves
	passing   bool     // is there at times
}

// roots are the queues that are published to, all durable.
var roots = map[string]root{
	"plain.0":  {},
	"plain.1":  {},
	"answers":  {},
	"got":      {},
	"ranked":   {arguments: amqp.Table{"x-max-priority": int32(4)}},
	"pair.a":   {},
	"pair.b":   {},
	"inbox":    {leads: []string{"outbox"}, unordered: true},
	"fading":   {arguments: letters("dying"), leads: []string{"dying", "graves"}, ages: true, unordered: true},
	"dying":    {arguments: with(letters("graves"), "x-message-ttl", int32(10)), leads: []string{"graves"}, ages: true, unordered: true},
	"capped":   {arguments: with(letters("spill"), "x-max-length", int32(8)), leads: []string{"spill"}},
	"refusing": {arguments: with(letters("spill"), "x-max-length", int32(8), "x-overflow", "reject-publish-dlx"), leads: []string{"spill"}, refuses: true},
	"voted":    {arguments: with(letters("spill"), "x-queue-type", "quorum", "x-delivery-limit", int32(2)), leads: []string{"spill"}, unordered: true},
	"sure": {arguments: amqp.Table{"x-queue-type": "quorum", "x-dead-letter-exchange": "burial", "x-dead-letter-strategy": "at-least-once",
		"x-overflow": "reject-publish"}, leads: []string{"sure.a", "sure.b"}, every: true, unordered: true},
	"late":    {unordered: true, ages: true},
	"topic.q": {},
	"heads.q": {},
	"other.q": {},
	"purged":  {},
	"from":    {leads: []string{"to"}, unordered: true},
	"cond":    {passing: true},
	"phoenix": {passing: true, unordered: true},
	"circle":  {arguments: letters("circle"), leads: []string{"circle"}, unordered: true},
}

// ends are the queues that are not published to.
var ends = map[string]amqp.Table{
	"outbox": nil, "graves": nil, "spill": nil, "to": nil,
	"sure.a": {"x-max-length": int32(4), "x-overflow": "reject-publish"}, "sure.b": nil,
}

// letters are arguments of a queue whose messages die into another.
func letters(queue string) amqp.Table {
	return amqp.Table{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue}
}

// with adds arguments.
func with(t amqp.Table, more ...any) amqp.Table {
	for i := 0; i < len(more); i += 2 {
		t[more[i].(string)] = more[i+1]
	}
	return t
}

// queues lists all queues.
func queues() (names []string) {
	for name := range roots {
		names = append(names, name)
	}
	for name := range ends {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// copying tells whether messages come to a queue as copies of what is let go of elsewhere after
// that: a power cut in between leaves both.
func copying(queue string) bool {
	_, end := ends[queue]
	return end || roots[queue].ages || queue == "circle"
}

// declare declares all that is always there.
func (n *node) declare() error {
	c, ch := n.channel()
	defer c.Close()
	for _, x := range []struct {
		name, kind string
		arguments  amqp.Table
	}{
		{"other", "fanout", nil}, {"heads", "headers", nil}, {"burial", "fanout", nil}, {"hub", "direct", nil},
		{"front", "topic", amqp.Table{"alternate-exchange": "other"}},
		{"later", "x-delayed-message", amqp.Table{"x-delayed-type": "direct"}},
	} {
		if err := ch.ExchangeDeclare(x.name, x.kind, true, false, false, false, x.arguments); err != nil {
			return fmt.Errorf("exchange %s: %w", x.name, err)
		}
	}
	for _, name := range queues() {
		if _, err := ch.QueueDeclare(name, true, false, false, false, argumentsOf(name)); err != nil {
			return fmt.Errorf("queue %s: %w", name, err)
		}
	}
	for _, b := range []struct {
		queue, key, exchange string
		arguments            amqp.Table
	}{
		{"sure.a", "", "burial", nil}, {"sure.b", "", "burial", nil}, {"late", "late", "later", nil},
		{"topic.q", "t.#", "front", nil}, {"heads.q", "", "heads", amqp.Table{"kind": "head"}}, {"other.q", "", "other", nil},
	} {
		if err := ch.QueueBind(b.queue, b.key, b.exchange, false, b.arguments); err != nil {
			return fmt.Errorf("binding of %s: %w", b.queue, err)
		}
	}
	return ch.ExchangeBind("heads", "*.h", "front", false, nil)
}

func argumentsOf(queue string) amqp.Table {
	if r, ok := roots[queue]; ok {
		return r.arguments
	}
	return ends[queue]
}
