package mgmt

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"amqpd/broker"
	"amqpd/cluster/meta"
)

// policyEffect is a policy with what it does to a queue of ten messages.
type policyEffect struct {
	name, kind, definition string
	prepare                func(a *broker.Agent, queue string) error // after the PUT; nil: nothing
	done                   func(b *broker.Broker, a *broker.Agent, queue string) bool
}

// holds is the effect that a queue comes to hold so many messages.
func holds(n int) func(*broker.Broker, *broker.Agent, string) bool {
	return func(b *broker.Broker, _ *broker.Agent, queue string) bool {
		v, there := b.Queue("/", queue)
		return there && v.Ready == n
	}
}

var policyEffects = []policyEffect{
	{"max-length", "policies", `{"max-length":3}`, nil, holds(3)},
	{"operator's cap", "operator-policies", `{"max-length":2}`, nil, holds(2)},
	{"overflow", "policies", `{"max-length":10,"overflow":"reject-publish"}`, nil, func(_ *broker.Broker, a *broker.Agent, queue string) bool {
		p, err := a.Publish(broker.Message{RoutingKey: queue})
		return err == nil && p.Refused
	}},
	{"dead-letter", "policies", `{"max-length":4,"dead-letter-exchange":"","dead-letter-routing-key":"dead"}`, nil, func(b *broker.Broker, a *broker.Agent, queue string) bool {
		return holds(4)(b, a, queue) && holds(6)(b, a, "dead")
	}},
	{"message-ttl", "policies", `{"message-ttl":1}`, func(a *broker.Agent, queue string) error {
		_, err := a.PurgeQueue(queue) // what came before has no end
		if err == nil {
			_, err = a.Publish(broker.Message{RoutingKey: queue})
		}
		return err
	}, holds(0)},
	{"expires", "policies", `{"expires":1}`, nil, func(b *broker.Broker, _ *broker.Agent, queue string) bool {
		_, there := b.Queue("/", queue)
		return !there
	}},
}

// A policy that is set over HTTP acts on queues that run. How soon is logged, from
// the first octet of the request to the effect; POLICY_REPEATS says how often it is
// tried.
func TestPolicies_HowSoonTheyAct(t *testing.T) {
	repeats, err := strconv.Atoi(os.Getenv("POLICY_REPEATS"))
	if err != nil {
		repeats = 3
	}
	n := newNode(t)
	base := n.serve()
	a, err := n.broker.As(broker.Actor{User: "guest"}, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range policyEffects {
		var took []time.Duration
		for i := range repeats {
			took = append(took, e.run(n, base, a, fmt.Sprintf("q-%d", i)))
		}
		slices.Sort(took)
		t.Logf("%-14s p50 %v, p99 %v, worst %v of %d", e.name, took[len(took)/2], took[(len(took)-1)*99/100], took[len(took)-1], len(took))
	}
}

// run sets the policy for a new queue and waits until it acts.
func (e *policyEffect) run(n *fixture, base string, a *broker.Agent, queue string) time.Duration {
	for _, name := range []string{queue, "dead"} {
		n.apply(queueNamed(name))
	}
	defer func() {
		for _, c := range []meta.Command{
			meta.DeletePolicy{Vhost: "/", Name: "p", Operator: e.kind == "operator-policies"},
			meta.DeleteQueue{Vhost: "/", Name: queue}, meta.DeleteQueue{Vhost: "/", Name: "dead"},
		} {
			if err := n.broker.Apply(c); err != nil && !errors.Is(err, meta.ErrNotFound) {
				n.t.Error(err)
			}
		}
	}()
	for range 10 {
		if _, err := a.Publish(broker.Message{RoutingKey: queue}); err != nil {
			n.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPut, base+"/api/"+e.kind+"/%2F/p",
		strings.NewReader(`{"pattern":"^`+queue+`$","apply-to":"queues","definition":`+e.definition+`}`))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("guest", "guest")
	begin := time.Now()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		n.t.Fatalf("%s: %s", e.name, answer.Status)
	}
	if e.prepare != nil {
		if err := e.prepare(a, queue); err != nil {
			n.t.Fatal(err)
		}
	}
	for !e.done(n.broker, a, queue) {
		if time.Since(begin) > patience {
			n.t.Fatalf("%s does not act", e.name)
		}
		time.Sleep(100 * time.Microsecond)
	}
	return time.Since(begin)
}
