package mgmt

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"amqpd/amqp"
	"amqpd/broker"
)

// postPublish answers POST /api/exchanges/{vhost}/{exchange}/publish
// (management-api §11.1).
func postPublish(c *call) error {
	a, err := c.agent()
	if err != nil {
		return unauthorised("Access refused.")
	}
	b, err := c.bodyWith("properties", "routing_key", "payload", "payload_encoding")
	if err != nil {
		return err
	}
	msg := broker.Message{Exchange: c.exchange("exchange")}
	if msg.RoutingKey, err = b.text("routing_key", ""); err != nil {
		return err
	}
	if msg.Body, err = b.payload(); err != nil {
		return err
	}
	if msg.Properties, err = messageProperties(b["properties"]); err != nil {
		return err
	}
	p, err := a.Publish(msg)
	switch {
	case err != nil:
		return refusedMessage(err)
	case p.Refused:
		return badRequest("rejected Unable to publish message. Check queue limits.")
	}
	return c.item(obj(m("routed", flag(p.Routed))))
}

// payload reads the body of a message.
func (b body) payload() ([]byte, error) {
	var text string
	if json.Unmarshal(b["payload"], &text) != nil {
		return nil, badRequest("payload_not_string")
	}
	switch encoding, _ := b.text("payload_encoding", ""); encoding {
	case "string":
		return []byte(text), nil
	case "base64":
		octets, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, badValue("not_base64", text)
		}
		return octets, nil
	default:
		return nil, badValue("unsupported_encoding", encoding)
	}
}

// refusedMessage is what a publish or get was refused with: the code and name
// of AMQP stand in the text, and 400 goes for a missing exchange.
func refusedMessage(err error) error {
	var e *amqp.Error
	if errors.As(err, &e) {
		return badRequest("%d %s", int(e.Code), e.ReplyText())
	}
	if errors.Is(err, amqp.ErrLongString) {
		return badRequest("a text is longer than 255 octets")
	}
	return err
}

// messageProperties reads the properties of a message; names it does not know
// are ignored.
func messageProperties(text json.RawMessage) (p amqp.PropertyList, err error) {
	var given map[string]json.RawMessage
	if json.Unmarshal(text, &given) != nil {
		if string(text) == "[]" || string(text) == "null" {
			return p, nil
		}
		return p, badRequest("properties is not an object")
	}
	for _, f := range propertyFields {
		value, is := given[f.key]
		if !is || string(value) == "null" {
			continue
		}
		if err := f.read(&p, value); err != nil {
			return p, err
		}
		p.Present |= f.flag
	}
	return p, nil
}

// postGet answers POST /api/queues/{vhost}/{queue}/get (management-api §11.2).
func postGet(c *call) error {
	b, err := c.bodyWith("ackmode", "count", "encoding")
	if err != nil {
		return err
	}
	count, err := b.integer("count", 0)
	if err != nil {
		return err
	}
	truncate, err := b.integer("truncate", -1)
	if err != nil {
		return err
	}
	how, err := b.settlement()
	if err != nil {
		return err
	}
	encoding, _ := b.text("encoding", "")
	if encoding != "auto" && encoding != "base64" {
		return badRequest("Unsupported encoding. Please use auto or base64.")
	}
	a, err := c.agent()
	if err != nil {
		return err
	}
	messages, err := a.GetMessages(c.path("queue"), int(max(min(count, maxGet), 0)), int(max(truncate, -1)), how)
	if err != nil {
		return refusedRead(err)
	}
	return c.answer(http.StatusOK, func(out *encoder) {
		out.begin('[')
		for i := range messages {
			out.element(of(messageObject(&messages[i], encoding)), nil)
		}
		out.end(']')
	})
}

// maxGet bounds how many messages one request takes: the answer is held in
// memory, because all are taken before any is settled.
const maxGet = 100_000

// settlement reads ackmode.
func (b body) settlement() (broker.Settlement, error) {
	switch mode, _ := b.text("ackmode", ""); mode {
	case "ack_requeue_true", "reject_requeue_true":
		return broker.SettleRequeue, nil
	case "ack_requeue_false":
		return broker.SettleAck, nil
	case "reject_requeue_false":
		return broker.SettleDiscard, nil
	default:
		return 0, badRequest("Invalid value for ackmode: %s. Use ack_requeue_true, ack_requeue_false, reject_requeue_true or reject_requeue_false.", mode)
	}
}

// messageObject shows a message that was got.
func messageObject(msg *broker.Message, encoding string) object {
	payload, as := payloadText(msg.Body, encoding)
	return obj(m("payload_bytes", whole(msg.Size)), m("redelivered", flag(msg.Redelivered)), m("exchange", str(msg.Exchange)),
		m("routing_key", str(msg.RoutingKey)), m("message_count", whole(msg.Left)),
		m("properties", objectOrList(propertiesObject(&msg.Properties))), m("payload", str(payload)), m("payload_encoding", str(as)))
}

// propertiesObject shows the properties that are set.
func propertiesObject(p *amqp.PropertyList) (all object) {
	flags := p.Flags()
	for _, f := range propertyFields {
		if flags&f.flag != 0 {
			all = append(all, m(f.key, f.show(p)))
		}
	}
	return all
}

// badProperty refuses a property of the wrong type.
func badProperty(what, key string) error { return badValue("not_"+what, key) }

// wholeProperty reads a number of a property.
func wholeProperty(key string, text json.RawMessage, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || n > most {
		return 0, badProperty("int", key)
	}
	return n, nil
}
