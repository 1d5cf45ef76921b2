package policy

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	ttl := Definition{"message-ttl": int64(1)}
	policies := []Policy{
		{Name: "low", Pattern: "^a", Priority: 1, Definition: ttl},
		{Name: "high", Pattern: "^ab", Priority: 2, ApplyTo: "queues", Definition: ttl},
		{Name: "tie-1", Pattern: "^t", Definition: ttl},
		{Name: "tie-2", Pattern: "^t", Definition: ttl},
		{Name: "exchanges", Pattern: "^e", ApplyTo: "exchanges", Definition: Definition{"alternate-exchange": "x"}},
		{Name: "everything", Pattern: "^e", Priority: -1, ApplyTo: "all", Definition: Definition{"alternate-exchange": "x"}},
		{Name: "quorum key", Pattern: "^s", Priority: 5, Definition: Definition{"delivery-limit": int64(1), "max-length": int64(1)}},
		{Name: "classic key", Pattern: "^s", Priority: 4, Definition: Definition{"queue-mode": "lazy"}},
		{Name: "stream key", Pattern: "^s", Priority: 3, Definition: Definition{"max-age": "1h"}},
		{Name: "streams only", Pattern: "^y", ApplyTo: "streams", Definition: Definition{"max-length-bytes": int64(1)}},
		{Name: "broken", Pattern: "*", Definition: ttl},
		{Name: "nowhere", Pattern: "^n", ApplyTo: "zzz", Definition: ttl},
	}
	tests := []struct {
		name   string
		target Target
		want   string // "" for none
	}{
		{"a", TargetClassic, "low"},
		{"ab", TargetClassic, "high"},
		{"ab", TargetExchange, "low"},
		{"xab", TargetClassic, ""},
		{"t", TargetQuorum, "tie-2"},
		{"t", TargetStream, ""}, // a stream knows no message-ttl
		{"e", TargetExchange, "exchanges"},
		{"e", TargetClassic, "everything"},
		{"s", TargetQuorum, "quorum key"},
		{"s", TargetClassic, "classic key"},
		{"s", TargetStream, "stream key"},
		{"y", TargetStream, "streams only"},
		{"y", TargetClassic, ""},
		{"n", TargetClassic, ""},
		{"", TargetClassic, ""},
	}
	for range 2 {
		m := NewMatcher(policies)
		for _, test := range tests {
			got := ""
			if p := m.Match(test.name, test.target); p != nil {
				got = p.Name
			}
			if got != test.want {
				t.Errorf("%q as target %d: policy %q, want %q", test.name, test.target, got, test.want)
			}
		}
		slices.Reverse(policies) // the order of the list does not count
	}
}

func TestMatchWithoutPolicies(t *testing.T) {
	var none *Matcher
	if none.Match("a", TargetClassic) != nil || NewMatcher(nil).Match("a", TargetExchange) != nil {
		t.Error("a policy out of nothing")
	}
}

func TestTargets(t *testing.T) {
	for _, k := range []Kind{Classic, Quorum, Stream} {
		if Kind(k.Target()) != k || k.Target() == TargetExchange {
			t.Errorf("%s has target %d", k, k.Target())
		}
	}
}

// TestMatchIsTheFirstThatFits compares Match with the rule said plainly: of
// those that fit, the one with the highest priority, then the latest name.
func TestMatchIsTheFirstThatFits(t *testing.T) {
	keys := []string{"message-ttl", "delivery-limit", "max-age", "queue-mode", "alternate-exchange"}
	rapid.Check(t, func(t *rapid.T) {
		policies := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Policy {
			return Policy{
				Name:       rapid.StringMatching(`[a-c]{1,2}`).Draw(t, "name"),
				Pattern:    rapid.SampledFrom([]string{"", "^a", "b$", "^(?!a)"}).Draw(t, "pattern"),
				ApplyTo:    rapid.SampledFrom([]string{"", "all", "queues", "exchanges", "streams"}).Draw(t, "apply-to"),
				Priority:   rapid.IntRange(-1, 2).Draw(t, "priority"),
				Definition: Definition{rapid.SampledFrom(keys).Draw(t, "key"): int64(1)},
			}
		}), 0, 6, func(p Policy) string { return p.Name }).Draw(t, "policies")
		name := rapid.StringMatching(`[ab]{0,3}`).Draw(t, "name")
		target := Target(rapid.IntRange(0, 3).Draw(t, "target"))

		var want *Policy
		for i := range policies {
			p := &policies[i]
			pattern, err := CompilePattern(p.Pattern)
			if err != nil {
				t.Fatal(err)
			}
			fits := p.targets().has(target) && pattern.MatchString(name)
			if fits && (want == nil || p.Priority > want.Priority || p.Priority == want.Priority && p.Name > want.Name) {
				want = p
			}
		}
		got := NewMatcher(policies).Match(name, target)
		if (got == nil) != (want == nil) || got != nil && got.Name != want.Name {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	var policies []Policy
	for _, prefix := range []string{"a", "b", "c", "d", "e"} {
		policies = append(policies, Policy{Name: prefix, Pattern: "^" + prefix + `\.`, Definition: Definition{"expires": int64(1)}})
	}
	m := NewMatcher(policies)
	b.ReportAllocs()
	for b.Loop() {
		m.Match("orders.incoming", TargetClassic)
	}
}
