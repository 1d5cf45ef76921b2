package mgmt

import (
	"net/http"

	"amqpd/cluster/meta"
	"amqpd/policy"
)

// Copies of quorum queues, as later releases of RabbitMQ manage them
// (management-api §18). There is one node, and it has every queue: a copy on it
// is there already, none can be on another one, and the last one cannot go.

// quorumQueue gives the quorum queue of the path.
func (c *call) quorumQueue() (*meta.Queue, error) {
	q, err := c.queue()
	switch {
	case err != nil:
		return nil, err
	case q.Kind != policy.Quorum.String():
		return nil, badRequest("queue '%s' in vhost '%s' is no quorum queue", q.Name, q.Vhost)
	}
	return q, nil
}

// copyAsked tells whether the node that the body names has the quorum queue of
// the path.
func (c *call) copyAsked() (has bool, err error) {
	q, err := c.quorumQueue()
	if err != nil {
		return false, err
	}
	b, err := c.bodyWith("node")
	if err != nil {
		return false, err
	}
	node, err := b.mandatoryText("node")
	return node == q.Home, err
}

// unavailable is the refusal of a change of copies.
func unavailable(reason string) error {
	return &refusal{http.StatusServiceUnavailable, "service_unavailable", str(reason)}
}

// postReplica answers POST /api/queues/quorum/{vhost}/{queue}/replicas/add.
func postReplica(c *call) error {
	has, err := c.copyAsked()
	switch {
	case err != nil:
		return err
	case !has:
		return unavailable("node_not_running")
	}
	return c.noContent()
}

// deleteReplica answers DELETE /api/queues/quorum/{vhost}/{queue}/replicas/delete.
// A node without a copy is no fault.
func deleteReplica(c *call) error {
	has, err := c.copyAsked()
	switch {
	case err != nil:
		return err
	case has:
		return unavailable("last_node")
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// strategies are the ways to choose the queues that get one more copy.
var strategies = map[string]bool{"all": true, "even": true}

// postGrow answers POST /api/queues/quorum/replicas/on/{node}/grow.
func postGrow(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	b, err := c.bodyWith("vhost_pattern", "queue_pattern", "strategy")
	if err != nil {
		return err
	}
	for _, key := range []string{"vhost_pattern", "queue_pattern"} {
		text, err := b.mandatoryText(key)
		if err != nil {
			return err
		}
		if _, err := policy.CompilePattern(text); err != nil {
			return badRequest("%s is no regular expression", key)
		}
	}
	if text, err := b.mandatoryText("strategy"); err != nil || !strategies[text] {
		return badRequest("unknown strategy")
	}
	return c.noContent()
}

// deleteShrink answers DELETE /api/queues/quorum/replicas/on/{node}/shrink. A
// queue keeps its last copy, and that is said for each in RabbitMQ's log only.
func deleteShrink(c *call) error {
	if err := c.thisNode(); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// replicaShape is one copy as GET .../status shows it. Its log is not a queue's
// own, so positions in it are 0.
var replicaShape = shape[*meta.Queue]{
	{"Node Name", func(q *meta.Queue) value { return str(q.Home) }},
	{"Raft State", func(*meta.Queue) value { return str("leader") }},
	{"Membership", func(*meta.Queue) value { return str("voter") }},
	{"Last Log Index", func(*meta.Queue) value { return whole(0) }},
	{"Last Written", func(*meta.Queue) value { return whole(0) }},
	{"Last Applied", func(*meta.Queue) value { return whole(0) }},
	{"Commit Index", func(*meta.Queue) value { return whole(0) }},
	{"Snapshot Index", func(*meta.Queue) value { return whole(0) }},
	{"Term", func(*meta.Queue) value { return whole(1) }},
	{"Machine Version", func(*meta.Queue) value { return whole(0) }},
}

// getReplicas answers GET /api/queues/quorum/{vhost}/{queue}/status.
func getReplicas(c *call) error {
	q, err := c.quorumQueue()
	if err != nil {
		return err
	}
	return items(c, replicaShape, []*meta.Queue{q})
}
