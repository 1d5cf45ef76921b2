package queue

import "amqpd/policy"

// kind is what differs between the kinds of queues. All of it stands in the
// table below; the code asks the row and never the name.
type kind struct {
	levels       int  // ready levels without x-max-priority; 1: none
	priorities   bool // x-max-priority counts (amqp-behaviour §4.4)
	exclusive    bool // exclusive consumers keep others out (§5.4)
	seniority    bool // single active consumer: x-priority decides who is next, then age (§5.4)
	moves        bool // what comes back gets a new place and counts as delivered once more (§5.5)
	softLimit    bool // reject-publish holds one message more than the limit (§4.5)
	refusesToDLX bool // reject-publish-dlx is known, otherwise it is drop-head (§4.4)
	prefetch     int  // what prefetch 0 means; 0: unlimited (§2.1)
}

// kinds lists the kinds this package keeps. A stream is not one of them: its
// consumers read without consuming, each at its own offset, so there is no
// single order to take messages out of.
var kinds = [...]kind{
	policy.Classic: {
		levels:       1,
		priorities:   true,
		exclusive:    true,
		seniority:    true,
		refusesToDLX: true,
	},
	policy.Quorum: {
		levels:    2, // see quorum.go
		moves:     true,
		softLimit: true,
		prefetch:  2000,
	},
}

// Keeps says whether New makes queues of kind k.
func Keeps(k policy.Kind) bool { return int(k) < len(kinds) }
