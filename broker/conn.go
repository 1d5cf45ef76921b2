package broker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"amqpd/amqp"
	"amqpd/broker/auth"
	"amqpd/exchange"
)

// connState is where a connection stands in its life. It only moves forward.
type connState uint8

const (
	awaitHeader   connState = iota // nothing but the 8 octets of the protocol header may come
	awaitStartOk                   // connection.start was sent
	awaitSecureOk                  // connection.secure was sent
	awaitTuneOk                    // connection.tune was sent
	awaitOpen                      // tuned
	running                        // open-ok was sent
	closing                        // connection.close was sent: only close and close-ok count
	closed                         // close-ok was sent: waits for the client to hang up
	silent                         // refused without a word: waits closeSilence, then EOF
)

// errHangUp ends a connection without a word.
var errHangUp = errors.New("connection dropped")

// conn is one client connection. Its reader goroutine owns every field but
// those said to be shared.
type conn struct {
	b    *Broker
	nc   net.Conn
	log  *slog.Logger
	name string // "peer:port -> local:port", as management shows it

	state      connState
	frameMax   uint32 // negotiated; FrameMinSize until tune-ok. Read by deliveries after open.
	channelMax uint16
	user       auth.User
	mechanism  string
	vhost      *vhost
	caps       capabilities
	properties amqp.Table // the client's, from start-ok
	since      time.Time

	channels map[uint16]*channel
	leaving  []*channel // closed by the client in this batch
	batch    *batch
	routes   routeCache
	routing  exchange.Message // working memory of routing
	routed   exchange.Result
	deadline *time.Timer // handshake timeout
	until    time.Time   // when a connection that is closing is hung up; zero: never

	// buf[start:end] is what was read and not parsed yet.
	buf        []byte
	start, end int
	shortReads int

	out       output      // shared
	consumers []*consumer // of all channels; guarded by out.mu
	open      []*channel  // channels; guarded by out.mu
	awaiting  []*channel  // channels whose confirms wait for the log; guarded by out.mu
	waiting   atomic.Bool // c is in broker.waiters
	beat      heartbeat   // shared
	received  atomic.Int64
	reads     atomic.Uint64 // from the socket
	blocked   atomic.Bool   // not read from because of an alarm
	gone      chan struct{} // closed when the socket is closed

	// For views: what the connection is, nil until it is open; when it was held
	// back last, unix ms, and whether by an alarm; that it is about to end.
	session     atomic.Pointer[session]
	heldAt      atomic.Int64
	heldByAlarm atomic.Bool
	ending      atomic.Bool
	noted       noted // guarded by out.mu

	closeOnce sync.Once
	inbox     sync.Mutex
	asked     []func()      // guarded by inbox: what the reader is to run
	asking    chan struct{} // one place: asked was added to, for a reader that is held
	owed      int           // octets that answer what the client asked for, since it was last up to date
	owedMax   int           // over which, waiting, the client is held; owedHigh

	// entered and enteredAs are the virtual host and user that limits count
	// the connection for; guarded by b.mu, nil and "" before open.
	entered   *vhost
	enteredAs string

	allowed      auth.Cache // permissions granted in allowedEpoch
	allowedEpoch uint64

	exclusives map[*localQueue]struct{} // exclusive queues it owns; guarded by b.definitions
}

// capabilities are what the client said it can do (amqp-behaviour §1.11).
type capabilities struct {
	cancelNotify, blockedNotify, authFailureClose bool
}

func newConn(b *Broker, nc net.Conn) *conn {
	c := &conn{
		b: b, nc: nc, name: fmt.Sprintf("%s -> %s", nc.RemoteAddr(), nc.LocalAddr()),
		frameMax: amqp.FrameMinSize, since: time.Now(),
		buf: make([]byte, readSmall), gone: make(chan struct{}), asking: make(chan struct{}, 1),
		owedMax: owedHigh,
	}
	c.log = b.log.With(slog.String("conn", c.name))
	c.out.conn = nc
	c.out.resume = c.resume
	c.out.failed = func(error) { c.hangUp() }
	if tc, ok := nc.(*net.TCPConn); ok {
		if raw, err := tc.SyscallConn(); err == nil {
			c.out.raw = raw
		}
	}
	return c
}

// serve is the reader: it runs until the connection is gone.
func (c *conn) serve() {
	defer c.finish()
	c.deadline = time.AfterFunc(c.b.o.HandshakeTimeout, c.hangUp)
	if tc, ok := c.nc.(*tls.Conn); ok {
		if err := tc.Handshake(); err != nil {
			c.log.Info("TLS handshake failed", slog.Any("error", err))
			return
		}
	}
	for {
		n, err := c.nc.Read(c.buf[c.end:])
		if n > 0 {
			c.end += n
			c.received.Add(int64(n))
			c.reads.Add(1)
			if perr := c.process(); perr != nil {
				c.drop(perr)
				return
			}
			c.resize(n)
		}
		if err != nil {
			if !c.interrupted(err) {
				c.logEnd(err)
				return
			}
		}
	}
}

