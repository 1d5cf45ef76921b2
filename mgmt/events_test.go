package mgmt

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"amqpd/broker"
	"amqpd/cluster/meta"
)

// serve lets a node answer on a real socket, and gives its address.
func (n *fixture) serve() string {
	n.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.t.Fatal(err)
	}
	go n.Serve(l)
	return "http://" + l.Addr().String()
}

// client is one reader of a stream.
type client struct {
	t    testing.TB
	body *bufio.Reader
	stop func()
	id   string
	docs map[string]any // by topic, patched as the events say

	objects []any // that came and went
}

// event is one that came.
type event struct {
	name string
	data map[string]any
}

// follow opens a stream as a user.
func follow(t testing.TB, base string, topics []string, objects string, edits ...edit) *client {
	t.Helper()
	q := url.Values{"topic": topics}
	if objects != "" {
		q.Set("objects", objects)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/api/events?"+q.Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("guest", "guest")
	for _, e := range edits {
		e(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("Content-Encoding") != "" {
		t.Fatalf("the stream begins with %d %v", answer.StatusCode, answer.Header)
	}
	stop := func() { _ = answer.Body.Close() }
	t.Cleanup(stop)
	return &client{t: t, body: bufio.NewReader(answer.Body), stop: stop, docs: map[string]any{}}
}

// next reads the next event; false at the end of the stream.
func (c *client) next() (e event, ok bool) {
	c.t.Helper()
	var data string
	for {
		line, err := c.body.ReadString('\n')
		if err != nil {
			return e, false
		}
		field, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "event":
			e.name = text
		case "id":
			c.id = text
		case "data":
			data = text
		case "":
			if e.name == "" {
				continue // a comment
			}
			if err := json.Unmarshal([]byte(data), &e.data); err != nil {
				c.t.Fatalf("%s %s: %v", e.name, data, err)
			}
			c.keep(&e, data)
			return e, true
		}
	}
}

// keep holds the topic's document as the event leaves it.
func (c *client) keep(e *event, data string) {
	topic, _ := e.data["topic"].(string)
	switch e.name {
	case "state":
		c.docs[topic] = e.data["state"]
	case "patch":
		var in struct{ Patch json.RawMessage }
		_ = json.Unmarshal([]byte(data), &in)
		old, err := json.Marshal(c.docs[topic])
		if err != nil {
			c.t.Fatal(err)
		}
		c.docs[topic] = applyPatch(c.t, old, in.Patch)
	case "refused":
		delete(c.docs, topic)
	case "objects":
		c.objects = append(c.objects, e.data["objects"].([]any)...)
		if e.data["missed"] != false {
			c.t.Errorf("the stream missed something: %v", e.data)
		}
	}
}

// until reads events up to one of that name.
func (c *client) until(name string) event {
	c.t.Helper()
	for {
		e, ok := c.next()
		if !ok {
			c.t.Fatalf("the stream ended before an event %s", name)
		}
		if e.name == name {
			return e
		}
	}
}

// changed reads events until what is followed shows something.
func (c *client) changed(shows func() bool) {
	c.t.Helper()
	for !shows() {
		if e, ok := c.next(); !ok || e.name == "end" {
			c.t.Fatalf("the stream ended with %v", c.docs)
		}
	}
}

func names(doc any) (list []string) {
	for _, item := range doc.([]any) {
		list = append(list, item.(map[string]any)["name"].(string))
	}
	return list
}

const queueNames = "/queues/%2F?columns=name"

func queueNamed(name string) meta.Command {
	return meta.PutQueue{Queue: meta.Queue{Vhost: "/", Name: name, Kind: "classic", Durable: true, Home: "amqpd@test"}}
}

// What is made elsewhere comes as an object and in the lists that show it,
// within about a second, and a client that comes back gets what it missed.
func TestEvents(t *testing.T) {
	n := newNode(t)
	base := n.serve()
	c := follow(t, base, []string{queueNames, "/queues/%2F/b"}, "all")
	if e := c.until("hello"); e.data["node"] != "amqpd@test" || e.data["every"] != 5000.0 {
		t.Errorf("hello says %v", e.data)
	}
	c.until("state")
	if e := c.until("refused"); e.data["status"] != 404.0 || e.data["topic"] != "/queues/%2F/b" {
		t.Errorf("a queue that is not there: %v", e.data)
	}
	for _, name := range []string{"a", "b"} {
		n.apply(queueNamed(name))
	}
	c.changed(func() bool {
		return c.docs["/queues/%2F/b"] != nil && len(names(c.docs[queueNames])) == 2 && len(c.objects) == 2
	})
	if first := c.objects[0].(map[string]any); first["kind"] != "queue" || first["action"] != "created" || first["name"] != "a" || first["vhost"] != "/" {
		t.Errorf("objects: %v", c.objects)
	}
	c.stop()
	n.apply(meta.DeleteQueue{Vhost: "/", Name: "a"})
	again := follow(t, base, []string{queueNames, "/queues/%2F/b"}, "queue", header("Last-Event-ID", c.id))
	again.docs = c.docs
	again.changed(func() bool {
		return len(again.objects) == 1 && slices.Equal(names(again.docs[queueNames]), []string{"b"})
	})
}

// A stream ends, with a reason, when what let it begin is no longer so.
func TestEvents_End(t *testing.T) {
	n := newNode(t)
	base := n.serve()
	n.addUser("admin", []string{"administrator"}, "/")
	for _, c := range []struct {
		reason string
		act    func()
	}{
		{"password changed", func() { n.addUser("u", []string{"management"}, "/") }},
		{"tags changed", func() {
			u, _ := n.broker.Definitions().User("u")
			changed := *u
			changed.Tags = nil
			n.apply(meta.PutUser{User: changed})
		}},
		{"user deleted", func() { n.apply(meta.DeleteUser{Name: "u"}) }},
	} {
		n.addUser("u", []string{"management"}, "/")
		one := follow(t, base, []string{"/overview"}, "", as("u"))
		other := follow(t, base, []string{"/overview"}, "", as("admin"))
		one.until("state")
		other.until("state")
		c.act()
		if e := one.until("end"); e.data["reason"] != c.reason {
			t.Errorf("%s: %v", c.reason, e.data)
		}
		if _, ok := one.next(); ok {
			t.Errorf("%s: the stream goes on", c.reason)
		}
		other.stop()
	}
}

func TestEvents_Logout(t *testing.T) {
	n := newNode(t)
	base := n.serve()
	n.addUser("u", []string{"management"}, "/")
	w := n.want(200, "", "POST", "/api/login", "username=u&password="+password, as(""), header("Content-Type", "application/x-www-form-urlencoded"))
	with := func(r *http.Request) { r.Header.Del("Authorization"); r.AddCookie(w.Result().Cookies()[0]) }
	c := follow(t, base, nil, "queue", with)
	c.until("hello")
	n.want(204, "", "DELETE", "/api/login", "", with, header("X-Requested-With", "test"))
	if e := c.until("end"); e.data["reason"] != "session ended" {
		t.Errorf("the end: %v", e.data)
	}
}

// Streams do not keep a node from stopping.
func TestEvents_Stop(t *testing.T) {
	n := newNode(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Broker: n.broker})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	c := follow(t, "http://"+l.Addr().String(), []string{"/overview"}, "")
	c.until("state")
	s.Stop(t.Context())
	if e := c.until("end"); e.data["reason"] != "node stopping" {
		t.Errorf("the end: %v", e.data)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// Nobody hears of what the lists would not show.
func TestEvents_Permissions(t *testing.T) {
	n := newNode(t)
	base := n.serve()
	for _, v := range []string{"in", "out"} {
		n.apply(putVhostNamed(v))
	}
	n.addUser("u", []string{"management"}, "in")
	n.addUser("m", []string{"monitoring"}, "in")
	c := follow(t, base, []string{"/queues?columns=name", "/queues/out", "/nodes", "/users"}, "all", as("u"))
	for range 3 {
		if e := c.until("refused"); e.data["status"] != 401.0 {
			t.Errorf("%v", e.data)
		}
	}
	mon := follow(t, base, []string{"/nodes?columns=name"}, "vhost", as("m"))
	mon.until("state")
	n.addUser("x", []string{"management"}, "out")
	for _, q := range []meta.Queue{{Vhost: "out", Name: "hidden"}, {Vhost: "in", Name: "shown"}} {
		q.Kind, q.Home = "classic", "amqpd@test"
		n.apply(meta.PutQueue{Queue: q})
	}
	n.apply(putVhostNamed("third"))
	o := c.until("objects").data["objects"].([]any)
	for len(o) == 0 {
		o = c.until("objects").data["objects"].([]any)
	}
	if len(o) != 1 || o[0].(map[string]any)["name"] != "shown" {
		t.Errorf("u hears of %v", o)
	}
	if o := mon.until("objects").data["objects"].([]any); len(o) != 1 || o[0].(map[string]any)["kind"] != "vhost" {
		t.Errorf("m hears of %v", o)
	}
}

func TestEvents_Refused(t *testing.T) {
	n := newNode(t)
	many := strings.Repeat("topic=/overview&", maxTopics+1)
	for _, c := range []struct {
		status      int
		query, text string
	}{
		{400, "", "nothing to follow: give topic=PATH or objects=KINDS"},
		{400, "topic=", "not a path: "},
		{400, "topic=//evil/api/overview", "not a path: //evil/api/overview"},
		{400, "topic=overview", "not a path: overview"},
		{400, "topic=/nothing", "not a live path: /nothing"},
		{400, "topic=/definitions", "not a live path: /definitions"},
		{400, "topic=/events", "not a live path: /events"},
		{400, "topic=/aliveness-test/%252F", "not a live path: /aliveness-test/%2F"},
		{400, "topic=/..%252Foverview", "not a live path: /..%2Foverview"},
		{400, many, "more than 16 topics"},
	} {
		n.want(c.status, `{"error":"bad_request","reason":"`+c.text+`"}`, "GET", "/api/events?"+c.query, "")
	}
	n.want(400, `{"error":"bad_request","reason":["unknown_kind","cheese"]}`, "GET", "/api/events?objects=cheese", "")
	n.want(401, "", "GET", "/api/events?objects=all", "", as(""))
	n.want(405, "", "POST", "/api/events?objects=all", "")
	n.want(200, "", "HEAD", "/api/events?objects=all", "")
	for range maxUserStreams {
		if err := n.hub.enter("guest"); err != nil {
			t.Fatal(err)
		}
	}
	w := n.want(429, "", "GET", "/api/events?objects=all", "")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	n.hub.streams = maxStreams
	n.addUser("u", []string{"management"}, "/")
	n.want(503, "", "GET", "/api/events?objects=all", "", as("u"))
}

// A reader that does not read holds its socket and nothing else, and a long
// answer is refused.
func TestEvents_TooLong(t *testing.T) {
	n := newNode(t)
	base := n.serve()
	n.apply(meta.PutGlobalParameter{Parameter: meta.GlobalParameter{Name: "long", Value: json.RawMessage(`"` + strings.Repeat("x", maxTopicSize) + `"`)}})
	c := follow(t, base, []string{"/global-parameters/long", "/global-parameters/x"}, "")
	if e := c.until("refused"); e.data["status"] != 413.0 {
		t.Errorf("a long answer: %v", e.data)
	}
	n.apply(meta.PutGlobalParameter{Parameter: meta.GlobalParameter{Name: "x", Value: json.RawMessage("{\n\"a\":\r\n 1}")}})
	if e := c.until("state"); !strings.Contains(mustJSON(e.data["state"]), `"a":1`) {
		t.Errorf("a value with line ends: %v", e.data)
	}
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// A transfer is told of when it begins, waits and ends, and its list can be
// followed; who may not enter its virtual host hears nothing.
func TestEvents_Transfers(t *testing.T) {
	n := newNode(t)
	base := n.serve()
	n.fill("from", 3)
	n.fill("to", 0)
	n.apply(putVhostNamed("elsewhere"))
	n.addUser("stranger", []string{"monitoring"}, "elsewhere")
	c := follow(t, base, []string{"/transfers?columns=id,state,moved"}, "transfer")
	stranger := follow(t, base, []string{"/transfers"}, "transfer,vhost", as("stranger"))
	c.until("state")
	n.broker.SetAlarm(broker.AlarmDisk, true)
	id := n.transfer("from", `{"action":"move","destination":{"queue":"to"}}`).ID
	state := func(want string) func() bool {
		return func() bool {
			list := c.docs["/transfers?columns=id,state,moved"].([]any)
			return len(list) == 1 && list[0].(map[string]any)["state"] == want
		}
	}
	c.changed(state("running"))
	n.want(204, "", "POST", "/api/transfers/"+id+"/pause", "")
	c.changed(state("paused"))
	n.broker.SetAlarm(broker.AlarmDisk, false)
	n.want(204, "", "POST", "/api/transfers/"+id+"/resume", "")
	c.changed(state("done"))
	n.want(204, "", "DELETE", "/api/transfers/"+id, "")
	told := func(action string) func(any) bool {
		return func(o any) bool { one := o.(map[string]any); return one["name"] == id && one["action"] == action }
	}
	c.changed(func() bool { return slices.ContainsFunc(c.objects, told("deleted")) })
	if first := c.objects[0].(map[string]any); !told("created")(first) || first["user"] != "guest" || first["vhost"] != "/" {
		t.Errorf("objects: %v", c.objects)
	}
	n.apply(putVhostNamed("third"))
	stranger.changed(func() bool { return len(stranger.objects) > 0 })
	if o := stranger.objects; len(o) != 1 || o[0].(map[string]any)["kind"] != "vhost" || mustJSON(stranger.docs["/transfers"]) != "[]" {
		t.Errorf("a stranger hears of %v and sees %v", o, stranger.docs)
	}
}
