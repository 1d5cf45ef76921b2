package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates in tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes a self-signed authority.
func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

// newKey makes a private key.
func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue writes a certificate for name and 127.0.0.1 with its key to the paths.
func (a *authority) issue(t *testing.T, name, certPath, keyPath string) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certPath, "CERTIFICATE", der)
	writePEM(t, keyPath, "EC PRIVATE KEY", keyDER)
}

// pool trusts the authority.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// writePEM writes one block.
func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tlsFiles writes an authority, a server's certificate and a client's.
func tlsFiles(t *testing.T) (a *authority, c *config, client tls.Certificate) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	a = newAuthority(t)
	a.issue(t, "server", file("cert.pem"), file("key.pem"))
	a.issue(t, "client", file("client.pem"), file("client-key.pem"))
	writePEM(t, file("ca.pem"), "CERTIFICATE", a.cert.Raw)
	client, err := tls.LoadX509KeyPair(file("client.pem"), file("client-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return a, &config{amqpsListen: []string{":0"}, tlsCert: file("cert.pem"), tlsKey: file("key.pem"), tlsCA: file("ca.pem")}, client
}

// shake makes a TLS connection to a server with certs and gives the name on
// the server's certificate. Reading an octet brings out a refusal of the
// client's certificate, which TLS 1.3 reports after the handshake.
func shake(t *testing.T, certs *certificates, client *tls.Config) (name string, err error) {
	t.Helper()
	near, far := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer far.Close()
		server := tls.Server(far, certs.listenerConfig())
		if server.Handshake() == nil {
			server.Write([]byte{1})
		}
	}()
	defer func() { near.Close(); <-served }()
	conn := tls.Client(near, client)
	if err := conn.Handshake(); err != nil {
		return "", err
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		return "", err
	}
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName, nil
}

func TestCertificates_ClientVersionsAndPeers(t *testing.T) {
	a, c, client := tlsFiles(t)
	stranger := newAuthority(t)
	strangerDir := t.TempDir()
	stranger.issue(t, "stranger", filepath.Join(strangerDir, "c"), filepath.Join(strangerDir, "k"))
	foreign, err := tls.LoadX509KeyPair(filepath.Join(strangerDir, "c"), filepath.Join(strangerDir, "k"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		verify bool
		client *tls.Config
		ok     bool
	}{
		{"no client certificate", false, &tls.Config{}, true},
		{"client certificate not asked for", false, &tls.Config{Certificates: []tls.Certificate{client}}, true},
		{"TLS 1.2", false, &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"TLS 1.1", false, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"verify, right certificate", true, &tls.Config{Certificates: []tls.Certificate{client}}, true},
		{"verify, no certificate", true, &tls.Config{}, false},
		{"verify, a stranger's certificate", true, &tls.Config{Certificates: []tls.Certificate{foreign}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.tlsVerifyPeer = test.verify
			certs, err := loadCertificates(c)
			if err != nil {
				t.Fatal(err)
			}
			test.client.RootCAs, test.client.ServerName = a.pool(), "127.0.0.1"
			if name, err := shake(t, certs, test.client); (err == nil) != test.ok || test.ok && name != "server" {
				t.Errorf("certificate of %q, error %v; want success %v", name, err, test.ok)
			}
		})
	}
}

func TestCertificates_Reload(t *testing.T) {
	a, c, _ := tlsFiles(t)
	certs, err := loadCertificates(c)
	if err != nil {
		t.Fatal(err)
	}
	client := &tls.Config{RootCAs: a.pool(), ServerName: "127.0.0.1"}
	a.issue(t, "renewed", c.tlsCert, c.tlsKey)
	if name, err := shake(t, certs, client); name != "server" {
		t.Errorf("before the reload: %q, %v", name, err)
	}
	if err := certs.reload(); err != nil {
		t.Fatal(err)
	}
	if name, err := shake(t, certs, client); name != "renewed" {
		t.Errorf("after the reload: %q, %v", name, err)
	}
	if err := os.WriteFile(c.tlsCert, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := certs.reload(); err == nil {
		t.Error("a torn certificate was taken")
	}
	if name, err := shake(t, certs, client); name != "renewed" {
		t.Errorf("after a failed reload: %q, %v", name, err)
	}
}

func TestLoadCertificates_Refusals(t *testing.T) {
	_, good, _ := tlsFiles(t)
	_, other, _ := tlsFiles(t)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ cert, key, ca, want string }{
		{"/nowhere", good.tlsKey, "", "tls-cert: cannot read /nowhere: no such file or directory"},
		{good.tlsCert, "/nowhere", "", "tls-key: cannot read /nowhere: no such file or directory"},
		{good.tlsCert, good.tlsKey, "/nowhere", "tls-ca: cannot read /nowhere: no such file or directory"},
		{good.tlsCert, other.tlsKey, "", "are not a certificate and its key: tls: private key does not match public key"},
		{good.tlsCert, empty, "", "are not a certificate and its key"},
		{good.tlsCert, good.tlsKey, empty, "holds no certificate in PEM form"},
	} {
		_, err := loadCertificates(&config{amqpsListen: good.amqpsListen, tlsCert: test.cert, tlsKey: test.key, tlsCA: test.ca})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v; want ... %s ...", err, test.want)
		}
	}
	if certs, err := loadCertificates(&config{}); certs != nil || err != nil {
		t.Errorf("without a TLS listener: %v, %v; want nothing", certs, err)
	}
}
