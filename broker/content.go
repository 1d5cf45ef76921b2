package broker

import "amqpd/amqp"

// content is the publish that a channel is receiving, and what it remembers of
// earlier ones.
type content struct {
	amqp.Assembler
	// copied: the octets lie in the assembler's own memory, which the next
	// content reuses, so the batch is flushed before that.
	copied bool
	traits traitCache
}

// publishMethod handles basic.publish; its header and body follow.
func (ch *channel) publishMethod(args []byte) error {
	return ch.content.Method(amqp.MethodBasicPublish, args)
}

// contentFrame handles a header or body frame.
func (ch *channel) contentFrame(f amqp.Frame) error {
	var done bool
	var err error
	if f.Type == amqp.FrameHeader {
		done, err = ch.content.Header(f.Payload)
	} else {
		done, err = ch.content.Body(f.Payload)
		ch.content.copied = ch.content.copied || !done
	}
	if err != nil || !done {
		return err
	}
	return ch.contentDone()
}

// contentDone publishes the message that is complete now.
func (ch *channel) contentDone() error {
	m := ch.content.Content()
	if m.TooLarge {
		return amqp.PreconditionFailed(amqp.MethodBasicPublish,
			"message size %d is larger than configured max size %d", m.Header.BodySize, ch.c.b.o.MaxMessageSize)
	}
	err := ch.publish(&m.Publish, m.HeaderPayload, m.Body)
	if ch.content.copied {
		ch.content.copied = false
		ch.c.batch.flush()
		ch.content.Release()
	}
	return err
}

// keepPartial copies what contents under way borrow from the read buffer.
func (c *conn) keepPartial() {
	for _, ch := range c.channels {
		if ch.content.Pending() {
			ch.content.copied = true
			ch.content.Keep()
		}
	}
}
