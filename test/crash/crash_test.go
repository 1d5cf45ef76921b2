package crash

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"amqpd/test/node"
)

var amqpd *node.Binary

func TestMain(m *testing.M) { os.Exit(node.Main(m, &amqpd)) }

// The queues of the load, all durable.
const (
	pairA  = "pair.a" // transactions publish to both
	pairB  = "pair.b"
	inbox  = "inbox"  // transactions move messages from here
	outbox = "outbox" // to here
	fading = "fading" // messages have a TTL each, and expire into dying
	dying  = "dying"  // messages expire into graves
	graves = "graves"
	late   = "late"   // messages come through later, which delays them
	ranked = "ranked" // has priorities
	voted  = "voted"  // a quorum queue
	purged = "purged"
	reborn = "reborn" // deleted and declared again: absent at times

	later = "later" // the exchange that delays

	ttl     = 100 // of dying, and at most of a message in fading [ms]
	delay   = 300 // at most, of later [ms]
	highest = 4   // priority
)

// plain are queues that are published to and, but for the first, consumed.
var plain = []string{"plain.0", "plain.1", "plain.2"}

// fewRounds is how many crashes a test run has without CRASH_ROUNDS.
const fewRounds = 6

// segmentSize is small, so that the log goes through many segments: they are indexed,
// carried and given back between the crashes and during them.
const segmentSize = "256KiB"

// world is one node, its clients and what they know.
type world struct {
	t      *testing.T
	node   *node.Node
	random *rand.Rand
	ledger *ledger
}

// queues lists the queues that are always there.
func (w *world) queues() []string {
	return append([]string{pairA, pairB, inbox, outbox, fading, dying, graves, late, ranked, voted, purged}, plain...)
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func TestCrash_Ledger(t *testing.T) {
	seed := setting(t, "CRASH_SEED", uint64(time.Now().UnixNano()))
	rounds := int(setting(t, "CRASH_ROUNDS", fewRounds))
	t.Logf("CRASH_SEED=%d CRASH_ROUNDS=%d", seed, rounds)
	w := &world{t: t, node: amqpd.Start(t, "--log-level", "info", "--segment-size", segmentSize), random: rand.New(rand.NewPCG(seed, 0)), ledger: newLedger(t)}
	w.declare()
	for i := 1; i <= rounds && !t.Failed(); i++ {
		clean := w.random.IntN(5) == 0
		r := w.start(i)
		<-r.enough
		if clean {
			r.stop()
			w.node.Stop()
		} else {
			w.node.Kill()
			r.stop()
		}
		flags := w.flags()
		w.node.SetFlags(flags...)
		w.node.Restart()
		w.audit(clean)
		t.Logf("round %d: clean stop %v, then sync %s; %v", i, clean, flags[len(flags)-1], w.ledger)
	}
}

// arguments are those of the queues that have some.
var arguments = map[string]amqp.Table{
	fading: {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dying},
	dying:  {"x-message-ttl": ttl, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": graves},
	ranked: {"x-max-priority": highest},
	voted:  {"x-queue-type": "quorum"},
}

// declare declares the queues, and the exchange that delays.
func (w *world) declare() {
	w.t.Helper()
	ch := w.node.Channel()
	for _, q := range w.queues() {
		queue(w.t, ch, q, true, false, arguments[q])
	}
	must(w.t, ch.ExchangeDeclare(later, "x-delayed-message", true, false, false, false, amqp.Table{"x-delayed-type": "direct"}))
	must(w.t, ch.QueueBind(late, late, later, false, nil))
}

// flags are those of the node's next life. A crash of the process loses nothing, whatever
// sync says, and messages come from the disk as well as from memory.
func (w *world) flags() []string {
	modes := []string{"always", "always", "interval", "os"}
	return []string{"--log-level", "info", "--segment-size", segmentSize, "--sync", modes[w.random.IntN(len(modes))]}
}

// round is the load between two crashes.
type round struct {
	*world
	number    int
	published atomic.Int64
	target    int64         // messages until there are enough
	enough    chan struct{} // closed then
	stopped   chan struct{} // closed when the workers are to end
	workers   sync.WaitGroup
}

// start starts the workers of a round.
func (w *world) start(number int) *round {
	r := &round{world: w, number: number, target: 200 + w.random.Int64N(4000), enough: make(chan struct{}), stopped: make(chan struct{})}
	for _, q := range plain {
		r.work("first."+q, publisher(q))
		r.work("second."+q, publisher(q))
	}
	r.work("consumer.1", consumer(plain[1]))
	r.work("consumer.2", consumer(plain[2]))
	r.work("pairs", pairs)
	r.work("feeder", publisher(inbox))
	r.work("mover", mover)
	r.work("mortal", publisher(dying))
	r.work("fader", publisher(fading))
	r.work("delayer", publisher(late))
	r.work("ranker", publisher(ranked))
	r.work("second.ranker", publisher(ranked))
	r.work("consumer.ranked", consumer(ranked))
	r.work("voter", publisher(voted))
	r.work("consumer.voted", consumer(voted))
	r.work("purger", purger)
	r.work("phoenix", phoenix)
	return r
}

// work starts a worker with a connection and a name of its own.
func (r *round) work(name string, do func(*worker)) {
	w := &worker{round: r, name: fmt.Sprintf("%s.%d", name, r.number), random: rand.New(rand.NewPCG(r.random.Uint64(), 1))}
	w.ch = r.node.Channel()
	r.workers.Go(func() { do(w) })
}

// count counts a publish.
func (r *round) count() {
	if r.published.Add(1) == r.target {
		close(r.enough)
	}
}

// goes tells whether the round goes on.
func (r *round) goes() bool {
	select {
	case <-r.stopped:
		return false
	default:
		return true
	}
}

// stop ends the workers and waits for them.
func (r *round) stop() {
	close(r.stopped)
	r.workers.Wait()
}
