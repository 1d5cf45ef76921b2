package mgmt

import (
	"encoding/json"
	"math"

	"amqpd/amqp"
)

// propertyField is a property of a message as JSON.
type propertyField struct {
	key  string
	flag uint16
	read func(p *amqp.PropertyList, text json.RawMessage) error
	show func(p *amqp.PropertyList) value // when the property is there
}

// propertyFields are the properties, in the order in which RabbitMQ shows them.
var propertyFields = []propertyField{
	textProperty("content_type", amqp.FlagContentType, func(p *amqp.PropertyList) *string { return &p.ContentType }),
	textProperty("content_encoding", amqp.FlagContentEncoding, func(p *amqp.PropertyList) *string { return &p.ContentEncoding }),
	{
		"headers", amqp.FlagHeaders,
		func(p *amqp.PropertyList, text json.RawMessage) (err error) {
			p.Headers, err = body{"headers": text}.table("headers")
			return err
		},
		func(p *amqp.PropertyList) value { return table(p.Headers) },
	},
	octetProperty("delivery_mode", amqp.FlagDeliveryMode, func(p *amqp.PropertyList) *byte { return &p.DeliveryMode }),
	octetProperty("priority", amqp.FlagPriority, func(p *amqp.PropertyList) *byte { return &p.Priority }),
	textProperty("correlation_id", amqp.FlagCorrelationID, func(p *amqp.PropertyList) *string { return &p.CorrelationID }),
	textProperty("reply_to", amqp.FlagReplyTo, func(p *amqp.PropertyList) *string { return &p.ReplyTo }),
	textProperty("expiration", amqp.FlagExpiration, func(p *amqp.PropertyList) *string { return &p.Expiration }),
	textProperty("message_id", amqp.FlagMessageID, func(p *amqp.PropertyList) *string { return &p.MessageID }),
	{
		"timestamp", amqp.FlagTimestamp,
		func(p *amqp.PropertyList, text json.RawMessage) (err error) {
			p.Timestamp, err = wholeProperty("timestamp", text, math.MaxInt64)
			return err
		},
		func(p *amqp.PropertyList) value { return whole(p.Timestamp) },
	},
	textProperty("type", amqp.FlagType, func(p *amqp.PropertyList) *string { return &p.Type }),
	textProperty("user_id", amqp.FlagUserID, func(p *amqp.PropertyList) *string { return &p.UserID }),
	textProperty("app_id", amqp.FlagAppID, func(p *amqp.PropertyList) *string { return &p.AppID }),
	textProperty("cluster_id", amqp.FlagClusterID, func(p *amqp.PropertyList) *string { return &p.ClusterID }),
}

func textProperty(key string, flag uint16, at func(*amqp.PropertyList) *string) propertyField {
	return propertyField{
		key, flag,
		func(p *amqp.PropertyList, text json.RawMessage) error {
			if json.Unmarshal(text, at(p)) != nil {
				return badProperty("string", key)
			}
			return nil
		},
		func(p *amqp.PropertyList) value { return str(*at(p)) },
	}
}

func octetProperty(key string, flag uint16, at func(*amqp.PropertyList) *byte) propertyField {
	return propertyField{
		key, flag,
		func(p *amqp.PropertyList, text json.RawMessage) error {
			n, err := wholeProperty(key, text, math.MaxUint8)
			*at(p) = byte(n)
			return err
		},
		func(p *amqp.PropertyList) value { return whole(*at(p)) },
	}
}
