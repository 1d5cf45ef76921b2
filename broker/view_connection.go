package broker

import (
	"crypto/tls"
	"net"
	"strconv"
	"time"

	"amqpd/amqp"
)

// ConnectionView is a client connection at one moment (management-api §8.3).
// It is a plain value: copy it to keep it. Tables and lists are shared and read
// only.
type ConnectionView struct {
	ConnectionID
	State       string // "running", "blocking", "blocked", "flow", "closing"
	Node        string
	Vhost, User string
	Protocol    string // "AMQP 0-9-1"
	Mechanism   string // of the login: "PLAIN", "AMQPLAIN", "EXTERNAL"…
	Type        string // "network"
	Host        string // our side's address
	Port        int
	TLS         *TLSView // nil on a plain connection

	ClientProperties amqp.Table // as the client sent them, capabilities included
	ProvidedName     string     // connection_name of the client properties, "" without one

	Channels    int
	ChannelMax  int           // 0: no limit
	FrameMax    int           // octets; 0: no limit
	Heartbeat   time.Duration // "timeout"; 0: none
	ConnectedAt time.Time

	Received, Sent               uint64 // octets
	ReceivedPackets, SentPackets uint64 // reads from the socket and writes to it
	SendPending                  int64  // octets waiting to be sent

	// LastBlockedBy is "resource" for an alarm, "flow" for a consumer or a disk
	// that could not follow, "none"; LastBlocked is when that began last, zero
	// for never.
	LastBlockedBy string
	LastBlocked   time.Time
}

// ConnectionID says which connection something belongs to.
type ConnectionID struct {
	Name     string // "1.2.3.4:5 -> 6.7.8.9:5672"
	PeerHost string
	PeerPort int
}

// TLSView is what was negotiated on a TLS connection.
type TLSView struct {
	Protocol    string // "tlsv1.3"
	KeyExchange string // "any" since TLS 1.3
	Cipher      string // "aes_128_gcm"
	Hash        string // "aead"
	// The client's certificate, "" without one.
	PeerSubject, PeerIssuer, PeerValidity string
}

// session is what a connection is for good once it is open. It never changes,
// so that views need no lock for it.
type session struct {
	in          *vhost
	id          ConnectionID
	host        string
	port        int
	vhost, user string
	mechanism   string
	properties  amqp.Table
	provided    string
	channelMax  int
	frameMax    int
	heartbeat   time.Duration
	tls         *TLSView
}

// opened notes what the connection is, which makes it visible.
func (c *conn) opened(frameMax uint32) {
	s := &session{
		in:    c.vhost,
		vhost: c.vhost.name, user: c.user.Name, mechanism: c.mechanism, properties: c.properties,
		channelMax: int(c.channelMax), frameMax: int(frameMax), heartbeat: c.beat.interval(), tls: tlsView(c.nc),
	}
	s.host, s.port = hostPort(c.nc.LocalAddr())
	s.id.Name = c.name
	s.id.PeerHost, s.id.PeerPort = hostPort(c.nc.RemoteAddr())
	if v, ok := c.properties.Get("connection_name"); ok {
		s.provided, _ = v.Str()
	}
	c.session.Store(s)
	c.b.churn.connectionsCreated.Add(1)
	c.b.tellConnection(s, "created")
}

// hostPort takes an address apart; what has no port is all host.
func hostPort(a net.Addr) (host string, port int) {
	host, p, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String(), 0
	}
	port, _ = strconv.Atoi(p)
	return host, port
}

// EachConnection calls f with every open connection, in no order, until f
// returns false. The view is filled anew for each call and valid during it. No
// lock is held while f runs.
func (b *Broker) EachConnection(f func(*ConnectionView) bool) {
	var v ConnectionView
	for _, c := range b.connections() {
		if c.view(&v) && !f(&v) {
			return
		}
	}
}

// Connection is the open connection of that name.
func (b *Broker) Connection(name string) (v ConnectionView, ok bool) {
	if c := b.connection(name); c != nil {
		ok = c.view(&v)
	}
	return v, ok
}

