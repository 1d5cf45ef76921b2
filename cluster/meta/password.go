package meta

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// Names of hashing algorithms that this package has to know (management-api
// §12); a user may have any other.
const (
	HashSHA256 = "rabbit_password_hashing_sha256" // the default
	HashMD5    = "rabbit_password_hashing_md5"    // implied by old definitions
)

// saltSize is how many random octets stand before the hash.
const saltSize = 4

// hashSHA256 hashes a password out of definitions, base64(salt ‖ SHA-256(salt ‖
// password)), when nobody offers to do it. Other algorithms are refused.
func hashSHA256(algorithm, password string) (string, error) {
	if algorithm != HashSHA256 {
		return "", fmt.Errorf("no password can be hashed with '%s'", algorithm)
	}
	salted := make([]byte, saltSize, saltSize+len(password))
	rand.Read(salted) // never fails, by its documentation
	sum := sha256.Sum256(append(salted, password...))
	return base64.StdEncoding.EncodeToString(append(salted[:saltSize:saltSize], sum[:]...)), nil
}
