package mgmt

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"amqpd/broker"
)

// connection is a row of the connections (management-api §8.3).
type connection struct {
	broker.ConnectionView
	read   readout
	single bool // RabbitMQ shows "" in place of null there
}

// tls is one of the fields that only a TLS connection has.
func (x *connection) tls(get func(*broker.TLSView) string) value {
	switch {
	case x.TLS != nil:
		return str(get(x.TLS))
	case x.single:
		return str("")
	}
	return null
}

var connectionShape = slices.Concat(shape[*connection]{
	{"name", func(x *connection) value { return str(x.Name) }},
	{"vhost", func(x *connection) value { return str(x.Vhost) }},
	{"user", func(x *connection) value { return str(x.User) }},
	{"user_who_performed_action", func(x *connection) value { return str(x.User) }},
	{"node", func(x *connection) value { return str(x.Node) }},
	{"host", func(x *connection) value { return str(x.Host) }},
	{"port", func(x *connection) value { return whole(x.Port) }},
	{"peer_host", func(x *connection) value { return str(x.PeerHost) }},
	{"peer_port", func(x *connection) value { return whole(x.PeerPort) }},
	{"state", func(x *connection) value { return str(x.State) }},
	{"type", func(x *connection) value { return str(x.Type) }},
	{"protocol", func(x *connection) value { return str(x.Protocol) }},
	{"auth_mechanism", func(x *connection) value { return str(x.Mechanism) }},
	{"channels", func(x *connection) value { return whole(x.Channels) }},
	{"channel_max", func(x *connection) value { return whole(x.ChannelMax) }},
	{"frame_max", func(x *connection) value { return whole(x.FrameMax) }},
	{"timeout", func(x *connection) value { return whole(int64(x.Heartbeat / time.Second)) }},
	{"connected_at", func(x *connection) value { return whole(x.ConnectedAt.UnixMilli()) }},
	{"ssl", func(x *connection) value { return flag(x.TLS != nil) }},
	{"ssl_protocol", func(x *connection) value { return x.tls(func(t *broker.TLSView) string { return t.Protocol }) }},
	{"ssl_key_exchange", func(x *connection) value { return x.tls(func(t *broker.TLSView) string { return t.KeyExchange }) }},
	{"ssl_cipher", func(x *connection) value { return x.tls(func(t *broker.TLSView) string { return t.Cipher }) }},
	{"ssl_hash", func(x *connection) value { return x.tls(func(t *broker.TLSView) string { return t.Hash }) }},
	{"peer_cert_subject", func(x *connection) value { return x.tls(func(t *broker.TLSView) string { return t.PeerSubject }) }},
	{"peer_cert_issuer", func(x *connection) value { return x.tls(func(t *broker.TLSView) string { return t.PeerIssuer }) }},
	{"peer_cert_validity", func(x *connection) value { return x.tls(func(t *broker.TLSView) string { return t.PeerValidity }) }},
	{"client_properties", func(x *connection) value { return table(x.ClientProperties) }},
	{"user_provided_name", func(x *connection) value { return strOrMissing(x.ProvidedName) }},
	{"recv_cnt", func(x *connection) value { return whole(x.ReceivedPackets) }},
	{"send_cnt", func(x *connection) value { return whole(x.SentPackets) }},
	{"send_pend", func(x *connection) value { return whole(x.SendPending) }},
	{"last_blocked_by", func(x *connection) value { return str(x.LastBlockedBy) }},
	{"last_blocked_age", func(x *connection) value {
		if x.LastBlocked.IsZero() {
			return missing
		}
		return whole(int64(time.Since(x.LastBlocked) / time.Second))
	}},
	{"reductions", func(*connection) value { return whole(0) }},
	{"reductions_details", func(x *connection) value {
		m := x.read.figure(figNothing, 0, x.read.data)
		return m.details()
	}},
	{"garbage_collection", func(*connection) value { return collector }},
},
	figureFields(figReceived, func(x *connection) measured { return x.read.figure(figReceived, int64(x.Received), x.read.data) }),
	figureFields(figSent, func(x *connection) measured { return x.read.figure(figSent, int64(x.Sent), x.read.data) }),
)

// collector stands where RabbitMQ shows the memory of one Erlang process; nothing
// here has a collector of its own.
var collector = of(obj(m("fullsweep_after", whole(0)), m("max_heap_size", whole(0)), m("min_bin_vheap_size", whole(0)),
	m("min_heap_size", whole(0)), m("minor_gcs", whole(0))))

