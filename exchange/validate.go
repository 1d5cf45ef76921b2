package exchange

import (
	"strconv"

	"amqpd/amqp"
)

// argAlternate names the exchange that gets what this one cannot place. It is
// the only argument that counts when an exchange is declared again.
const argAlternate = "alternate-exchange"

// CheckType returns 503 for an exchange type that is not in the table. It is
// the first check of exchange.declare, before the one for the default
// exchange (amqp-behaviour §3.2).
func CheckType(name string) error {
	if _, ok := TypeNamed(name); !ok {
		return errUnknownType(name)
	}
	return nil
}

// Validate checks the declaration of a new exchange: its type, then the type
// of its argument alternate-exchange, then what its type asks of the
// arguments. The error is an *amqp.Error with RabbitMQ's text for
// exchange.declare.
func Validate(x Exchange, vhost string) error {
	t, ok := TypeNamed(x.Type)
	if !ok {
		return errUnknownType(x.Type)
	}
	if v, ok := x.Arguments.Get(argAlternate); ok && v.Kind() != amqp.KindLongStr {
		return errArgument("invalid type '%s' for arg '%s' in %s",
			v.TypeName(), argAlternate, describe(x.Name, vhost))
	}
	if t.checkArguments == nil {
		return nil
	}
	return orNil(t.checkArguments(x.Arguments))
}

// Equivalent checks the declaration want of an exchange that exists as have.
// It returns nil when they agree, else 406 for the first attribute that
// differs: type, durable, auto_delete, internal, alternate-exchange. Of the
// arguments only the last counts, and policies do not (amqp-behaviour §3.2).
func Equivalent(have, want Exchange, vhost string) *amqp.Error {
	name := describe(have.Name, vhost)
	for _, attribute := range [...]struct{ name, have, want string }{
		{"type", have.Type, want.Type},
		{"durable", strconv.FormatBool(have.Durable), strconv.FormatBool(want.Durable)},
		{"auto_delete", strconv.FormatBool(have.AutoDelete), strconv.FormatBool(want.AutoDelete)},
		{"internal", strconv.FormatBool(have.Internal), strconv.FormatBool(want.Internal)},
	} {
		if attribute.have != attribute.want {
			return errInequivalent(attribute.name, name, quote(attribute.want), quote(attribute.have))
		}
	}
	current, had := have.Arguments.Get(argAlternate)
	received, has := want.Arguments.Get(argAlternate)
	switch {
	case !had && !has:
		return nil
	case !had || !has:
		return errInequivalent(argAlternate, name, presence(received, has), presence(current, had))
	case !received.Equivalent(current):
		return errInequivalent(argAlternate, name, quote(received.Format()), quote(current.Format()))
	}
	return nil
}

func errInequivalent(attribute, exchange, received, current string) *amqp.Error {
	return errArgument("inequivalent arg '%s' for %s: received %s but current is %s",
		attribute, exchange, received, current)
}

func quote(text string) string { return "'" + text + "'" }

// ValidateBinding is what the type of x asks of a binding from there: nil or
// an *amqp.Error with RabbitMQ's text for the method id, queue.bind or
// exchange.bind. RabbitMQ checks this before it looks whether source and
// destination exist (amqp-behaviour §3.4), so the zero Exchange, which stands
// for a missing source, refuses nothing.
func ValidateBinding(x Exchange, b Binding, id amqp.MethodID) error {
	t, ok := TypeNamed(x.Type)
	if !ok || t.checkBinding == nil {
		return nil
	}
	if refused := t.checkBinding(x, b); refused != "" {
		return amqp.PreconditionFailed(id, "%s", refused)
	}
	return nil
}

// presence describes an argument that only one of two declarations has.
func presence(v amqp.Value, present bool) string {
	if !present {
		return "none"
	}
	return v.Describe()
}
