package backlog

import (
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"amqpd/amqp"
)

// patience bounds the silence of a node that has something to say.
const patience = 60 * time.Second

// client is a connection with one channel.
type client struct {
	t   testing.TB
	nc  net.Conn
	buf []byte // read, not parsed yet: buf[at:]
	at  int

	published int         // on the channel in confirm mode
	blocked   atomic.Bool // the node said connection.blocked
}

type method interface {
	Append(dst []byte, channel uint16) []byte
}

// dial connects and opens channel 1.
func dial(t testing.TB, addr string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	c := &client{t: t, nc: nc}
	c.write([]byte("AMQP\x00\x00\x09\x01"))
	c.await(amqp.MethodConnectionStart)
	can := amqp.Table{{Key: "connection.blocked", Value: amqp.Bool(true)}}
	c.send(0, amqp.ConnectionStartOk{ClientProperties: amqp.Table{{Key: "capabilities", Value: amqp.TableOf(can)}}, Mechanism: "PLAIN", Response: "\x00guest\x00guest", Locale: "en_US"})
	c.await(amqp.MethodConnectionTune)
	c.send(0, amqp.ConnectionTuneOk{ChannelMax: 1, FrameMax: 131072})
	c.send(0, amqp.ConnectionOpen{VirtualHost: "/"})
	c.await(amqp.MethodConnectionOpenOk)
	c.send(1, amqp.ChannelOpen{})
	c.await(amqp.MethodChannelOpenOk)
	return c
}

func (c *client) write(b []byte) {
	c.t.Helper()
	c.nc.SetWriteDeadline(time.Now().Add(patience))
	if _, err := c.nc.Write(b); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

func (c *client) send(channel uint16, m method) {
	c.t.Helper()
	c.write(m.Append(nil, channel))
}

// next reads a frame, which is valid until the next call.
func (c *client) next() amqp.Frame {
	c.t.Helper()
	for {
		f, n, err := amqp.ParseFrame(c.buf[c.at:], 0)
		if err != nil {
			c.t.Fatalf("frame: %v", err)
		}
		if n > 0 {
			c.at += n
			return f
		}
		c.buf = append(c.buf[:0], c.buf[c.at:]...)
		c.at = 0
		if cap(c.buf)-len(c.buf) < 64<<10 {
			c.buf = append(make([]byte, 0, 2*cap(c.buf)+128<<10), c.buf...)
		}
		c.nc.SetReadDeadline(time.Now().Add(patience))
		got, err := c.nc.Read(c.buf[len(c.buf):cap(c.buf)])
		c.buf = c.buf[:len(c.buf)+got]
		if err != nil {
			c.t.Fatalf("read: %v", err)
		}
	}
}

// await reads up to a method and returns its arguments.
func (c *client) await(id amqp.MethodID) []byte {
	c.t.Helper()
	for {
		f := c.next()
		if f.Type != amqp.FrameMethod {
			continue
		}
		got, args := amqp.SplitMethod(f.Payload)
		switch got {
		case id:
			return args
		case amqp.MethodConnectionBlocked:
			c.blocked.Store(true)
		case amqp.MethodConnectionClose, amqp.MethodChannelClose:
			c.t.Fatalf("closed: %q", args)
		}
	}
}

func (c *client) declare(queue string) {
	c.send(1, amqp.QueueDeclare{Queue: queue, Durable: true})
	c.await(amqp.MethodQueueDeclareOk)
}

// ready asks how many messages wait.
func (c *client) ready(queue string) int {
	c.send(1, amqp.QueueDeclare{Queue: queue, Passive: true})
	var ok amqp.QueueDeclareOk
	if err := ok.Parse(c.await(amqp.MethodQueueDeclareOk)); err != nil {
		c.t.Fatal(err)
	}
	return int(ok.MessageCount)
}

// load is what publishers send: messages whose bodies start with a number.
type load struct {
	queue   string
	size    int // of a body
	mode    uint8
	frames  []byte // of perWrite messages
	numbers []int  // where in frames the numbers stand
}

const (
	perWrite = 100  // messages
	window   = 5000 // messages that wait for their confirms
	prefetch = 2000
	perAck   = 200
)

func newLoad(queue string, size int, mode uint8) *load {
	l := &load{queue: queue, size: size, mode: mode}
	properties := &amqp.PropertyList{DeliveryMode: mode}
	for range perWrite {
		l.frames = amqp.BasicPublish{RoutingKey: queue}.Append(l.frames, 1)
		l.frames = amqp.AppendHeaderFrame(l.frames, 1, amqp.AppendHeaderPayload(nil, uint64(size), properties))
		l.numbers = append(l.numbers, len(l.frames)+amqp.FrameOverhead-1)
		l.frames = amqp.AppendBodyFrames(l.frames, 1, make([]byte, size), 131072)
	}
	return l
}

// fill publishes the numbers from..to-1, a multiple of perWrite, and waits for the confirms.
func (c *client) fill(l *load, from, to int) {
	c.send(1, amqp.ConfirmSelect{})
	c.await(amqp.MethodConfirmSelectOk)
	before := c.published
	c.published += to - from
	var confirmed atomic.Int64
	more := make(chan struct{}, 1)
	go func() {
		for int(confirmed.Load()) < to-from {
			var ack amqp.BasicAck
			if err := ack.Parse(c.await(amqp.MethodBasicAck)); err != nil {
				c.t.Errorf("confirm: %v", err)
				return
			}
			confirmed.Store(int64(ack.DeliveryTag) - int64(before)) // the node confirms in order
			select {
			case more <- struct{}{}:
			default:
			}
		}
	}()
	for n := from; n < to; n += perWrite {
		for n-from+perWrite-int(confirmed.Load()) > window {
			c.wait(more)
		}
		for i, at := range l.numbers {
			binary.BigEndian.PutUint64(l.frames[at:], uint64(n+i))
		}
		c.write(l.frames)
	}
	for int(confirmed.Load()) < to-from {
		c.wait(more)
	}
}

func (c *client) wait(more <-chan struct{}) {
	c.t.Helper()
	select {
	case <-more:
	case <-time.After(patience):
		c.t.Fatal("no confirm")
	}
}

// drain takes messages until it has had the numbers from..to-1, in this order,
// and acknowledges them.
func (c *client) drain(queue string, size, from, to int) {
	c.send(1, amqp.BasicQos{PrefetchCount: prefetch})
	c.await(amqp.MethodBasicQosOk)
	c.send(1, amqp.BasicConsume{Queue: queue})
	c.await(amqp.MethodBasicConsumeOk)
	for n := from; n < to; n++ {
		body := c.body()
		if len(body) != size {
			c.t.Fatalf("message %d has %d octets, want %d", n, len(body), size)
		}
		if got := int(binary.BigEndian.Uint64(body)); got != n {
			c.t.Fatalf("got message %d, want %d", got, n)
		}
		if tag := n + 1 - from; tag%perAck == 0 || n == to-1 {
			c.send(1, amqp.BasicAck{DeliveryTag: uint64(tag), Multiple: true})
		}
	}
}

// body reads the next delivery, whose body is in one frame.
func (c *client) body() []byte {
	for {
		switch f := c.next(); f.Type {
		case amqp.FrameBody:
			return f.Payload
		case amqp.FrameMethod:
			switch id, args := amqp.SplitMethod(f.Payload); id {
			case amqp.MethodConnectionClose, amqp.MethodChannelClose:
				c.t.Fatalf("closed: %q", args)
			}
		}
	}
}
