package mgmt

import (
	"encoding/json"

	"amqpd/amqp"
	"amqpd/broker"
	"amqpd/cluster/meta"
)

// putQueue answers PUT /api/queues/{vhost}/{queue} (management-api §7.4).
func putQueue(c *call) error {
	a, b, err := c.agentAndBody()
	if err != nil {
		return err
	}
	m := amqp.QueueDeclare{Queue: c.path("queue")}
	if err := b.flags(flagTo{"durable", &m.Durable}, flagTo{"auto_delete", &m.AutoDelete}, flagTo{"passive", &m.Passive}); err != nil {
		return err
	}
	if m.Arguments, err = b.table("arguments"); err != nil {
		return err
	}
	if err := c.onThisNode(b); err != nil {
		return err
	}
	if len(m.Queue) > 255 {
		return badRequest("queue should be less than 255 bytes, actually was %d\n", len(m.Queue))
	}
	isNew, err := a.DeclareQueue(m)
	if err != nil {
		return err
	}
	return c.created(isNew)
}

// patchArguments answers PATCH /api/queues/{vhost}/{queue}/arguments: those that are named
// are changed, those that are null removed, all others stay.
func patchArguments(c *call) error {
	q, a, err := c.queueAndAgent()
	if err != nil {
		return err
	}
	b, err := c.bodyWith("arguments")
	if err != nil {
		return err
	}
	var wanted body
	if json.Unmarshal(b["arguments"], &wanted) != nil {
		return badRequest("arguments must be an object")
	}
	var remove []string
	for name := range wanted {
		if !wanted.has(name) {
			remove = append(remove, name)
			delete(wanted, name)
		}
	}
	text, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	set, err := body{"arguments": text}.table("arguments")
	if err != nil {
		return err
	}
	if err := a.SetQueueArguments(q.Name, set, remove); err != nil {
		return err
	}
	return c.noContent()
}

// queue gives the queue of the path, or the refusal that it is missing.
func (c *call) queue() (*meta.Queue, error) {
	q, ok := c.view().Queue(c.path("vhost"), c.path("queue"))
	if !ok {
		return nil, notFound()
	}
	return q, nil
}

// queueAndAgent gives the queue of the path, and who acts on it for the caller.
func (c *call) queueAndAgent() (*meta.Queue, *broker.Agent, error) {
	q, err := c.queue()
	if err != nil {
		return nil, nil, err
	}
	a, err := c.agent()
	return q, a, err
}

// deleteQueue answers DELETE /api/queues/{vhost}/{queue}.
func deleteQueue(c *call) error {
	q, a, err := c.queueAndAgent()
	if err != nil {
		return err
	}
	if err := a.DeleteQueue(q.Name, c.query("if-unused") == "true", c.query("if-empty") == "true"); err != nil {
		return err
	}
	return c.noContent()
}

// deleteQueueContents answers DELETE /api/queues/{vhost}/{queue}/contents.
func deleteQueueContents(c *call) error {
	q, a, err := c.queueAndAgent()
	if err != nil {
		return err
	}
	if _, err := a.PurgeQueue(q.Name); err != nil {
		return err
	}
	return c.noContent()
}

// postQueueAction answers POST /api/queues/{vhost}/{queue}/actions. Copies of a
// queue catch up by themselves, so there is nothing to do for either action.
func postQueueAction(c *call) error {
	if _, err := c.queue(); err != nil {
		return err
	}
	b, err := c.bodyWith("action")
	if err != nil {
		return err
	}
	var action any
	_ = json.Unmarshal(b["action"], &action)
	switch action {
	case "sync", "cancel_sync":
		return c.noContent()
	}
	text, is := action.(string)
	if !is {
		text = string(b["action"])
	}
	return badValue("unknown", text)
}
