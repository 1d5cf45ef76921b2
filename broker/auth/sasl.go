package auth

import (
	"bytes"
	"errors"
	"fmt"

	"amqpd/amqp"
)

// ErrMalformed says that a SASL response is not of its mechanism's form. The
// connection then ends without a close (amqp-behaviour §1.3).
var ErrMalformed = errors.New("malformed SASL response")

// ErrMechanism says that the client chose a mechanism that was not
// offered to it. The connection then ends without a close.
var ErrMechanism = errors.New("unknown SASL mechanism")

// Credentials are what a response claims.
type Credentials struct {
	User     string
	Password string
	// Proven says that another layer has proven who the user is, as TLS does
	// for EXTERNAL; there is no password then.
	Proven bool
}

// Mechanism is a way to log in.
type Mechanism struct {
	Name string // case-sensitive
	Doc  string // one sentence for users
	// NeedsCertificate mechanisms are offered only to peers that showed a
	// certificate which was verified.
	NeedsCertificate bool
	// Parse reads the response of start-ok. The certificate's name is that of
	// the peer, "" if it has none. Errors wrap ErrMalformed.
	Parse func(response []byte, certificateName string) (Credentials, error)
}

// Mechanisms is every mechanism there is, in the order in which they are
// offered. It is read only.
var Mechanisms = []Mechanism{
	{
		Name:  "PLAIN",
		Doc:   "User and password, separated by NUL octets (RFC 4616).",
		Parse: parsePlain,
	},
	{
		Name:  "AMQPLAIN",
		Doc:   "User and password as a field table.",
		Parse: parseAMQPlain,
	},
	{
		Name:             "EXTERNAL",
		Doc:              "The name in the client's TLS certificate.",
		NeedsCertificate: true,
		Parse:            parseExternal,
	},
}

// MechanismNames returns the names of the mechanisms that a peer may use, in
// the order of connection.start. The flag says that it showed a certificate.
func MechanismNames(certificate bool) []string {
	var names []string
	for _, m := range Mechanisms {
		if certificate || !m.NeedsCertificate {
			names = append(names, m.Name)
		}
	}
	return names
}

// parseResponse finds the mechanism and parses the response with it. Errors:
// ErrMechanism, ErrMalformed.
func parseResponse(a Attempt) (Credentials, error) {
	for _, m := range Mechanisms {
		if m.Name == a.Mechanism && (a.External != "" || !m.NeedsCertificate) {
			return m.Parse(a.Response, a.External)
		}
	}
	return Credentials{}, fmt.Errorf("%w %q", ErrMechanism, a.Mechanism)
}

// parsePlain reads NUL user NUL password. An authorization id in front, and a
// NUL inside either part, are malformed.
func parsePlain(response []byte, _ string) (Credentials, error) {
	parts := bytes.Split(response, []byte{0})
	if len(parts) != 3 || len(parts[0]) != 0 {
		return Credentials{}, fmt.Errorf("%w: PLAIN is not NUL user NUL password", ErrMalformed)
	}
	return Credentials{User: string(parts[1]), Password: string(parts[2])}, nil
}

// parseAMQPlain reads the inside of a table, without its length.
func parseAMQPlain(response []byte, _ string) (Credentials, error) {
	table, err := amqp.ParseTable(response)
	if err != nil {
		return Credentials{}, fmt.Errorf("%w: AMQPLAIN: %w", ErrMalformed, err)
	}
	login, _ := table.Get("LOGIN")
	password, _ := table.Get("PASSWORD")
	c := Credentials{}
	var isText [2]bool
	c.User, isText[0] = login.Str()
	c.Password, isText[1] = password.Str()
	if !isText[0] || !isText[1] {
		return Credentials{}, fmt.Errorf("%w: AMQPLAIN without LOGIN and PASSWORD as long strings", ErrMalformed)
	}
	return c, nil
}

// parseExternal ignores the response: the certificate says it all.
func parseExternal(_ []byte, certificateName string) (Credentials, error) {
	return Credentials{User: certificateName, Proven: true}, nil
}
