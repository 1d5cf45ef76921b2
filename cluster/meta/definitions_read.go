package meta

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"amqpd/amqp"
	"amqpd/policy"
)

// The functions of this file read one item each, of the section that they are
// named after, and give the commands that it asks for. Fields come in the order
// of management-api §13.1.

func (im *importer) user(it *item) []Command {
	u := User{Name: it.ownName()}
	it.object = fmt.Sprintf("user '%s'", u.Name)
	u.HashingAlgorithm = it.textOr("hashing_algorithm", im.defaultHash)
	u.PasswordHash = im.passwordHash(it, &u)
	u.Tags = it.tags("tags")
	commands := []Command{PutUser{u}}
	for _, l := range it.limits("limits", policy.UserLimits) {
		commands = append(commands, PutUserLimit{u.Name, l})
	}
	return commands
}

// passwordHash reads password_hash or makes one of password. Neither is a user
// who cannot log in with a password.
func (im *importer) passwordHash(it *item, u *User) string {
	switch {
	case it.has("password") && it.has("password_hash"):
		it.fail("password", errors.New("both_password_and_password_hash_are_provided"))
	case it.has("password"):
		if im.options.HashPassword == nil {
			it.fail("password", errors.New("a password in clear text cannot be taken here"))
			return ""
		}
		algorithm, hash, err := im.options.HashPassword(it.textOr("hashing_algorithm", ""), it.text("password"))
		if err != nil {
			it.fail("password", err)
		}
		u.HashingAlgorithm = algorithm
		return hash
	case it.has("password_hash"):
		hash := it.text("password_hash")
		if _, err := base64.StdEncoding.DecodeString(hash); err != nil {
			it.fail("password_hash", errors.New("not base64"))
		}
		return hash
	}
	return ""
}

// limits reads an object of limits, in the order of their names.
func (it *item) limits(field string, scope policy.LimitScope) []Limit {
	if !it.has(field) {
		return nil
	}
	raw := it.objectOf(field, it.fields[field])
	if err := policy.ValidateLimits(scope, raw); err != nil {
		it.fail(field, err)
		return nil
	}
	var limits []Limit
	for _, name := range sortedKeys(raw) {
		value, _ := policy.Normalise(raw[name]).(int64)
		limits = append(limits, Limit{name, value})
	}
	return limits
}

// vhost changes of a virtual host that is there only what the item says, so
// that a list of names, all that 3.10 writes, leaves descriptions alone.
func (im *importer) vhost(it *item) []Command {
	info := Vhost{Name: it.ownName()}
	it.object = fmt.Sprintf("vhost '%s'", info.Name)
	old, exists := im.trial.next.Vhost(info.Name)
	if exists {
		info = *old
	}
	details := []*item{it}
	if it.has("metadata") { // 3.8 and later repeat there what older ones lack
		metadata := *it
		metadata.fields = nil
		if text := it.fields["metadata"]; json.Unmarshal(text, &metadata.fields) != nil {
			it.fail("metadata", expected("an object", text))
			return nil
		}
		details = []*item{&metadata, it}
	}
	for _, d := range details {
		d.vhostDetails(&info)
		if d.err != nil {
			it.err = d.err
			return nil
		}
	}
	var commands []Command
	if !exists || !reflect.DeepEqual(info, *old) {
		commands = append(commands, PutVhost{info})
	}
	for _, l := range it.limits("limits", policy.VhostLimits) {
		commands = append(commands, PutVhostLimit{info.Name, l})
	}
	return commands
}

func (it *item) vhostDetails(info *Vhost) {
	info.Description = it.textOr("description", info.Description)
	if it.has("tags") {
		info.Tags = it.tags("tags")
	}
	if it.has("tracing") {
		info.Tracing = it.boolean("tracing")
	}
	if !it.has("default_queue_type") {
		return
	}
	switch kind := it.text("default_queue_type"); kind {
	case "undefined", "": // what RabbitMQ writes for none
		info.DefaultQueueType = ""
	default:
		if _, ok := policy.ParseKind(kind); !ok {
			it.fail("default_queue_type", fmt.Errorf("unknown queue type '%s'", kind))
		}
		info.DefaultQueueType = kind
	}
}

func (im *importer) permission(it *item) []Command {
	p := Permission{User: it.text("user"), Vhost: it.name("vhost")}
	it.object = fmt.Sprintf("permission of user '%s' in vhost '%s'", p.User, p.Vhost)
	p.Configure = it.pattern("configure")
	p.Write = it.pattern("write")
	p.Read = it.pattern("read")
	return []Command{PutPermission{p}}
}

func (im *importer) topicPermission(it *item) []Command {
	p := TopicPermission{User: it.text("user"), Vhost: it.name("vhost"), Exchange: it.name("exchange")}
	it.object = fmt.Sprintf("topic permission of user '%s' for exchange '%s' in vhost '%s'", p.User, p.Exchange, p.Vhost)
	p.Write = it.pattern("write")
	p.Read = it.pattern("read")
	return []Command{PutTopicPermission{p}}
}

func (it *item) pattern(field string) string {
	pattern := it.text(field)
	if _, err := policy.CompilePattern(pattern); err != nil {
		it.fail(field, err)
	}
	return pattern
}

