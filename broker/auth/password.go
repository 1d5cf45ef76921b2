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
	"slices"
)

// Hashing is a way to keep passwords. A hash is text: the base64 form of the
// octets that derive makes and verify compares with.
type Hashing struct {
	Name string // what the setting password-hashing calls it
	// Algorithm is what a user's hashing_algorithm calls it: RabbitMQ's name of the
	// digest. The length of a hash tells how the digest was used.
	Algorithm string
	Doc       string // one sentence for users
	// ImportOnly ones are too weak for new passwords.
	ImportOnly bool

	size   int // octets of a hash
	derive func(password string) []byte
	verify func(stored []byte, password string) bool // stored has size octets
}

// RabbitMQ's names of its digests (management-api §12).
const (
	rabbitSHA256 = "rabbit_password_hashing_sha256"
	rabbitSHA512 = "rabbit_password_hashing_sha512"
	rabbitMD5    = "rabbit_password_hashing_md5"
)

// DefaultHashing is for new passwords, unless the node is set to another.
const DefaultHashing = "pbkdf2_sha256"

// Hashings is every way there is, RabbitMQ's under its own names so that its
// definitions can be loaded and served. It is read only.
var Hashings = []Hashing{
	pbkdf2SHA256(DefaultHashing, 100_000),
	salted(rabbitSHA256, func(b []byte) []byte { h := sha256.Sum256(b); return h[:] }),
	salted(rabbitSHA512, func(b []byte) []byte { h := sha512.Sum512(b); return h[:] }),
	importOnly(salted(rabbitMD5, func(b []byte) []byte { h := md5.Sum(b); return h[:] })),
}

// Errors about hashes.
var (
	ErrUnknownHashing = errors.New("unknown password hashing algorithm")
	ErrImportOnly     = errors.New("password hashing algorithm is for imported hashes only")
)

// NewHashings names what new passwords may be hashed with, the default first.
func NewHashings() (names []string) {
	for i := range Hashings {
		if h := &Hashings[i]; !h.ImportOnly {
			names = append(names, h.Name)
		}
	}
	return names
}

// HashPassword hashes a new password with a fresh salt and gives what a user's
// hashing_algorithm and password_hash are then. An empty name is the default
// one. Errors: ErrUnknownHashing, ErrImportOnly.
func HashPassword(name, password string) (algorithm, hash string, err error) {
	if name == "" {
		name = DefaultHashing
	}
	i := slices.IndexFunc(Hashings, func(h Hashing) bool { return h.Name == name })
	if i < 0 {
		return "", "", fmt.Errorf("%w: %q", ErrUnknownHashing, name)
	}
	h := &Hashings[i]
	if h.ImportOnly {
		return "", "", fmt.Errorf("%w: %s", ErrImportOnly, name)
	}
	return h.Algorithm, base64.StdEncoding.EncodeToString(h.derive(password)), nil
}

// hashingOf finds how a stored hash was made, nil for none that is known. A user
// without an algorithm comes from a RabbitMQ before 3.6, which knew only MD5.
func hashingOf(algorithm string, stored []byte) *Hashing {
	if algorithm == "" {
		algorithm = rabbitMD5
	}
	for i := range Hashings {
		if h := &Hashings[i]; h.Algorithm == algorithm && h.size == len(stored) {
			return h
		}
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
	stored, err := base64.StdEncoding.DecodeString(u.PasswordHash)
	if err != nil {
		return false
	}
	h := hashingOf(u.HashingAlgorithm, stored)
	return h != nil && h.verify(stored, password)
}

// rabbitSalt is the length of the salt in RabbitMQ's hashes:
//
//	salt (4) │ hash(salt ‖ password)
const rabbitSalt = 4

func salted(name string, digest func([]byte) []byte) Hashing {
	sum := func(salt []byte, password string) []byte {
		return digest(append(bytes.Clone(salt), password...))
	}
	return Hashing{
		Name:      name,
		Algorithm: name,
		Doc:       "RabbitMQ's salted hash, one round.",
		size:      rabbitSalt + len(digest(nil)),
		derive: func(password string) []byte {
			salt := randomOctets(rabbitSalt)
			return append(salt, sum(salt, password)...)
		},
		verify: func(stored []byte, password string) bool {
			salt, want := stored[:rabbitSalt], stored[rabbitSalt:]
			return subtle.ConstantTimeCompare(sum(salt, password), want) == 1
		},
	}
}

func importOnly(h Hashing) Hashing {
	h.ImportOnly = true
	return h
}

// Parts of a PBKDF2 hash:
//
//	rounds (4, big-endian) │ salt (16) │ key (32)
const (
	roundsLen = 4
	saltLen   = 16
	keyLen    = sha256.Size
	maxRounds = 10_000_000 // or a stored hash could stop the node
)

// pbkdf2SHA256 stretches passwords. The rounds for new hashes are a balance:
// the users of a broker are programs that all come back at once after a
// failure, mostly with long random passwords. Stored hashes name their own
// rounds, so the number may change.
func pbkdf2SHA256(name string, rounds uint32) Hashing {
	key := func(password string, salt []byte, rounds uint32) []byte {
		k, err := pbkdf2.Key(sha256.New, password, salt, int(rounds), keyLen)
		if err != nil {
			panic("BUG: PBKDF2 refused fixed parameters: " + err.Error())
		}
		return k
	}
	return Hashing{
		Name:      name,
		Algorithm: rabbitSHA256,
		Doc:       "PBKDF2 with HMAC-SHA-256 and a salt of 16 octets.",
		size:      roundsLen + saltLen + keyLen,
		derive: func(password string) []byte {
			salt := randomOctets(saltLen)
			out := binary.BigEndian.AppendUint32(nil, rounds)
			out = append(out, salt...)
			return append(out, key(password, salt, rounds)...)
		},
		verify: func(stored []byte, password string) bool {
			rounds := binary.BigEndian.Uint32(stored)
			if rounds == 0 || rounds > maxRounds {
				return false
			}
			salt, want := stored[roundsLen:roundsLen+saltLen], stored[roundsLen+saltLen:]
			return subtle.ConstantTimeCompare(key(password, salt, rounds), want) == 1
		},
	}
}

func randomOctets(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: it ends the process instead
	return b
}
