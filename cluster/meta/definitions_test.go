package meta

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"amqpd/amqp"
	"amqpd/policy"
)

func testFile(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/rabbitmq-3.10.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// imported applies the commands of definitions as one batch.
func imported(t testing.TB, s *State, text string) *State {
	t.Helper()
	commands, err := Import(strings.NewReader(text), s)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s, Batch{commands})
	return s
}

func TestImportRabbitMQ(t *testing.T) {
	s := imported(t, New(), string(testFile(t)))
	want := Counts{Vhosts: 2, Users: 3, Exchanges: 2*len(predeclared) + 5, Queues: 6, Bindings: 7}
	if got := s.Counts(); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
	q, _ := s.Queue("/", "invoices")
	if v, _ := q.Arguments.Get("x-max-priority"); v != amqp.Long(10) {
		t.Errorf("x-max-priority is %v", v)
	}
	if v, _ := q.Arguments.Get("x-single-active-consumer"); v != amqp.Bool(true) {
		t.Errorf("x-single-active-consumer is %v", v)
	}
	for name, kind := range map[string]string{"safe": "quorum", "history": "stream"} {
		if q, ok := s.Queue("orders/eu", name); !ok || q.Kind != kind {
			t.Errorf("queue %s: %+v", name, q)
		}
	}
	u, _ := s.User("guest")
	if want := []Limit{{"max-channels", 64}, {"max-connections", 10}}; !slices.Equal(u.Limits, want) {
		t.Errorf("limits of guest: %v", u.Limits)
	}
	v, _ := s.Vhost("orders/eu")
	if n, ok := v.Limit(MaxQueues); !ok || n != 2000 {
		t.Errorf("max-queues of orders/eu: %d, %v", n, ok)
	}
	p, ok := s.OperatorPolicy("orders/eu", "caps")
	if !ok || !reflect.DeepEqual(p.Definition, policy.Definition{"max-length": int64(1000000), "message-ttl": int64(86400000)}) {
		t.Errorf("operator policy: %+v", p)
	}
	if n := count(s.BindingsFrom("/", "attributes")); n != 2 {
		t.Errorf("%d bindings that differ in arguments alone", n)
	}
}

func TestImportTwice(t *testing.T) {
	text := string(testFile(t))
	s := imported(t, New(), text)
	before := exported(t, s)
	queues := slices.Collect(s.QueuesByID())
	imported(t, s, text)
	imported(t, s, before)
	if after := exported(t, s); after != before {
		t.Errorf("imported again:\n%s\nnot\n%s", after, before)
	}
	if !slices.Equal(queues, slices.Collect(s.QueuesByID())) {
		t.Error("queues were replaced")
	}
}

