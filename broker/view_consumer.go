package broker

import "amqpd/amqp"

// ConsumerView is a subscription at one moment (management-api §8.5). It is a
// plain value; Arguments is shared and read only.
type ConsumerView struct {
	Tag         string
	Vhost       string
	Queue       string
	Channel     string // name of the channel, "" for none
	Number      int    // of the channel
	Node        string
	User        string
	Conn        ConnectionID
	AckRequired bool
	Exclusive   bool
	Active      bool   // it is served: no other one is the single active consumer
	Status      string // "up", "single_active", "waiting"
	Prefetch    int    // 0: no limit
	Priority    int64  // x-priority
	Unacked     int    // deliveries that it has not settled
	Arguments   amqp.Table
}

// EachConsumer calls f with every consumer of every open connection, until f
// returns false. The view is filled anew for each call and valid during it. No
// lock is held while f runs.
func (b *Broker) EachConsumer(f func(*ConsumerView) bool) {
	var v ConsumerView
	for _, c := range b.connections() {
		if !c.eachConsumer(&v, nil, f) {
			return
		}
	}
}

// ConsumersOf is EachConsumer for the channel of that name.
func (b *Broker) ConsumersOf(channel string, f func(*ConsumerView) bool) {
	connection, _, found := cutLast(channel, " (")
	if !found {
		return
	}
	if c := b.connection(connection); c != nil {
		c.eachConsumer(new(ConsumerView), &channel, f)
	}
}

// QueueConsumers lists the consumers of a queue, the oldest first.
func (b *Broker) QueueConsumers(vhost, queue string) (list []ConsumerView) {
	q := b.queue(vhost, queue)
	if q == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for k := range q.core.EachConsumer {
		var v ConsumerView
		k.Owner.(*consumer).viewLocked(&v)
		list = append(list, v)
	}
	return list
}

// eachConsumer fills v in for each consumer, of one channel if that is not nil,
// and calls f; false: f did not want more.
func (c *conn) eachConsumer(v *ConsumerView, channel *string, f func(*ConsumerView) bool) bool {
	s := c.session.Load()
	if s == nil {
		return true
	}
	c.out.mu.Lock()
	consumers := append([]*consumer(nil), c.consumers...)
	c.out.mu.Unlock()
	for _, k := range consumers {
		if channel != nil && channelName(s.id.Name, k.ch.id) != *channel {
			continue
		}
		k.queue.mu.Lock()
		k.viewLocked(v)
		k.queue.mu.Unlock()
		if !f(v) {
			return false
		}
	}
	return true
}

// viewLocked fills v in. REQUIRES the queue's mu.
func (k *consumer) viewLocked(v *ConsumerView) {
	q := k.queue
	*v = ConsumerView{
		Tag: k.Tag, Vhost: q.vhost.name, Queue: q.name, Number: int(k.ch.id), Node: q.b.o.NodeName,
		AckRequired: !k.NoAck, Exclusive: k.Exclusive, Active: k.Active(), Status: "up",
		Prefetch: k.Prefetch, Priority: k.Priority, Unacked: k.Unacked(), Arguments: k.arguments,
	}
	if q.singleActive {
		v.Status = "waiting"
		if v.Active {
			v.Status = "single_active"
		}
	}
	if s := k.ch.c.session.Load(); s != nil {
		v.Channel, v.User, v.Conn = channelName(s.id.Name, k.ch.id), s.user, s.id
	}
}
