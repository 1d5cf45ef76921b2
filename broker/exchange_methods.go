package broker

import (
	"errors"
	"strings"

	"amqpd/amqp"
	"amqpd/cluster/meta"
	"amqpd/exchange"
	"amqpd/policy"
)

// stripLines removes CR and LF, which RabbitMQ drops from names
// (amqp-behaviour §3.2).
func stripLines(name string) string {
	if !strings.ContainsAny(name, "\r\n") {
		return name
	}
	return strings.NewReplacer("\r", "", "\n", "").Replace(name)
}

// exchangeDeclare makes an exchange or checks one; the order of checks is that
// of amqp-behaviour §3.2.
func (ch *channel) exchangeDeclare(m *amqp.ExchangeDeclare) error {
	const id = amqp.MethodExchangeDeclare
	c := ch.c
	name := stripLines(m.Exchange)
	if m.Passive {
		if name == "" {
			return exchange.OnDefault(id)
		}
		if _, ok := c.vhost.router.Exchange(name); !ok {
			return c.noExchange(id, name)
		}
		return ch.answer(m.NoWait, &amqp.ExchangeDeclareOk{})
	}
	x := exchange.Exchange{
		Name: name, Type: m.Type, Durable: m.Durable, AutoDelete: m.AutoDelete, Internal: m.Internal,
		Arguments: m.Arguments,
	}
	if err := exchange.CheckType(m.Type); err != nil {
		return err
	}
	if name == "" {
		return exchange.OnDefault(id)
	}
	if e := c.authorize(id, configure, "exchange", name); e != nil {
		return e
	}
	for {
		if have, ok := c.vhost.router.Exchange(name); ok {
			if e := exchange.Equivalent(have, x, c.vhost.name); e != nil {
				return e
			}
			return ch.answer(m.NoWait, &amqp.ExchangeDeclareOk{})
		}
		err := ch.newExchange(x)
		if errors.Is(err, meta.ErrExists) {
			continue
		}
		if err != nil {
			return err
		}
		return ch.answer(m.NoWait, &amqp.ExchangeDeclareOk{})
	}
}

// newExchange checks and makes an exchange that was not there a moment ago.
func (ch *channel) newExchange(x exchange.Exchange) error {
	const id = amqp.MethodExchangeDeclare
	c := ch.c
	if exchange.Reserved(x.Name) {
		return exchange.ReservedName(x.Name)
	}
	if ae := policy.CheckExchangeArguments(x.Arguments); ae != nil {
		return argumentError(id, ae, resource("exchange", c.vhost.name, x.Name))
	}
	if v, ok := x.Arguments.Get("alternate-exchange"); ok {
		alternate, _ := v.Str()
		if e := c.authorize(id, write, "exchange", alternate); e != nil {
			return e
		}
		if e := c.authorize(id, read, "exchange", x.Name); e != nil {
			return e
		}
	}
	if err := exchange.Validate(x, c.vhost.name); err != nil {
		return err
	}
	return c.b.change(ch.c.batch, meta.PutExchange{Exchange: meta.Exchange{
		Vhost: c.vhost.name, Name: x.Name, Type: x.Type, Durable: x.Durable, AutoDelete: x.AutoDelete,
		Internal: x.Internal, Arguments: x.Arguments,
	}})
}

// answer sends the reply of a method unless the client does not want it, once the
// definitions that it was found by are durable.
func (ch *channel) answer(noWait bool, ok outgoing) error {
	if !noWait {
		ch.c.b.awaitDurable(ch.c.b.definedAt())
		ch.send(ok)
	}
	return nil
}

// exchangeDelete deletes; a missing exchange is fine (amqp-behaviour §3.3).
func (ch *channel) exchangeDelete(m *amqp.ExchangeDelete) error {
	const id = amqp.MethodExchangeDelete
	c := ch.c
	name := stripLines(m.Exchange)
	if name == "" {
		return exchange.OnDefault(id)
	}
	if exchange.Reserved(name) {
		return exchange.SystemExchange(name, c.vhost.name)
	}
	if e := c.authorize(id, configure, "exchange", name); e != nil {
		return e
	}
	err := c.b.change(c.batch, meta.DeleteExchange{Vhost: c.vhost.name, Name: name, IfUnused: m.IfUnused})
	if errors.Is(err, meta.ErrInUse) {
		return exchange.InUse(name, c.vhost.name)
	}
	if err != nil && !errors.Is(err, meta.ErrNotFound) {
		return err
	}
	return ch.answer(m.NoWait, &amqp.ExchangeDeleteOk{})
}

