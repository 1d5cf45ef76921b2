package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"sync"
)

// maxVerified bounds the verified logins that are remembered, 32 octets each.
// When it is reached the memory starts afresh: a broker with more users than
// this works out some hashes again.
const maxVerified = 4096

// verifiedLogins remembers that a password was right for a user, as a keyed
// digest over both and the stored hash. A changed password, and a deleted
// user, therefore stop matching by themselves; a core dump or a swapped page
// shows nothing that can be tried offline without the key beside it.
type verifiedLogins struct {
	key [32]byte // random, new in every process

	mu      sync.RWMutex
	digests map[[sha256.Size]byte]struct{}
}

func newVerifiedLogins() *verifiedLogins {
	v := &verifiedLogins{digests: map[[sha256.Size]byte]struct{}{}}
	copy(v.key[:], randomOctets(len(v.key)))
	return v
}

// digest covers each part with its length, so that parts cannot run together.
func (v *verifiedLogins) digest(u User, password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, v.key[:])
	for _, part := range []string{u.Name, u.HashingAlgorithm, u.PasswordHash, password} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		mac.Write([]byte(part))
	}
	mac.Sum(sum[:0])
	return sum
}

// has reports whether the password is known to be right for the user.
func (v *verifiedLogins) has(u User, password string) bool {
	if u.PasswordHash == "" || password == "" {
		return false
	}
	digest := v.digest(u, password)
	v.mu.RLock()
	defer v.mu.RUnlock()
	_, known := v.digests[digest]
	return known
}

// add remembers that the password is right for the user.
func (v *verifiedLogins) add(u User, password string) {
	digest := v.digest(u, password)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.digests) >= maxVerified {
		clear(v.digests)
	}
	v.digests[digest] = struct{}{}
}

// nobody is a user with a hash that no password fits.
var nobody = sync.OnceValue(func() User {
	algorithm, hash, err := HashPassword(DefaultHashing, string(randomOctets(32)))
	if err != nil {
		panic("BUG: the default hash cannot be made: " + err.Error())
	}
	return User{PasswordHash: hash, HashingAlgorithm: algorithm}
})

// hashSlots is how many slow hashes may run at a time: half of the processors,
// so that a storm of logins leaves the rest to messages.
func hashSlots() int { return max(1, runtime.GOMAXPROCS(0)/2) }
