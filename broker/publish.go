package broker

import (
	"bytes"
	"strconv"
	"strings"

	"amqpd/amqp"
	"amqpd/exchange"
)

// traits is what publishing needs to know of a message's properties.
type traits struct {
	persistent bool
	priority   uint8
	ttl        int64  // ms; -1 none
	headers    []byte // raw table body; borrowed
	replyTo    bool   // reply-to is the direct reply-to pseudo address
}

// traitCache remembers the last property octets that had neither headers nor
// anything to check against the connection, which is most of them.
type traitCache struct {
	raw []byte
	t   traits
	ok  bool
}

// publish handles a complete message. The octets are borrowed until the batch
// is flushed. The order of checks is amqp-behaviour §5.1.
func (ch *channel) publish(p *amqp.Publish, header, body []byte) error {
	if p.Immediate {
		return amqp.NotImplemented(amqp.MethodBasicPublish, "immediate=true")
	}
	c := ch.c
	r, err := c.routes.lookup(c, p)
	if err != nil {
		return err
	}
	tr, err := ch.traits(header)
	if err != nil {
		return err
	}
	m := message{
		ch: ch, env: p.Envelope, header: header, body: body, ttl: tr.ttl, priority: tr.priority,
		mandatory: p.Mandatory, persistent: tr.persistent,
	}
	queues := r.queues
	if tr.replyTo {
		if m.header, err = ch.replyAddress(header); err != nil {
			return err
		}
	}
	if !r.plain || tr.headers != nil {
		if queues, err = ch.routeByContent(r, p, &m, tr); err != nil {
			return err
		}
	}
	if len(queues) == 0 && r.exchange == "" {
		if requester := c.b.requester(string(p.RoutingKey)); requester != nil {
			c.batch.deliverReply(requester, &m)
		}
	}
	if ch.tx != nil {
		ch.tx.publish(c.batch, m, queues, r.into)
		ch.show()
		return nil
	}
	if ch.confirms.selected {
		ch.confirms.published++
		m.tag = ch.confirms.published
	}
	m.durable = m.persistent && anyDurable(queues)
	t := c.batch
	t.countRouted(r.into, len(queues))
	t.add(m, queues)
	if t.full() {
		t.flush()
	}
	return nil
}

// anyDurable tells whether a persistent message to queues goes to the log.
func anyDurable(queues []*localQueue) bool {
	for _, q := range queues {
		if q.durable {
			return true
		}
	}
	return false
}

// traits reads and checks the properties of a content header payload.
func (ch *channel) traits(header []byte) (*traits, error) {
	cache := &ch.content.traits
	raw := header[contentPrefix:]
	if cache.ok && bytes.Equal(raw, cache.raw) {
		return &cache.t, nil
	}
	cache.ok = false
	t := &cache.t
	if err := ch.readTraits(t, header); err != nil {
		return nil, err
	}
	if t.headers == nil && !t.replyTo && len(raw) <= maxCachedTraits {
		cache.raw, cache.ok = append(cache.raw[:0], raw...), true
	}
	return t, nil
}

const (
	// contentPrefix is class, weight and body size of a content header payload.
	contentPrefix = 12
	// maxCachedTraits bounds the property octets that a channel remembers.
	maxCachedTraits = 256
)

// readTraits parses properties in the order of amqp-behaviour §5.1.
func (ch *channel) readTraits(t *traits, header []byte) error {
	h, err := amqp.ParseHeader(header)
	if err != nil {
		return amqp.InternalError()
	}
	p, err := amqp.ParseProperties(h.Flags, h.Props)
	if err != nil {
		return amqp.InternalError()
	}
	*t = traits{ttl: -1}
	if p.Has(amqp.FlagReplyTo) && string(p.ReplyTo) == replyToAddress {
		t.replyTo = true
	}
	if p.Has(amqp.FlagUserID) {
		if user := ch.c.user; string(p.UserID) != user.Name && !ch.c.impersonator() {
			return amqp.PreconditionFailed(amqp.MethodBasicPublish,
				"user_id property set to '%s' but authenticated user was '%s'", p.UserID, user.Name)
		}
	}
	if p.Has(amqp.FlagExpiration) {
		ttl, why := parseExpiration(string(p.Expiration))
		if why != "" {
			return amqp.PreconditionFailed(amqp.MethodBasicPublish, "invalid expiration '%s': %s", p.Expiration, why)
		}
		t.ttl = ttl
	}
	if p.Has(amqp.FlagDeliveryMode) {
		if p.DeliveryMode != 1 && p.DeliveryMode != 2 {
			return amqp.PreconditionFailed(amqp.MethodBasicPublish,
				"invalid message: {delivery_mode_unknown,%d}", p.DeliveryMode)
		}
		t.persistent = p.DeliveryMode == 2
	}
	t.priority = p.Priority
	if p.Has(amqp.FlagHeaders) {
		t.headers = p.Headers
	}
	return nil
}

// parseExpiration reads the expiration property: a decimal integer with an
// optional sign and nothing behind it. why is RabbitMQ's reason for a refusal
// (amqp-behaviour §5.1).
func parseExpiration(s string) (ms int64, why string) {
	digits := strings.TrimLeft(s, "+-")
	sign := s[:len(s)-len(digits)]
	n := 0
	for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
		n++
	}
	if n == 0 || len(sign) > 1 {
		return 0, "no_integer"
	}
	if rest := digits[n:]; rest != "" {
		return 0, "{leftover_string,\"" + rest + "\"}"
	}
	number := strings.TrimLeft(digits, "0")
	if number == "" {
		return 0, ""
	}
	if sign == "-" {
		return 0, "{value_negative,-" + number + "}"
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v > maxTTL {
		return 0, "{value_too_large," + number + "}"
	}
	return v, ""
}

