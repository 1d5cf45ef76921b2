package meta

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"amqpd/amqp"
	"amqpd/policy"

	"pgregory.net/rapid"
)

func exported(t fataler, s *State) string {
	var b bytes.Buffer
	if err := Export(s, &b); err != nil {
		t.Fatalf("export: %v", err)
	}
	return b.String()
}

// TestExportIsWhatWasImported compares JSON values, lists of objects in any
// order.
func TestExportIsWhatWasImported(t *testing.T) {
	file := testFile(t)
	s := imported(t, New(), string(file))
	got, want := sections(t, []byte(exported(t, s))), sections(t, file)
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("section %s:\n got %v\nwant %v", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d sections, want %d", len(got), len(want))
	}
}

func sections(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for name, section := range all {
		if list, ok := section.([]any); ok {
			var items []string
			for _, item := range list {
				items = append(items, string(mustJSON(item)))
			}
			slices.Sort(items)
			all[name] = items
		}
	}
	return all
}

// TestExportOrder holds the order of keys of management-api §13.1.
func TestExportOrder(t *testing.T) {
	s := imported(t, New(), string(testFile(t)))
	at := 0
	text := exported(t, s)
	for _, want := range []string{
		`{"rabbit_version":"3.10.8"`, `,"rabbitmq_version":`, `,"product_name":"RabbitMQ"`, `,"product_version":`,
		`,"users":[{"name":"admin","password_hash":"`, `","hashing_algorithm":"`, `","tags":["administrator"],"limits":{}}`,
		`,"vhosts":[{"name":"/"}`, `,"permissions":[{"user":"admin","vhost":"/","configure":".*","write":".*","read":".*"}`,
		`,"topic_permissions":[{"user":"guest","vhost":"/","exchange":"amq.topic","write":`,
		`,"parameters":[{"value":[{"upstream":"up-1"},{"upstream":"up-2"}],"vhost":"/","component":"federation-upstream-set","name":"both"}`,
		`,"global_parameters":[{"name":"cluster_name","value":"rabbit@rmq-1.example.com"}`,
		`,"policies":[{"vhost":"/","name":"ha","pattern":"^orders","apply-to":"queues","definition":{"ha-mode":`,
		`"name":"dlx & <co>"`,
		`,"queues":[{"name":"Bestellungen für Zürich","vhost":"/","durable":true,"auto_delete":false,"arguments":{"note":{"by":["ops",3,1.5,true]}}}`,
		`,"exchanges":[{"name":"attributes","vhost":"/","type":"headers","durable":true,"auto_delete":false,"internal":false,"arguments":{}}`,
		`,"bindings":[{"source":"amq.topic","vhost":"/","destination":"scratch","destination_type":"queue","routing_key":"#","arguments":{}}`,
	} {
		next := strings.Index(strings.ReplaceAll(text[at:], "\n", ""), want)
		if next < 0 {
			t.Fatalf("%s is not in its place in\n%s", want, text)
		}
	}
}

// TestExportLeavesOut has one of each thing that is not written.
func TestExportLeavesOut(t *testing.T) {
	s := New()
	for _, c := range []Command{
		PutVhost{Vhost{Name: "/"}},
		PutExchange{Exchange{Vhost: "/", Name: "amq.mine", Type: "fanout", Durable: true}},
		PutQueue{Queue{Vhost: "/", Name: "own", Exclusive: true, Owner: "c", Kind: "classic"}},
		Bind{Binding{Vhost: "/", Source: "amq.topic", Destination: "own", DestinationType: "queue"}},
	} {
		apply(t, s, c)
	}
	text := strings.ReplaceAll(exported(t, s), "\n", "")
	if !strings.HasSuffix(text, `"policies":[],"queues":[],"exchanges":[],"bindings":[]}`) {
		t.Errorf("exported %s", text)
	}
}

type failing struct{ after int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestExportTellsOfTheWriter(t *testing.T) {
	s := imported(t, New(), string(testFile(t)))
	for i := range 20000 {
		apply(t, s, Bind{Binding{Vhost: "/", Source: "events", Destination: "orders", DestinationType: "queue", Key: strings.Repeat("k", i%200) + string(rune('a'+i/200%26))}})
	}
	for _, after := range []int{0, 100_000} {
		if err := Export(s, &failing{after}); !errors.Is(err, errFull) {
			t.Errorf("after %d octets: %v", after, err)
		}
	}
}

// jsonable says whether definitions can hold what a random command makes.
func jsonable(c Command) bool {
	switch c := c.(type) {
	case PutQueue:
		return !c.Queue.Exclusive && wide(c.Queue.Arguments)
	case PutExchange:
		return wide(c.Exchange.Arguments)
	case Bind:
		return wide(c.Binding.Arguments)
	case PutPolicy:
		return policy.ValidatePolicy(c.Policy, c.Operator) == nil
	case PutVhostLimit:
		return c.Limit.Value < 0 || c.Limit.Name != MaxQueues
	case PutUserLimit:
		return c.Limit.Name == MaxConnections
	case PutUser:
		_, err := base64.StdEncoding.DecodeString(c.User.PasswordHash)
		return err == nil
	case Batch:
		return false
	}
	return true
}

func wide(t amqp.Table) bool {
	v, ok := t.Get("a")
	return !ok || v.Kind() == amqp.KindLong
}

// TestRandomExports: what was exported imports as the same state.
func TestRandomExports(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New()
		for _, c := range append(First("c", "id", "", HashSHA256), populated...) {
			s.Apply(c)
		}
		for range 60 {
			if c := anyCommand(t, batchable); jsonable(c) {
				s.Apply(c)
			}
		}
		text := exported(t, s)
		copied := New()
		commands, err := Import(strings.NewReader(text), copied)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if _, err := copied.Apply(Batch{commands}); err != nil {
			t.Fatalf("the commands of an import: %v", err)
		}
		if again := exported(t, copied); again != text {
			t.Fatalf("exported\n%s\nthen\n%s", text, again)
		}
		a, b := exportable(s), exportable(copied)
		if !slices.Equal(a, b) {
			t.Fatalf("imported\n%q\nnot\n%q", b, a)
		}
	})
}

// exportable is the picture of a state without what definitions leave out.
func exportable(s *State) []string {
	var lines []string
	for vhost := range s.Vhosts() {
		lines = append(lines, line("vhost", *vhost))
		for x := range s.Exchanges(vhost.Name) {
			lines = append(lines, line("exchange", *x))
		}
		for q := range s.Queues(vhost.Name) {
			q := *q
			q.ID, q.Home = 0, ""
			lines = append(lines, line("queue", q))
		}
		for b := range s.Bindings(vhost.Name) {
			lines = append(lines, bindingLine(b))
		}
		lines = append(lines, line("policies", s.Policies(vhost.Name)), line("operator policies", s.OperatorPolicies(vhost.Name)))
	}
	return lines
}
