package mgmt

import (
	"cmp"
	"encoding/base64"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"amqpd/amqp"
	"amqpd/cluster/meta"
)

// bindingShape is management-api §10.
var bindingShape = shape[*meta.Binding]{
	{"source", func(b *meta.Binding) value { return str(b.Source) }},
	{"vhost", func(b *meta.Binding) value { return str(b.Vhost) }},
	{"destination", func(b *meta.Binding) value { return str(b.Destination) }},
	{"destination_type", func(b *meta.Binding) value { return str(b.DestinationType) }},
	{"routing_key", func(b *meta.Binding) value { return str(b.Key) }},
	{"arguments", func(b *meta.Binding) value { return table(b.Arguments) }},
	{"properties_key", func(b *meta.Binding) value { return str(propertiesKey(b)) }},
}

// implicit is the binding by which the default exchange reaches a queue. It is
// listed, but is no object of the definitions.
func implicit(vhost, queue string) *meta.Binding {
	return &meta.Binding{Vhost: vhost, Destination: queue, DestinationType: "queue", Key: queue}
}

// propertiesKey tells the bindings between two ends apart (management-api §10):
// the encoded routing key, and a hash of the arguments where there are any.
func propertiesKey(b *meta.Binding) string {
	key := formEncode(b.Key)
	switch {
	case len(b.Arguments) > 0:
		return key + "~" + argumentsHash(b.Arguments)
	case key == "":
		return "~"
	}
	return key
}

// named tells whether a segment of a path names b. The routing key in it may be
// encoded once more than the path is, as it should, or not (management-api §10).
func named(b *meta.Binding, segment string) bool {
	key, hash, _ := strings.Cut(segment, "~")
	decoded, err := url.QueryUnescape(key)
	if err != nil || decoded != b.Key {
		return segment == propertiesKey(b)
	}
	if len(b.Arguments) == 0 {
		return hash == ""
	}
	return hash == argumentsHash(b.Arguments)
}

// argumentsHash is four octets of a hash that does not depend on the order of
// the arguments.
func argumentsHash(args amqp.Table) string {
	fields := slices.Clone(args)
	slices.SortFunc(fields, func(a, b amqp.Field) int { return strings.Compare(a.Key, b.Key) })
	h := fnv.New32a()
	text, err := fields.MarshalJSON()
	if err != nil {
		text = []byte(err.Error())
	}
	_, _ = h.Write(text) // a hash takes everything
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// formEncode writes letters, digits, ".", "-" and "_" as they are, a blank as
// "+" and every other octet as %XX.
func formEncode(s string) string { return encodeOctets(s, "-_.", true) }

// pathEncode writes a segment of a path; only what a URL never reserves stays.
func pathEncode(s string) string { return encodeOctets(s, "-_.~", false) }

func encodeOctets(s, kept string, blankIsPlus bool) string {
	const upper = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(kept, c) >= 0:
			b.WriteByte(c)
		case c == ' ' && blankIsPlus:
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(upper[c>>4])
			b.WriteByte(upper[c&15])
		}
	}
	return b.String()
}

// bindings answers GET /api/bindings, and of one virtual host with its name
// behind it: the implicit ones first.
func bindings(c *call) error {
	vhosts, err := c.visibleVhosts()
	if err != nil {
		return err
	}
	rows := []*meta.Binding{}
	for _, v := range vhosts {
		for q := range c.view().Queues(v.Name) {
			rows = append(rows, implicit(v.Name, q.Name))
		}
		explicit := slices.Collect(c.view().Bindings(v.Name))
		slices.SortStableFunc(explicit, byEnds)
		rows = append(rows, explicit...)
	}
	return items(c, bindingShape, rows)
}

// byEnds is the order in which bindings are listed: a queue and an exchange of
// one name are neighbours.
func byEnds(a, b *meta.Binding) int {
	return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Destination, b.Destination), strings.Compare(a.Key, b.Key))
}

// queueBindings answers GET /api/queues/{vhost}/{name}/bindings; the implicit
// one is there even where the queue is not.
func queueBindings(c *call) error {
	vhost, queue := c.path("vhost"), c.path("name")
	if _, exists := c.view().Vhost(vhost); !exists {
		return items(c, bindingShape, []*meta.Binding{})
	}
	rows := []*meta.Binding{implicit(vhost, queue)}
	return items(c, bindingShape, slices.AppendSeq(rows, c.view().BindingsTo(vhost, "queue", queue)))
}

