package mgmt

import (
	"cmp"
	"slices"
	"time"

	"amqpd/broker"
)

// channel is a row of the channels (management-api §8.4).
type channel struct {
	broker.ChannelView
	read      readout
	consumers []broker.ConsumerView // only of a single one
}

var channelShape = shape[*channel]{
	{"name", func(x *channel) value { return str(x.Name) }},
	{"number", func(x *channel) value { return whole(x.Number) }},
	{"node", func(x *channel) value { return str(x.Node) }},
	{"vhost", func(x *channel) value { return str(x.Vhost) }},
	{"user", func(x *channel) value { return str(x.User) }},
	{"user_who_performed_action", func(x *channel) value { return str(x.User) }},
	{"connection_details", func(x *channel) value { return connectionDetails(&x.Conn) }},
	{"state", func(x *channel) value { return str(x.State) }},
	{"idle_since", func(x *channel) value { return idleSince(x.IdleSince) }},
	{"confirm", func(x *channel) value { return flag(x.Confirm) }},
	{"transactional", func(x *channel) value { return flag(x.Transactional) }},
	{"consumer_count", func(x *channel) value { return whole(x.Consumers) }},
	{"messages_unacknowledged", func(x *channel) value { return whole(x.Unacknowledged) }},
	{"messages_unconfirmed", func(x *channel) value { return whole(x.Unconfirmed) }},
	{"messages_uncommitted", func(x *channel) value { return whole(x.UncommittedMessages) }},
	{"acks_uncommitted", func(x *channel) value { return whole(x.UncommittedAcks) }},
	{"prefetch_count", func(x *channel) value { return whole(x.Prefetch) }},
	{"global_prefetch_count", func(x *channel) value { return whole(x.GlobalPrefetch) }},
	{"pending_raft_commands", func(*channel) value { return whole(0) }},
	{"message_stats", func(x *channel) value { return x.read.messageStats(&x.Stats, groupConfirm, groupDeliver) }},
	{"reductions", func(*channel) value { return whole(0) }},
	{"reductions_details", func(x *channel) value {
		m := x.read.figure(figNothing, 0, x.read.data)
		return m.details()
	}},
	{"garbage_collection", func(*channel) value { return collector }},
}

// singleChannelShape adds what only a single channel has.
var singleChannelShape = append(channelShape[:len(channelShape):len(channelShape)], shape[*channel]{
	{"consumer_details", func(x *channel) value { return consumerDetails(x.consumers) }},
	{"deliveries", func(*channel) value { return list() }},
	{"publishes", func(*channel) value { return list() }},
}...)

// idleSince is when something was last used, left out while it is in use.
func idleSince(t time.Time) value {
	if t.IsZero() {
		return missing
	}
	return str(t.UTC().Format("2006-01-02T15:04:05.000-07:00"))
}

// connectionDetails refers to a connection.
func connectionDetails(id *broker.ConnectionID) value {
	return of(obj(m("name", str(id.Name)), m("peer_host", str(id.PeerHost)), m("peer_port", whole(id.PeerPort))))
}

// errNoStats refuses what is nothing but statistics (management-api §5.3).
var errNoStats = badRequest("Stats in management UI are disabled on this node")

// channel makes a row.
func (c *call) channel(v *broker.ChannelView, w windows) *channel {
	s := c.s.sampler
	return &channel{ChannelView: *v, read: readoutOf(s, &s.channels, v.Name, retainBasic, w)}
}

// channels collects those that the caller may see and want takes.
func (c *call) channels(want func(*broker.ChannelView) bool) ([]*channel, error) {
	if c.disableStats() {
		return nil, errNoStats
	}
	w, err := c.windows(rangeFault)
	if err != nil {
		return nil, err
	}
	var rows []*channel
	c.s.broker.EachChannel(func(v *broker.ChannelView) bool {
		if c.sees(v.User) && want(v) {
			rows = append(rows, c.channel(v, w))
		}
		return true
	})
	slices.SortFunc(rows, func(a, b *channel) int {
		return cmp.Or(cmp.Compare(a.Vhost, b.Vhost), cmp.Compare(a.Name, b.Name))
	})
	return rows, nil
}

// getChannels answers GET /api/channels and /api/vhosts/{vhost}/channels.
func getChannels(c *call) error {
	only, err := c.onlyVhost()
	if err != nil {
		return err
	}
	rows, err := c.channels(func(v *broker.ChannelView) bool { return only == "" || v.Vhost == only })
	if err != nil {
		return err
	}
	return paged(c, channelShape, rows, func(x *channel) string { return x.Name })
}

// getConnectionChannels answers GET /api/connections/{connection}/channels.
func getConnectionChannels(c *call) error {
	of, err := c.visibleConnection()
	if err != nil {
		return err
	}
	rows, err := c.channels(func(v *broker.ChannelView) bool { return v.Conn.Name == of.Name })
	if err != nil {
		return err
	}
	return items(c, channelShape, rows)
}

// getChannel answers GET /api/channels/{channel}.
func getChannel(c *call) error {
	if c.disableStats() {
		return errNoStats
	}
	w, err := c.windows(rangeFault)
	if err != nil {
		return err
	}
	v, ok := c.s.broker.Channel(c.path("channel"))
	switch {
	case !ok:
		return notFound()
	case !c.sees(v.User):
		return unauthorised("User not authorised to access object")
	}
	x := c.channel(&v, w)
	c.s.broker.ConsumersOf(v.Name, func(k *broker.ConsumerView) bool {
		x.consumers = append(x.consumers, *k)
		return true
	})
	return c.whole(shaped[*channel]{singleChannelShape, x})
}
