package meta

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"amqpd/amqp"
	"amqpd/policy"
)

// ExportOptions say what ExportWith writes.
type ExportOptions struct {
	// PerVhost writes Vhost alone, in the form that leaves its name out of
	// queues, exchanges and bindings and has no users and permissions.
	PerVhost bool
	Vhost    string

	// Product and ProductVersion become product_name and product_version; both
	// are RabbitMQ's when Product is "".
	Product, ProductVersion string
}

// Export writes the definitions of the whole state as RabbitMQ 3.10 does
// (management-api §13.1). Left out are predeclared and all other amq.*
// exchanges, the default exchange's bindings, and exclusive queues with the
// bindings to them; transient objects are written. Importing what was written
// into an empty state gives the same state, as far as JSON can hold it: the
// widths of integers in arguments become 64 bits, times become integers.
func Export(s *State, w io.Writer) error { return ExportWith(s.View(), w, ExportOptions{}) }

// ExportWith is Export of a view with options. It fails with ErrNotFound when
// the one virtual host to write is not there, and with the error of w.
func ExportWith(v *View, w io.Writer, o ExportOptions) error {
	if o.Product == "" {
		o.Product, o.ProductVersion = "RabbitMQ", RabbitMQVersion
	}
	x := newExporter(w)
	if o.PerVhost {
		if _, ok := v.vhosts.get(o.Vhost); !ok {
			return noVhost(o.Vhost)
		}
		x.vhost(v, o.Vhost)
	} else {
		x.everything(v, o)
	}
	return x.end()
}

// exporter writes one JSON object, one list item a line. Memory does not grow
// with the state.
type exporter struct {
	out   *bufio.Writer
	json  *json.Encoder
	comma bool // something is before in the object
	err   error
}

func newExporter(w io.Writer) *exporter {
	x := &exporter{out: bufio.NewWriterSize(w, 64<<10)}
	x.json = json.NewEncoder(x.out)
	x.json.SetEscapeHTML(false)
	x.text("{")
	return x
}

func (x *exporter) end() error {
	x.text("}\n")
	if x.err == nil {
		x.err = x.out.Flush()
	}
	if x.err != nil {
		return fmt.Errorf("export definitions: %w", x.err)
	}
	return nil
}

func (x *exporter) text(s string) {
	if _, err := x.out.WriteString(s); err != nil && x.err == nil {
		x.err = err
	}
}

func (x *exporter) value(v any) {
	if err := x.json.Encode(v); err != nil && x.err == nil {
		x.err = err
	}
}

func (x *exporter) key(name string) {
	if x.comma {
		x.text(",")
	}
	x.comma = true
	x.text(`"` + name + `":`)
}

func (x *exporter) field(name, value string) {
	x.key(name)
	x.value(value)
}

// section writes a list, up to the first error.
func section[T any](x *exporter, name string, items iter.Seq[T]) {
	if x.err != nil {
		return
	}
	x.key(name)
	x.text("[")
	n := 0
	for item := range items {
		if n > 0 {
			x.text(",")
		}
		if x.value(item); x.err != nil {
			x.err = fmt.Errorf("%s[%d]: %w", name, n, x.err)
			return
		}
		n++
	}
	x.text("]")
}

// everything writes the form for the whole node.
func (x *exporter) everything(v *View, o ExportOptions) {
	x.field("rabbit_version", RabbitMQVersion)
	x.field("rabbitmq_version", RabbitMQVersion)
	x.field("product_name", o.Product)
	x.field("product_version", o.ProductVersion)
	section(x, sectionUsers, each(v.Users(), exportUser))
	section(x, sectionVhosts, each(v.Vhosts(), exportVhost))
	section(x, sectionPermissions, inAll(v, v.Permissions, exportPermission))
	section(x, sectionTopicPermissions, inAll(v, v.VhostTopicPermissions, exportTopicPermission))
	section(x, sectionParameters, inAll(v, v.RuntimeParameters, exportParameter))
	section(x, sectionGlobalParameters, each(v.GlobalParameters(), exportGlobalParameter))
	x.objects(v, func(yield func(string) bool) {
		for vhost := range v.Vhosts() {
			if !yield(vhost.Name) {
				return
			}
		}
	}, true)
}

