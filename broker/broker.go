package broker

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"amqpd/amqp"
	"amqpd/broker/auth"
	"amqpd/cluster/meta"
	"amqpd/exchange"
	"amqpd/store"
)

// Version is amqpd's own.
const Version = "0.1.0"

// product and version are what clients are told. Some decide by them what to
// expect (kombu: which form of basic.qos), so they name the broker whose
// behaviour this is; who it really is stands in "information".
const (
	product = "RabbitMQ"
	version = "3.10.8"
)

// platform is announced to clients.
var platform = "Go " + runtime.Version()[len("go"):]

// Options configure a broker. Zero values stand for the documented defaults,
// except that LoopbackUsers nil stands for guest.
type Options struct {
	NodeName         string // "amqpd@<hostname>"
	DataDir          string // "./amqpd-data"
	Log              *slog.Logger
	Audit            *slog.Logger   // who changed what, and who was refused; Log if nil
	Sync             store.SyncMode // when a confirm may leave
	SegmentSize      int            // octets of a segment of the log; 0: store's default
	TransientMemory  int            // octets of transient messages kept in memory, the oldest beyond go to disk; 0: all are
	DiskLeft         uint64         // octets of the disk that are not taken for those
	ChannelMax       uint16         // channels a connection may open; 2047
	FrameMax         uint32         // octets; 131072
	Heartbeat        uint16         // seconds, a suggestion to clients; 60
	NoHeartbeat      bool           // suggest no heartbeats: Heartbeat 0 is meant
	MaxMessageSize   uint32         // octets of a body; 128 MiB
	HandshakeTimeout time.Duration  // from accept to open-ok; 10 s
	ConsumerTimeout  time.Duration  // how long a delivery may wait for its settlement; 30 min, negative: for ever
	LoopbackUsers    []string       // users that may log in from this machine only
	PasswordHashing  string         // how new passwords are hashed, one of auth.NewHashings; the first
	Definitions      string         // path of a definitions file loaded at each start; "" none
	FS               store.FS       // where the data directory is; the system's, but for tests
}

// defaults fills in what is not set.
func (o *Options) defaults() {
	if o.NodeName == "" {
		host, _ := os.Hostname()
		o.NodeName = "amqpd@" + host
	}
	o.DataDir = or(o.DataDir, "./amqpd-data")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Audit = or(o.Audit, o.Log)
	o.ChannelMax = or(o.ChannelMax, 2047)
	o.FrameMax = or(o.FrameMax, 131072)
	if !o.NoHeartbeat {
		o.Heartbeat = or(o.Heartbeat, 60)
	}
	o.MaxMessageSize = min(or(o.MaxMessageSize, 128<<20), maxMessageSize)
	o.HandshakeTimeout = or(o.HandshakeTimeout, 10*time.Second)
	o.PasswordHashing = or(o.PasswordHashing, auth.DefaultHashing)
	o.ConsumerTimeout = or(o.ConsumerTimeout, 30*time.Minute)
}

// or returns v, or def where v is zero.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Broker is one node.
type Broker struct {
	o          Options
	log        *slog.Logger
	store      *store.Store
	state      *meta.State
	auth       *auth.Authenticator
	authorizer *auth.Authorizer
	alarms     alarms
	waiters    waiters
	agenda     agenda // deadlines of queues
	delays     delays
	funeral    funeral
	transfers  transfers
	replies    sync.Map // reply address to *replyConsumer
	batches    sync.Pool

	changes  changes // queues by their last change
	ledger   ledger  // of the node
	kinds    kindLedger
	logins   logins
	stock    stock
	churn    churn
	machine  machine
	watchers watchers
	damaged  atomic.Uint64 // messages dropped because they cannot be read back
	buried   atomic.Uint64 // dead letters that their new queues have, of queues that wait for that
	waiting  atomic.Int64  // dead letters that wait in letterboxes
	limits   atomic.Pointer[Limits]
	started  time.Time

	// permissionEpoch counts changes of users and permissions.
	permissionEpoch atomic.Uint64

	// definitions is held by whoever changes definitions and what runs of them.
	definitions sync.Mutex

	// defined is the log's position behind the latest change of definitions. Whatever
	// is answered rests on definitions that others may just have changed, and waits
	// for it.
	defined atomic.Uint64

	mu         sync.Mutex
	vhosts     map[string]*vhost // guarded by mu
	conns      map[*conn]struct{}
	listeners  map[net.Listener]struct{}
	channelsOf map[string]int // open channels by user
	stopping   bool
	announced  []Listener // guarded by mu: where others listen

	readers    sync.WaitGroup // connections' readers
	background sync.WaitGroup // watchConsumers
	ticker     *time.Ticker   // consumer timeouts
	done       chan struct{}
}

