package broker

import (
	"amqpd/amqp"
	"amqpd/cluster/meta"
)

// DeclareQueue makes a queue or checks that the one there is is equivalent; see
// amqp.QueueDeclare, of which NoWait does not count, and Exclusive must not be
// set, because there is no connection to own it. created says that there was
// none before.
func (a *Agent) DeclareQueue(m amqp.QueueDeclare) (created bool, err error) {
	err = a.on(func(ch *channel) error {
		created = !m.Passive && a.vhost.queue(stripLines(m.Queue)) == nil
		return ch.queueDeclare(&m)
	})
	return created && err == nil, err
}

// DeleteQueue deletes a queue, on condition if asked for; one that is not there
// is fine.
func (a *Agent) DeleteQueue(name string, ifUnused, ifEmpty bool) error {
	return a.on(func(ch *channel) error {
		return ch.queueDelete(&amqp.QueueDelete{Queue: name, IfUnused: ifUnused, IfEmpty: ifEmpty})
	})
}

// PurgeQueue drops the ready messages of a queue and returns how many there
// were.
func (a *Agent) PurgeQueue(name string) (n int, err error) {
	err = a.on(func(ch *channel) error {
		q, err := ch.readable(amqp.MethodQueuePurge, name)
		if err == nil {
			n = q.purge(ch.c.batch)
			a.b.auditPurge(a.who, q, n)
		}
		return err
	})
	return n, err
}

// DeclareExchange makes an exchange or checks that the one there is is
// equivalent; see amqp.ExchangeDeclare, of which NoWait does not count. created
// says that there was none before.
func (a *Agent) DeclareExchange(m amqp.ExchangeDeclare) (created bool, err error) {
	err = a.on(func(ch *channel) error {
		_, there := a.vhost.router.Exchange(stripLines(m.Exchange))
		created = !m.Passive && !there
		return ch.exchangeDeclare(&m)
	})
	return created && err == nil, err
}

// DeleteExchange deletes an exchange, if asked for only when nothing is bound
// from it; one that is not there is fine.
func (a *Agent) DeleteExchange(name string, ifUnused bool) error {
	return a.on(func(ch *channel) error {
		return ch.exchangeDelete(&amqp.ExchangeDelete{Exchange: name, IfUnused: ifUnused})
	})
}

// Bind adds a binding; its Vhost does not count. One that is there already is
// fine.
func (a *Agent) Bind(b meta.Binding) error {
	return a.on(func(ch *channel) error { return ch.bind(bindMethods[b.DestinationType][0], b) })
}

// Unbind removes a binding; its Vhost does not count. One that is not there is
// fine.
func (a *Agent) Unbind(b meta.Binding) error {
	return a.on(func(ch *channel) error { return ch.unbind(bindMethods[b.DestinationType][1], b) })
}

// bindMethods are the methods that bind and unbind, by destination type.
var bindMethods = map[string][2]amqp.MethodID{
	"queue":    {amqp.MethodQueueBind, amqp.MethodQueueUnbind},
	"exchange": {amqp.MethodExchangeBind, amqp.MethodExchangeUnbind},
}
