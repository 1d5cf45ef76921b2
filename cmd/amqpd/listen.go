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
// amqps=127.0.0.1:5671".
func (p *process) listen(c *config) (ready string, err error) {
	var words []string
	for _, kind := range []struct {
		name, key string
		addresses []string
		tls       bool
	}{
		{"amqp", "amqp-listen", c.amqpListen, false},
		{"amqps", "amqps-listen", c.amqpsListen, true},
	} {
		var bound []string
		for _, address := range kind.addresses {
			l, err := listenOn(kind.key, address)
			if err != nil {
				return "", err
			}
			bound = append(bound, l.Addr().String())
			if kind.tls {
				l = tls.NewListener(l, p.certs.listenerConfig())
			}
			p.accept(l)
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

// accept serves clients of l until it is closed.
func (p *process) accept(l net.Listener) {
	p.listeners = append(p.listeners, l)
	p.serving.Go(func() {
		if err := p.node.Serve(l); err != nil && !errors.Is(err, net.ErrClosed) {
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