// Open recovers the data directory and returns a broker that is ready to serve.
func Open(o Options) (*Broker, error) {
	o.defaults()
	b := &Broker{
		o: o, log: o.Log, state: meta.New(), done: make(chan struct{}), started: time.Now(),
		vhosts: make(map[string]*vhost), conns: make(map[*conn]struct{}),
		listeners: make(map[net.Listener]struct{}), channelsOf: make(map[string]int),
	}
	b.batches.New = func() any { return newBatch(b) }
	b.agenda.init(b)
	b.delays.init(b)
	b.funeral.init(b)
	b.changes.epoch.Store(1)
	b.auth = auth.NewAuthenticator(directory{b.state}, auth.Options{LoopbackUsers: o.LoopbackUsers})
	b.authorizer = auth.NewAuthorizer(directory{b.state})
	var err error
	b.store, err = store.Open(store.Options{Dir: o.DataDir, Sync: o.Sync, SegmentSize: o.SegmentSize, TransientMemory: o.TransientMemory, DiskLeft: o.DiskLeft, Log: o.Log, Durable: b.waiters.wake, FS: o.FS})
	if err != nil {
		return nil, err
	}
	if err := b.recover(); err != nil {
		return nil, errors.Join(err, b.store.Close())
	}
	b.ticker = time.NewTicker(min(consumerTimeoutTick, max(o.ConsumerTimeout, time.Second)))
	b.background.Go(b.watchConsumers)
	b.agenda.start()
	b.delays.agenda.start()
	return b, nil
}

// recover brings back definitions and messages, or makes a first start, and
// loads the definitions file.
func (b *Broker) recover() error {
	load := func(key string, value []byte) error { return b.state.Load(key, value) }
	if err := b.store.Definitions(load); err != nil {
		return fmt.Errorf("read definitions in %s: %w", b.o.DataDir, err)
	}
	if err := b.state.Loaded(); err != nil {
		return fmt.Errorf("definitions in %s are not consistent: %w", b.o.DataDir, err)
	}
	t := b.borrow()
	defer b.giveBack(t)
	progress := newRecovering(b)
	for v := range b.state.View().Vhosts() {
		b.raiseVhost(t, v.Name, progress)
	}
	b.store.RecoveryDone()
	if b.state.View().Counts().Vhosts == 0 {
		if err := b.firstStart(t); err != nil {
			return err
		}
	}
	if b.o.Definitions == "" {
		return nil
	}
	return b.loadDefinitions(b.o.Definitions)
}

// firstStart makes vhost "/" and user guest.
func (b *Broker) firstStart(t *batch) error {
	algorithm, hash, err := b.HashPassword("", "guest")
	if err != nil {
		return fmt.Errorf("first start: %w", err)
	}
	for _, c := range meta.First(b.o.NodeName, "amqpd-cluster-id-"+rand.Text(), hash, algorithm) {
		if _, err := b.apply(t, c, nil); err != nil {
			return fmt.Errorf("first start: %w", err)
		}
	}
	b.awaitDurable(b.store.End())
	return nil
}

// knownExchangeType tells whether an imported exchange can work here.
func knownExchangeType(name string) bool {
	_, ok := exchange.TypeNamed(name)
	return ok
}

// clusterName is the cluster's name, as an operator set it.
func (b *Broker) clusterName() string {
	return b.textParameter(meta.ClusterName, b.o.NodeName)
}

// ClusterID is the cluster's name that never changes.
func (b *Broker) ClusterID() string { return b.textParameter(meta.InternalClusterID, "") }

