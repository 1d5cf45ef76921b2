package broker

import (
	"sync"
	"time"

	"amqpd/amqp"
)

// TransferAction is what a transfer does with messages.
type TransferAction string

// The actions.
const (
	TransferMove    TransferAction = "move"
	TransferCopy    TransferAction = "copy"
	TransferRedrive TransferAction = "redrive" // moves each to where it first died
)

// TransferRequest asks for a transfer.
type TransferRequest struct {
	Queue  string // whose messages are moved
	Action TransferAction
	// Of TransferMove and TransferCopy one of the first two is set. ToQueue puts
	// messages into a queue with the exchange and routing key that they have;
	// ToExchange publishes them anew, with RoutingKey or, if that is nil, their own.
	ToQueue, ToExchange, RoutingKey *string
	// RedriveToQueue is for TransferRedrive: into the queue where a message first
	// died, not to the exchange that it had been published to.
	RedriveToQueue bool
	Filter         MessageFilter // State does not count: only what is ready is moved
	MaxRate        int           // messages a second; 0: as fast as it goes
	Limit          int64         // messages; 0: all
}

// TransferState is where a transfer is in its life.
type TransferState string

// The states. The last three are for good.
const (
	TransferRunning TransferState = "running"
	TransferPaused  TransferState = "paused"
	TransferStopped TransferState = "stopped"
	TransferDone    TransferState = "done"
	TransferFailed  TransferState = "failed"
)

// TransferView is a transfer at one moment.
type TransferView struct {
	TransferRequest
	ID       string
	Vhost    string
	User     string // who began it
	State    TransferState
	Total    int64   // messages in the queue at the start
	Examined int64   // of them, looked at
	Moved    int64   // or copied
	Failed   int64   // could not be moved and stayed
	Rate     float64 // messages a second of late
	Error    string  // what went wrong last; "" nothing
	Started  time.Time
	Ended    time.Time // zero: not over
}

const (
	// maxTransfers bounds the transfers of a node that are not over, and
	// keptTransfers those that are and are still shown.
	maxTransfers  = 8
	keptTransfers = 100
	// transferOctets is about how many octets of messages are on their way at a
	// time.
	transferOctets = 4 << 20
	// transferFailures is how many messages in a row may fail before the transfer
	// does.
	transferFailures = 1000
	// stepsPerSecond is how often a transfer with a rate moves some.
	stepsPerSecond = 10
)

// transfer is one transfer. Its goroutine owns what is not guarded.
type transfer struct {
	table *transfers
	agent *Agent
	q     *localQueue
	ask   TransferRequest
	match matcher

	at     span          // what is left of the queue
	inARow int           // messages that failed since one was moved
	next   time.Time     // when the next step may be, as MaxRate has it
	told   TransferState // the latest that those who watch know of
	octets []byte        // of the messages on their way
	picks  []pick        // the messages on their way
	wake   chan struct{} // one place: something changed

	mu   sync.Mutex
	view TransferView // guarded by mu; but for State changed by the goroutine alone
	pace pace         // guarded by mu; of view.Moved
}

// pick is a message on its way. It holds a reference to its octets.
type pick struct {
	glance
	nth     int    // how many were looked at before it in this step
	payload []byte // in transfer.octets; nil: damaged
	at      int    // in batch.msgs, -1: it was not published
	arrived bool   // the destination has it
	err     error  // why it has not
}

// Transfer begins a transfer and returns it. It goes on by itself, on behalf of
// the agent's user, until it is over or stopped, or until the broker stops.
//
// A message is settled in its queue only after its destination has it durably,
// so a crash leaves it in both or in one, never in none. It is withheld from
// consumers meanwhile. Errors: those of basic.get on the queue, of basic.publish
// for the destination as far as it is known, and 406 for a request that makes no
// sense, or too many transfers.
func (a *Agent) Transfer(ask TransferRequest) (view TransferView, err error) {
	err = a.on(func(ch *channel) error {
		q, err := ch.readable(amqp.MethodBasicGet, ask.Queue)
		if err != nil {
			return err
		}
		if err := a.checkTransfer(ch, &ask); err != nil {
			return err
		}
		x := &transfer{
			table: &a.b.transfers, agent: a, q: q, ask: ask, match: ask.Filter.compile(ch.c.batch.now), wake: make(chan struct{}, 1),
			view: TransferView{
				TransferRequest: ask, Vhost: a.vhost.name, User: a.user.Name, State: TransferRunning, Started: time.Now(),
			},
		}
		x.pace.at = x.view.Started
		q.mu.Lock()
		x.at.end = q.core.NextSeq()
		x.view.Total = int64(q.core.Ready() + q.core.Unacked())
		q.mu.Unlock()
		if !x.table.begin(x) {
			return amqp.PreconditionFailed(0, "%d transfers are under way on this node, which is the most; wait for one, or stop one", maxTransfers)
		}
		view = x.shown()
		return nil
	})
	return view, err
}

