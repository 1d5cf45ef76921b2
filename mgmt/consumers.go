package mgmt

import (
	"cmp"
	"slices"

	"amqpd/broker"
)

// consumerShape is a row of the consumers (management-api §8.5).
var consumerShape = shape[*broker.ConsumerView]{
	{"arguments", func(x *broker.ConsumerView) value { return table(x.Arguments) }},
	{"ack_required", func(x *broker.ConsumerView) value { return flag(x.AckRequired) }},
	{"active", func(x *broker.ConsumerView) value { return flag(x.Active) }},
	{"activity_status", func(x *broker.ConsumerView) value { return str(x.Status) }},
	{"channel_details", func(x *broker.ConsumerView) value {
		if x.Channel == "" {
			return list()
		}
		return of(obj(m("connection_name", str(x.Conn.Name)), m("name", str(x.Channel)), m("node", str(x.Node)),
			m("number", whole(x.Number)), m("peer_host", str(x.Conn.PeerHost)), m("peer_port", whole(x.Conn.PeerPort)),
			m("user", str(x.User))))
	}},
	{"consumer_tag", func(x *broker.ConsumerView) value { return str(x.Tag) }},
	{"exclusive", func(x *broker.ConsumerView) value { return flag(x.Exclusive) }},
	{"prefetch_count", func(x *broker.ConsumerView) value { return whole(x.Prefetch) }},
	{"queue", func(x *broker.ConsumerView) value { return of(obj(m("name", str(x.Queue)), m("vhost", str(x.Vhost)))) }},
}

// consumerDetails lists the consumers of one channel or queue.
func consumerDetails(views []broker.ConsumerView) value {
	all := make([]value, len(views))
	for i := range views {
		all[i] = consumerShape.in(&views[i])
	}
	return list(all...)
}

// getConsumers answers GET /api/consumers, and of one virtual host with its name
// behind it.
func getConsumers(c *call) error {
	only, err := c.onlyVhost()
	switch {
	case err != nil:
		return err
	case c.disableStats():
		return errNoStats
	}
	var rows []*broker.ConsumerView
	c.s.broker.EachConsumer(func(v *broker.ConsumerView) bool {
		if c.sees(v.User) && (only == "" || v.Vhost == only) {
			row := *v
			rows = append(rows, &row)
		}
		return true
	})
	slices.SortFunc(rows, func(a, b *broker.ConsumerView) int {
		return cmp.Or(cmp.Compare(a.Vhost, b.Vhost), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Tag, b.Tag))
	})
	return items(c, consumerShape, rows)
}
