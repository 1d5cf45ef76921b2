package exchange

import (
	"errors"

	"amqpd/amqp"
)

// ErrNoExchange is what Route and Bind return, wrapped with the name, for an
// exchange that does not exist. What the client gets to see is [NoExchange].
var ErrNoExchange = errors.New("no such exchange")

// describe names an exchange as error texts do.
func describe(name, vhost string) string {
	return "exchange '" + name + "' in vhost '" + vhost + "'"
}

// NoExchange is 404 for an exchange that does not exist.
func NoExchange(id amqp.MethodID, name, vhost string) *amqp.Error {
	return amqp.NotFound(id, "no %s", describe(name, vhost))
}

// OnDefault is 403 for declaring, deleting, binding or unbinding the default
// exchange (amqp-behaviour §3.2-§3.4).
func OnDefault(id amqp.MethodID) *amqp.Error {
	return amqp.AccessRefused(id, "operation not permitted on the default exchange")
}

// ReservedName is 403 for creating an exchange whose name is [Reserved].
func ReservedName(name string) *amqp.Error {
	return amqp.AccessRefused(amqp.MethodExchangeDeclare,
		"exchange name '%s' contains reserved prefix 'amq.*'", name)
}

// SystemExchange is 403 for deleting an exchange whose name is [Reserved],
// whether it exists or not.
func SystemExchange(name, vhost string) *amqp.Error {
	return amqp.AccessRefused(amqp.MethodExchangeDelete,
		"deletion of system %s not allowed", describe(name, vhost))
}

// InUse is 406 for exchange.delete with if-unused while the exchange is the
// source of a binding.
func InUse(name, vhost string) *amqp.Error {
	return amqp.PreconditionFailed(amqp.MethodExchangeDelete, "%s in use", describe(name, vhost))
}

// PublishInternal is 403 for publishing to an internal exchange.
func PublishInternal(name, vhost string) *amqp.Error {
	return amqp.AccessRefused(amqp.MethodBasicPublish,
		"cannot publish to internal %s", describe(name, vhost))
}

// errUnknownType is 503, hard.
func errUnknownType(name string) *amqp.Error {
	return amqp.CommandInvalid(amqp.MethodExchangeDeclare, "unknown exchange type '%s'", name)
}

// errArgument is 406 for an argument of exchange.declare.
func errArgument(format string, args ...any) *amqp.Error {
	return amqp.PreconditionFailed(amqp.MethodExchangeDeclare, format, args...)
}

// errSenderType is 406 for a CC or BCC header of another type than array.
func errSenderType(header string, kind byte) *amqp.Error {
	return amqp.PreconditionFailed(amqp.MethodBasicPublish,
		`invalid message: {unacceptable_type_in_header,"%s",%s}`, header, amqp.TypeName(kind))
}

// orNil keeps a nil *amqp.Error from becoming an error that is not nil.
func orNil(err *amqp.Error) error {
	if err == nil {
		return nil
	}
	return err
}
