package mgmt

import (
	"amqpd/amqp"
	"amqpd/cluster/meta"
)

// exchangeRow is a row of the exchanges (management-api §8.6).
type exchangeRow struct {
	*meta.Exchange
	c       *call
	windows windows
}

func (x *exchangeRow) messageStats() value {
	counts := x.c.s.broker.ExchangeStats(x.Vhost, x.Name)
	s := x.c.s.sampler
	read := readoutOf(s, &s.exchanges, objectName{x.Vhost, x.Name}, retainBasic, x.windows)
	return read.messageStats(&counts, groupExchange)
}

var exchangeNoStats = shape[*exchangeRow]{
	{"name", func(x *exchangeRow) value { return str(x.Name) }},
	{"vhost", func(x *exchangeRow) value { return str(x.Vhost) }},
	{"type", func(x *exchangeRow) value { return str(x.Type) }},
	{"durable", func(x *exchangeRow) value { return flag(x.Durable) }},
	{"auto_delete", func(x *exchangeRow) value { return flag(x.AutoDelete) }},
	{"internal", func(x *exchangeRow) value { return flag(x.Internal) }},
	{"arguments", func(x *exchangeRow) value { return table(x.Arguments) }},
	{"policy", func(x *exchangeRow) value { return strOrMissing(x.c.s.broker.ExchangePolicy(x.Vhost, x.Name)) }},
	{"user_who_performed_action", func(*exchangeRow) value { return str("rmq-internal") }},
}

var exchangeShape = append(exchangeNoStats[:len(exchangeNoStats):len(exchangeNoStats)],
	field[*exchangeRow]{"message_stats", (*exchangeRow).messageStats})

// singleExchangeShape adds what is only filled with rates_mode detailed.
var singleExchangeShape = append(exchangeShape[:len(exchangeShape):len(exchangeShape)], shape[*exchangeRow]{
	{"incoming", func(*exchangeRow) value { return list() }},
	{"outgoing", func(*exchangeRow) value { return list() }},
}...)

// getExchanges answers GET /api/exchanges, and of one virtual host with its name
// behind it.
func getExchanges(c *call) error {
	vhosts, err := c.visibleVhosts()
	if err != nil {
		return err
	}
	w, err := c.windows(listRangeFault)
	if err != nil {
		return err
	}
	var rows []*exchangeRow
	for _, v := range vhosts {
		for x := range c.view().Exchanges(v.Name) {
			rows = append(rows, &exchangeRow{x, c, w})
		}
	}
	s := exchangeShape
	if c.disableStats() {
		s = exchangeNoStats
	}
	return paged(c, s, rows, func(x *exchangeRow) string { return x.Name })
}

// getExchange answers GET /api/exchanges/{vhost}/{exchange}.
func getExchange(c *call) error {
	w, err := c.windows(rangeFault)
	if err != nil {
		return err
	}
	x, ok := c.view().Exchange(c.path("vhost"), c.exchange("exchange"))
	if !ok {
		return notFound()
	}
	return single(c, singleExchangeShape, &exchangeRow{x, c, w})
}

// putExchange answers PUT /api/exchanges/{vhost}/{exchange}.
func putExchange(c *call) error {
	a, b, err := c.agentAndBody()
	if err != nil {
		return err
	}
	m := amqp.ExchangeDeclare{Exchange: c.exchange("exchange")}
	if m.Type, err = b.text("type", "direct"); err != nil {
		return err
	}
	if err := b.flags(flagTo{"durable", &m.Durable}, flagTo{"auto_delete", &m.AutoDelete}, flagTo{"internal", &m.Internal}); err != nil {
		return err
	}
	if m.Arguments, err = b.table("arguments"); err != nil {
		return err
	}
	if err := c.onThisNode(b); err != nil {
		return err
	}
	if m.Exchange == "" {
		return unauthorised("Access refused.")
	}
	isNew, err := a.DeclareExchange(m)
	if err != nil {
		return err
	}
	return c.created(isNew)
}

// deleteExchange answers DELETE /api/exchanges/{vhost}/{exchange}.
func deleteExchange(c *call) error {
	a, err := c.agent()
	if err != nil {
		return notFound()
	}
	name := c.exchange("exchange")
	if _, ok := c.view().Exchange(c.path("vhost"), name); !ok {
		return notFound()
	}
	if name == "" {
		return unauthorised("Access refused.")
	}
	if err := a.DeleteExchange(name, c.query("if-unused") == "true"); err != nil {
		return err
	}
	return c.noContent()
}
