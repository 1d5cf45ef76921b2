package broker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"amqpd/amqp"
	"amqpd/broker/auth"
)

// protocolHeaderSize is what a client sends first.
const protocolHeaderSize = 8

// acceptedHeaders are the protocol headers that are spoken: 0-9-1, and 0-9,
// which is treated as 0-9-1 (amqp-behaviour §1.1).
var acceptedHeaders = map[string]bool{"AMQP\x00\x00\x09\x01": true, "AMQP\x01\x01\x00\x09": true}

// offeredHeader is the answer to a header that is not spoken.
const offeredHeader = "AMQP\x00\x00\x09\x01"

// protocolHeader handles the first 8 octets. more says that they are not all
// there yet.
func (c *conn) protocolHeader() (more bool, err error) {
	if c.end-c.start < protocolHeaderSize {
		return true, nil
	}
	header := c.buf[c.start : c.start+protocolHeaderSize]
	c.start += protocolHeaderSize
	if !acceptedHeaders[string(header)] {
		_, _ = c.nc.Write([]byte(offeredHeader))
		c.linger()
		return false, errHangUp
	}
	start := amqp.ConnectionStart{
		VersionMajor: 0, VersionMinor: 9, ServerProperties: c.b.serverProperties(),
		Mechanisms: strings.Join(c.mechanisms(), " "), Locales: "en_US",
	}
	c.send(0, &start)
	c.state = awaitStartOk
	return false, nil
}

// mechanisms are the SASL mechanisms offered on this connection.
func (c *conn) mechanisms() []string { return auth.MechanismNames(c.external() != "") }

// external is the name in the client's TLS certificate, "" without one.
func (c *conn) external() string {
	tc, ok := c.nc.(*tls.Conn)
	if !ok {
		return ""
	}
	chains := tc.ConnectionState().VerifiedChains
	if len(chains) == 0 {
		return ""
	}
	return chains[0][0].Subject.CommonName
}

// serverProperties announces the broker in connection.start, in key order
// (amqp-behaviour §1.2).
func (b *Broker) serverProperties() amqp.Table {
	var caps amqp.Table
	for _, name := range serverCapabilities {
		caps = append(caps, amqp.Field{Key: name, Value: amqp.Bool(true)})
	}
	return amqp.Table{
		{Key: "capabilities", Value: amqp.TableOf(caps)},
		{Key: "cluster_name", Value: amqp.LongStr(b.clusterName())},
		{Key: "copyright", Value: amqp.LongStr("Copyright (c) the amqpd authors")},
		{Key: "information", Value: amqp.LongStr("amqpd " + Version + ", licensed under the Apache License 2.0")},
		{Key: "platform", Value: amqp.LongStr(platform)},
		{Key: "product", Value: amqp.LongStr(product)},
		{Key: "version", Value: amqp.LongStr(version)},
	}
}

// serverCapabilities are announced in this order.
var serverCapabilities = []string{
	"publisher_confirms", "exchange_exchange_bindings", "basic.nack", "consumer_cancel_notify",
	"connection.blocked", "consumer_priorities", "authentication_failure_close",
	"per_consumer_qos", "direct_reply_to",
}

// handshakeSteps is the state machine up to open-ok: which method each state
// waits for. Anything else ends the connection silently (amqp-behaviour §1.6).
var handshakeSteps = map[connState]struct {
	method amqp.MethodID
	step   func(*conn, []byte) error
}{
	awaitStartOk: {amqp.MethodConnectionStartOk, (*conn).startOk},
	awaitTuneOk:  {amqp.MethodConnectionTuneOk, (*conn).tuneOk},
	awaitOpen:    {amqp.MethodConnectionOpen, (*conn).openVhost},
}

// handshakeFrame handles a frame before open-ok.
func (c *conn) handshakeFrame(f amqp.Frame) error {
	if f.Type == amqp.FrameHeartbeat && f.Channel == 0 {
		return nil
	}
	if c.state == awaitOpen && f.Channel != 0 {
		return c.hardClose(amqp.UnexpectedFrameType(f))
	}
	step := handshakeSteps[c.state]
	if f.Type != amqp.FrameMethod || len(f.Payload) < 4 {
		return c.refuseSilently("unexpected frame in handshake")
	}
	id, args := amqp.SplitMethod(f.Payload)
	switch {
	case id == step.method:
		return step.step(c, args)
	case id == amqp.MethodConnectionClose:
		return c.connectionClose(args)
	case c.state == awaitOpen && amqp.KnownMethod(id):
		return c.hardClose(amqp.ChannelError(id, "unexpected method in connection state opening"))
	}
	return c.refuseSilently("unexpected method in handshake")
}

