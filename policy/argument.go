package policy

import "amqpd/amqp"

// plain takes a value out of its wire type, as far as checks and settings look
// into it: int64 for every integer type, uint64 for a time, string for a long
// string, bool, float64. All else comes out as the amqp.Value that it is.
func plain(v amqp.Value) any {
	if n, ok := v.Int(); ok {
		return n
	}
	if s, ok := v.Str(); ok {
		return s
	}
	if b, ok := v.Bool(); ok {
		return b
	}
	if seconds, ok := v.Time(); ok {
		return seconds
	}
	if f, ok := v.Float(); ok {
		return f
	}
	return v
}
