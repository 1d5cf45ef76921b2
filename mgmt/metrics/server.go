package metrics

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"amqpd/broker"
)

// Bounds on what the listener may cost.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 5 * time.Minute  // longer than what lies between two scrapes
	answerTimeout  = 30 * time.Second // longer than Prometheus waits by default
	maxHeaderBytes = 16 << 10
	maxScrapes     = 4 // at a time; more are answered 503
)

// contentType is the only form there is, as RabbitMQ has it.
const contentType = "text/plain; version=0.0.4"

// Options of a Server.
type Options struct {
	Broker *broker.Broker // whose figures are shown; required
	Log    *slog.Logger   // nil: nothing is logged
}

// Server answers Prometheus. It is safe for many goroutines.
type Server struct {
	broker  *broker.Broker
	http    *http.Server
	slots   chan struct{} // one for each answer in the making
	writers sync.Pool     // of *gzip.Writer

	runtime  *prometheus.Registry // Go and the process
	duration *prometheus.SummaryVec
	size     *prometheus.SummaryVec
	encoded  *prometheus.SummaryVec
}

// New returns a server of o.Broker. It serves nothing before Serve.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{broker: o.Broker, slots: make(chan struct{}, maxScrapes), runtime: prometheus.NewRegistry()}
	s.writers.New = func() any {
		w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // fails for an unknown level only
		return w
	}
	summary := func(name, help string, labels ...string) *prometheus.SummaryVec {
		return prometheus.NewSummaryVec(prometheus.SummaryOpts{Name: name, Help: help}, labels)
	}
	s.duration = summary("telemetry_scrape_duration_seconds", "Time that answers took", "registry", "content_type")
	s.size = summary("telemetry_scrape_size_bytes", "Size of the answers", "registry", "content_type")
	s.encoded = summary("telemetry_scrape_encoded_size_bytes", "Size of the answers as they were sent", "registry", "content_type", "encoding")
	s.runtime.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), s.duration, s.size, s.encoded)
	s.http = &http.Server{
		Handler: s, MaxHeaderBytes: maxHeaderBytes, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout,
		IdleTimeout: idleTimeout, WriteTimeout: answerTimeout,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s
}

// Serve answers requests on l until Stop or until l is closed, and returns nil
// then. It may be called for several listeners.
func (s *Server) Serve(l net.Listener) error {
	s.broker.Announce("http/prometheus", l.Addr())
	err := s.http.Serve(l)
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Stop waits for answers in the making until ctx is done, and closes every
// connection. It is called once.
func (s *Server) Stop(ctx context.Context) {
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}

// ServeHTTP implements http.Handler: the statuses are RabbitMQ's (reference §1).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/metrics")
	if !ok || rest != "" && rest[0] != '/' {
		answer(w, http.StatusNotFound, "application/json", `{"error":"Object Not Found","reason":"Not Found"}`)
		return
	}
	name := strings.Trim(rest, "/")
	if name == "" {
		name = "aggregated"
	}
	switch {
	case r.Method == http.MethodHead:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusOK)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !takesText(r.Header.Values("Accept")):
		w.WriteHeader(http.StatusNotAcceptable)
	default:
		which, known := registries[name]
		if !known {
			answer(w, http.StatusNotFound, "text/plain", "Unknown Registry")
			return
		}
		s.scrape(w, r, which, name)
	}
}

const allowed = "HEAD, GET, OPTIONS"

func answer(w http.ResponseWriter, status int, contentType, text string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// takesText tells whether the values of an Accept header leave room for plain
// text.
func takesText(headers []string) bool {
	all := strings.Join(headers, ",")
	if strings.TrimSpace(all) == "" {
		return true
	}
	for item := range strings.SplitSeq(all, ",") {
		kind, params, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "text/plain", "text/*", "*/*":
			if !strings.HasSuffix(strings.ReplaceAll(params, " ", ""), "q=0") {
				return true
			}
		}
	}
	return false
}

// counting counts what passes through.
type counting struct {
	to io.Writer
	n  int
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += n
	return n, err
}

// scrape gives the answer, metric by metric.
func (s *Server) scrape(w http.ResponseWriter, r *http.Request, which registry, name string) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		answer(w, http.StatusServiceUnavailable, "text/plain", "too many scrapes at a time")
		return
	}
	begin := time.Now()
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Vary", "Accept-Encoding")
	sent := &counting{to: w}
	plain := &counting{to: sent}
	encoding := "identity"
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		encoding = "gzip"
		packed := s.writers.Get().(*gzip.Writer)
		defer s.writers.Put(packed)
		packed.Reset(sent)
		defer packed.Close()
		plain.to = packed
	}
	w.Header().Set("Content-Encoding", encoding)
	s.write(plain, newScrape(s.broker, which, name), r.URL.Query())
	label := map[registry]string{aggregated: "default"}[which]
	if label == "" {
		label = name
	}
	s.duration.WithLabelValues(label, contentType).Observe(time.Since(begin).Seconds())
	s.size.WithLabelValues(label, contentType).Observe(float64(plain.n))
	s.encoded.WithLabelValues(label, contentType, encoding).Observe(float64(sent.n))
}

// write writes the metrics of an answer, then Go's and the process's.
func (s *Server) write(w io.Writer, sc *scrape, query url.Values) {
	sc.ask(query)
	out := &page{out: w}
	for i := range table {
		if m := &table[i]; m.shown(sc.registry, sc.families) {
			out.write(sc, m)
		}
	}
	families, err := s.runtime.Gather()
	if err != nil {
		return
	}
	for _, f := range families {
		if sc.registry != detailed || strings.HasPrefix(f.GetName(), "telemetry_") {
			out.send(f)
		}
	}
}

// takesGzip tells whether an Accept-Encoding header names gzip.
func takesGzip(headers []string) bool {
	for item := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "*":
			return !strings.HasSuffix(strings.ReplaceAll(params, " ", ""), "q=0")
		}
	}
	return false
}
