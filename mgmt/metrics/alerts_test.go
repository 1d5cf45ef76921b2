package metrics

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every metric in the alert rules of docs/operations.md is one that there is.
func TestAlerts_MetricsExist(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	known := read("metrics.md")
	_, rules, found := strings.Cut(read("operations.md"), "### Alerts")
	if !found {
		t.Fatal("no alert rules in docs/operations.md")
	}
	names := regexp.MustCompile(`(rabbitmq|amqpd)_[a-z_]+`).FindAllString(rules, -1)
	if len(names) < 15 {
		t.Fatalf("rules with %q", names)
	}
	for _, name := range names {
		if !strings.Contains(known, "`"+strings.Replace(name, "rabbitmq_detailed_", "rabbitmq_", 1)+"`") {
			t.Errorf("docs/metrics.md does not know %s", name)
		}
	}
}
