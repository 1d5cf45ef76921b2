package meta

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"amqpd/amqp"
	"amqpd/policy"
)

var update = flag.Bool("update", false, "write testdata/formats.txt anew")

// samples has one command of each kind with every field set.
var samples = []Command{
	PutVhost{Vhost{Name: "v", Description: "d", Tags: []string{"t1", "t2"}, DefaultQueueType: "quorum", Tracing: true}},
	DeleteVhost{"v"},
	PutUser{User{Name: "u", PasswordHash: "h", HashingAlgorithm: "a", Tags: []string{"t"}}},
	DeleteUser{"u"},
	PutPermission{Permission{"u", "v", "c", "w", "r"}},
	DeletePermission{"u", "v"},
	PutTopicPermission{TopicPermission{"u", "v", "x", "w", "r"}},
	DeleteTopicPermission{"u", "v", "x", true},
	PutExchange{Exchange{
		Vhost: "v", Name: "x", Type: "topic", Durable: true, AutoDelete: true, Internal: true,
		Arguments: amqp.Table{{Key: "a", Value: amqp.Int32(-2)}},
	}},
	DeleteExchange{"v", "x", true},
	PutQueue{Queue{
		ID: 300, Vhost: "v", Name: "q", Durable: true, AutoDelete: true, Exclusive: true,
		Owner: "o", Kind: "classic", Home: "n@h", Arguments: amqp.Table{{Key: "a", Value: amqp.Long(5)}},
	}},
	DeleteQueue{"v", "q", 300},
	DeleteTransient{"n@h"},
	Bind{Binding{
		Vhost: "v", Source: "x", Destination: "q", DestinationType: "queue", Key: "k",
		Arguments: amqp.Table{{Key: "a", Value: amqp.LongStr("s")}},
	}},
	Unbind{Binding{Vhost: "v", Source: "x", Destination: "y", DestinationType: "exchange", Key: "k"}},
	PutPolicy{Policy{
		Vhost: "v", Name: "p", Pattern: ".*", ApplyTo: "queues", Priority: -1,
		Definition: policy.Definition{
			"a": nil, "b": true, "c": false, "d": int64(-70), "e": 1.5, "f": "s",
			"g": []any{int64(1), []any{}}, "h": map[string]any{"i": "j"},
		},
	}, true},
	DeletePolicy{"v", "p", true},
	PutParameter{Parameter{"v", "c", "n", []byte(`{"a":1}`)}},
	DeleteParameter{"v", "c", "n"},
	PutGlobalParameter{GlobalParameter{"n", []byte(`"s"`)}},
	DeleteGlobalParameter{"n"},
	PutVhostLimit{"v", Limit{"max-queues", -1}},
	DeleteVhostLimit{"v", "max-queues"},
	PutUserLimit{"u", Limit{"max-channels", 64}},
	DeleteUserLimit{"u", "max-channels"},
	Batch{[]Command{DeleteVhost{"v"}, DeleteUser{"u"}}},
	SetQueueArguments{"v", "q", 300, amqp.Table{{Key: "a", Value: amqp.Long(6)}}},
}

func TestCommandsComeBack(t *testing.T) {
	var kinds []string
	for _, c := range samples {
		kinds = append(kinds, fmt.Sprintf("%T", c))
		got, err := Decode(Encode(c))
		if err != nil {
			t.Errorf("%T: %v", c, err)
		} else if !reflect.DeepEqual(got, c) {
			t.Errorf("%T: %+v came back as %+v", c, c, got)
		}
	}
	for _, c := range commands {
		if c != nil && !slices.Contains(kinds, fmt.Sprintf("%T", c)) {
			t.Errorf("no sample of %T", c)
		}
	}
}

// TestFormats compares the bytes of commands and records with those that this
// version has always written: logs and stores hold them.
func TestFormats(t *testing.T) {
	var b strings.Builder
	for _, c := range samples {
		fmt.Fprintf(&b, "%T %s\n", c, hex.EncodeToString(Encode(c)))
	}
	s := New()
	for _, c := range samples {
		if name := fmt.Sprintf("%T", c); strings.Contains(name, ".Put") || strings.HasSuffix(name, ".Bind") {
			if q, ok := c.(PutQueue); ok {
				q.Queue.Exclusive = false // or it would not be stored
				c = q
			}
			if _, err := s.Apply(c); err != nil && !errors.Is(err, ErrLimit) {
				t.Fatal(err)
			}
		}
	}
	for _, pair := range dump(t, s, (*View).DumpAll) {
		key, value, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&b, "%s %s\n", key, hex.EncodeToString([]byte(value)))
	}
	const file = "testdata/formats.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(b.String(), "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("line %d differs\n got %q\nwant %q", i+1, got[min(i, len(got)-1)], line)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := Encode(PutQueue{Queue{Name: "q", Arguments: amqp.Table{{Key: "a", Value: amqp.Long(5)}}}})
	if _, err := Decode(good); err != nil {
		t.Fatal(err)
	}
	nested := Encode(Batch{[]Command{Batch{}}})
	for what, b := range map[string][]byte{
		"nothing":              {},
		"another version":      append([]byte{commandVersion + 1}, good[1:]...),
		"kind 0":               {commandVersion, 0},
		"an unknown kind":      {commandVersion, 255},
		"an octet too much":    append(slices.Clone(good), 0),
		"a broken table":       append(slices.Clone(good[:len(good)-1-8-1]), 'Z', 0, 0, 0, 0, 0, 0, 0, 5),
		"a bool of 2":          {commandVersion, 17, 0, 0, 2},
		"a list without end":   {commandVersion, 1, 1, 'v', 0, 255, 255, 255, 255, 7},
		"an endless number":    {commandVersion, 12, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
		"a batch in a batch":   nested,
		"keys out of order":    {commandVersion, 16, 0, 0, 0, 0, 0, 2, 1, 'b', 0, 1, 'a', 0, 0},
		"the same key twice":   {commandVersion, 16, 0, 0, 0, 0, 0, 2, 1, 'a', 0, 1, 'a', 0, 0},
		"an unknown value tag": {commandVersion, 16, 0, 0, 0, 0, 0, 1, 1, 'a', 99, 0},
	} {
		if c, err := Decode(b); !errors.Is(err, ErrDecode) {
			t.Errorf("%s: %+v, %v", what, c, err)
		}
	}
	for i := range good {
		if c, err := Decode(good[:i]); !errors.Is(err, ErrDecode) {
			t.Errorf("%d octets of %d: %+v, %v", i, len(good), c, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range samples {
		f.Add(Encode(c))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			if !errors.Is(err, ErrDecode) {
				t.Fatalf("error %v", err)
			}
			return
		}
		again := Encode(c)
		d, err := Decode(again)
		if err != nil {
			t.Fatalf("%+v cannot be read back: %v", c, err)
		}
		if third := Encode(d); !slices.Equal(again, third) {
			t.Fatalf("%x became %x", again, third)
		}
		s := New()
		for _, c := range append(First("c", "id", "", HashSHA256), c) {
			r, err := s.Apply(c)
			if err != nil && len(r.Changes) > 0 {
				t.Fatalf("%+v: changes with error %v", c, err)
			}
		}
		reload(t, s, (*View).DumpAll)
	})
}
