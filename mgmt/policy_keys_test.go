package mgmt

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestPolicyKeys(t *testing.T) {
	n := newNode(t)
	for name, want := range map[string]string{
		"expires":            `{"key":"expires","argument":"x-expires","type":"integer","minimum":1,"argument_kinds":["classic","quorum"],"policy_kinds":["classic","quorum"],"operator":true,"description":"Milliseconds without consumers, declarations and gets after which the queue is deleted."}`,
		"ha-mode":            `{"key":"ha-mode","type":"choice","choices":["all","exactly","nodes"],"argument_kinds":[],"policy_kinds":["classic"],"operator":false,"description":"Which nodes hold a copy of a classic queue: all, exactly so many, or the named nodes."}`,
		"x-max-priority":     `{"argument":"x-max-priority","type":"integer","minimum":0,"maximum":255,"argument_kinds":["classic"],"policy_kinds":[],"operator":false,"description":"Highest priority of the queue's messages, up to 255; 0 keeps plain order."}`,
		"queue-version":      `{"key":"queue-version","argument":"x-queue-version","type":"integer","minimum":1,"maximum":2,"argument_kinds":["classic"],"policy_kinds":["classic"],"operator":false,"description":"Accepted and without effect: there is one storage format."}`,
		"alternate-exchange": `{"key":"alternate-exchange","argument":"alternate-exchange","type":"text","argument_kinds":["exchange"],"policy_kinds":["exchange"],"operator":false,"description":"Exchange that gets the messages which this one cannot route."}`,
	} {
		if text := n.want(200, "", "GET", "/api/policy-keys", "").Body.String(); !strings.Contains(text, want) {
			t.Errorf("%s: want %s in %s", name, want, text)
		}
	}
}

// The console has words for every key and argument, but for those of quorum
// queues' memory, which nobody should choose any more.
func TestPolicyKeys_ConsoleKnowsAll(t *testing.T) {
	script, err := os.ReadFile("../web/static/js/know/keys.js")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Key, Argument string }
	if err := json.Unmarshal(newNode(t).ask("GET", "/api/policy-keys", "").Body.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, name := range []string{r.Key, r.Argument} {
			if name != "" && !strings.Contains(name, "max-in-memory") && !strings.Contains(string(script), "'"+name+"'") {
				t.Errorf("web/static/js/know/keys.js says nothing of %s", name)
			}
		}
	}
}
