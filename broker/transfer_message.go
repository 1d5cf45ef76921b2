package broker

import (
	"errors"
	"slices"

	"amqpd/amqp"
	"amqpd/exchange"
)

// address gathers a message for where it goes. The error says why it goes
// nowhere.
func (x *transfer) address(ch *channel, p *pick) error {
	t, v := ch.c.batch, ch.c.vhost
	env, header, body := splitPayload(p.payload)
	m := message{env: env, header: header, body: body, ttl: -1, elsewhere: true}
	var queues []*localQueue
	var err error
	switch {
	case x.ask.ToQueue != nil:
		queues = t.into(&m, v.queue(*x.ask.ToQueue))
	case x.ask.ToExchange != nil:
		queues, err = x.publishTo(ch, &m)
	default:
		queues, err = x.redrive(ch, &m)
	}
	if err != nil {
		return err
	}
	if x.ask.Action != TransferCopy {
		queues = slices.DeleteFunc(queues, func(q *localQueue) bool { return q == x.q })
	}
	if len(queues) == 0 && m.holds == 0 {
		return errNoQueue
	}
	m.durable = m.persistent && anyDurable(queues)
	p.at = len(t.msgs)
	t.add(m, queues)
	return nil
}

// into is the way of a message into one queue, which may be nil.
func (t *batch) into(m *message, q *localQueue) []*localQueue {
	m.takeTraits()
	if t.targets = t.targets[:0]; q != nil {
		t.targets = append(t.targets, q)
	}
	return t.targets
}

// publishTo routes a message from the transfer's exchange, with its own keys or
// another one.
func (x *transfer) publishTo(ch *channel, m *message) ([]*localQueue, error) {
	_, own, err := amqp.SplitEnvelope(m.env)
	if err != nil {
		return nil, err
	}
	key := string(own)
	if x.ask.RoutingKey != nil {
		key = *x.ask.RoutingKey
	}
	to, ok := ch.c.vhost.router.Exchange(*x.ask.ToExchange)
	if !ok {
		return nil, errNoQueue
	}
	return ch.routeFrom(to, key, m, x.ask.RoutingKey == nil)
}

// routeFrom publishes a message anew to an exchange that may be written to.
func (ch *channel) routeFrom(to exchange.Exchange, key string, m *message, senderKeys bool) ([]*localQueue, error) {
	if e := ch.c.authorizeTopic(amqp.MethodBasicPublish, write, to, key); e != nil {
		return nil, e
	}
	env, err := amqp.AppendEnvelope(nil, to.Name, key)
	if err != nil {
		return nil, err
	}
	m.env = env
	t, v := ch.c.batch, ch.c.vhost
	queues, err := t.routeBy(v, to.Name, m, senderKeys)
	if err == nil {
		t.countRouted(v.exchangeCounter(to.Name, true), len(queues))
	}
	return queues, err
}

// redrive brings a message back to where it first died, as if it had never been
// dead: to the exchange that it had been published to or, where that is gone,
// into the queue.
func (x *transfer) redrive(ch *channel, m *message) ([]*localQueue, error) {
	first, revived, err := revive(m.header)
	if err != nil {
		return nil, err
	}
	m.header = revived
	if !x.ask.RedriveToQueue {
		to, err := ch.c.writable(first.exchange)
		var refused *amqp.Error
		switch {
		case err == nil:
			return ch.routeFrom(to, first.key, m, true)
		case errors.As(err, &refused) && refused.Code != amqp.CodeNotFound:
			return nil, err
		}
	}
	if e := ch.c.authorize(amqp.MethodBasicPublish, write, "exchange", ""); e != nil {
		return nil, e
	}
	if m.env, err = amqp.AppendEnvelope(nil, first.exchange, first.key); err != nil {
		return nil, err
	}
	return ch.c.batch.into(m, ch.c.vhost.queue(first.queue)), nil
}

// errNoDeath is the error of revive.
var errNoDeath = errors.New("its x-death does not say where it died")

// redrivenHeader keeps what x-death said before a message was redriven.
const redrivenHeader = "x-redriven"

// revive finds the first death of a message in its headers, and takes all of
// them out: whoever counts deaths begins anew, and so does the rule against
// cycles. They are kept under another name.
func revive(header []byte) (first death, revived []byte, err error) {
	m := message{header: header}
	p := m.properties()
	headers, err := amqp.ParseTable(p.Headers)
	if err != nil {
		return first, nil, err
	}
	was, _ := headers.Get("x-death")
	ds := readDeaths(was)
	if len(ds) == 0 {
		return first, nil, errNoDeath
	}
	entry := ds.first(headers)
	first = death{queue: text(entry, "queue"), exchange: text(entry, "exchange")}
	keys, _ := entry.Get("routing-keys")
	list, _ := keys.Array()
	if len(list) == 0 || first.queue == "" {
		return first, nil, errNoDeath
	}
	first.key, _ = list[0].Str()
	headers = headers.Without("x-death").Without("x-first-death-exchange").Without("x-first-death-queue").
		Without("x-first-death-reason").With(redrivenHeader, was)
	revived, err = amqp.Edit{Headers: &headers}.Append(nil, header)
	return first, revived, err
}

// first is the event that x-first-death-* names or, without them, the last of
// the list. REQUIRES: there is one.
func (ds deaths) first(headers amqp.Table) amqp.Table {
	queue, reason := text(headers, "x-first-death-queue"), text(headers, "x-first-death-reason")
	for _, entry := range slices.Backward(ds) {
		if text(entry, "queue") == queue && text(entry, "reason") == reason {
			return entry
		}
	}
	return ds[len(ds)-1]
}
