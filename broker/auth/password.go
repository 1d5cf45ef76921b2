package auth

import (
	"bytes"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// DefaultAlgorithm hashes new passwords, unless the node is set to another. RabbitMQ
// does not know it.
const DefaultAlgorithm = "amqpd_pbkdf2_sha256"

// Algorithm is a way to keep passwords. A hash is text: the base64 form of the
// octets that Derive and Verify work on.
type Algorithm struct {
	Name string
	Doc  string // one sentence for users
	// ImportOnly algorithms are too weak for new passwords.
	ImportOnly bool

	derive func(password string) []byte
	verify func(stored []byte, password string) bool
	valid  func(stored []byte) bool
}

// Algorithms is every password hash there is, RabbitMQ's under its own names
// so that its definitions can be loaded and served. It is read only.
var Algorithms = []Algorithm{
	pbkdf2SHA256(DefaultAlgorithm, 100_000),
	salted("rabbit_password_hashing_sha256", false, func(b []byte) []byte { h := sha256.Sum256(b); return h[:] }),
	salted("rabbit_password_hashing_sha512", false, func(b []byte) []byte { h := sha512.Sum512(b); return h[:] }),
	salted("rabbit_password_hashing_md5", true, func(b []byte) []byte { h := md5.Sum(b); return h[:] }),
}

// Errors about hashes.
var (
	ErrUnknownAlgorithm = errors.New("unknown password hashing algorithm")
	ErrImportOnly       = errors.New("password hashing algorithm is for imported hashes only")
	ErrBadHash          = errors.New("malformed password hash")
)

// lookupAlgorithm finds an algorithm. A user without one comes from a RabbitMQ
// before 3.6, which knew only MD5.
func lookupAlgorithm(name string) (*Algorithm, error) {
	if name == "" {
		name = "rabbit_password_hashing_md5"
	}
	for i := range Algorithms {
		if Algorithms[i].Name == name {
			return &Algorithms[i], nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownAlgorithm, name)
}

// NewAlgorithms names the algorithms that new passwords may be hashed with, the
// default one first.
func NewAlgorithms() (names []string) {
	for i := range Algorithms {
		if a := &Algorithms[i]; !a.ImportOnly {
			names = append(names, a.Name)
		}
	}
	return names
}

// HashPassword hashes a new password with a fresh salt. An empty algorithm is
// the default one. Errors: ErrUnknownAlgorithm, ErrImportOnly.
func HashPassword(algorithm, password string) (hash string, err error) {
	if algorithm == "" {
		algorithm = DefaultAlgorithm
	}
	a, err := lookupAlgorithm(algorithm)
	if err != nil {
		return "", err
	}
	if a.ImportOnly {
		return "", fmt.Errorf("%w: %s", ErrImportOnly, algorithm)
	}
	return base64.StdEncoding.EncodeToString(a.derive(password)), nil
}

// CheckHash reports whether hash is well formed for the algorithm, as an
// imported one must be. The empty hash is: it is that of a user without
// password. Errors: ErrUnknownAlgorithm, ErrBadHash.
func CheckHash(algorithm, hash string) error {
	a, err := lookupAlgorithm(algorithm)
	if err != nil || hash == "" {
		return err
	}
	stored, err := base64.StdEncoding.DecodeString(hash)
	if err != nil {
		return fmt.Errorf("%w: not base64", ErrBadHash)
	}
	if !a.valid(stored) {
		return fmt.Errorf("%w: %d octets do not fit %s", ErrBadHash, len(stored), a.Name)
	}
	return nil
}

// VerifyPassword reports whether password is that of the user, in time that
// does not depend on how much of it is right. A user without a hash has no
// password, and an empty password never fits, as in RabbitMQ.
func VerifyPassword(u User, password string) bool {
	if password == "" || u.PasswordHash == "" {
		return false
	}
	a, err := lookupAlgorithm(u.HashingAlgorithm)
	if err != nil {
		return false
	}
	stored, err := base64.StdEncoding.DecodeString(u.PasswordHash)
	return err == nil && a.valid(stored) && a.verify(stored, password)
}

// rabbitSalt is the length of the salt in RabbitMQ's hashes:
//
//	salt (4) │ hash(salt ‖ password)
const rabbitSalt = 4

func salted(name string, importOnly bool, hash func([]byte) []byte) Algorithm {
	size := len(hash(nil))
	sum := func(salt []byte, password string) []byte {
		return hash(append(bytes.Clone(salt), password...))
	}
	return Algorithm{
		Name:       name,
		Doc:        "RabbitMQ's salted hash, one round.",
		ImportOnly: importOnly,
		derive: func(password string) []byte {
			salt := randomOctets(rabbitSalt)
			return append(salt, sum(salt, password)...)
		},
		verify: func(stored []byte, password string) bool {
			salt, want := stored[:rabbitSalt], stored[rabbitSalt:]
			return subtle.ConstantTimeCompare(sum(salt, password), want) == 1
		},
		valid: func(stored []byte) bool { return len(stored) == rabbitSalt+size },
	}
}

// Parts of a PBKDF2 hash:
//
//	rounds (4, big-endian) │ salt (16) │ key (32)
const (
	roundsLen  = 4
	saltLen    = 16
	keyLen     = sha256.Size
	maxRounds  = 10_000_000 // or a stored hash could stop the node
	pbkdf2Size = roundsLen + saltLen + keyLen
)

// pbkdf2SHA256 stretches passwords. The rounds for new hashes are a balance:
// the users of a broker are programs that all come back at once after a
// failure, mostly with long random passwords. Stored hashes name their own
// rounds, so the number may change.
func pbkdf2SHA256(name string, rounds uint32) Algorithm {
	key := func(password string, salt []byte, rounds uint32) []byte {
		k, err := pbkdf2.Key(sha256.New, password, salt, int(rounds), keyLen)
		if err != nil {
			panic("BUG: PBKDF2 refused fixed parameters: " + err.Error())
		}
		return k
	}
	return Algorithm{
		Name: name,
		Doc:  "PBKDF2 with HMAC-SHA-256 and a salt of 16 octets.",
		derive: func(password string) []byte {
			salt := randomOctets(saltLen)
			out := binary.BigEndian.AppendUint32(nil, rounds)
			out = append(out, salt...)
			return append(out, key(password, salt, rounds)...)
		},
		verify: func(stored []byte, password string) bool {
			rounds := binary.BigEndian.Uint32(stored)
			salt, want := stored[roundsLen:roundsLen+saltLen], stored[roundsLen+saltLen:]
			return subtle.ConstantTimeCompare(key(password, salt, rounds), want) == 1
		},
		valid: func(stored []byte) bool {
			if len(stored) != pbkdf2Size {
				return false
			}
			rounds := binary.BigEndian.Uint32(stored)
			return rounds > 0 && rounds <= maxRounds
		},
	}
}

func randomOctets(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: it ends the process instead
	return b
}
