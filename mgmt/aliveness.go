package mgmt

import (
	"errors"
	"net/http"

	"amqpd/amqp"
	"amqpd/broker"
)

// alivenessQueue is declared by the test and stays.
const alivenessQueue = "aliveness-test"

// getAliveness answers GET /api/aliveness-test/{vhost}: it declares a queue,
// publishes a message to it and takes it out.
func getAliveness(c *call) error {
	if _, err := c.vhost(); err != nil {
		return err
	}
	a, err := c.agent()
	if err != nil {
		return err
	}
	if _, err := a.DeclareQueue(amqp.QueueDeclare{Queue: alivenessQueue}); err != nil {
		return err
	}
	msg := broker.Message{RoutingKey: alivenessQueue, Body: []byte("test_message")}
	if _, err := a.Publish(msg); err != nil {
		return refusedMessage(err)
	}
	got, err := a.GetMessages(alivenessQueue, 1, -1, broker.SettleAck)
	var e *amqp.Error
	switch {
	case errors.As(err, &e):
		return refusedMessage(e)
	case err != nil:
		return err
	case len(got) == 0:
		return c.answer(http.StatusServiceUnavailable, func(e *encoder) {
			obj(m("status", str("failed")), m("reason", str("the message did not arrive"))).write(e, nil)
		})
	}
	return c.healthy()
}
