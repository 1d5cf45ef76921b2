package broker

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"amqpd/amqp"
)

// replyToAddress is the pseudo queue of direct reply-to; addresses of waiting
// requesters start with it and a dot (amqp-behaviour §12).
const (
	replyToAddress = "amq.rabbitmq.reply-to"
	replyToPrefix  = replyToAddress + "."
)

// replyConsumer is a channel's consumer of direct replies.
type replyConsumer struct {
	ch   *channel
	tag  string
	name string // the address that replaces the pseudo address in requests
}

// consumeReplies starts the reply consumer of a channel.
func (ch *channel) consumeReplies(m *amqp.BasicConsume) error {
	const id = amqp.MethodBasicConsume
	if !m.NoAck {
		return amqp.PreconditionFailed(id, "reply consumer cannot acknowledge")
	}
	if ch.reply != nil {
		return amqp.PreconditionFailed(id, "reply consumer already set")
	}
	tag := m.ConsumerTag
	if tag == "" {
		tag = randomName("amq.ctag-")
	}
	ch.reply = &replyConsumer{ch: ch, tag: tag, name: replyToPrefix + opaque(9) + "." + opaque(16)}
	ch.c.b.replies.Store(ch.reply.name, ch.reply)
	return ch.answer(m.NoWait, &amqp.BasicConsumeOk{ConsumerTag: tag})
}

// opaque is a part of an address: n random octets in base64, padded as RabbitMQ
// pads them, because clients were seen to look for that.
func opaque(n int) string {
	octets := make([]byte, n)
	_, _ = rand.Read(octets)
	return base64.URLEncoding.EncodeToString(octets)
}

// dropReply ends the reply consumer, if there is one.
func (ch *channel) dropReply() {
	if ch.reply != nil {
		ch.c.b.replies.Delete(ch.reply.name)
		ch.reply = nil
	}
}

// replyAddress puts the channel's own address in place of the pseudo address.
func (ch *channel) replyAddress(header []byte) ([]byte, error) {
	if ch.reply == nil {
		return nil, amqp.PreconditionFailed(amqp.MethodBasicPublish, "fast reply consumer does not exist")
	}
	edited, err := amqp.Edit{ReplyTo: &ch.reply.name}.Append(nil, header)
	if err != nil {
		return nil, amqp.InternalError()
	}
	return edited, nil
}

// requester finds the reply consumer behind a routing key of the default
// exchange.
func (b *Broker) requester(key string) *replyConsumer {
	if !strings.HasPrefix(key, replyToPrefix) {
		return nil
	}
	if r, ok := b.replies.Load(key); ok {
		return r.(*replyConsumer)
	}
	return nil
}

// deliverReply writes a reply straight to the requester's connection. Its
// delivery tag is the channel's next, which is not used up.
func (t *batch) deliverReply(r *replyConsumer, m *message) {
	o := &r.ch.c.out
	t.lock(o)
	if !o.closed && !r.ch.ended {
		b := o.tail(deliverOverhead + len(r.tag) + len(m.env) + len(m.header) + len(m.body)*2)
		b = amqp.AppendDeliver(b, r.ch.id, r.tag, r.ch.unacked.next, false, m.env)
		b = amqp.AppendHeaderFrame(b, r.ch.id, m.header)
		o.setTail(amqp.AppendBodyFrames(b, r.ch.id, m.body, r.ch.c.frameMax))
	}
	t.unlock()
}

// declareReplyName answers a declare of a reply address: it looks like a queue
// as long as the requester is there.
func (ch *channel) declareReplyName(m *amqp.QueueDeclare, name string) (answered bool, err error) {
	if name != replyToAddress && !strings.HasPrefix(name, replyToPrefix) {
		return false, nil
	}
	if name != replyToAddress && ch.c.b.requester(name) == nil {
		return true, ch.c.noQueue(amqp.MethodQueueDeclare, name)
	}
	return true, ch.answer(m.NoWait, &amqp.QueueDeclareOk{Queue: name, ConsumerCount: 1})
}
