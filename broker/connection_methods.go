package broker

import (
	"log/slog"

	"amqpd/amqp"
)

// outgoing is a method that can be sent.
type outgoing interface {
	Append(b []byte, channel uint16) []byte
}

// send appends a method frame; the end of the batch flushes it.
func (c *conn) send(channel uint16, m outgoing) {
	c.out.append(methodRoom, func(b []byte) []byte { return m.Append(b, channel) })
}

// methodRoom is room for most methods; longer ones grow their chunk.
const methodRoom = 128

// connectionFrame handles a frame on channel 0 of a running connection.
func (c *conn) connectionFrame(f amqp.Frame) error {
	switch f.Type {
	case amqp.FrameHeartbeat:
		return nil
	case amqp.FrameHeader, amqp.FrameBody:
		return c.hardClose(amqp.UnexpectedFrameType(f))
	}
	id, args := amqp.SplitMethod(f.Payload)
	switch id {
	case amqp.MethodConnectionClose:
		return c.connectionClose(args)
	case amqp.MethodConnectionCloseOk:
		return errHangUp
	case amqp.MethodConnectionUpdateSecret:
		return c.updateSecret(args)
	}
	if !amqp.KnownMethod(id) {
		return errHangUp
	}
	return c.hardClose(amqp.ChannelError(id, "unexpected method in connection state running"))
}

// connectionClose ends the connection at the client's wish: channels and
// exclusive queues go before close-ok is sent (amqp-behaviour §1.8).
func (c *conn) connectionClose(args []byte) error {
	var m amqp.ConnectionClose
	if err := m.Parse(args); err != nil {
		return c.fault(0, decodeError(amqp.MethodConnectionClose, args, err))
	}
	c.settleBatch()
	c.release()
	c.send(0, &amqp.ConnectionCloseOk{})
	c.out.flush()
	c.state = closed
	c.deadline.Stop()
	c.readUntil(c.closeWait())
	c.log.Info("connection closed by client")
	return nil
}

// updateSecret accepts a new secret: the internal backend's credentials do not
// expire (amqp-behaviour §1.12).
func (c *conn) updateSecret(args []byte) error {
	var m amqp.ConnectionUpdateSecret
	if err := m.Parse(args); err != nil {
		return c.fault(0, decodeError(amqp.MethodConnectionUpdateSecret, args, err))
	}
	c.log.Info("connection secret updated", slog.String("reason", m.Reason))
	c.send(0, &amqp.ConnectionUpdateSecretOk{})
	return nil
}
