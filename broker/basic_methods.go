package broker

import (
	"encoding/binary"
	"errors"

	"amqpd/amqp"
	"amqpd/policy"
	"amqpd/queue"
	"amqpd/store"
)

// basicQos sets the limits of outstanding deliveries (amqp-behaviour §2.1).
func (ch *channel) basicQos(m *amqp.BasicQos) error {
	if m.PrefetchSize != 0 {
		return amqp.NotImplemented(amqp.MethodBasicQos, "prefetch_size!=0 (%d)", m.PrefetchSize)
	}
	ch.send(&amqp.BasicQosOk{})
	if m.Global {
		ch.limitAll(int64(m.PrefetchCount))
		return nil
	}
	ch.prefetch = m.PrefetchCount
	ch.limitAll(0)
	return nil
}

// limitAll sets the limit shared by all consumers of the channel; 0 removes it.
// What is outstanding already counts, basic.get included.
func (ch *channel) limitAll(limit int64) {
	old := ch.limit.Swap(limit)
	if old > 0 && (limit == 0 || limit > old) {
		ch.redispatch()
	}
}

// basicConsume starts a consumer.
func (ch *channel) basicConsume(m *amqp.BasicConsume) error {
	const id = amqp.MethodBasicConsume
	if m.Queue == replyToAddress {
		return ch.consumeReplies(m)
	}
	name, err := ch.queueName(id, m.Queue)
	if err != nil {
		return err
	}
	if e := ch.c.authorize(id, read, "queue", name); e != nil {
		return e
	}
	if m.ConsumerTag == "" {
		m.ConsumerTag = randomName("amq.ctag-")
	}
	if _, used := ch.consumers[m.ConsumerTag]; used || ch.reply != nil && ch.reply.tag == m.ConsumerTag {
		return amqp.NotAllowed(id, "attempt to reuse consumer tag '%s'", m.ConsumerTag)
	}
	q, err := ch.queue(id, name)
	if err != nil {
		return err
	}
	if ae := policy.CheckConsumerArguments(q.kind, m.Arguments); ae != nil {
		return argumentError(id, ae, q.resource())
	}
	if q.kind == policy.Quorum && ch.limit.Load() > 0 && !m.NoAck {
		return amqp.NotImplemented(id, "%s does not support global qos", q.resource())
	}
	return ch.subscribe(q, m)
}

// subscribe adds the consumer to its queue. consume-ok stands in the output
// before the first delivery, since the queue appends to the same output.
func (ch *channel) subscribe(q *localQueue, m *amqp.BasicConsume) error {
	k := &consumer{ch: ch, arguments: m.Arguments, typical: typicalMessage}
	k.source = source{queue: q, consumer: k, counted: !m.NoAck && q.kind != policy.Quorum}
	k.Consumer = queue.Consumer{
		Tag: m.ConsumerTag, NoAck: m.NoAck, Exclusive: m.Exclusive,
		Prefetch: int(ch.prefetch), Gate: k, Owner: k,
	}
	if v, ok := m.Arguments.Get("x-priority"); ok {
		k.Priority, _ = v.Int()
	}
	k.takeCredit(m.Arguments)
	if q.kind == policy.Quorum && k.Prefetch == 0 {
		k.Prefetch = quorumPrefetch
	}
	if ch.consumers == nil {
		ch.consumers = make(map[string]*consumer)
	}
	ch.consumers[k.Tag] = k
	ch.line = append(ch.line, k)
	o := &ch.c.out
	o.mu.Lock()
	ch.c.consumers = append(ch.c.consumers, k)
	o.mu.Unlock()
	ready := func() {
		if !m.NoWait {
			ch.send(&amqp.BasicConsumeOk{ConsumerTag: k.Tag})
		}
	}
	err := q.subscribe(ch.c.batch, k, ready)
	if err == nil {
		return nil
	}
	ch.unlist(k)
	if errors.Is(err, queue.ErrExclusive) {
		return amqp.AccessRefused(amqp.MethodBasicConsume, "%s in exclusive use", q.resource())
	}
	return ch.c.noQueue(amqp.MethodBasicConsume, q.name)
}

// quorumPrefetch is what no limit means on a quorum queue (amqp-behaviour §2.1).
const quorumPrefetch = 2000

// basicCancel ends a consumer; an unknown tag is fine.
func (ch *channel) basicCancel(m *amqp.BasicCancel) error {
	k := ch.consumers[m.ConsumerTag]
	last := k != nil && ch.remove(k)
	if k == nil && ch.reply != nil && ch.reply.tag == m.ConsumerTag {
		ch.dropReply()
	}
	if !m.NoWait {
		ch.send(&amqp.BasicCancelOk{ConsumerTag: m.ConsumerTag})
	}
	if last {
		ch.c.b.deleteUnused(k.queue, ch.c.batch)
	}
	return nil
}

// basicGet takes one message.
func (ch *channel) basicGet(m *amqp.BasicGet) error {
	name, err := ch.queueName(amqp.MethodBasicGet, m.Queue)
	if err != nil {
		return err
	}
	q, err := ch.gettable(name)
	if err != nil {
		return err
	}
	t := ch.c.batch
	if !q.get(t, m.NoAck, func(d queue.Delivery, remaining int) bool { return ch.getOk(t, q, d, m.NoAck, remaining) }) {
		ch.countEmpty()
		ch.send(&amqp.BasicGetEmpty{})
	}
	return nil
}

