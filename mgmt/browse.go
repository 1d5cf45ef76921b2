package mgmt

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"amqpd/amqp"
	"amqpd/broker"
)

const (
	// defaultBrowse is how many messages a page has unless the query says.
	defaultBrowse = 50
	// defaultTruncate is how many octets of a body are shown unless the query
	// says.
	defaultTruncate = 50_000
)

// browseStates are the values of state.
var browseStates = map[string]broker.MessageState{
	"": broker.AnyState, "all": broker.AnyState, "ready": broker.ReadyState, "unacknowledged": broker.UnackedState,
}

// browseInputs are what a query may have.
var browseInputs = slices.Concat([]input{
	{name: "limit", kind: "integer", doc: "Messages of a page, up to 500; 50 unless given"},
	{name: "cursor", kind: "string", doc: "The cursor of the page before"},
	{name: "order", kind: "string", doc: "Which come first", choices: []string{"oldest", "newest"}},
	{name: "state", kind: "string", doc: "Which are shown", choices: []string{"all", "ready", "unacknowledged"}},
	{name: "truncate", kind: "integer", doc: "Octets of each body, at most; 50000 unless given"},
	{name: "encoding", kind: "string", doc: "How bodies are written", choices: []string{"auto", "base64"}},
}, filterInputs)

// getBrowse answers GET /api/queues/{vhost}/{queue}/browse, which RabbitMQ does
// not have: a page of a queue's messages, which stay as they are.
func getBrowse(c *call) error {
	query, err := c.browseQuery()
	if err != nil {
		return err
	}
	encoding := c.query("encoding")
	if encoding != "" && encoding != "auto" && encoding != "base64" {
		return badRequest("Unsupported encoding. Please use auto or base64.")
	}
	a, err := c.agent()
	if err != nil {
		return err
	}
	page, err := a.Browse(query)
	if err != nil {
		return refusedRead(err)
	}
	cursor := null
	if page.Next != 0 {
		cursor = str(strconv.FormatUint(page.Next, 10))
	}
	return c.answer(http.StatusOK, func(e *encoder) {
		e.begin('{')
		e.member("total", whole(page.Total), nil)
		e.member("examined", whole(page.Examined), nil)
		e.member("cursor", cursor, nil)
		e.key("messages")
		e.begin('[')
		for i := range page.Messages {
			e.element(of(browsedObject(&page.Messages[i], encoding)), nil)
		}
		e.end(']')
		e.end('}')
	})
}

// browseQuery reads the parameters.
func (c *call) browseQuery() (query broker.BrowseQuery, err error) {
	query = broker.BrowseQuery{Queue: c.path("queue")}
	limit, err := c.queryNumber("limit", defaultBrowse)
	if err != nil {
		return query, err
	}
	truncate, err := c.queryNumber("truncate", defaultTruncate)
	if err != nil {
		return query, err
	}
	if query.From, err = c.queryNumber("cursor", 0); err != nil {
		return query, err
	}
	if query.Filter, err = c.filter(); err != nil {
		return query, err
	}
	state, known := browseStates[c.query("state")]
	if !known {
		return query, badRequest("Invalid value for state: %s. Use all, ready or unacknowledged.", c.query("state"))
	}
	switch order := c.query("order"); order {
	case "", "oldest":
	case "newest":
		query.Newest = true
	default:
		return query, badRequest("Invalid value for order: %s. Use oldest or newest.", order)
	}
	query.Filter.State, query.Limit, query.MaxBody = state, int(min(limit, 1<<20)), int(min(truncate, maxLargeBody))
	return query, nil
}

// queryNumber reads a parameter that is a number, def when it is not there.
func (c *call) queryNumber(name string, def uint64) (uint64, error) {
	text := c.query(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, badValue("not_integer", text)
	}
	return n, nil
}

// browsedObject shows a message that lies in its queue.
func browsedObject(msg *broker.Browsed, encoding string) object {
	state := "ready"
	if msg.Unacked {
		state = "unacknowledged"
	}
	expires := null
	if !msg.Expires.IsZero() {
		expires = whole(msg.Expires.UnixMilli())
	}
	o := obj(m("position", whole(msg.Seq)), m("state", str(state)), m("redelivered", flag(msg.Redelivered)),
		m("delivery_count", whole(msg.Deliveries)), m("priority", whole(msg.Priority)), m("expires_at", expires),
		m("payload_bytes", whole(msg.Size)))
	if msg.Unreadable {
		return append(o, m("unreadable", flag(true)))
	}
	payload, as := payloadText(msg.Body, encoding)
	return append(o, m("exchange", str(msg.Exchange)), m("routing_key", str(msg.RoutingKey)),
		m("properties", objectOrList(propertiesObject(&msg.Properties))), m("payload", str(payload)), m("payload_encoding", str(as)))
}

// payloadText writes octets of a body: as they are if they are UTF-8, unless
// base64 is asked for.
func payloadText(octets []byte, encoding string) (payload, as string) {
	if encoding == "base64" || !utf8.Valid(octets) {
		return base64.StdEncoding.EncodeToString(octets), "base64"
	}
	return string(octets), "string"
}

// refusedRead is what reading from a queue was refused with.
func refusedRead(err error) error {
	var e *amqp.Error
	switch {
	case errors.As(err, &e) && e.Code == amqp.CodeNotFound:
		return notFoundWhy(e.ReplyText())
	case errors.As(err, &e) && e.Code == amqp.CodeAccessRefused:
		return unauthorised(e.ReplyText())
	}
	return refusedMessage(err)
}
