package exchange

import (
	"strconv"

	"amqpd/amqp"
)

const (
	argDelayedType = "x-delayed-type"
	headerDelay    = "x-delay"

	// maxDelay, in milliseconds, is the longest delay, ten years as for every time
	// to live; a longer one is none. RabbitMQ's is 2^32 - 1, 49 days.
	maxDelay = 315_360_000_000
)

// innerType is the type by which an x-delayed-message exchange routes, "" if
// its arguments do not say.
func innerType(args amqp.Table) string {
	v, _ := args.Get(argDelayedType)
	if name, ok := v.Binary(); ok {
		return name
	}
	name, _ := v.Str()
	return name
}

// newInner returns the matcher of the type that a delayed exchange routes by.
func newInner(x Exchange, env env) matcher {
	inner, ok := x.RoutesAs()
	if !ok || inner.Delays {
		return nothing{}
	}
	return inner.build(x, env)
}

func checkInnerBinding(x Exchange, b Binding) string {
	inner, ok := x.RoutesAs()
	if !ok || inner.Delays || inner.checkBinding == nil {
		return ""
	}
	return inner.checkBinding(x, b)
}

// checkDelayedType checks the argument x-delayed-type and then the arguments
// that the type it names looks at.
func checkDelayedType(args amqp.Table) *amqp.Error {
	v, _ := args.Get(argDelayedType)
	if v.Kind() != amqp.KindLongStr && v.Kind() != amqp.KindBinary {
		return errArgument("Invalid argument, 'x-delayed-type' must be an existing exchange type")
	}
	name := innerType(args)
	if name == DelayedMessage {
		return errArgument("Invalid argument, 'x-delayed-message' can't be used for 'x-delayed-type'")
	}
	inner, ok := TypeNamed(name)
	if !ok {
		return errUnknownType(name)
	}
	if inner.checkArguments == nil {
		return nil
	}
	return inner.checkArguments(args)
}

// Delay reads how long a delayed exchange is to keep a message with these
// headers (the inside of a table), in milliseconds. ok is false when the
// message is to be routed at once: the header x-delay is absent, no number,
// not above 0 (amqp-behaviour §3.5) or above ten years.
func Delay(headers []byte) (ms int64, ok bool) {
	raw, ok := amqp.Lookup(headers, headerDelay)
	if !ok {
		return 0, false
	}
	switch ms, ok = raw.Int(); {
	case ok:
	case raw.Kind == amqp.KindLongStr:
		n, err := strconv.ParseInt(string(raw.Data), 10, 64)
		if err != nil {
			return 0, false
		}
		ms = n
	case raw.Kind == amqp.KindFloat || raw.Kind == amqp.KindDouble:
		if f, _ := raw.Value().Float(); f >= 1 && f <= maxDelay { // else the conversion may not hold it
			ms = int64(f)
		}
	}
	if ms <= 0 || ms > maxDelay {
		return 0, false
	}
	return ms, true
}

// nothing is the matcher of an exchange whose type is unknown.
type nothing struct{}

func (nothing) add(*bound)                        {}
func (nothing) remove(*bound)                     {}
func (nothing) match(*Message, [][]byte, *Result) {}