func (ch *channel) exchangeBind(m *amqp.ExchangeBind) error {
	b := meta.Binding{
		Source: stripLines(m.Source), Destination: stripLines(m.Destination), DestinationType: "exchange",
		Key: m.RoutingKey, Arguments: m.Arguments,
	}
	if err := ch.bind(amqp.MethodExchangeBind, b); err != nil {
		return err
	}
	return ch.answer(m.NoWait, &amqp.ExchangeBindOk{})
}

func (ch *channel) exchangeUnbind(m *amqp.ExchangeUnbind) error {
	b := meta.Binding{
		Source: stripLines(m.Source), Destination: stripLines(m.Destination), DestinationType: "exchange",
		Key: m.RoutingKey, Arguments: m.Arguments,
	}
	if err := ch.unbind(amqp.MethodExchangeUnbind, b); err != nil {
		return err
	}
	return ch.answer(m.NoWait, &amqp.ExchangeUnbindOk{})
}

// bind adds a binding to a queue or an exchange, in the order of checks of
// amqp-behaviour §3.4.
func (ch *channel) bind(id amqp.MethodID, b meta.Binding) error {
	c := ch.c
	b.Vhost = c.vhost.name
	if e := c.mayBind(id, &b); e != nil {
		return e
	}
	source, _ := c.vhost.router.Exchange(b.Source)
	if err := exchange.ValidateBinding(source, toBinding(&b), id); err != nil {
		return err
	}
	if b.DestinationType == "queue" {
		if q := c.vhost.queue(b.Destination); q != nil && q.lockedFor(c) {
			return locked(id, q)
		}
	}
	err := c.b.change(c.batch, meta.Bind{Binding: b})
	var missing *meta.Error
	if errors.As(err, &missing) && errors.Is(err, meta.ErrNotFound) {
		return amqp.NotFound(id, "no %s", resource(missing.Kind, c.vhost.name, missing.Name))
	}
	return err
}

// unbind removes a binding; one that is not there, or whose ends are not, is fine.
func (ch *channel) unbind(id amqp.MethodID, b meta.Binding) error {
	c := ch.c
	b.Vhost = c.vhost.name
	if e := c.mayBind(id, &b); e != nil {
		return e
	}
	if b.DestinationType == "queue" && c.vhost.router.Has(toBinding(&b)) {
		if q := c.vhost.queue(b.Destination); q != nil && q.lockedFor(c) {
			return locked(id, q)
		}
	}
	if err := c.b.change(c.batch, meta.Unbind{Binding: b}); err != nil && !errors.Is(err, meta.ErrNotFound) {
		return err
	}
	return nil
}

// mayBind checks permissions and that neither end is the default exchange.
func (c *conn) mayBind(id amqp.MethodID, b *meta.Binding) *amqp.Error {
	if e := c.authorize(id, write, b.DestinationType, b.Destination); e != nil {
		return e
	}
	if b.Source == "" || b.DestinationType == "exchange" && b.Destination == "" {
		return exchange.OnDefault(id)
	}
	if e := c.authorize(id, read, "exchange", b.Source); e != nil {
		return e
	}
	if x, ok := c.vhost.router.Exchange(b.Source); ok {
		return c.authorizeTopic(id, read, x, b.Key)
	}
	return nil
}

// toBinding is a definition's binding as routing knows it.
func toBinding(b *meta.Binding) exchange.Binding {
	to := exchange.ToQueue
	if b.DestinationType == "exchange" {
		to = exchange.ToExchange
	}
	return exchange.Binding{Source: b.Source, Destination: b.Destination, To: to, Key: b.Key, Arguments: b.Arguments}
}

// argumentError is what the client sees of a bad argument.
func argumentError(id amqp.MethodID, ae *policy.ArgumentError, resource string) *amqp.Error {
	if ae.Code == amqp.CodeInternalError {
		return amqp.InternalError()
	}
	return amqp.NewError(ae.Code, id, "%s", ae.Text(resource))
}
