package meta

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Keys of the durable store. Names are escaped, so that "/" stands between them
// only: % and the octets below 0x21, 0x2f and 0x7f become %XX.
//
//	counter/queue-id                                    queueIDs
//	global-parameter/<name>                             GlobalParameter
//	user/<name>                                         User
//	vhost/<name>                                        Vhost
//	permission/<vhost>/<user>                           Permission
//	topic-permission/<vhost>/<user>/<exchange>          TopicPermission
//	parameter/<vhost>/<component>/<name>                Parameter
//	policy/<vhost>/<name>                               Policy
//	operator-policy/<vhost>/<name>                      Policy
//	exchange/<vhost>/<name>                             Exchange
//	queue/<vhost>/<name>                                Queue
//	binding/<vhost>/<source>/q/<queue>/<key>            Binding without arguments
//	binding/<vhost>/<source>/e/<exchange>/<key>/<hash>  Binding with arguments
//
// A record holds all fields, those of the key too; the key only tells it from
// others. hash is half of the SHA-256 of the canonical arguments, in hex.
const queueIDsKey = "counter/queue-id"

func globalParameterKey(p *GlobalParameter) string { return key("global-parameter", p.Name) }
func userKey(name string) string                   { return key("user", name) }
func vhostKey(name string) string                  { return key("vhost", name) }
func permissionKey(p *Permission) string           { return key("permission", p.Vhost, p.User) }
func exchangeKey(x *Exchange) string               { return key("exchange", x.Vhost, x.Name) }
func queueKey(q *Queue) string                     { return key("queue", q.Vhost, q.Name) }

func topicPermissionKey(p *TopicPermission) string {
	return key("topic-permission", p.Vhost, p.User, p.Exchange)
}

func parameterKey(p *Parameter) string { return key("parameter", p.Vhost, p.Component, p.Name) }

func policyKey(p *Policy, operator bool) string {
	if operator {
		return key("operator-policy", p.Vhost, p.Name)
	}
	return key("policy", p.Vhost, p.Name)
}

func bindingKey(b *Binding) string {
	kind := "q"
	if b.DestinationType == destinationExchange {
		kind = "e"
	}
	if b.arguments == "" {
		return key("binding", b.Vhost, b.Source, kind, b.Destination, b.Key)
	}
	sum := sha256.Sum256([]byte(b.arguments))
	hash := hex.EncodeToString(sum[:len(sum)/2])
	return key("binding", b.Vhost, b.Source, kind, b.Destination, b.Key, hash)
}

func key(prefix string, names ...string) string {
	size := len(prefix)
	for _, name := range names {
		size += 1 + len(name)
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteString(prefix)
	for _, name := range names {
		b.WriteByte('/')
		escape(&b, name)
	}
	return b.String()
}

func escape(b *strings.Builder, name string) {
	const digits = "0123456789ABCDEF"
	clean := 0 // name[:clean] is written
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c == '%' || c == '/' || c == 0x7f {
			b.WriteString(name[clean:i])
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			clean = i + 1
		}
	}
	b.WriteString(name[clean:])
}

// record is an object that the store keeps.
type record interface{ code(c *coder) }

// recordVersion is the first octet of every record.
const recordVersion = 1

func encodeRecord(r record) []byte {
	c := &coder{buf: make([]byte, 1, 96)}
	c.buf[0] = recordVersion
	r.code(c)
	return c.buf
}

func decodeRecord(c *coder, value []byte, r record) error {
	*c = coder{buf: value, reading: true, names: c.names}
	var version byte
	c.octet(&version)
	if c.err == nil && version != recordVersion {
		c.fail(fmt.Sprintf("record of version %d", version))
	}
	r.code(c)
	return c.end()
}
