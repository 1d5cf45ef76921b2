package policy

// Overflow says what a full queue does with one message more
// (amqp-behaviour §4.5).
type Overflow uint8

// The ways to handle a full queue. DropHead is the default.
const (
	DropHead         Overflow = iota // drop, or dead-letter, from the head
	RejectPublish                    // refuse the new message
	RejectPublishDLX                 // refuse it and dead-letter it
)

var overflowNames = [...]string{
	DropHead:         "drop-head",
	RejectPublish:    "reject-publish",
	RejectPublishDLX: "reject-publish-dlx",
}

// String is the value of x-overflow that asks for o.
func (o Overflow) String() string {
	if int(o) >= len(overflowNames) {
		return "unknown"
	}
	return overflowNames[o]
}

// Values of Settings.HAMinInSync that are not a count.
const (
	MinInSyncDefault  = 0  // not set: 1 for two copies, a majority from three on
	MinInSyncMajority = -1 // "majority" of the copies aimed at
)

// Settings is what arguments and policies come to for one queue or exchange.
// It is a plain value: copying it is cheap and nobody else owns its parts,
// except that HAParams may hold a list shared with a policy, which is to be
// read only.
//
// Every number that counts or measures is −1 when nothing sets it, unless its
// comment says otherwise; every text is "" when nothing sets it.
type Settings struct {
	Kind Kind

	MessageTTL int64 // ms a message may wait in the queue; 0: deliver at once or never
	Expires    int64 // ms without consumers after which the queue goes; never 0
	MaxLength  int64 // ready messages
	MaxBytes   int64 // octets of ready bodies
	Overflow   Overflow

	// MaxInMemoryLength (messages) and MaxInMemoryBytes (octets) are kept for
	// display; they have no effect, as in RabbitMQ 3.10.
	MaxInMemoryLength int64
	MaxInMemoryBytes  int64

	// DeadLetter says that DeadLetterExchange is set, which may be "" for the
	// default exchange. DeadLetterKey counts only with HasDeadLetterKey.
	// DeadLetterStrategy is "at-most-once" or "at-least-once"; Resolve has
	// already fallen back to the former where the overflow setting demands it.
	DeadLetter         bool
	DeadLetterExchange string
	DeadLetterKey      string
	HasDeadLetterKey   bool
	DeadLetterStrategy string

	MaxPriority          uint8 // highest priority; 0: not a priority queue
	SingleActiveConsumer bool
	DeliveryLimit        int64 // returns of a message before it is dead-lettered

	QueueMode     string // "default" or "lazy"
	QueueVersion  int    // 1 or 2; 0: not set
	MasterLocator string // "min-masters", "client-local", "random"
	LeaderLocator string // "client-local", "balanced", "random", "least-leaders"

	// The ha-* keys (amqp-behaviour §9.4). HAParams is an int64 for HAMode
	// "exactly", a []string for "nodes", nil otherwise. HASyncBatchSize and
	// HAMinInSync are 0 when not set; see MinInSyncMajority for the latter.
	HAMode              string
	HAParams            any
	HASyncMode          string
	HASyncBatchSize     int
	HAPromoteOnFailure  string
	HAPromoteOnShutdown string
	HAMinInSync         int

	InitialGroupSize int // copies of a new quorum or stream queue; 0: not set

	MaxAge          int64 // ms a stream keeps a message
	MaxSegmentBytes int64 // octets of one stream segment

	// AlternateExchange of an exchange counts only with HasAlternate.
	AlternateExchange string
	HasAlternate      bool
}

// NewSettings returns the settings of a queue of kind k to which neither
// arguments nor policies say anything.
func NewSettings(k Kind) Settings {
	return Settings{
		Kind:              k,
		MessageTTL:        -1,
		Expires:           -1,
		MaxLength:         -1,
		MaxBytes:          -1,
		MaxInMemoryLength: -1,
		MaxInMemoryBytes:  -1,
		DeliveryLimit:     -1,
		MaxAge:            -1,
		MaxSegmentBytes:   -1,
	}
}

// AtLeastOnce says that a dead letter stays until every queue that it leads to has
// it (amqp-behaviour §5.8).
func (s *Settings) AtLeastOnce() bool {
	return s.DeadLetter && s.DeadLetterStrategy == "at-least-once"
}