// textParameter is the text of a global parameter, def where there is none.
func (b *Broker) textParameter(name, def string) string {
	p, ok := b.state.View().GlobalParameter(name)
	if !ok {
		return def
	}
	var text string
	_ = json.Unmarshal(p.Value, &text)
	return text
}

// clock is the time in unix milliseconds.
func (b *Broker) clock() int64 { return time.Now().UnixMilli() }

// borrow lends a batch to a goroutine that is no connection's reader.
func (b *Broker) borrow() *batch {
	t := b.batches.Get().(*batch)
	t.who = itself
	t.tick()
	return t
}

// giveBack finishes the work in t and takes it back.
func (b *Broker) giveBack(t *batch) {
	t.end()
	b.batches.Put(t)
}

// awaitDurable blocks until the log is durable up to lsn.
func (b *Broker) awaitDurable(lsn store.LSN) {
	if lsn == 0 || b.store.Durable() >= lsn {
		return
	}
	b.store.Kick()
	b.store.Wait(lsn)
}

// definedAt is the log's position behind all definitions that are in force.
func (b *Broker) definedAt() store.LSN { return store.LSN(b.defined.Load()) }

// vhost returns a virtual host, nil if there is none.
func (b *Broker) vhost(name string) *vhost {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.vhosts[name]
}

// count returns how many connections f holds for. REQUIRES mu.
func (b *Broker) count(f func(*conn) bool) int {
	n := 0
	for c := range b.conns {
		if f(c) {
			n++
		}
	}
	return n
}

// Serve accepts connections until the listener is closed, by Stop or by its
// owner. It returns nil after Stop.
func (b *Broker) Serve(l net.Listener) error {
	b.mu.Lock()
	if b.stopping {
		b.mu.Unlock()
		return l.Close()
	}
	b.listeners[l] = struct{}{}
	b.mu.Unlock()
	for {
		b.awaitRoom()
		nc, err := l.Accept()
		if err == nil {
			b.start(nc)
			continue
		}
		b.mu.Lock()
		stopping := b.stopping
		b.mu.Unlock()
		if stopping || errors.Is(err, net.ErrClosed) {
			return nil
		}
		b.log.Error("accept failed", slog.Any("error", err))
		time.Sleep(acceptPause)
	}
}

// awaitRoom blocks while there are as many connections as fit beside the node's files:
// the log must not find that they have taken all the descriptors there are. Who
// connects then waits in the system's queue.
func (b *Broker) awaitRoom() {
	for told := false; ; told = true {
		most := socketsMost(descriptorLimit())
		b.mu.Lock()
		full := !b.stopping && most > 0 && len(b.conns) >= most
		b.mu.Unlock()
		if !full {
			return
		}
		if !told {
			b.log.Warn("connections wait until others end", slog.Int("connections", most))
		}
		time.Sleep(acceptPause)
	}
}

// acceptPause lets file descriptors come free after a failed accept.
const acceptPause = 100 * time.Millisecond

// start begins to serve one connection.
func (b *Broker) start(nc net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopping {
		_ = nc.Close()
		return
	}
	c := newConn(b, nc)
	b.conns[c] = struct{}{}
	b.readers.Go(c.serve)
}

// forget takes an ended connection off the list.
func (b *Broker) forget(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
}

// Stop closes the listeners, tells every client (320), waits for them until ctx
// is done, then closes the store. It is called once.
func (b *Broker) Stop(ctx context.Context) error {
	b.mu.Lock()
	b.stopping = true
	for l := range b.listeners {
		_ = l.Close()
	}
	for c := range b.conns {
		c.forceClose(amqp.ConnectionForced("broker forced connection closure with reason 'shutdown'"))
	}
	b.mu.Unlock()
	b.alarms.end()
	b.store.Unthrottle()
	ended := make(chan struct{})
	go func() { b.readers.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		b.mu.Lock()
		for c := range b.conns {
			c.hangUp()
		}
		b.mu.Unlock()
		b.store.Interrupt() // nobody is there any more to be told what is not durable
		<-ended
	}
	close(b.done)
	b.transfers.stop()
	b.ticker.Stop()
	b.background.Wait()
	b.delays.agenda.stop()
	b.agenda.stop()
	return b.store.Close()
}