// vhost writes the form for one virtual host.
func (x *exporter) vhost(v *View, vhost string) {
	x.field("rabbit_version", RabbitMQVersion)
	section(x, sectionParameters, each(v.RuntimeParameters(vhost), exportParameter))
	x.objects(v, func(yield func(string) bool) { yield(vhost) }, false)
}

// objects writes the last sections, which both forms have.
func (x *exporter) objects(v *View, vhosts iter.Seq[string], named bool) {
	section(x, sectionPolicies, flat(vhosts, func(vhost string) iter.Seq[any] {
		return func(yield func(any) bool) {
			for _, p := range v.Policies(vhost) {
				if !yield(exportPolicy(p)) {
					return
				}
			}
		}
	}))
	section(x, sectionQueues, flat(vhosts, func(vhost string) iter.Seq[any] {
		return each(v.Queues(vhost), func(q *Queue) any { return exportQueue(q, named) })
	}))
	section(x, sectionExchanges, flat(vhosts, func(vhost string) iter.Seq[any] {
		return each(v.Exchanges(vhost), func(e *Exchange) any { return exportExchange(e, named) })
	}))
	section(x, sectionBindings, flat(vhosts, func(vhost string) iter.Seq[any] {
		return each(v.Bindings(vhost), func(b *Binding) any { return exportBinding(v, b, named) })
	}))
}

// each turns items into what JSON is made of, without those that become nil.
func each[T any](items iter.Seq[T], export func(T) any) iter.Seq[any] {
	return func(yield func(any) bool) {
		for item := range items {
			if written := export(item); written != nil && !yield(written) {
				return
			}
		}
	}
}

func flat(vhosts iter.Seq[string], items func(vhost string) iter.Seq[any]) iter.Seq[any] {
	return func(yield func(any) bool) {
		for vhost := range vhosts {
			for item := range items(vhost) {
				if !yield(item) {
					return
				}
			}
		}
	}
}

func inAll[T any](v *View, items func(vhost string) iter.Seq[T], export func(T) any) iter.Seq[any] {
	return func(yield func(any) bool) {
		for vhost := range v.Vhosts() {
			for item := range each(items(vhost.Name), export) {
				if !yield(item) {
					return
				}
			}
		}
	}
}

func exportUser(u *User) any {
	return struct {
		Name      string           `json:"name"`
		Hash      string           `json:"password_hash"`
		Algorithm string           `json:"hashing_algorithm"`
		Tags      []string         `json:"tags"`
		Limits    map[string]int64 `json:"limits"`
	}{u.Name, u.PasswordHash, u.HashingAlgorithm, append([]string{}, u.Tags...), limitsJSON(u.Limits)}
}

// exportVhost writes the name alone, as 3.10 does, unless there is more to say.
// Limits are in the parameters.
func exportVhost(v *Vhost) any {
	return struct {
		Name             string   `json:"name"`
		Description      string   `json:"description,omitempty"`
		Tags             []string `json:"tags,omitempty"`
		DefaultQueueType string   `json:"default_queue_type,omitempty"`
		Tracing          bool     `json:"tracing,omitempty"`
	}{v.Name, v.Description, v.Tags, v.DefaultQueueType, v.Tracing}
}

func exportPermission(p *Permission) any {
	return struct {
		User      string `json:"user"`
		Vhost     string `json:"vhost"`
		Configure string `json:"configure"`
		Write     string `json:"write"`
		Read      string `json:"read"`
	}{p.User, p.Vhost, p.Configure, p.Write, p.Read}
}

