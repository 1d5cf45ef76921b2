package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// listen opens every listener of the settings and serves on it. It returns the
// addresses for the ready line, as they came out: "amqp=127.0.0.1:5672
// amqps=127.0.0.1:5671 http=127.0.0.1:15672 metrics=127.0.0.1:15692".
func (p *process) listen(c *config) (ready string, err error) {
	var words []string
	web := "http"
	if c.httpTLS {
		web = "https"
	}
	for _, kind := range []struct {
		name, key string
		addresses []string
		serve     func(net.Listener) error
		tls       func(*certificates) *tls.Config // nil: in the clear
		protocol  string                          // with TLS, as listeners are shown
	}{
		{"amqp", "amqp-listen", c.amqpListen, p.node.Serve, nil, ""},
		{"amqps", "amqps-listen", c.amqpsListen, p.node.Serve, (*certificates).listenerConfig, "amqp/ssl"},
		{web, "http-listen", c.httpListen, p.api.Serve, either(c.httpTLS, (*certificates).webConfig), "https"},
		{"metrics", "metrics-listen", c.metricsListen, p.metrics.Serve, nil, ""},
	} {
		var bound []string
		for _, address := range kind.addresses {
			l, err := listenOn(kind.key, address)
			if err != nil {
				return "", err
			}
			bound = append(bound, l.Addr().String())
			if kind.tls != nil {
				l = secured{tls.NewListener(l, kind.tls(p.certs)), kind.protocol}
			}
			p.accept(l, kind.serve)
		}
		if len(bound) > 0 {
			words = append(words, kind.name+"="+strings.Join(bound, ","))
		}
	}
	if c.pprofListen != "" {
		l, err := listenOn("pprof-listen", c.pprofListen)
		if err != nil {
			return "", err
		}
		p.log.Info("pprof is on", "address", l.Addr().String())
		p.profiler = startProfiler(l, p.log)
	}
	return strings.Join(words, " "), nil
}

// secured is a listener that speaks TLS, and says so to who shows listeners.
type secured struct {
	net.Listener
	protocol string
}

// Protocol is what RabbitMQ calls such a listener.
func (s secured) Protocol() string { return s.protocol }

// either is f where wanted, else nil.
func either[F any](wanted bool, f func(*certificates) F) func(*certificates) F {
	if !wanted {
		return nil
	}
	return f
}

// accept serves clients of l until it is closed.
func (p *process) accept(l net.Listener, serve func(net.Listener) error) {
	p.listeners = append(p.listeners, l)
	p.serving.Go(func() {
		if err := serve(l); err != nil && !errors.Is(err, net.ErrClosed) {
			p.broken <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	})
}

// listenOn listens on an address of the setting key.
func listenOn(key, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: %s is in use by another program; stop that or choose another address", key, address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s: this user may not listen on %s; choose a port from 1024 on", key, address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s: %s is no address of this machine; choose one that is, or leave the host out", key, address)
	default:
		return nil, fmt.Errorf("%s: cannot listen on %s: %w", key, address, err)
	}
}