// connections lists the connections there are, those in handshake included.
func (b *Broker) connections() []*conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]*conn, 0, len(b.conns))
	for c := range b.conns {
		list = append(list, c)
	}
	return list
}

// connection finds an open connection by name, nil if there is none.
func (b *Broker) connection(name string) *conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		if c.name == name && c.session.Load() != nil {
			return c
		}
	}
	return nil
}

// view fills v in; false: the connection is not open yet.
func (c *conn) view(v *ConnectionView) bool {
	s := c.session.Load()
	if s == nil {
		return false
	}
	*v = ConnectionView{
		ConnectionID: s.id, Node: c.b.o.NodeName, Vhost: s.vhost, User: s.user, Protocol: "AMQP 0-9-1",
		Mechanism: s.mechanism, Type: "network", Host: s.host, Port: s.port, TLS: s.tls,
		ClientProperties: s.properties, ProvidedName: s.provided,
		ChannelMax: s.channelMax, FrameMax: s.frameMax, Heartbeat: s.heartbeat, ConnectedAt: c.since,
		Received: uint64(c.received.Load()), Sent: uint64(c.out.written.Load()),
		ReceivedPackets: c.reads.Load(), SentPackets: c.out.writes.Load(), SendPending: c.out.size.Load(),
	}
	v.State, v.LastBlockedBy = c.flowState()
	if at := c.heldAt.Load(); at != 0 {
		v.LastBlocked = time.UnixMilli(at)
	}
	c.out.mu.Lock()
	v.Channels = len(c.open)
	c.out.mu.Unlock()
	return true
}

// flowShown is how long a connection shows "flow" after it was held back.
const flowShown = 5 * time.Second

// flowState says how the connection is doing and what held it last.
func (c *conn) flowState() (state, by string) {
	held := c.heldAt.Load()
	by = "none"
	if held != 0 {
		by = "flow"
		if c.heldByAlarm.Load() {
			by = "resource"
		}
	}
	switch {
	case c.ending.Load():
		return "closing", by
	case c.b.alarms.active.Load() != 0:
		if c.blocked.Load() && by == "resource" {
			return "blocked", by
		}
		return "blocking", by
	case by == "flow" && c.b.clock()-held < flowShown.Milliseconds():
		return "flow", by
	}
	return "running", by
}

// heldBack notes that the connection is not read from now, because of an alarm
// or because what it publishes cannot be taken as fast.
func (c *conn) heldBack(alarm bool) {
	c.heldByAlarm.Store(alarm)
	c.heldAt.Store(c.b.clock())
}

// CloseConnection makes the reader of the open connection of that name close it
// with 320, CONNECTION_FORCED - reason. It does not wait for that; false: there
// is no such connection.
func (b *Broker) CloseConnection(name, reason string) bool {
	c := b.connection(name)
	if c == nil {
		return false
	}
	c.forceClose(amqp.ConnectionForced("%s", reason))
	return true
}

// CloseConnectionsOf does it for all open connections of a user, and returns how
// many there were.
func (b *Broker) CloseConnectionsOf(user, reason string) (n int) {
	for _, c := range b.connections() {
		if s := c.session.Load(); s != nil && s.user == user {
			c.forceClose(amqp.ConnectionForced("%s", reason))
			n++
		}
	}
	return n
}

// tlsView describes the TLS session of a connection, nil without one.
func tlsView(nc net.Conn) *TLSView {
	tc, ok := nc.(*tls.Conn)
	if !ok {
		return nil
	}
	s := tc.ConnectionState()
	v := describeSuite(s.Version, s.CipherSuite)
	if len(s.PeerCertificates) > 0 {
		peer := s.PeerCertificates[0]
		v.PeerSubject, v.PeerIssuer = peer.Subject.String(), peer.Issuer.String()
		v.PeerValidity = peer.NotBefore.UTC().Format(time.RFC3339) + " - " + peer.NotAfter.UTC().Format(time.RFC3339)
	}
	return v
}
