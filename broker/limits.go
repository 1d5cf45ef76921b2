package broker

import "time"

// Limits of the broker that are not settings. Sizes are octets.
const (
	// readSmall is the read buffer of a quiet connection, readLarge that of a
	// busy one; a connection moves between them by powers of two.
	readSmall = 512
	readLarge = 256 << 10
	// shrinkAfter is how many short reads in a row bring the buffer down.
	shrinkAfter = 16

	// batchMessages and batchOctets bound how much is published before the
	// queues are told, so that a batch stays in the processor's cache.
	batchMessages = 512
	batchOctets   = 1 << 20

	// outputChunk is the unit in which frames gather for a socket, outputSmall
	// the first piece on a quiet connection.
	outputChunk = 64 << 10
	outputSmall = 1 << 10
	// outputHigh is the backlog of one connection over which its consumers take
	// no more, outputLow the one under which they take again.
	outputHigh = 1 << 20
	outputLow  = 256 << 10
	// owedHigh is how much may wait for a client that asks and does not read
	// before it is not read from any more. It is large, because a client may
	// well write all its questions before it reads the first answer.
	owedHigh = 64 << 20
	// typicalMessage is how large the first messages of a consumer are taken to
	// be when several are chosen before one was seen.
	typicalMessage = 8 << 10
	// inlineWrites bounds how long a publisher writes other people's frames.
	inlineWrites = 4
	// publishStall is how long, at most, a batch waits for a consumer's socket
	// that it filled, so that consumers keep up with publishers.
	publishStall = 20 * time.Millisecond

	// routeCacheSize bounds the routes a connection remembers.
	routeCacheSize = 4096

	// closeSilence is how long the socket stays open, silent, after a handshake
	// that failed without a close method (amqp-behaviour §1.3, §1.4, §1.6).
	closeSilence = 3 * time.Second
	// closeWait is how long a closed connection waits for its client to hang up
	// when heartbeats do not say (amqp-behaviour §1.8).
	closeWait = 30 * time.Second

	// consumerTimeoutTick is how often unacknowledged deliveries are checked.
	consumerTimeoutTick = 60 * time.Second

	// maxMessageSize is the hard cap of a message's body (amqp-behaviour §5.1).
	maxMessageSize = 512 << 20
	// maxTTL bounds every time to live, in milliseconds: ten years.
	maxTTL = 315_360_000_000
)
