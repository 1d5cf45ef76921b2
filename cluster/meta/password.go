package meta

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
)

// Names of hashing algorithms (management-api §12).
const (
	HashSHA256 = "rabbit_password_hashing_sha256" // the default
	HashSHA512 = "rabbit_password_hashing_sha512"
	HashMD5    = "rabbit_password_hashing_md5" // old definitions only
)

// SaltSize is how many random octets stand before the hash.
const SaltSize = 4

var hashes = map[string]func([]byte) []byte{
	HashSHA256: func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] },
	HashSHA512: func(b []byte) []byte { sum := sha512.Sum512(b); return sum[:] },
	HashMD5:    func(b []byte) []byte { sum := md5.Sum(b); return sum[:] },
}

// HashPassword gives the password_hash of a user: base64(salt ‖ H(salt ‖
// password)). It reports false for an algorithm that is none of the names above
// (management-api §12).
func HashPassword(algorithm string, salt [SaltSize]byte, password string) (string, bool) {
	hash, ok := hashes[algorithm]
	if !ok {
		return "", false
	}
	sum := hash(append(salt[:], password...))
	return base64.StdEncoding.EncodeToString(append(salt[:], sum...)), true
}