// checkTransfer checks a request as far as that can be without its messages.
func (a *Agent) checkTransfer(ch *channel, ask *TransferRequest) error {
	switch {
	case ask.Action == TransferRedrive:
		if ask.ToQueue != nil || ask.ToExchange != nil || ask.RoutingKey != nil {
			return amqp.PreconditionFailed(0, "a redrive has no destination: every message says where it goes")
		}
		return nil
	case ask.Action != TransferMove && ask.Action != TransferCopy:
		return amqp.PreconditionFailed(0, "unknown action '%s': use move, copy or redrive", ask.Action)
	case ask.RedriveToQueue:
		return amqp.PreconditionFailed(0, "only a redrive goes back to where messages died")
	case (ask.ToQueue == nil) == (ask.ToExchange == nil):
		return amqp.PreconditionFailed(0, "the destination is a queue or an exchange")
	case ask.ToQueue != nil && ask.RoutingKey != nil:
		return amqp.PreconditionFailed(0, "a queue as destination has no routing key")
	}
	if ask.ToQueue != nil && *ask.ToQueue == ask.Queue || ask.ToExchange != nil && *ask.ToExchange == "" &&
		ask.RoutingKey != nil && *ask.RoutingKey == ask.Queue {
		return amqp.PreconditionFailed(0, "the messages of %s cannot be moved or copied to itself", resource("queue", a.vhost.name, ask.Queue))
	}
	if ask.RoutingKey != nil {
		if _, err := amqp.AppendEnvelope(nil, "", *ask.RoutingKey); err != nil {
			return amqp.PreconditionFailed(0, "the routing key is longer than 255 octets")
		}
	}
	return ch.mayTransfer(ask)
}

// mayTransfer checks that the destination of a move or copy is there and may be
// written to.
func (ch *channel) mayTransfer(ask *TransferRequest) error {
	const id = amqp.MethodBasicPublish
	if ask.ToQueue != nil {
		if e := ch.c.authorize(id, write, "exchange", ""); e != nil {
			return e
		}
		_, err := ch.queue(id, *ask.ToQueue)
		return err
	}
	_, err := ch.c.writable(*ask.ToExchange)
	return err
}

// shown is the transfer as it is.
func (x *transfer) shown() TransferView {
	x.mu.Lock()
	defer x.mu.Unlock()
	v := x.view
	if v.State == TransferRunning {
		v.Rate = x.pace.now(time.Now(), v.Moved)
	}
	return v
}

// tell tells those who watch that the transfer began, changed its state or is
// forgotten.
func (x *transfer) tell(action string) {
	w := &x.agent.b.watchers
	if w.any.Load() {
		w.tell(Event{Kind: "transfer", Action: action, Vhost: x.agent.vhost.name, Name: x.view.ID, User: x.agent.user.Name})
	}
}

// turn changes the state from one of those in from, and reports whether it was
// one of them.
func (x *transfer) turn(to TransferState, from ...TransferState) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, state := range from {
		if x.view.State == state {
			x.view.State = to
			select {
			case x.wake <- struct{}{}:
			default:
			}
			return true
		}
	}
	return false
}

// Transfers lists the transfers of the node, oldest first.
func (b *Broker) Transfers() []TransferView {
	b.transfers.mu.Lock()
	defer b.transfers.mu.Unlock()
	list := make([]TransferView, len(b.transfers.list))
	for i, x := range b.transfers.list {
		list[i] = x.shown()
	}
	return list
}

// Transfer returns one transfer.
func (b *Broker) Transfer(id string) (view TransferView, ok bool) {
	if x := b.transfers.find(id); x != nil {
		return x.shown(), true
	}
	return TransferView{}, false
}

// PauseTransfer lets a transfer wait; false: there is none of that name that
// goes on.
func (b *Broker) PauseTransfer(id string) bool {
	x := b.transfers.find(id)
	return x != nil && x.turn(TransferPaused, TransferRunning, TransferPaused)
}

// ResumeTransfer lets a transfer go on; false as for PauseTransfer.
func (b *Broker) ResumeTransfer(id string) bool {
	x := b.transfers.find(id)
	return x != nil && x.turn(TransferRunning, TransferPaused, TransferRunning)
}

// StopTransfer ends a transfer: what is on its way gets there, the rest stays.
// false as for PauseTransfer.
func (b *Broker) StopTransfer(id string) bool {
	x := b.transfers.find(id)
	return x != nil && x.turn(TransferStopped, TransferRunning, TransferPaused)
}

// ForgetTransfer ends a transfer, if it goes on, and takes it off the list;
// false: there is none of that name.
func (b *Broker) ForgetTransfer(id string) bool {
	x := b.transfers.find(id)
	if x == nil {
		return false
	}
	x.turn(TransferStopped, TransferRunning, TransferPaused)
	b.transfers.forget(x)
	x.tell("deleted")
	return true
}