func exportTopicPermission(p *TopicPermission) any {
	return struct {
		User     string `json:"user"`
		Vhost    string `json:"vhost"`
		Exchange string `json:"exchange"`
		Write    string `json:"write"`
		Read     string `json:"read"`
	}{p.User, p.Vhost, p.Exchange, p.Write, p.Read}
}

func exportParameter(p *Parameter) any {
	return struct {
		Value     json.RawMessage `json:"value"`
		Vhost     string          `json:"vhost"`
		Component string          `json:"component"`
		Name      string          `json:"name"`
	}{p.Value, p.Vhost, p.Component, p.Name}
}

func exportGlobalParameter(p *GlobalParameter) any {
	return struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	}{p.Name, p.Value}
}

func exportPolicy(p Policy) any {
	return struct {
		Vhost      string          `json:"vhost"`
		Name       string          `json:"name"`
		Pattern    string          `json:"pattern"`
		ApplyTo    string          `json:"apply-to"`
		Definition json.RawMessage `json:"definition"`
		Priority   int             `json:"priority"`
	}{p.Vhost, p.Name, p.Pattern, p.ApplyTo, definitionJSON(p.Definition), p.Priority}
}

// vhostField is the vhost of an object, nil where the form leaves it out.
func vhostField(vhost string, named bool) *string {
	if named {
		return &vhost
	}
	return nil
}

func exportQueue(q *Queue, named bool) any {
	if q.Exclusive {
		return nil
	}
	return struct {
		Name       string     `json:"name"`
		Vhost      *string    `json:"vhost,omitempty"`
		Durable    bool       `json:"durable"`
		AutoDelete bool       `json:"auto_delete"`
		Arguments  amqp.Table `json:"arguments"`
	}{q.Name, vhostField(q.Vhost, named), q.Durable, q.AutoDelete, q.Arguments}
}

func exportExchange(e *Exchange, named bool) any {
	if isSystemName(e.Name) {
		return nil
	}
	return struct {
		Name       string     `json:"name"`
		Vhost      *string    `json:"vhost,omitempty"`
		Type       string     `json:"type"`
		Durable    bool       `json:"durable"`
		AutoDelete bool       `json:"auto_delete"`
		Internal   bool       `json:"internal"`
		Arguments  amqp.Table `json:"arguments"`
	}{e.Name, vhostField(e.Vhost, named), e.Type, e.Durable, e.AutoDelete, e.Internal, e.Arguments}
}

// isSystemName says whether an exchange of that name is left out of exports and
// passed over in imports.
func isSystemName(exchange string) bool {
	return exchange == "" || strings.HasPrefix(exchange, "amq.")
}

func exportBinding(v *View, b *Binding, named bool) any {
	if b.DestinationType == destinationQueue {
		if q, ok := v.Queue(b.Vhost, b.Destination); ok && q.Exclusive {
			return nil
		}
	}
	return struct {
		Source          string     `json:"source"`
		Vhost           *string    `json:"vhost,omitempty"`
		Destination     string     `json:"destination"`
		DestinationType string     `json:"destination_type"`
		RoutingKey      string     `json:"routing_key"`
		Arguments       amqp.Table `json:"arguments"`
	}{b.Source, vhostField(b.Vhost, named), b.Destination, b.DestinationType, b.Key, b.Arguments}
}

func limitsJSON(limits []Limit) map[string]int64 {
	m := make(map[string]int64, len(limits))
	for _, l := range limits {
		m[l.Name] = l.Value
	}
	return m
}

// definitionJSON writes a policy's definition so that it reads back with the
// same types: a float64 without fraction keeps a ".0".
func definitionJSON(d policy.Definition) json.RawMessage {
	if d == nil {
		d = policy.Definition{}
	}
	return mustJSON(keepFloats(map[string]any(d)))
}

// keepFloats is a copy of value with float64 written as what they are.
func keepFloats(value any) any {
	switch v := value.(type) {
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return json.RawMessage(text)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = keepFloats(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key := range v {
			object[key] = keepFloats(v[key])
		}
		return object
	}
	return value
}
