package behaviour_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// client is one channel of a connection: what the steps of a fact are written with. The client a fact is given has no
// connection until its first step, which logs in as guest to vhost "/" and opens channel 1.
type client struct {
	*conn
	t  testing.TB
	in *world
	ch uint16
}

// world is what the clients of one fact share.
type world struct {
	prefix   string
	names    int
	channels uint16 // highest channel number handed out by sibling
}

// like is a wanted value given as a regular expression over the printed value.
type like string

// absent is the wanted value of a property that must not be there.
type absent struct{}

// name makes a name for a queue, an exchange or a tag that no other fact uses.
func (c *client) name() string {
	c.in.names++
	name := fmt.Sprintf("%s.%d", c.in.prefix, c.in.names)
	litter.add(name)
	return name
}

// use makes the default connection at the first step.
func (c *client) use() *conn {
	if c.conn == nil {
		first := c.login(login{})
		c.conn, c.ch = first.conn, first.ch
	}
	return c.conn
}

// arguments turns a spec like "queue.declare durable" and alternating names and values into a method and its values.
func arguments(spec string, kv []any) (*method, map[string]any) {
	words := strings.Fields(spec)
	values := map[string]any{}
	for _, bit := range words[1:] {
		values[bit] = true
	}
	for i := 0; i+1 < len(kv); i += 2 {
		values[kv[i].(string)] = kv[i+1]
	}
	m := lookup(words[0])
	for name := range values {
		if !knows(m, name) {
			panic("BUG: " + m.name + " has no argument " + name)
		}
	}
	return m, values
}

func knows(m *method, name string) bool {
	for _, f := range m.fields {
		if f.name == name {
			return true
		}
	}
	if !m.hasContent {
		return false
	}
	for _, p := range properties {
		if p.name == name {
			return true
		}
	}
	return name == "body"
}

// encode makes the frames of a method, with its content if it carries one.
func (c *client) encode(spec string, kv ...any) []byte {
	m, values := arguments(spec, kv)
	b := appendFrame(nil, frameMethod, c.ch, encodeMethod(m, values))
	if m.hasContent {
		body, _ := values["body"].(string)
		b = appendFrame(b, frameHeader, c.ch, encodeHeader(uint64(len(body)), values))
		for room := c.frameMax - 8; body != ""; body = body[min(room, len(body)):] {
			b = appendFrame(b, frameBody, c.ch, []byte(body[:min(room, len(body))]))
		}
	}
	return b
}

func encodeMethod(m *method, values map[string]any) []byte {
	head := []byte{byte(m.class >> 8), byte(m.class), byte(m.id >> 8), byte(m.id)}
	return encodeFields(head, m.fields, values)
}

// send sends a method: spec is its name followed by the bits to set, kv its other arguments, properties and body.
func (c *client) send(spec string, kv ...any) {
	c.use()
	c.note("> %d %s %v", c.ch, spec, kv)
	c.write(c.encode(spec, kv...))
}

// sendFrame sends one frame on the client's channel.
func (c *client) sendFrame(kind byte, payload string) {
	c.use()
	c.note("> %d frame type %d %q", c.ch, kind, payload)
	c.write(appendFrame(nil, kind, c.ch, []byte(payload)))
}

// expect waits for a method and checks the given arguments, properties and body of it.
func (c *client) expect(name string, kv ...any) event {
	c.t.Helper()
	ev, err := c.use().next(c.ch, deadline())
	if err != nil {
		c.fail("wanted %s %v, got %v", name, kv, err)
	}
	c.check(ev, name, kv...)
	return ev
}

// call sends a method and expects its -ok.
func (c *client) call(spec string, kv ...any) event {
	c.t.Helper()
	c.send(spec, kv...)
	return c.expect(strings.Fields(spec)[0] + "-ok")
}

// check compares an event with what is wanted of it.
func (c *client) check(ev event, name string, kv ...any) {
	c.t.Helper()
	if ev.name != name {
		c.fail("wanted %s %v, got %s %v", name, kv, ev.name, ev.values)
	}
	for i := 0; i+1 < len(kv); i += 2 {
		key := kv[i].(string)
		got, present := ev.values[key]
		if _, none := kv[i+1].(absent); none {
			if present {
				c.fail("%s has %s = %v", name, key, got)
			}
			continue
		}
		if !present || !equal(kv[i+1], got) {
			c.fail("%s of %s:\n  got  %v\n  want %v", key, name, got, kv[i+1])
		}
	}
}

// equal says whether a decoded value is the wanted one. Tables and arrays must agree octet for octet.
func equal(want, got any) bool {
	switch want := want.(type) {
	case like:
		return regexp.MustCompile(string(want)).MatchString(fmt.Sprint(got))
	case table:
		got, ok := got.(table)
		return ok && bytes.Equal(appendTable(nil, want), appendTable(nil, got))
	case array:
		got, ok := got.(array)
		return ok && bytes.Equal(appendValue(nil, want), appendValue(nil, got))
	case string, bool, nil:
		return want == got
	case []byte:
		got, ok := got.([]byte)
		return ok && bytes.Equal(want, got)
	}
	switch v := reflect.ValueOf(got); {
	case v.CanInt(), v.CanUint():
		return integer(want) == integer(got)
	}
	return reflect.DeepEqual(want, got)
}

// late is how much behind its time the end of a socket may come: enough for a machine with other work, too little for
// an end after silence to be taken for one after handshakeTime.
const late = 6500 * time.Millisecond

// eof waits for the end of the socket, which must come without any further method; heartbeats are overlooked. The
// socket must have been there for least, and must not be there for longer than that and late from now on.
func (c *client) eof(least time.Duration) {
	c.t.Helper()
	ev, err := c.use().next(c.ch, time.Now().Add(least+late))
	if !errors.Is(err, io.EOF) {
		c.fail("wanted the end of the socket, got %s %v, %v", ev.name, ev.values, err)
	}
	if age := time.Since(c.born); age < least {
		c.fail("socket ended at the age of %v, wanted %v", age.Round(time.Millisecond), least)
	}
}

// drops waits for the end of the socket, which must come soon and without a close method.
func (c *client) drops() {
	c.t.Helper()
	c.zero().eof(0)
}

// silent checks that nothing arrives on the channel for d.
func (c *client) silent(d time.Duration) {
	c.t.Helper()
	ev, err := c.use().next(c.ch, time.Now().Add(d))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.fail("wanted %v of silence, got %s %v, %v", d, ev.name, ev.values, err)
	}
}

// nothing checks that the queue has nothing to send on this channel: it asks the queue and then the channel, which
// must be answered without anything in between, and listens a little longer.
func (c *client) nothing(queue string) {
	c.t.Helper()
	c.call("queue.declare passive", "queue", queue)
	c.call("channel.flow active")
	c.silent(40 * time.Millisecond)
}

// eventually polls a condition that must become true.
func (c *client) eventually(what string, holds func() bool) {
	c.t.Helper()
	for end := deadline(); !holds(); {
		if time.Now().After(end) {
			c.fail("still not: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
