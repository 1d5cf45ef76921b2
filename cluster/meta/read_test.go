package meta

import (
	"slices"
	"testing"

	"amqpd/policy"
)

// TestReads asks for one thing at a time, once where it is and once where the
// virtual host is missing.
func TestReads(t *testing.T) {
	s := New()
	for _, c := range First("c", "id", "hash", HashSHA256) {
		apply(t, s, c)
	}
	apply(t, s, PutTopicPermission{TopicPermission{User: "guest", Vhost: "/", Exchange: "amq.topic", Read: "r"}})
	apply(t, s, PutTopicPermission{TopicPermission{User: "guest", Vhost: "/", Exchange: "other", Read: "o"}})
	apply(t, s, PutParameter{Parameter{"/", "shovel", "s", []byte(`1`)}})
	apply(t, s, PutQueue{Queue{Vhost: "/", Name: "q"}})
	apply(t, s, Bind{Binding{Vhost: "/", Source: "amq.topic", DestinationType: "queue", Destination: "q"}})
	for i, name := range []string{"low", "high", "also-high"} {
		p := Policy{Vhost: "/", Name: name, Priority: min(i, 1), Definition: policy.Definition{"expires": int64(1)}}
		apply(t, s, PutPolicy{Policy: p})
		apply(t, s, PutPolicy{Policy: p, Operator: true})
	}
	for _, vhost := range []string{"/", "missing"} {
		there := vhost == "/"
		found := map[string]bool{}
		_, found["Vhost"] = s.Vhost(vhost)
		_, found["Permission"] = s.Permission("guest", vhost)
		_, found["TopicPermission"] = s.TopicPermission("guest", vhost, "amq.topic")
		_, found["Exchange"] = s.Exchange(vhost, "")
		_, found["Queue"] = s.Queue(vhost, "q")
		_, found["Policy"] = s.Policy(vhost, "high")
		_, found["OperatorPolicy"] = s.OperatorPolicy(vhost, "high")
		_, found["Parameter"] = s.Parameter(vhost, "shovel", "s")
		for what, is := range found {
			if is != there {
				t.Errorf("%s in %q: %v", what, vhost, is)
			}
		}
		one := 0
		if there {
			one = 1
		}
		for what, got := range map[string]int{
			"Permissions":           count(s.Permissions(vhost)),
			"TopicPermissions":      count(s.TopicPermissions("guest", vhost)) / 2,
			"VhostTopicPermissions": count(s.VhostTopicPermissions(vhost)) / 2,
			"Exchanges":             count(s.Exchanges(vhost)) / len(predeclared),
			"ExchangesFrom":         count(s.ExchangesFrom(vhost, "amq.topic")),
			"Queues":                count(s.Queues(vhost)),
			"QueueCount":            s.QueueCount(vhost),
			"Bindings":              count(s.Bindings(vhost)),
			"BindingsFrom":          count(s.BindingsFrom(vhost, "amq.topic")),
			"BindingsTo":            count(s.BindingsTo(vhost, "queue", "q")),
			"Parameters":            count(s.Parameters(vhost)),
			"Policies":              len(s.Policies(vhost)) / 3,
			"OperatorPolicies":      len(s.OperatorPolicies(vhost)) / 3,
			"RuntimeParameters":     count(s.RuntimeParameters(vhost)) / 4,
		} {
			if got != one {
				t.Errorf("%s in %q: %d", what, vhost, got)
			}
		}
	}
	var order []string
	for _, p := range s.Policies("/") {
		order = append(order, p.Name)
	}
	if !slices.Equal(order, []string{"high", "also-high", "low"}) {
		t.Errorf("policies in the order %q", order)
	}
	if p, ok := s.TopicPermission("guest", "/", "other"); !ok || p.Read != "o" {
		t.Errorf("topic permission for other: %+v", p)
	}
	if p, ok := s.GlobalParameter(ClusterName); !ok || string(p.Value) != `"c"` {
		t.Errorf("cluster name: %+v", p)
	}
	want := Counts{Vhosts: 1, Users: 1, Exchanges: len(predeclared), Queues: 1, Bindings: 1}
	if got := s.Counts(); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}
