package policy

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"amqpd/amqp"
)

// FuzzValidatePolicy checks that whatever passes can be used: it matches,
// resolves for every kind, and survives JSON.
func FuzzValidatePolicy(f *testing.F) {
	for _, seed := range []string{
		`{"message-ttl":5,"max-length":10}`, `{"ha-mode":"exactly","ha-params":2}`, `{"ha-mode":"nodes","ha-params":["a"]}`,
		`{"bogus":[1,{"a":null}]}`, `{"max-age":"7D"}`, `{"expires":1e3}`, `{"ha-mode":"all","ha-min-in-sync":"majority"}`,
	} {
		f.Add(seed, "^a", "queues", false)
		f.Add(seed, "*", "zzz", true)
	}
	f.Fuzz(func(t *testing.T, text, pattern, applyTo string, operator bool) {
		var d Definition
		if json.Unmarshal([]byte(text), &d) != nil {
			return
		}
		p := Policy{Name: "n", Pattern: pattern, ApplyTo: applyTo, Definition: d}
		if err := ValidatePolicy(p, operator); err != nil {
			var bad *InvalidError
			if !errors.As(err, &bad) || len(bad.Faults) == 0 || strings.Contains(err.Error(), "{v}") && !strings.Contains(text+applyTo+pattern, "{v}") {
				t.Fatalf("%q", err)
			}
			return
		}
		matched := NewMatcher([]Policy{p})
		for k := range kinds {
			matched.Match("abc", Target(k))
			if operator {
				Resolve(Kind(k), nil, nil, &p)
			} else {
				Resolve(Kind(k), nil, &p, nil)
			}
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back Policy
		if err := json.Unmarshal(again, &back); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}

// FuzzCheckArguments checks that every table gets an answer, that a fault
// renders, and that what passes resolves to settings in their ranges.
func FuzzCheckArguments(f *testing.F) {
	for _, row := range Table {
		for _, v := range samples {
			if row.Argument != "" {
				f.Add(amqp.Table{{Key: row.Argument, Value: v}}.Append(nil)[4:], uint8(row.On))
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, kind uint8) {
		table, err := amqp.ParseTable(raw)
		if err != nil {
			return
		}
		k := Kind(kind % kinds)
		if asked, err := KindOf(table); err == nil && kind >= kinds {
			k = asked
		}
		for _, bad := range []*ArgumentError{
			CheckArguments(k, table), CheckConsumerArguments(k, table), CheckExchangeArguments(table), CheckDeadLetterExchange(table),
		} {
			if bad != nil && (bad.Arg == "" || bad.Error() == "" || bad.Code != 406 && bad.Code != 541) {
				t.Fatalf("%#v", bad)
			}
		}
		if text := Inequivalent(k, table, nil); text != nil && !strings.HasPrefix(text("r"), "inequivalent arg '") {
			t.Fatal(text("r"))
		}
		if Inequivalent(k, table, table) != nil {
			t.Fatal("a table differs from itself")
		}
		settings, _ := Resolve(k, table, nil, nil)
		if CheckArguments(k, table) == nil {
			settings.verify(t)
		}
	})
}

func (s *Settings) verify(t *testing.T) {
	t.Helper()
	for _, n := range []int64{s.MessageTTL, s.MaxLength, s.MaxBytes, s.DeliveryLimit, s.MaxAge, s.MaxSegmentBytes} {
		if n < -1 {
			t.Fatalf("%+v", s)
		}
	}
	if s.Expires == 0 || s.Overflow > RejectPublishDLX || s.HAMinInSync < MinInSyncMajority || s.InitialGroupSize < 0 {
		t.Fatalf("%+v", s)
	}
}
