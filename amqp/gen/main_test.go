package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestGeneratedFileIsFresh(t *testing.T) {
	text, err := os.ReadFile("../" + input)
	if err != nil {
		t.Fatal(err)
	}
	p, err := parseProtocol(string(text))
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(p)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../" + output)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s is not what %s yields; run go generate ./amqp", output, input)
	}
}

func TestProtocolMistakesAreReported(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"code 404 soft", "code 404: want scope and name"},
		{"code 404 mild NOT_FOUND", `scope "mild"`},
		{"code x soft NOT_FOUND", "invalid syntax"},
		{"klass 10 connection", "neither code, class nor method"},
		{"class 10", "too few fields"},
		{"method 10 start server -", "before its class"},
		{"class 10 c\nmethod 10 start", "line 2: method start: want name"},
		{"class 10 c\nmethod 10 start nobody -", `sender "nobody"`},
		{"class 10 c\nmethod 10 start server yes", `content "yes"`},
		{"class 10 c\nmethod 10 start server - a:q", `argument "a:q"`},
		{"class 10 c\nmethod 10 start server - a", `argument "a"`},
	} {
		_, err := parseProtocol(tc.text)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: error %v, want one with %q", tc.text, err, tc.want)
		}
	}
}

// TestBitRuns holds the packing of runs that the protocol does not have today:
// two runs in one method, and more than eight bits.
func TestBitRuns(t *testing.T) {
	p, err := parseProtocol("class 1 c\nmethod 2 n client content\nmethod 1 m client - a:b x:o " + strings.Repeat("b:b ", 9))
	if err != nil {
		t.Fatal(err)
	}
	src, err := generate(p)
	if err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]int{
		"bits := r.octet()":            1,
		"bits = r.octet()":             2,
		"bit(m.B)<<7":                  1,
		"dst = append(dst, bit(m.B))":  1,
		"dst = append(dst, bit(m.A))":  1,
		"dst = append(dst, bit(m.B)|b": 1,
	} {
		if have := bytes.Count(src, []byte(want)); have != n {
			t.Errorf("%q occurs %d times, want %d", want, have, n)
		}
	}
}
