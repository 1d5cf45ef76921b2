package broker

import "amqpd/amqp"

func (ch *channel) channelOpen(*amqp.ChannelOpen) error {
	return amqp.ChannelError(amqp.MethodChannelOpen, "second 'channel.open' seen")
}

// channelFlow answers active=true, which is always the case, and refuses to
// stop: a client that wants less uses basic.qos (amqp-behaviour §2).
func (ch *channel) channelFlow(m *amqp.ChannelFlow) error {
	if !m.Active {
		return amqp.NotImplemented(amqp.MethodChannelFlow, "active=false")
	}
	ch.send(&amqp.ChannelFlowOk{Active: true})
	return nil
}

// channelClose ends the channel. Its number is free when the client has seen
// close-ok; what it sent behind the close is treated as on a closing channel.
func (ch *channel) channelClose(*amqp.ChannelClose) error {
	ch.release()
	ch.closing = true
	ch.c.leaving = append(ch.c.leaving, ch)
	ch.send(&amqp.ChannelCloseOk{})
	return nil
}

// accessRequest answers a method of AMQP 0-8 that old clients send.
func (ch *channel) accessRequest(*amqp.AccessRequest) error {
	ch.send(&amqp.AccessRequestOk{Ticket: 1})
	return nil
}

// confirmSelect starts publisher confirms; the first publish after the first
// select is number 1 (amqp-behaviour §5.2).
func (ch *channel) confirmSelect(m *amqp.ConfirmSelect) error {
	if ch.tx != nil {
		return amqp.PreconditionFailed(amqp.MethodConfirmSelect, "cannot switch from tx to confirm mode")
	}
	ch.confirms.selected = true
	if !m.NoWait {
		ch.send(&amqp.ConfirmSelectOk{})
	}
	return nil
}
