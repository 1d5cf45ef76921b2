package broker

import (
	"testing"

	"amqpd/amqp"
)

// A reply that comes when the requester's channel has just ended is dropped: the number
// of the channel may be another's by then.
func TestReplyToAChannelThatEnded(t *testing.T) {
	b := open(t, Options{})
	k := dial(t, b).guest()
	k.channel(2)
	call[amqp.BasicConsumeOk](k, 2, &amqp.BasicConsume{Queue: replyToAddress, ConsumerTag: "r", NoAck: true})
	var r *replyConsumer
	b.replies.Range(func(_, v any) bool { r = v.(*replyConsumer); return true })
	call[amqp.ChannelCloseOk](k, 2, &amqp.ChannelClose{})
	w := b.borrow()
	w.deliverReply(r, &message{header: plainHeader(0)})
	b.giveBack(w)
	k.channel(2)
}
