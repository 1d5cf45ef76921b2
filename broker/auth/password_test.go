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
		if err := CheckHash(test.algorithm, test.hash); err != nil {
			t.Errorf("%s: %v", test.algorithm, err)
		}
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

func TestEveryAlgorithm(t *testing.T) {
	for _, a := range Algorithms {
		if a.Doc == "" || !strings.HasSuffix(a.Doc, ".") {
			t.Errorf("%s: Doc is %q, want a sentence", a.Name, a.Doc)
		}
		hash, err := HashPassword(a.Name, "secret")
		if a.ImportOnly {
			if !errors.Is(err, ErrImportOnly) {
				t.Errorf("%s made a hash: %v", a.Name, err)
			}
			continue
		}
		if err != nil || CheckHash(a.Name, hash) != nil {
			t.Fatalf("%s: %v", a.Name, err)
		}
		u := User{PasswordHash: hash, HashingAlgorithm: a.Name}
		if !VerifyPassword(u, "secret") || VerifyPassword(u, "Secret") || VerifyPassword(u, "") {
			t.Errorf("%s does not tell right from wrong", a.Name)
		}
		if again, _ := HashPassword(a.Name, "secret"); again == hash {
			t.Errorf("%s: two hashes without salt", a.Name)
		}
		stored, _ := base64.StdEncoding.DecodeString(hash)
		for n := range len(stored) {
			short := base64.StdEncoding.EncodeToString(stored[:n])
			if n > 0 && CheckHash(a.Name, short) == nil {
				t.Errorf("%s: a hash of %d octets is well formed", a.Name, n)
			}
			if VerifyPassword(User{PasswordHash: short, HashingAlgorithm: a.Name}, "secret") {
				t.Errorf("%s: a hash of %d octets lets in", a.Name, n)
			}
		}
	}
}

func TestDefaultAlgorithm(t *testing.T) {
	hash, err := HashPassword("", "x")
	if err != nil || CheckHash(DefaultAlgorithm, hash) != nil {
		t.Errorf("no algorithm is not the default one: %v", err)
	}
}

func TestBadHashes(t *testing.T) {
	good, err := HashPassword(DefaultAlgorithm, "x")
	if err != nil {
		t.Fatal(err)
	}
	stored, _ := base64.StdEncoding.DecodeString(good)
	rounds := func(four string) string {
		return base64.StdEncoding.EncodeToString([]byte(four + string(stored[4:])))
	}
	tests := []struct {
		algorithm, hash string
		want            error
	}{
		{"nonsense", good, ErrUnknownAlgorithm},
		{DefaultAlgorithm, "!", ErrBadHash},
		{DefaultAlgorithm, rounds("\x00\x00\x00\x00"), ErrBadHash},
		{DefaultAlgorithm, rounds("\xff\xff\xff\xff"), ErrBadHash}, // would stop the node for minutes
		{DefaultAlgorithm, "", nil},
	}
	for _, test := range tests {
		if err := CheckHash(test.algorithm, test.hash); !errors.Is(err, test.want) {
			t.Errorf("%s %q: %v, want %v", test.algorithm, test.hash, err, test.want)
		}
		if VerifyPassword(User{PasswordHash: test.hash, HashingAlgorithm: test.algorithm}, "x") {
			t.Errorf("%s %q lets in", test.algorithm, test.hash)
		}
	}
	if _, err := HashPassword("nonsense", "x"); !errors.Is(err, ErrUnknownAlgorithm) {
		t.Errorf("HashPassword: %v", err)
	}
}

func TestNewAlgorithms(t *testing.T) {
	names := NewAlgorithms()
	if len(names) == 0 || names[0] != DefaultAlgorithm {
		t.Errorf("%v does not begin with the default", names)
	}
	for _, name := range names {
		if _, err := HashPassword(name, "x"); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, a := range Algorithms {
		if a.ImportOnly {
			continue
		}
		hash, err := HashPassword(a.Name, "secret")
		if err != nil {
			b.Fatal(err)
		}
		u := User{PasswordHash: hash, HashingAlgorithm: a.Name}
		b.Run(a.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				VerifyPassword(u, "secret")
			}
		})
	}
}
