package auth

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"amqpd/amqp"
)

// amqplain is the inside of a table, as the mechanism sends it.
func amqplain(fields ...amqp.Field) []byte { return amqp.Table(fields).Append(nil)[4:] }

func field(key string, v amqp.Value) amqp.Field { return amqp.Field{Key: key, Value: v} }

// TestMechanisms has amqp-behaviour §1.3.
func TestMechanisms(t *testing.T) {
	login, password := field("LOGIN", amqp.LongStr("u")), field("PASSWORD", amqp.LongStr("p"))
	good := Credentials{User: "u", Password: "p"}
	tests := []struct {
		mechanism string
		response  []byte
		external  string
		want      Credentials
		err       error
	}{
		{"PLAIN", []byte("\x00u\x00p"), "", good, nil},
		{"PLAIN", []byte("\x00u\x00"), "", Credentials{User: "u"}, nil},
		{"PLAIN", []byte("\x00\x00p"), "", Credentials{Password: "p"}, nil},
		{"PLAIN", []byte("\x00ü\x00p\xff"), "", Credentials{User: "ü", Password: "p\xff"}, nil},
		{"PLAIN", []byte("z\x00u\x00p"), "", Credentials{}, ErrMalformed},
		{"PLAIN", []byte("\x00u\x00p\x00"), "", Credentials{}, ErrMalformed},
		{"PLAIN", []byte("\x00u"), "", Credentials{}, ErrMalformed},
		{"PLAIN", []byte("u:p"), "", Credentials{}, ErrMalformed},
		{"PLAIN", nil, "", Credentials{}, ErrMalformed},
		{"AMQPLAIN", amqplain(login, password), "", good, nil},
		{"AMQPLAIN", amqplain(password, field("x", amqp.Void()), login), "", good, nil},
		{"AMQPLAIN", amqp.Table{login, password}.Append(nil), "", Credentials{}, ErrMalformed},
		{"AMQPLAIN", amqplain(login), "", Credentials{}, ErrMalformed},
		{"AMQPLAIN", amqplain(login, field("PASSWORD", amqp.Long(5))), "", Credentials{}, ErrMalformed},
		{"AMQPLAIN", []byte("\x00u\x00p"), "", Credentials{}, ErrMalformed},
		{"AMQPLAIN", nil, "", Credentials{}, ErrMalformed},
		{"EXTERNAL", []byte("ignored"), "cert", Credentials{User: "cert", Proven: true}, nil},
		{"EXTERNAL", nil, "", Credentials{}, ErrMechanism},
		{"plain", []byte("\x00u\x00p"), "", Credentials{}, ErrMechanism},
		{"", nil, "", Credentials{}, ErrMechanism},
	}
	for _, test := range tests {
		got, err := parseResponse(Attempt{Mechanism: test.mechanism, Response: test.response, External: test.external})
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s %q: %+v, %v; want %+v, %v", test.mechanism, test.response, got, err, test.want, test.err)
		}
	}
}

func TestMechanismNames(t *testing.T) {
	if got := MechanismNames(false); !slices.Equal(got, []string{"PLAIN", "AMQPLAIN"}) {
		t.Errorf("without certificate: %v", got)
	}
	if got := MechanismNames(true); !slices.Equal(got, []string{"PLAIN", "AMQPLAIN", "EXTERNAL"}) {
		t.Errorf("with certificate: %v", got)
	}
	for _, m := range Mechanisms {
		if !strings.HasSuffix(m.Doc, ".") && !strings.HasSuffix(m.Doc, ").") {
			t.Errorf("%s: Doc is %q, want a sentence", m.Name, m.Doc)
		}
	}
}

func FuzzResponse(f *testing.F) {
	f.Add("PLAIN", []byte("\x00u\x00p"), "")
	f.Add("AMQPLAIN", amqplain(field("LOGIN", amqp.LongStr("u")), field("PASSWORD", amqp.LongStr("p"))), "")
	f.Add("EXTERNAL", []byte(nil), "cert")
	f.Fuzz(func(t *testing.T, mechanism string, response []byte, external string) {
		c, err := parseResponse(Attempt{Mechanism: mechanism, Response: response, External: external})
		if err != nil {
			if c != (Credentials{}) || !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrMechanism) {
				t.Fatalf("%+v, %v", c, err)
			}
			return
		}
		if c.Proven != (mechanism == "EXTERNAL") || c.Proven && c.User != external {
			t.Fatalf("%s, %q: %+v", mechanism, external, c)
		}
	})
}
