package broker

import "amqpd/amqp"

// handler handles one method on an open channel. It is called with the
// connection's batch ticked and empty.
type handler func(ch *channel, args []byte) error

// parsed is a pointer to a method's arguments.
type parsed[M any] interface {
	*M
	Parse(args []byte) error
	ID() amqp.MethodID
}

// on makes a handler of a function that takes the parsed arguments.
func on[M any, P parsed[M]](f func(*channel, P) error) handler {
	return func(ch *channel, args []byte) error {
		m := P(new(M))
		if err := m.Parse(args); err != nil {
			return decodeError(m.ID(), args, err)
		}
		return f(ch, m)
	}
}

// handlers are the methods a client may send on an open channel, in the order
// of the protocol, except basic.publish, which starts a content.
var handlers map[amqp.MethodID]handler

func init() {
	handlers = map[amqp.MethodID]handler{
		amqp.MethodChannelOpen:  on((*channel).channelOpen),
		amqp.MethodChannelFlow:  on((*channel).channelFlow),
		amqp.MethodChannelClose: on((*channel).channelClose),

		amqp.MethodAccessRequest: on((*channel).accessRequest),

		amqp.MethodExchangeDeclare: on((*channel).exchangeDeclare),
		amqp.MethodExchangeDelete:  on((*channel).exchangeDelete),
		amqp.MethodExchangeBind:    on((*channel).exchangeBind),
		amqp.MethodExchangeUnbind:  on((*channel).exchangeUnbind),

		amqp.MethodQueueDeclare: on((*channel).queueDeclare),
		amqp.MethodQueueBind:    on((*channel).queueBind),
		amqp.MethodQueuePurge:   on((*channel).queuePurge),
		amqp.MethodQueueDelete:  on((*channel).queueDelete),
		amqp.MethodQueueUnbind:  on((*channel).queueUnbind),

		amqp.MethodBasicQos:          on((*channel).basicQos),
		amqp.MethodBasicConsume:      on((*channel).basicConsume),
		amqp.MethodBasicCancel:       on((*channel).basicCancel),
		amqp.MethodBasicGet:          on((*channel).basicGet),
		amqp.MethodBasicAck:          (*channel).basicAck,
		amqp.MethodBasicReject:       on((*channel).basicReject),
		amqp.MethodBasicRecoverAsync: on((*channel).basicRecoverAsync),
		amqp.MethodBasicRecover:      on((*channel).basicRecover),
		amqp.MethodBasicNack:         on((*channel).basicNack),
		amqp.MethodBasicCredit:       on((*channel).basicCredit),

		amqp.MethodConfirmSelect: on((*channel).confirmSelect),

		amqp.MethodTxSelect:   on((*channel).txSelect),
		amqp.MethodTxCommit:   on((*channel).txCommit),
		amqp.MethodTxRollback: on((*channel).txRollback),
	}
}
