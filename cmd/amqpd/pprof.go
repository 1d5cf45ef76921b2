package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"
)

// profiler serves /debug/pprof on a listener of its own, away from everything
// a client can reach.
type profiler struct {
	server  *http.Server
	serving sync.WaitGroup
}

// startProfiler serves on l until stop.
func startProfiler(l net.Listener, log *slog.Logger) *profiler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	p := &profiler{server: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}}
	p.serving.Go(func() {
		if err := p.server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Error("pprof listener ended", "error", err)
		}
	})
	return p
}

// stop ends the listener and waits for it. A profile that is being taken gets
// until ctx is done.
func (p *profiler) stop(ctx context.Context) {
	if p.server.Shutdown(ctx) != nil {
		p.server.Close()
	}
	p.serving.Wait()
}
