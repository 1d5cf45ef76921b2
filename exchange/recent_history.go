package exchange

import (
	"math"

	"amqpd/amqp"
)

// x-recent-history routes like fanout; what is special about it happens where
// messages are kept. This file reads what the caller needs for that.

const (
	argHistoryLength = "x-recent-history-length"
	headerNoStore    = "x-recent-history-no-store"

	defaultHistoryLength = 20
)

// HistoryLength is how many messages an x-recent-history exchange declared
// with args keeps (amqp-behaviour §3.5).
func HistoryLength(args amqp.Table) int {
	if v, ok := args.Get(argHistoryLength); ok {
		if n, ok := v.Int(); ok && n > 0 {
			return int(min(n, math.MaxInt))
		}
	}
	return defaultHistoryLength
}

// WantsHistory reports whether a message with these headers (the inside of a
// table) may be kept for replay: all but those that say no with a true bool.
func WantsHistory(headers []byte) bool {
	v, _ := amqp.Lookup(headers, headerNoStore)
	no, _ := v.Bool()
	return !no
}

func checkHistoryLength(args amqp.Table) *amqp.Error {
	v, ok := args.Get(argHistoryLength)
	if !ok {
		return nil
	}
	if n, ok := v.Int(); ok && n > 0 {
		return nil
	}
	return errArgument("Invalid argument %s, 'x-recent-history-length' must be a positive integer", printTerm(v))
}
