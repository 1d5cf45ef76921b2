package behaviour_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fact is one row of the reference, asserted.
type fact struct {
	name    string          // "§section what holds", unique
	run     func(c *client) // its steps
	differs string          // why amqpd is meant to differ from RabbitMQ here; such a fact is skipped on RabbitMQ
}

// chapters are all facts, one table a file.
var chapters = [][]fact{
	handshakeFacts, connectionFacts, frameFacts, channelFacts, exchangeFacts, bindingFacts,
	topicFacts, headersFacts, exchangeTypeFacts, queueFacts, argumentFacts, lengthFacts,
	publishFacts, confirmFacts, deliveryFacts, ackFacts, deathFacts, priorityFacts, txFacts,
	permissionFacts, policyFacts, headerTableFacts, extensionFacts,
}

// leastFacts is how many facts there must be at least.
const leastFacts = 400

// sections are the sections of the reference that a fact may name.
var sections = map[string]string{
	"0.1": "framing and constants", "0.2": "error text rule", "0.3": "method table",
	"1.1": "protocol header", "1.2": "connection.start", "1.3": "authentication", "1.4": "tune", "1.5": "open",
	"1.6": "state machine violations", "1.7": "frame-level errors", "1.8": "closing", "1.9": "heartbeats",
	"1.10": "timeouts and limits", "1.11": "client capabilities", "1.12": "update-secret",
	"2": "channel", "2.1": "basic.qos",
	"3.1": "predeclared exchanges", "3.2": "exchange.declare", "3.3": "exchange.delete", "3.4": "bindings", "3.5": "routing",
	"4.1": "queue.declare", "4.2": "equivalence", "4.3": "empty queue name", "4.4": "arguments", "4.5": "length limits",
	"4.6": "exclusive queues", "4.7": "delete, purge, expiry",
	"5.1": "publish", "5.2": "confirms", "5.3": "get", "5.4": "consume", "5.5": "ack, nack, reject, recover",
	"5.7": "TTL", "5.8": "dead lettering", "5.9": "priority queues", "5.10": "headers added by the broker",
	"6": "transactions", "7": "streams", "8": "permissions", "9.2": "policy versus argument",
	"11": "tables and strings", "12": "related extensions",
}

func TestFacts(t *testing.T) {
	rabbit = isRabbitMQ(t)
	run := fmt.Sprintf("b%x", time.Now().UnixMilli()&0xffffff)
	t.Run("facts", func(t *testing.T) {
		n := 0
		for _, facts := range chapters {
			for _, f := range facts {
				n++
				prefix := fmt.Sprintf("%s-%d", run, n)
				t.Run(f.name, func(t *testing.T) {
					t.Parallel()
					if f.differs != "" && rabbit {
						t.Skip("amqpd differs: " + f.differs)
					}
					f.run(&client{t: t, in: &world{prefix: prefix}})
				})
			}
		}
	})
	if os.Getenv("AMQP_ADDR") != "" {
		sweep(t)
	}
}

// isRabbitMQ asks the broker what it runs on: both name the same product.
func isRabbitMQ(t *testing.T) bool {
	s := (&client{t: t, in: &world{}}).socket()
	s.write([]byte(protocolHeader))
	properties, _ := s.expect("connection.start").values["server-properties"].(table)
	for i := 0; i+1 < len(properties); i += 2 {
		if properties[i] == "platform" {
			return strings.HasPrefix(fmt.Sprint(properties[i+1]), "Erlang")
		}
	}
	return false
}

// TestFactNames holds that every fact names an existing section, that names are unique and that no table got lost.
func TestFactNames(t *testing.T) {
	form := regexp.MustCompile(`^§([0-9.]+) \S`)
	seen := map[string]bool{}
	covered := map[string]bool{}
	for _, facts := range chapters {
		for _, f := range facts {
			m := form.FindStringSubmatch(f.name)
			if m == nil || sections[m[1]] == "" {
				t.Errorf("fact %q names no section", f.name)
				continue
			}
			if seen[f.name] {
				t.Errorf("fact %q occurs twice", f.name)
			}
			if f.run == nil {
				t.Errorf("fact %q has no steps", f.name)
			}
			seen[f.name], covered[m[1]] = true, true
		}
	}
	for number, title := range sections {
		if !covered[number] {
			t.Errorf("no fact about §%s %s", number, title)
		}
	}
	if len(seen) < leastFacts {
		t.Errorf("%d facts, want at least %d", len(seen), leastFacts)
	}
}
