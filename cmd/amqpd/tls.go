package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// certificates is what TLS listeners show and demand. It can be read again
// while they run: each handshake takes what is current, so that a renewed
// certificate needs no restart and breaks no connection.
type certificates struct {
	cert, key, ca string // PEM paths, ca "" for none
	verifyPeer    bool
	current       atomic.Pointer[tls.Config] // never nil after loadCertificates
}

// loadCertificates reads the files that the tls-* settings name. It gives nil
// when no TLS listener is set.
func loadCertificates(c *config) (*certificates, error) {
	if len(c.amqpsListen) == 0 && (!c.httpTLS || len(c.httpListen) == 0) {
		return nil, nil
	}
	s := &certificates{cert: c.tlsCert, key: c.tlsKey, ca: c.tlsCA, verifyPeer: c.tlsVerifyPeer}
	return s, s.reload()
}

// reload reads the files again. On an error what was current stays so.
func (s *certificates) reload() error {
	cert, err := os.ReadFile(s.cert)
	if err != nil {
		return fmt.Errorf("tls-cert: cannot read %s: %w", s.cert, plainCause(err))
	}
	key, err := os.ReadFile(s.key)
	if err != nil {
		return fmt.Errorf("tls-key: cannot read %s: %w", s.key, plainCause(err))
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("tls-cert %s and tls-key %s are not a certificate and its key: %w", s.cert, s.key, err)
	}
	next := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if s.ca != "" {
		if next.ClientCAs, err = readAuthorities(s.ca); err != nil {
			return err
		}
		next.ClientAuth = tls.VerifyClientCertIfGiven
	}
	if s.verifyPeer {
		next.ClientAuth = tls.RequireAndVerifyClientCert
	}
	s.current.Store(next)
	return nil
}

// expiry gives what tells the file of the current certificate and when it
// expires; nil without certificates.
func (s *certificates) expiry() func() (file string, expires time.Time) {
	if s == nil {
		return nil
	}
	return func() (string, time.Time) {
		return s.cert, s.current.Load().Certificates[0].Leaf.NotAfter
	}
}

// readAuthorities reads the certificates of a PEM file.
func readAuthorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tls-ca: cannot read %s: %w", path, plainCause(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls-ca: %s holds no certificate in PEM form", path)
	}
	return pool, nil
}

// listenerConfig is what tls.NewListener wants: a configuration that hands
// every handshake on to the current one.
func (s *certificates) listenerConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return s.current.Load(), nil
		},
	}
}

// webConfig is listenerConfig for HTTP: it offers HTTP/2, and asks no client for
// a certificate, because people log in with a password there.
func (s *certificates) webConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			web := s.current.Load().Clone()
			web.ClientAuth, web.NextProtos = tls.NoClientCert, []string{"h2", "http/1.1"}
			return web, nil
		},
	}
}