// place reads the virtual host of an item, or takes the one that all go to.
func (im *importer) place(it *item) string {
	if im.options.PerVhost {
		return im.options.Vhost
	}
	return it.name("vhost")
}

func resource(kind, vhost, name string) string {
	return fmt.Sprintf("%s '%s' in vhost '%s'", kind, name, vhost)
}

func (im *importer) parameter(it *item) []Command {
	p := Parameter{Vhost: im.place(it), Component: it.text("component"), Name: it.text("name")}
	it.object = resource("parameter '"+p.Component+"'", p.Vhost, p.Name)
	p.Value = it.any("value")
	if it.err != nil {
		return nil
	}
	switch p.Component {
	case ComponentOperatorPolicy:
		return it.policy("value", p.Vhost, p.Name, it.objectOf("value", p.Value), true)
	case ComponentPolicy:
		it.fail("component", errors.New("policies may not be set using this method"))
	case ComponentVhostLimits:
		var commands []Command
		for _, l := range it.limits("value", policy.VhostLimits) {
			commands = append(commands, PutVhostLimit{p.Vhost, l})
		}
		return commands
	}
	return []Command{PutParameter{p}}
}

func (im *importer) globalParameter(it *item) []Command {
	p := GlobalParameter{Name: it.ownName()}
	it.object = fmt.Sprintf("global parameter '%s'", p.Name)
	p.Value = it.any("value")
	if p.Name == ClusterName || p.Name == InternalClusterID {
		it.text("value") // must be one
	}
	return []Command{PutGlobalParameter{p}}
}

func (im *importer) policy(it *item) []Command {
	vhost, name := im.place(it), it.ownName()
	it.object = resource("policy", vhost, name)
	raw := make(map[string]any, len(it.fields))
	for field, text := range it.fields {
		var value any
		if err := unmarshalNumbers(text, &value); err != nil {
			it.fail(field, err)
		}
		raw[field] = value
	}
	return it.policy("", vhost, name, raw, false)
}

func (it *item) policy(field, vhost, name string, raw map[string]any, operator bool) []Command {
	p, err := policy.DecodePolicy(vhost, name, raw, operator)
	if err != nil {
		it.fail(field, err)
	}
	return []Command{PutPolicy{Policy: p, Operator: operator}}
}

func (im *importer) queue(it *item) []Command {
	q := Queue{Vhost: im.place(it), Name: it.ownName(), Home: im.options.Home}
	it.object = resource("queue", q.Vhost, q.Name)
	q.Durable = it.boolean("durable")
	q.AutoDelete = it.boolean("auto_delete")
	q.Arguments = it.table("arguments")
	if kind := it.textOr("type", ""); kind != "" && kind != policy.Classic.String() { // 3.13 and later
		if _, ok := q.Arguments.Get(queueTypeArgument); !ok {
			q.Arguments = q.Arguments.With(queueTypeArgument, amqp.LongStr(kind))
		}
	}
	if it.err == nil {
		it.checkKind(&q)
	}
	return []Command{PutQueue{q}}
}

const queueTypeArgument = "x-queue-type"

// checkKind checks a queue's arguments and properties as a declaration does
// (amqp-behaviour §4.1, §4.4), and notes its kind.
func (it *item) checkKind(q *Queue) {
	kind, wrong := policy.KindOf(q.Arguments)
	if bad := policy.CheckArguments(kind, q.Arguments); bad != nil {
		wrong = bad
	}
	switch {
	case wrong != nil:
		it.fail("arguments", wrong)
	case kind != policy.Classic && q.AutoDelete:
		it.fail("auto_delete", fmt.Errorf("invalid property 'auto-delete' for %s", it.object))
	case kind != policy.Classic && !q.Durable:
		it.fail("durable", fmt.Errorf("invalid property 'non-durable' for %s", it.object))
	}
	q.Kind = kind.String()
}

func (im *importer) exchange(it *item) []Command {
	x := Exchange{Vhost: im.place(it), Name: it.name("name")}
	if isSystemName(x.Name) {
		return nil
	}
	it.object = resource("exchange", x.Vhost, x.Name)
	x.Type = it.name("type")
	x.Durable = it.boolean("durable")
	x.AutoDelete = it.boolean("auto_delete")
	x.Internal = it.booleanOrFalse("internal")
	x.Arguments = it.table("arguments")
	if known := im.options.ExchangeType; it.err == nil && known != nil && !known(x.Type) {
		it.fail("type", fmt.Errorf("unknown exchange type '%s'", x.Type))
	}
	if bad := policy.CheckExchangeArguments(x.Arguments); bad != nil {
		it.fail("arguments", bad)
	}
	return []Command{PutExchange{x}}
}

func (im *importer) binding(it *item) []Command {
	b := Binding{Source: it.name("source"), Vhost: im.place(it), Destination: it.name("destination")}
	it.object = fmt.Sprintf("binding from '%s' to '%s' in vhost '%s'", b.Source, b.Destination, b.Vhost)
	b.DestinationType = it.text("destination_type")
	if b.DestinationType != destinationQueue && b.DestinationType != destinationExchange {
		it.fail("destination_type", fmt.Errorf("'%s' is neither 'queue' nor 'exchange'", b.DestinationType))
	}
	b.Key = it.name("routing_key")
	b.Arguments = it.table("arguments")
	return []Command{Bind{b}}
}
