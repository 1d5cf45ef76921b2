package exchange

import "amqpd/amqp"

// Type is a row of the table of exchange types.
type Type struct {
	// Name is what exchange.declare says.
	Name Kind
	// Description is what the management API lists.
	Description string
	// Cacheable types look at nothing but the routing key.
	Cacheable bool
	// ReplaysHistory types have their recent messages replayed to each new
	// binding; see [History].
	ReplaysHistory bool
	// Delays types hold a message back that asks for it; see [Delay].
	Delays bool

	// checkArguments checks a declaration; nil accepts everything.
	checkArguments func(args amqp.Table) *amqp.Error
	// checkBinding returns what is wrong with a binding from x, "" if nothing;
	// nil accepts everything.
	checkBinding func(x Exchange, b Binding) string
	// build returns an empty matcher for x, whose arguments have been checked.
	build func(x Exchange, env env) matcher
}

// types is all there is to know about exchange types (amqp-behaviour §3.5).
// A new type is a file and a row; the conformance test runs against each.
//
// The hash types see only the key, too, but their callers use many keys, each
// a few times: caching would cost more than hashing again.
var types = []Type{
	{
		Name: Direct, Description: "AMQP direct exchange, as per the AMQP specification",
		Cacheable: true, build: newDirect,
	},
	{
		Name: Fanout, Description: "AMQP fanout exchange, as per the AMQP specification",
		Cacheable: true, build: newFanout,
	},
	{
		Name: Topic, Description: "AMQP topic exchange, as per the AMQP specification",
		Cacheable: true, build: newTopic,
	},
	{
		Name: Headers, Description: "AMQP headers exchange, as per the AMQP specification",
		checkBinding: checkMatchArgument, build: newHeaders,
	},
	{
		Name: ConsistentHash, Description: "Consistent Hashing Exchange",
		checkArguments: checkHashArguments, checkBinding: checkWeight, build: newConsistentHash,
	},
	{
		Name: Random, Description: "AMQP Random Exchange. Like a direct exchange, but randomly chooses who to route to.",
		build: newRandom,
	},
	{
		Name: ModulusHash, Description: "Modulus Hashing Exchange",
		build: newModulusHash,
	},
	{
		Name: RecentHistory, Description: "Recent History Exchange.",
		ReplaysHistory: true, checkArguments: checkHistoryLength, build: newFanout,
	},
	{
		Name: DelayedMessage, Description: "Delayed Message Exchange.",
		Delays: true, checkArguments: checkDelayedType, checkBinding: checkInnerBinding, build: newInner,
	},
}

// typesByName indexes types. It is filled at start because the row of
// x-delayed-message looks other rows up.
var typesByName = map[string]*Type{}

func init() {
	for i := range types {
		typesByName[string(types[i].Name)] = &types[i]
	}
}

// Types returns the rows of the table, in its order. The slice is the
// caller's.
func Types() []Type { return append([]Type(nil), types...) }

// TypeNamed returns the row of a type and whether there is one.
func TypeNamed(name string) (Type, bool) {
	if t := typesByName[name]; t != nil {
		return *t, true
	}
	return Type{}, false
}

// RoutesAs returns the type by which x routes: its own, or for
// x-delayed-message the one of its argument x-delayed-type. ok is false when
// the type is unknown.
func (x Exchange) RoutesAs() (t Type, ok bool) {
	if x.Type == DelayedMessage {
		return TypeNamed(innerType(x.Arguments))
	}
	return TypeNamed(x.Type)
}

// env is what a matcher may need besides its exchange.
type env struct {
	// pick returns an even random number below n, which is at least 1. Any
	// number of goroutines call it at once.
	pick func(n uint64) uint64
}

// matcher is the bindings of one exchange, arranged for its type. add, remove
// and match on the same matcher are never concurrent with add or remove; match
// runs concurrently with itself and keeps its working memory in the Result.
type matcher interface {
	// add takes in a binding that is not there yet.
	add(b *bound)
	// remove forgets a binding that was added.
	remove(b *bound)
	// match adds to res what m leads to. keys are the routing key and after it
	// the sender-selected ones.
	match(m *Message, keys [][]byte, res *Result)
}