func TestPerVhost(t *testing.T) {
	s := imported(t, New(), string(testFile(t)))
	var b bytes.Buffer
	if err := ExportWith(s.View(), &b, ExportOptions{PerVhost: true, Vhost: "orders/eu"}); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(b.String(), "\n", "")
	for _, want := range []string{
		`{"rabbit_version":"3.10.8","parameters":[{"value":{`, `"vhost":"orders/eu","component":"operator_policy"`,
		`"policies":[{"vhost":"orders/eu","name":"dlx & <co>"`, `"queues":[{"name":"history","durable":true`,
		`"exchanges":[{"name":"dead","type":"direct"`, `"bindings":[{"source":"dead","destination":"safe"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(text, "users") || strings.Contains(text, "permissions") {
		t.Errorf("users or permissions in %s", text)
	}
	into := New()
	apply(t, into, PutVhost{Vhost{Name: "copy"}})
	commands, err := ImportWith(&b, into.View(), ImportOptions{PerVhost: true, Vhost: "copy", Home: "n@h"})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, into, Batch{commands})
	if n := into.Counts(); n.Queues != 2 || n.Bindings != 1 || len(into.Policies("copy")) != 1 || len(into.OperatorPolicies("copy")) != 1 {
		t.Errorf("copied %+v", n)
	}
	if q, ok := into.Queue("copy", "safe"); !ok || q.Home != "n@h" || q.Vhost != "copy" {
		t.Errorf("queue safe: %+v", q)
	}
	if err := ExportWith(s.View(), &b, ExportOptions{PerVhost: true, Vhost: "none"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("export of a missing vhost: %v", err)
	}
	_, err = ImportWith(strings.NewReader(`{"queues":[{"name":"q","durable":true,"auto_delete":false}]}`), into.View(),
		ImportOptions{PerVhost: true, Vhost: "none"})
	if !errors.Is(err, ErrNotFound) || !isNoVhost(err) {
		t.Errorf("import into a missing vhost: %v", err)
	}
}

// inVhost wraps items of one section so that the virtual host "/" and the user
// guest are there.
func inVhost(section, items string) string {
	return `{"vhosts":[{"name":"/"}],"users":[{"name":"guest"}],"` + section + `":[` + items + `]}`
}

func TestImportFaults(t *testing.T) {
	long := strings.Repeat("n", 256)
	queue := func(fields string) string { return inVhost("queues", `{"name":"q","vhost":"/",`+fields+`}`) }
	for _, test := range []struct{ text, err string }{
		{``, `definitions are not a JSON object: unexpected end of JSON input`},
		{`null`, `definitions are not a JSON object: it is null`},
		{`[]`, `definitions are not a JSON object: it is a list`},
		{`{"users":{}}`, `definitions: users: expected a list, got an object`},
		{`{"users":[5]}`, `definitions: users[0]: expected an object, got a number`},
		{`{"users":[null]}`, `definitions: users[0]: expected an object, got null`},
		{`{"users":[{}]}`, `definitions: users[0], field "name": missing`},
		{`{"users":[{"name":""}]}`, `definitions: users[0], field "name": must not be empty`},
		{`{"users":[{"name":7}]}`, `definitions: users[0], field "name": expected a string, got a number`},
		{`{"users":[{"name":"u","tags":3}]}`, `definitions: users[0], user 'u', field "tags": expected a list of strings, got a number`},
		{`{"users":[{"name":"u","password_hash":"!!"}]}`, `definitions: users[0], user 'u', field "password_hash": not base64`},
		{`{"users":[{"name":"u","password_hash":"","password":"p"}]}`,
			`definitions: users[0], user 'u', field "password": both_password_and_password_hash_are_provided`},
		{`{"users":[{"name":"u","password":"p","hashing_algorithm":"rot13"}]}`,
			`definitions: users[0], user 'u', field "password": a password in clear text cannot be taken here`},
		{`{"users":[{"name":"u","limits":{"max-queues":1}}]}`,
			`definitions: users[0], user 'u', field "limits": Unrecognised terms [{<<"max-queues">>,1}] in user-limits`},
		{`{"users":[{"name":"u","limits":{"max-channels":"x"}}]}`,
			`definitions: users[0], user 'u', field "limits": max-channels should be a number, actually was <<"x">>`},
		{`{"vhosts":[{"name":"v","default_queue_type":"fast"}]}`,
			`definitions: vhosts[0], vhost 'v', field "default_queue_type": unknown queue type 'fast'`},
		{`{"vhosts":[{"name":"v","metadata":5}]}`, `definitions: vhosts[0], vhost 'v', field "metadata": expected an object, got a number`},
		{`{"vhosts":[{"name":"v","metadata":{"tags":5}}]}`,
			`definitions: vhosts[0], vhost 'v', field "tags": expected a list of strings, got a number`},
		{`{"vhosts":[{"name":"` + long + `"}]}`, `definitions: vhosts[0], field "name": longer than 255 octets`},
		{inVhost("permissions", `{"user":"guest","vhost":"/","configure":"","write":""}`),
			`definitions: permissions[0], permission of user 'guest' in vhost '/', field "read": missing`},
		{inVhost("permissions", `{"user":"x","vhost":"/","configure":"","write":"","read":""}`),
			`definitions: permissions[0], permission of user 'x' in vhost '/': user 'x': not found`},
		{inVhost("permissions", `{"user":"guest","vhost":"w","configure":"","write":"","read":""}`),
			`definitions: permissions[0], permission of user 'guest' in vhost 'w': vhost 'w': not found`},
		{inVhost("parameters", `{"vhost":"/","component":"shovel","name":"s"}`),
			`definitions: parameters[0], parameter 'shovel' 's' in vhost '/', field "value": missing`},
		{inVhost("parameters", `{"vhost":"/","component":"policy","name":"s","value":{}}`),
			`definitions: parameters[0], parameter 'policy' 's' in vhost '/', field "component": policies may not be set using this method`},
		{inVhost("parameters", `{"vhost":"/","component":"vhost-limits","name":"limits","value":{"a":1}}`),
			`definitions: parameters[0], parameter 'vhost-limits' 'limits' in vhost '/', field "value": Unrecognised terms [{<<"a">>,1}] in limits`},
		{inVhost("parameters", `{"vhost":"/","component":"operator_policy","name":"o","value":{"pattern":"","definition":{"ha-mode":"all"}}}`),
			`definitions: parameters[0], parameter 'operator_policy' 'o' in vhost '/', field "value": [{<<"ha-mode">>,<<"all">>}] are not recognised policy settings`},
		{`{"global_parameters":[{"name":"cluster_name","value":5}]}`,
			`definitions: global_parameters[0], global parameter 'cluster_name', field "value": expected a string, got a number`},
		{inVhost("policies", `{"vhost":"/","name":"p","pattern":"","definition":{"max-length":"x"}}`),
			`definitions: policies[0], policy 'p' in vhost '/': <<"x">> is not a valid maximum length`},
		{inVhost("policies", `{"vhost":"w","name":"p","pattern":"","definition":{"max-length":1}}`),
			`definitions: policies[0], policy 'p' in vhost 'w': vhost 'w': not found`},
		{inVhost("queues", `{"name":"q","durable":true,"auto_delete":false}`), `definitions: queues[0], field "vhost": missing`},
		{inVhost("queues", `{"name":"`+long+`","vhost":"/","durable":true,"auto_delete":false}`),
			`definitions: queues[0], field "name": longer than 255 octets`},
		{queue(`"auto_delete":false`), `definitions: queues[0], queue 'q' in vhost '/', field "durable": missing`},
		{queue(`"auto_delete":"no","durable":true`),
			`definitions: queues[0], queue 'q' in vhost '/', field "auto_delete": expected a boolean, got a string`},
		{queue(`"auto_delete":false,"durable":true,"arguments":[1]`),
			`definitions: queues[0], queue 'q' in vhost '/', field "arguments": amqp: a JSON array is no table`},
		{queue(`"auto_delete":false,"durable":true,"arguments":{"x-message-ttl":-1}`),
			`definitions: queues[0], queue 'q' in vhost '/', field "arguments": invalid arg 'x-message-ttl' for the resource: {value_negative,-1}`},
		{queue(`"auto_delete":false,"durable":true,"arguments":{"x-queue-type":"fast"}`),
			`definitions: queues[0], queue 'q' in vhost '/', field "arguments": invalid arg 'x-queue-type' for the resource: "unsupported queue type 'fast'"`},
		{queue(`"auto_delete":true,"durable":true,"type":"quorum"`),
			`definitions: queues[0], queue 'q' in vhost '/', field "auto_delete": invalid property 'auto-delete' for queue 'q' in vhost '/'`},
		{queue(`"auto_delete":false,"durable":false,"type":"stream"`),
			`definitions: queues[0], queue 'q' in vhost '/', field "durable": invalid property 'non-durable' for queue 'q' in vhost '/'`},
		{inVhost("exchanges", `{"name":"x","vhost":"/","type":"round","durable":true,"auto_delete":false}`),
			`definitions: exchanges[0], exchange 'x' in vhost '/', field "type": unknown exchange type 'round'`},
		{inVhost("exchanges", `{"name":"x","vhost":"/","type":"fanout","durable":true,"auto_delete":false,"arguments":{"alternate-exchange":5}}`),
			`definitions: exchanges[0], exchange 'x' in vhost '/', field "arguments": invalid type 'long' for arg 'alternate-exchange' in the resource`},
		{inVhost("bindings", `{"source":"amq.topic","vhost":"/","destination":"q","destination_type":"topic","routing_key":""}`),
			`definitions: bindings[0], binding from 'amq.topic' to 'q' in vhost '/', field "destination_type": 'topic' is neither 'queue' nor 'exchange'`},
		{inVhost("bindings", `{"source":"amq.topic","vhost":"/","destination":"q","destination_type":"queue","routing_key":5}`),
			`definitions: bindings[0], binding from 'amq.topic' to 'q' in vhost '/', field "routing_key": expected a string, got a number`},
		{inVhost("bindings", `{"source":"amq.topic","vhost":"w","destination":"q","destination_type":"queue","routing_key":""}`),
			`definitions: bindings[0], binding from 'amq.topic' to 'q' in vhost 'w': vhost 'w': not found`},
	} {
		s := New()
		knownType := func(name string) bool { return name == "fanout" }
		commands, err := ImportWith(strings.NewReader(test.text), s.View(), ImportOptions{ExchangeType: knownType})
		if errorText(err) != test.err || commands != nil {
			t.Errorf("%.200s:\n got %v\nwant %s", test.text, err, test.err)
		}
		if s.Counts() != (Counts{}) {
			t.Errorf("%.200s: the state changed", test.text)
		}
	}
}

// TestImportForms has what older, later and hand-made files do differently.
func TestImportForms(t *testing.T) {
	user := func(s *State) string {
		u, _ := s.User("u")
		return u.HashingAlgorithm + " " + strings.Join(u.Tags, "+")
	}
	vhost := func(s *State) string {
		v, _ := s.Vhost("v")
		return v.Description + " " + strings.Join(v.Tags, "+") + " " + v.DefaultQueueType
	}
	queue := func(s *State) string {
		q, ok := s.Queue("/", "q")
		if !ok {
			return "none"
		}
		return q.Kind + " " + string(mustJSON(q.Arguments))
	}
	counts := func(s *State) string { return string(mustJSON(s.Counts())) }
	for _, test := range []struct {
		name, text string
		read       func(*State) string
		want       string
	}{
		{"hash of 3.5", `{"rabbit_version":"3.5.7","users":[{"name":"u","password_hash":"","tags":"administrator, monitoring"}]}`,
			user, HashMD5 + " administrator+monitoring"},
		{"hash of 3.6", `{"rabbit_version":"3.6.0","users":[{"name":"u","password_hash":"","tags":""}]}`, user, HashSHA256 + " "},
		{"hash of 4.1", `{"rabbit_version":"4.1.0","users":[{"name":"u","password_hash":"","tags":["a"]}]}`, user, HashSHA256 + " a"},
		{"hash named", `{"rabbit_version":"3.5.7","users":[{"name":"u","password_hash":"","hashing_algorithm":"x"}]}`, user, "x "},
		{"vhost with metadata", `{"vhosts":[{"name":"v","metadata":{"description":"d","tags":["a","b"],"default_queue_type":"quorum"}}]}`,
			vhost, "d a+b quorum"},
		{"vhost with both", `{"vhosts":[{"name":"v","description":"new","metadata":{"description":"old","tags":[]},"default_queue_type":"undefined","limits":[]}]}`,
			vhost, "new  "},
		{"queue type beside the arguments", inVhost("queues", `{"name":"q","vhost":"/","durable":"true","auto_delete":"false","type":"quorum","arguments":[]}`),
			queue, `quorum {"x-queue-type":"quorum"}`},
		{"queue type classic", inVhost("queues", `{"name":"q","vhost":"/","durable":true,"auto_delete":false,"type":"classic"}`),
			queue, `classic {}`},
		{"null in an argument", inVhost("queues", `{"name":"q","vhost":"/","durable":true,"auto_delete":false,"arguments":{"a":null}}`),
			queue, `classic {"a":null}`},
		{"a queue twice", inVhost("queues", `{"name":"q","vhost":"/","durable":true,"auto_delete":false},{"name":"q","vhost":"/","durable":false,"auto_delete":true}`),
			queue, `classic {}`},
		{"system exchanges, bindings to what is missing, the default exchange",
			`{"vhosts":[{"name":"/"}],
			 "exchanges":[{"name":"","vhost":"/"},{"name":"amq.x","vhost":"/"}],
			 "bindings":[{"source":"amq.x","vhost":"/","destination":"q","destination_type":"queue","routing_key":""},
			             {"source":"amq.topic","vhost":"/","destination":"q","destination_type":"queue","routing_key":""},
			             {"source":"","vhost":"/","destination":"q","destination_type":"queue","routing_key":"q"}]}`,
			counts, `{"Vhosts":1,"Users":0,"Exchanges":7,"Queues":0,"Bindings":0}`},
		{"sections that are null or unknown", `{"users":null,"queues":[],"rabbit_version":5,"explanation":"x","vhosts":[{"name":"v","cluster_state":{}}]}`,
			counts, `{"Vhosts":1,"Users":0,"Exchanges":7,"Queues":0,"Bindings":0}`},
	} {
		if got := test.read(imported(t, New(), test.text)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestImportKeepsWhatIsThere(t *testing.T) {
	s := New()
	for _, c := range []Command{
		PutVhost{Vhost{Name: "/", Description: "kept"}},
		PutVhostLimit{"/", Limit{MaxConnections, 5}},
		PutUser{User{Name: "guest", PasswordHash: "old"}},
		PutUserLimit{"guest", Limit{MaxChannels, 5}},
		PutQueue{Queue{Vhost: "/", Name: "q", Kind: "classic"}},
	} {
		apply(t, s, c)
	}
	imported(t, s, inVhost("queues", `{"name":"q","vhost":"/","durable":true,"auto_delete":false}`))
	if v, _ := s.Vhost("/"); v.Description != "kept" || len(v.Limits) != 1 {
		t.Errorf("vhost %+v", v)
	}
	if u, _ := s.User("guest"); u.PasswordHash != "" || len(u.Limits) != 1 {
		t.Errorf("user %+v", u)
	}
	if q, _ := s.Queue("/", "q"); q.Durable {
		t.Errorf("queue %+v", q)
	}
}

func TestImportHashesPasswords(t *testing.T) {
	const text = `{"users":[{"name":"u","password":"secret"}]}`
	if _, err := Import(strings.NewReader(text), New()); err == nil {
		t.Error("a password in clear text was taken with nobody to hash it")
	}
	for text, want := range map[string]string{
		text: "chosen secret",
		`{"users":[{"name":"u","password":"secret","hashing_algorithm":"named"}]}`: "named secret",
	} {
		commands, err := ImportWith(strings.NewReader(text), New().View(), ImportOptions{
			HashPassword: func(algorithm, password string) (string, string, error) {
				if algorithm == "" {
					algorithm = "chosen"
				}
				return algorithm, password, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if u := commands[0].(PutUser).User; u.HashingAlgorithm+" "+u.PasswordHash != want {
			t.Errorf("got %+v, want %s", u, want)
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add(testFile(f))
	f.Add([]byte(`{"users":[{"name":"u","tags":"a,b","password_hash":"","limits":{"max-channels":1}}],"vhosts":[{"name":"v","metadata":{}}]}`))
	f.Add([]byte(inVhost("queues", `{"name":"q","vhost":"/","durable":true,"auto_delete":false,"arguments":{"a":[1.0e5,{"b":null}]}}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte(`"password"`)) {
			return // has another salt each time
		}
		s := New()
		commands, err := Import(bytes.NewReader(text), s)
		if err != nil {
			return
		}
		for i, c := range commands {
			if _, err := s.Apply(c); err != nil {
				t.Fatalf("command %d, %+v: %v", i, c, err)
			}
			if d, err := Decode(Encode(c)); err != nil {
				t.Fatalf("%+v became %+v, %v", c, d, err)
			}
		}
		first := exported(t, s)
		copied := New()
		imported(t, copied, first)
		if second := exported(t, copied); first != second {
			t.Fatalf("exported\n%s\nthen\n%s", first, second)
		}
	})
}
