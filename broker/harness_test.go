package broker

import (
	"context"
	"net"
	"reflect"
	"testing"
	"time"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/store"
)

// patience bounds every wait of a test client.
const patience = 20 * time.Second

// open starts a broker for a test on dir; the test stops it, or its end does.
func open(t testing.TB, o Options) *Broker {
	t.Helper()
	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}
	o.NodeName = "amqpd@test"
	if o.LoopbackUsers == nil {
		o.LoopbackUsers = []string{}
	}
	b, err := Open(o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if !b.isStopping() {
			stop(t, b)
		}
	})
	return b
}

func (b *Broker) isStopping() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stopping
}

// stop stops a broker; clients that do not answer are cut off.
func stop(t testing.TB, b *Broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := b.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// client is a test's end of a connection.
type client struct {
	t        testing.TB
	nc       net.Conn
	buf      []byte
	caps     amqp.Table
	frame    uint32 // frame_max it asks for
	beat     uint16
	patience time.Duration // of each read and write, 0: there is no end to it
}

// pipe connects to b in memory.
func pipe(t testing.TB, b *Broker) *client {
	t.Helper()
	mine, theirs := net.Pipe()
	b.start(theirs)
	return newClient(t, mine)
}

// dial connects to b by TCP over loopback.
func dial(t testing.TB, b *Broker) *client {
	t.Helper()
	mine, theirs := tcpPair(t)
	b.start(theirs)
	return newClient(t, mine)
}

func newClient(t testing.TB, nc net.Conn) *client {
	k := &client{t: t, nc: nc, frame: 131072, patience: patience}
	for _, name := range []string{"consumer_cancel_notify", "connection.blocked", "basic.nack", "authentication_failure_close"} {
		k.caps = append(k.caps, amqp.Field{Key: name, Value: amqp.Bool(true)})
	}
	t.Cleanup(func() { _ = nc.Close() })
	return k
}

// wait lets the patience begin for a read or a write.
func (k *client) wait() {
	if k.patience > 0 {
		_ = k.nc.SetDeadline(time.Now().Add(k.patience))
	}
}

// tcpPair returns the two ends of a loopback TCP connection.
func tcpPair(t testing.TB) (mine, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	mine, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return mine, theirs
}

// write sends raw octets.
func (k *client) write(b []byte) {
	k.t.Helper()
	k.wait()
	if _, err := k.nc.Write(b); err != nil {
		k.t.Fatalf("write: %v", err)
	}
}

// send sends methods on a channel, in one write.
func (k *client) send(ch uint16, ms ...outgoing) {
	k.t.Helper()
	var b []byte
	for _, m := range ms {
		b = m.Append(b, ch)
	}
	k.write(b)
}

// frameOrEnd reads the next frame that is no heartbeat; ok is false at the end
// of the connection.
func (k *client) frameOrEnd() (f amqp.Frame, ok bool) {
	k.t.Helper()
	for {
		f, n, err := amqp.ParseFrame(k.buf, 0)
		if err != nil {
			k.t.Fatalf("frame: %v", err)
		}
		if n > 0 {
			f.Payload = append([]byte(nil), f.Payload...)
			k.buf = k.buf[n:]
			if f.Type == amqp.FrameHeartbeat {
				continue
			}
			return f, true
		}
		chunk := make([]byte, 64<<10)
		k.wait()
		n, err = k.nc.Read(chunk)
		k.buf = append(k.buf, chunk[:n]...)
		if n == 0 && err != nil {
			if ne, is := err.(net.Error); is && ne.Timeout() {
				k.t.Fatalf("read: %v", err)
			}
			return amqp.Frame{}, false
		}
	}
}

// next reads the next frame.
func (k *client) next() amqp.Frame {
	k.t.Helper()
	f, ok := k.frameOrEnd()
	if !ok {
		k.t.Fatal("connection ended")
	}
	return f
}

// method reads the next method.
func (k *client) method() (uint16, amqp.Method) {
	k.t.Helper()
	f := k.next()
	if f.Type != amqp.FrameMethod {
		k.t.Fatalf("frame type %d on channel %d, want a method", f.Type, f.Channel)
	}
	id, args := amqp.SplitMethod(f.Payload)
	m := amqp.NewMethod(id)
	if m == nil {
		k.t.Fatalf("unknown method %v", id)
	}
	if err := m.Parse(args); err != nil {
		k.t.Fatalf("%v: %v", id, err)
	}
	return f.Channel, m
}

// want reads the next method, which must be an M on channel ch.
func want[M any](k *client, ch uint16) M {
	k.t.Helper()
	got, m := k.method()
	v, ok := any(m).(*M)
	if !ok || got != ch {
		k.t.Fatalf("got %T %+v on channel %d, want %v on channel %d", m, m, got, reflect.TypeFor[M](), ch)
	}
	return *v
}

// call sends a method and reads its answer.
func call[M any](k *client, ch uint16, m outgoing) M {
	k.t.Helper()
	k.send(ch, m)
	return want[M](k, ch)
}

// delivery is a message as a client got it.
type delivery struct {
	amqp.BasicDeliver
	header []byte
	body   string
}

// properties parses the header.
func (d delivery) properties(t testing.TB) amqp.PropertyList {
	t.Helper()
	m := message{header: d.header}
	p := m.properties()
	list, err := p.List()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// content reads a content header and body.
func (k *client) content() (header []byte, body string) {
	k.t.Helper()
	f := k.next()
	if f.Type != amqp.FrameHeader {
		k.t.Fatalf("frame type %d, want a content header", f.Type)
	}
	header = f.Payload
	for size := bodySize(header); len(body) < size; {
		f := k.next()
		if f.Type != amqp.FrameBody {
			k.t.Fatalf("frame type %d, want a body", f.Type)
		}
		body += string(f.Payload)
	}
	return header, body
}

// deliver reads a basic.deliver with its content.
func (k *client) deliver(ch uint16) delivery {
	k.t.Helper()
	d := delivery{BasicDeliver: want[amqp.BasicDeliver](k, ch)}
	d.header, d.body = k.content()
	return d
}

// get takes a message; ok is false when there is none.
func (k *client) get(ch uint16, queue string, noAck bool) (d delivery, ok bool) {
	k.t.Helper()
	k.send(ch, &amqp.BasicGet{Queue: queue, NoAck: noAck})
	_, m := k.method()
	switch m := m.(type) {
	case *amqp.BasicGetEmpty:
		return d, false
	case *amqp.BasicGetOk:
		d.DeliveryTag, d.Redelivered, d.Exchange, d.RoutingKey = m.DeliveryTag, m.Redelivered, m.Exchange, m.RoutingKey
		d.header, d.body = k.content()
		return d, true
	}
	k.t.Fatalf("got %T %+v, want an answer to basic.get", m, m)
	return d, false
}

// awaitGet polls for a message that comes from elsewhere.
func (k *client) awaitGet(ch uint16, queue string) delivery {
	k.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if d, ok := k.get(ch, queue, true); ok {
			return d
		}
		time.Sleep(time.Millisecond)
	}
	k.t.Fatalf("queue %s stays empty", queue)
	return delivery{}
}

// publishing returns the frames of a publish.
func publishing(ch uint16, exchange, key string, mandatory bool, p *amqp.PropertyList, body string) []byte {
	if p == nil {
		p = &amqp.PropertyList{}
	}
	b := amqp.BasicPublish{Exchange: exchange, RoutingKey: key, Mandatory: mandatory}.Append(nil, ch)
	b = amqp.AppendHeaderFrame(b, ch, amqp.AppendHeaderPayload(nil, uint64(len(body)), p))
	return amqp.AppendBodyFrames(b, ch, []byte(body), 131072)
}

// publish sends a message.
func (k *client) publish(ch uint16, exchange, key string, p *amqp.PropertyList, body string) {
	k.t.Helper()
	k.write(publishing(ch, exchange, key, false, p, body))
}

// persistent are the properties of a persistent message.
var persistent = &amqp.PropertyList{DeliveryMode: 2}

// login goes through the handshake up to open-ok.
func (k *client) login(user, password, vhost string) *client {
	k.t.Helper()
	k.tune(user, password)
	call[amqp.ConnectionOpenOk](k, 0, &amqp.ConnectionOpen{VirtualHost: vhost})
	return k
}

// tune goes through the handshake up to tune-ok.
func (k *client) tune(user, password string) {
	k.t.Helper()
	k.write([]byte(offeredHeader))
	want[amqp.ConnectionStart](k, 0)
	call[amqp.ConnectionTune](k, 0, &amqp.ConnectionStartOk{
		ClientProperties: amqp.Table{{Key: "capabilities", Value: amqp.TableOf(k.caps)}},
		Mechanism:        "PLAIN", Response: "\x00" + user + "\x00" + password, Locale: "en_US",
	})
	k.send(0, &amqp.ConnectionTuneOk{ChannelMax: 2047, FrameMax: k.frame, Heartbeat: k.beat})
}

// channel opens a channel as guest's does, logging in first.
func (k *client) guest() *client {
	k.t.Helper()
	k.login("guest", "guest", "/")
	k.channel(1)
	return k
}

func (k *client) channel(ch uint16) {
	k.t.Helper()
	call[amqp.ChannelOpenOk](k, ch, &amqp.ChannelOpen{})
}

// durable declares a durable queue.
func (k *client) durable(ch uint16, name string, args amqp.Table) {
	k.t.Helper()
	call[amqp.QueueDeclareOk](k, ch, &amqp.QueueDeclare{Queue: name, Durable: true, Arguments: args})
}

// consume starts a consumer tagged like the queue.
func (k *client) consume(ch uint16, queue string, noAck bool) {
	k.t.Helper()
	call[amqp.BasicConsumeOk](k, ch, &amqp.BasicConsume{Queue: queue, ConsumerTag: queue, NoAck: noAck})
}

// confirms puts a channel into confirm mode.
func (k *client) confirms(ch uint16) {
	k.t.Helper()
	call[amqp.ConfirmSelectOk](k, ch, &amqp.ConfirmSelect{})
}

// closed reads until the server's connection.close, answers it and expects the end.
func (k *client) closed() amqp.ConnectionClose {
	k.t.Helper()
	for {
		f := k.next()
		if f.Type != amqp.FrameMethod || f.Channel != 0 {
			continue
		}
		id, args := amqp.SplitMethod(f.Payload)
		if id != amqp.MethodConnectionClose {
			continue
		}
		var m amqp.ConnectionClose
		if err := m.Parse(args); err != nil {
			k.t.Fatal(err)
		}
		k.send(0, &amqp.ConnectionCloseOk{})
		if f, ok := k.frameOrEnd(); ok {
			k.t.Fatalf("frame %+v behind close-ok", f)
		}
		return m
	}
}

// bye closes the connection as a client does.
func (k *client) bye() {
	k.t.Helper()
	call[amqp.ConnectionCloseOk](k, 0, &amqp.ConnectionClose{ReplyCode: 200})
	_ = k.nc.Close()
}

// theOnly returns the server's side of the only connection.
func (b *Broker) theOnly(t testing.TB) *conn {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.conns) != 1 {
		t.Fatalf("%d connections, want one", len(b.conns))
	}
	for c := range b.conns {
		return c
	}
	return nil
}

// put applies a definition change as management does.
func put(t testing.TB, b *Broker, c meta.Command) {
	t.Helper()
	if err := b.Apply(c); err != nil {
		t.Fatalf("%T: %v", c, err)
	}
}

// eventually waits for a condition that other goroutines bring about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// awaitLog waits until all that was logged is durable.
func awaitLog(b *Broker) store.LSN {
	end := b.store.End()
	b.awaitDurable(end)
	return end
}
