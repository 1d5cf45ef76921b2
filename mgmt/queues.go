package mgmt

import (
	"encoding/json"
	"slices"
	"time"

	"amqpd/broker"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// queueRow is a row of the queues (management-api §8.7). The queue itself is
// looked at when the first of its figures is asked for, so of 50,000 queues only
// those of the page are, unless the list is sorted by a figure.
type queueRow struct {
	def    *meta.Queue
	answer *queueAnswer
	seen   *queueNow // nil: not looked at yet
}

// queueAnswer is what the rows of one answer have in common.
type queueAnswer struct {
	broker  *broker.Broker
	sampler *sampler
	windows windows
	single  bool // it shows one queue, and is no list
}

// queueNow is a queue at one moment, with its place in the sampler.
type queueNow struct {
	broker.QueueView
	read readout
}

// now is the queue as it is. One that was deleted meanwhile shows nothing.
func (q *queueRow) now() *queueNow {
	if q.seen != nil {
		return q.seen
	}
	a := q.answer
	v, ok := a.broker.Queue(q.def.Vhost, q.def.Name)
	if !ok || v.ID != q.def.ID {
		v = broker.QueueView{State: "running", Kind: q.def.Kind, Node: q.def.Home}
	}
	q.seen = &queueNow{v, readoutOf(a.sampler, &a.sampler.queues, q.def.ID, retainBasic, a.windows)}
	return q.seen
}

func (q *queueRow) length(f figure) measured {
	v := q.now()
	n := v.Ready
	switch f {
	case figUnacked:
		n = v.Unacked
	case figMessages:
		n += v.Unacked
	}
	return v.read.figure(f, int64(n), v.read.lengths)
}

func (q *queueRow) isQuorum() bool { return q.def.Kind == "quorum" }

// classic is v for a classic queue, which alone has it.
func classic(get func(*queueRow) value) func(*queueRow) value {
	return func(q *queueRow) value {
		if q.isQuorum() {
			return missing
		}
		return get(q)
	}
}

// quorum is v for a quorum queue, which alone has it.
func quorum(get func(*queueRow) value) func(*queueRow) value {
	return func(q *queueRow) value {
		if !q.isQuorum() {
			return missing
		}
		return get(q)
	}
}

var queueDefinition = shape[*queueRow]{
	{"name", func(q *queueRow) value { return str(q.def.Name) }},
	{"vhost", func(q *queueRow) value { return str(q.def.Vhost) }},
	{"type", func(q *queueRow) value { return str(q.def.Kind) }},
	{"durable", func(q *queueRow) value { return flag(q.def.Durable) }},
	{"auto_delete", func(q *queueRow) value { return flag(q.def.AutoDelete) }},
	{"exclusive", func(q *queueRow) value { return flag(q.def.Exclusive) }},
	{"arguments", func(q *queueRow) value { return table(q.def.Arguments) }},
	{"leader", quorum(func(q *queueRow) value { return str(q.def.Home) })},
	{"members", quorum(func(q *queueRow) value { return list(str(q.def.Home)) })},
	{"online", quorum(func(q *queueRow) value { return list(str(q.def.Home)) })},
}

var queueLengths = shape[*queueRow]{
	{"messages", func(q *queueRow) value { return whole(q.now().Messages()) }},
	{"messages_ready", func(q *queueRow) value { return whole(q.now().Ready) }},
	{"messages_unacknowledged", func(q *queueRow) value { return whole(q.now().Unacked) }},
}

// queueNoStats is the list with disable_stats, queueTotals with
// enable_queue_totals besides (management-api §5.3).
var (
	queueNoStats = slices.Concat(queueDefinition, shape[*queueRow]{
		{"node", classic(func(q *queueRow) value { return str(q.def.Home) })},
		{"state", func(*queueRow) value { return str("live") }},
		{"policy", func(q *queueRow) value { return strOrMissing(q.now().Policy) }},
	})
	queueTotals = slices.Concat(queueDefinition.without("exclusive"), queueLengths, shape[*queueRow]{
		{"exclusive", func(q *queueRow) value {
			if q.isQuorum() {
				return null
			}
			return flag(q.def.Exclusive)
		}},
		{"node", classic(func(q *queueRow) value { return str(q.def.Home) })},
		{"state", func(*queueRow) value { return str("running") }},
		{"policy", func(q *queueRow) value { return strOrMissing(q.now().Policy) }},
	})
)

var queueShape = slices.Concat(queueDefinition, queueLengthFields(), shape[*queueRow]{
	{"node", func(q *queueRow) value { return str(q.def.Home) }},
	{"state", func(q *queueRow) value { return str(q.state()) }},
	{"policy", func(q *queueRow) value { return strOrNull(q.now().Policy) }},
	{"operator_policy", func(q *queueRow) value { return strOrNull(q.now().OperatorPolicy) }},
	{"effective_policy_definition", func(q *queueRow) value { return policyDefinition(q.now().EffectivePolicy) }},
	{"message_stats", func(q *queueRow) value { return q.messageStats() }},
	{"consumers", func(q *queueRow) value { return whole(q.now().Consumers) }},
	{"consumer_capacity", func(q *queueRow) value { return fraction(q.now().Capacity) }},
	{"consumer_utilisation", func(q *queueRow) value { return fraction(q.now().Capacity) }},
	{"exclusive_consumer_tag", classic(func(q *queueRow) value { return strOrNull(q.now().ExclusiveTag) })},
	{"single_active_consumer_tag", classic(func(q *queueRow) value { return strOrNull(q.now().SingleActiveTag) })},
	{"single_active_consumer_ctag", quorum(func(q *queueRow) value { return strOrNull(q.now().SingleActiveTag) })},
	{"single_active_consumer_pid", quorum(func(*queueRow) value { return null })},
	{"head_message_timestamp", classic(func(q *queueRow) value {
		if !q.answer.single {
			return null // it would have to be read for every queue of the list
		}
		if at, has := q.answer.broker.HeadTimestamp(q.def.Vhost, q.def.Name); has {
			return whole(at)
		}
		return null
	})},
	{"idle_since", classic(func(q *queueRow) value { return q.idleSince() })},
	{"memory", func(q *queueRow) value { return whole(q.now().Memory) }},
	{"message_bytes", func(q *queueRow) value { return whole(q.now().Bytes()) }},
	{"message_bytes_ready", func(q *queueRow) value { return whole(q.now().ReadyBytes) }},
	{"message_bytes_unacknowledged", func(q *queueRow) value { return whole(q.now().UnackedBytes) }},
	{"message_bytes_ram", func(q *queueRow) value { v := q.now(); return whole(v.Bytes() - v.PersistentBytes) }},
	{"message_bytes_persistent", func(q *queueRow) value { return whole(q.now().PersistentBytes) }},
	{"message_bytes_paged_out", classic(func(*queueRow) value { return whole(0) })},
	{"message_bytes_dlx", quorum(func(*queueRow) value { return whole(0) })},
	{"messages_ram", func(q *queueRow) value { v := q.now(); return whole(v.Messages() - v.Persistent) }},
	{"messages_persistent", func(q *queueRow) value { return whole(q.now().Persistent) }},
	{"messages_ready_ram", classic(func(q *queueRow) value { v := q.now(); return whole(max(v.Ready-v.Persistent, 0)) })},
	{"messages_unacknowledged_ram", classic(func(q *queueRow) value {
		v := q.now()
		return whole(v.Messages() - v.Persistent - max(v.Ready-v.Persistent, 0))
	})},
	{"messages_paged_out", classic(func(*queueRow) value { return whole(0) })},
	{"messages_dlx", quorum(func(*queueRow) value { return whole(0) })},
	{"recoverable_slaves", classic(func(*queueRow) value { return null })},
	{"open_files", quorum(func(*queueRow) value { return of(obj()) })},
	{"owner_pid_details", func(q *queueRow) value { return q.owner() }},
	{"backing_queue_status", func(q *queueRow) value { return q.backing() }},
	{"reductions", func(*queueRow) value { return whole(0) }},
	{"reductions_details", func(q *queueRow) value { m := q.length(figNothing); return m.details() }},
	{"garbage_collection", func(*queueRow) value { return collector }},
})

func queueLengthFields() shape[*queueRow] {
	var fields shape[*queueRow]
	for _, f := range []figure{figMessages, figReady, figUnacked} {
		fields = append(fields, figureFields(f, func(q *queueRow) measured { return q.length(f) })...)
	}
	return fields
}

// singleQueueShape adds what only a single queue has.
var singleQueueShape = append(queueShape[:len(queueShape):len(queueShape)], shape[*queueRow]{
	{"consumer_details", func(q *queueRow) value {
		return consumerDetails(q.answer.broker.QueueConsumers(q.def.Vhost, q.def.Name))
	}},
	{"deliveries", func(*queueRow) value { return list() }},
	{"incoming", func(*queueRow) value { return list() }},
}...)

func (q *queueRow) messageStats() value {
	v := q.now()
	return v.read.messageStats(&v.Stats, groupPublish, groupDeliver)
}

// state is "running" for an idle queue, too: idle_since tells that.
func (q *queueRow) state() string {
	if s := q.now().State; s != "idle" {
		return s
	}
	return "running"
}

// idleSince is left out while something happens to the queue.
func (q *queueRow) idleSince() value {
	v := q.now()
	if v.LastActive.IsZero() || time.Since(v.LastActive) < idleAfter {
		return missing
	}
	return idleSince(v.LastActive)
}

// idleAfter is how long nothing happens to what is called idle.
const idleAfter = 10 * time.Second

// owner is the connection of an exclusive queue.
func (q *queueRow) owner() value {
	switch v := q.now(); {
	case !q.def.Exclusive:
		return missing
	case v.Owner == nil:
		return list()
	default:
		return connectionDetails(v.Owner)
	}
}

// backing shows what RabbitMQ tells of its queue's inside and is true here.
func (q *queueRow) backing() value {
	mode := "default"
	if text, ok := q.def.Arguments.Get("x-queue-mode"); ok {
		if s, ok := text.Str(); ok {
			mode = s
		}
	}
	return of(obj(m("mode", str(mode)), m("version", whole(1)), m("len", whole(q.now().Ready))))
}

// policyDefinition is the object of a policy's keys, {} without any.
func policyDefinition(d policy.Definition) value {
	if len(d) == 0 {
		return of(obj())
	}
	text, err := json.Marshal(d)
	if err != nil { // decoded from JSON once
		return of(obj())
	}
	return of(jsonText(text))
}

// queueShapeOf is full or, where the query asks for definitions only, what is
// left of it.
func (c *call) queueShapeOf(full shape[*queueRow]) shape[*queueRow] {
	switch {
	case !c.disableStats():
		return full
	case c.query("enable_queue_totals") == "true":
		return queueTotals
	}
	return queueNoStats
}

// getQueues answers GET /api/queues, and of one virtual host with its name
// behind it.
func getQueues(c *call) error {
	vhosts, err := c.visibleVhosts()
	if err != nil {
		return err
	}
	w, err := c.windows(listRangeFault)
	if err != nil {
		return err
	}
	n := 0
	for _, v := range vhosts {
		n += c.view().QueueCount(v.Name)
	}
	answer := &queueAnswer{broker: c.s.broker, sampler: c.s.sampler, windows: w}
	rows, all := make([]*queueRow, 0, n), make([]queueRow, 0, n)
	for _, v := range vhosts {
		for def := range c.view().Queues(v.Name) {
			all = append(all, queueRow{def: def, answer: answer})
			rows = append(rows, &all[len(all)-1])
		}
	}
	return paged(c, c.queueShapeOf(queueShape), rows, func(q *queueRow) string { return q.def.Name })
}

// getQueue answers GET /api/queues/{vhost}/{queue}.
func getQueue(c *call) error {
	w, err := c.windows(rangeFault)
	if err != nil {
		return err
	}
	def, err := c.queue()
	if err != nil {
		return err
	}
	answer := &queueAnswer{broker: c.s.broker, sampler: c.s.sampler, windows: w, single: true}
	return single(c, c.queueShapeOf(singleQueueShape), &queueRow{def: def, answer: answer})
}