// startOk authenticates the client.
func (c *conn) startOk(args []byte) error {
	var m amqp.ConnectionStartOk
	if err := m.Parse(args); err != nil {
		return c.refuseSilently("malformed start-ok")
	}
	c.properties = m.ClientProperties
	c.caps = readCapabilities(m.ClientProperties)
	c.mechanism = m.Mechanism
	user, err := c.b.auth.Login(auth.Attempt{
		Mechanism: m.Mechanism, Response: []byte(m.Response), External: c.external(), Peer: peerIP(c.nc),
	})
	c.b.logins.amqp.note(err)
	switch {
	case errors.Is(err, auth.ErrMalformed) || errors.Is(err, auth.ErrMechanism):
		return c.refuseSilently(err.Error())
	case err != nil:
		return c.refuseLogin(m.Mechanism, err)
	}
	c.user = user
	c.log = c.log.With(slog.String("user", user.Name))
	c.send(0, &amqp.ConnectionTune{ChannelMax: c.b.o.ChannelMax, FrameMax: c.b.o.FrameMax, Heartbeat: c.b.o.Heartbeat})
	c.state = awaitTuneOk
	return nil
}

// readCapabilities takes the booleans out of client-properties.capabilities.
func readCapabilities(properties amqp.Table) capabilities {
	v, _ := properties.Get("capabilities")
	caps, _ := v.Table()
	is := func(name string) bool {
		v, _ := caps.Get(name)
		yes, ok := v.Bool()
		return yes && ok
	}
	return capabilities{
		cancelNotify: is("consumer_cancel_notify"), blockedNotify: is("connection.blocked"),
		authFailureClose: is("authentication_failure_close"),
	}
}

// refuseLogin answers bad credentials: 403 for clients that asked for it,
// silence for the others (amqp-behaviour §1.3).
func (c *conn) refuseLogin(mechanism string, why error) error {
	c.log.Warn("login refused", slog.Any("error", why))
	c.b.AuditRefusedLogin(Actor{Peer: c.nc.RemoteAddr().String(), Via: "amqp"}, "mechanism="+mechanism, why)
	if !c.caps.authFailureClose {
		return c.goSilent()
	}
	err := c.hardClose(amqp.AccessRefused(0, "%s", auth.RefusalText(mechanism)))
	c.readUntil(closeSilence)
	return err
}

// refuseSilently logs why and goes silent.
func (c *conn) refuseSilently(why string) error {
	c.log.Warn("connection refused in the handshake", slog.String("reason", why))
	return c.goSilent()
}

// goSilent answers nothing more; the client sees EOF after closeSilence.
func (c *conn) goSilent() error {
	c.state = silent
	c.readUntil(closeSilence)
	return nil
}

// tuneOk takes over what the client chose, within what was proposed; 0 means
// "no limit" and is accepted only where the proposal was 0 (amqp-behaviour §1.4).
func (c *conn) tuneOk(args []byte) error {
	var m amqp.ConnectionTuneOk
	if err := m.Parse(args); err != nil {
		return c.refuseSilently("malformed tune-ok")
	}
	if why := tuneRefusal("frame_max", uint64(m.FrameMax), uint64(c.b.o.FrameMax), amqp.FrameMinSize); why != "" {
		return c.refuseSilently(why)
	}
	if why := tuneRefusal("channel_max", uint64(m.ChannelMax), uint64(c.b.o.ChannelMax), 1); why != "" {
		return c.refuseSilently(why)
	}
	c.frameMax, c.channelMax = m.FrameMax, m.ChannelMax
	if c.frameMax == 0 {
		c.frameMax = maxMessageSize
	}
	c.beat.start(c, time.Duration(m.Heartbeat)*time.Second)
	c.state = awaitOpen
	return nil
}

// tuneRefusal says why a value of tune-ok is not accepted, "" if it is. The
// texts only reach the log.
func tuneRefusal(name string, value, proposed, least uint64) string {
	switch {
	case proposed != 0 && value == 0:
		return fmt.Sprintf("negotiated %s = 0 (no limit) is higher than the maximum allowed value (%d)", name, proposed)
	case value != 0 && value < least:
		return fmt.Sprintf("negotiated %s = %d is lower than the minimum allowed value (%d)", name, value, least)
	case proposed != 0 && value > proposed:
		return fmt.Sprintf("negotiated %s = %d is higher than the maximum allowed value (%d)", name, value, proposed)
	}
	return ""
}

// openVhost enters a virtual host.
func (c *conn) openVhost(args []byte) error {
	var m amqp.ConnectionOpen
	if err := m.Parse(args); err != nil {
		return c.fault(0, decodeError(amqp.MethodConnectionOpen, args, err))
	}
	v, e := c.b.enter(c, m.VirtualHost)
	if e != nil {
		c.b.Audit(AuditEvent{Actor: c.actor(), Action: "vhost.enter", Vhost: m.VirtualHost, Refused: e.Text})
		return c.hardClose(e)
	}
	c.vhost = v
	c.channels = make(map[uint16]*channel)
	c.batch = newBatch(c.b)
	c.batch.who = c.actor()
	c.routes.v = v
	c.deadline.Stop()
	c.state = running
	c.opened(c.frameMax)
	c.send(0, &amqp.ConnectionOpenOk{})
	c.log = c.log.With(slog.String("vhost", v.name))
	c.log.Info("connection accepted")
	return nil
}

// peerIP is the client's address without the port, nil where there is none.
func peerIP(nc net.Conn) net.IP {
	if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		return a.IP
	}
	return nil
}