// connectionNoStats is the list with disable_stats.
var connectionNoStats = shape[*connection]{
	{"name", func(x *connection) value { return str(x.Name) }},
	{"vhost", func(x *connection) value { return str(x.Vhost) }},
	{"user", func(x *connection) value { return str(x.User) }},
	{"node", func(x *connection) value { return str(x.Node) }},
}

// sees tells whether the caller may see what belongs to a user.
func (c *call) sees(user string) bool { return user == c.user.Name || c.isMonitor() }

// connection makes a row.
func (c *call) connection(v *broker.ConnectionView, w windows) *connection {
	s := c.s.sampler
	return &connection{ConnectionView: *v, read: readoutOf(s, &s.connections, v.Name, retainBasic, w)}
}

// connections lists those that the caller may see and want takes.
func (c *call) connections(want func(*broker.ConnectionView) bool) error {
	w, err := c.windows(rangeFault)
	if err != nil {
		return err
	}
	var rows []*connection
	c.s.broker.EachConnection(func(v *broker.ConnectionView) bool {
		if c.sees(v.User) && want(v) {
			rows = append(rows, c.connection(v, w))
		}
		return true
	})
	slices.SortFunc(rows, func(a, b *connection) int {
		return cmp.Or(cmp.Compare(a.Vhost, b.Vhost), cmp.Compare(a.Name, b.Name))
	})
	s := connectionShape
	if c.disableStats() {
		s = connectionNoStats
	}
	return paged(c, s, rows, func(x *connection) string { return x.Name })
}

// getConnections answers GET /api/connections and /api/vhosts/{vhost}/connections.
func getConnections(c *call) error {
	only, err := c.onlyVhost()
	if err != nil {
		return err
	}
	return c.connections(func(v *broker.ConnectionView) bool { return only == "" || v.Vhost == only })
}

// getUserConnections answers GET /api/connections/username/{user}.
func getUserConnections(c *call) error {
	return c.connections(func(v *broker.ConnectionView) bool { return v.User == c.path("user") })
}

// visibleConnection gives the connection of the path. One that the caller may
// not see is refused as one that needs monitoring.
func (c *call) visibleConnection() (broker.ConnectionView, error) {
	v, ok := c.s.broker.Connection(c.path("connection"))
	switch {
	case !ok:
		return v, notFound()
	case !c.sees(v.User):
		return v, unauthorised("User not authorised to access object")
	}
	return v, nil
}

// getConnection answers GET /api/connections/{connection}.
func getConnection(c *call) error {
	w, err := c.windows(rangeFault)
	if err != nil {
		return err
	}
	v, err := c.visibleConnection()
	if err != nil {
		return err
	}
	if c.disableStats() {
		return c.item(obj(m("name", str(v.Name))))
	}
	x := c.connection(&v, w)
	x.single = true
	return c.whole(shaped[*connection]{connectionShape, x})
}

// whole answers with one object, whatever columns= says (management-api §4).
func (c *call) whole(m made) error {
	return c.answer(http.StatusOK, func(e *encoder) { m.write(e, nil) })
}

// closeReason is what a closed client is told: header X-Reason, or RabbitMQ's
// words.
func (c *call) closeReason() string {
	if reason := c.r.Header.Get("X-Reason"); reason != "" {
		return reason
	}
	return "Closed via management plugin"
}

// deleteConnection answers DELETE /api/connections/{connection}. Closing one's
// own connection needs nothing, another's needs administrator.
func deleteConnection(c *call) error {
	v, ok := c.s.broker.Connection(c.path("connection"))
	switch {
	case !ok:
		return notFound()
	case v.User != c.user.Name && !c.isAdministrator():
		return unauthorised("User not authorised to access object")
	}
	if c.s.broker.CloseConnection(v.Name, c.closeReason()) {
		c.audited("connection.close", v.Vhost, v.Name, "reason="+strconv.Quote(c.closeReason()))
	}
	return c.noContent()
}

// deleteUserConnections answers DELETE /api/connections/username/{user}, also
// when there are none.
func deleteUserConnections(c *call) error {
	user := c.path("user")
	if user != c.user.Name && !c.isAdministrator() {
		return unauthorised("User not authorised to access object")
	}
	if n := c.s.broker.CloseConnectionsOf(user, c.closeReason()); n > 0 {
		c.audited("connection.close-all", "", user, "connections="+strconv.Itoa(n)+" reason="+strconv.Quote(c.closeReason()))
	}
	return c.noContent()
}
