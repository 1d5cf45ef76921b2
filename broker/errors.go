package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"amqpd/amqp"
)

// errQueueGone: the queue was deleted between its look-up and its use.
var errQueueGone = errors.New("queue is gone")

// resource names a queue or exchange as error texts do.
func resource(kind, vhost, name string) string {
	return fmt.Sprintf("%s '%s' in vhost '%s'", kind, name, vhost)
}

// noQueue is 404 for a queue that is not there.
func (c *conn) noQueue(id amqp.MethodID, name string) *amqp.Error {
	return amqp.NotFound(id, "no %s", resource("queue", c.vhost.name, name))
}

// noExchange is 404 for an exchange that is not there.
func (c *conn) noExchange(id amqp.MethodID, name string) *amqp.Error {
	return amqp.NotFound(id, "no %s", resource("exchange", c.vhost.name, name))
}

// locked is 405 for another connection's exclusive queue (amqp-behaviour §4.6).
func locked(id amqp.MethodID, q *localQueue) *amqp.Error {
	return amqp.ResourceLocked(id, "cannot obtain exclusive access to locked %s. It could be originally declared on "+
		"another connection or the exclusive property value does not match that of the original declaration.", q.resource())
}

// decodeError turns a failed parse of a method's arguments into what the peer
// sees; errHangUp where RabbitMQ drops the connection without a close.
func decodeError(id amqp.MethodID, args []byte, err error) error {
	if e := amqp.DecodeError(id, args, err); e != nil {
		return e
	}
	return fmt.Errorf("%s: %w: %w", id, err, errHangUp)
}

// frameError answers a frame that could not be parsed (amqp-behaviour §1.7).
func (c *conn) frameError(err error) error {
	var fe *amqp.FrameError
	if !errors.As(err, &fe) {
		return err
	}
	if c.state < awaitOpen {
		return c.refuseSilently(err.Error())
	}
	if c.state > running {
		return errHangUp
	}
	e := c.hardClose(fe.Close())
	if fe.Kind != amqp.UnknownType {
		c.state = silent // the stream cannot be followed any more
		c.readUntil(closeSilence)
	}
	return e
}

// fault decides what an error from channel number ch does: soft errors close
// the channel, hard ones the connection, others are ours (541).
func (c *conn) fault(number uint16, err error) error {
	if errors.Is(err, errHangUp) {
		return err
	}
	var e *amqp.Error
	if !errors.As(err, &e) {
		c.log.Error("internal error", slog.Any("error", err), slog.String("stack", string(debug.Stack())))
		e = amqp.InternalError()
	}
	if ch := c.channels[number]; ch != nil && !e.Hard {
		ch.closeWith(e)
		return nil
	}
	return c.hardClose(e)
}

// hardClose sends connection.close and ends what the connection held.
func (c *conn) hardClose(e *amqp.Error) error {
	c.log.Error("closing connection", slog.String("reason", e.Error()))
	return c.closeWith(e)
}

// closeWith sends connection.close with e and waits for the answer.
func (c *conn) closeWith(e *amqp.Error) error {
	c.settleBatch()
	c.release()
	e.Hard = true
	c.out.append(len(e.Text)+64, func(b []byte) []byte { return e.AppendClose(b, 0) })
	c.out.flush()
	c.state = closing
	c.deadline.Stop()
	c.readUntil(c.closeWait())
	return nil
}

// closeWait is how long the socket stays open for the client's answer.
func (c *conn) closeWait() time.Duration {
	if beat := c.beat.interval(); beat > 0 && beat < closeWait {
		return beat
	}
	return closeWait
}

// afterClose handles frames behind a close: connection.close is answered each
// time, close-ok hangs up, all else is ignored (amqp-behaviour §1.8).
func (c *conn) afterClose(f amqp.Frame) error {
	if f.Type != amqp.FrameMethod || f.Channel != 0 {
		return nil
	}
	switch id, _ := amqp.SplitMethod(f.Payload); id {
	case amqp.MethodConnectionClose:
		c.send(0, &amqp.ConnectionCloseOk{})
	case amqp.MethodConnectionCloseOk:
		return errHangUp
	}
	return nil
}
