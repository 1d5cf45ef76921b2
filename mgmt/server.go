package mgmt

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"amqpd/broker"
	"amqpd/web"
)

// Bounds on what one client may cost. Times are for one step, not for a whole
// answer: a slow but living client gets its list of 50,000 queues.
const (
	headerTimeout  = 10 * time.Second // from the first octet to the end of the head
	idleTimeout    = 2 * time.Minute  // between two requests of a connection
	bodyTimeout    = time.Minute      // for the whole body of a request
	writeTimeout   = 30 * time.Second // for one buffer of an answer
	maxHeaderBytes = 64 << 10
)

// Options of a Server.
type Options struct {
	Broker *broker.Broker // whose definitions and figures are shown; required
	Log    *slog.Logger   // nil: nothing is logged
	// Certificate gives the file of the certificate that TLS listeners show, and
	// when it expires; nil without TLS.
	Certificate func() (file string, expires time.Time)
}

// Server is the management API of one node. It is safe for many goroutines.
type Server struct {
	broker *broker.Broker
	log    *slog.Logger
	routes []route
	tree   *tree
	static http.Handler // the console

	sessions sessions
	attempts attempts

	certificate func() (string, time.Time)
	clock       func() int64 // unix milliseconds
	sampler     *sampler
	hub         *hub

	http     *http.Server
	stopping chan struct{}  // closed when Stop begins, for answers without an end
	sampling sync.Once      // starts the sampler
	running  sync.WaitGroup // the sampler's goroutine
}

// New returns a server of o.Broker. It serves nothing before Serve.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		broker: o.Broker, log: o.Log, routes: routes, tree: newTree(routes),
		static: web.Handler(), stopping: make(chan struct{}),
		certificate: o.Certificate, clock: func() int64 { return time.Now().UnixMilli() },
	}
	s.hub = newHub(s, rand.Text()[:8])
	s.sampler = newSampler(o.Broker, s.clock, s.log)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.http = &http.Server{
		Handler: s, Protocols: protocols, MaxHeaderBytes: maxHeaderBytes,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s
}

// Serve answers requests on l until Stop or until l is closed, and returns nil
// then. It may be called for several listeners. A listener with a method
// Protocol() string is shown under that name: "https" for one with TLS.
func (s *Server) Serve(l net.Listener) error {
	protocol := "http"
	if p, ok := l.(interface{ Protocol() string }); ok {
		protocol = p.Protocol()
	}
	s.broker.Announce(protocol, l.Addr())
	s.sampling.Do(func() { s.running.Go(func() { s.sampler.run(s.stopping, s.hub.sample) }) })
	err := s.http.Serve(l)
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Stop ends answers that have no end of their own, waits for the others until
// ctx is done, and closes every connection. It is called once.
func (s *Server) Stop(ctx context.Context) {
	s.sampling.Do(func() {}) // a Serve that comes so late begins no sampling
	close(s.stopping)
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	s.running.Wait()
}
