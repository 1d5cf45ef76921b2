package mgmt

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"amqpd/amqp"
)

// busy is a node with clients: guest and u each with a connection that published,
// consumes and got something.
type busy struct {
	*fixture
	guest, u *amqp091.Connection
}

func newBusy(t *testing.T) *busy {
	n := &busy{fixture: newNode(t)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go n.broker.Serve(l)
	t.Cleanup(func() { l.Close() })
	n.addUser("u", []string{"management"}, "/")
	n.addUser("m", []string{"monitoring"})
	n.guest = n.client(l.Addr().String(), "guest", "guest", "q")
	n.u = n.client(l.Addr().String(), "u", password, "own")
	return n
}

// client connects and uses a queue of that name in every way that is counted.
func (n *busy) client(address, user, password, queue string) *amqp091.Connection {
	t := n.t
	t.Helper()
	c, err := amqp091.DialConfig("amqp://"+user+":"+password+"@"+address, amqp091.Config{Properties: amqp091.Table{"connection_name": "client of " + user}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	ch, err := c.Channel()
	if err != nil {
		t.Fatal(err)
	}
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = ch.QueueDeclare(queue, true, false, false, false, amqp091.Table{"x-max-length": 1000})
	step(err)
	step(ch.ExchangeDeclare("x."+queue, "topic", true, false, false, false, nil))
	step(ch.QueueBind(queue, "#", "x."+queue, false, nil))
	step(ch.Confirm(false))
	step(ch.Qos(10, 0, false))
	for range 5 {
		sent, err := ch.PublishWithDeferredConfirm("x."+queue, "k", false, false, amqp091.Publishing{Body: []byte("body"), DeliveryMode: 2})
		step(err)
		sent.Wait()
	}
	got, _, err := ch.Get(queue, true)
	if step(err); string(got.Body) != "body" {
		t.Fatalf("got %q", got.Body)
	}
	in, err := ch.Consume(queue, "tag", false, false, false, false, nil)
	step(err)
	for i := range 4 {
		if d := <-in; i < 2 {
			step(d.Ack(false))
		}
	}
	return c
}

// answers decodes what a user gets for a GET.
func (n *busy) answers(path string, edits ...edit) (v any) {
	n.t.Helper()
	w := n.want(200, "", "GET", "/api"+path, "", edits...)
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		n.t.Fatalf("%s: %v: %s", path, err, w.Body)
	}
	return v
}

// has checks that keys, dotted, of an answer have these values; "*" is any.
func has(t *testing.T, path string, doc any, want map[string]any) {
	t.Helper()
	for key, value := range want {
		at := doc
		for part := range strings.SplitSeq(key, ".") {
			switch in := at.(type) {
			case map[string]any:
				at = in[part]
			case []any:
				if at = nil; len(in) > 0 && part == "0" {
					at = in[0]
				}
			default:
				at = nil
			}
		}
		if value == "*" && at == nil || value != "*" && at != value {
			t.Errorf("%s: %s is %v, want %v", path, key, at, value)
		}
	}
}

// What runs is shown, as it is, in each of its places.
func TestRuntime(t *testing.T) {
	n := newBusy(t)
	n.shows("q", "messages_unacknowledged", "2")
	n.shows("own", "messages_unacknowledged", "2")
	var guests string
	for _, item := range n.answers("/connections").([]any) {
		if c := item.(map[string]any); c["user"] == "guest" {
			guests = url.PathEscape(c["name"].(string))
		}
	}
	channel := guests + "%20(1)"
	window := "msg_rates_age=60&msg_rates_incr=5&lengths_age=60&lengths_incr=5&data_rates_age=60&data_rates_incr=5&node_stats_age=60&node_stats_incr=5"
	n.sampler.sample(n.clock() / 1000 / tick * tick)
	for path, want := range map[string]map[string]any{
		"/overview?" + window:                                            {"object_totals.connections": 2.0, "object_totals.channels": 2.0, "object_totals.consumers": 2.0, "object_totals.queues": 2.0, "queue_totals.messages": 4.0, "message_stats.publish": 10.0, "message_stats.confirm": 10.0, "message_stats.ack": 4.0, "message_stats.get_no_ack": 2.0, "message_stats.deliver": 8.0, "message_stats.publish_details.samples.0.sample": 10.0, "queue_totals.messages_details.avg": "*", "churn_rates.connection_created": 2.0, "churn_rates.queue_declared": 2.0, "node": "amqpd@test"},
		"/overview?disable_stats=true":                                   {"object_totals.queues": 2.0, "message_stats": nil},
		"/nodes?" + window:                                               {"0.name": "amqpd@test", "0.type": "disc", "0.running": true, "0.mem_used": "*", "0.fd_used_details.samples.0.sample": "*", "0.disk_free_alarm": false, "0.os_pid": "*"},
		"/nodes/amqpd@test?memory=true&binary=true":                      {"memory.total.rss": "*", "uptime": "*", "auth_mechanisms.0.name": "*"},
		"/nodes/amqpd@test/memory":                                       {"memory.total.rss": "*"},
		"/nodes/amqpd@test/memory/relative":                              {"memory.binary": "*"},
		"/nodes/amqpd@test/memory/ets":                                   {"ets_tables_memory": "*"},
		"/connections/" + guests + "?" + window:                          {"user": "guest", "user_provided_name": "client of guest", "channels": 1.0, "protocol": "AMQP 0-9-1", "state": "running", "ssl": false, "ssl_cipher": "", "recv_oct": "*", "recv_oct_details.samples.0.sample": "*", "connected_at": "*"},
		"/connections/" + guests + "/channels":                           {"0.number": 1.0, "0.confirm": true},
		"/connections/username/u":                                        {"0.user": "u", "1": nil},
		"/connections?disable_stats=true":                                {"0.user": "*", "0.protocol": nil},
		"/vhosts/%2F/connections":                                        {"0.vhost": "/"},
		"/vhosts/%2F/channels":                                           {"0.vhost": "/"},
		"/vhosts/%2F?" + window:                                          {"messages": 4.0, "message_stats.publish": 10.0, "recv_oct": "*"},
		"/vhosts?sort=messages":                                          {"0.name": "/"},
		"/channels?sort=message_stats.publish&page=1":                    {"total_count": 2.0, "items.0.number": 1.0},
		"/channels/" + channel + "?" + window:                            {"user": "guest", "prefetch_count": 10.0, "messages_unacknowledged": 2.0, "consumer_details.0.consumer_tag": "tag", "message_stats.publish": 5.0, "message_stats.ack": 2.0},
		"/consumers":                                                     {"0.consumer_tag": "tag", "0.ack_required": true, "0.prefetch_count": 10.0, "0.active": true, "0.channel_details.connection_name": "*"},
		"/consumers/%2F":                                                 {"0.queue.vhost": "/"},
		"/exchanges/%2F/x.q?" + window:                                   {"type": "topic", "message_stats.publish_in": 5.0, "message_stats.publish_out": 5.0, "message_stats.publish_in_details.samples": "*", "incoming": "*"},
		"/exchanges/%2F?sort=message_stats.publish_in&sort_reverse=true": {"0.message_stats.publish_in": 5.0},
		"/exchanges/%2F/amq.default":                                     {"name": "", "type": "direct"},
		"/queues/%2F/q?" + window:                                        {"messages": 2.0, "consumers": 1.0, "consumer_details.0.consumer_tag": "tag", "message_stats.publish": 5.0, "message_stats.deliver_get": 5.0, "messages_details.samples.0.sample": "*", "arguments.x-max-length": 1000.0, "message_bytes": 8.0, "messages_persistent": 2.0, "state": "running", "policy": nil},
		"/queues/%2F?" + window:                                          {"0.name": "own", "1.name": nil, "0.messages_details.rate": "*"},
		"/queues/%2F/q?disable_stats=true":                               {"name": "q", "state": "live", "messages": nil},
		"/queues?disable_stats=true&enable_queue_totals=true":            {"0.messages": 2.0, "0.consumers": nil},
		"/queues?page=1&page_size=1&name=OW&sort=messages":               {"filtered_count": 1.0, "items.0.name": "own", "page_count": 1.0},
		"/queues?columns=name,message_stats.publish":                     {"0.message_stats.publish": 5.0, "0.durable": nil},
		"/auth/attempts/amqpd@test":                                      {"0.protocol": "*"},
	} {
		has(t, path, n.answers(path), want)
	}
}

// Who may not see everything sees what is its own.
func TestRuntime_Visibility(t *testing.T) {
	n := newBusy(t)
	own := as("u")
	users := func(list any) (names []string) {
		for _, item := range list.([]any) {
			o := item.(map[string]any)
			if d, is := o["channel_details"].(map[string]any); is {
				o = d
			}
			names = append(names, o["user"].(string))
		}
		slices.Sort(names)
		return names
	}
	var guests string
	for _, item := range n.answers("/connections").([]any) {
		if c := item.(map[string]any); c["user"] == "guest" {
			guests = url.PathEscape(c["name"].(string))
		}
	}
	for _, path := range []string{"/connections", "/channels", "/consumers", "/vhosts/%2F/connections"} {
		if got := users(n.answers(path, own)); !slices.Equal(got, []string{"u"}) {
			t.Errorf("u sees at %s what is of %q", path, got)
		}
		if got := users(n.answers(path, as("m"))); path != "/vhosts/%2F/connections" && path != "/consumers" && !slices.Equal(got, []string{"guest", "u"}) {
			t.Errorf("m sees at %s what is of %q", path, got)
		}
	}
	for _, path := range []string{"/connections/" + guests, "/connections/" + guests + "/channels", "/channels/" + guests + "%20(1)"} {
		n.want(401, "", "GET", "/api"+path, "", own)
		n.want(200, "", "GET", "/api"+path, "", as("m"))
	}
	n.want(401, "", "DELETE", "/api/connections/"+guests, "", own)
	n.want(401, "", "DELETE", "/api/connections/"+guests, "", as("m"))
	n.want(401, "", "DELETE", "/api/connections/username/guest", "", own)
	has(t, "/overview of u", n.answers("/overview", own), map[string]any{"object_totals.connections": 1.0, "object_totals.consumers": nil, "node": nil, "listeners": nil, "queue_totals.messages": "*"})
	n.apply(putVhostNamed("other"))
	has(t, "/overview in another virtual host", n.answers("/connections", header("X-Vhost", "other")), map[string]any{"0": nil})
	for _, c := range [][2]string{
		{"/connections/none", ""}, {"/connections/none/channels", ""}, {"/channels/none", ""}, {"/queues/%2F/none", ""}, {"/exchanges/%2F/none", ""},
		{"/vhosts/none/connections", ""}, {"/vhosts/none/channels", ""}, {"/queues/none", ""}, {"/exchanges/none", ""}, {"/consumers/none", ""}, {"/nodes/none", ""}, {"/nodes/none/memory", ""},
	} {
		n.want(404, c[1], "GET", "/api"+c[0], "")
	}
	const range0 = "?lengths_age=60&lengths_incr=0"
	for _, path := range []string{"/overview", "/queues", "/queues/%2F/q", "/exchanges", "/exchanges/%2F/x.q", "/vhosts", "/channels", "/connections", "/nodes", "/nodes/amqpd@test", "/connections/" + guests, "/channels/" + guests + "%20(1)"} {
		n.want(400, "", "GET", "/api"+path+range0, "")
	}
	for _, path := range []string{"/channels", "/channels/" + guests + "%20(1)", "/consumers", "/vhosts/%2F/channels"} {
		n.want(400, `{"error":"bad_request","reason":"Stats in management UI are disabled on this node"}`, "GET", "/api"+path+"?disable_stats=true", "")
	}
}

// A client that is closed over HTTP is told why.
func TestRuntime_Close(t *testing.T) {
	n := newBusy(t)
	closed := n.u.NotifyClose(make(chan *amqp091.Error, 1))
	n.want(204, "", "DELETE", "/api/connections/username/u", "", as("u"), header("X-Reason", "enough"))
	select {
	case err := <-closed:
		if err == nil || err.Code != int(amqp.CodeConnectionForced) || err.Reason != "CONNECTION_FORCED - enough" {
			t.Errorf("the client is told %v", err)
		}
	case <-time.After(patience):
		t.Error("the client is not closed")
	}
	n.want(204, "", "DELETE", "/api/connections/username/u", "")
	name := n.answers("/connections").([]any)[0].(map[string]any)["name"].(string)
	closed = n.guest.NotifyClose(make(chan *amqp091.Error, 1))
	n.want(204, "", "DELETE", "/api/connections/"+url.PathEscape(name), "")
	if err := <-closed; err == nil || err.Reason != "CONNECTION_FORCED - Closed via management plugin" {
		t.Errorf("the client is told %v", err)
	}
	n.eventually("[]", "/api/connections")
	n.want(http.StatusNotFound, "", "DELETE", "/api/connections/"+url.PathEscape(name), "")
}
