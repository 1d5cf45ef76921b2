package mgmt

import (
	"encoding/json"
	"net/http"

	"amqpd/broker"
)

// transferShape is a transfer, which RabbitMQ does not have.
var transferShape = shape[*broker.TransferView]{
	{"id", func(t *broker.TransferView) value { return str(t.ID) }},
	{"action", func(t *broker.TransferView) value { return str(string(t.Action)) }},
	{"vhost", func(t *broker.TransferView) value { return str(t.Vhost) }},
	{"queue", func(t *broker.TransferView) value { return str(t.Queue) }},
	{"destination", destinationValue},
	{"redrive_to", func(t *broker.TransferView) value {
		switch {
		case t.Action != broker.TransferRedrive:
			return null
		case t.RedriveToQueue:
			return str("queue")
		}
		return str("exchange")
	}},
	{"filter", func(t *broker.TransferView) value { return of(filterObject(&t.Filter)) }},
	{"rate_limit", func(t *broker.TransferView) value { return wholeOrNull(int64(t.MaxRate)) }},
	{"limit", func(t *broker.TransferView) value { return wholeOrNull(t.Limit) }},
	{"user", func(t *broker.TransferView) value { return str(t.User) }},
	{"state", func(t *broker.TransferView) value { return str(string(t.State)) }},
	{"total", func(t *broker.TransferView) value { return whole(t.Total) }},
	{"examined", func(t *broker.TransferView) value { return whole(t.Examined) }},
	{"moved", func(t *broker.TransferView) value { return whole(t.Moved) }},
	{"failed", func(t *broker.TransferView) value { return whole(t.Failed) }},
	{"rate", func(t *broker.TransferView) value { return fraction(t.Rate) }},
	{"error", func(t *broker.TransferView) value { return strOrNull(t.Error) }},
	{"started", func(t *broker.TransferView) value { return whole(t.Started.UnixMilli()) }},
	{"ended", func(t *broker.TransferView) value {
		if t.Ended.IsZero() {
			return null
		}
		return whole(t.Ended.UnixMilli())
	}},
}

// wholeOrNull is a limit, null for 0.
func wholeOrNull(n int64) value {
	if n == 0 {
		return null
	}
	return whole(n)
}

// destinationValue shows where messages go, null for a redrive.
func destinationValue(t *broker.TransferView) value {
	switch {
	case t.ToQueue != nil:
		return of(obj(m("queue", str(*t.ToQueue))))
	case t.ToExchange == nil:
		return null
	}
	name := *t.ToExchange
	if name == "" {
		name = "amq.default"
	}
	key := null
	if t.RoutingKey != nil {
		key = str(*t.RoutingKey)
	}
	return of(obj(m("exchange", str(name)), m("routing_key", key)))
}

// transferInputs and destinationInputs are what a request may have. Other keys
// are refused: a condition that is misspelt must not move everything.
var (
	transferInputs = []input{
		{name: "action", kind: "string", doc: "What is done with the messages", choices: []string{"move", "copy", "redrive"}, needed: true},
		{name: "destination", kind: "object", doc: "Where they go; a redrive has none", members: destinationInputs},
		{name: "redrive_to", kind: "string", doc: "To the exchange that a message was published to, or into the queue where it first died", choices: []string{"exchange", "queue"}},
		{name: "filter", kind: "object", doc: "Which messages; without it all", members: filterInputs},
		{name: "rate", kind: "integer", doc: "Messages in a second, at most; without it as fast as it goes"},
		{name: "limit", kind: "integer", doc: "Messages; without it all"},
	}
	destinationInputs = []input{
		{name: "queue", kind: "string", doc: "Into this queue, with exchange and routing key as they are"},
		{name: "exchange", kind: "string", doc: "Published anew to this exchange"},
		{name: "routing_key", kind: "string", doc: "With this routing key; without it with their own"},
	}
)

// postTransfer answers POST /api/queues/{vhost}/{queue}/transfers.
func postTransfer(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	ask, err := b.transfer()
	if err != nil {
		return err
	}
	ask.Queue = c.path("queue")
	a, err := c.agent()
	if err != nil {
		return err
	}
	t, err := a.Transfer(ask)
	if err != nil {
		return refusedRead(err)
	}
	return c.answer(http.StatusCreated, func(e *encoder) { e.value(transferShape.in(&t), nil) })
}

