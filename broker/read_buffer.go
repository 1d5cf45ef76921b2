package broker

import "amqpd/amqp"

// compact moves what is left to the front of the buffer and grows it where a
// whole frame would not fit.
func (c *conn) compact() {
	left := c.end - c.start
	if left == 0 {
		c.start, c.end = 0, 0
		return
	}
	need := left + 1
	if left >= amqp.FrameOverhead-1 {
		h := c.buf[c.start:]
		size := int(h[3])<<24 | int(h[4])<<16 | int(h[5])<<8 | int(h[6])
		need = min(size, int(c.frameMax)) + amqp.FrameOverhead
	}
	if need > len(c.buf) {
		c.swapBuffer(max(need, len(c.buf)*2))
		return
	}
	if c.start > 0 {
		copy(c.buf, c.buf[c.start:c.end])
		c.start, c.end = 0, left
	}
}

// resize grows the buffer after a read that filled it and shrinks it after
// many that hardly used it.
func (c *conn) resize(n int) {
	switch {
	case c.end == len(c.buf) || n >= len(c.buf)*3/4:
		c.shortReads = 0
		if len(c.buf) < readLarge {
			c.swapBuffer(min(len(c.buf)*8, readLarge))
		}
	case n < len(c.buf)/8 && len(c.buf) > readSmall:
		c.shortReads++
		if c.shortReads >= shrinkAfter && c.end-c.start < len(c.buf)/8 {
			c.shortReads = 0
			c.swapBuffer(max(len(c.buf)/8, readSmall))
		}
	default:
		c.shortReads = 0
	}
}

// swapBuffer replaces the buffer by one of size octets with the same content.
func (c *conn) swapBuffer(size int) {
	grown := make([]byte, size)
	c.end = copy(grown, c.buf[c.start:c.end])
	c.start = 0
	c.buf = grown
}
