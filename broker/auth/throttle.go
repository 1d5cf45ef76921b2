package auth

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Throttling of failed logins, per source address. After freeFailures the
// address is not listened to for firstBlock, then twice as long after each
// further failure, up to lastBlock. A login that is remembered as verified
// passes all the same, so one broken client behind an address cannot lock out
// the others; and loopback is never throttled, because all clients of a proxy
// on this machine come from there.
const (
	freeFailures = 10
	firstBlock   = time.Second
	lastBlock    = 30 * time.Second
	forgetAfter  = 10 * time.Minute // without a failure
	maxSources   = 8192             // addresses remembered at a time
)

type throttle struct {
	mu      sync.Mutex
	sources map[netip.Addr]source
}

// source is what is known of an address from which a login failed.
type source struct {
	failures int       // in a row
	last     time.Time // of the latest failure
}

func newThrottle() *throttle { return &throttle{sources: map[netip.Addr]source{}} }

// sourceOf is the address by which a peer is counted: whole networks of 64
// bits for IPv6, because an attacker has all of one.
func sourceOf(peer net.IP) (key netip.Addr, counted bool) {
	address, ok := netip.AddrFromSlice(peer)
	if !ok || local(peer) {
		return netip.Addr{}, false
	}
	address = address.Unmap()
	if address.Is4() {
		return address, true
	}
	return netip.PrefixFrom(address, 64).Masked().Addr(), true
}

// block is how long an address is not listened to after its latest failure.
func (s source) block() time.Duration {
	if s.failures < freeFailures {
		return 0
	}
	doublings := s.failures - freeFailures
	if doublings > 5 { // 2^5 seconds exceed lastBlock
		return lastBlock
	}
	return min(firstBlock<<doublings, lastBlock)
}

func (t *throttle) blocked(peer net.IP) bool {
	key, counted := sourceOf(peer)
	if !counted {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s, known := t.sources[key]
	return known && s.block() > 0 && time.Since(s.last) < s.block()
}

func (t *throttle) failed(peer net.IP) {
	key, counted := sourceOf(peer)
	if !counted {
		return
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	s, known := t.sources[key]
	if known && now.Sub(s.last) > forgetAfter {
		s = source{}
	}
	if !known && len(t.sources) >= maxSources {
		t.makeRoom(now)
	}
	s.failures++
	s.last = now
	t.sources[key] = s
}

func (t *throttle) succeeded(peer net.IP) {
	key, counted := sourceOf(peer)
	if !counted {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.sources, key)
}

// makeRoom drops addresses that would be forgotten anyway, and one more if
// that was not enough. It must be called with the lock held.
func (t *throttle) makeRoom(now time.Time) {
	for key, s := range t.sources {
		if now.Sub(s.last) > forgetAfter {
			delete(t.sources, key)
		}
	}
	for key := range t.sources {
		if len(t.sources) < maxSources {
			return
		}
		delete(t.sources, key)
	}
}
