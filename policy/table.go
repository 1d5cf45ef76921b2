package policy

import "math"

// Scope is what an argument is given to.
type Scope uint8

// The scopes. OnPolicy rows have no argument.
const (
	OnQueue    Scope = iota // queue.declare
	OnExchange              // exchange.declare
	OnConsumer              // basic.consume
	OnPolicy                // policies only
)

// Rule is how the argument and the policy key of a row come together for one
// kind of queue (amqp-behaviour §9.2).
type Rule uint8

// The rules. Refused is the zero value: a policy that has the key is not
// applied to such a queue at all (§9.1). Ignored: it is, but the key does
// nothing.
const (
	Refused Rule = iota
	Ignored
	Minimum
	Maximum
	ArgumentWins
	PolicyWins
)

// Use is what one kind of queue makes of a row. Position is the place of the
// argument, from 1, in the list by which a redeclaration is compared (§4.4);
// 0 means that the argument is refused.
type Use struct {
	Position int
	Policy   Rule
}

// Row is all that there is to know about an argument and the policy key of the
// same meaning.
type Row struct {
	Argument string     // "x-message-ttl"; "" when only policies have it
	Key      string     // "message-ttl"; "" when only arguments have it
	Doc      string     // one sentence for users
	On       Scope      // what takes the argument
	Arg      Check      // what the argument must be
	Policy   Check      // what the policy key must be
	Invalid  string     // text for a policy that has something else (§9.3)
	Group    Group      // when the policy key is checked
	Running  bool       // the argument of a queue that is there may be changed
	Operator Rule       // how an operator's value joins a policy's; Refused: it may not set it
	Kinds    [kinds]Use // Classic, Quorum, Stream
	Set      Setter     // puts the value in force into Settings; nil: no setting
}

// Group orders the checks of a policy's keys, of which the first fault is
// reported. Inside GroupPlain the keys are checked in alphabetical order,
// inside GroupMirror in the order of the table.
type Group uint8

// The groups in their order.
const (
	GroupLocator Group = iota
	GroupPlain
	GroupMirror
)