// gettable finds a queue that the channel's user may get messages from
// (amqp-behaviour §5.3).
func (ch *channel) gettable(name string) (*localQueue, error) {
	const id = amqp.MethodBasicGet
	q, err := ch.readable(id, name)
	if err != nil {
		return nil, err
	}
	if q.kind == policy.Quorum && q.singleActive {
		return nil, amqp.ResourceLocked(id, "cannot obtain access to locked %s. basic.get operations are not supported "+
			"by quorum queues with single active consumer", q.resource())
	}
	return q, nil
}

// getOk writes the answer to basic.get. The queue's lock is held. It is false
// where the message cannot be read.
func (ch *channel) getOk(t *batch, q *localQueue, d queue.Delivery, noAck bool, remaining int) bool {
	payload, err := t.reader.Read(d.Pos)
	if err != nil {
		q.unserved(t, &d, noAck, err)
		return false
	}
	env, header, body := splitPayload(payload)
	if q.counts {
		header = withDeliveryCount(header, d.Count)
	}
	o := &ch.c.out
	t.lock(o)
	var tag uint64
	if noAck {
		ch.counts[GetNoAck]++
		tag = ch.unacked.tag()
	} else {
		ch.counts[Get]++
		src := ch.getSource(q)
		if src.counted {
			ch.counted.Add(1)
		}
		tag = ch.unacked.push(outstanding{src: src, seq: d.Seq})
	}
	if d.Redelivered {
		ch.counts[Redeliver]++
	}
	b := o.tail(deliverOverhead + 8 + len(payload) + len(body)/4096*amqp.FrameOverhead)
	b = amqp.AppendGetOk(b, ch.id, tag, d.Redelivered, env, uint32(remaining))
	b = amqp.AppendHeaderFrame(b, ch.id, header)
	o.setTail(amqp.AppendBodyFrames(b, ch.id, body, ch.c.frameMax))
	ch.c.owed += len(payload) + deliverOverhead
	return true
}

// getSource is the source of deliveries that basic.get takes from q. Only the last
// one is kept to be used again: sources that are equal count as the same. What is
// taken under a channel-wide limit does not count against it; what was taken
// before does (amqp-behaviour §2.1).
func (ch *channel) getSource(q *localQueue) *source {
	counted := ch.limit.Load() == 0
	if ch.got == nil || ch.got.queue != q || ch.got.counted != counted {
		ch.got = &source{queue: q, counted: counted}
	}
	return ch.got
}

// basicAck is parsed by hand: it comes as often as messages do.
func (ch *channel) basicAck(args []byte) error {
	if len(args) != 9 {
		return decodeError(amqp.MethodBasicAck, args, amqp.ErrMalformed)
	}
	return ch.settle(amqp.MethodBasicAck, binary.BigEndian.Uint64(args), args[8]&1 == 1, queue.Ack)
}

func (ch *channel) basicReject(m *amqp.BasicReject) error {
	return ch.settle(amqp.MethodBasicReject, m.DeliveryTag, false, refusal(m.Requeue))
}

func (ch *channel) basicNack(m *amqp.BasicNack) error {
	return ch.settle(amqp.MethodBasicNack, m.DeliveryTag, m.Multiple, refusal(m.Requeue))
}

// refusal is the settlement of a reject or nack.
func refusal(requeue bool) queue.Settlement {
	if requeue {
		return queue.Requeue
	}
	return queue.Discard
}

func (ch *channel) basicRecoverAsync(m *amqp.BasicRecoverAsync) error {
	return ch.recover(amqp.MethodBasicRecoverAsync, m.Requeue)
}

func (ch *channel) basicRecover(m *amqp.BasicRecover) error {
	if err := ch.recover(amqp.MethodBasicRecover, m.Requeue); err != nil {
		return err
	}
	ch.send(&amqp.BasicRecoverOk{})
	return nil
}

// recover requeues everything outstanding on the channel, in order. What a
// transaction has settled is not outstanding.
func (ch *channel) recover(id amqp.MethodID, requeue bool) error {
	if !requeue {
		return amqp.NotImplemented(id, "requeue=false")
	}
	t := ch.c.batch
	ch.requeueAll(false, func(q *localQueue, k *consumer, rs []store.Range) { q.settle(t, k, rs, queue.Requeue) })
	return nil
}

// basicCredit lets a consumer that was started with x-credit have more
// deliveries (amqp-behaviour §12). With drain, credit that the queue cannot use
// now is taken away and reported.
func (ch *channel) basicCredit(m *amqp.BasicCredit) error {
	k := ch.consumers[m.ConsumerTag]
	if k == nil {
		return amqp.PreconditionFailed(amqp.MethodBasicCredit, "unknown consumer tag '%s'", m.ConsumerTag)
	}
	ready, _ := k.queue.counters()
	ch.send(&amqp.BasicCreditOk{Available: uint32(ready)})
	if k.credit == nil {
		return nil
	}
	k.credit.Store(int64(m.Credit))
	k.queue.wake(ch.c.batch, k)
	if left := k.credit.Load(); m.Drain && left > 0 {
		k.credit.Store(0)
		ch.send(&amqp.BasicCreditDrained{ConsumerTag: k.Tag, CreditDrained: uint32(left)})
	}
	return nil
}