// exchangeIsSource answers GET /api/exchanges/{vhost}/{name}/bindings/source.
func exchangeIsSource(c *call) error {
	return items(c, bindingShape, c.bindingsFrom(c.path("vhost"), c.exchange("name")))
}

// exchangeIsDestination answers the same for .../bindings/destination.
func exchangeIsDestination(c *call) error {
	rows := []*meta.Binding{}
	return items(c, bindingShape, slices.AppendSeq(rows, c.view().BindingsTo(c.path("vhost"), "exchange", c.exchange("name"))))
}

// bindingsFrom lists the bindings from an exchange, the default one too.
func (c *call) bindingsFrom(vhost, exchange string) []*meta.Binding {
	rows := []*meta.Binding{}
	if exchange != "" {
		rows = slices.AppendSeq(rows, c.view().BindingsFrom(vhost, exchange))
		slices.SortStableFunc(rows, byEnds)
		return rows
	}
	for q := range c.view().Queues(vhost) {
		rows = append(rows, implicit(vhost, q.Name))
	}
	return rows
}

// destinationTypes are the letters of a path for what a binding leads to.
var destinationTypes = map[string]string{"q": "queue", "e": "exchange"}

// ends gives the two ends of the path.
func (c *call) ends() (b meta.Binding, err error) {
	kind, known := destinationTypes[c.path("type")]
	if !known {
		return b, badRequest("a binding leads to a queue (q) or an exchange (e), not to %s", c.path("type"))
	}
	b = meta.Binding{Vhost: c.path("vhost"), Source: c.exchange("source"), Destination: c.path("destination"), DestinationType: kind}
	if kind == "exchange" {
		b.Destination = c.exchange("destination")
	}
	return b, nil
}

// between lists the bindings between the two ends of the path.
func (c *call) between() ([]*meta.Binding, error) {
	ends, err := c.ends()
	if err != nil {
		return nil, err
	}
	rows := []*meta.Binding{}
	if ends.Source == "" {
		if _, exists := c.view().Queue(ends.Vhost, ends.Destination); exists && ends.DestinationType == "queue" {
			rows = append(rows, implicit(ends.Vhost, ends.Destination))
		}
		return rows, nil
	}
	for b := range c.view().BindingsTo(ends.Vhost, ends.DestinationType, ends.Destination) {
		if b.Source == ends.Source {
			rows = append(rows, b)
		}
	}
	return rows, nil
}

// bindingsBetween answers GET /api/bindings/{vhost}/e/{source}/{type}/{destination}.
func bindingsBetween(c *call) error {
	rows, err := c.between()
	if err != nil {
		return err
	}
	return items(c, bindingShape, rows)
}

// bindingOfPath finds the one binding that the path names.
func (c *call) bindingOfPath() (*meta.Binding, error) {
	rows, err := c.between()
	if err != nil {
		return nil, err
	}
	for _, b := range rows {
		if named(b, c.path("properties")) {
			return b, nil
		}
	}
	return nil, notFound()
}

// binding answers GET of one binding.
func binding(c *call) error {
	b, err := c.bindingOfPath()
	if err != nil {
		return err
	}
	return single(c, bindingShape, b)
}

// postBinding answers POST between two ends, always with 201 and the place of
// the binding, relative to the request.
func postBinding(c *call) error {
	b, err := c.ends()
	if err != nil {
		return err
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	if b.Key, err = body.text("routing_key", ""); err != nil {
		return err
	}
	if b.Arguments, err = body.table("arguments"); err != nil {
		return err
	}
	agent, err := c.agent()
	if err != nil {
		return err
	}
	if err := agent.Bind(b); err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Location", pathEncode(c.path("destination"))+"/"+pathEncode(propertiesKey(&b)))
	h.Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// deleteBinding answers DELETE of one binding.
func deleteBinding(c *call) error {
	b, err := c.bindingOfPath()
	if err != nil {
		return err
	}
	agent, err := c.agent()
	if err != nil {
		return err
	}
	if err := agent.Unbind(*b); err != nil {
		return err
	}
	return c.noContent()
}