// Table is every argument and every policy key. Rows stand in the order in
// which RabbitMQ checks the arguments of one declaration. It is read only.
//
// A new argument or key is a row here and the code that acts on its setting.
var Table = []Row{
	{
		Argument: "x-expires", Key: "expires",
		Doc:     "Milliseconds without consumers, declarations and gets after which the queue is deleted.",
		Arg:     between(1, maxMillis, tailZero, tailTooLarge),
		Policy:  atLeast(1),
		Invalid: "{v} is not a valid queue expiry", Group: GroupPlain, Operator: Minimum,
		Running: true,
		Kinds:   [kinds]Use{Classic: {1, Minimum}, Quorum: {4, PolicyWins}},
		Set:     whole(func(s *Settings) *int64 { return &s.Expires }),
	},
	{
		Argument: "x-message-ttl", Key: "message-ttl",
		Doc:     "Milliseconds that a message may wait in the queue; 0 delivers it at once or drops it.",
		Arg:     between(0, maxMillis, "", tailTooLarge),
		Policy:  atLeast(0),
		Invalid: "{v} is not a valid message TTL", Group: GroupPlain, Operator: Minimum,
		Running: true,
		Kinds:   [kinds]Use{Classic: {2, Minimum}, Quorum: {14, Minimum}},
		Set:     whole(func(s *Settings) *int64 { return &s.MessageTTL }),
	},
	{
		Argument: "x-dead-letter-exchange", Key: "dead-letter-exchange",
		Doc: "Exchange to which messages go that are rejected, expire, are dropped for length or returned too often.",
		Arg: Check{
			Form: FormText, Stage: StageResource, Whole: true,
			Wrong: "invalid type '{t}' for arg '{arg}' in {res}",
		},
		Policy:  Check{Form: FormText},
		Invalid: "{v} is not a valid dead letter exchange name", Group: GroupPlain,
		Running: true,
		Kinds:   [kinds]Use{Classic: {3, ArgumentWins}, Quorum: {1, ArgumentWins}},
		Set: text(func(s *Settings, name string) {
			s.DeadLetter, s.DeadLetterExchange = true, name
		}),
	},
	{
		Argument: "x-dead-letter-routing-key", Key: "dead-letter-routing-key",
		Doc: "Routing key of dead-lettered messages, in place of their own.",
		Arg: Check{
			Form: FormText, Needs: "x-dead-letter-exchange",
			Lacking: "routing_key_but_no_dlx_defined",
		},
		Policy:  Check{Form: FormText},
		Invalid: "{v} is not a valid dead letter routing key", Group: GroupPlain,
		Running: true,
		Kinds:   [kinds]Use{Classic: {4, ArgumentWins}, Quorum: {2, ArgumentWins}},
		Set: text(func(s *Settings, key string) {
			s.HasDeadLetterKey, s.DeadLetterKey = true, key
		}),
	},
	{
		Argument: "x-dead-letter-strategy", Key: "dead-letter-strategy",
		Doc:     "Whether dead-lettering may lose a message (at-most-once) or repeat one (at-least-once, with overflow reject-publish only).",
		Arg:     word("invalid_dlx_strategy", "at-most-once", "at-least-once"),
		Policy:  word("invalid", "at-most-once", "at-least-once"),
		Invalid: "{v} is not a valid dead letter strategy", Group: GroupPlain,
		Running: true,
		Kinds:   [kinds]Use{Quorum: {3, ArgumentWins}},
		Set:     text(func(s *Settings, v string) { s.DeadLetterStrategy = v }),
	},
	{
		Argument: "x-max-length", Key: "max-length",
		Doc:     "Most ready messages that the queue holds before it overflows.",
		Arg:     atLeast(0),
		Policy:  atLeast(0),
		Invalid: "{v} is not a valid maximum length", Group: GroupPlain, Operator: Minimum,
		Running: true,
		Kinds:   [kinds]Use{Classic: {5, Minimum}, Quorum: {5, Minimum}},
		Set:     whole(func(s *Settings) *int64 { return &s.MaxLength }),
	},
	{
		Argument: "x-max-length-bytes", Key: "max-length-bytes",
		Doc:     "Most octets of ready message bodies that the queue holds before it overflows.",
		Arg:     atLeast(0),
		Policy:  atLeast(0),
		Invalid: "{v} is not a valid maximum length in bytes", Group: GroupPlain, Operator: Minimum,
		Running: true,
		Kinds:   [kinds]Use{Classic: {6, Minimum}, Quorum: {6, Minimum}, Stream: {1, PolicyWins}},
		Set:     whole(func(s *Settings) *int64 { return &s.MaxBytes }),
	},
	{
		Argument: "x-max-in-memory-length", Key: "max-in-memory-length",
		Doc:     "Accepted and without effect: backlogs live on disk.",
		Arg:     atLeast(0),
		Policy:  atLeast(0),
		Invalid: "{v} is not a valid maximum memory in bytes", Group: GroupPlain, Operator: Minimum,
		Kinds: [kinds]Use{Classic: {0, Ignored}, Quorum: {7, Minimum}},
		Set:   whole(func(s *Settings) *int64 { return &s.MaxInMemoryLength }),
	},
	{
		Argument: "x-max-in-memory-bytes", Key: "max-in-memory-bytes",
		Doc:     "Accepted and without effect: backlogs live on disk.",
		Arg:     atLeast(0),
		Policy:  atLeast(0),
		Invalid: "{v} is not a valid maximum memory in bytes", Group: GroupPlain, Operator: Minimum,
		Kinds: [kinds]Use{Classic: {0, Ignored}, Quorum: {8, Minimum}},
		Set:   whole(func(s *Settings) *int64 { return &s.MaxInMemoryBytes }),
	},
	{
		Argument: "x-max-priority",
		Doc:      "Highest priority of the queue's messages, up to 255; 0 keeps plain order.",
		Arg:      between(0, 255, "", "{max_value_exceeded,{v}}"),
		Policy:   Check{Form: FormNone},
		Kinds:    [kinds]Use{Classic: {Position: 7}},
		Set:      count(func(s *Settings, n int) { s.MaxPriority = uint8(min(n, 255)) }),
	},
	{
		Argument: "x-overflow", Key: "overflow",
		Doc:     "What a full queue does: drop-head, reject-publish or reject-publish-dlx.",
		Arg:     word("invalid_overflow", overflowNames[:]...),
		Policy:  word("invalid", overflowNames[:]...),
		Invalid: "{v} is not a valid overflow value", Group: GroupPlain,
		Running: true,
		Kinds:   [kinds]Use{Classic: {8, ArgumentWins}, Quorum: {9, PolicyWins}},
		Set:     text(setOverflow),
	},
	{
		Argument: "x-queue-mode", Key: "queue-mode",
		Doc:     "Accepted and without effect: every queue keeps its backlog on disk, as lazy queues do.",
		Arg:     word(`"unsupported queue mode '{v}'"`, "default", "lazy"),
		Policy:  word("invalid", "default", "lazy"),
		Invalid: "{v} is not a valid queue-mode value", Group: GroupPlain,
		Kinds: [kinds]Use{Classic: {9, ArgumentWins}},
		Set:   text(func(s *Settings, v string) { s.QueueMode = v }),
	},
	{
		Argument: "x-queue-version", Key: "queue-version",
		Doc:     "Accepted and without effect: there is one storage format.",
		Arg:     between(1, 2, `"unsupported queue version '{v}'"`, `"unsupported queue version '{v}'"`),
		Policy:  between(1, 2, "invalid", "invalid"),
		Invalid: "{v} is not a valid queue-version value", Group: GroupPlain,
		Kinds: [kinds]Use{Classic: {10, ArgumentWins}, Quorum: {0, Ignored}, Stream: {0, Ignored}},
		Set:   count(func(s *Settings, n int) { s.QueueVersion = n }),
	},
	{
		Argument: "x-single-active-consumer",
		Doc:      "Whether only one consumer at a time gets messages, the next taking over when it goes.",
		Arg:      Check{Form: FormFlag},
		Policy:   Check{Form: FormNone},
		Kinds:    [kinds]Use{Classic: {Position: 11}, Quorum: {Position: 10}},
		Set:      flag(func(s *Settings, on bool) { s.SingleActiveConsumer = on }),
	},
	{
		Argument: "x-queue-type",
		Doc:      "Kind of the queue: classic, quorum or stream.",
		Arg: Check{
			Form: FormWord, Stage: StageKind,
			Words: []string{"classic", "quorum", "stream"},
			Bad:   `"unsupported queue type '{v}'"`,
		},
		Policy: Check{Form: FormNone},
		Kinds:  [kinds]Use{Classic: {Position: 12}, Quorum: {Position: 11}, Stream: {Position: 2}},
	},
	{
		Argument: "x-quorum-initial-group-size",
		Doc:      "Number of copies of a new quorum queue.",
		Arg:      atLeast(1),
		Policy:   Check{Form: FormNone},
		Kinds:    [kinds]Use{Quorum: {Position: 12}},
		Set:      count(func(s *Settings, n int) { s.InitialGroupSize = n }),
	},
	{
		Argument: "x-delivery-limit", Key: "delivery-limit",
		Doc:     "How often a message may be returned before it is dropped or dead-lettered; a negative number never.",
		Arg:     Check{Form: FormAny},
		Policy:  atLeast(0),
		Invalid: "{v} is not a valid delivery limit", Group: GroupPlain, Operator: Minimum,
		Running: true,
		Kinds:   [kinds]Use{Quorum: {13, Minimum}},
		Set:     whole(func(s *Settings) *int64 { return &s.DeliveryLimit }),
	},
	{
		Argument: "x-max-age", Key: "max-age",
		Doc:     "How long a stream keeps messages: a number and one of Y, M, D, h, m, s.",
		Arg:     Check{Form: FormAge, Bad: "invalid_max_age"},
		Policy:  Check{Form: FormAge, Bad: "invalid"},
		Invalid: "{v} is not a valid max age", Group: GroupPlain,
		Kinds: [kinds]Use{Stream: {3, PolicyWins}},
		Set:   text(func(s *Settings, v string) { s.MaxAge, _ = ParseAge(v) }),
	},
	{
		Argument: "x-stream-max-segment-size-bytes", Key: "stream-max-segment-size-bytes",
		Doc: "Octets after which a stream starts another segment, up to 3,000,000,000.",
		Arg: Check{
			Form: FormInteger, Max: maxSegment, Stage: StageCreate, Whole: true,
			High: "Exceeded max value for {arg}",
		},
		Policy:  between(0, maxSegment, "", "invalid"),
		Invalid: "{v} is not a valid segment size", Group: GroupPlain,
		Kinds: [kinds]Use{Stream: {4, PolicyWins}},
		Set:   whole(func(s *Settings) *int64 { return &s.MaxSegmentBytes }),
	},
	{
		Argument: "x-initial-cluster-size", Key: "initial-cluster-size",
		Doc:     "Number of copies of a new stream.",
		Arg:     atLeast(1),
		Policy:  atLeast(0),
		Invalid: "{v} is not a valid cluster size", Group: GroupPlain,
		Kinds: [kinds]Use{Stream: {5, PolicyWins}},
		Set:   count(func(s *Settings, n int) { s.InitialGroupSize = n }),
	},
	{
		Argument: "x-queue-leader-locator", Key: "queue-leader-locator",
		Doc:     "Where the leader of a new quorum queue or stream is put: client-local or balanced; random and least-leaders are old names of the latter.",
		Arg:     word("invalid_queue_locator_arg", "client-local", "balanced", "random", "least-leaders"),
		Policy:  word("invalid", "client-local", "balanced", "random", "least-leaders"),
		Invalid: "{v} is not a valid queue leader locator value", Group: GroupPlain,
		Kinds: [kinds]Use{Quorum: {15, PolicyWins}, Stream: {6, PolicyWins}},
		Set:   text(func(s *Settings, v string) { s.LeaderLocator = v }),
	},
	{
		Argument: "x-queue-master-locator", Key: "queue-master-locator",
		Doc: "Where the leader of a new classic queue is put: client-local, min-masters or random.",
		Arg: Check{
			Form: FormWord, Stage: StageCreate, Crash: true,
			Words: []string{"min-masters", "client-local", "random"},
			Bad:   "{v} invalid queue-master-locator value",
		},
		Policy:  word("invalid", "min-masters", "client-local", "random"),
		Invalid: "{v} invalid queue-master-locator value", Group: GroupLocator,
		Kinds: [kinds]Use{Classic: {13, ArgumentWins}},
		Set:   text(func(s *Settings, v string) { s.MasterLocator = v }),
	},
	{
		Key: "ha-mode", On: OnPolicy,
		Doc:     "Which nodes hold a copy of a classic queue: all, exactly so many, or the named nodes.",
		Arg:     Check{Form: FormNone},
		Policy:  word("invalid", "all", "exactly", "nodes"),
		Invalid: "{v} is not a valid ha-mode value", Group: GroupMirror,
		Kinds: [kinds]Use{Classic: {Policy: PolicyWins}},
		Set:   text(func(s *Settings, v string) { s.HAMode = v }),
	},
	{
		Key: "ha-params", On: OnPolicy,
		Doc:    "The number of copies for ha-mode exactly, the list of node names for ha-mode nodes.",
		Arg:    Check{Form: FormNone},
		Policy: Check{Form: FormNodes},
		Group:  GroupMirror,
		Kinds:  [kinds]Use{Classic: {Policy: PolicyWins}},
		Set:    setParams,
	},
	{
		Key: "ha-sync-mode", On: OnPolicy,
		Doc:     "Whether a new mirror copies what the queue holds already: automatic, which is the default and does not block, or manual.",
		Arg:     Check{Form: FormNone},
		Policy:  word("invalid", "automatic", "manual"),
		Invalid: `ha-sync-mode must be "manual" or "automatic", got {v}`, Group: GroupMirror,
		Kinds: [kinds]Use{Classic: {Policy: PolicyWins}},
		Set:   text(func(s *Settings, v string) { s.HASyncMode = v }),
	},
	{
		Key: "ha-sync-batch-size", On: OnPolicy,
		Doc:     "Messages that a mirror copies at a time while it catches up; a hint.",
		Arg:     Check{Form: FormNone},
		Policy:  atLeast(1),
		Invalid: "ha-sync-batch-size takes an integer greater than 0, {v} given", Group: GroupMirror,
		Kinds: [kinds]Use{Classic: {Policy: PolicyWins}, Quorum: {Policy: Ignored}, Stream: {Policy: Ignored}},
		Set:   count(func(s *Settings, n int) { s.HASyncBatchSize = n }),
	},
	{
		Key: "ha-promote-on-shutdown", On: OnPolicy,
		Doc:     "Whether an unsynchronised mirror may lead after a clean stop of the leader: when-synced, which is the default, or always.",
		Arg:     Check{Form: FormNone},
		Policy:  word("invalid", "always", "when-synced"),
		Invalid: `ha-promote-on-shutdown must be "always" or "when-synced", got {v}`, Group: GroupMirror,
		Kinds: [kinds]Use{Classic: {Policy: PolicyWins}},
		Set:   text(func(s *Settings, v string) { s.HAPromoteOnShutdown = v }),
	},
	{
		Key: "ha-promote-on-failure", On: OnPolicy,
		Doc:     "Whether an unsynchronised mirror may lead after a crash of the leader, losing messages: when-synced, which is the default, or always.",
		Arg:     Check{Form: FormNone},
		Policy:  word("invalid", "always", "when-synced"),
		Invalid: `ha-promote-on-failure must be "always" or "when-synced", got {v}`, Group: GroupMirror,
		Kinds: [kinds]Use{Classic: {Policy: PolicyWins}},
		Set:   text(func(s *Settings, v string) { s.HAPromoteOnFailure = v }),
	},
	{
		Argument: "x-ha-min-in-sync", Key: "ha-min-in-sync",
		Doc: "Copies that must be in sync for a message to be confirmed: a number or majority; by default 1 of two copies and a majority of more.",
		Arg: Check{
			Form: FormCount, Min: 1, Max: maxCopies, Words: []string{"majority"},
			Low: tailZero, High: tailTooLarge, Bad: "invalid_min_in_sync",
		},
		Policy: Check{
			Form: FormCount, Min: 1, Max: maxCopies, Words: []string{"majority"},
			Low: "invalid", High: "invalid", Bad: "invalid",
		},
		Invalid: `ha-min-in-sync takes an integer greater than 0 or "majority", {v} given`, Group: GroupMirror, Operator: Maximum,
		Kinds: [kinds]Use{Classic: {14, Maximum}},
		Set:   setMinInSync,
	},
	{
		Argument: "alternate-exchange", Key: "alternate-exchange", On: OnExchange,
		Doc: "Exchange that gets the messages which this one cannot route.",
		Arg: Check{
			Form: FormText, Stage: StageResource, Whole: true,
			Wrong: "invalid type '{t}' for arg '{arg}' in {res}",
		},
		Policy:  Check{Form: FormText},
		Invalid: "{v} is not a valid alternate exchange name", Group: GroupPlain,
		Kinds: [kinds]Use{Classic: {Policy: Ignored}, Quorum: {Policy: Ignored}, Stream: {Policy: Ignored}},
		Set: text(func(s *Settings, name string) {
			s.HasAlternate, s.AlternateExchange = true, name
		}),
	},
	{
		Argument: "x-priority", On: OnConsumer,
		Doc:    "Consumers with a higher number get messages first.",
		Arg:    Check{Form: FormInteger, Min: math.MinInt64, Max: math.MaxInt64},
		Policy: Check{Form: FormNone},
		Kinds:  [kinds]Use{Classic: {Position: 2}, Quorum: {Position: 1}},
	},
	{
		Argument: "x-cancel-on-ha-failover", On: OnConsumer,
		Doc:    "Whether the consumer is cancelled when another copy of the queue takes the lead.",
		Arg:    Check{Form: FormFlag},
		Policy: Check{Form: FormNone},
		Kinds:  [kinds]Use{Classic: {Position: 1}},
	},
	{
		Argument: "x-stream-offset", On: OnConsumer,
		Doc:    "Where in a stream to start: first, last, next, an offset, a time, or an age such as 1h.",
		Arg:    Check{Form: FormOffset, Stage: StageCreate, Bad: "{invalid_stream_offset_arg,{pair}}"},
		Policy: Check{Form: FormNone},
		Kinds:  [kinds]Use{Stream: {Position: 1}},
	},
	{
		Argument: "x-credit", On: OnConsumer,
		Doc:    "Credit of the consumer, for bridges to AMQP 1.0.",
		Arg:    Check{Form: FormCredit},
		Policy: Check{Form: FormNone},
		Kinds:  [kinds]Use{Classic: {Position: 3}, Quorum: {Position: 2}, Stream: {Position: 2}},
	},
}
