package auth

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// directory is a Directory in maps.
type directory struct {
	mu          sync.Mutex
	users       map[string]User
	permissions map[[2]string]Permission
	topics      map[[2]string][]TopicPermission
}

func (d *directory) User(name string) (User, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, ok := d.users[name]
	return u, ok
}

func (d *directory) Permission(user, vhost string) (Permission, bool) {
	p, ok := d.permissions[[2]string{user, vhost}]
	return p, ok
}

func (d *directory) TopicPermissions(user, vhost string) []TopicPermission {
	return d.topics[[2]string{user, vhost}]
}

func (d *directory) put(t testing.TB, name, password, hashing string) {
	t.Helper()
	u := User{Name: name, HashingAlgorithm: rabbitSHA256}
	if password != "" {
		var err error
		if u.HashingAlgorithm, u.PasswordHash, err = HashPassword(hashing, password); err != nil {
			t.Fatal(err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users == nil {
		d.users = map[string]User{}
	}
	d.users[name] = u
}

const (
	fast = rabbitSHA256
	slow = DefaultHashing
)

var (
	loopback = net.ParseIP("127.0.0.1")
	far      = net.ParseIP("192.0.2.1")
)

func TestLogin(t *testing.T) {
	d := &directory{}
	d.put(t, "u", "p", fast)
	d.put(t, "guest", "guest", fast)
	d.put(t, "nopass", "", fast)
	a := NewAuthenticator(d, Options{})
	plain := func(user, password string, peer net.IP) Attempt {
		return Attempt{Mechanism: "PLAIN", Response: []byte("\x00" + user + "\x00" + password), Peer: peer}
	}
	tests := []struct {
		name    string
		attempt Attempt
		user    string
		err     error
	}{
		{"right", plain("u", "p", far), "u", nil},
		{"again, remembered", plain("u", "p", far), "u", nil},
		{"wrong", plain("u", "x", far), "", ErrRefused},
		{"unknown", plain("zzz", "p", far), "", ErrRefused},
		{"empty password", plain("u", "", far), "", ErrRefused},
		{"no password set", plain("nopass", "", far), "", ErrRefused},
		{"no password set, some given", plain("nopass", "x", far), "", ErrRefused},
		{"guest here", plain("guest", "guest", loopback), "guest", nil},
		{"guest here over IPv6", plain("guest", "guest", net.ParseIP("::1")), "guest", nil},
		{"guest here, mapped", plain("guest", "guest", net.ParseIP("::ffff:127.0.0.1")), "guest", nil},
		{"guest in this process", plain("guest", "guest", nil), "guest", nil},
		{"guest from afar", plain("guest", "guest", far), "", ErrLoopbackOnly},
		{"guest from afar, wrong", plain("guest", "x", far), "", ErrRefused},
		{"malformed", Attempt{Mechanism: "PLAIN"}, "", ErrMalformed},
		{"no such mechanism", Attempt{Mechanism: "zzz"}, "", ErrMechanism},
		{"certificate", Attempt{Mechanism: "EXTERNAL", External: "nopass", Peer: far}, "nopass", nil},
		{"certificate of nobody", Attempt{Mechanism: "EXTERNAL", External: "zzz", Peer: far}, "", ErrRefused},
		{"certificate of guest", Attempt{Mechanism: "EXTERNAL", External: "guest", Peer: far}, "", ErrLoopbackOnly},
	}
	for _, test := range tests {
		u, err := a.Login(test.attempt)
		if u.Name != test.user || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("%s: %q, %v; want %q, %v", test.name, u.Name, err, test.user, test.err)
		}
	}
	if u, err := a.LoginPassword("u", "p", far); u.Name != "u" || err != nil {
		t.Errorf("LoginPassword: %v", err)
	}
}

func TestLoopbackUsersAreASetting(t *testing.T) {
	d := &directory{}
	d.put(t, "guest", "guest", fast)
	d.put(t, "u", "p", fast)
	none := NewAuthenticator(d, Options{LoopbackUsers: []string{}})
	if _, err := none.LoginPassword("guest", "guest", far); err != nil {
		t.Errorf("nobody is tied to loopback: %v", err)
	}
	other := NewAuthenticator(d, Options{LoopbackUsers: []string{"u"}})
	if _, err := other.LoginPassword("u", "p", far); !errors.Is(err, ErrLoopbackOnly) {
		t.Errorf("u is: %v", err)
	}
}

// TestSlowHashOnce lets 2,000 connections of one user come back at once.
func TestSlowHashOnce(t *testing.T) {
	d := &directory{}
	d.put(t, "u", "p", slow)
	a := NewAuthenticator(d, Options{})
	var wait sync.WaitGroup
	for range 2000 {
		wait.Go(func() {
			if _, err := a.LoginPassword("u", "p", far); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := a.hashed.Load(); n > int64(cap(a.slots)) {
		t.Errorf("%d hashes were worked out, want at most one for each of %d slots", n, cap(a.slots))
	}
}

func TestVerifiedLoginsForget(t *testing.T) {
	d := &directory{}
	d.put(t, "u", "old", fast)
	a := NewAuthenticator(d, Options{})
	login := func(password string) bool {
		_, err := a.LoginPassword("u", password, far)
		return err == nil
	}
	if first, second := login("old"), login("old"); !first || !second || a.hashed.Load() != 1 {
		t.Errorf("%d hashes for two logins", a.hashed.Load())
	}
	d.put(t, "u", "new", fast)
	if login("old") || !login("new") {
		t.Error("a changed password is not taken over at once")
	}
	d.put(t, "u", "old", fast) // the same password under another salt
	if !login("old") {
		t.Error("the old password set again is refused")
	}
	delete(d.users, "u")
	if login("old") {
		t.Error("a deleted user gets in")
	}
}

func TestVerifiedLoginsAreBounded(t *testing.T) {
	v := newVerifiedLogins()
	for i := range maxVerified + 10 {
		v.add(User{Name: fmt.Sprint(i), PasswordHash: "h"}, "p")
	}
	if len(v.digests) > maxVerified {
		t.Errorf("%d remembered", len(v.digests))
	}
	if !v.has(User{Name: fmt.Sprint(maxVerified + 9), PasswordHash: "h"}, "p") {
		t.Error("the latest is forgotten")
	}
}

// TestVerifiedPartsDoNotRunTogether checks that no two logins share a digest
// because their parts add up to the same text.
func TestVerifiedPartsDoNotRunTogether(t *testing.T) {
	v := newVerifiedLogins()
	v.add(User{Name: "ab", HashingAlgorithm: "c", PasswordHash: "d"}, "e")
	for _, u := range []User{{Name: "a", HashingAlgorithm: "bc", PasswordHash: "d"}, {Name: "ab", HashingAlgorithm: "", PasswordHash: "cd"}} {
		if v.has(u, "e") {
			t.Errorf("%+v is taken for another", u)
		}
	}
	if newVerifiedLogins().digest(User{Name: "a"}, "b") == v.digest(User{Name: "a"}, "b") {
		t.Error("two processes share a key")
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &directory{}
		d.put(t, "u", "p", fast)
		d.put(t, "v", "p", fast)
		a := NewAuthenticator(d, Options{})
		login := func(user, password string, peer net.IP) error {
			_, err := a.LoginPassword(user, password, peer)
			return err
		}
		expect := func(what string, err, want error) {
			t.Helper()
			if !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		expect("remembered before", login("u", "p", far), nil)
		for range freeFailures {
			expect("free failure", login("u", "x", far), ErrRefused)
		}
		hashed := a.hashed.Load()
		expect("one more", login("u", "x", far), ErrThrottled)
		expect("right, but not known yet", login("v", "p", far), ErrThrottled)
		expect("remembered login", login("u", "p", far), nil)
		expect("another address", login("u", "x", net.ParseIP("192.0.2.2")), ErrRefused)
		if n := a.hashed.Load() - hashed; n != 1 {
			t.Errorf("%d hashes while blocked, want that of the other address", n)
		}
		time.Sleep(firstBlock)
		expect("after the block", login("u", "x", far), ErrRefused)
		time.Sleep(firstBlock)
		expect("twice as long now", login("u", "x", far), ErrThrottled)
		time.Sleep(firstBlock)
		expect("right", login("v", "p", far), nil)
		expect("a clean sheet", login("u", "x", far), ErrRefused)
	})
}

func TestThrottleLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle()
		fail := func(peer net.IP, n int) {
			for range n {
				th.failed(peer)
			}
		}
		fail(loopback, 100)
		fail(nil, 100)
		if len(th.sources) != 0 || th.blocked(loopback) || th.blocked(nil) {
			t.Error("loopback is throttled")
		}
		fail(far, 1000)
		time.Sleep(lastBlock - 1)
		if !th.blocked(far) {
			t.Error("not blocked for as long as it may be")
		}
		time.Sleep(time.Nanosecond)
		if th.blocked(far) {
			t.Error("blocked for longer than it may be")
		}
		fail(net.ParseIP("2001:db8::1"), freeFailures)
		if !th.blocked(net.ParseIP("2001:db8::2")) || th.blocked(net.ParseIP("2001:db8:0:1::1")) {
			t.Error("IPv6 is not counted by networks of 64 bits")
		}
		time.Sleep(forgetAfter + 1)
		fail(far, 1)
		if th.blocked(far) {
			t.Error("old failures are not forgotten")
		}
		for i := range maxSources + 100 {
			th.failed(net.IPv4(10, byte(i>>16), byte(i>>8), byte(i)))
		}
		if len(th.sources) > maxSources {
			t.Errorf("%d addresses remembered", len(th.sources))
		}
	})
}

func TestRefusalText(t *testing.T) {
	want := "Login was refused using authentication mechanism PLAIN. For details see the broker logfile."
	if got := RefusalText("PLAIN"); got != want {
		t.Errorf("got %s", got)
	}
}

func BenchmarkLoginRemembered(b *testing.B) {
	d := &directory{}
	d.put(b, "u", "p", slow)
	a := NewAuthenticator(d, Options{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.LoginPassword("u", "p", far); err != nil {
			b.Fatal(err)
		}
	}
}
