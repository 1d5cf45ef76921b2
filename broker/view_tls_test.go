package broker

import (
	"crypto/tls"
	"testing"
)

func TestDescribeSuite(t *testing.T) {
	for suite, want := range map[uint16]TLSView{
		tls.TLS_AES_128_GCM_SHA256:                        {KeyExchange: "any", Cipher: "aes_128_gcm", Hash: "aead"},
		tls.TLS_CHACHA20_POLY1305_SHA256:                  {KeyExchange: "any", Cipher: "chacha20_poly1305", Hash: "aead"},
		tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:         {KeyExchange: "ecdhe_rsa", Cipher: "aes_256_gcm", Hash: "aead"},
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256:       {KeyExchange: "ecdhe_ecdsa", Cipher: "aes_128_cbc", Hash: "sha256"},
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA:            {KeyExchange: "ecdhe_rsa", Cipher: "aes_128_cbc", Hash: "sha"},
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   {KeyExchange: "ecdhe_rsa", Cipher: "chacha20_poly1305", Hash: "aead"},
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: {KeyExchange: "ecdhe_ecdsa", Cipher: "chacha20_poly1305", Hash: "aead"},
	} {
		want.Protocol = "tlsv1.3"
		if got := describeSuite(tls.VersionTLS13, suite); *got != want {
			t.Errorf("%s: %+v, want %+v", tls.CipherSuiteName(suite), *got, want)
		}
	}
}