// restrain holds a client that asks for more and more without reading the
// answers: messages by basic.get, and its own that are returned.
func (c *conn) restrain() error {
	waiting := int(c.out.size.Load())
	if waiting < outputLow {
		c.owed = 0
	}
	if c.owed < c.owedMax || waiting < c.owedMax {
		return nil
	}
	c.settleBatch()
	c.owed = 0
	if drained := c.out.drained(); drained != nil {
		c.heldBack(false)
		return c.hold(drained)
	}
	return nil
}

// process handles every whole frame in the buffer, then tells the queues and
// flushes what came of it.
func (c *conn) process() error {
	err := c.frames()
	for _, ch := range c.leaving {
		c.dropChannel(ch)
	}
	c.leaving = c.leaving[:0]
	c.keepPartial()
	c.settleBatch()
	c.compact()
	if err != nil {
		return err
	}
	return c.restrain()
}

// settleBatch ends a batch: queues, confirms, outputs, back-pressure.
func (c *conn) settleBatch() {
	if c.batch != nil {
		c.batch.flush()
		behind := c.batch.flushDirty()
		c.out.flush()
		c.awaitLog()
		if behind != nil {
			c.stall(behind)
		}
		return
	}
	c.out.flush()
}

// stall holds a publisher back while a consumer's socket catches up, a little.
func (c *conn) stall(o *output) {
	drained := o.drained()
	if drained == nil || o == &c.out {
		return
	}
	c.heldBack(false)
	t := time.NewTimer(publishStall)
	defer t.Stop()
	select {
	case <-drained:
	case <-t.C:
	case <-c.gone:
	}
}

// frames parses and handles frames until the buffer has no whole one.
func (c *conn) frames() error {
	for c.start < c.end {
		if c.state == awaitHeader {
			more, err := c.protocolHeader()
			if more || err != nil {
				return err
			}
			continue
		}
		if c.state == silent {
			c.start = c.end
			return nil
		}
		f, n, err := amqp.ParseFrame(c.buf[c.start:c.end], c.payloadMax())
		if err != nil {
			c.start = c.end
			return c.frameError(err)
		}
		if n == 0 {
			return nil
		}
		c.start += n
		if err := c.frame(f); err != nil {
			return err
		}
	}
	return nil
}

// payloadMax is the largest payload that is accepted: frame_max itself, which
// leaves 8 octets of slack for sloppy clients (amqp-behaviour §1.7).
func (c *conn) payloadMax() uint32 { return c.frameMax }

// frame handles one frame by the connection's state.
func (c *conn) frame(f amqp.Frame) error {
	switch {
	case c.state == closing || c.state == closed:
		return c.afterClose(f)
	case c.state != running:
		return c.handshakeFrame(f)
	case f.Channel == 0:
		return c.connectionFrame(f)
	}
	if err := c.channelFrame(f); err != nil {
		return c.fault(f.Channel, err)
	}
	return nil
}

// drop ends the reader after an error that frames returned: errHangUp, or one
// that was not answered.
func (c *conn) drop(err error) {
	if !errors.Is(err, errHangUp) && !errors.Is(err, io.EOF) {
		c.log.Warn("closing AMQP connection", slog.Any("error", err))
	}
}

// logEnd says how the client went.
func (c *conn) logEnd(err error) {
	if c.state == running {
		c.log.Info("client closed the TCP connection without connection.close", slog.Any("error", err))
	}
}

// hangUp closes the socket; the reader sees it and ends. Safe from any goroutine.
func (c *conn) hangUp() {
	c.closeOnce.Do(func() {
		close(c.gone)
		c.out.close()
		_ = c.nc.Close()
	})
}

// finish undoes what the connection held: the reader's last act.
func (c *conn) finish() {
	c.deadline.Stop()
	c.beat.stop()
	c.hangUp()
	c.release()
	v, _ := c.note()
	if v != nil {
		c.b.churn.connectionsClosed.Add(1)
	}
	c.b.forget(c)
	if s := c.session.Load(); s != nil {
		c.b.tellConnection(s, "deleted")
	}
}

// release ends the channels and the exclusive queues. It may run twice.
func (c *conn) release() {
	if c.batch == nil {
		return
	}
	c.ending.Store(true)
	c.batch.flush()
	for _, ch := range c.channels {
		ch.release()
	}
	c.b.dismissChannels(c, len(c.channels))
	c.b.churn.channelsClosed.Add(uint64(len(c.channels)))
	clear(c.channels)
	c.closeViews()
	c.b.deleteExclusives(c, c.batch)
	c.batch.end()
}

// resume lets the queues of all consumers dispatch again: the socket has room.
// It runs in whichever goroutine wrote to the socket, the committer among them. So
// it publishes nothing: what is found expired is left to the agenda.
func (c *conn) resume() {
	c.out.mu.Lock()
	consumers := append([]*consumer(nil), c.consumers...)
	c.out.mu.Unlock()
	t := c.b.borrow()
	for _, k := range consumers {
		k.queue.wake(t, k)
	}
	c.b.funeral.take(t)
	c.b.giveBack(t)
}

// linger sets how the socket is closed: with a reset instead of a FIN.
func (c *conn) linger() {
	if tc, ok := c.nc.(*net.TCPConn); ok {
		_ = tc.SetLinger(0)
	}
}