// transfer reads what is to be moved where.
func (b body) transfer() (ask broker.TransferRequest, err error) {
	if err := b.onlyKnows(transferInputs); err != nil {
		return ask, err
	}
	if err := b.require("action"); err != nil {
		return ask, err
	}
	action, err := b.mandatoryText("action")
	if err != nil {
		return ask, err
	}
	ask.Action = broker.TransferAction(action)
	if err := b.destination(&ask); err != nil {
		return ask, err
	}
	switch to, err := b.text("redrive_to", ""); {
	case err != nil:
		return ask, err
	case to != "" && to != "exchange" && to != "queue":
		return ask, badRequest("Invalid value for redrive_to: %s. Use exchange or queue.", to)
	default:
		ask.RedriveToQueue = to == "queue"
	}
	rate, err := b.integer("rate", 0)
	if err != nil {
		return ask, err
	}
	if ask.Limit, err = b.integer("limit", 0); err != nil {
		return ask, err
	}
	if rate < 0 || ask.Limit < 0 {
		return ask, badRequest("rate and limit cannot be negative")
	}
	ask.MaxRate = int(min(rate, maxTransferRate))
	ask.Filter, err = b.filter()
	return ask, err
}

// maxTransferRate is as fast as it goes.
const maxTransferRate = 1_000_000_000

// destination reads the object of that name.
func (b body) destination(ask *broker.TransferRequest) error {
	if !b.has("destination") {
		return nil
	}
	var to body
	if json.Unmarshal(b["destination"], &to) != nil {
		return badRequest("destination is not an object")
	}
	if err := to.onlyKnows(destinationInputs); err != nil {
		return err
	}
	for key, set := range map[string]**string{"queue": &ask.ToQueue, "exchange": &ask.ToExchange, "routing_key": &ask.RoutingKey} {
		if !to.has(key) {
			continue
		}
		text, err := to.mandatoryText(key)
		if err != nil {
			return err
		}
		if key == "exchange" && text == "amq.default" {
			text = ""
		}
		*set = &text
	}
	return nil
}

// getTransfers answers GET /api/transfers.
func getTransfers(c *call) error {
	only, err := c.onlyVhost()
	if err != nil {
		return err
	}
	var rows []*broker.TransferView
	for _, t := range c.s.broker.Transfers() {
		if (only == "" || t.Vhost == only) && c.seesVhost(t.Vhost) {
			rows = append(rows, &t)
		}
	}
	return items(c, transferShape, rows)
}

// transfer gives the transfer of the path.
func (c *call) transfer() (t broker.TransferView, err error) {
	t, exists := c.s.broker.Transfer(c.path("id"))
	if !exists || !c.seesVhost(t.Vhost) {
		return t, notFound()
	}
	return t, nil
}

// getTransfer answers GET /api/transfers/{id}.
func getTransfer(c *call) error {
	t, err := c.transfer()
	if err != nil {
		return err
	}
	return single(c, transferShape, &t)
}

// ownTransfer gives the transfer of the path to whom it belongs, and to
// administrators.
func (c *call) ownTransfer() (t broker.TransferView, err error) {
	t, err = c.transfer()
	if err == nil && t.User != c.user.Name && !c.isAdministrator() {
		err = unauthorised("The transfer is another user's")
	}
	return t, err
}

// transferOrder makes the handler of POST /api/transfers/{id}/pause and the
// like.
func transferOrder(do func(b *broker.Broker, id string) bool) func(*call) error {
	return func(c *call) error {
		t, err := c.ownTransfer()
		if err != nil {
			return err
		}
		if !do(c.s.broker, t.ID) {
			return badRequest("the transfer is over")
		}
		return c.noContent()
	}
}

// deleteTransfer answers DELETE /api/transfers/{id}.
func deleteTransfer(c *call) error {
	t, err := c.ownTransfer()
	if err != nil {
		return err
	}
	if !c.s.broker.ForgetTransfer(t.ID) {
		return notFound()
	}
	return c.noContent()
}
