package auth

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// TestRabbitHashes has hashes that RabbitMQ 3.10.8 made. The first is the
// example of its documentation.
func TestRabbitHashes(t *testing.T) {
	tests := []struct{ algorithm, hash, password string }{
		{"rabbit_password_hashing_sha256", "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR", "test12"},
		{"rabbit_password_hashing_sha512", "kI3GChuNuIYf8lRbCCxZjgjKwsY19ns6+uFO0zcXRBGA/XGJPYD8OWMy7EB8TaOmAzjP2azv84GbINYwX2cDWb4DHnc=", "test12"},
		{"rabbit_password_hashing_md5", "kI3GChNpte2FApYFXScl+0dIluk=", "test12"},
		{"", "kI3GChNpte2FApYFXScl+0dIluk=", "test12"},
		{"rabbit_password_hashing_sha256", "a/Vk4Zhxj71GBBeQScwv2NaytXFvvuih7xkPQ+3xvBpKL1ly", "pässwörd"},
	}
	for _, test := range tests {
		u := User{Name: "u", PasswordHash: test.hash, HashingAlgorithm: test.algorithm}
		if !VerifyPassword(u, test.password) {
			t.Errorf("%s: the right password is refused", test.algorithm)
		}
		for _, wrong := range []string{"", test.password + "x", strings.ToUpper(test.password)} {
			if VerifyPassword(u, wrong) {
				t.Errorf("%s: %q passes", test.algorithm, wrong)
			}
		}
	}
}

func TestEveryHashing(t *testing.T) {
	for _, h := range Hashings {
		if h.Doc == "" || !strings.HasSuffix(h.Doc, ".") {
			t.Errorf("%s: Doc is %q, want a sentence", h.Name, h.Doc)
		}
		algorithm, hash, err := HashPassword(h.Name, "secret")
		if h.ImportOnly {
			if !errors.Is(err, ErrImportOnly) {
				t.Errorf("%s made a hash: %v", h.Name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", h.Name, err)
		}
		u := User{PasswordHash: hash, HashingAlgorithm: algorithm}
		if !VerifyPassword(u, "secret") || VerifyPassword(u, "Secret") || VerifyPassword(u, "") {
			t.Errorf("%s does not tell right from wrong", h.Name)
		}
		if _, again, _ := HashPassword(h.Name, "secret"); again == hash {
			t.Errorf("%s: two hashes without salt", h.Name)
		}
		stored, _ := base64.StdEncoding.DecodeString(hash)
		for n := range len(stored) {
			short := base64.StdEncoding.EncodeToString(stored[:n])
			if VerifyPassword(User{PasswordHash: short, HashingAlgorithm: algorithm}, "secret") {
				t.Errorf("%s: a hash of %d octets lets in", h.Name, n)
			}
		}
	}
}

// TestHashingsAreToldApart: an algorithm and a length are one way to verify.
func TestHashingsAreToldApart(t *testing.T) {
	for i := range Hashings {
		h := &Hashings[i]
		if got := hashingOf(h.Algorithm, make([]byte, h.size)); got != h {
			t.Errorf("a hash of %s is taken for one of %v", h.Name, got)
		}
	}
}

// TestDefaultHashing: new passwords are stretched, under a name that RabbitMQ's
// tools know.
func TestDefaultHashing(t *testing.T) {
	algorithm, hash, err := HashPassword("", "x")
	stored, _ := base64.StdEncoding.DecodeString(hash)
	if err != nil || algorithm != rabbitSHA256 || len(stored) != roundsLen+saltLen+keyLen {
		t.Errorf("the default is %s with %d octets: %v", algorithm, len(stored), err)
	}
}

func TestBadHashes(t *testing.T) {
	algorithm, good, err := HashPassword(DefaultHashing, "x")
	if err != nil {
		t.Fatal(err)
	}
	stored, _ := base64.StdEncoding.DecodeString(good)
	rounds := func(four string) string {
		return base64.StdEncoding.EncodeToString([]byte(four + string(stored[4:])))
	}
	for _, u := range []User{
		{HashingAlgorithm: "nonsense", PasswordHash: good},
		{HashingAlgorithm: algorithm, PasswordHash: "!"},
		{HashingAlgorithm: algorithm, PasswordHash: rounds("\x00\x00\x00\x00")},
		{HashingAlgorithm: algorithm, PasswordHash: rounds("\xff\xff\xff\xff")}, // would stop the node for minutes
		{HashingAlgorithm: algorithm},
	} {
		if VerifyPassword(u, "x") {
			t.Errorf("%s %q lets in", u.HashingAlgorithm, u.PasswordHash)
		}
	}
	if _, _, err := HashPassword("nonsense", "x"); !errors.Is(err, ErrUnknownHashing) {
		t.Errorf("HashPassword: %v", err)
	}
}

func TestNewHashings(t *testing.T) {
	names := NewHashings()
	if len(names) == 0 || names[0] != DefaultHashing {
		t.Errorf("%v does not begin with the default", names)
	}
	for _, name := range names {
		if _, _, err := HashPassword(name, "x"); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, name := range NewHashings() {
		algorithm, hash, err := HashPassword(name, "secret")
		if err != nil {
			b.Fatal(err)
		}
		u := User{PasswordHash: hash, HashingAlgorithm: algorithm}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				VerifyPassword(u, "secret")
			}
		})
	}
}