// routeByContent routes a message whose queues depend on more than exchange
// and key: headers, CC and BCC, or an exchange that picks, keeps or delays.
func (ch *channel) routeByContent(r *route, p *amqp.Publish, m *message, t *traits) ([]*localQueue, error) {
	cc, bcc, refusal := exchange.SenderKeys(t.headers)
	if refusal != nil {
		return nil, refusal
	}
	sent := m.header
	if bcc.Present() {
		m.header = withoutHeader(m.header, "BCC")
	}
	if r.plain && cc.Empty() && bcc.Empty() {
		return r.queues, nil
	}
	c, props := ch.c, m.properties()
	c.routing = exchange.Message{
		Key: p.RoutingKey, Headers: t.headers, CC: cc, BCC: bcc, MessageID: props.MessageID,
		CorrelationID: props.CorrelationID, Timestamp: props.Timestamp, HasTimestamp: props.Has(amqp.FlagTimestamp),
	}
	queues, err := c.vhost.route(c.batch, r.exchange, &c.routing, &c.routed, m)
	held := c.batch.heldFor(m)
	for i := range held {
		held[i].header = sent
	}
	return queues, err
}

// sendReturn gives an unroutable mandatory message back to its publisher,
// before its confirm (amqp-behaviour §5.1).
func (ch *channel) sendReturn(t *batch, m *message) {
	o := &ch.c.out
	t.lock(o)
	if o.closed {
		return
	}
	b := o.tail(deliverOverhead + len(m.env) + len(m.header) + 2*len(m.body))
	b = amqp.AppendReturn(b, ch.id, amqp.CodeNoRoute, "NO_ROUTE", m.env)
	b = amqp.AppendHeaderFrame(b, ch.id, m.header)
	b = amqp.AppendBodyFrames(b, ch.id, m.body, ch.c.frameMax)
	o.setTail(b)
	ch.c.owed += len(m.body) + deliverOverhead
}

// route is what is known of one (exchange, routing key): the checks of a
// publish that do not depend on the message passed, and where it goes.
type route struct {
	generation uint64
	exchange   string
	queues     []*localQueue
	// plain: queues holds for every message, whatever its headers but CC and BCC.
	plain bool
	into  *exchangeCounter // of the exchange
}

// routeCache remembers routes by envelope octets for one connection, as long
// as nothing changes in its virtual host or permissions.
type routeCache struct {
	v       *vhost
	last    *route
	lastEnv []byte
	m       map[string]*route
}

// lookup returns the route of a publish, checking permission and existence
// when it is not known yet.
func (rc *routeCache) lookup(c *conn, p *amqp.Publish) (*route, error) {
	generation := rc.v.generation()
	if rc.last != nil && rc.last.generation == generation && bytes.Equal(rc.lastEnv, p.Envelope) {
		return rc.last, nil
	}
	r := rc.m[string(p.Envelope)]
	if r == nil || r.generation != generation {
		var err error
		if r, err = c.resolve(p, generation); err != nil {
			return nil, err
		}
		if r.plain && len(r.queues) == 0 {
			return r, nil // a queue declared later must be seen without a new generation
		}
		if rc.m == nil || len(rc.m) >= routeCacheSize {
			rc.m = make(map[string]*route)
		}
		rc.m[string(p.Envelope)] = r
	}
	rc.last, rc.lastEnv = r, append(rc.lastEnv[:0], p.Envelope...)
	return r, nil
}

// writable finds an exchange that the connection's user may publish to.
func (c *conn) writable(name string) (x exchange.Exchange, err error) {
	const id = amqp.MethodBasicPublish
	if e := c.authorize(id, write, "exchange", name); e != nil {
		return x, e
	}
	x, ok := c.vhost.router.Exchange(name)
	if !ok {
		return x, c.noExchange(id, name)
	}
	if x.Internal {
		return x, amqp.AccessRefused(id, "cannot publish to internal %s", resource("exchange", c.vhost.name, name))
	}
	return x, nil
}

// resolve checks a publish to an exchange with a key and routes it.
func (c *conn) resolve(p *amqp.Publish, generation uint64) (*route, error) {
	const id = amqp.MethodBasicPublish
	name := string(p.Exchange)
	x, err := c.writable(name)
	if err != nil {
		return nil, err
	}
	if e := c.authorizeTopic(id, write, x, string(p.RoutingKey)); e != nil {
		return nil, e
	}
	r := &route{generation: generation, exchange: name, into: c.vhost.exchangeCounter(name, true)}
	c.routing = exchange.Message{Key: p.RoutingKey}
	if err := c.vhost.router.Route(name, &c.routing, &c.routed); err != nil {
		return nil, c.noExchange(id, name)
	}
	// The default exchange leads to the queue of that name for as long as it is
	// there, which the generation tells.
	if r.plain = c.routed.Cacheable || name == ""; r.plain {
		r.queues = c.vhost.named(nil, c.routed.Queues)
	}
	return r, nil
}
