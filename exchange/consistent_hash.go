package exchange

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"amqpd/amqp"
)

// The arguments of x-consistent-hash.
const (
	argHashHeader   = "hash-header"
	argHashProperty = "hash-property"
)

// maxWeight bounds the buckets of one binding, so that their sum cannot
// overflow.
const maxWeight = math.MaxInt32

// consistentHash spreads messages over buckets of which each destination owns
// as many as its binding key says (amqp-behaviour §3.5).
//
// Each binding has a slot in the line, in order of creation. Of several
// bindings to one destination only the oldest has weight there; when it goes,
// the next oldest takes over with its own.
type consistentHash struct {
	line  weighted
	hash  func(m *Message, keys [][]byte) uint64
	first map[*destination][]*bound // by destination, oldest first; [0] has the weight
}

func newConsistentHash(x Exchange, _ env) matcher {
	return &consistentHash{hash: hashOn(x.Arguments), first: map[*destination][]*bound{}}
}

func (c *consistentHash) add(b *bound) {
	same := c.first[b.dest]
	if len(same) == 0 {
		c.line.push(b, weightOf(b.key))
	} else {
		c.line.push(b, 0)
	}
	c.first[b.dest] = append(same, b)
}

func (c *consistentHash) remove(b *bound) {
	same := c.first[b.dest]
	at := slices.Index(same, b)
	same = slices.Delete(same, at, at+1)
	c.line.remove(b, c.line.weightOf(b))
	if len(same) == 0 {
		delete(c.first, b.dest)
		return
	}
	c.first[b.dest] = same
	if at == 0 {
		c.line.reweigh(same[0], 0, weightOf(same[0].key))
	}
}

func (c *consistentHash) match(m *Message, keys [][]byte, res *Result) {
	if c.line.total > 0 {
		res.add(c.line.find(jump(c.hash(m, keys), c.line.total)).dest)
	}
}

// weightOf reads a binding key that checkWeight has accepted.
func weightOf(key string) uint64 {
	digits := strings.TrimPrefix(key, "+")
	weight, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || weight > maxWeight {
		return maxWeight
	}
	return weight
}

// checkWeight accepts binding keys that are decimal integers above 0.
func checkWeight(_ Exchange, b Binding) string {
	digits := b.Key
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "The binding key must be an integer: " + printString(b.Key)
	}
	if b.Key[0] == '-' || strings.Trim(digits, "0") == "" {
		return "The binding key must be greater than 0"
	}
	return ""
}

// hashProperties are the values of hash-property and what they hash. A
// message without the property hashes as an empty one.
var hashProperties = map[string]func(m *Message) uint64{
	"message_id":     func(m *Message) uint64 { return hashKey(m.MessageID) },
	"correlation_id": func(m *Message) uint64 { return hashKey(m.CorrelationID) },
	"timestamp": func(m *Message) uint64 {
		if !m.HasTimestamp {
			return hashKey(nil)
		}
		var digits [20]byte
		return hashKey(strconv.AppendUint(digits[:0], m.Timestamp, 10))
	},
}

// hashOn returns the hash that the arguments of a declaration ask for: of a
// header, of a property, or else of the publish's routing key. A message
// without the header hashes as one without a value, so all of those go the
// same way.
func hashOn(args amqp.Table) func(m *Message, keys [][]byte) uint64 {
	if v, ok := args.Get(argHashHeader); ok {
		header, _ := v.Str()
		return func(m *Message, _ [][]byte) uint64 {
			value, _ := amqp.Lookup(m.Headers, header)
			if value.Kind == amqp.KindLongAlias {
				value.Kind = amqp.KindLong
			}
			return mix(hashBytes((fnvOffset^uint64(value.Kind))*fnvPrime, value.Data))
		}
	}
	if v, ok := args.Get(argHashProperty); ok {
		property, _ := v.Str()
		hash := hashProperties[property]
		return func(m *Message, _ [][]byte) uint64 { return hash(m) }
	}
	return func(_ *Message, keys [][]byte) uint64 { return hashKey(keys[0]) }
}

// checkHashArguments accepts one of hash-header and hash-property. RabbitMQ
// crashes on a value that is not a long string, and so the client gets 541.
func checkHashArguments(args amqp.Table) *amqp.Error {
	_, hasHeader := args.Get(argHashHeader)
	property, hasProperty := args.Get(argHashProperty)
	for _, name := range [...]string{argHashHeader, argHashProperty} {
		if v, ok := args.Get(name); ok && v.Kind() != amqp.KindLongStr {
			return amqp.InternalError()
		}
	}
	if hasHeader && hasProperty {
		return errArgument("hash-header and hash-property are mutually exclusive")
	}
	if hasProperty {
		name, _ := property.Str()
		if hashProperties[name] == nil {
			return errArgument("Unsupported property: %s", name)
		}
	}
	return nil
}
