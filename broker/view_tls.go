package broker

import (
	"crypto/tls"
	"strings"
)

// tlsVersions are RabbitMQ's names of the protocol versions.
var tlsVersions = map[uint16]string{
	tls.VersionTLS10: "tlsv1", tls.VersionTLS11: "tlsv1.1", tls.VersionTLS12: "tlsv1.2", tls.VersionTLS13: "tlsv1.3",
}

// describeSuite takes the name of a cipher suite apart, as in
// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 and TLS_AES_128_GCM_SHA256.
func describeSuite(version, suite uint16) *TLSView {
	name := strings.ToLower(strings.TrimPrefix(tls.CipherSuiteName(suite), "TLS_"))
	exchange, cipher, with := strings.Cut(name, "_with_")
	if !with {
		exchange, cipher = "any", name
	}
	v := &TLSView{Protocol: tlsVersions[version], KeyExchange: exchange, Cipher: cipher, Hash: "aead"}
	if i := strings.LastIndexByte(cipher, '_'); i > 0 && strings.HasPrefix(cipher[i+1:], "sha") {
		v.Cipher = cipher[:i]
		if !strings.Contains(cipher, "_gcm") && !strings.Contains(cipher, "poly1305") {
			v.Hash = cipher[i+1:]
		}
	}
	return v
}
