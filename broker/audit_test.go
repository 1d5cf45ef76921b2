package broker

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"amqpd/amqp"
	"amqpd/broker/auth"
	"amqpd/cluster/meta"
	"amqpd/policy"
)

// auditFields are the fields that every line has.
var auditFields = []string{"time", "level", "msg", "action", "outcome", "user", "peer", "via", "vhost", "object", "detail", "reason"}

// auditTrail is an audit log in memory.
type auditTrail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (a *auditTrail) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.buf.Write(b)
}

// logger is the audit log from a level on.
func (a *auditTrail) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(a, &slog.HandlerOptions{Level: level}))
}

// lines are those written so far; their fields are checked.
func (a *auditTrail) lines(t *testing.T) []map[string]string {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []map[string]string
	for line := range strings.Lines(a.buf.String()) {
		fields := make(map[string]string)
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("line %s: %v", line, err)
		}
		if len(fields) != len(auditFields) {
			t.Errorf("fields of %s", line)
		}
		for _, name := range auditFields {
			if _, ok := fields[name]; !ok {
				t.Errorf("no %s in %s", name, line)
			}
		}
		out = append(out, fields)
	}
	return out
}

// find gives the lines of an action and an object.
func (a *auditTrail) find(t *testing.T, action, object string) []map[string]string {
	t.Helper()
	return slices.DeleteFunc(a.lines(t), func(f map[string]string) bool {
		return f["action"] != action || f["object"] != object
	})
}

// one gives the only line of an action and an object.
func (a *auditTrail) one(t *testing.T, action, object string) map[string]string {
	t.Helper()
	found := a.find(t, action, object)
	if len(found) != 1 {
		t.Fatalf("%d lines of %s %q, want one, in %s", len(found), action, object, a.buf.String())
	}
	return found[0]
}

func TestAudit_OverAMQP(t *testing.T) {
	trail := &auditTrail{}
	b := open(t, Options{Audit: trail.logger(slog.LevelInfo)})
	k := pipe(t, b).guest()
	k.durable(1, "q", nil)
	k.durable(1, "q", nil) // as it is: nothing changes
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "short", Exclusive: true})
	call[amqp.ExchangeDeclareOk](k, 1, &amqp.ExchangeDeclare{Exchange: "x", Type: "topic", Durable: true})
	call[amqp.QueueBindOk](k, 1, &amqp.QueueBind{Queue: "q", Exchange: "x", RoutingKey: "a.*"})
	call[amqp.QueuePurgeOk](k, 1, &amqp.QueuePurge{Queue: "q"})
	call[amqp.QueueDeleteOk](k, 1, &amqp.QueueDelete{Queue: "q"})

	for _, w := range []struct{ action, object, detail string }{
		{"queue.put", "q", "type=classic"},
		{"exchange.put", "x", "type=topic"},
		{"binding.put", "x", `queue="q" key="a.*"`},
		{"queue.purge", "q", "messages=0"},
		{"queue.delete", "q", ""},
	} {
		line := trail.one(t, w.action, w.object)
		if line["user"] != "guest" || line["via"] != "amqp" || line["peer"] != "pipe" || line["vhost"] != "/" ||
			line["outcome"] != "done" || line["detail"] != w.detail {
			t.Errorf("line %v, want detail %q of guest", line, w.detail)
		}
	}
	if found := trail.find(t, "queue.put", "short"); len(found) > 0 {
		t.Errorf("an exclusive queue is told of at info: %v", found)
	}
	if line := trail.one(t, "user.put", "guest"); line["via"] != "node" || line["user"] != "" {
		t.Errorf("the first start's user is said to come from %v", line)
	}
}

func TestAudit_TransientAtDebug(t *testing.T) {
	trail := &auditTrail{}
	b := open(t, Options{Audit: trail.logger(slog.LevelDebug)})
	k := pipe(t, b).guest()
	call[amqp.QueueDeclareOk](k, 1, &amqp.QueueDeclare{Queue: "short", Exclusive: true})
	if line := trail.one(t, "queue.put", "short"); line["level"] != "DEBUG" {
		t.Errorf("line %v", line)
	}
}

func TestAudit_Refusals(t *testing.T) {
	trail := &auditTrail{}
	b := open(t, Options{Audit: trail.logger(slog.LevelInfo)})
	const secret = "MARKED-SECRET"
	k := pipe(t, b)
	k.write([]byte("AMQP\x00\x00\x09\x01"))
	want[amqp.ConnectionStart](k, 0)
	k.send(0, &amqp.ConnectionStartOk{
		ClientProperties: amqp.Table{{Key: "capabilities", Value: amqp.TableOf(k.caps)}},
		Mechanism:        "PLAIN", Response: "\x00mallory\x00" + secret, Locale: "en_US",
	})
	k.closed()
	line := trail.one(t, "login", "mallory")
	if line["outcome"] != "refused" || line["user"] != "mallory" || line["reason"] != auth.ErrRefused.Error() ||
		line["detail"] != "mechanism=PLAIN" {
		t.Errorf("line %v", line)
	}
	if strings.Contains(trail.buf.String(), secret) {
		t.Error("the password is in the audit log")
	}
}

// TestAudit_NoSecrets applies every command that has a secret in it.
func TestAudit_NoSecrets(t *testing.T) {
	trail := &auditTrail{}
	b := open(t, Options{Audit: trail.logger(slog.LevelDebug)})
	const secret = "MARKED-SECRET"
	who := Actor{User: "root", Peer: "192.0.2.1:5", Via: "http"}
	commands := []meta.Command{
		meta.PutUser{User: meta.User{Name: "u", PasswordHash: secret, HashingAlgorithm: meta.HashSHA256, Tags: []string{"monitoring"}}},
		meta.PutParameter{Parameter: meta.Parameter{Vhost: "/", Component: "shovel", Name: "s", Value: []byte(`{"src-uri":"amqp://u:` + secret + `@h"}`)}},
		meta.PutGlobalParameter{Parameter: meta.GlobalParameter{Name: "g", Value: []byte(`"` + secret + `"`)}},
		meta.PutPolicy{Policy: meta.Policy{Vhost: "/", Name: "p", Pattern: ".*", ApplyTo: "queues", Definition: policy.Definition{"max-length": int64(5)}}},
	}
	for _, c := range commands {
		if err := b.ApplyFor(who, c); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.ApplyFor(who, meta.Batch{Commands: commands}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []struct{ action, object, detail string }{
		{"user.put", "u", "tags=monitoring"},
		{"parameter.put", "s", "component=shovel"},
		{"global-parameter.put", "g", ""},
		{"policy.put", "p", `pattern=".*" apply-to=queues priority=0 definition={"max-length":5}`},
	} {
		found := trail.find(t, o.action, o.object)
		if len(found) == 0 {
			t.Errorf("no line of %s %s", o.action, o.object)
			continue
		}
		if f := found[0]; f["user"] != who.User || f["peer"] != who.Peer || f["via"] != "http" || f["detail"] != o.detail {
			t.Errorf("line %v", f)
		}
	}
	if strings.Contains(trail.buf.String(), secret) {
		t.Error("a secret is in the audit log:", trail.buf.String())
	}
}

func TestAudit_LongDetailIsCut(t *testing.T) {
	trail := &auditTrail{}
	b := open(t, Options{Audit: trail.logger(slog.LevelInfo)})
	b.Audit(AuditEvent{Action: "a", Object: "o", Detail: strings.Repeat("x", 1<<20)})
	if n := len(trail.one(t, "a", "o")["detail"]); n > auditDetail+3 {
		t.Errorf("%d octets of detail", n)
	}
}
